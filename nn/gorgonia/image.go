package gorgonia

import (
	"math"

	"agurscope/nn"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// along applies left to the columns and right to the rows of every plane: for
// a plane X it is left·X·rightᵀ. The matrices are passed transposed.
func (b *builder) along(x, leftT, rightT *G.Node) *G.Node {
	s := x.Shape()
	planes, h, w := s[0]*s[1], s[2], s[3]
	h2, w2 := leftT.Shape()[1], rightT.Shape()[1]
	y := G.Must(G.Mul(G.Must(G.Reshape(x, tensor.Shape{planes * h, w})), rightT))
	y = turn(y, planes, h, w2)
	y = G.Must(G.Mul(G.Must(G.Reshape(y, tensor.Shape{planes * w2, h})), leftT))
	y = turn(y, planes, w2, h2)
	return G.Must(G.Reshape(y, tensor.Shape{s[0], s[1], h2, w2}))
}

// turn transposes every plane.
func turn(x *G.Node, planes, h, w int) *G.Node {
	if h == 1 || w == 1 {
		return x // the same numbers in the same order
	}
	return G.Must(G.Transpose(G.Must(G.Reshape(x, tensor.Shape{planes, h, w})), 0, 2, 1))
}

// doubling interpolates bilinearly between pixel centres, edges clamped.
func (b *builder) doubling(n int) *G.Node {
	return b.matrix(n, 2*n, func(from, to int) float64 {
		near, far := to/2, to/2-1+2*(to%2)
		share := 0.0
		if near == from {
			share += .75
		}
		if min(max(far, 0), n-1) == from {
			share += .25
		}
		return share
	})
}

// fold takes the patches' columns behind the positions', which makes of each
// plane of patches a matrix with rows (row, H) and columns (W, column). Laying
// patches side by side is then a linear map along both.
func (b *builder) fold(x *G.Node, s nn.Shape, op nn.Fold) *G.Node {
	k, planes := op.Kernel, s[1]/(op.Kernel*op.Kernel)
	y := turn(x, s[0]*planes*k, k, s[2]*s[3])
	y = G.Must(G.Reshape(y, tensor.Shape{s[0], planes, k * s[2], s[3] * k}))
	return b.along(y,
		b.laying(s[2], op, func(from int) (patch, offset int) { return from % s[2], from / s[2] }),
		b.laying(s[3], op, func(from int) (patch, offset int) { return from / k, from % k }))
}

// laying averages the elements of n patches where they overlap; at says which
// element of which patch comes from where.
func (b *builder) laying(n int, op nn.Fold, at func(from int) (patch, offset int)) *G.Node {
	pad := (op.Kernel - op.Stride) / 2
	lies := func(from, to int) bool {
		patch, offset := at(from)
		return patch*op.Stride-pad+offset == to
	}
	return b.matrix(n*op.Kernel, n*op.Stride, func(from, to int) float64 {
		if !lies(from, to) {
			return 0
		}
		count := 0
		for other := range n * op.Kernel {
			if lies(other, to) {
				count++
			}
		}
		return 1 / float64(count)
	})
}

// gaussian blurs with mirrored edges.
func (b *builder) gaussian(n int, sigma float64) *G.Node {
	taps := taps(sigma, int(3*sigma+.5))
	radius := len(taps) / 2
	all := make([]float64, n*n)
	for to := range n {
		for k, f := range taps {
			from := to + k - radius
			for n > 1 && (from < 0 || from >= n) {
				if from < 0 {
					from = -from
				} else {
					from = 2*(n-1) - from
				}
			}
			if n == 1 {
				from = 0
			}
			all[from*n+to] += f
		}
	}
	return b.matrix(n, n, func(from, to int) float64 { return all[from*n+to] })
}

// window is SSIM's: 11 taps of σ 1.5, zeros outside.
func (b *builder) window(n int) *G.Node {
	taps := taps(1.5, 5)
	return b.matrix(n, n, func(from, to int) float64 {
		if k := from - to + 5; k >= 0 && k < len(taps) {
			return taps[k]
		}
		return 0
	})
}

func taps(sigma float64, radius int) []float64 {
	k, sum := make([]float64, 2*radius+1), 0.0
	for i := range k {
		k[i] = 1
		if sigma > 0 {
			k[i] = math.Exp(-float64((i-radius)*(i-radius)) / (2 * sigma * sigma))
		}
		sum += k[i]
	}
	for i := range k {
		k[i] /= sum
	}
	return k
}

// ssim is the map of local similarities.
func (b *builder) ssim(x, y *G.Node, s nn.Shape) *G.Node {
	const c1, c2 = 0.01 * 0.01, 0.03 * 0.03
	wh, ww := b.window(s[2]), b.window(s[3])
	local := func(v *G.Node) *G.Node { return b.along(v, wh, ww) }
	mul := func(p, q *G.Node) *G.Node { return G.Must(G.HadamardProd(p, q)) }
	sub := func(p, q *G.Node) *G.Node { return G.Must(G.Sub(p, q)) }
	sum := func(p, q *G.Node) *G.Node { return G.Must(G.Add(p, q)) }
	linear := func(p *G.Node, f, c float64) *G.Node { // f·p + c
		return sum(mul(p, scalar(f)), scalar(c))
	}
	mx, my := local(x), local(y)
	vx, vy := sub(local(mul(x, x)), mul(mx, mx)), sub(local(mul(y, y)), mul(my, my))
	cov := sub(local(mul(x, y)), mul(mx, my))
	top := mul(linear(mul(mx, my), 2, c1), linear(cov, 2, c2))
	bottom := mul(linear(sum(mul(mx, mx), mul(my, my)), 1, c1), linear(sum(vx, vy), 1, c2))
	return G.Must(G.HadamardDiv(top, bottom))
}

// residual averages over the channels by 1x1 convolutions.
func (b *builder) residual(x, y *G.Node, s nn.Shape, plain bool) *G.Node {
	w := b.leaf("mean", nil, 1, s[1], 1, 1)
	for i := range w.data {
		w.data[i] = 1 / float32(s[1])
	}
	average := func(v *G.Node) *G.Node {
		return G.Must(G.Conv2d(v, w.node, tensor.Shape{1, 1}, []int{0, 0}, []int{1, 1}, []int{1, 1}))
	}
	d := average(G.Must(G.Abs(G.Must(G.Sub(x, y)))))
	if plain {
		return d
	}
	return G.Must(G.HadamardProd(d, G.Must(G.Sub(scalar(1), average(b.ssim(x, y, s))))))
}
