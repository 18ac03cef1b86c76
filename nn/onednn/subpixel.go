//go:build onednn

package onednn

/*
#include "dnn.h"
#include "call.h"
*/
import "C"

import "agurscope/nn"

// A 3x3 convolution of a picture enlarged twice is a 3x3 convolution of the small
// picture to four times as many planes, one set for each place that a pixel has
// among the samples: as many multiplications, but the enlarged picture is never
// stored, and Winograd gains more from more planes. On the rim, two pixels wide, it is
// another one: enlarging repeats the border, and the convolution sees zeros beyond.

// subpixel is such a convolution.
type subpixel struct {
	ic, oc, cb, ob, block int

	inside      []float32 // weights of the four sets of planes, O,I,K,K
	rim, turned *C.float  // the rim's, see block_subpixel.h; turned has inputs outside, lanes of y before those of x
}

const kinds = C.KINDS

// shares says, per kind of place along an axis, which share a tap of the small
// picture has of a tap of the large one: [kind][small][large].
var shares = func() (s [kinds][3][3]float32) {
	const n = 4 // samples of the shortest axis that has all kinds
	for kind, at := range [kinds]int{0, 1, 2, 3, 2*n - 2, 2*n - 1} {
		for t := range 3 {
			u := at + t - 1
			if u < 0 || u >= 2*n {
				continue
			}
			near, far := u/2, min(max(u/2-1+u%2*2, 0), n-1)
			s[kind][near-at/2+1][t] += .75
			s[kind][far-at/2+1][t] += .25
		}
	}
	return s
}()

// inner is the set of planes that has a pair of kinds, -1 for the rim.
func inner(row, column int) int {
	if row < 2 || row > 3 || column < 2 || column > 3 {
		return -1
	}
	return 2*(row-2) + column - 2
}

// enlarges reports whether r is a convolution that can enlarge what it reads
// itself, n being the enlargement.
func (p *program) enlarges(n, r *nn.Node) bool {
	op, ok := r.Op.(nn.Conv)
	x := n.In[0]
	return ok && op.Kernel == 3 && op.Stride == 1 && op.Dilation == 1 && op.Pad == 1 && p.val(x).block != 1 &&
		x.Shape[1] >= winogradFrom && r.Shape[1]%p.e.block == 0 && min(x.Shape[2], x.Shape[3]) >= 2
}

// subpixel reports whether a convolution enlarges what it reads.
func (p *program) subpixel(n *nn.Node) bool {
	_, enlarged := n.In[0].Op.(nn.Upsample)
	return enlarged && p.within[n.In[0]] == n
}

// subpixelSpec is that of the convolution over the small picture.
func (p *program) subpixelSpec(n *nn.Node) C.conv_spec {
	s, x := p.spec(n), n.In[0].In[0].Shape
	s.ih, s.iw, s.oh, s.ow = C.int(x[2]), C.int(x[3]), C.int(x[2]), C.int(x[3])
	s.oc *= 4
	if !p.e.direct {
		s.alg = C.ALG_WINOGRAD
	}
	return s
}

// spread writes the weights over the small picture that w, O,I,K,K over the large
// one, has for every kind of place.
func (s *subpixel) spread(w []float32) {
	b := s.block
	rim := floats(s.rim, s.tables())
	var turned []float32
	if s.turned != nil {
		turned = floats(s.turned, s.tables())
	}
	for i := range s.oc * s.ic {
		o, c, taps := i/s.ic, i%s.ic, w[9*i:9*i+9]
		for row := range kinds {
			var part [3][3]float32 // small rows, large columns
			for t, from := range shares[row] {
				for k, share := range from {
					for l := range 3 {
						part[t][l] += share * taps[3*k+l]
					}
				}
			}
			for column := range kinds {
				set, kind := inner(row, column), row*kinds+column
				for t := range 9 {
					v, by := float32(0), &shares[column][t%3]
					for l, have := range part[t/3] {
						v += have * by[l]
					}
					if set >= 0 {
						s.inside[((set*s.oc+o)*s.ic+c)*9+t] = v
						continue
					}
					rim[(((kind*s.ob+o/b)*s.cb+c/b)*9+t)*b*b+c%b*b+o%b] = v
					if turned != nil {
						turned[(((kind*s.cb+c/b)*s.ob+o/b)*9+t)*b*b+o%b*b+c%b] = v
					}
				}
			}
		}
	}
}

// gather is spread's adjoint: it adds to dw the gradients of all kinds of places.
func (s *subpixel) gather(dw, inside, rim []float32) {
	b := s.block
	for i := range s.oc * s.ic {
		o, c, taps := i/s.ic, i%s.ic, dw[9*i:9*i+9]
		for row := range kinds {
			var part [3][3]float32
			for column := range kinds {
				set, kind := inner(row, column), row*kinds+column
				for t := range 9 {
					var v float32
					if set >= 0 {
						v = inside[((set*s.oc+o)*s.ic+c)*9+t]
					} else {
						v = rim[(((kind*s.ob+o/b)*s.cb+c/b)*9+t)*b*b+c%b*b+o%b]
					}
					for l, share := range shares[column][t%3] {
						part[t/3][l] += share * v
					}
				}
			}
			for t, to := range shares[row] {
				for k, share := range to {
					for l := range 3 {
						taps[3*k+l] += share * part[t][l]
					}
				}
			}
		}
	}
}

// tables is the size of the rim's weights.
func (s *subpixel) tables() int { return kinds * kinds * s.ob * s.cb * 9 * s.block * s.block }

// subpixelForward emits a convolution of what it enlarges itself.
func (p *program) subpixelForward(n *nn.Node) error {
	op, y := n.Op.(nn.Conv), p.val(n)
	small := n.In[0].In[0]
	x := p.val(small)
	s := &subpixel{ic: small.Shape[1], oc: n.Shape[1], cb: x.cb, ob: y.cb, block: p.e.block}
	p.subpixels[n] = s
	spec := p.subpixelSpec(n)
	kind, err := p.passForward(&spec)
	if err != nil {
		return err
	}
	norm, act := p.tail(n)
	spec.relu, spec.bias = flag(act == relu), 1
	bias, err := p.vector(4 * s.oc)
	if err != nil {
		return err
	}
	if s.rim, err = p.vector(s.tables()); err != nil {
		return err
	}
	if p.mode == nn.Training && x.needGrad {
		if s.turned, err = p.vector(s.tables()); err != nil {
			return err
		}
	}
	f, err := p.newPass(&spec, kind, nil, bias)
	if err != nil {
		return err
	}
	p.bind(f, x.x, nil, true)
	s.inside = make([]float32, 4*len(op.W.Data()))
	p.need.plain = max(p.need.plain, len(s.inside))
	p.need.tempA = max(p.need.tempA, y.floats())
	plain := make([]float32, len(op.W.Data()))
	p.prepare = append(p.prepare, func() error {
		b := floats(bias, 4*s.oc)
		foldNorm(op, norm, plain, b[:s.oc])
		for set := 1; set < 4; set++ {
			copy(b[set*s.oc:], b[:s.oc])
		}
		s.spread(plain)
		copy(floats(p.plain, len(s.inside)), s.inside)
		return status(C.conv_pack(f.c))
	})
	g := x.geometry()
	p.emit(n, func() error {
		if err := status(C.conv_run(f.c, 0)); err != nil {
			return err
		}
		C.call_subpixel(g.k, p.tempA, x.x, s.rim, bias, y.x, spec.relu, g.n, g.cb, C.int(s.ob), g.h, g.w)
		return nil
	})
	return nil
}

// subpixelBackward emits its gradients, that of the small picture included.
func (p *program) subpixelBackward(n *nn.Node) error {
	op, y, s := n.Op.(nn.Conv), p.val(n), p.subpixels[n]
	x := p.val(n.In[0].In[0])
	spec, g, ob := p.subpixelSpec(n), x.geometry(), C.int(s.ob)
	p.need.tempA = max(p.need.tempA, y.floats())
	inside, err := p.vector(len(s.inside))
	if err != nil {
		return err
	}
	bias, err := p.vector(4 * s.oc)
	if err != nil {
		return err
	}
	rim, err := p.vector(s.tables())
	if err != nil {
		return err
	}
	rimBias, err := p.vector(kinds * kinds * s.oc)
	if err != nil {
		return err
	}
	f, err := p.newPass(&spec, C.PASS_WEIGHTS, inside, bias)
	if err != nil {
		return err
	}
	p.bind(f, x.x, nil, true)
	p.emitBack(n, func() error {
		C.call_subpixel_split(g.k, y.dx, p.tempA, g.n, ob, g.h, g.w)
		C.call_rim_weights(g.k, x.x, y.dx, rim, rimBias, g.n, g.cb, ob, g.h, g.w)
		return status(C.conv_run(f.c, 0))
	})
	p.trains(op.W)
	if op.B != nil {
		p.trains(op.B)
	}
	p.collect = append(p.collect, func() error {
		if err := status(C.conv_pack(f.c)); err != nil {
			return err
		}
		s.gather(op.W.GradData(), floats(inside, len(s.inside)), floats(rim, s.tables()))
		if op.B != nil {
			db := op.B.GradData()
			for from := range 4 {
				add(db, floats(bias, 4*s.oc)[from*s.oc:][:s.oc])
			}
			for from := range kinds * kinds {
				add(db, floats(rimBias, kinds*kinds*s.oc)[from*s.oc:][:s.oc])
			}
		}
		return nil
	})
	if !x.needGrad {
		return nil
	}
	data, err := p.newPass(&spec, C.PASS_DATA, nil, nil)
	if err != nil {
		return err
	}
	p.dataGradient(n, data, x, y, true)
	p.prepare = append(p.prepare, func() error {
		copy(floats(p.plain, len(s.inside)), s.inside)
		return status(C.conv_pack(data.c))
	})
	p.emitBack(n, do(func() { C.call_rim_data(g.k, y.dx, s.turned, x.dx, g.n, g.cb, ob, g.h, g.w) }))
	return nil
}
