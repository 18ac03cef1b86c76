// Package lstm builds long short-term memories (Hochreiter and Schmidhuber 1997,
// with the forget gate of Gers et al. 2000) out of a graph's operations.
package lstm

import "agurscope/nn"

// Cell adds one step: an input x (N,I,1,1) and the state h, c (N,H,1,1), or of any other extent, to the
// state after it,
//
//	i, f, o = σ(W[x,h]+b),  n = tanh(W[x,h]+b),  c' = f⊙c + i⊙n,  h' = o⊙tanh(c').
//
// The forget gate's bias begins at 1: at first, everything is remembered. Cells of
// the same name share their weights.
func Cell(g *nn.Graph, name string, x, h, c *nn.Node) (h2, c2 *nn.Node) {
	hidden := h.Shape[1]
	begins := g.Params.Get(name+".bias") == nil
	z := g.Conv(name, g.Concat(x, h), 4*hidden, 1, nn.ConvOptions{Bias: true, Gain: .7})
	if begins {
		b := g.Params.Get(name + ".bias").Data()
		for i := range hidden {
			b[hidden+i] = 1
		}
	}
	gate := func(k int) *nn.Node { return g.Slice(z, k*hidden, hidden) }
	in, keep, out := g.Sigmoid(gate(0)), g.Sigmoid(gate(1)), g.Sigmoid(gate(2))
	c2 = g.Add(g.Mul(c, keep), g.Mul(g.Tanh(gate(3)), in))
	return g.Mul(g.Tanh(c2), out), c2
}
