package gorgonia

import (
	"errors"
	"fmt"
	"math"

	"agurscope/nn"
	G "gorgonia.org/gorgonia"
)

// program implements nn.Program.
type program struct {
	g        *nn.Graph
	b        *builder
	tape     *tape
	forward  int // how many of the tape's nodes are the forward pass
	grads    map[*leaf]*G.Node
	momentum float32
	closed   bool
}

var errClosed = errors.New("the program is closed")

// Compile implements nn.Engine.
func (*engine) Compile(g *nn.Graph, m nn.Mode) (nn.Program, error) {
	library.Lock()
	defer library.Unlock()
	p := &program{g: g, b: newBuilder(m), tape: newTape(), momentum: 0.1, grads: map[*leaf]*G.Node{}}
	if err := p.compile(); err != nil {
		return nil, fmt.Errorf("compile for gorgonia: %w", err)
	}
	return p, nil
}

func (p *program) compile() (err error) {
	// The library reports by panic as well as by error.
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%v", r)
		}
	}()
	for _, n := range p.g.Nodes {
		p.b.add(n)
		if n.Keep || nn.IsLoss(n.Op) {
			p.tape.want(p.b.nodes[n.ID])
		}
		if _, ok := n.Op.(nn.Norm); ok && p.training() {
			p.tape.want(p.b.nodes[n.In[0].ID])
		}
	}
	p.forward = len(p.tape.nodes)
	if p.training() {
		if err := p.differentiate(); err != nil {
			return err
		}
	}
	p.load()
	return nil
}

func (p *program) training() bool { return p.b.mode == nn.Training }

// differentiate adds the gradients of the weighted sum of the losses.
func (p *program) differentiate() error {
	var total *G.Node
	for _, l := range p.g.Losses {
		if l.Weight == 0 {
			continue
		}
		term := G.Must(G.HadamardProd(p.b.nodes[l.Node.ID], scalar(float64(l.Weight))))
		if total == nil {
			total = term
		} else {
			total = G.Must(G.Add(total, term))
		}
	}
	leaves := p.reached()
	if len(leaves) == 0 {
		return nil
	}
	var wrt []*G.Node
	for _, l := range leaves {
		wrt = append(wrt, l.node)
	}
	grads, err := G.Grad(total, wrt...)
	if err != nil {
		return fmt.Errorf("differentiate: %w", err)
	}
	for i, l := range leaves {
		p.grads[l] = grads[i]
		p.tape.want(grads[i])
	}
	return nil
}

// reached lists the leaves that want a gradient and on which a loss depends.
func (p *program) reached() (leaves []*leaf) {
	reach := make([]bool, len(p.g.Nodes))
	for _, l := range p.g.Losses {
		reach[l.Node.ID] = reach[l.Node.ID] || l.Weight != 0
	}
	seen := map[*leaf]bool{nil: true}
	want := func(l *leaf) {
		if !seen[l] {
			seen[l] = true
			leaves = append(leaves, l)
		}
	}
	for i := len(p.g.Nodes) - 1; i >= 0; i-- {
		n := p.g.Nodes[i]
		if !reach[i] {
			continue
		}
		for k, in := range n.In {
			reach[in.ID] = reach[in.ID] || nn.Differentiable(n.Op, k)
		}
		for _, q := range trained(n.Op) {
			want(p.b.params[q])
		}
		if n.WantGradient {
			want(p.wanted(n))
		}
	}
	return leaves
}

// wanted is the leaf whose gradient is that of n.
func (p *program) wanted(n *nn.Node) *leaf {
	if l := p.b.inputs[n]; l != nil {
		return l
	}
	return p.b.deltas[n]
}

// trained returns an operation's trained parameters.
func trained(op nn.Op) []*nn.Param {
	switch op := op.(type) {
	case nn.Conv:
		return []*nn.Param{op.W, op.B}
	case nn.Norm:
		return []*nn.Param{op.Gamma, op.Beta}
	case nn.ChannelAttention:
		return []*nn.Param{op.W}
	}
	return nil
}

func (p *program) load() {
	for _, l := range p.b.leaves {
		if l.load != nil {
			l.load(l.data)
		}
	}
}

// affine returns what fills scale and shift of an inference-time
// normalisation.
func affine(op nn.Norm) (scale, shift func([]float32)) {
	factor := func(c int) float64 {
		return float64(op.Gamma.Data()[c]) / math.Sqrt(float64(op.Var.Data()[c])+float64(op.Eps))
	}
	scale = func(dst []float32) {
		for c := range dst {
			dst[c] = float32(factor(c))
		}
	}
	shift = func(dst []float32) {
		for c := range dst {
			dst[c] = float32(float64(op.Beta.Data()[c]) - float64(op.Mean.Data()[c])*factor(c))
		}
	}
	return scale, shift
}

// Set implements nn.Program.
func (p *program) Set(n *nn.Node, data []float32) {
	if len(data) != n.Shape.Size() {
		panic(&nn.ShapeError{Op: "set " + n.Op.String(), Want: n.Shape.String(), Got: []nn.Shape{{1, 1, 1, len(data)}}})
	}
	copy(p.b.inputs[n].data, data)
}

// Forward implements nn.Program.
func (p *program) Forward() error {
	library.Lock()
	defer library.Unlock()
	if p.closed {
		return errClosed
	}
	if p.training() {
		p.load()
	}
	clear(p.tape.values)
	if err := p.run(0, p.forward); err != nil {
		return err
	}
	if p.training() {
		for _, n := range p.g.Nodes {
			if op, ok := n.Op.(nn.Norm); ok {
				p.running(op, n.In[0])
			}
		}
	}
	return nil
}

// running moves the running statistics towards those of x.
func (p *program) running(op nn.Norm, x *nn.Node) {
	data, s := p.tape.floats(p.b.nodes[x.ID]), x.Shape
	hw, count := s[2]*s[3], float64(s[0]*s[2]*s[3])
	mean, vari := op.Mean.Data(), op.Var.Data()
	m := float64(p.momentum)
	for c := range s[1] {
		sum, squares := 0.0, 0.0
		visit := func(f func(v float64)) {
			for b := range s[0] {
				for _, v := range data[(b*s[1]+c)*hw:][:hw] {
					f(float64(v))
				}
			}
		}
		visit(func(v float64) { sum += v })
		visit(func(v float64) { squares += (v - sum/count) * (v - sum/count) })
		mean[c] += float32(m * (sum/count - float64(mean[c])))
		vari[c] += float32(m * (squares/max(count-1, 1) - float64(vari[c])))
	}
}

// Backward implements nn.Program.
func (p *program) Backward() error {
	if !p.training() {
		return errors.New("backward of a program compiled for inference")
	}
	library.Lock()
	defer library.Unlock()
	if p.closed {
		return errClosed
	}
	if err := p.run(p.forward, len(p.tape.nodes)); err != nil {
		return err
	}
	for q, l := range p.b.params {
		if g := p.grads[l]; g != nil {
			copy(q.GradData(), p.tape.floats(g))
		}
	}
	return nil
}

// run turns the library's panics into errors: a bug in one program must not
// end the others.
func (p *program) run(from, to int) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("run gorgonia: %v", r)
		}
	}()
	return p.tape.run(from, to, !p.training())
}

// Get implements nn.Program.
func (p *program) Get(n *nn.Node, dst []float32) []float32 {
	if l := p.b.inputs[n]; l != nil {
		return append(dst[:0], l.data...)
	}
	if !n.Keep && !nn.IsLoss(n.Op) {
		panic(&nn.ShapeError{Op: "get " + n.Op.String(), Want: "a node marked Keep", Got: []nn.Shape{n.Shape}})
	}
	return append(dst[:0], p.tape.floats(p.b.nodes[n.ID])...)
}

// Gradient implements nn.Program.
func (p *program) Gradient(n *nn.Node, dst []float32) []float32 {
	g := p.grads[p.wanted(n)]
	if g == nil {
		panic(&nn.ShapeError{Op: "gradient of " + n.Op.String(), Want: "a node marked WantGradient", Got: []nn.Shape{n.Shape}})
	}
	return append(dst[:0], p.tape.floats(g)...)
}

// SetMomentum implements nn.Program.
func (p *program) SetMomentum(m float32) { p.momentum = m }

// Reload implements nn.Program.
func (p *program) Reload() error {
	if p.closed {
		return errClosed
	}
	p.load()
	return nil
}

// Bytes implements nn.Program, as if no value were dropped.
func (p *program) Bytes() (sum int64) {
	for _, n := range p.tape.nodes {
		sum += 4 * int64(n.Shape().TotalSize())
	}
	return sum
}

// Close implements nn.Program.
func (p *program) Close() error {
	p.closed, p.tape.values = true, nil
	return nil
}
