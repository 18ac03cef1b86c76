package nntest

import (
	"fmt"
	"maps"
	"slices"

	"agurscope/nn"
)

// testCase is one graph to prove. Its kept values, its losses, its gradients
// and its running statistics are compared.
type testCase struct {
	name          string
	build         func(b *net)
	inferenceOnly bool
}

// cases returns the table: one entry per operation and per composition, in
// shapes that are awkward for blocked layouts.
func cases() []testCase {
	cs := slices.Concat(convCases(), normCases(), smallCases(), mapCases(), lossCases(), composites())
	seen := map[string]bool{}
	for _, c := range cs {
		if seen[c.name] {
			panic("two cases named " + c.name)
		}
		seen[c.name] = true
	}
	return cs
}

func convCases() (cs []testCase) {
	add := func(n, c, h, w, out, k, stride, dilation int, bias bool) {
		cs = append(cs, testCase{
			name: fmt.Sprintf("conv %dx%dx%dx%d to %d k%d s%d d%d bias %v", n, c, h, w, out, k, stride, dilation, bias),
			build: func(b *net) {
				x := b.input(n, c, h, w)
				b.probe(b.g.Conv("conv", x, out, k, nn.ConvOptions{Stride: stride, Dilation: dilation, Bias: bias}))
			},
		})
	}
	// n, c, h, w, out, kernel, stride, dilation, bias
	add(1, 3, 9, 7, 16, 3, 1, 1, true)
	add(3, 3, 10, 12, 8, 3, 2, 1, false)
	add(1, 1, 5, 5, 1, 3, 1, 1, true)
	add(1, 5, 7, 9, 17, 3, 1, 1, true)
	add(3, 8, 6, 5, 8, 3, 2, 1, true)
	add(1, 16, 8, 8, 16, 3, 1, 1, false)
	add(3, 17, 7, 5, 24, 3, 2, 1, true)
	add(1, 24, 9, 9, 5, 3, 1, 1, true)
	add(1, 32, 12, 12, 32, 3, 1, 1, true) // wide enough for Winograd
	add(3, 48, 7, 9, 32, 3, 1, 1, false)  // the same, odd
	add(1, 24, 5, 11, 40, 3, 1, 1, true)  // and with padding in the last block
	add(3, 16, 4, 4, 48, 3, 1, 1, true)
	add(1, 96, 6, 6, 48, 3, 2, 1, false)
	add(1, 16, 1, 1, 16, 3, 1, 1, true)
	add(3, 16, 1, 1, 24, 1, 1, 1, true)
	add(1, 3, 6, 6, 3, 1, 1, 1, true)
	add(3, 32, 5, 7, 16, 1, 1, 1, false)
	add(1, 24, 8, 8, 48, 1, 2, 1, false)
	add(1, 17, 7, 7, 1, 1, 1, 1, true)
	add(1, 96, 4, 4, 96, 1, 1, 1, true)
	for _, size := range []int{8, 16} {
		for _, d := range []int{2, 3, 4, 6, 9} {
			add(1, 16, size, size, 8, 3, 1, d, d%2 == 0)
		}
	}
	add(1, 48, 8, 8, 24, 3, 1, 6, false)
	add(3, 5, 11, 13, 3, 3, 1, 4, true)
	add(1, 8, 9, 9, 8, 3, 2, 2, true)
	add(1, 3, 11, 11, 16, 5, 1, 1, true)
	add(1, 16, 9, 9, 3, 7, 2, 1, true)
	// even kernels, also where the extent is no multiple of the stride
	add(1, 3, 8, 12, 16, 4, 2, 1, false)
	add(3, 1, 6, 4, 5, 4, 2, 1, true)
	add(3, 5, 7, 9, 17, 4, 2, 1, true)
	add(1, 8, 8, 6, 8, 4, 2, 1, true)
	add(1, 17, 5, 8, 24, 4, 2, 1, false)
	add(1, 24, 6, 6, 3, 4, 2, 1, true)
	add(1, 32, 4, 4, 1, 4, 2, 1, true)
	add(1, 16, 2, 2, 16, 4, 2, 1, false) // smaller than the kernel
	add(1, 3, 16, 12, 17, 8, 4, 1, true)
	add(3, 1, 9, 8, 8, 8, 4, 1, false)
	add(1, 5, 8, 11, 3, 8, 4, 1, true)
	add(1, 16, 12, 8, 16, 8, 4, 1, true)
	add(1, 17, 8, 8, 5, 8, 4, 1, false)
	add(1, 5, 6, 8, 16, 2, 2, 1, true)
	return cs
}

func normCases() (cs []testCase) {
	for _, s := range []nn.Shape{{1, 1, 3, 5}, {3, 3, 4, 7}, {3, 5, 1, 1}, {1, 8, 5, 5}, {3, 17, 3, 3}, {1, 24, 33, 33}, {3, 48, 2, 3}} {
		for _, relu := range []bool{false, true} {
			cs = append(cs, testCase{fmt.Sprintf("norm %v relu %v", s, relu), func(b *net) {
				b.probe(b.g.Norm("norm", b.input(s[0], s[1], s[2], s[3]), relu))
			}, false})
		}
	}
	fused := func(name string, c, out int, after func(b *net, y *nn.Node) *nn.Node) {
		cs = append(cs, testCase{fmt.Sprintf("%s %d to %d", name, c, out), func(b *net) {
			y := b.g.Conv("conv", b.input(3, c, 6, 7), out, 3, nn.ConvOptions{Bias: c%2 == 0})
			b.probe(after(b, y))
		}, false})
	}
	for _, c := range [][2]int{{3, 16}, {16, 3}, {24, 17}, {32, 48}} {
		fused("conv norm", c[0], c[1], func(b *net, y *nn.Node) *nn.Node { return b.g.Norm("norm", y, false) })
		fused("conv norm relu", c[0], c[1], func(b *net, y *nn.Node) *nn.Node { return b.g.Norm("norm", y, true) })
		fused("conv relu", c[0], c[1], func(b *net, y *nn.Node) *nn.Node { return b.g.ReLU(y) })
	}
	return append(cs,
		testCase{"conv kept before its norm", func(b *net) {
			y := b.g.Keep(b.g.Conv("conv", b.input(1, 16, 5, 5), 16, 3, nn.ConvOptions{}))
			b.probe(b.g.Norm("norm", y, true))
		}, false},
		testCase{"conv read by its norm and by another", func(b *net) {
			y := b.g.Conv("conv", b.input(1, 3, 5, 5), 16, 3, nn.ConvOptions{})
			b.probe(b.g.Add(b.g.Norm("norm", y, true), y))
		}, false},
		testCase{"norm of a far mean", func(b *net) {
			x := b.input(3, 5, 6, 6)
			for i := range b.data[x] {
				b.data[x][i] = 100 + b.data[x][i]
			}
			b.probe(b.g.Norm("norm", x, true))
		}, false},
	)
}

func smallCases() (cs []testCase) {
	unary := func(name string, build func(b *net, x *nn.Node) *nn.Node, shapes ...nn.Shape) {
		for _, s := range shapes {
			cs = append(cs, testCase{fmt.Sprintf("%s %v", name, s), func(b *net) {
				b.probe(build(b, b.input(s[0], s[1], s[2], s[3])))
			}, false})
		}
	}
	unary("relu", func(b *net, x *nn.Node) *nn.Node { return b.g.ReLU(x) }, nn.Shape{1, 3, 5, 7}, nn.Shape{3, 17, 4, 3})
	unary("sigmoid", func(b *net, x *nn.Node) *nn.Node { return b.g.Sigmoid(x) },
		nn.Shape{1, 1, 5, 7}, nn.Shape{3, 3, 4, 5}, nn.Shape{1, 32, 3, 3}, nn.Shape{3, 12, 3, 2}, nn.Shape{1, 17, 4, 3})
	unary("tanh", func(b *net, x *nn.Node) *nn.Node { return b.g.Tanh(x) },
		nn.Shape{1, 1, 5, 7}, nn.Shape{3, 3, 4, 5}, nn.Shape{1, 32, 3, 3}, nn.Shape{1, 17, 4, 3})
	unary("exp", func(b *net, x *nn.Node) *nn.Node { return b.g.Exp(x) },
		nn.Shape{1, 1, 5, 7}, nn.Shape{3, 3, 4, 5}, nn.Shape{1, 32, 3, 3}, nn.Shape{1, 17, 4, 3})
	for _, slope := range []float32{0, 0.2, 1} {
		unary(fmt.Sprintf("leaky relu %g", slope), func(b *net, x *nn.Node) *nn.Node { return b.g.LeakyReLU(x, slope) },
			nn.Shape{1, 3, 5, 7}, nn.Shape{3, 17, 4, 3}, nn.Shape{1, 16, 3, 3})
	}
	fold := func(n, c, h, w, k, stride int) {
		unary(fmt.Sprintf("fold k%d s%d", k, stride), func(b *net, x *nn.Node) *nn.Node { return b.g.Fold(x, k, stride) },
			nn.Shape{n, c * k * k, h, w})
	}
	// n, c, h, w of the patches, kernel, stride
	fold(3, 3, 2, 3, 8, 4)
	fold(1, 1, 3, 1, 8, 4)
	fold(3, 3, 3, 5, 4, 2)
	fold(1, 3, 4, 3, 2, 2)
	fold(3, 1, 1, 1, 4, 2)
	fold(1, 1, 1, 4, 6, 2) // patches wider than the result
	fold(3, 5, 4, 3, 3, 1)
	fold(1, 4, 2, 2, 1, 1)
	fold(1, 2, 3, 2, 5, 3)
	fold(1, 17, 3, 2, 2, 2) // results with many channels
	fold(3, 8, 3, 2, 3, 1)
	for _, r := range [][2]int{{0, 3}, {2, 1}, {1, 4}, {16, 16}, {16, 32}, {8, 24}, {32, 17}, {5, 9}} {
		unary(fmt.Sprintf("slice %d from %d", r[1], r[0]), func(b *net, x *nn.Node) *nn.Node { return b.g.Slice(x, r[0], r[1]) },
			nn.Shape{3, r[0] + r[1], 3, 5}, nn.Shape{1, r[0] + r[1] + 3, 1, 1})
	}
	unary("parts in another order", func(b *net, x *nn.Node) *nn.Node {
		return b.g.Concat(b.g.Slice(x, 16, 16), b.g.Slice(x, 0, 20))
	}, nn.Shape{3, 33, 2, 3})
	unary("upsample", func(b *net, x *nn.Node) *nn.Node { return b.g.Upsample(x) },
		nn.Shape{1, 1, 1, 1}, nn.Shape{3, 3, 1, 5}, nn.Shape{1, 17, 5, 2}, nn.Shape{3, 24, 4, 7})
	unary("global average pool", func(b *net, x *nn.Node) *nn.Node { return b.g.GlobalAvgPool(x) },
		nn.Shape{1, 3, 5, 5}, nn.Shape{3, 24, 7, 3}, nn.Shape{1, 16, 1, 1})
	unary("broadcast", func(b *net, x *nn.Node) *nn.Node { return b.g.Broadcast(x, 5, 3) },
		nn.Shape{1, 3, 1, 1}, nn.Shape{3, 24, 1, 1})
	unary("eca", func(b *net, x *nn.Node) *nn.Node { return b.g.ECA("eca", x) },
		nn.Shape{1, 3, 5, 5}, nn.Shape{3, 8, 4, 3}, nn.Shape{1, 17, 5, 3}, nn.Shape{3, 96, 2, 2})
	unary("two consumers", func(b *net, x *nn.Node) *nn.Node { return b.g.Add(b.g.ReLU(x), b.g.Sigmoid(x)) },
		nn.Shape{1, 5, 5, 7}, nn.Shape{1, 16, 3, 3})
	unary("x times x", func(b *net, x *nn.Node) *nn.Node { return b.g.Mul(x, x) }, nn.Shape{3, 3, 5, 7}, nn.Shape{1, 16, 3, 3})
	unary("x plus x", func(b *net, x *nn.Node) *nn.Node { return b.g.Add(x, x) }, nn.Shape{3, 3, 5, 7})
	unary("x beside x", func(b *net, x *nn.Node) *nn.Node { return b.g.Concat(x, x) }, nn.Shape{3, 3, 2, 7}, nn.Shape{1, 16, 3, 3})
	unary("many consumers", manyConsumers, nn.Shape{3, 16, 5, 5}, nn.Shape{1, 5, 4, 4})

	for _, c := range []int{5, 16} {
		all := readers()
		for _, name := range slices.Sorted(maps.Keys(all)) {
			cs = append(cs, testCase{fmt.Sprintf("sums of %d read by %s", c, name), func(b *net) { b.shortLives(c, all[name]) }, false})
		}
	}
	for _, parts := range [][]int{{16, 16}, {3, 5}, {24, 8, 1}, {16, 17}, {5, 32, 48}} {
		cs = append(cs, testCase{fmt.Sprintf("concat %v", parts), func(b *net) {
			var xs []*nn.Node
			for _, c := range parts {
				xs = append(xs, b.input(3, c, 3, 5))
			}
			b.probe(b.g.Concat(xs...))
		}, false})
	}
	attend := func(n, k, c, h, w int, o nn.Attend) {
		cs = append(cs, testCase{fmt.Sprintf("attend %d to %d at %dx%d, channels %v", k, c, h, w, o.Channels), func(b *net) {
			b.probe(b.g.Attend(b.input(n, k, h, w), b.input(n, k, h, w), b.input(n, c, h, w), o))
		}, false})
	}
	attend(1, 2, 3, 3, 4, nn.Attend{Factor: 1})
	attend(3, 4, 17, 2, 3, nn.Attend{Factor: .5})
	attend(1, 16, 16, 4, 4, nn.Attend{Factor: -.25})
	attend(1, 8, 5, 1, 1, nn.Attend{Factor: 1})
	attend(3, 5, 5, 2, 3, nn.Attend{Channels: true, Factor: -1})
	attend(1, 17, 17, 3, 3, nn.Attend{Channels: true, Factor: .3})
	cs = append(cs,
		testCase{"attend to itself", func(b *net) {
			x := b.input(2, 12, 3, 3)
			b.probe(b.g.Add(b.g.Attend(x, x, x, nn.Attend{Factor: .3}), b.g.Attend(x, x, x, nn.Attend{Channels: true, Factor: -.3})))
		}, false},
		testCase{"attend with fixed keys", func(b *net) {
			b.probe(b.g.Attend(b.input(1, 9, 2, 3), b.fixed(1, 9, 2, 3), b.input(1, 9, 2, 3), nn.Attend{Factor: 1}))
		}, false},
	)
	for _, c := range []int{1, 3, 17, 32} {
		cs = append(cs,
			testCase{fmt.Sprintf("add %d", c), func(b *net) { b.probe(b.g.Add(b.input(3, c, 3, 5), b.input(3, c, 3, 5))) }, false},
			testCase{fmt.Sprintf("mul %d", c), func(b *net) { b.probe(b.g.Mul(b.input(3, c, 3, 5), b.input(3, c, 3, 5))) }, false},
			testCase{fmt.Sprintf("scale %d", c), func(b *net) { b.probe(b.g.Scale(b.input(3, c, 3, 5), b.input(3, c, 1, 1))) }, false},
			testCase{fmt.Sprintf("gate %d", c), func(b *net) { b.probe(b.g.Gate(b.input(3, c, 3, 5), b.input(3, 1, 3, 5))) }, false},
		)
	}
	return cs
}

// reader builds an operation on fresh values that sum returns.
type reader func(b *net, sum func(c, h, w int) *nn.Node, c int) *nn.Node

// readers are the operations whose gradients read values of the forward pass.
func readers() map[string]reader {
	return map[string]reader{
		"conv": func(b *net, sum func(c, h, w int) *nn.Node, c int) *nn.Node {
			return b.g.Conv("conv", sum(c, 5, 4), c, 3, nn.ConvOptions{})
		},
		"norm": func(b *net, sum func(c, h, w int) *nn.Node, c int) *nn.Node {
			return b.g.Norm("norm", sum(c, 5, 4), true)
		},
		"relu": func(b *net, sum func(c, h, w int) *nn.Node, c int) *nn.Node { return b.g.ReLU(sum(c, 5, 4)) },
		"leaky relu": func(b *net, sum func(c, h, w int) *nn.Node, c int) *nn.Node {
			return b.g.LeakyReLU(sum(c, 5, 4), 0.2)
		},
		"sigmoid": func(b *net, sum func(c, h, w int) *nn.Node, c int) *nn.Node {
			return b.g.Sigmoid(sum(c, 5, 4))
		},
		"tanh": func(b *net, sum func(c, h, w int) *nn.Node, c int) *nn.Node {
			return b.g.Tanh(sum(c, 5, 4))
		},
		"exp": func(b *net, sum func(c, h, w int) *nn.Node, c int) *nn.Node {
			return b.g.Exp(sum(c, 5, 4))
		},
		"gate": func(b *net, sum func(c, h, w int) *nn.Node, c int) *nn.Node {
			return b.g.Gate(sum(c, 5, 4), sum(1, 5, 4))
		},
		"attend": func(b *net, sum func(c, h, w int) *nn.Node, c int) *nn.Node {
			return b.g.Attend(sum(c, 5, 4), sum(c, 5, 4), sum(c, 5, 4), nn.Attend{Factor: .3})
		},
		"mul": func(b *net, sum func(c, h, w int) *nn.Node, c int) *nn.Node {
			return b.g.Mul(sum(c, 5, 4), sum(c, 5, 4))
		},
		"scale": func(b *net, sum func(c, h, w int) *nn.Node, c int) *nn.Node {
			return b.g.Scale(sum(c, 5, 4), sum(c, 1, 1))
		},
		"eca": func(b *net, sum func(c, h, w int) *nn.Node, c int) *nn.Node {
			return b.g.ECA("eca", sum(c, 5, 4))
		},
	}
}

// shortLives reads sums by an operation and adds its result to others. No
// other gradient reads a sum: unless the operation keeps what its own reads,
// the values after it take the memory.
func (b *net) shortLives(c int, read reader) {
	sum := func(c, h, w int) *nn.Node { return b.g.Add(b.input(3, c, h, w), b.input(3, c, h, w)) }
	y := b.g.Add(read(b, sum, c), sum(c, 5, 4))
	for range 3 {
		y = b.g.Add(y, b.g.Add(y, sum(c, 5, 4)))
	}
	b.probe(y)
}

// manyConsumers reads x by every kind of operation that adds to a gradient.
func manyConsumers(b *net, x *nn.Node) *nn.Node {
	c := x.Shape[1]
	y := b.g.Add(b.g.Conv("conv", x, c, 3, nn.ConvOptions{}), b.g.Norm("norm", x, true))
	y = b.g.Add(y, b.g.Gate(x, b.g.Sigmoid(b.g.Conv("gate", x, 1, 1, nn.ConvOptions{Bias: true}))))
	y = b.g.Add(y, b.g.ECA("eca", x))
	y = b.g.Add(y, b.g.LeakyReLU(x, 0.3))
	y = b.g.Add(y, b.g.Fold(x, 1, 1))
	y = b.g.Add(y, b.g.Conv("down", b.g.Upsample(x), c, 4, nn.ConvOptions{Stride: 2}))
	y = b.g.Add(y, b.g.Broadcast(b.g.GlobalAvgPool(x), x.Shape[2], x.Shape[3]))
	return b.g.Add(b.g.Upsample(y), b.g.Upsample(x))
}

func mapCases() []testCase {
	return []testCase{
		{"interior gradient wanted", func(b *net) {
			y := b.g.Conv("first", b.fixed(1, 3, 6, 6), 16, 3, nn.ConvOptions{})
			y.WantGradient = true
			b.probe(b.g.Conv("second", b.g.ReLU(y), 3, 3, nn.ConvOptions{}))
		}, false},
		{"no input gradient", func(b *net) {
			y := b.g.Norm("norm", b.fixed(3, 5, 6, 6), true)
			b.probe(b.g.Conv("conv", y, 3, 3, nn.ConvOptions{Bias: true}))
		}, false},
		{"gradient wanted over fixed inputs", func(b *net) {
			y := b.g.ReLU(b.g.Add(b.fixed(1, 17, 3, 4), b.fixed(1, 17, 3, 4)))
			y.WantGradient = true
			b.probe(b.g.Conv("conv", y, 3, 3, nn.ConvOptions{}))
		}, false},
		{"gate of a fixed image", func(b *net) { b.probe(b.g.Gate(b.fixed(3, 17, 3, 4), b.input(3, 1, 3, 4))) }, false},
		{"gate by a fixed map", func(b *net) { b.probe(b.g.Gate(b.input(3, 17, 3, 4), b.fixed(3, 1, 3, 4))) }, false},
		{"scale of a fixed image", func(b *net) { b.probe(b.g.Scale(b.fixed(3, 5, 3, 4), b.input(3, 5, 1, 1))) }, false},
		{"scale by fixed weights", func(b *net) { b.probe(b.g.Scale(b.input(3, 16, 3, 4), b.fixed(3, 16, 1, 1))) }, false},
		{"attention of a fixed image", func(b *net) { b.probe(b.g.ECA("eca", b.fixed(3, 16, 3, 4))) }, false},
		{"gate of more pixels than a chunk", func(b *net) { b.probe(b.g.Gate(b.input(1, 17, 33, 35), b.input(1, 1, 33, 35))) }, false},
		{"one convolution used twice", func(b *net) {
			o := nn.ConvOptions{Bias: true}
			y := b.g.Conv("shared", b.input(1, 5, 6, 6), 5, 3, o)
			b.probe(b.g.Conv("shared", b.g.ReLU(y), 5, 3, o))
		}, false},
		{"residual plain", func(b *net) {
			b.g.Keep(b.g.Residual(b.image(3, 3, 9, 14), b.image(3, 3, 9, 14), true))
		}, true},
		{"residual", func(b *net) {
			b.g.Keep(b.g.Residual(b.image(3, 3, 9, 14), b.image(3, 3, 9, 14), false))
		}, true},
		{"residual of one plane", func(b *net) {
			b.g.Keep(b.g.Residual(b.image(1, 1, 1, 3), b.image(1, 1, 1, 3), false))
		}, true},
		{"blur 1.5", func(b *net) { b.g.Keep(b.g.Blur(b.image(3, 1, 11, 17), 1.5)) }, true},
		{"blur 4 of a small map", func(b *net) { b.g.Keep(b.g.Blur(b.image(1, 2, 5, 3), 4)) }, true},
		{"blur of one pixel", func(b *net) { b.g.Keep(b.g.Blur(b.image(1, 1, 1, 1), 2)) }, true},
		{"blur 0", func(b *net) { b.g.Keep(b.g.Blur(b.image(1, 1, 4, 5), 0)) }, true},
	}
}
