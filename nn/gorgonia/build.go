package gorgonia

import (
	"fmt"

	"agurscope/nn"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// builder translates a graph node by node. The library's errors are bugs of
// the translation: its methods panic with them (G.Must), and Compile recovers.
type builder struct {
	g      *G.ExprGraph
	mode   nn.Mode
	nodes  []*G.Node // by nn.Node.ID
	leaves []*leaf
	params map[*nn.Param]*leaf
	inputs map[*nn.Node]*leaf
	deltas map[*nn.Node]*leaf // zeros added to values whose gradient is wanted
}

// leaf is a tensor that comes from outside.
type leaf struct {
	node *G.Node
	data []float32
	load func(dst []float32) // on every load; nil for what is set once
}

func newBuilder(m nn.Mode) *builder {
	return &builder{
		g: G.NewGraph(), mode: m,
		params: map[*nn.Param]*leaf{}, inputs: map[*nn.Node]*leaf{}, deltas: map[*nn.Node]*leaf{},
	}
}

// leaf adds a tensor. The name gets a number: leaves of one name and shape
// would be merged.
func (b *builder) leaf(name string, load func([]float32), shape ...int) *leaf {
	t := tensor.New(tensor.Of(tensor.Float32), tensor.WithShape(shape...))
	l := &leaf{data: t.Data().([]float32), load: load}
	l.node = G.NewTensor(b.g, tensor.Float32, len(shape), G.WithShape(shape...),
		G.WithName(fmt.Sprintf("%s#%d", name, len(b.leaves))), G.WithValue(t))
	b.leaves = append(b.leaves, l)
	return l
}

// matrix adds a constant matrix.
func (b *builder) matrix(rows, cols int, at func(r, c int) float64) *G.Node {
	l := b.leaf("matrix", nil, rows, cols)
	for i := range l.data {
		l.data[i] = float32(at(i/cols, i%cols))
	}
	return l.node
}

// param adds a parameter in a shape of the same size.
func (b *builder) param(p *nn.Param, shape ...int) *G.Node {
	l := b.params[p]
	if l == nil {
		l = b.leaf(p.Name, func(dst []float32) { copy(dst, p.Data()) }, shape...)
		b.params[p] = l
	}
	return l.node
}

// channels adds a parameter with one value per channel.
func (b *builder) channels(p *nn.Param) *G.Node { return b.param(p, 1, len(p.Data()), 1, 1) }

func (b *builder) add(n *nn.Node) {
	y := b.translate(n)
	if n.WantGradient && b.mode == nn.Training {
		if _, input := n.Op.(nn.Input); !input {
			d := b.leaf("delta", nil, n.Shape[:]...)
			b.deltas[n] = d
			y = G.Must(G.Add(y, d.node))
		}
	}
	b.nodes = append(b.nodes, y)
}

func (b *builder) translate(n *nn.Node) *G.Node {
	in := make([]*G.Node, len(n.In))
	for i, x := range n.In {
		in[i] = b.nodes[x.ID]
	}
	switch op := n.Op.(type) {
	case nn.Input:
		l := b.leaf(op.Name, nil, n.Shape[:]...)
		b.inputs[n] = l
		return l.node
	case nn.Conv:
		return b.conv(op, in[0])
	case nn.Norm:
		return b.norm(op, in[0], n.Shape[1])
	case nn.ReLU:
		return G.Must(G.Rectify(in[0]))
	case nn.LeakyReLU:
		return leaky(in[0], float64(op.Slope))
	case nn.Fold:
		return b.fold(in[0], n.In[0].Shape, op)
	case nn.Sigmoid:
		return G.Must(G.Sigmoid(in[0]))
	case nn.Tanh:
		return G.Must(G.Tanh(in[0]))
	case nn.Exp:
		return G.Must(G.Exp(in[0]))
	case nn.Add:
		return G.Must(G.Add(in[0], in[1]))
	case nn.Mul:
		return G.Must(G.HadamardProd(in[0], in[1]))
	case nn.Concat:
		return G.Must(G.Concat(1, in...))
	case nn.Slice:
		return slice(in[0], op.From, n.Shape[1], n.In[0].Shape[1])
	case nn.Upsample:
		return b.along(in[0], b.doubling(n.In[0].Shape[2]), b.doubling(n.In[0].Shape[3]))
	case nn.GlobalAvgPool:
		return b.pool(in[0], n.In[0].Shape)
	case nn.ChannelAttention:
		return b.attention(op, in[0], n.Shape)
	case nn.Scale:
		return times(in[0], in[1], 2, 3)
	case nn.Broadcast:
		return b.broadcast(in[0], n.Shape)
	case nn.Gate:
		return times(in[0], in[1], 1)
	case nn.Attend:
		return b.attend(op, in[0], in[1], in[2], n.In[0].Shape, n.Shape)
	case nn.ScoreInput:
		return b.scoreInput(b.fixed(n.In[0]), b.fixed(n.In[1]))
	case nn.Residual:
		return b.residual(in[0], in[1], n.In[0].Shape, op.Plain)
	case nn.Blur:
		return b.along(in[0], b.gaussian(n.Shape[2], op.Sigma), b.gaussian(n.Shape[3], op.Sigma))
	case nn.L1Loss:
		return b.l1(in[0], b.fixed(n.In[1]), b.fixed(n.In[2]), op)
	case nn.SSIMLoss:
		return G.Must(G.Sub(scalar(1), mean(b.ssim(in[0], b.fixed(n.In[1]), n.In[0].Shape))))
	case nn.SpectrumLoss:
		return b.spectrum(in[0], b.fixed(n.In[1]), n.In[0].Shape)
	case nn.FocalLoss:
		return b.focal(in[0], b.fixed(n.In[1]), op)
	case nn.DeviationLoss:
		return b.deviation(in[0], b.fixed(n.In[1]), n.In[0].Shape, op)
	case nn.L2Loss:
		return mean(G.Must(G.Square(G.Must(G.Sub(in[0], b.fixed(n.In[1]))))))
	case nn.CriticLoss:
		return b.critic(in[0], b.fixed(n.In[1]), n.In[0].Shape, op)
	case nn.SparsityLoss:
		return b.sparsity(in[0], n.In[0].Shape, float64(op.Rho))
	}
	panic(fmt.Errorf("operation %v is unknown to this engine", n.Op))
}

// fixed is the value of n without the way back.
func (b *builder) fixed(n *nn.Node) *G.Node {
	if _, ok := n.Op.(nn.Input); ok && !n.WantGradient {
		return b.nodes[n.ID] // nobody asks for the way back
	}
	return apply("fixed", b.nodes[n.ID], func(dst, src []float32) { copy(dst, src) })
}

func (b *builder) conv(op nn.Conv, x *G.Node) *G.Node {
	w := b.param(op.W, op.W.Value.Shape()...)
	k, pad, stride, dil := op.Kernel, op.Pad, op.Stride, op.Dilation
	y := G.Must(G.Conv2d(x, w, tensor.Shape{k, k}, []int{pad, pad}, []int{stride, stride}, []int{dil, dil}))
	if op.B == nil {
		return y
	}
	return plus(y, b.channels(op.B))
}

func (b *builder) norm(op nn.Norm, x *G.Node, channels int) *G.Node {
	var y *G.Node
	if b.mode == nn.Training {
		n, _, _, _, err := G.BatchNorm(x, b.channels(op.Gamma), b.channels(op.Beta), 0.1, float64(op.Eps))
		y = G.Must(n, err)
	} else {
		scale, shift := affine(op)
		y = plus(times(x, b.leaf("scale", scale, 1, channels, 1, 1).node, 0, 2, 3),
			b.leaf("shift", shift, 1, channels, 1, 1).node)
	}
	if op.ReLU {
		return G.Must(G.Rectify(y))
	}
	return y
}

// leaky is a mixture of x and max(0,x).
func leaky(x *G.Node, slope float64) *G.Node {
	return G.Must(G.Add(
		G.Must(G.HadamardProd(x, scalar(slope))),
		G.Must(G.HadamardProd(G.Must(G.Rectify(x)), scalar(1-slope)))))
}

// pool is the mean over H and W: a product with a column.
func (b *builder) pool(x *G.Node, s nn.Shape) *G.Node {
	hw := s[2] * s[3]
	rows := G.Must(G.Reshape(x, tensor.Shape{s[0] * s[1], hw}))
	column := b.matrix(hw, 1, func(_, _ int) float64 { return 1 / float64(hw) })
	return G.Must(G.Reshape(G.Must(G.Mul(rows, column)), tensor.Shape{s[0], s[1], 1, 1}))
}

// broadcast is its opposite: a product with a row of ones.
func (b *builder) broadcast(x *G.Node, s nn.Shape) *G.Node {
	column := G.Must(G.Reshape(x, tensor.Shape{s[0] * s[1], 1}))
	row := b.matrix(1, s[2]*s[3], func(_, _ int) float64 { return 1 })
	return G.Must(G.Reshape(G.Must(G.Mul(column, row)), s[:]))
}

// attention convolves along the channels, laid out as one row per image.
func (b *builder) attention(op nn.ChannelAttention, x *G.Node, s nn.Shape) *G.Node {
	k := len(op.W.Data())
	row := G.Must(G.Reshape(x, tensor.Shape{s[0], 1, 1, s[1]}))
	w := b.param(op.W, 1, 1, 1, k)
	z := G.Must(G.Conv2d(row, w, tensor.Shape{1, k}, []int{0, k / 2}, []int{1, 1}, []int{1, 1}))
	return G.Must(G.Reshape(G.Must(G.Sigmoid(z)), s[:]))
}

func (b *builder) scoreInput(x, y *G.Node) *G.Node {
	d := G.Must(G.Abs(G.Must(G.Sub(x, y))))
	return G.Must(G.Concat(1, x, y, G.Must(G.HadamardProd(d, scalar(4)))))
}

// times is x ⊙ w with w repeated along the axes where it has one element.
func times(x, w *G.Node, axes ...byte) *G.Node {
	if x.Shape().Eq(w.Shape()) {
		return G.Must(G.HadamardProd(x, w))
	}
	return G.Must(G.BroadcastHadamardProd(x, w, nil, axes))
}

// plus adds a value per channel.
func plus(x, c *G.Node) *G.Node {
	if x.Shape().Eq(c.Shape()) {
		return G.Must(G.Add(x, c))
	}
	return G.Must(G.BroadcastAdd(x, c, nil, []byte{0, 2, 3}))
}

func scalar(v float64) *G.Node { return G.NewConstant(float32(v)) }

// mean is over all elements: the sum of a vector, whose gradient holds.
func mean(x *G.Node) *G.Node {
	n := x.Shape().TotalSize()
	v := G.Must(G.Reshape(x, tensor.Shape{n}))
	return G.Must(G.HadamardProd(G.Must(G.Sum(v)), scalar(1/float64(n))))
}
