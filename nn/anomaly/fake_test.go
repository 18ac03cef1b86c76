package anomaly

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"testing"

	"agurscope/nn"
)

// fakeEngine runs no network: the maps are the picture's first plane, the
// reconstruction is half of it, features are pixels of it, the embedding is its
// mean. What an engine may do wrong can be switched on.
type fakeEngine struct {
	refuse error // of Compile
	fail   error // of Forward
	poison func(n *nn.Node, v []float32)

	open     atomic.Int32 // programs not closed
	overlaps atomic.Int32 // uses of one program at the same time
}

func (e *fakeEngine) Name() string     { return "fake" }
func (e *fakeEngine) Describe() string { return "no engine at all" }
func (e *fakeEngine) Close() error     { return nil }

func (e *fakeEngine) Compile(*nn.Graph, nn.Mode) (nn.Program, error) {
	if e.refuse != nil {
		return nil, e.refuse
	}
	e.open.Add(1)
	return &fakeProgram{e: e}, nil
}

type fakeProgram struct {
	e      *fakeEngine
	busy   atomic.Bool
	closed bool
	x      []float32 // the picture
	shape  nn.Shape
}

func (p *fakeProgram) Set(n *nn.Node, data []float32) {
	if p.closed {
		panic("use of a closed program")
	}
	if len(data) != n.Shape.Size() {
		panic("a value of another shape")
	}
	if n.Op.(nn.Input).Name != "image" {
		return
	}
	if !p.busy.CompareAndSwap(false, true) {
		p.e.overlaps.Add(1)
	}
	p.x, p.shape = append(p.x[:0], data...), n.Shape
}

func (p *fakeProgram) Forward() error {
	if !p.busy.CompareAndSwap(true, false) {
		p.e.overlaps.Add(1)
	}
	return p.e.fail
}

func (p *fakeProgram) Get(n *nn.Node, dst []float32) []float32 {
	if len(dst) < n.Shape.Size() {
		dst = make([]float32, n.Shape.Size())
	}
	s := n.Shape
	switch {
	case s[2] == 1:
		mean := float32(0)
		for _, v := range p.x {
			mean += v / float32(len(p.x))
		}
		for i := range dst {
			dst[i] = mean
		}
	case s[2] == p.shape[2] && s[1] == 3:
		for i, v := range p.x {
			dst[i] = v / 2
		}
	case s[2] == p.shape[2]:
		copy(dst, p.x[:len(dst)])
	default: // every plane from other pixels
		f := p.shape[2] / s[2]
		for i := range dst {
			c, y, x := i/(s[2]*s[3]), i/s[3]%s[2], i%s[3]
			dst[i] = p.x[(y*f+c%f)*p.shape[3]+x*f+c/f%f]
		}
	}
	if p.e.poison != nil {
		p.e.poison(n, dst)
	}
	return dst
}

func (p *fakeProgram) Close() error {
	if p.closed {
		return errors.New("closed twice")
	}
	p.closed = true
	p.e.open.Add(-1)
	return nil
}

func (p *fakeProgram) Backward() error                            { return nil }
func (p *fakeProgram) Gradient(_ *nn.Node, d []float32) []float32 { return d }
func (p *fakeProgram) SetMomentum(float32)                        {}
func (p *fakeProgram) Reload() error                              { return nil }
func (p *fakeProgram) Bytes() int64                               { return 4 }

// noise returns a picture of three equal planes, uniform in lo to hi.
func noise(rng *rand.Rand, w, h int, lo, hi float32) *nn.Image {
	m := nn.NewImage(3, h, w)
	for i := range m.Plane(0) {
		v := lo + (hi-lo)*rng.Float32()
		for c := range 3 {
			m.Plane(c)[i] = v
		}
	}
	return m
}

func noises(seed uint64, n, w, h int) []*nn.Image {
	rng := rand.New(rand.NewPCG(seed, 0))
	out := make([]*nn.Image, n)
	for i := range out {
		out[i] = noise(rng, w, h, .2, .2+.2*rng.Float32())
	}
	return out
}

// little is the smallest network there is.
var little = Network{Size: "T", Width: 32, Height: 48, Without: Without{ASPP: true, Gates: true, ECA: true, PreAct: true, Skips: true}}

// calibrated returns a recipe of random weights, calibrated by the fake engine.
func calibrated(t testing.TB, n Network, o CalibrateOptions) *Recipe {
	t.Helper()
	m, err := NewModel(n, 1)
	if err != nil {
		t.Fatal(err)
	}
	r := &Recipe{Name: "fake", Model: m}
	if err := Calibrate(context.Background(), &fakeEngine{}, r, AsIs(noises(2, 40, n.Width, n.Height)), o); err != nil {
		t.Fatal(err)
	}
	return r
}

// rich is little with every branch and, where statistics are fitted, every term.
var rich = Network{Size: "T", Width: 32, Height: 48, Without: little.Without, SSDAE: "conv", MGAN: "band"}

// withStatistics is calibrated, with statistics of features and a memory of
// noise.
func withStatistics(t testing.TB, n Network, o CalibrateOptions) *Recipe {
	t.Helper()
	m, err := NewModel(n, 1)
	if err != nil {
		t.Fatal(err)
	}
	r := &Recipe{Name: "fake", Model: m}
	if err := FitStatistics(context.Background(), &fakeEngine{}, r, noises(3, 1, n.Width, n.Height), 1); err != nil {
		t.Fatal(err)
	}
	s := r.Statistics
	s.Memory, s.Modes = memory(t, n.Width/cell, n.Height/cell, handNumbers), .25
	if r.Statistics, err = s.rounded(r.Model.Network); err != nil {
		t.Fatal(err)
	}
	if err := Calibrate(context.Background(), &fakeEngine{}, r, AsIs(noises(2, 40, n.Width, n.Height)), o); err != nil {
		t.Fatal(err)
	}
	return r
}

// detector returns a detector for the time of the test.
func detector(t testing.TB, e nn.Engine, r *Recipe) *Detector {
	t.Helper()
	d, err := NewDetector(e, r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

// detect inspects a picture that needs no preparation.
func detect(d *Detector, x *nn.Image) (*Prediction, error) {
	return d.Detect(context.Background(), &Prepared{Input: x})
}

func sameBits(a, b [][]float32) bool {
	return slices.EqualFunc(a, b, func(x, y []float32) bool {
		return slices.EqualFunc(x, y, func(v, w float32) bool { return math.Float32bits(v) == math.Float32bits(w) })
	})
}
