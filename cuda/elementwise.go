//go:build nvidia

package cuda

import (
	"fmt"

	"agurscope/nn"
	"agurscope/nn/plan"
)

// Forward and backward of the operations without parameters stand side by
// side: emitForward and emitBackward pick the pair by type.

func (p *program) emitForward(n *nn.Node) error {
	y := p.val(n)
	if len(n.In) == 1 && p.fused[n.In[0]] == n {
		return nil // computed by the convolution before it
	}
	var x *value
	if len(n.In) > 0 {
		x = p.val(n.In[0])
	}
	switch op := n.Op.(type) {
	case nn.Input:
	case nn.Conv:
		p.convForward(n, op)
	case nn.Norm:
		p.normForward(n, op)
	case nn.ReLU:
		p.each(n, "leaky", y.size(), x.x, y.x, float32(0))
	case nn.LeakyReLU:
		p.each(n, "leaky", y.size(), x.x, y.x, op.Slope)
	case nn.Sigmoid:
		p.each(n, "sigmoid", y.size(), x.x, y.x)
	case nn.Tanh:
		p.each(n, "tangent", y.size(), x.x, y.x)
	case nn.Exp:
		p.each(n, "power", y.size(), x.x, y.x)
	case nn.Add:
		p.each(n, "sum", y.size(), x.x, p.val(n.In[1]).x, y.x)
	case nn.Mul:
		p.each(n, "times", y.size(), x.x, p.val(n.In[1]).x, y.x, false)
	case nn.Concat:
		offset, all := 0, y.c()*y.hw()
		for _, in := range n.In {
			part := p.val(in)
			each := part.c() * part.hw()
			p.each(n, "stretch", part.size(), part.x, y.x.at(offset), each, all, each, false)
			offset += each
		}
	case nn.Slice:
		each := y.c() * y.hw()
		p.each(n, "stretch", y.size(), x.x.at(op.From*x.hw()), y.x, x.c()*x.hw(), each, each, false)
	case nn.Fold:
		p.each(n, "fold", y.size(), x.x, y.x, y.c(), x.h(), x.w(), op.Kernel, op.Stride)
	case nn.Upsample:
		p.each(n, "bilinear", y.size(), x.x, y.x, x.h(), x.w())
	case nn.GlobalAvgPool:
		p.emit(n, "pool", x.n()*x.c(), 1, 1, x.x, y.x, 1/float32(x.hw()), x.hw(), false)
	case nn.ChannelAttention:
		taps := len(op.W.Data())
		k := p.constant(taps, func(dst []float32) { copy(dst, op.W.Data()) })
		p.saved[n] = k
		p.each(n, "attention", y.size(), x.x, k, y.x, y.c(), taps)
	case nn.Scale:
		p.each(n, "scale", y.size(), x.x, p.val(n.In[1]).x, y.x, y.hw())
	case nn.Broadcast:
		p.each(n, "spread", y.size(), x.x, y.x, float32(1), y.hw(), false)
	case nn.Gate:
		p.each(n, "gate", y.size(), x.x, p.val(n.In[1]).x, y.x, y.c(), y.hw())
	case nn.Attend:
		p.attend(n, op)
	case nn.ScoreInput:
		p.each(n, "score_input", y.size(), x.x, p.val(n.In[1]).x, y.x, x.c()*x.hw())
	case nn.Residual:
		p.residual(n, op)
	case nn.Blur:
		p.blur(n, op)
	default:
		if nn.IsLoss(op) {
			return p.loss(n)
		}
		return fmt.Errorf("the card has no kernel for it; another engine has")
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
	switch op := n.Op.(type) {
	case nn.Conv:
		p.convBackward(n, op)
		return nil
	case nn.Norm:
		p.normBackward(n, op)
		return nil
	}
	if !p.wantsBelow(n) {
		return nil
	}
	switch op := n.Op.(type) {
	case nn.ReLU:
		p.each(n, "leaky_back", y.size(), y.x, y.dx, x.dx, float32(0), x.sink())
	case nn.LeakyReLU:
		p.each(n, "leaky_back", y.size(), y.x, y.dx, x.dx, op.Slope, x.sink())
	case nn.Sigmoid:
		p.each(n, "sigmoid_back", y.size(), y.x, y.dx, x.dx, x.sink())
	case nn.Tanh:
		p.each(n, "tangent_back", y.size(), y.x, y.dx, x.dx, x.sink())
	case nn.Exp:
		p.each(n, "power_back", y.size(), y.x, y.dx, x.dx, x.sink())
	case nn.Add:
		for _, in := range n.In {
			if v := p.val(in); v.needGrad {
				p.each(n, "pass", y.size(), y.dx, v.dx, v.sink())
			}
		}
	case nn.Mul:
		b := p.val(n.In[1])
		if x.needGrad {
			p.each(n, "times", y.size(), y.dx, b.x, x.dx, x.sink())
		}
		if b.needGrad {
			p.each(n, "times", y.size(), y.dx, x.x, b.dx, b.sink())
		}
	case nn.Concat:
		offset, all := 0, y.c()*y.hw()
		for _, in := range n.In {
			part := p.val(in)
			each := part.c() * part.hw()
			if part.needGrad {
				p.each(n, "stretch", part.size(), y.dx.at(offset), part.dx, all, each, each, part.sink())
			}
			offset += each
		}
	case nn.Slice:
		if !x.sink() {
			p.each(n, "spread", x.size(), y.dx, x.dx, float32(0), x.size(), false)
		}
		each := y.c() * y.hw()
		p.each(n, "stretch", y.size(), y.dx, x.dx.at(op.From*x.hw()), each, x.c()*x.hw(), each, true)
	case nn.Fold:
		p.each(n, "fold_back", x.size(), y.dx, x.dx, y.c(), x.h(), x.w(), op.Kernel, op.Stride, x.sink())
	case nn.Upsample:
		p.each(n, "bilinear_back", x.size(), y.dx, x.dx, x.h(), x.w(), x.sink())
	case nn.GlobalAvgPool:
		p.each(n, "spread", x.size(), y.dx, x.dx, 1/float32(x.hw()), x.hw(), x.sink())
	case nn.ChannelAttention:
		p.attentionBackward(n, op)
	case nn.Scale:
		w := p.val(n.In[1])
		wants, addx, addw := p.both(x, w)
		p.emit(n, "scale_back", y.n()*y.c(), 1, 1, x.x, w.x, y.dx, x.dx, w.dx, y.hw(), wants, addx, addw)
	case nn.Broadcast:
		p.emit(n, "pool", x.size(), 1, 1, y.dx, x.dx, float32(1), y.hw(), x.sink())
	case nn.Attend:
		p.attendBackward(n, op)
	case nn.Gate:
		a := p.val(n.In[1])
		wants, addx, adda := p.both(x, a)
		p.each(n, "gate_back", y.n()*y.hw(), x.x, a.x, y.dx, x.dx, a.dx, y.c(), y.hw(), wants, addx, adda)
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

// both claims the gradients of two inputs that one kernel writes; wants says
// which of them anybody reads.
func (p *program) both(a, b *value) (wants int, adda, addb bool) {
	if a.needGrad {
		wants, adda = wants|1, a.sink()
	}
	if b.needGrad {
		wants, addb = wants|2, b.sink()
	}
	return wants, adda, addb
}

func (p *program) attentionBackward(n *nn.Node, op nn.ChannelAttention) {
	x, y := p.val(n.In[0]), p.val(n)
	taps := len(op.W.Data())
	p.trains(op.W)
	dk := p.result(taps, func(src []float32) { add(op.W.GradData(), src) })
	p.emit(n, "attention_weights", taps, 1, 1, x.x, y.x, y.dx, dk, y.c(), taps, y.size())
	if x.needGrad {
		p.each(n, "attention_back", y.size(), p.saved[n], y.x, y.dx, x.dx, y.c(), taps, x.sink())
	}
}
