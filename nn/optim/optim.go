// Package optim trains parameters: AdamW with warm-up and cosine decay,
// gradient clipping by global norm, and an exponential moving average of the
// weights. Everything runs in one goroutine and a fixed order, so that a run
// repeats bit for bit.
package optim

import (
	"math"
	"slices"

	"agurscope/nn"
)

// AdamW is Adam with decoupled weight decay (https://arxiv.org/abs/1711.05101).
// Decay applies to parameters of role nn.Weight only. The zero value of each
// field means the default that stands behind it.
type AdamW struct {
	Beta1 float64 // 0.9
	Beta2 float64 // 0.999
	Eps   float64 // 1e-8
	Decay float64 // 1e-4; negative for none

	Steps int // steps taken
	M, V  [][]float32
}

func or(v, def float64) float64 {
	if v == 0 {
		return def
	}
	return v
}

// Step moves every trained parameter against its gradient at learning rate lr.
func (o *AdamW) Step(ps []*nn.Param, lr float64) {
	if o.M == nil {
		o.M, o.V = zeros(ps), zeros(ps)
	}
	o.Steps++
	b1, b2 := or(o.Beta1, .9), or(o.Beta2, .999)
	c1, c2 := 1-math.Pow(b1, float64(o.Steps)), 1-math.Pow(b2, float64(o.Steps))
	rate, root, eps := float32(lr/c1), float32(1/math.Sqrt(c2)), float32(or(o.Eps, 1e-8))
	f1, f2 := float32(b1), float32(b2)
	for i, p := range ps {
		w, g, m, v := p.Data(), p.GradData(), o.M[i], o.V[i]
		keep := float32(1)
		if d := or(o.Decay, 1e-4); p.Role == nn.Weight && d > 0 {
			keep = float32(1 - lr*d)
		}
		for k, d := range g {
			m[k] = f1*m[k] + (1-f1)*d
			v[k] = f2*v[k] + (1-f2)*d*d
			w[k] = keep*w[k] - rate*m[k]/(float32(math.Sqrt(float64(v[k])))*root+eps)
		}
	}
}

func zeros(ps []*nn.Param) [][]float32 {
	out := make([][]float32, len(ps))
	for i, p := range ps {
		out[i] = make([]float32, len(p.GradData()))
	}
	return out
}

// Trained returns the parameters that have a gradient.
func Trained(ps *nn.Params) []*nn.Param {
	var out []*nn.Param
	for _, p := range ps.All {
		if p.Role != nn.Statistic {
			out = append(out, p)
		}
	}
	return out
}

// Clip scales all gradients so that their joint Euclidean norm is at most
// limit, and returns the norm before. Where that is infinite or not a number, a
// step by these gradients would ruin the weights.
func Clip(ps []*nn.Param, limit float64) float64 {
	sum := 0.0
	for _, p := range ps {
		for _, g := range p.GradData() {
			sum += float64(g) * float64(g)
		}
	}
	norm := math.Sqrt(sum)
	if norm > limit {
		f := float32(limit / norm)
		for _, p := range ps {
			g := p.GradData()
			for i := range g {
				g[i] *= f
			}
		}
	}
	return norm
}

// Cosine is the learning rate's schedule: linear warm-up over Warmup steps,
// then half a cosine from Peak to 2 % of it.
type Cosine struct {
	Peak   float64
	Warmup int
}

// Rate returns the learning rate of a step (from 1) at the given share of the
// budget, 0 to 1.
func (c Cosine) Rate(step int, progress float64) float64 {
	warm := min(1, float64(step)/float64(max(c.Warmup, 1)))
	return c.Peak * warm * (.02 + .98*.5*(1+math.Cos(math.Pi*min(max(progress, 0), 1))))
}

// EMA is the moving average of trained parameters: avg ← d·avg + (1−d)·w with
// d = min(Decay, (1+t)/(10+t)), so that early values weigh little. It begins
// with the first values it sees: from zero, a short training would end with
// weights that are too small.
type EMA struct {
	Decay float64
	Steps int
	Avg   [][]float32
}

// Update moves the average towards the parameters' values.
func (e *EMA) Update(ps []*nn.Param) {
	if e.Avg == nil {
		for _, p := range ps {
			e.Avg = append(e.Avg, slices.Clone(p.Data()))
		}
	}
	e.Steps++
	d := float32(min(e.Decay, (1+float64(e.Steps))/(10+float64(e.Steps))))
	for i, p := range ps {
		a, w := e.Avg[i], p.Data()
		for k := range a {
			a[k] += (1 - d) * (w[k] - a[k])
		}
	}
}

// Swap exchanges the average and the parameters' values.
func (e *EMA) Swap(ps []*nn.Param) {
	for i, p := range ps {
		a, w := e.Avg[i], p.Data()
		for k := range a {
			a[k], w[k] = w[k], a[k]
		}
	}
}
