// Package naive computes graphs in plain float64 loops: the oracle to which
// every engine is compared. It is written to be obviously right, not fast; its
// gradients are central differences, so they share no code and no derivation
// with those of any engine.
package naive

import (
	"fmt"
	"math"

	"agurscope/nn"
)

// Result holds what a run computed.
type Result struct {
	Values [][]float64 // of every node, by Node.ID, in N, C, H, W order
	Total  float64     // the weighted sum of the graph's losses

	// Mean and Var are, of every Norm in training, the statistics of the batch
	// that enter the running ones: Var is the unbiased one.
	Mean, Var map[*nn.Node][]float64
}

// Of returns the value of n.
func (r *Result) Of(n *nn.Node) []float64 { return r.Values[n.ID] }

// Run computes every node of g. Each input needs its value in inputs; a value
// given for any other node is added to what the node computes, which makes the
// gradient with respect to it measurable. A parameter not in params is read
// from the graph.
func Run(g *nn.Graph, m nn.Mode, inputs map[*nn.Node][]float64, params map[*nn.Param][]float64) *Result {
	return run(g, m, inputs, params, nil, nil)
}

// run is Run; nodes not in changed keep the values of base, when there is one.
func run(g *nn.Graph, m nn.Mode, inputs map[*nn.Node][]float64, params map[*nn.Param][]float64, base *Result, changed []bool) *Result {
	r := &runner{
		mode: m, params: params,
		Result: &Result{
			Values: make([][]float64, len(g.Nodes)),
			Mean:   map[*nn.Node][]float64{}, Var: map[*nn.Node][]float64{},
		},
	}
	for _, n := range g.Nodes {
		given := inputs[n]
		switch {
		case isInput(n):
			if len(given) != n.Shape.Size() {
				panic(fmt.Sprintf("%v %v: given %d values", n.Op, n.Shape, len(given)))
			}
			r.Values[n.ID] = given
			continue
		case base != nil && !changed[n.ID]:
			r.Values[n.ID] = base.Of(n)
			continue
		}
		r.Values[n.ID] = r.compute(n)
		for i, d := range given {
			r.Values[n.ID][i] += d
		}
	}
	for _, l := range g.Losses {
		r.Total += float64(l.Weight) * r.Of(l.Node)[0]
	}
	return r.Result
}

func isInput(n *nn.Node) bool {
	_, ok := n.Op.(nn.Input)
	return ok
}

// runner is a run under way.
type runner struct {
	*Result
	mode   nn.Mode
	params map[*nn.Param][]float64
}

func (r *runner) param(p *nn.Param) []float64 {
	if v, ok := r.params[p]; ok {
		return v
	}
	return Widen(p.Data())
}

func (r *runner) compute(n *nn.Node) []float64 {
	x := r.Of(n.In[0])
	s := n.In[0].Shape
	var y []float64
	if len(n.In) > 1 {
		y = r.Of(n.In[1])
	}
	switch op := n.Op.(type) {
	case nn.Conv:
		var bias []float64
		if op.B != nil {
			bias = r.param(op.B)
		}
		return conv(op, x, s, n.Shape, r.param(op.W), bias)
	case nn.Norm:
		return r.norm(n, op, x, s)
	case nn.ReLU:
		return each(x, relu)
	case nn.LeakyReLU:
		return each(x, func(v float64) float64 {
			if v > 0 {
				return v
			}
			return float64(op.Slope) * v
		})
	case nn.Fold:
		return fold(x, s, n.Shape, op)
	case nn.Sigmoid:
		return each(x, sigmoid)
	case nn.Tanh:
		return each(x, math.Tanh)
	case nn.Exp:
		return each(x, math.Exp)
	case nn.Add:
		return pairs(x, y, func(a, b float64) float64 { return a + b })
	case nn.Mul:
		return pairs(x, y, func(a, b float64) float64 { return a * b })
	case nn.Concat:
		return r.concat(n)
	case nn.Slice:
		return fill(n.Shape, func(b, c, h, w int) float64 { return x[at(s, b, c+op.From, h, w)] })
	case nn.Upsample:
		return upsample(x, s)
	case nn.GlobalAvgPool:
		return pool(x, s)
	case nn.ChannelAttention:
		return attention(x, s, r.param(op.W))
	case nn.Scale:
		return fill(s, func(b, c, h, w int) float64 { return x[at(s, b, c, h, w)] * y[b*s[1]+c] })
	case nn.Broadcast:
		return fill(n.Shape, func(b, c, _, _ int) float64 { return x[b*s[1]+c] })
	case nn.Gate:
		return fill(s, func(b, c, h, w int) float64 { return x[at(s, b, c, h, w)] * y[(b*s[2]+h)*s[3]+w] })
	case nn.Attend:
		return attend(op, x, y, r.Of(n.In[2]), s, n.Shape)
	case nn.ScoreInput:
		return scoreInput(x, y, s)
	case nn.Residual:
		return residual(x, y, s, op.Plain)
	case nn.Blur:
		return blur(x, s, op.Sigma)
	case nn.L1Loss:
		return []float64{l1(x, y, r.Of(n.In[2]), s, float64(op.MaskWeight))}
	case nn.SSIMLoss:
		return []float64{1 - mean(ssim(x, y, s))}
	case nn.SpectrumLoss:
		return []float64{spectrum(x, y, s)}
	case nn.FocalLoss:
		return []float64{focal(x, y, float64(op.PosWeight))}
	case nn.DeviationLoss:
		return []float64{deviation(x, y, s, op)}
	case nn.L2Loss:
		return []float64{mean(pairs(x, y, func(a, b float64) float64 { return (a - b) * (a - b) }))}
	case nn.CriticLoss:
		return []float64{critic(x, y, op.Linear)}
	case nn.SparsityLoss:
		return []float64{sparsity(x, s, float64(op.Rho))}
	}
	panic(fmt.Sprintf("naive: operation %v is not written", n.Op))
}

// Widen returns a copy in float64.
func Widen(x []float32) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = float64(v)
	}
	return y
}
