// Package plan answers what every engine asks of a graph before it compiles it:
// who reads a value, where gradients flow, from when to when a buffer must
// exist, and where in memory it can lie.
package plan

import (
	"fmt"
	"slices"

	"agurscope/nn"
)

// Readers returns, per node, the nodes that read it.
func Readers(g *nn.Graph) [][]*nn.Node {
	out := make([][]*nn.Node, len(g.Nodes))
	for _, n := range g.Nodes {
		for _, in := range n.In {
			out[in.ID] = append(out[in.ID], n)
		}
	}
	return out
}

// Gradients reports, per node, whether a gradient must be computed for it: a
// loss depends on it, and it wants one or something below it does.
func Gradients(g *nn.Graph) []bool {
	reached := make([]bool, len(g.Nodes)) // a loss depends on it
	for _, l := range g.Losses {
		reached[l.Node.ID] = reached[l.Node.ID] || l.Weight != 0
	}
	for i := len(g.Nodes) - 1; i >= 0; i-- {
		for k, in := range g.Nodes[i].In {
			if reached[i] && nn.Differentiable(g.Nodes[i].Op, k) {
				reached[in.ID] = true
			}
		}
	}
	need := make([]bool, len(g.Nodes))
	for i, n := range g.Nodes {
		wants := n.WantGradient || Trained(n.Op)
		for k, in := range n.In {
			wants = wants || nn.Differentiable(n.Op, k) && need[in.ID]
		}
		need[i] = wants && reached[i] && !nn.IsLoss(n.Op)
	}
	return need
}

// Trained reports whether the operation has parameters of its own.
func Trained(op nn.Op) bool {
	switch op.(type) {
	case nn.Conv, nn.Norm, nn.ChannelAttention:
		return true
	}
	return false
}

// Rereads says which values of the forward pass the gradient of an operation
// reads again.
func Rereads(op nn.Op) (inputs, output bool) {
	switch op.(type) {
	case nn.Conv, nn.Norm, nn.Scale, nn.Gate, nn.Mul, nn.Attend:
		return true, false
	case nn.ReLU, nn.LeakyReLU, nn.Sigmoid, nn.Tanh, nn.Exp:
		return false, true
	case nn.ChannelAttention:
		return true, true
	}
	return false, false
}

// mostElements bounds a value: kernels count elements, and those of the group of
// threads that goes beyond the last, in 32 bits.
const mostElements = 1<<31 - 1<<10

// Countable returns an error if a value that is stored in so many elements has too
// many.
func Countable(n *nn.Node, elements int) error {
	if elements <= mostElements {
		return nil
	}
	return fmt.Errorf("%w: a value of %v has more numbers than an engine counts; choose a smaller input, batch or size", nn.ErrMemory, n.Shape)
}

// Interval is a buffer that must exist from step First to step Last.
type Interval struct {
	Bytes       int
	First, Last int
	Offset      int // result of Place
}

// Place gives every interval an offset that is a multiple of alignment, such
// that no two that live at the same time overlap, and returns the size of the
// whole. Large buffers go first, each to the lowest gap that fits.
func Place(all []*Interval, alignment int) int {
	align := func(n int) int { return (n + alignment - 1) / alignment * alignment }
	order := slices.Clone(all)
	slices.SortStableFunc(order, func(a, b *Interval) int { return b.Bytes - a.Bytes })
	var placed []*Interval // ordered by offset
	total := 0
	for _, iv := range order {
		iv.Offset = 0
		for _, p := range placed {
			if p.Last < iv.First || iv.Last < p.First {
				continue
			}
			if p.Offset-iv.Offset >= align(iv.Bytes) {
				break
			}
			iv.Offset = max(iv.Offset, p.Offset+align(p.Bytes))
		}
		total = max(total, iv.Offset+align(iv.Bytes))
		i, _ := slices.BinarySearchFunc(placed, iv, func(a, b *Interval) int { return a.Offset - b.Offset })
		placed = slices.Insert(placed, i, iv)
	}
	return total
}
