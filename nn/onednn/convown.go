//go:build onednn

package onednn

/*
#include "dnn.h"
#include "call.h"
*/
import "C"

import "agurscope/nn"

// Convolutions for which oneDNN's blocks are mostly padding have kernels of
// our own: to a few planes, such as an image or a map, and from the images that
// the scoring network begins with.

// activation is what a convolution applies as it stores.
type activation int

const (
	linear activation = iota
	relu
	sigmoid
)

// tail is what is fused into a convolution: a normalisation, an activation.
func (p *program) tail(n *nn.Node) (norm *nn.Norm, act activation) {
	r := p.fused[n]
	if r == nil {
		return nil, linear
	}
	switch o := r.Op.(type) {
	case nn.Norm:
		if norm = &o; o.ReLU {
			act = relu
		}
	case nn.ReLU:
		act = relu
	case nn.Sigmoid:
		act = sigmoid
	}
	return norm, act
}

// few reports whether a convolution gives few planes of blocked values.
func (p *program) few(n *nn.Node) bool {
	op := n.Op.(nn.Conv)
	return p.val(n).block == 1 && p.val(n.In[0]).block == p.e.block && op.Stride == 1 && op.Dilation == 1 &&
		op.Kernel%2 == 1 && n.Shape[2] == n.In[0].Shape[2] && n.Shape[3] == n.In[0].Shape[3]
}

// stems reports whether r is the convolution that a ScoreInput n begins the
// scoring network with.
func (p *program) stems(n, r *nn.Node) bool {
	op, ok := r.Op.(nn.Conv)
	return ok && op.Kernel == 3 && op.Stride == 2 && op.Dilation == 1 && op.Pad == 1 &&
		p.val(n.In[0]).block == 1 && p.val(n.In[1]).block == 1 && p.val(r).block != 1
}

// ownForward emits such a convolution.
func (p *program) ownForward(n *nn.Node) error {
	op, x, y, block := n.Op.(nn.Conv), p.val(n.In[0]), p.val(n), p.e.block
	norm, act := p.tail(n)
	taps, ic, oc := op.Kernel*op.Kernel, n.In[0].Shape[1], n.Shape[1]
	ob := (oc + block - 1) / block
	cb := (ic + block - 1) / block
	stem := p.within[n.In[0]] == n
	size := oc * taps * cb * block
	if stem {
		size = ob * ic * taps * block
	}
	weights, err := p.vector(size)
	if err != nil {
		return err
	}
	bias, err := p.vector(ob * block)
	if err != nil {
		return err
	}
	plain := make([]float32, len(op.W.Data()))
	p.prepare = append(p.prepare, do(func() {
		foldNorm(op, norm, plain, floats(bias, oc))
		w := floats(weights, size)
		for i, v := range plain { // O,I,K,K
			o, c, t := i/(ic*taps), i/taps%ic, i%taps
			if stem {
				w[((o/block*ic+c)*taps+t)*block+o%block] = v
			} else {
				w[((o*taps+t)*cb+c/block)*block+c%block] = v
			}
		}
	}))
	g := geometry{k: C.kernel_table(C.int(block)), n: C.int(n.Shape[0]), cb: C.int(cb), h: C.int(n.In[0].Shape[2]), w: C.int(n.In[0].Shape[3])}
	if !stem {
		p.fewWeights[n] = weights
		p.emit(n, do(func() {
			C.call_conv_few(g.k, x.x, weights, bias, y.x, C.int(act), g.n, g.cb, g.h, g.w, C.int(oc), C.int(op.Kernel))
		}))
		return nil
	}
	a, b := p.val(n.In[0].In[0]), p.val(n.In[0].In[1])
	p.emit(n, do(func() {
		C.call_score_stem(g.k, a.x, b.x, weights, bias, y.x, flag(act == relu), g.n, C.int(ic/3), g.h, g.w, C.int(ob))
	}))
	return nil
}

// fewBackward emits the gradients of a convolution to few planes, whose weights
// lie as the forward pass has them.
func (p *program) fewBackward(n *nn.Node, weights *C.float) error {
	op, x, y, block := n.Op.(nn.Conv), p.val(n.In[0]), p.val(n), p.e.block
	taps, ic, oc, cb := op.Kernel*op.Kernel, n.In[0].Shape[1], n.Shape[1], x.cb
	size := oc * taps * cb * block
	dw, err := p.vector(size)
	if err != nil {
		return err
	}
	db, err := p.vector(oc)
	if err != nil {
		return err
	}
	g, k := x.geometry(), C.int(op.Kernel)
	chunks := x.n() * ((n.Shape[2] + C.FEW_ROWS - 1) / C.FEW_ROWS)
	p.need.scratch = max(p.need.scratch, chunks*size)
	p.emitBack(n, do(func() {
		C.call_few_weights(g.k, x.x, y.dx, dw, db, p.scratch, g.n, g.cb, g.h, g.w, C.int(oc), k)
	}))
	if x.needGrad {
		acc := flag(x.sink())
		p.emitBack(n, do(func() { C.call_few_data(g.k, y.dx, weights, x.dx, acc, g.n, g.cb, g.h, g.w, C.int(oc), k) }))
	}
	p.trains(op.W)
	if op.B != nil {
		p.trains(op.B)
	}
	p.collect = append(p.collect, do(func() {
		d, w := op.W.GradData(), floats(dw, size)
		for i := range d { // O,I,K,K
			o, c, t := i/(ic*taps), i/taps%ic, i%taps
			d[i] += w[((o*taps+t)*cb+c/block)*block+c%block]
		}
		if op.B != nil {
			add(op.B.GradData(), floats(db, oc))
		}
	}))
	return nil
}

// stemBackward emits the gradients of the scoring network's first convolution;
// none flows on to its images.
func (p *program) stemBackward(n *nn.Node) error {
	op, z, block := n.Op.(nn.Conv), p.val(n), p.e.block
	a, b := p.val(n.In[0].In[0]), p.val(n.In[0].In[1])
	ic, oc, ob := n.In[0].Shape[1], n.Shape[1], z.cb
	taps := 9 * ic
	dw, err := p.vector(ob * taps * block)
	if err != nil {
		return err
	}
	db, err := p.vector(ob * block)
	if err != nil {
		return err
	}
	g, table := a.geometry(), z.geometry().k
	chunks := z.n() * ((n.Shape[2] + C.FEW_ROWS - 1) / C.FEW_ROWS)
	p.need.scratch = max(p.need.scratch, chunks*ob*(taps+1)*block)
	p.emitBack(n, do(func() {
		C.call_stem_weights(table, a.x, b.x, z.dx, dw, db, p.scratch, g.n, C.int(ic/3), g.h, g.w, C.int(ob))
	}))
	p.trains(op.W)
	if op.B != nil {
		p.trains(op.B)
	}
	p.collect = append(p.collect, do(func() {
		d, w := op.W.GradData(), floats(dw, ob*taps*block)
		for i := range d { // O,I,K,K
			o, t := i/taps, i%taps
			d[i] += w[(o/block*taps+t)*block+o%block]
		}
		if op.B != nil {
			add(op.B.GradData(), floats(db, oc))
		}
	}))
	return nil
}
