package gorgonia

import (
	"math"
	"slices"

	"agurscope/nn"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// emphasis is 1 + weight·mask.
func emphasis(mask *G.Node, weight float32) *G.Node {
	return G.Must(G.Add(G.Must(G.HadamardProd(mask, scalar(float64(weight)))), scalar(1)))
}

func (b *builder) l1(y, x, mask *G.Node, op nn.L1Loss) *G.Node {
	d := G.Must(G.Abs(G.Must(G.Sub(y, x))))
	return mean(times(d, emphasis(mask, op.MaskWeight), 1))
}

// spectrum takes the Fourier transform by products with cosines and sines.
func (b *builder) spectrum(y, x *G.Node, s nn.Shape) *G.Node {
	ch, sh := b.waves(s[2])
	cw, sw := b.waves(s[3])
	amplitude := func(v *G.Node) *G.Node {
		re := G.Must(G.Sub(b.along(v, ch, cw), b.along(v, sh, sw)))
		im := G.Must(G.Add(b.along(v, sh, cw), b.along(v, ch, sw)))
		power := G.Must(G.Add(G.Must(G.Square(re)), G.Must(G.Square(im))))
		// The root's slope at 0 is infinite.
		root := G.Must(G.Sqrt(G.Must(G.Add(power, scalar(1e-14)))))
		return G.Must(G.Log1p(root))
	}
	return mean(G.Must(G.Abs(G.Must(G.Sub(amplitude(y), amplitude(x))))))
}

// waves are the orthonormal transform's real and imaginary parts.
func (b *builder) waves(n int) (cos, sin *G.Node) {
	norm := 1 / math.Sqrt(float64(n))
	angle := func(r, c int) float64 { return 2 * math.Pi * float64(r*c%n) / float64(n) }
	return b.matrix(n, n, func(r, c int) float64 { return norm * math.Cos(angle(r, c)) }),
		b.matrix(n, n, func(r, c int) float64 { return norm * math.Sin(angle(r, c)) })
}

// focal has the logit's sign turned so that the right answer is positive: then
// BCE is softplus(−z) and 1 − p_t is σ(−z).
func (b *builder) focal(s, mask *G.Node, op nn.FocalLoss) *G.Node {
	sign := G.Must(G.Sub(scalar(1), G.Must(G.HadamardProd(mask, scalar(2)))))
	z := G.Must(G.HadamardProd(s, sign)) // −z
	miss := G.Must(G.Square(G.Must(G.Sigmoid(z))))
	loss := G.Must(G.HadamardProd(miss, G.Must(G.Softplus(z))))
	return mean(G.Must(G.HadamardProd(loss, emphasis(mask, op.PosWeight))))
}

// deviation selects the highest logits and the damaged images outside of the
// graph, as constants; with a = 1 for a clean image and −1 for a damaged one,
// both hinges are max(0, a·S + Margin/2 − a·(Mu+Margin/2)).
func (b *builder) deviation(s, mask *G.Node, shape nn.Shape, op nn.DeviationLoss) *G.Node {
	hw := shape[2] * shape[3]
	column := b.matrix(hw, 1, func(_, _ int) float64 { return 1 })
	rows := func(x *G.Node) *G.Node { return G.Must(G.Reshape(x, tensor.Shape{shape[0], hw})) }
	sum := func(x *G.Node) *G.Node { return G.Must(G.Mul(x, column)) }
	share := apply("highest", rows(s), func(dst, src []float32) {
		for o := 0; o < len(src); o += hw {
			highest(dst[o:o+hw], src[o:o+hw], op.TopK(hw))
		}
	})
	side := apply("side", rows(mask), func(dst, src []float32) {
		for o := 0; o < len(src); o += hw {
			fillSide(dst[o:o+hw], src[o:o+hw], op.MinPixels)
		}
	})
	half := float64(op.Margin) / 2
	top := sum(G.Must(G.HadamardProd(rows(s), G.Must(G.HadamardProd(share, side)))))
	centre := G.Must(G.HadamardProd(sum(side), scalar((float64(op.Mu)+half)/float64(hw))))
	return mean(G.Must(G.Rectify(G.Must(G.Add(G.Must(G.Sub(top, centre)), scalar(half))))))
}

// highest sets 1/k at the k highest of src, the first of equals.
func highest(dst, src []float32, k int) {
	order := make([]int, len(src))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case src[a] > src[b]:
			return -1
		case src[a] < src[b]:
			return 1
		}
		return 0
	})
	clear(dst)
	for _, i := range order[:k] {
		dst[i] = 1 / float32(k)
	}
}

// fillSide sets every element to 1 for a clean mask, to −1 for a damaged one.
func fillSide(dst, mask []float32, minPixels int) {
	set, side := 0, float32(1)
	for _, m := range mask {
		if m > .5 {
			set++
		}
	}
	if set > minPixels {
		side = -1
	}
	for i := range dst {
		dst[i] = side
	}
}

// critic is the mean of max(0, |t| − t·s) or of −t·s over N, H and W, times N.
func (b *builder) critic(s, targets *G.Node, shape nn.Shape, op nn.CriticLoss) *G.Node {
	t := b.broadcast(targets, shape)
	loss := G.Must(G.Neg(G.Must(G.HadamardProd(t, s))))
	if !op.Linear {
		loss = G.Must(G.Rectify(G.Must(G.Add(G.Must(G.Abs(t)), loss))))
	}
	return G.Must(G.HadamardProd(mean(loss), scalar(float64(shape[0]))))
}

// sparsity clamps ρ̂ and 1−ρ̂ apart, so that neither is lost beside 1.
func (b *builder) sparsity(h *G.Node, s nn.Shape, rho float64) *G.Node {
	images := b.matrix(1, s[0], func(_, _ int) float64 { return 1 / float64(s[0]) })
	active := G.Must(G.Mul(images, G.Must(G.Reshape(b.pool(h, s), tensor.Shape{s[0], s[1]}))))
	term := func(wished float64, got *G.Node) *G.Node { // wished·ln(wished/got)
		ratio := G.Must(G.HadamardProd(clamp(got, 1e-4, 1-1e-4), scalar(1/wished)))
		return G.Must(G.HadamardProd(G.Must(G.Log(ratio)), scalar(-wished)))
	}
	idle := G.Must(G.Sub(scalar(1), active))
	sum := mean(G.Must(G.Add(term(rho, active), term(1-rho, idle))))
	return G.Must(G.HadamardProd(sum, scalar(float64(s[1]))))
}

// clamp is lo + max(0,x−lo) − max(0,x−hi).
func clamp(x *G.Node, lo, hi float64) *G.Node {
	above := func(v float64) *G.Node { return G.Must(G.Rectify(G.Must(G.Sub(x, scalar(v))))) }
	return G.Must(G.Add(G.Must(G.Sub(above(lo), above(hi))), scalar(lo)))
}
