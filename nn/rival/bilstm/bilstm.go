// Package bilstm rebuilds every patch of a picture from what comes before and
// after it, with a bidirectional LSTM (Schuster and Paliwal 1997; Graves and
// Schmidhuber 2005). No paper on pictures is canonical; an autoencoder that reads
// its target learns to copy it, so this is the cloze form: patch t is told from
// the forward state before it, the backward state after it, and its place,
//
//	x̂_t = W [h→_{t−1}; h←_{t+1}; place_t] + b.
//
// Sequences and units of errors are those of package lstmndt. Each sequence is
// rebuilt in windows of 64 patches, at whose ends one of the states is empty; that
// shows at the same places of all parts, which the units even out. The picture that
// is shown is made of the rebuilt patches.
package bilstm

import (
	"context"
	"math"
	"slices"

	"agurscope/nn"
	"agurscope/nn/optim"
	"agurscope/nn/rival"
	"agurscope/nn/rival/lstm"
	"agurscope/nn/rival/scan"
)

// Method is the cloze.
var Method rival.Method = method{}

const (
	hidden = 48
	window = 64
	batch  = 32 // windows
	steps  = 600
	rate   = 2e-3
	span   = 5
)

type method struct{}

// cloze is the network over windows of sequences.
type cloze struct {
	*nn.Graph
	in, place, out *nn.Node // of all patches of a window, beside each other
	state          *nn.Node // zeros
}

// Add builds the cloze form over inputs of a window: x the patches, place where
// they lie, zero an empty state. It returns what is told of every patch.
func Add(g *nn.Graph, x, place []*nn.Node, zero *nn.Node, numbers int) []*nn.Node {
	n := len(x)
	fore, back := make([]*nn.Node, n), make([]*nn.Node, n) // the states before and after a patch
	h, c := zero, zero
	for t := range n {
		fore[t] = h
		if t < n-1 {
			h, c = lstm.Cell(g, "bilstm.forward", g.Concat(x[t], place[t]), h, c)
		}
	}
	h, c = zero, zero
	for t := n - 1; t >= 0; t-- {
		back[t] = h
		if t > 0 {
			h, c = lstm.Cell(g, "bilstm.backward", g.Concat(x[t], place[t]), h, c)
		}
	}
	out := make([]*nn.Node, n)
	for t := range n {
		out[t] = g.Conv("bilstm.tell", g.Concat(fore[t], back[t], place[t]), numbers, 1, nn.ConvOptions{Bias: true, Gain: .5})
	}
	return out
}

func build(ps *nn.Params, windows int) *cloze {
	c := &cloze{Graph: nn.NewGraph(ps)}
	s := func(n int) nn.Shape { return nn.Shape{windows, n, 1, 1} }
	c.state = c.Input("empty", s(hidden))
	c.in, c.place = c.Input("patches", s(window*scan.Size)), c.Input("places", s(window*scan.Place))
	var x, place []*nn.Node
	for t := range window {
		x = append(x, c.Slice(c.in, t*scan.Size, scan.Size))
		place = append(place, c.Slice(c.place, t*scan.Place, scan.Place))
	}
	c.out = c.Keep(c.Concat(Add(c.Graph, x, place, c.state, scan.Size)...))
	return c
}

// Build implements [rival.Method].
func (method) Build(s rival.Site) error {
	build(s.Params, 1)
	state(s)
	return nil
}

func state(s rival.Site) (*scan.Grid, scan.Scale, scan.Errors) {
	g := scan.NewGrid(s.Width, s.Height)
	return g, scan.NewScale(s.Params, "bilstm"), scan.NewErrors(s.Params, "bilstm", g)
}

// windows is how many a picture has in all scans.
func windows(g *scan.Grid) int { return scan.Scans * g.Len() / window }

// MACs counts the multiply-adds of one picture.
func (method) MACs(s rival.Site) int64 {
	return build(s.Params, windows(scan.NewGrid(s.Width, s.Height))).MACs()
}

// positions of window k of a picture.
func positions(g *scan.Grid, k int) []int {
	per := g.Len() / window
	return g.Order(k / per)[k%per*window:][:window]
}

// feed puts windows into the program: number k of each picture's patches.
func (c *cloze) feed(run nn.Program, g *scan.Grid, of [][]float32, k []int, buf []float32) []float32 {
	buf = buf[:0]
	for i, patches := range of {
		for _, p := range positions(g, k[i]) {
			buf = append(buf, patches[p*scan.Size:(p+1)*scan.Size]...)
		}
	}
	run.Set(c.in, buf)
	buf = buf[:0]
	for i := range of {
		for _, p := range positions(g, k[i]) {
			buf = append(buf, g.Where(p)...)
		}
	}
	run.Set(c.place, buf)
	return buf
}

// Train implements [rival.Method].
func (method) Train(ctx context.Context, s rival.Site, t *rival.Training) (err error) {
	g, scale, errs := state(s)
	patches := make([][]float32, len(t.Normals))
	for i, x := range t.Normals {
		patches[i] = g.Patches(x)
	}
	scale.Measure(patches)
	c := build(s.Params, batch)
	c.Minimise("telling", c.L2Loss(c.out, c.in), 1)
	l, err := rival.NewLearner(s.Engine, c.Graph, nil, rate, 1)
	if err != nil {
		return err
	}
	defer func() {
		if e := l.Close(); err == nil {
			err = e
		}
	}()
	l.Program.Set(c.state, make([]float32, batch*hidden))
	of, k := make([][]float32, batch), make([]int, batch)
	var buf []float32
	err = t.Loop.Run(ctx, steps, []*optim.AdamW{l.Adam}, func(st rival.Step) (rival.Terms, error) {
		for i := range of {
			rng := rival.Rand(t.Seed, st.Number, i)
			of[i], k[i] = patches[rng.IntN(len(patches))], rng.IntN(windows(g))
		}
		buf = c.feed(l.Program, g, of, k, buf)
		return l.Step(st)
	})
	if err != nil {
		return err
	}
	e, err := open(s)
	if err != nil {
		return err
	}
	defer e.Close()
	return errs.Measure(ctx, patches, e.errors)
}

// Open implements [rival.Method].
func (method) Open(s rival.Site) (rival.Eye, error) { return open(s) }

func open(s rival.Site) (*eye, error) {
	e := &eye{w: s.Width, h: s.Height}
	e.g, e.scale, e.errs = state(s)
	n := windows(e.g)
	e.c = build(s.Params, n)
	var err error
	if e.run, err = s.Engine.Compile(e.c.Graph, nn.Inference); err != nil {
		return nil, err
	}
	e.run.Set(e.c.state, make([]float32, n*hidden))
	for i := range n {
		e.windows = append(e.windows, i)
	}
	e.of = make([][]float32, n)
	return e, nil
}

// eye tells patches and compares.
type eye struct {
	w, h    int
	g       *scan.Grid
	scale   scan.Scale
	errs    scan.Errors
	c       *cloze
	run     nn.Program
	windows []int
	of      [][]float32
	buf     []float32
	value   []float32
	told    []float32 // patches by position, mean of the scans
}

// errors returns the mean squared errors of standardised patches, scan after scan
// in the order of visits.
func (e *eye) errors(patches []float32) ([]float32, error) {
	for i := range e.of {
		e.of[i] = patches
	}
	e.buf = e.c.feed(e.run, e.g, e.of, e.windows, e.buf)
	if err := e.run.Forward(); err != nil {
		return nil, err
	}
	e.told = append(e.told[:0], make([]float32, len(patches))...)
	out := make([]float32, scan.Scans*e.g.Len())
	e.value = e.run.Get(e.c.out, e.value)
	for k := range e.windows {
		for t, p := range positions(e.g, k) {
			for i, v := range e.value[(k*window+t)*scan.Size : (k*window+t+1)*scan.Size] {
				d := patches[p*scan.Size+i] - v
				out[k*window+t] += d * d / scan.Size
				e.told[p*scan.Size+i] += v / scan.Scans
			}
		}
	}
	return out, nil
}

// Look implements [rival.Eye].
func (e *eye) Look(x *nn.Image, f *rival.Finding) error {
	patches := e.g.Patches(x)
	e.scale.Apply(patches)
	v, err := e.errors(patches)
	if err != nil {
		return err
	}
	e.errs.Apply(v)
	n := e.g.Len()
	f.Score = math.Inf(-1)
	for s := range scan.Scans {
		part := v[s*n : (s+1)*n]
		scan.Smooth(part, span)
		f.Score = max(f.Score, float64(slices.Max(part)))
	}
	f.Map = e.g.Map(v)
	f.Reconstruction = rival.Resize(e.g.Picture(e.scale, e.told), e.w, e.h)
	f.Embedding = rival.Thumbnail(f.Embedding, f.Map)
	return nil
}

// Bytes implements [rival.Eye].
func (e *eye) Bytes() int64 { return e.run.Bytes() }

// Close implements [rival.Eye].
func (e *eye) Close() error { return e.run.Close() }
