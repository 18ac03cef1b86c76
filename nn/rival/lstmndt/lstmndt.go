// Package lstmndt is LSTM-NDT of Hundman et al., "Detecting spacecraft anomalies
// using LSTMs and nonparametric dynamic thresholding" (KDD 2018,
// https://arxiv.org/abs/1802.04431), which the paper that this project implements
// names as a rival and applies to pictures as sequences. (It expands NDT
// differently; there is no other method of that name.)
//
// Everything about pictures is this project's:
//
//   - A sequence is the patches of a small copy of the picture, row by row and, a
//     second sequence, column by column, to and fro; 48 numbers a patch,
//     standardised over good parts, with a code of where the patch to be predicted
//     lies: what comes next on a part depends on the place.
//   - Two layers of 48 instead of 80, one step ahead instead of ten, no dropout;
//     trained by chunks of 64 steps with the state carried over.
//   - Errors are brought into units of their deviation at their place on good
//     parts, or edges would always fail, and smoothed with a span of 5.
//   - The dynamic threshold, of each sequence by itself, sees errors less the
//     lowest. What pruning takes back is cut to it in the map. It normalises itself
//     picture by picture, so that it cannot rank pictures: their score is the
//     highest error, and their verdict comes from held-out good parts as for all
//     methods.
package lstmndt

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

// Method is the predictor.
var Method rival.Method = method{}

const (
	hidden = 48
	chunk  = 64
	batch  = 8 // pictures; twice as many sequences
	steps  = 300
	rate   = 2e-3
	span   = 5
	prune  = .13
)

type method struct{}

// predictor is the network over one chunk of sequences.
type predictor struct {
	*nn.Graph
	in     *nn.Node // of every step, patch and place of the next, beside each other
	out    *nn.Node // of every step, the prediction
	before [4]*nn.Node
	after  [4]*nn.Node // the state of both layers
}

func predict(ps *nn.Params, sequences int) *predictor {
	p := &predictor{Graph: nn.NewGraph(ps)}
	s := func(c int) nn.Shape { return nn.Shape{sequences, c, 1, 1} }
	for i, name := range []string{"h1", "c1", "h2", "c2"} {
		p.before[i] = p.Input(name, s(hidden))
	}
	h1, c1, h2, c2 := p.before[0], p.before[1], p.before[2], p.before[3]
	const step = scan.Size + scan.Place
	p.in = p.Input("patches", s(chunk*step))
	var out []*nn.Node
	for t := range chunk {
		x := p.Slice(p.in, t*step, step)
		h1, c1 = lstm.Cell(p.Graph, "lstmndt.first", x, h1, c1)
		h2, c2 = lstm.Cell(p.Graph, "lstmndt.second", h1, h2, c2)
		y := p.Conv("lstmndt.next", h2, scan.Size, 1, nn.ConvOptions{Bias: true, Gain: .5})
		out = append(out, y)
	}
	p.out = p.Keep(p.Concat(out...))
	p.after = [4]*nn.Node{h1, c1, h2, c2}
	p.Keep(p.after[:]...)
	return p
}

// Build implements [rival.Method].
func (method) Build(s rival.Site) error {
	predict(s.Params, 1)
	state(s)
	return nil
}

// state makes what is measured on good parts.
func state(s rival.Site) (*scan.Grid, scan.Scale, scan.Errors) {
	g := scan.NewGrid(s.Width, s.Height)
	return g, scan.NewScale(s.Params, "lstmndt"), scan.NewErrors(s.Params, "lstmndt", g)
}

// MACs counts the multiply-adds of one picture.
func (method) MACs(s rival.Site) int64 {
	return predict(s.Params, scan.Scans).MACs() * int64(scan.NewGrid(s.Width, s.Height).Len()/chunk)
}

// feed puts chunk k of sequences into the program: of pictures' patches, each in
// both scans. The last place of a sequence has nothing after it.
func (p *predictor) feed(run nn.Program, g *scan.Grid, pictures [][]float32, k int, buf []float32) []float32 {
	buf = buf[:0]
	for _, patches := range pictures {
		for s := range scan.Scans {
			order := g.Order(s)
			for t := range chunk {
				at := k*chunk + t
				next := order[min(at+1, len(order)-1)]
				buf = append(buf, patches[order[at]*scan.Size:(order[at]+1)*scan.Size]...)
				buf = append(buf, g.Where(next)...)
			}
		}
	}
	run.Set(p.in, buf)
	return buf
}

// Train implements [rival.Method].
func (m method) Train(ctx context.Context, s rival.Site, t *rival.Training) (err error) {
	g, scale, errs := state(s)
	patches := make([][]float32, len(t.Normals))
	for i, x := range t.Normals {
		patches[i] = g.Patches(x)
	}
	scale.Measure(patches)
	p := predict(s.Params, batch*scan.Scans)
	want := p.Input("next", p.out.Shape)
	p.Minimise("prediction", p.L2Loss(p.out, want), 1)
	l, err := rival.NewLearner(s.Engine, p.Graph, nil, rate, 1)
	if err != nil {
		return err
	}
	defer func() {
		if e := l.Close(); err == nil {
			err = e
		}
	}()
	zero := make([]float32, batch*scan.Scans*hidden)
	var buf, value []float32
	chosen := make([][]float32, batch)
	err = t.Loop.Run(ctx, steps, []*optim.AdamW{l.Adam}, func(st rival.Step) (rival.Terms, error) {
		for k := range chosen {
			chosen[k] = patches[rival.Rand(t.Seed, st.Number, k).IntN(len(patches))]
		}
		for _, n := range p.before {
			l.Program.Set(n, zero)
		}
		sum := rival.Terms{}
		for k := range g.Len() / chunk {
			buf = p.feed(l.Program, g, chosen, k, buf)
			value = value[:0]
			for _, all := range chosen {
				for s := range scan.Scans {
					order := g.Order(s)
					for i := range chunk {
						next := order[min(k*chunk+i+1, len(order)-1)]
						value = append(value, all[next*scan.Size:(next+1)*scan.Size]...)
					}
				}
			}
			l.Program.Set(want, value)
			terms, err := l.Step(st)
			if err != nil {
				return nil, err
			}
			sum["prediction"] += terms["prediction"] * chunk / float64(g.Len())
			for i, n := range p.after { // carried over, without gradient
				value = l.Program.Get(n, value)
				l.Program.Set(p.before[i], value)
			}
		}
		return sum, nil
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
	e := &eye{p: predict(s.Params, scan.Scans)}
	e.g, e.scale, e.errs = state(s)
	var err error
	e.run, err = s.Engine.Compile(e.p.Graph, nn.Inference)
	return e, err
}

// eye predicts and compares.
type eye struct {
	g     *scan.Grid
	scale scan.Scale
	errs  scan.Errors
	p     *predictor
	run   nn.Program
	buf   []float32
	value []float32
	last  []float32 // hidden state at the end
}

// errors returns the mean squared errors of all predictions of standardised
// patches, scan after scan in the order of visits; the first place has none.
func (e *eye) errors(patches []float32) ([]float32, error) {
	n := e.g.Len()
	out := make([]float32, scan.Scans*n)
	zero := make([]float32, scan.Scans*hidden)
	for _, b := range e.p.before {
		e.run.Set(b, zero)
	}
	for k := range n / chunk {
		e.buf = e.p.feed(e.run, e.g, [][]float32{patches}, k, e.buf)
		if err := e.run.Forward(); err != nil {
			return nil, err
		}
		e.value = e.run.Get(e.p.out, e.value)
		for t := range chunk {
			at := k*chunk + t + 1
			if at == n {
				break
			}
			for s := range scan.Scans {
				p := e.g.Order(s)[at]
				for i, v := range patches[p*scan.Size : (p+1)*scan.Size] {
					d := v - e.value[(s*chunk+t)*scan.Size+i]
					out[s*n+at] += d * d / scan.Size
				}
			}
		}
		for i, a := range e.p.after {
			e.value = e.run.Get(a, e.value)
			e.run.Set(e.p.before[i], e.value)
			if i == 2 {
				e.last = append(e.last[:0], e.value...)
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
		settle(part)
	}
	f.Map = e.g.Map(v)
	f.Embedding = append(f.Embedding[:0], e.last...)
	return nil
}

// settle cuts the runs that pruning takes back to the dynamic threshold.
func settle(v []float32) {
	low := slices.Min(v)
	e := make([]float64, len(v))
	for i, x := range v {
		e[i] = float64(x - low)
	}
	epsilon, runs := Threshold(e)
	kept := Prune(e, runs, prune)
	for _, r := range runs {
		if slices.Contains(kept, r) {
			continue
		}
		for i := r.From; i <= r.To; i++ {
			v[i] = min(v[i], float32(epsilon)+low)
		}
	}
}

// Bytes implements [rival.Eye].
func (e *eye) Bytes() int64 { return e.run.Bytes() }

// Close implements [rival.Eye].
func (e *eye) Close() error { return e.run.Close() }
