package session

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"iter"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"agurscope/datasets"
	"agurscope/history"
	"agurscope/nn"
	"agurscope/nn/anomaly"
	"agurscope/nn/segment"
)

// side is the input of the recipes here.
const side = 32

// fakeEngine runs no network: every map is the picture's first plane, so that
// a bright picture is a bad one.
type fakeEngine struct {
	fail func(x []float32) error // of Forward
	nan  func(x []float32) bool  // whether the maps hold a NaN
}

func (e *fakeEngine) Name() string     { return "fake" }
func (e *fakeEngine) Describe() string { return "no engine at all" }
func (e *fakeEngine) Close() error     { return nil }
func (e *fakeEngine) Compile(*nn.Graph, nn.Mode) (nn.Program, error) {
	return &fakeProgram{e: e}, nil
}

type fakeProgram struct {
	e *fakeEngine
	x []float32
}

func (p *fakeProgram) Set(_ *nn.Node, data []float32) { p.x = append(p.x[:0], data...) }

func (p *fakeProgram) Forward() error {
	if p.e.fail != nil {
		return p.e.fail(p.x)
	}
	return nil
}

func (p *fakeProgram) Get(n *nn.Node, dst []float32) []float32 {
	if len(dst) < n.Shape.Size() {
		dst = make([]float32, n.Shape.Size())
	}
	copy(dst, p.x)
	if p.e.nan != nil && p.e.nan(p.x) {
		dst[0] = float32(math.NaN())
	}
	return dst
}

func (p *fakeProgram) Backward() error                            { return nil }
func (p *fakeProgram) Gradient(_ *nn.Node, d []float32) []float32 { return d }
func (p *fakeProgram) SetMomentum(float32)                        {}
func (p *fakeProgram) Reload() error                              { return nil }
func (p *fakeProgram) Bytes() int64                               { return 4 }
func (p *fakeProgram) Close() error                               { return nil }

// recipe returns one under which the score of an even picture of grey g is
// g/255: one term, from 0 to 1.
func recipe(t testing.TB) *anomaly.Recipe {
	t.Helper()
	n := anomaly.Network{Size: "T", Width: side, Height: side, Without: anomaly.Without{
		ASPP: true, Gates: true, ECA: true, PreAct: true, Skips: true, Score: true,
	}}
	m, err := anomaly.NewModel(n, 1)
	if err != nil {
		t.Fatal(err)
	}
	high := 100. // no region unless a test asks for some
	return &anomaly.Recipe{Name: "fake", SHA256: "5a5a", Model: m, Calibration: &anomaly.Calibration{
		Normals: 20, FalseRejectRate: .05, Alignment: anomaly.Free,
		Terms: []anomaly.Term{{Name: "residual", Weight: 1, Q999: 1}}, SignedStd: 1,
		Pixel: map[segment.Mode]anomaly.Pair{
			segment.HalfPeak: {Low: high / 2, High: high}, segment.Hysteresis: {Low: .85 * high, High: high}, segment.TwoSided: {Low: high, High: high},
		},
		Mode: segment.HalfPeak, Review: .4, Reject: .5, Scores: []float64{.1, .2},
	}}
}

// bench is a session with a fake engine, a recipe and a history.
type bench struct {
	*Session
	store *history.Store
	e     *fakeEngine
}

func newBench(t *testing.T) *bench {
	t.Helper()
	store, err := history.Open(filepath.Join(t.TempDir(), "h.db"))
	if err != nil {
		t.Fatal(err)
	}
	e := &fakeEngine{}
	s := New(Options{Engine: e, Store: store, Program: "test"})
	t.Cleanup(func() {
		if err := errors.Join(s.Close(), store.Close()); err != nil {
			t.Error(err)
		}
	})
	if err := s.UseRecipe(recipe(t)); err != nil {
		t.Fatal(err)
	}
	return &bench{s, store, e}
}

// rows reads a run's verdicts back.
func (b *bench) rows(t *testing.T, run int64) []history.Record {
	t.Helper()
	var out []history.Record
	for r, err := range b.store.Verdicts(context.Background(), history.Filter{Run: run}) {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, r)
	}
	return out
}

func (b *bench) run(t *testing.T, id int64) history.Run {
	t.Helper()
	r, err := b.store.Run(context.Background(), id)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// grey returns an even picture.
func grey(v uint8) *image.Gray {
	m := image.NewGray(image.Rect(0, 0, 2*side, side))
	for i := range m.Pix {
		m.Pix[i] = v
	}
	return m
}

// brittle is a picture whose pixels cannot be read.
type brittle struct{}

func (brittle) ColorModel() color.Model { return color.GrayModel }
func (brittle) Bounds() image.Rectangle { return image.Rect(0, 0, 10, 10) }
func (brittle) At(int, int) color.Color { panic("no such pixel") }

var errDecode = errors.New("the file is cut short")

// source yields frames of the given pictures; nil is one that cannot be
// decoded. before is called ahead of each.
type source struct {
	pictures []image.Image
	before   func(i int)
	live     bool
}

func (s source) Name() string { return "pictures" }
func (s source) Live() bool   { return s.live }
func (s source) Frames(ctx context.Context) iter.Seq2[datasets.Frame, error] {
	return func(yield func(datasets.Frame, error) bool) {
		for i, m := range s.pictures {
			if ctx.Err() != nil {
				return
			}
			if s.before != nil {
				s.before(i)
			}
			f := datasets.Frame{Path: fmt.Sprintf("/p/%03d.png", i), Name: fmt.Sprintf("%03d.png", i), Seq: uint64(i), Time: time.Unix(1, 0), Image: m}
			var err error
			if m == nil {
				err = errDecode
			}
			if !yield(f, err) {
				return
			}
		}
	}
}

// greys returns even pictures of random brightness, and now and then one that
// cannot be read.
func greys(rng *rand.Rand, n int) []image.Image {
	out := make([]image.Image, n)
	for i := range out {
		switch rng.IntN(8) {
		case 0: // nil: cannot be decoded
		case 1:
			out[i] = brittle{}
		default:
			out[i] = grey(uint8(rng.IntN(256)))
		}
	}
	return out
}

// parts writes a flat folder of pictures and returns it.
func parts(t *testing.T, pictures ...image.Image) string {
	t.Helper()
	dir := t.TempDir()
	for i, m := range pictures {
		write(t, filepath.Join(dir, fmt.Sprintf("%03d.png", i)), m)
	}
	return dir
}

func write(t *testing.T, path string, m image.Image) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(png.Encode(f, m), f.Close()); err != nil {
		t.Fatal(err)
	}
}
