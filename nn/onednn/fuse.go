//go:build onednn

package onednn

import (
	"agurscope/nn"
	"agurscope/nn/plan"
)

// fuse finds the operations that inference computes together, so that a value
// is not written only to be read again:
//
//   - a convolution and the Norm, ReLU or Sigmoid that alone reads it: the
//     weights are scaled, the function is applied as results are stored;
//   - ScoreInput or an enlargement and the convolution that alone reads it;
//   - Scale and the sum that alone reads it, and a sum and a Norm of it;
//   - a concatenation and the Norm that alone reads it, part by part.
func (p *program) fuse() {
	readers := plan.Readers(p.g)
	for _, n := range p.g.Nodes {
		of := readers[n.ID]
		if n.Keep || len(of) == 0 {
			continue
		}
		r, alone := of[0], len(of) == 1
		switch n.Op.(type) {
		case nn.Conv:
			if alone && p.absorbs(n, r) {
				p.fused[n] = r
				p.val(n).alias = p.val(r)
			}
		case nn.ScoreInput:
			if alone && p.stems(n, r) {
				p.within[n] = r
			}
		case nn.Upsample:
			if alone && p.enlarges(n, r) {
				p.within[n] = r
			}
		case nn.Scale:
			if _, sum := r.Op.(nn.Add); sum && alone && p.within[r.In[0]] == nil && p.val(r).block != 1 {
				p.within[n] = r
			}
		case nn.Concat:
			if _, norm := r.Op.(nn.Norm); norm && alone && p.aligned(n) {
				p.within[n] = r
			}
		}
	}
	for _, n := range p.g.Nodes {
		if _, sum := n.Op.(nn.Add); !sum || p.val(n).block == 1 {
			continue
		}
		for _, r := range readers[n.ID] {
			if _, norm := r.Op.(nn.Norm); norm {
				p.ahead[n] = r
				break
			}
		}
	}
}

// fuseTraining finds what training computes together: what needs no value of its
// own for the gradient.
func (p *program) fuseTraining() {
	readers := plan.Readers(p.g)
	for _, n := range p.g.Nodes {
		if of := readers[n.ID]; n.Keep || n.WantGradient || len(of) != 1 {
			continue
		}
		r := readers[n.ID][0]
		switch n.Op.(type) {
		case nn.Conv:
			switch r.Op.(type) {
			case nn.ReLU, nn.Sigmoid: // their gradients look at results
				if p.absorbs(n, r) {
					p.fused[n] = r
					p.val(n).alias = p.val(r)
				}
			}
		case nn.ScoreInput:
			if p.stems(n, r) {
				p.within[n] = r
			}
		case nn.Upsample:
			if p.enlarges(n, r) {
				p.within[n] = r
				p.val(n).needGrad = false // its input has it from the convolution
			}
		case nn.Scale:
			if _, sum := r.Op.(nn.Add); sum && p.within[r.In[0]] == nil && p.val(r).block != 1 {
				p.within[n] = r
			}
		}
	}
	for _, n := range p.g.Nodes {
		if _, sum := n.Op.(nn.Add); sum {
			p.shareGradient(n, readers)
		}
	}
}

// shareGradient lets what is added have the gradient of the sum in place, where
// all that reads it as it is does so before anything is added to it.
func (p *program) shareGradient(sum *nn.Node, readers [][]*nn.Node) {
	y, a, b := p.val(sum), sum.In[0], sum.In[1]
	if a == b || !y.needGrad || sum.WantGradient {
		return
	}
	shared := true
	for _, pair := range [][2]*nn.Node{{a, b}, {b, a}} {
		in, other := pair[0], pair[1]
		v := p.val(in)
		ok := v.needGrad && v.block == y.block && !in.WantGradient && p.added(in, sum, readers) < p.handedOn(other)
		shared = shared && (ok || !v.needGrad)
	}
	if !shared {
		return
	}
	for _, in := range sum.In {
		if v := p.val(in); v.needGrad {
			v.gradAlias = y
		}
	}
}

// added is the first turn of the backward pass in which something is added to what
// a term of a sum has of it, or that term's own terms have: the highest ID.
func (p *program) added(term, sum *nn.Node, readers [][]*nn.Node) int {
	first := -1
	for _, r := range readers[term.ID] {
		at := p.turn(r)
		if r == sum {
			continue
		}
		if nn.IsLoss(r.Op) || at > sum.ID {
			return len(p.values) // before the sum has it
		}
		first = max(first, at)
	}
	for _, in := range p.sharing(term) {
		first = max(first, p.added(in, term, readers))
	}
	return first
}

// handedOn is the last turn in which the gradient of n is read as it is: by what
// computed n, or the terms that share it.
func (p *program) handedOn(n *nn.Node) int {
	last := n.ID
	for _, in := range p.sharing(n) {
		last = min(last, p.handedOn(in))
	}
	return last
}

// sharing lists the terms of n that have its gradient in place.
func (p *program) sharing(n *nn.Node) (terms []*nn.Node) {
	for _, in := range n.In {
		if p.val(in).gradAlias == p.val(n) {
			terms = append(terms, in)
		}
	}
	return terms
}

// absorbs reports whether a convolution can compute r as it stores.
func (p *program) absorbs(n, r *nn.Node) bool {
	switch r.Op.(type) {
	case nn.Norm, nn.ReLU:
		return true
	case nn.Sigmoid:
		return p.few(n)
	}
	return false
}

// when is the time at which an operation reads its inputs.
func (p *program) when(r *nn.Node) int {
	if in := p.within[r]; in != nil {
		return p.when(in)
	}
	if f := p.fused[r]; f != nil {
		return max(r.ID, f.ID)
	}
	return r.ID
}

// turn is the node in whose turn the inputs of r get their gradient.
func (p *program) turn(r *nn.Node) int {
	if conv := p.within[r]; conv != nil && p.subpixel(conv) {
		return conv.ID
	}
	return r.ID
}

// unstored reports whether a value exists only inside other operations.
func (p *program) unstored(n *nn.Node, readers []*nn.Node) bool {
	return p.within[n] != nil || p.ahead[n] != nil && len(readers) == 1 && !n.Keep
}
