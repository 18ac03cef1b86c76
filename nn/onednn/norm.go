//go:build onednn

package onednn

/*
#include "call.h"
*/
import "C"

import (
	"math"

	"agurscope/nn"
)

// normState is what a normalisation keeps in C memory, one float per lane.
type normState struct {
	gamma, beta, mean, vari, invstd, scale, shift, dgamma, dbeta *C.float
	lanes                                                        int
}

func (p *program) newNormState(v *value) (*normState, error) {
	s := &normState{lanes: v.cb * v.block}
	for _, f := range []**C.float{&s.gamma, &s.beta, &s.mean, &s.vari, &s.invstd, &s.scale, &s.shift, &s.dgamma, &s.dbeta} {
		m, err := p.vector(s.lanes)
		if err != nil {
			return nil, err
		}
		*f = m
	}
	return s, nil
}

// set turns mean and variance into the affine map that the kernel applies.
// Lanes beyond the channels have gamma 0, so they stay 0.
func (s *normState) set(op nn.Norm, mean, vari []float32) {
	gamma, beta := floats(s.gamma, s.lanes), floats(s.beta, s.lanes)
	invstd, scale, shift := floats(s.invstd, s.lanes), floats(s.scale, s.lanes), floats(s.shift, s.lanes)
	copy(gamma, op.Gamma.Data())
	copy(beta, op.Beta.Data())
	for c := range mean {
		invstd[c] = float32(1 / math.Sqrt(float64(vari[c]+op.Eps)))
		scale[c] = gamma[c] * invstd[c]
		shift[c] = beta[c] - mean[c]*scale[c]
	}
}

func (p *program) normForward(n *nn.Node, op nn.Norm) error {
	x, y, g := p.val(n.In[0]), p.val(n), p.val(n).geometry()
	s, err := p.newNormState(y)
	if err != nil {
		return err
	}
	relu := flag(op.ReLU)
	if p.mode == nn.Inference {
		p.prepare = append(p.prepare, do(func() { s.set(op, op.Mean.Data(), op.Var.Data()) }))
		if in := n.In[0]; p.within[in] == n {
			p.normParts(n, in, s, relu)
			return nil
		}
		p.emit(n, do(func() { C.call_affine(g.k, x.x, y.x, s.scale, s.shift, relu, g.n, g.cb, g.hw) }))
		return nil
	}
	if p.norms == nil {
		p.norms = map[*nn.Node]*normState{}
	}
	p.norms[n] = s
	p.needPart(y)
	p.emit(n, do(func() {
		C.call_moments(g.k, x.x, s.mean, s.vari, p.scratch, g.n, g.cb, g.hw)
		mean, vari := floats(s.mean, n.Shape[1]), floats(s.vari, n.Shape[1])
		s.set(op, mean, vari)
		p.running(op, mean, vari, n.Shape[0]*y.hw())
		C.call_affine(g.k, x.x, y.x, s.scale, s.shift, relu, g.n, g.cb, g.hw)
	}))
	return nil
}

// normParts normalises the parts of a concatenation to where they belong.
func (p *program) normParts(n, concat *nn.Node, s *normState, relu C.int) {
	y, lane := p.val(n), 0
	for _, in := range concat.In {
		x, first := p.val(in), lane
		g := x.geometry()
		lane += x.cb * x.block
		p.emit(n, do(func() {
			scale, shift := floats(s.scale, s.lanes)[first:], floats(s.shift, s.lanes)[first:]
			part, whole := x.floats()/x.n(), y.floats()/y.n()
			for b := range x.n() {
				from, to := floats(x.x, x.floats())[b*part:], floats(y.x, y.floats())[b*whole+first*x.hw():]
				C.call_affine(g.k, goPtr(from), goPtr(to), goPtr(scale), goPtr(shift), relu, 1, g.cb, g.hw)
			}
		}))
	}
}

// sum emits a sum, with the Scale before it and the Norm after it that are
// computed together with it.
func (p *program) sum(n *nn.Node) error {
	a, b, y := n.In[0], n.In[1], p.val(n)
	if p.within[b] == n {
		a, b = b, a
	}
	x, r, g := p.val(a), p.val(b), y.geometry()
	norm := p.ahead[n]
	if p.within[a] != n && norm == nil {
		p.emit(n, do(func() { C.k_add(x.x, r.x, y.x, g.floats) }))
		return nil
	}
	w, z, s, relu := &value{}, &value{}, &normState{}, C.int(0)
	if p.within[a] == n {
		x, w = p.val(a.In[0]), p.val(a.In[1])
	}
	if norm != nil {
		op := norm.Op.(nn.Norm)
		var err error
		if s, err = p.newNormState(y); err != nil {
			return err
		}
		z, relu = p.val(norm), flag(op.ReLU)
		p.prepare = append(p.prepare, do(func() { s.set(op, op.Mean.Data(), op.Var.Data()) }))
	}
	p.emit(n, do(func() {
		C.call_add_affine(g.k, x.x, w.x, r.x, y.x, s.scale, s.shift, relu, z.x, g.n, g.cb, g.hw)
	}))
	return nil
}

// running moves the running statistics towards the batch's; the variance is
// the unbiased one.
func (p *program) running(op nn.Norm, mean, vari []float32, count int) {
	m, unbias := p.momentum, float32(count)/float32(max(count-1, 1))
	rm, rv := op.Mean.Data(), op.Var.Data()
	for c := range rm {
		rm[c] += m * (mean[c] - rm[c])
		rv[c] += m * (vari[c]*unbias - rv[c])
	}
}

func (p *program) normBackward(n *nn.Node, op nn.Norm) error {
	x, y, g, s := p.val(n.In[0]), p.val(n), p.val(n).geometry(), p.norms[n]
	relu := flag(op.ReLU)
	acc, dx := p.gradient(x)
	p.emitBack(n, do(func() {
		C.call_norm_backward(g.k, x.x, y.dx, dx(), s.gamma, s.beta, s.mean, s.invstd, s.dgamma, s.dbeta, relu, acc,
			p.scratch, g.n, g.cb, g.hw)
	}))
	p.trains(op.Gamma)
	p.trains(op.Beta)
	p.collect = append(p.collect, do(func() {
		add(op.Gamma.GradData(), floats(s.dgamma, n.Shape[1]))
		add(op.Beta.GradData(), floats(s.dbeta, n.Shape[1]))
	}))
	return nil
}

// needPart reserves scratch for the partial sums of a reduction.
func (p *program) needPart(v *value) {
	const chunk = 1024
	p.need.scratch = max(p.need.scratch, 2*v.n()*v.cb*v.block*((v.hw()+chunk-1)/chunk))
}
