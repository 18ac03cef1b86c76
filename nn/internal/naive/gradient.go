package naive

import (
	"math"

	"agurscope/nn"
)

// step is the distance of central differences: small against the curvature of
// the functions here, large against rounding.
const step = 1e-5

// Gradient returns the derivative of the total training loss with respect to
// the elements at of a tensor: x is one of the slices in inputs or params,
// changed in place and restored. Where the slopes to the left and to the right
// differ, at a kink of ReLU or |x|, the result is NaN.
func Gradient(g *nn.Graph, inputs map[*nn.Node][]float64, params map[*nn.Param][]float64, x []float64, at []int) []float64 {
	base := Run(g, nn.Training, inputs, params)
	changed := changing(g, inputs, params, x)
	moved := func(i int, by float64) float64 {
		old := x[i]
		defer func() { x[i] = old }()
		x[i] += by
		return run(g, nn.Training, inputs, params, base, changed).Total
	}
	out := make([]float64, len(at))
	for k, i := range at {
		up, down := moved(i, step), moved(i, -step)
		right, left := (up-base.Total)/step, (base.Total-down)/step
		out[k] = (up - down) / (2 * step)
		if math.Abs(right-left) > 1e-2*max(math.Abs(right), math.Abs(left), 1e-6) {
			out[k] = math.NaN()
		}
	}
	return out
}

// changing finds the nodes that differentiation sees change with x.
func changing(g *nn.Graph, inputs map[*nn.Node][]float64, params map[*nn.Param][]float64, x []float64) []bool {
	is := func(y []float64) bool { return len(y) > 0 && &y[0] == &x[0] }
	changed := make([]bool, len(g.Nodes))
	for i, n := range g.Nodes {
		changed[i] = is(inputs[n])
		for _, p := range parameters(n.Op) {
			changed[i] = changed[i] || is(params[p])
		}
		if _, stop := n.Op.(nn.ScoreInput); stop {
			continue // no gradient flows through it
		}
		for _, in := range n.In {
			changed[i] = changed[i] || changed[in.ID]
		}
	}
	return changed
}

func parameters(op nn.Op) []*nn.Param {
	switch op := op.(type) {
	case nn.Conv:
		if op.B == nil {
			return []*nn.Param{op.W}
		}
		return []*nn.Param{op.W, op.B}
	case nn.Norm:
		return []*nn.Param{op.Gamma, op.Beta}
	case nn.ChannelAttention:
		return []*nn.Param{op.W}
	}
	return nil
}
