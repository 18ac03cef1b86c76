package nntest

import (
	"testing"

	"agurscope/nn"
)

// TestGraph proves a block that another package builds, as the table's cases are
// proven: its values, its losses and every gradient against central differences in
// float64, within Single. Its inputs are normal random values; input makes one, and
// what is built is probed where probe is called with it.
func TestGraph(t *testing.T, e nn.Engine, build func(g *nn.Graph, input func(nn.Shape) *nn.Node, probe func(*nn.Node))) {
	t.Helper()
	c := testCase{name: t.Name(), build: func(b *net) {
		build(b.g, func(s nn.Shape) *nn.Node { return b.input(s[0], s[1], s[2], s[3]) }, b.probe)
	}}
	s := &suite{T: t, e: e, tol: Single}
	s.inference(newNet(c))
	s.training(newNet(c))
}
