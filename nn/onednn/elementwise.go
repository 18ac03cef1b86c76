//go:build onednn

package onednn

/*
#include "call.h"
*/
import "C"

import (
	"fmt"

	"agurscope/nn"
	"agurscope/nn/plan"
)

// geometry is a value's extents as the kernels take them.
type geometry struct {
	k           *C.kernels
	n, cb, h, w C.int
	hw          C.int
	floats      C.size_t
}

func (v *value) geometry() geometry {
	s := v.node.Shape
	return geometry{
		k: (*C.kernels)(C.kernel_table(C.int(v.block))), n: C.int(s[0]), cb: C.int(v.cb),
		h: C.int(s[2]), w: C.int(s[3]), hw: C.int(s[2] * s[3]), floats: C.size_t(v.floats()),
	}
}

func flag(b bool) C.int {
	if b {
		return 1
	}
	return 0
}

// emit adds a forward step; emitBack one of the backward pass.
func (p *program) emit(n *nn.Node, run func() error) {
	p.steps = append(p.steps, step{n.Op.String(), run})
}

func (p *program) emitBack(n *nn.Node, run func() error) {
	p.back = append(p.back, step{n.Op.String(), run})
}

// do adapts a function that cannot fail.
func do(f func()) func() error {
	return func() error { f(); return nil }
}

// sink claims the gradient of v for one more writer and reports whether it
// must add to what is there.
func (v *value) sink() (acc bool) {
	acc = v.gradWritten
	v.gradWritten = true
	return acc
}

// gradient is sink for kernels that always write: a value that wants no
// gradient gets a place that nobody reads.
func (p *program) gradient(v *value) (acc C.int, dx func() *C.float) {
	if v.needGrad {
		return flag(v.sink()), func() *C.float { return v.dx }
	}
	p.need.tempB = max(p.need.tempB, v.floats())
	return 0, func() *C.float { return p.tempB }
}

// forward and backward of the operations without parameters stand side by
// side: p.emitForward and p.emitBackward pick the pair by type.

func (p *program) emitForward(n *nn.Node) error {
	y := p.val(n)
	if p.within[n] != nil {
		return nil // computed by the operation after it
	}
	if len(n.In) == 1 && (p.fused[n.In[0]] == n || p.ahead[n.In[0]] == n) {
		return nil // computed by the operation before it
	}
	var x *value
	if len(n.In) > 0 {
		x = p.val(n.In[0])
	}
	g := y.geometry()
	switch op := n.Op.(type) {
	case nn.Input:
	case nn.Conv:
		return p.convForward(n)
	case nn.Norm:
		return p.normForward(n, op)
	case nn.ReLU:
		p.emit(n, do(func() { C.k_relu(x.x, y.x, g.floats) }))
	case nn.LeakyReLU:
		slope := C.float(op.Slope)
		p.emit(n, do(func() { C.k_leaky_relu(x.x, y.x, slope, g.floats) }))
	case nn.Sigmoid:
		p.emit(n, do(func() { C.k_sigmoid(x.x, y.x, g.floats) }))
		if n.Shape[1]%y.block != 0 { // σ(0) is not 0
			p.emit(n, do(func() { C.call_trim(g.k, y.x, g.n, C.int(n.Shape[1]), g.hw) }))
		}
	case nn.Tanh:
		p.emit(n, do(func() { C.k_tanh(x.x, y.x, g.floats) }))
	case nn.Exp:
		p.emit(n, do(func() { C.k_exp(x.x, y.x, g.floats) }))
		if n.Shape[1]%y.block != 0 { // e^0 is not 0
			p.emit(n, do(func() { C.call_trim(g.k, y.x, g.n, C.int(n.Shape[1]), g.hw) }))
		}
	case nn.Add:
		return p.sum(n)
	case nn.Mul:
		b := p.val(n.In[1])
		p.emit(n, do(func() { C.k_mul(x.x, b.x, y.x, 0, g.floats) }))
	case nn.Concat:
		p.concat(n)
	case nn.Slice:
		p.slice(n, op)
	case nn.Fold:
		p.fold(n, op)
	case nn.Upsample:
		xg := x.geometry()
		p.emit(n, do(func() { C.call_upsample(g.k, x.x, y.x, xg.n, xg.cb, xg.h, xg.w) }))
	case nn.GlobalAvgPool:
		xg := x.geometry()
		p.emit(n, do(func() { C.call_pool(g.k, x.x, y.x, xg.n, xg.cb, xg.hw) }))
	case nn.ChannelAttention:
		return p.attention(n, op)
	case nn.Scale:
		w := p.val(n.In[1])
		p.emit(n, do(func() { C.call_scale(g.k, x.x, w.x, y.x, g.n, g.cb, g.hw) }))
	case nn.Broadcast:
		p.emit(n, do(func() { C.call_broadcast(g.k, x.x, y.x, g.n, g.cb, g.hw) }))
	case nn.Gate:
		a := p.val(n.In[1])
		p.emit(n, do(func() { C.call_gate(g.k, x.x, a.x, y.x, g.n, g.cb, g.hw) }))
	case nn.Attend:
		p.attend(n, op)
	case nn.ScoreInput:
		return p.scoreInput(n)
	default:
		if nn.IsLoss(op) {
			return p.emitLoss(n)
		}
		return p.emitImage(n)
	}
	return nil
}

func (p *program) emitBackward(n *nn.Node) error {
	y := p.val(n)
	if !y.needGrad {
		return nil
	}
	if !y.gradWritten {
		return fmt.Errorf("no gradient reaches it")
	}
	var x *value
	if len(n.In) > 0 {
		x = p.val(n.In[0])
	}
	g := y.geometry()
	switch op := n.Op.(type) {
	case nn.Conv:
		return p.convBackward(n)
	case nn.Norm:
		return p.normBackward(n, op)
	}
	if !p.wantsBelow(n) {
		return nil
	}
	switch op := n.Op.(type) {
	case nn.ReLU:
		acc := flag(x.sink())
		p.emitBack(n, do(func() { C.k_relu_backward(y.x, y.dx, x.dx, acc, g.floats) }))
	case nn.LeakyReLU:
		acc, slope := flag(x.sink()), C.float(op.Slope)
		p.emitBack(n, do(func() { C.k_leaky_relu_backward(y.x, y.dx, x.dx, slope, acc, g.floats) }))
	case nn.Sigmoid:
		acc := flag(x.sink())
		p.emitBack(n, do(func() { C.k_sigmoid_backward(y.x, y.dx, x.dx, acc, g.floats) }))
	case nn.Tanh:
		acc := flag(x.sink())
		p.emitBack(n, do(func() { C.k_tanh_backward(y.x, y.dx, x.dx, acc, g.floats) }))
	case nn.Exp:
		acc := flag(x.sink())
		p.emitBack(n, do(func() { C.k_exp_backward(y.x, y.dx, x.dx, acc, g.floats) }))
	case nn.Add:
		for _, in := range n.In {
			if v := p.val(in); v.gradAlias == y {
				v.gradWritten = true
			} else if v.needGrad {
				acc := flag(v.sink())
				p.emitBack(n, do(func() { C.k_accumulate(y.dx, v.dx, acc, g.floats) }))
			}
		}
	case nn.Mul:
		b := p.val(n.In[1])
		for _, pair := range [][2]*value{{x, b}, {b, x}} {
			if to, by := pair[0], pair[1]; to.needGrad {
				acc := flag(to.sink())
				p.emitBack(n, do(func() { C.k_mul(y.dx, by.x, to.dx, acc, g.floats) }))
			}
		}
	case nn.Concat:
		p.concatBackward(n)
	case nn.Slice:
		p.sliceBackward(n, op)
	case nn.Fold:
		p.foldBackward(n, op)
	case nn.Upsample:
		acc, xg := flag(x.sink()), x.geometry()
		p.emitBack(n, do(func() { C.call_upsample_backward(g.k, x.dx, y.dx, acc, xg.n, xg.cb, xg.h, xg.w) }))
	case nn.GlobalAvgPool:
		acc, xg := flag(x.sink()), x.geometry()
		p.emitBack(n, do(func() { C.call_pool_backward(g.k, x.dx, y.dx, acc, xg.n, xg.cb, xg.hw) }))
	case nn.ChannelAttention:
		return p.attentionBackward(n, op)
	case nn.Scale:
		w := p.val(n.In[1])
		accx, dx := p.gradient(x)
		accw, dw := p.gradient(w)
		p.emitBack(n, do(func() {
			C.call_scale_backward(g.k, x.x, w.x, y.dx, dx(), accx, dw(), accw, g.n, g.cb, g.hw)
		}))
	case nn.Broadcast:
		acc := flag(x.sink())
		p.emitBack(n, do(func() { C.call_broadcast_backward(g.k, x.dx, y.dx, acc, g.n, g.cb, g.hw) }))
	case nn.Attend:
		p.attendBackward(n, op)
	case nn.Gate:
		a := p.val(n.In[1])
		accx, dx := p.gradient(x)
		acca, da := p.gradient(a)
		p.emitBack(n, do(func() {
			C.call_gate_backward(g.k, x.x, a.x, y.dx, dx(), accx, da(), acca, g.n, g.cb, g.hw)
		}))
	}
	return nil
}

// wantsBelow reports whether any input of n takes part in differentiation: a
// value may want its own gradient over inputs that do not.
func (p *program) wantsBelow(n *nn.Node) bool {
	for k, in := range n.In {
		if nn.Differentiable(n.Op, k) && p.val(in).needGrad {
			return true
		}
	}
	return plan.Trained(n.Op)
}

func (p *program) scoreInput(n *nn.Node) error {
	x, y, z := p.val(n.In[0]), p.val(n.In[1]), p.val(n)
	if x.block != 1 || y.block != 1 || z.block == 1 {
		return fmt.Errorf("needs images of 3 to %d planes", planarBelow-1)
	}
	g := z.geometry()
	p.emit(n, do(func() { C.call_score_input(g.k, x.x, y.x, z.x, g.n, C.int(n.In[0].Shape[1]), g.hw) }))
	return nil
}

// attention runs ECA's convolution over the channels.
func (p *program) attention(n *nn.Node, op nn.ChannelAttention) error {
	x, y := p.val(n.In[0]), p.val(n)
	taps := len(op.W.Data())
	k, err := p.vector(taps)
	if err != nil {
		return err
	}
	p.prepare = append(p.prepare, do(func() { copy(floats(k, taps), op.W.Data()) }))
	p.emit(n, do(func() {
		C.k_attention(x.x, k, y.x, C.int(n.Shape[0]), C.int(n.Shape[1]), C.int(y.cb*y.block), C.int(taps))
	}))
	return nil
}

func (p *program) attentionBackward(n *nn.Node, op nn.ChannelAttention) error {
	x, y := p.val(n.In[0]), p.val(n)
	taps := len(op.W.Data())
	k, err := p.vector(taps)
	if err != nil {
		return err
	}
	dk, err := p.vector(taps)
	if err != nil {
		return err
	}
	acc, dx := p.gradient(x)
	p.prepare = append(p.prepare, do(func() { copy(floats(k, taps), op.W.Data()) }))
	p.emitBack(n, do(func() {
		C.k_attention_backward(x.x, k, y.x, y.dx, dx(), acc, dk, C.int(n.Shape[0]), C.int(n.Shape[1]),
			C.int(y.cb*y.block), C.int(taps))
	}))
	p.trains(op.W)
	p.collect = append(p.collect, do(func() { add(op.W.GradData(), floats(dk, taps)) }))
	return nil
}
