// Package cflow is CFLOW-AD of Gudovskiy, Ishizaka and Kozuka, "CFLOW-AD:
// real-time unsupervised anomaly detection with localization via conditional
// normalizing flows" (WACV 2022, https://arxiv.org/abs/2107.12571): the likelihood
// of every place's features under a normalising flow that is told where the place
// lies.
//
// It differs in this, for there are no pretrained networks here and one processor:
//
//   - Features are two levels, at a quarter and an eighth of the picture's
//     resolution, of a trained AGUR-Net's encoder, averaged over 3 x 3 and
//     standardised by good parts, instead of three of WideResNet-50.
//   - Four coupling blocks a level instead of eight, a place's code of 32 numbers
//     instead of 128, and the loss is −log p / C itself instead of its logistic
//     form, which weighs the rarest good places less.
//   - A block's affine of all channels is exp(G)·x + o instead of a softplus, and its
//     soft permutation is one fixed rotation, as there.
//   - Levels are compared by z-scores of good parts and added. The original scales
//     by the highest value of the whole test set, which a line does not have.
package cflow

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"

	"agurscope/nn"
	"agurscope/nn/optim"
	"agurscope/nn/rival"
)

// Method is the flow.
var Method rival.Method = method{}

const (
	first  = 1 // of the encoder's levels that are looked at
	levels = 2
	blocks = 4
	fibres = 256   // places in a batch
	most   = 20000 // places that a level learns from
	steps  = 1200
	rate   = 1e-3
)

type method struct{}

// channels of the encoder's levels, by building it once.
func encoder(s rival.Site) (g *nn.Graph, x *nn.Node, of []*nn.Node) {
	g = nn.NewGraph(s.Params)
	x = g.Input("picture", nn.Shape{1, 3, s.Height, s.Width})
	return g, x, s.Encoder(g, x)[first : first+levels]
}

func name(level int) string { return fmt.Sprintf("cflow.%d", level) }

// state is what is measured of a level.
type state struct {
	mean, std []float32 // of the features, by channel
	scale     []float32 // of −log p / C: mean and deviation
}

func measured(ps *nn.Params, level, c int) state {
	at := func(s string, fill float32, n int) []float32 { return ps.Statistic(name(level)+"."+s, fill, n).Data() }
	return state{at("mean", 0, c), at("std", 1, c), at("scale", 1, 2)}
}

// Build implements [rival.Method].
func (method) Build(s rival.Site) error {
	_, _, of := encoder(s)
	for l, f := range of {
		newFlow(s.Params, name(l), f.Shape[1], 1)
		measured(s.Params, l, f.Shape[1])
	}
	return nil
}

// MACs counts the multiply-adds of one picture.
func (method) MACs(s rival.Site) int64 {
	g, _, of := encoder(s)
	n := g.MACs()
	for l, f := range of {
		n += newFlow(s.Params, name(l), f.Shape[1], 1).MACs() * int64(f.Shape[2]*f.Shape[3])
	}
	return n
}

// Train implements [rival.Method]. The levels take turns.
func (m method) Train(ctx context.Context, s rival.Site, t *rival.Training) (err error) {
	eye, err := look(s)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, eye.Close()) }()
	places, err := m.gather(ctx, s, t, eye)
	if err != nil {
		return err
	}
	var learners [levels]*rival.Learner
	defer func() { err = errors.Join(err, rival.CloseAll(learners[:]...)) }()
	var flows [levels]*flow
	var adam []*optim.AdamW
	for l := range levels {
		f := newFlow(s.Params, name(l), places[l].c, fibres)
		f.learn()
		flows[l] = f
		if learners[l], err = rival.NewLearner(s.Engine, f.Graph, f.moves, rate, 1); err != nil {
			return err
		}
		f.bind(learners[l].Program)
		adam = append(adam, learners[l].Adam)
	}
	var x, c []float32
	err = t.Loop.Run(ctx, levels*steps, adam, func(st rival.Step) (rival.Terms, error) {
		l := st.Number % levels
		p, f := places[l], flows[l]
		rng := rival.Rand(t.Seed, st.Number, 0)
		x, c = x[:0], c[:0]
		for range fibres {
			i := rng.IntN(len(p.at))
			x = append(x, p.data[i*p.c:(i+1)*p.c]...)
			c = append(c, eye.levels[l].code[p.at[i]]...)
		}
		f.set(learners[l].Program, x, c)
		return learners[l].Step(st)
	})
	if err != nil {
		return err
	}
	return m.scale(ctx, s, t)
}

// gathered is features of random places of good parts.
type gathered struct {
	c    int
	data []float32
	at   []int // the places
}

// gather measures the features and collects some of them, standardised.
func (method) gather(ctx context.Context, s rival.Site, t *rival.Training, e *eye) (out [levels]gathered, err error) {
	var sum, square [levels][]float64
	for l := range levels {
		v := &e.levels[l]
		out[l].c = v.c
		sum[l], square[l] = make([]float64, v.c), make([]float64, v.c)
	}
	for i, x := range t.Normals {
		if err := ctx.Err(); err != nil {
			return out, err
		}
		if err := e.describe(x, false); err != nil {
			return out, err
		}
		rng := rival.Rand(t.Seed, 1<<30, i)
		for l := range levels {
			v := &e.levels[l]
			n := len(v.code)
			for k, a := range v.fibres {
				sum[l][k%v.c] += float64(a)
				square[l][k%v.c] += float64(a) * float64(a)
			}
			for range max(1, min(n, most/len(t.Normals))) {
				p := rng.IntN(n)
				out[l].at = append(out[l].at, p)
				out[l].data = append(out[l].data, v.fibres[p*v.c:(p+1)*v.c]...)
			}
		}
	}
	for l := range levels {
		v := &e.levels[l]
		n := float64(len(t.Normals) * len(v.code))
		for k := range v.c {
			mean := sum[l][k] / n
			v.mean[k] = float32(mean)
			v.std[k] = float32(math.Sqrt(max(square[l][k]/n-mean*mean, 0)) + 1e-4)
		}
		v.standardise(out[l].data)
	}
	return out, nil
}

// scale measures −log p / C on good parts.
func (method) scale(ctx context.Context, s rival.Site, t *rival.Training) (err error) {
	e, err := open(s)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, e.Close()) }()
	var sum, square, n [levels]float64
	for _, x := range t.Normals {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := e.describe(x, true); err != nil {
			return err
		}
		for l := range levels {
			u, err := e.unlikely(l)
			if err != nil {
				return err
			}
			for _, v := range u {
				sum[l] += float64(v)
				square[l] += float64(v) * float64(v)
				n[l]++
			}
		}
	}
	for l := range levels {
		mean := sum[l] / n[l]
		e.levels[l].scale[0] = float32(mean)
		e.levels[l].scale[1] = float32(math.Sqrt(max(square[l]/n[l]-mean*mean, 0)) + 1e-6)
	}
	return nil
}

// Open implements [rival.Method].
func (method) Open(s rival.Site) (rival.Eye, error) { return open(s) }

// level is what the eye has of a level.
type level struct {
	state
	node    *nn.Node
	c, w, h int
	code    [][]float32 // of every place
	fibres  []float32   // place after place
	flow    *flow
	p       nn.Program
	buf     []float32
}

func (v *level) standardise(fibres []float32) {
	for i := range fibres {
		fibres[i] = (fibres[i] - v.mean[i%v.c]) / v.std[i%v.c]
	}
}

// eye runs the encoder, and the flows over its values.
type eye struct {
	x      *nn.Node
	p      nn.Program
	levels [levels]level
	pools  []*nn.Node
	value  []float32
}

// look opens the encoder alone.
func look(s rival.Site) (*eye, error) {
	e := &eye{}
	g, x, of := encoder(s)
	e.x = x
	for l, f := range of {
		g.Keep(f)
		e.pools = append(e.pools, g.Keep(g.GlobalAvgPool(f)))
		v := level{node: f, c: f.Shape[1], h: f.Shape[2], w: f.Shape[3]}
		v.state = measured(s.Params, l, v.c)
		for p := range v.w * v.h {
			v.code = append(v.code, code(p%v.w, p/v.w))
		}
		e.levels[l] = v
	}
	var err error
	e.p, err = s.Engine.Compile(g, nn.Inference)
	return e, err
}

func open(s rival.Site) (*eye, error) {
	e, err := look(s)
	if err != nil {
		return nil, err
	}
	for l := range levels {
		v := &e.levels[l]
		n := v.w * v.h
		v.flow = newFlow(s.Params, name(l), v.c, n)
		if v.p, err = s.Engine.Compile(v.flow.Graph, nn.Inference); err != nil {
			return nil, errors.Join(err, e.Close())
		}
		v.flow.bind(v.p)
	}
	return e, nil
}

// describe sets the fibres of all levels, standardised where asked.
func (e *eye) describe(x *nn.Image, standard bool) error {
	e.p.Set(e.x, x.Pix)
	if err := e.p.Forward(); err != nil {
		return err
	}
	for l := range levels {
		v := &e.levels[l]
		e.value = e.p.Get(v.node, e.value)
		v.fibres = fibresOf(v.fibres, e.value, v.c, v.h, v.w)
		if standard {
			v.standardise(v.fibres)
		}
	}
	return nil
}

// fibresOf averages planes over 3 x 3 and lays them out place after place.
func fibresOf(dst, planes []float32, c, h, w int) []float32 {
	if cap(dst) < c*h*w {
		dst = make([]float32, c*h*w)
	}
	dst = dst[:c*h*w]
	for k := range c {
		plane := planes[k*h*w : (k+1)*h*w]
		for y := range h {
			for x := range w {
				sum, n := float32(0), float32(0)
				for j := max(0, y-1); j <= min(h-1, y+1); j++ {
					for i := max(0, x-1); i <= min(w-1, x+1); i++ {
						sum += plane[j*w+i]
						n++
					}
				}
				dst[(y*w+x)*c+k] = sum / n
			}
		}
	}
	return dst
}

// unlikely returns −log p / C of every place of a level.
func (e *eye) unlikely(l int) ([]float32, error) {
	v := &e.levels[l]
	v.buf = v.buf[:0]
	for _, c := range v.code {
		v.buf = append(v.buf, c...)
	}
	v.flow.set(v.p, v.fibres, v.buf)
	if err := v.p.Forward(); err != nil {
		return nil, err
	}
	e.value = v.p.Get(v.flow.unlikely, e.value)
	return e.value, nil
}

// Look implements [rival.Eye].
func (e *eye) Look(x *nn.Image, f *rival.Finding) error {
	if err := e.describe(x, true); err != nil {
		return err
	}
	f.Map = nn.NewImage(1, x.H, x.W)
	for l := range levels {
		u, err := e.unlikely(l)
		if err != nil {
			return err
		}
		v := &e.levels[l]
		m := nn.NewImage(1, v.h, v.w)
		for i, a := range u {
			m.Pix[i] = (a - v.scale[0]) / v.scale[1]
		}
		for i, a := range rival.Resize(m, x.W, x.H).Pix {
			f.Map.Pix[i] += a
		}
	}
	f.Embedding = f.Embedding[:0]
	for _, p := range e.pools {
		f.Embedding = append(f.Embedding, e.p.Get(p, nil)...)
	}
	return nil
}

// Bytes implements [rival.Eye].
func (e *eye) Bytes() int64 {
	n := e.p.Bytes()
	for _, v := range e.levels {
		if v.p != nil {
			n += v.p.Bytes()
		}
	}
	return n
}

// Close implements [rival.Eye].
func (e *eye) Close() error {
	err := e.p.Close()
	for _, v := range e.levels {
		if v.p != nil {
			err = errors.Join(err, v.p.Close())
		}
	}
	return err
}

// place is how many numbers say where a place lies.
const place = 32

// code is the sinusoidal code of a place: half of it for the column, half for the
// row.
func code(x, y int) []float32 {
	out := make([]float32, 0, place)
	for _, at := range []int{x, y} {
		for i := range place / 4 {
			a := float64(at) * math.Pow(10000, -float64(2*i)/(place/2))
			out = append(out, float32(math.Sin(a)), float32(math.Cos(a)))
		}
	}
	return out
}

func repeat(v float32, n int) []float32 {
	out := make([]float32, n)
	for i := range out {
		out[i] = v
	}
	return out
}

// rotation is a random orthogonal matrix, row after row: Gram and Schmidt on
// normal numbers.
func rotation(n int, seed uint64) []float64 {
	rng := rand.New(rand.NewPCG(seed, uint64(n)))
	m := make([]float64, n*n)
	for i := range n {
		row := m[i*n : (i+1)*n]
		for {
			for k := range row {
				row[k] = rng.NormFloat64()
			}
			for range 2 { // once more for what rounding left
				for j := range i {
					other, dot := m[j*n:(j+1)*n], 0.0
					for k := range row {
						dot += row[k] * other[k]
					}
					for k := range row {
						row[k] -= dot * other[k]
					}
				}
			}
			norm := 0.0
			for _, v := range row {
				norm += v * v
			}
			if norm = math.Sqrt(norm); norm > 1e-6 {
				for k := range row {
					row[k] /= norm
				}
				break
			}
		}
	}
	return m
}
