package session

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image/png"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"agurscope/datasets"
	"agurscope/history"
)

// The queue of a recipe is a folder beside its file. It holds copies of parts that a
// person has found good, often ones that the recipe had rejected, for the next
// training to learn from. Each file is named by what the picture holds, so that no
// part is in it twice, and by its old name.

// QueueFolder is where the queue of a recipe file lies.
func QueueFolder(recipe string) string {
	return strings.TrimSuffix(recipe, filepath.Ext(recipe)) + ".good"
}

// idLength is how much of a content's hash tells pictures apart.
const idLength = 16

var queuedName = regexp.MustCompile(`^([0-9a-f]{16})_.`)

// Queued returns the parts that wait in a recipe's queue.
func Queued(recipe string) ([]datasets.Item, error) {
	const op = "read the queue of good parts"
	dir := QueueFolder(recipe)
	list, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) || recipe == "" {
		return nil, nil
	}
	if err != nil {
		return nil, problem(op, err, "Make "+dir+" readable, or remove it.")
	}
	var out []datasets.Item
	for _, e := range list {
		if e.Type().IsRegular() && queuedName.MatchString(e.Name()) {
			out = append(out, datasets.Item{
				Path: filepath.Join(dir, e.Name()), Name: path.Join(filepath.Base(dir), e.Name()),
				Type: datasets.Good, Label: datasets.Normal, Split: datasets.Train,
			})
		}
	}
	return out, nil
}

// queuedID is what tells the part of a queue's file from others.
func queuedID(it datasets.Item) string { return filepath.Base(it.Path)[:idLength] }

// contentID is what a part would be called in a queue.
func contentID(it datasets.Item) (string, error) {
	sum, err := it.ContentHash()
	if err != nil {
		return "", err
	}
	return sum[:idLength], nil
}

// Queue adds a part to the queue of the open recipe, or takes it out again, and
// returns how many are in it. Both are on record. Whoever calls this has seen that
// the part is good.
func (s *Session) Queue(ctx context.Context, it datasets.Item, add bool) (n int, err error) {
	op := "queue the part as good"
	r := s.Recipe()
	if r == nil || r.Path == "" {
		return 0, problem(op, errors.New("no recipe is open from a file"), "Open a recipe first: the queue lies beside it.")
	}
	id, err := contentID(it)
	if err != nil {
		return 0, problem(op, err, "")
	}
	there, err := s.inQueue(r.Path, id)
	if err != nil {
		return 0, err
	}
	dir := QueueFolder(r.Path)
	change := history.Change{Setting: "queue of good parts of " + r.Name, Operator: s.Operator()}
	switch {
	case add && there == "":
		err = enqueue(dir, id, it)
		change.After = it.Name
	case !add && there != "":
		op = "take the part out of the queue"
		err = os.Remove(there)
		change.Before = it.Name
	}
	if err != nil {
		return 0, problem(op, err, "Make "+filepath.Dir(dir)+" writable.")
	}
	if change.Before != "" || change.After != "" {
		if err := s.RecordChange(context.WithoutCancel(ctx), change); err != nil {
			return 0, err
		}
	}
	all, err := Queued(r.Path)
	return len(all), err
}

// InQueue reports whether a part waits in the queue of the open recipe.
func (s *Session) InQueue(it datasets.Item) bool {
	r := s.Recipe()
	if r == nil {
		return false
	}
	if all, err := Queued(r.Path); err != nil || len(all) == 0 {
		return false // nothing to hash a picture for
	}
	id, err := contentID(it)
	if err != nil {
		return false
	}
	path, _ := s.inQueue(r.Path, id)
	return path != ""
}

// inQueue returns the file of a part in a queue, "" if it is not there.
func (s *Session) inQueue(recipe, id string) (string, error) {
	all, err := Queued(recipe)
	for _, q := range all {
		if queuedID(q) == id {
			return q.Path, nil
		}
	}
	return "", err
}

// enqueue copies a part: its file as it is or, where it is one of many in a file,
// its pixels.
func enqueue(dir, id string, it datasets.Item) error {
	base := harmless(strings.TrimSuffix(path.Base(it.Name), path.Ext(it.Name)))
	ext := filepath.Ext(it.Path)
	var from io.Reader
	if _, err := datasets.Decode(it.Path); err == nil {
		f, err := os.Open(it.Path)
		if err != nil {
			return err
		}
		defer f.Close()
		from = f
	} else {
		f, err := it.Load()
		if err != nil {
			return err
		}
		var b bytes.Buffer
		if err := png.Encode(&b, f.Image); err != nil {
			return err
		}
		from, ext = &b, ".png"
	}
	return copyOnce(dir, filepath.Join(dir, id+"_"+base+ext), from)
}

// fromQueue returns what a training learns from a queue besides good parts of a set:
// what is not among those, for a part that is kept back to find thresholds must not
// be learnt from.
func fromQueue(ctx context.Context, recipe string, good []datasets.Item) (out []datasets.Item, ids []string, err error) {
	queued, err := Queued(recipe)
	if err != nil || len(queued) == 0 {
		return nil, nil, err
	}
	known := map[string]bool{}
	for _, it := range good {
		if err := ctx.Err(); err != nil {
			return nil, nil, err
		}
		id, err := contentID(it)
		if err != nil {
			return nil, nil, fmt.Errorf("compare %s with the queue: %w", it.Name, err)
		}
		known[id] = true
	}
	for _, q := range queued {
		if id := queuedID(q); !known[id] {
			out, ids = append(out, q), append(ids, id)
		}
	}
	return out, ids, nil
}

// unlearnt drops the parts of a set that a recipe knows from its queue.
func unlearnt(ctx context.Context, queued []string, items []datasets.Item) (out []datasets.Item, dropped int, err error) {
	if len(queued) == 0 {
		return items, 0, nil
	}
	for _, it := range items {
		if err := ctx.Err(); err != nil {
			return nil, 0, err
		}
		id, err := contentID(it)
		if err == nil && slices.Contains(queued, id) { // one that cannot be read is an ERROR of its own
			dropped++
			continue
		}
		out = append(out, it)
	}
	return out, dropped, nil
}
