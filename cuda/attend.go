//go:build nvidia

package cuda

import "agurscope/nn"

// attend computes the weights, which lie in scratch, and mixes.
func (p *program) attend(n *nn.Node, op nn.Attend) {
	q, k, v, y := p.val(n.In[0]), p.val(n.In[1]), p.val(n.In[2]), p.val(n)
	l, inner, each := op.Extents(n.In[0].Shape, n.Shape)
	w := p.temporary(0, y.n()*l*l)
	p.emit(n, "attend", y.n()*l, 1, 1, q.x, k.x, w, op.Factor, l, inner, op.Channels)
	p.each(n, "attend_mix", y.size(), w, v.x, y.x, float32(1), l, each, false, op.Channels, false)
}

func (p *program) attendBackward(n *nn.Node, op nn.Attend) {
	q, k, v, y := p.val(n.In[0]), p.val(n.In[1]), p.val(n.In[2]), p.val(n)
	l, inner, each := op.Extents(n.In[0].Shape, n.Shape)
	all := y.n() * l * l
	w, dw := p.temporary(0, all), p.temporary(all, all)
	p.emit(n, "attend", y.n()*l, 1, 1, q.x, k.x, w, op.Factor, l, inner, op.Channels)
	p.emit(n, "attend_back", y.n()*l, 1, 1, y.dx, v.x, w, dw, l, each, op.Channels)
	if q.needGrad {
		p.each(n, "attend_mix", q.size(), dw, k.x, q.dx, op.Factor, l, inner, false, op.Channels, q.sink())
	}
	if k.needGrad {
		p.each(n, "attend_mix", k.size(), dw, q.x, k.dx, op.Factor, l, inner, true, op.Channels, k.sink())
	}
	if v.needGrad {
		p.each(n, "attend_mix", v.size(), w, y.dx, v.dx, float32(1), l, each, true, op.Channels, v.sink())
	}
}
