package synthec

import (
	"bufio"
	"context"
	"fmt"
	"image"
	"image/png"
	"iter"
	"os"
	"path/filepath"
	"time"

	"agurscope/datasets"
)

// Counts say how many parts a set has. The zero value is the set of the
// measurements: 100 good parts to learn from, and 50 good and 15 of each of
// the six defects to inspect.
type Counts struct {
	Train     int // good parts to learn from; 100 if 0
	TestGood  int // good parts to inspect; 50 if 0
	PerDefect int // parts of each defect to inspect; 15 if 0; none if negative, as for the others
}

func (c Counts) orDefault() Counts {
	pick := func(n, standard int) int {
		if n == 0 {
			return standard
		}
		return max(n, 0)
	}
	return Counts{pick(c.Train, 100), pick(c.TestGood, 50), pick(c.PerDefect, 15)}
}

// Parts of different purposes come from different numbers, so that no part of
// the test is one that was learnt, whatever the counts.
const (
	firstTest   = 1_000_000
	firstDefect = 2_000_000
)

// spec is one part of a set, not yet drawn.
type spec struct {
	subset datasets.Subset
	kind   string
	number int // of the part
	order  int // within its kind
}

func (s spec) name() string { return fmt.Sprintf("%s/%s/%03d.png", s.subset, s.kind, s.order) }

// specs lists the parts of a subset; of both for datasets.Either.
func (c Counts) specs(subset datasets.Subset) []spec {
	c = c.orDefault()
	var out []spec
	add := func(s datasets.Subset, kind string, first, n int) {
		for i := range n {
			out = append(out, spec{s, kind, first + i, i})
		}
	}
	if subset != datasets.Test {
		add(datasets.Train, datasets.Good, 0, c.Train)
	}
	if subset != datasets.Train {
		add(datasets.Test, datasets.Good, firstTest, c.TestGood)
		for k, d := range Defects() {
			add(datasets.Test, d, firstDefect+k*firstTest, c.PerDefect)
		}
	}
	return out
}

// Source returns the parts of a subset as frames drawn in memory, in the order
// and under the names that [Write] gives them; both subsets for
// datasets.Either.
func Source(o Options, c Counts, subset datasets.Subset) datasets.Source {
	return drawn{o, c.specs(subset)}
}

// Frames returns the frames of [Source] at once.
func Frames(o Options, c Counts, subset datasets.Subset) []datasets.Frame {
	var out []datasets.Frame
	for i, s := range c.specs(subset) {
		out = append(out, frame(o, s, i))
	}
	return out
}

// drawn is a datasets.Source without files.
type drawn struct {
	options Options
	specs   []spec
}

func (d drawn) Name() string { return "SynthEC " + d.options.Pose.String() }
func (d drawn) Live() bool   { return false }

func (d drawn) Frames(ctx context.Context) iter.Seq2[datasets.Frame, error] {
	return func(yield func(datasets.Frame, error) bool) {
		for i, s := range d.specs {
			if ctx.Err() != nil || !yield(frame(d.options, s, i), nil) {
				return
			}
		}
	}
}

func frame(o Options, s spec, seq int) datasets.Frame {
	img, mask := Part(o, s.number, s.kind)
	f := datasets.Frame{
		Name: s.name(), Seq: uint64(seq), Time: time.Unix(int64(seq), 0).UTC(), // a clock of its own: the same every time
		Image: img, Label: datasets.Normal, Type: s.kind,
	}
	if mask != nil {
		f.Label, f.Mask = datasets.Anomalous, mask
	}
	return f
}

// Write draws a set into a folder in the layout of MVTec AD: train/good,
// test/TYPE and ground_truth/TYPE with NAME_mask.png. The folder is made;
// files of the same names are replaced. When ctx ends, so does it, and what is drawn
// stays.
func Write(ctx context.Context, dir string, o Options, c Counts) error {
	for i, s := range c.specs(datasets.Either) {
		if err := ctx.Err(); err != nil {
			return err
		}
		f := frame(o, s, i)
		if err := writePNG(filepath.Join(dir, filepath.FromSlash(f.Name)), f.Image); err != nil {
			return fmt.Errorf("write set %s: %w", dir, err)
		}
		if f.Mask == nil {
			continue
		}
		mask := fmt.Sprintf("%03d_mask.png", s.order)
		if err := writePNG(filepath.Join(dir, "ground_truth", s.kind, mask), f.Mask); err != nil {
			return fmt.Errorf("write set %s: %w", dir, err)
		}
	}
	return nil
}

func writePNG(path string, m image.Image) (err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() {
		if e := f.Close(); err == nil {
			err = e
		}
	}()
	w := bufio.NewWriter(f)
	if err := png.Encode(w, m); err != nil {
		return err
	}
	return w.Flush()
}
