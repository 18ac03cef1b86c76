package nntest

import (
	"fmt"
	"math/rand/v2"

	"agurscope/nn"
)

// randomCases are graphs that nobody would draw: what engines fuse, place and share
// depends on who reads a value and when, and no list of compositions has all of it.
// Hundreds of them, by a larger number, are for a day on which that changes.
func randomCases(seeds int) (cs []testCase) {
	for seed := range seeds {
		cs = append(cs, testCase{fmt.Sprintf("random graph %d", seed), func(b *net) {
			(&weaver{b, rand.New(rand.NewPCG(uint64(seed), 11)), seed%2 == 1}).weave()
		}, false})
	}
	return cs
}

// weaver adds operations to values that it picks.
type weaver struct {
	*net
	dice *rand.Rand
	sums bool // hardly anything but these
}

func (w *weaver) weave() {
	all := []*nn.Node{w.input(2, 16, 4, 5)}
	for range 5 + w.dice.IntN(9) {
		all = append(all, w.step(all))
	}
	read := w.read()
	for _, n := range all {
		switch {
		case !read[n]:
			w.probe(w.g.Conv(fmt.Sprint("end", n.ID), w.g.Keep(n), 3, 1, nn.ConvOptions{}))
		case w.dice.IntN(8) == 0:
			w.g.Keep(n)
		case w.dice.IntN(8) == 0:
			n.WantGradient = true
		}
	}
}

// pick takes one value, rather one that nobody reads yet.
func (w *weaver) pick(all []*nn.Node) *nn.Node {
	x := all[w.dice.IntN(len(all))]
	for range 3 {
		if !w.read()[x] {
			break
		}
		x = all[w.dice.IntN(len(all))]
	}
	return x
}

// read are the values that somebody reads.
func (w *weaver) read() map[*nn.Node]bool {
	read := map[*nn.Node]bool{}
	for _, n := range w.g.Nodes {
		for _, in := range n.In {
			read[in] = true
		}
	}
	return read
}

// step adds one operation.
func (w *weaver) step(all []*nn.Node) *nn.Node {
	g, name := w.g, fmt.Sprint("op", len(w.g.Nodes))
	x := w.pick(all)
	widths := []int{16, 16, 16, 16, 16, 3, 17, 32}
	conv := func(x *nn.Node, out int) *nn.Node {
		o := nn.ConvOptions{Bias: w.dice.IntN(2) == 0, Dilation: 1 + w.dice.IntN(5)/4}
		return g.Conv(name, x, out, 1+2*w.dice.IntN(2), o)
	}
	alike := func() *nn.Node { // a value of x's shape
		var found []*nn.Node
		for _, n := range all {
			if n.Shape == x.Shape && n != x {
				found = append(found, n)
			}
		}
		if len(found) == 0 {
			return g.Conv(name+" alike", x, x.Shape[1], 1, nn.ConvOptions{})
		}
		return w.pick(found)
	}
	kind := w.dice.IntN(18)
	if w.sums {
		widths, kind = []int{16}, []int{0, 0, 0, 5, 7, 7, 7, 13}[w.dice.IntN(8)]
	}
	switch kind {
	case 0, 1, 2, 16, 17:
		return conv(x, widths[w.dice.IntN(len(widths))])
	case 3, 4:
		return g.Norm(name, x, w.dice.IntN(2) == 0)
	case 5:
		return g.ReLU(x)
	case 6:
		return g.Tanh(x)
	case 7, 8, 9, 10:
		return g.Add(x, alike())
	case 11:
		return g.Mul(x, g.Sigmoid(alike()))
	case 12:
		return g.Concat(x, alike())
	case 13:
		if x.Shape[2] < 8 {
			return g.Upsample(x)
		}
		return g.Slice(x, x.Shape[1]/3, max(x.Shape[1]/2, 1))
	case 14:
		return g.ECA(name, x)
	default:
		return g.Gate(x, g.Sigmoid(g.Conv(name, x, 1, 1, nn.ConvOptions{Bias: true})))
	}
}
