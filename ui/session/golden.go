package session

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"agurscope/datasets"
	"agurscope/history"
)

// GoldenFolder is where the pictures of a golden set lie, once GoldenPictures has
// put them there: beside the history, so that they outlive the folders from which
// the parts came.
func GoldenFolder(s *history.Store, g history.GoldenSet) string {
	return filepath.Join(s.Path()+".golden", fmt.Sprintf("%d %s", g.ID, harmless(g.Name)))
}

// SetName is what a set of parts is called: a golden one as people have named it.
func SetName(set *datasets.Set) string {
	name := filepath.Base(set.Root)
	if _, after, numbered := strings.Cut(name, " "); numbered && set.Golden() {
		return after
	}
	return name
}

// GoldenPictures copies the pictures of a golden set into its folder, good ones and
// each kind of the others in a folder of their own, as sets of parts are read. It
// takes the picture that was kept with the verdict or, where none was, the one
// whose file is still there; missing counts those that are gone, and where all
// are there is nothing to open.
func GoldenPictures(ctx context.Context, s *history.Store, g history.GoldenSet) (dir string, missing int, err error) {
	dir = GoldenFolder(s, g)
	ids := make([]int64, len(g.Members))
	expected := map[int64]history.Verdict{}
	for i, m := range g.Members {
		ids[i] = m.Verdict
		expected[m.Verdict] = m.Expected
	}
	if err := goldenMark(dir, g); err != nil {
		return dir, 0, problem("copy the pictures of the golden set", err, "Make the folder of the history writable.")
	}
	for rec, err := range s.Verdicts(ctx, history.Filter{IDs: ids}) {
		if err != nil {
			return dir, missing, problem("copy the pictures of the golden set", err, "")
		}
		switch err := goldenPicture(s, dir, rec, expected[rec.ID]); {
		case errors.Is(err, fs.ErrNotExist), errors.Is(err, history.ErrNotFound):
			missing++
		case err != nil:
			return dir, missing, problem("copy the pictures of the golden set", err, "Make room, or the folder writable, and open the set again.")
		}
	}
	return dir, missing, nil
}

// goldenMark says in the folder what it is, also to those who read sets.
func goldenMark(dir string, g history.GoldenSet) error {
	text := fmt.Sprintf("Golden set %q, made by %s on %s.\nNothing in this folder is for training.\n", g.Name, g.Author, g.Time.Local().Format(time.DateTime))
	return copyOnce(dir, filepath.Join(dir, datasets.GoldenMark), strings.NewReader(text))
}

// goldenKinds are the folders of a golden set.
var goldenKinds = map[history.Verdict]string{history.OK: "good", history.REVIEW: "review", history.NG: "defect"}

func goldenPicture(s *history.Store, dir string, rec history.Record, expected history.Verdict) error {
	base := harmless(strings.TrimSuffix(path.Base(rec.Name), path.Ext(rec.Name)))
	dir = filepath.Join(dir, goldenKinds[expected])
	name := filepath.Join(dir, fmt.Sprintf("%08d_%s", rec.ID, base))
	if rec.ImageSHA256 != "" {
		data, err := s.File(rec.ImageSHA256)
		if err == nil {
			return copyOnce(dir, name+".png", bytes.NewReader(data))
		}
		if !errors.Is(err, history.ErrNotFound) {
			return err
		}
	}
	f, err := os.Open(rec.Path)
	if err != nil {
		return err
	}
	defer f.Close()
	return copyOnce(dir, name+path.Ext(rec.Path), f)
}

// copyOnce writes a file that is not there yet; it is never seen by halves.
func copyOnce(dir, name string, from io.Reader) error {
	if _, err := os.Stat(name); err == nil {
		return nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	return keepFile(name, func(w io.Writer) error {
		_, err := io.Copy(w, from)
		return err
	})
}

// harmless keeps of a name what any system takes and leads nowhere.
func harmless(name string) string {
	out := strings.Map(func(r rune) rune {
		if strings.ContainsRune(`/\:*?"<>|`, r) || r < ' ' {
			return '_'
		}
		return r
	}, strings.ToValidUTF8(name, "_"))
	if r := []rune(out); len(r) > 60 {
		out = string(r[:60])
	}
	return strings.Trim(out, ". ")
}
