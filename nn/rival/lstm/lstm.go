// Package lstm builds long short-term memories (Hochreiter and Schmidhuber 1997,
// with the forget gate of Gers et al. 2000) out of a graph's operations.
package lstm

import "agurscope/nn"

// Cell adds one step: an input x (N,I,1,1) and the state h, c (N,H,1,1) to the
// state after it,
//
//	i, f, o = σ(W[x,h]+b),  n = tanh(W[x,h]+b),  c' = f⊙c + i⊙n,  h' = o⊙tanh(c').
//
// The forget gate's bias begins at 1: at first, everything is remembered. Cells of
// the same name share their weights.
func Cell(g *nn.Graph, name string, x, h, c *nn.Node) (h2, c2 *nn.Node) {
	z, hidden := g.Concat(x, h), h.Shape[1]
	gate := func(s string, bias float32) *nn.Node {
		return g.Conv(name+"."+s, z, hidden, 1, nn.ConvOptions{Bias: true, BiasInit: bias, Gain: .7})
	}
	in, keep, out := g.Sigmoid(gate("in", 0)), g.Sigmoid(gate("forget", 1)), g.Sigmoid(gate("out", 0))
	c2 = g.Add(g.Scale(c, keep), g.Scale(g.Tanh(gate("new", 0)), in))
	return g.Scale(g.Tanh(c2), out), c2
}
