package session

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"agurscope/datasets"
	"agurscope/nn/anomaly"
)

// Rated is a good part with the score that a new recipe gives it.
type Rated struct {
	Item  datasets.Item
	Score float64
	Held  bool // kept back; otherwise the network has learnt from it
}

const (
	mostRated  = 160 // parts that are scored after a training
	worstRated = 12  // of them shown
)

// rate scores good parts by their recipe and returns the worst: those a person
// should look at, for they are often mislabelled. Parts that were kept back come
// first where there are too many.
func (s *Session) rate(ctx context.Context, r *anomaly.Recipe, of []datasets.Item, parts []*anomaly.Prepared, learnt int) ([]Rated, error) {
	d, err := anomaly.NewDetector(s.o.Engine, r)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	order := make([]int, 0, len(parts))
	for i := learnt; i < len(parts); i++ {
		order = append(order, i)
	}
	for i := range learnt {
		order = append(order, i)
	}
	var out []Rated
	for _, i := range order[:min(len(order), mostRated)] {
		p, err := d.Detect(ctx, parts[i])
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case err != nil:
			continue // it will be ERROR when it is inspected
		}
		out = append(out, Rated{of[i], p.Score, i >= learnt})
	}
	slices.SortStableFunc(out, func(a, b Rated) int { return cmp.Compare(b.Score, a.Score) })
	return out[:min(len(out), worstRated)], nil
}

// succeed makes a new recipe the next version of the one whose file it replaces,
// which is kept beside it. Where there is none, or one that cannot be read, the
// new recipe is the first; what cannot be read, as the recipe of a newer program, is
// kept all the same, where that is possible.
func (s *Session) succeed(r *anomaly.Recipe, o TrainOptions) (kept string, err error) {
	old, err := anomaly.LoadRecipe(o.Out)
	if err != nil {
		_, _ = archive(o.Out, 0)
		return "", nil
	}
	author, reason := strings.TrimSpace(o.Author), strings.TrimSpace(o.Reason)
	if author == "" {
		author = "training"
	}
	if reason == "" {
		reason = fmt.Sprintf("trained anew on %s, %d good parts", r.Training.Set, r.Training.Images)
	}
	v := anomaly.Version{Number: old.Version() + 1, Time: time.Now().UTC(), Author: author, Reason: reason, Program: s.o.Program, From: old.SHA256}
	r.Versions = append(slices.Clone(old.Versions), v)
	return archive(o.Out, old.Version())
}

// archive gives a file a second name that says its version, and leaves it where
// it is. A name that is taken is left alone.
func archive(path string, version int) (string, error) {
	ext := filepath.Ext(path)
	base := fmt.Sprintf("%s.v%d", strings.TrimSuffix(path, ext), version)
	for i := 1; i < 1000; i++ {
		to := base + ext
		if i > 1 {
			to = fmt.Sprintf("%s-%d%s", base, i, ext)
		}
		err := os.Link(path, to)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil { // no links on this disk
			err = duplicate(path, to)
		}
		return to, err
	}
	return "", fmt.Errorf("no free name for %s", base)
}

func duplicate(from, to string) error {
	b, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	return errors.Join(err, f.Sync(), f.Close())
}
