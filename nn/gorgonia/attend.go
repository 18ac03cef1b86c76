package gorgonia

import (
	"math"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"agurscope/nn"
)

// attend is a chain of batched products. The softmax takes the highest value of
// a row away first; that has no gradient, for it changes nothing.
func (b *builder) attend(op nn.Attend, q, k, v *G.Node, qs, s nn.Shape) *G.Node {
	many, inner, each := op.Extents(qs, s)
	n := s[0]
	turned := func(x *G.Node) *G.Node { return G.Must(G.Transpose(x, 0, 2, 1)) }
	// rows makes (N, rows, numbers) of a value.
	rows := func(x *G.Node, numbers int) *G.Node {
		if op.Channels {
			return G.Must(G.Reshape(x, tensor.Shape{n, many, numbers}))
		}
		return turned(G.Must(G.Reshape(x, tensor.Shape{n, numbers, many})))
	}
	z := G.Must(G.BatchedMatMul(rows(q, inner), turned(rows(k, inner))))
	z = G.Must(G.HadamardProd(z, scalar(float64(op.Factor))))
	top := apply("highest of a row", z, func(dst, src []float32) {
		for i := 0; i < len(src); i += many {
			m := float32(math.Inf(-1))
			for _, v := range src[i : i+many] {
				m = max(m, v)
			}
			for j := range many {
				dst[i+j] = m
			}
		}
	})
	w := G.Must(G.Reshape(G.Must(G.Exp(G.Must(G.Sub(z, top)))), tensor.Shape{n * many, many}))
	sums := G.Must(G.Mul(w, b.matrix(many, many, func(_, _ int) float64 { return 1 })))
	w = G.Must(G.Reshape(G.Must(G.HadamardDiv(w, sums)), tensor.Shape{n, many, many}))
	y := G.Must(G.BatchedMatMul(w, rows(v, each)))
	if !op.Channels {
		y = turned(y)
	}
	return G.Must(G.Reshape(y, s[:]))
}
