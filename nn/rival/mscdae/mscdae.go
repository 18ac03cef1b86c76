// Package mscdae is the multi-scale convolutional denoising autoencoder of Mei,
// Wang and Wen, "An unsupervised-learning-based approach for automated defect
// inspection on textured surfaces" and its convolutional successor (Sensors
// 18(4) 1064, 2018): illumination evened out by local contrast, a Gaussian pyramid,
// and for each level an autoencoder of its own that rebuilds clean patches from
// noisy ones.
//
// It differs from the paper, or decides what that leaves open, in this:
//
//   - Three levels with 32 x 32 patches and no weights in common; the pooling of
//     two convolutions is their stride, for this project's graphs have no maximum.
//   - Weber's contrast is (x−b)/(b+0.05) with b a Gaussian blur whose σ is a
//     sixteenth of the picture's shorter side, for every colour; the noise is
//     Gaussian, 0.1.
//   - The map is the mean over the levels of the residual in units of its
//     deviation on the training parts. The paper's threshold for every level
//     and its joining of neighbouring levels are not made: thresholds are those of
//     all methods, from held-out good parts.
package mscdae

import (
	"context"
	"errors"
	"fmt"
	"math"

	"agurscope/nn"
	"agurscope/nn/optim"
	"agurscope/nn/rival"
)

// Method is the autoencoder.
var Method rival.Method = method{}

const (
	levels = 3
	patch  = 32
	batch  = 32
	noise  = .1
	steps  = 400 // of every level
	rate   = 1e-3
)

type method struct{}

// extents of a level's picture.
func extents(s rival.Site, level int) (w, h int) { return s.Width >> level, s.Height >> level }

// rebuild adds the level's autoencoder to g.
func rebuild(g *nn.Graph, level int, x *nn.Node) (y, code *nn.Node) {
	name := func(s string) string { return fmt.Sprintf("mscdae.%d.%s", level, s) }
	conv := func(s string, x *nn.Node, out, k, stride int) *nn.Node {
		return g.Conv(name(s), x, out, k, nn.ConvOptions{Stride: stride, Bias: true})
	}
	h := g.ReLU(conv("e0", x, 16, 5, 1))
	h = g.ReLU(conv("e1", h, 24, 3, 2))
	code = conv("code", h, 12, 3, 2)
	h = g.ReLU(conv("d1", g.Upsample(code), 24, 3, 1))
	h = g.ReLU(conv("d0", g.Upsample(h), 16, 3, 1))
	return conv("picture", h, 3, 3, 1), code
}

// Build implements [rival.Method].
func (method) Build(s rival.Site) error {
	g := nn.NewGraph(s.Params)
	for l := range levels {
		w, h := extents(s, l)
		if w%4 != 0 || h%4 != 0 {
			return rival.Unfit(s, "three levels need sides that are multiples of 16")
		}
		rebuild(g, l, g.Input("x", nn.Shape{1, 3, h, w}))
		moments(s.Params, l)
	}
	return nil
}

// moments are mean and deviation of the level's residual on training parts.
func moments(ps *nn.Params, level int) *nn.Param {
	return ps.Statistic(fmt.Sprintf("mscdae.%d.moments", level), 1, 2)
}

// MACs counts the multiply-adds of one picture.
func (method) MACs(s rival.Site) (n int64) {
	for l := range levels {
		g := nn.NewGraph(s.Params)
		w, h := extents(s, l)
		rebuild(g, l, g.Input("x", nn.Shape{1, 3, h, w}))
		n += g.MACs()
	}
	return n
}

// Train implements [rival.Method]. The levels take turns, so that whatever ends
// the training finds them equally far.
func (m method) Train(ctx context.Context, s rival.Site, t *rival.Training) (err error) {
	var learners [levels]*rival.Learner
	var in, want [levels]*nn.Node
	defer func() {
		if e := rival.CloseAll(learners[:]...); err == nil {
			err = e
		}
	}()
	var state []*optim.AdamW
	for l := range levels {
		w, h := extents(s, l)
		w, h = min(w, patch), min(h, patch)
		g := nn.NewGraph(s.Params)
		in[l] = g.Input("noisy", nn.Shape{batch, 3, h, w})
		want[l] = g.Input("clean", in[l].Shape)
		y, _ := rebuild(g, l, in[l])
		g.Minimise("rebuilding", g.L2Loss(y, want[l]), 1)
		prefix := fmt.Sprintf("mscdae.%d.", l)
		if learners[l], err = rival.NewLearner(s.Engine, g, rival.Named(prefix), rate, 5); err != nil {
			return err
		}
		state = append(state, learners[l].Adam)
	}
	pyramids := make([][levels]*nn.Image, len(t.Normals))
	for i, x := range t.Normals {
		pyramids[i] = pyramid(x)
	}
	var clean, noisy []float32
	err = t.Loop.Run(ctx, levels*steps, state, func(st rival.Step) (rival.Terms, error) {
		l := st.Number % levels
		n := in[l].Shape.Size() / batch
		clean, noisy = clean[:0], noisy[:0]
		for k := range batch {
			rng := rival.Rand(t.Seed, st.Number, k)
			x := pyramids[rng.IntN(len(pyramids))][l]
			window := nn.NewImage(3, in[l].Shape[2], in[l].Shape[3])
			crop(rng.IntN, x, window)
			clean = append(clean, window.Pix...)
			for _, v := range clean[k*n:] {
				noisy = append(noisy, v+noise*float32(rng.NormFloat64()))
			}
		}
		learners[l].Program.Set(in[l], noisy)
		learners[l].Program.Set(want[l], clean)
		return learners[l].Step(st)
	})
	if err != nil {
		return err
	}
	return m.measure(ctx, s, pyramids)
}

// crop copies a random window; intn draws below a number.
func crop(intn func(int) int, x, window *nn.Image) {
	left, top := intn(x.W-window.W+1), intn(x.H-window.H+1)
	for c := range x.C {
		for y := range window.H {
			copy(window.Plane(c)[y*window.W:(y+1)*window.W], x.Plane(c)[(top+y)*x.W+left:])
		}
	}
}

// measure sets the moments of the residuals.
func (m method) measure(ctx context.Context, s rival.Site, pyramids [][levels]*nn.Image) error {
	e, err := open(s)
	if err != nil {
		return err
	}
	defer e.Close()
	for l := range levels {
		sum, square, n := 0.0, 0.0, 0.0
		for _, p := range pyramids {
			if err := ctx.Err(); err != nil {
				return err
			}
			r, err := e.residual(l, p[l])
			if err != nil {
				return err
			}
			for _, v := range r.Pix {
				sum += float64(v)
				square += float64(v) * float64(v)
				n++
			}
		}
		mean := sum / n
		std := math.Sqrt(max(square/n-mean*mean, 0)) + 1e-9
		copy(moments(s.Params, l).Data(), []float32{float32(mean), float32(std)})
	}
	return nil
}

// Open implements [rival.Method].
func (method) Open(s rival.Site) (rival.Eye, error) { return open(s) }

func open(s rival.Site) (*eye, error) {
	e := &eye{s: s}
	for l := range levels {
		v := &e.levels[l]
		g := nn.NewGraph(s.Params)
		w, h := extents(s, l)
		v.in = g.Input("x", nn.Shape{1, 3, h, w})
		v.out, v.code = rebuild(g, l, v.in)
		v.mean = g.Keep(g.GlobalAvgPool(v.code))
		g.Keep(v.out)
		p, err := s.Engine.Compile(g, nn.Inference)
		if err != nil {
			return nil, errors.Join(err, e.Close())
		}
		v.p = p
		v.moments = moments(s.Params, l).Data()
	}
	return e, nil
}

// eye runs the autoencoders.
type eye struct {
	s      rival.Site
	levels [levels]struct {
		p                   nn.Program
		in, out, code, mean *nn.Node
		moments             []float32
	}
	buf []float32
}

// residual is the squared error of a level's picture, averaged over the colours
// and a window of 3 x 3.
func (e *eye) residual(l int, x *nn.Image) (*nn.Image, error) {
	v := &e.levels[l]
	v.p.Set(v.in, x.Pix)
	if err := v.p.Forward(); err != nil {
		return nil, err
	}
	e.buf = v.p.Get(v.out, e.buf)
	r := nn.NewImage(1, x.H, x.W)
	n := len(r.Pix)
	for i, a := range x.Pix {
		d := a - e.buf[i]
		r.Pix[i%n] += d * d / 3
	}
	return box(r), nil
}

// Look implements [rival.Eye].
func (e *eye) Look(x *nn.Image, f *rival.Finding) error {
	f.Map = nn.NewImage(1, x.H, x.W)
	f.Embedding = f.Embedding[:0]
	f.Score = rival.None()
	for l, p := range pyramid(x) {
		r, err := e.residual(l, p)
		if err != nil {
			return err
		}
		v := &e.levels[l]
		if l == 0 {
			f.Reconstruction = lit(x, e.buf)
		}
		f.Embedding = append(f.Embedding, v.p.Get(v.mean, nil)...)
		for i, a := range rival.Resize(r, x.W, x.H).Pix {
			f.Map.Pix[i] += (a - v.moments[0]) / v.moments[1] / levels
		}
	}
	return nil
}

// Bytes implements [rival.Eye].
func (e *eye) Bytes() (n int64) {
	for _, v := range e.levels {
		if v.p != nil {
			n += v.p.Bytes()
		}
	}
	return n
}

// Close implements [rival.Eye].
func (e *eye) Close() (err error) {
	for _, v := range e.levels {
		if v.p != nil {
			err = errors.Join(err, v.p.Close())
		}
	}
	return err
}
