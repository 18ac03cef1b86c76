package nntest

import (
	"fmt"

	"agurscope/nn"
)

// composites are the shapes of real networks in small: blocks, and whole nets.
func composites() []testCase {
	return []testCase{
		{"block 16", func(b *net) { b.probe(b.block("b", b.input(1, 16, 6, 6), 16, 1)) }, false},
		{"block 17 to 24 stride 2", func(b *net) { b.probe(b.block("b", b.input(3, 17, 7, 5), 24, 2)) }, false},
		{"gate of a skip", func(b *net) { b.probe(b.gate("g", b.input(3, 24, 5, 4), b.input(3, 16, 5, 4))) }, false},
		{"pyramid 1 2 4", func(b *net) { b.probe(b.pyramid("p", b.input(1, 16, 8, 8), 1, 2, 4)) }, false},
		{"pyramid 3 6 9 at 5x7", func(b *net) { b.probe(b.pyramid("p", b.input(3, 24, 5, 7), 3, 6, 9)) }, false},
		{"steps of one value", func(b *net) {
			x, h := b.input(2, 4*16, 1, 1), b.input(2, 16, 1, 1)
			var all []*nn.Node
			for t := range 4 {
				z := b.g.Conv("step", b.g.Concat(b.g.Slice(x, 16*t, 16), h), 32, 1, nn.ConvOptions{Bias: true})
				h = b.g.Mul(b.g.Tanh(b.g.Slice(z, 16, 16)), b.g.Sigmoid(b.g.Slice(z, 0, 16)))
				all = append(all, h)
			}
			b.probe(b.g.Concat(all...))
		}, false},
		{"two blocks", func(b *net) { b.probe(b.block("b", b.block("a", b.input(2, 16, 5, 7), 16, 1), 32, 2)) }, false},
		{"a sum and several readers", func(b *net) {
			x := b.input(3, 16, 4, 5)
			y := b.g.Keep(b.g.Add(b.g.ECA("eca", x), x))
			b.probe(b.g.Add(b.g.Norm("n", y, false), b.g.Norm("m", y, true)))
		}, false},
		{"norm of parts", func(b *net) {
			x, y := b.input(3, 32, 3, 5), b.input(3, 16, 3, 5)
			b.probe(b.g.Conv("c", b.g.Norm("n", b.g.Concat(x, y), true), 16, 1, nn.ConvOptions{}))
		}, false},
		{"few planes", func(b *net) {
			x := b.input(2, 17, 5, 37)
			b.probe(b.g.ReLU(b.g.Conv("three", x, 3, 3, nn.ConvOptions{Bias: true})))
			b.probe(b.g.Sigmoid(b.g.Conv("one", x, 1, 1, nn.ConvOptions{Bias: true})))
			b.probe(b.g.Norm("n", b.g.Conv("seven", x, 7, 5, nn.ConvOptions{}), true))
		}, false},
		{"convolution of what is enlarged", func(b *net) {
			x := b.input(3, 33, 2, 3)
			b.probe(b.g.ReLU(b.g.Conv("c", b.g.Upsample(x), 16, 3, nn.ConvOptions{Bias: true})))
		}, false},
		{"convolutions of what is enlarged and read elsewhere", func(b *net) {
			x := b.input(2, 32, 5, 4)
			b.probe(b.g.Norm("n", b.g.Conv("c", b.g.Upsample(b.g.ReLU(x)), 16, 3, nn.ConvOptions{}), true))
			b.probe(b.g.Conv("d", b.g.Upsample(x), 16, 3, nn.ConvOptions{Bias: true}))
			b.probe(b.g.Conv("e", x, 16, 1, nn.ConvOptions{}))
		}, false},
		{"a term of a sum that is enlarged before and convolved after it", func(b *net) {
			x := b.input(2, 16, 4, 5)
			y := b.g.Conv("y", x, 16, 3, nn.ConvOptions{})
			large := b.g.Upsample(y)
			z := b.g.Add(y, b.g.Conv("z", x, 16, 1, nn.ConvOptions{}))
			b.probe(b.g.Conv("large", large, 16, 3, nn.ConvOptions{}))
			b.probe(z)
		}, false},
		{"a term of a sum of sums that is read after another was computed", func(b *net) {
			x := b.input(2, 16, 4, 5)
			w := b.g.Conv("w", x, 16, 1, nn.ConvOptions{})
			y := b.g.Conv("y", x, 16, 3, nn.ConvOptions{})
			aside := b.g.ReLU(y)
			z := b.g.Add(b.g.Add(y, b.g.Conv("z", x, 16, 1, nn.ConvOptions{})), w)
			b.probe(z)
			b.probe(aside)
		}, false},
		{"stem of the score", func(b *net) {
			x, y := b.target(2, 3, 7, 36), b.target(2, 3, 7, 36)
			b.probe(b.g.Norm("n", b.g.Conv("c", b.g.ScoreInput(x, y), 17, 3, nn.ConvOptions{Stride: 2, Bias: true}), true))
		}, false},
		{"score input of a picture with a gradient", func(b *net) {
			x := b.image(2, 3, 8, 9)
			y := b.g.Sigmoid(b.g.Conv("c", x, 3, 3, nn.ConvOptions{}))
			b.probe(b.g.Conv("s", b.g.ScoreInput(x, y), 8, 3, nn.ConvOptions{Stride: 2}))
			b.probe(y)
		}, false},
		{"tiny U-net", func(b *net) {
			x := b.image(1, 3, 16, 16)
			y := b.g.Keep(b.unet("u", x))
			t := b.target(1, 3, 16, 16)
			b.g.Minimise("l1", b.g.L1Loss(y, t, b.mask(1, 16, 16), 4), 1)
			b.g.Minimise("ssim", b.g.SSIMLoss(y, t), 0.5)
			b.g.Minimise("spectrum", b.g.SpectrumLoss(y, t), 0.1)
		}, false},
		{"reconstruction and score", func(b *net) {
			x, t := b.target(3, 3, 16, 16), b.target(3, 3, 16, 16)
			m := b.mask(3, 16, 16)
			y := b.g.Conv("thin", x, 8, 3, nn.ConvOptions{Stride: 2})
			y = b.g.Norm("thin norm", y, true)
			y = b.g.Sigmoid(b.g.Conv("thin out", b.g.Upsample(y), 3, 3, nn.ConvOptions{Bias: true}))
			s := b.g.Conv("s0", b.g.ScoreInput(x, y), 8, 3, nn.ConvOptions{})
			s = b.g.Keep(b.g.Conv("s1", b.g.Norm("sn", s, true), 1, 1, nn.ConvOptions{Bias: true}))
			b.g.Minimise("l1", b.g.L1Loss(b.g.Keep(y), t, m, 4), 1)
			b.g.Minimise("focal", b.g.FocalLoss(s, m, 2), 1)
			b.g.Minimise("deviation", b.g.DeviationLoss(s, m, nn.DeviationLoss{Mu: -3, Margin: 5, Share: 0.01, MinPixels: 8}), 0.1)
		}, false},
	}
}

// wideCases have the widths and extents of real layers: too much work for
// plain loops, so that engines are only compared with each other.
func wideCases() (cs []testCase) {
	add := func(n, c, size, out, k, stride, dilation int) {
		cs = append(cs, testCase{fmt.Sprintf("wide conv %dx%d at %d to %d k%d s%d d%d", n, c, size, out, k, stride, dilation), func(b *net) {
			y := b.g.Conv("conv", b.input(n, c, size, size), out, k, nn.ConvOptions{Stride: stride, Dilation: dilation})
			b.probe(b.g.Norm("norm", y, true))
		}, false})
	}
	add(2, 3, 96, 16, 3, 2, 1)
	add(1, 64, 32, 64, 3, 1, 1)
	add(2, 96, 17, 128, 3, 1, 1)
	add(1, 128, 16, 64, 3, 1, 6)
	add(1, 384, 8, 192, 3, 1, 9)
	add(2, 16, 96, 3, 3, 1, 1)
	cs = append(cs, testCase{"wide conv of 2x48 at 40 enlarged to 32", func(b *net) {
		y := b.g.Conv("conv", b.g.Upsample(b.input(2, 48, 40, 40)), 32, 3, nn.ConvOptions{Bias: true})
		b.probe(b.g.Norm("norm", y, true))
	}, false})
	return cs
}

// block is a pre-activation residual block with channel attention.
func (b *net) block(name string, x *nn.Node, out, stride int) *nn.Node {
	a := b.g.Norm(name+".n1", x, true)
	r := b.g.Conv(name+".c1", a, out, 3, nn.ConvOptions{Stride: stride})
	r = b.g.Conv(name+".c2", b.g.Norm(name+".n2", r, true), out, 3, nn.ConvOptions{Gain: 0.5})
	r = b.g.ECA(name+".eca", r)
	if x.Shape[1] == out && stride == 1 {
		return b.g.Add(r, x)
	}
	return b.g.Add(r, b.g.Conv(name+".short", a, out, 1, nn.ConvOptions{Stride: stride}))
}

// gate scales a skip connection by where it agrees with a coarser signal.
func (b *net) gate(name string, x, g *nn.Node) *nn.Node {
	m := max(x.Shape[1]/2, 4)
	s := b.g.Add(
		b.g.Conv(name+".x", x, m, 1, nn.ConvOptions{}),
		b.g.Conv(name+".g", g, m, 1, nn.ConvOptions{Bias: true}))
	s = b.g.Conv(name+".psi", b.g.Norm(name+".n", s, true), 1, 1, nn.ConvOptions{Bias: true, BiasInit: 1})
	return b.g.Gate(x, b.g.Sigmoid(s))
}

// pyramid is atrous spatial pyramid pooling.
func (b *net) pyramid(name string, x *nn.Node, rates ...int) *nn.Node {
	m := x.Shape[1] / 2
	branch := func(tag string, x *nn.Node, out, k, dilation int) *nn.Node {
		y := b.g.Conv(name+tag, x, out, k, nn.ConvOptions{Dilation: dilation})
		return b.g.Norm(name+tag+".n", y, true)
	}
	parts := []*nn.Node{branch(".b0", x, m, 1, 1)}
	for _, r := range rates {
		parts = append(parts, branch(fmt.Sprint(".d", r), x, m, 3, r))
	}
	pooled := b.g.ReLU(b.g.Conv(name+".pool", b.g.GlobalAvgPool(x), m, 1, nn.ConvOptions{Bias: true}))
	parts = append(parts, b.g.Broadcast(pooled, x.Shape[2], x.Shape[3]))
	z := b.g.ECA(name+".eca", b.g.Concat(parts...))
	return b.g.Add(x, branch(".out", z, x.Shape[1], 1, 1))
}

// unet is a whole reconstruction network with two scales.
func (b *net) unet(name string, x *nn.Node) *nn.Node {
	e0 := b.block(name+".e0", b.g.Conv(name+".stem", x, 8, 3, nn.ConvOptions{Stride: 2}), 8, 1)
	d := b.pyramid(name+".aspp", b.block(name+".e1", e0, 16, 2), 1, 2)
	up := b.g.Upsample(b.g.Conv(name+".up", d, 8, 1, nn.ConvOptions{}))
	d = b.block(name+".d0", b.g.Concat(up, b.gate(name+".ag", e0, up)), 8, 1)
	h := b.g.Upsample(b.g.Norm(name+".hn", d, true))
	h = b.g.ReLU(b.g.Conv(name+".h1", h, 8, 3, nn.ConvOptions{Bias: true}))
	return b.g.Sigmoid(b.g.Conv(name+".h2", h, 3, 3, nn.ConvOptions{Bias: true}))
}
