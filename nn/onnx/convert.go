package onnx

import (
	"fmt"
	"maps"
	"math"

	"agurscope/nn"
)

// translation is a graph on its way into a builder.
type translation struct {
	*Builder
	values map[*nn.Node]string
	norms  map[*nn.Node]nn.Norm // of a convolution: what alone reads it
}

// Translate adds the nodes of g that want depends on, for inference, and returns
// the names of all values. Inputs of g stand for the values that bound names; an
// input's extents but the first must be those of g.
func (b *Builder) Translate(g *nn.Graph, want []*nn.Node, bound map[*nn.Node]string) (map[*nn.Node]string, error) {
	t := &translation{Builder: b, values: maps.Clone(bound), norms: map[*nn.Node]nn.Norm{}}
	needed, readers := make([]bool, len(g.Nodes)), make([]int, len(g.Nodes))
	for _, n := range want {
		needed[n.ID] = true
		readers[n.ID]++ // from outside
	}
	for i := len(g.Nodes) - 1; i >= 0; i-- {
		if !needed[i] {
			continue
		}
		for _, in := range g.Nodes[i].In {
			needed[in.ID] = true
			readers[in.ID]++
		}
	}
	for i, n := range g.Nodes {
		if op, ok := n.Op.(nn.Norm); ok && needed[i] && isConv(n.In[0]) && readers[n.In[0].ID] == 1 {
			t.norms[n.In[0]] = op
		}
	}
	for i, n := range g.Nodes {
		if !needed[i] || t.values[n] != "" {
			continue
		}
		if t.values[n] = t.node(n); t.values[n] == "" {
			return nil, fmt.Errorf("write ONNX: %v is not for inference, or an input that stands for nothing", n.Op)
		}
	}
	return t.values, nil
}

func isConv(n *nn.Node) bool { _, ok := n.Op.(nn.Conv); return ok }

// node adds an operation; what has no translation has no name.
func (t *translation) node(n *nn.Node) string {
	in := make([]string, len(n.In))
	for i, x := range n.In {
		in[i] = t.values[x]
	}
	switch op := n.Op.(type) {
	case nn.Conv:
		return t.conv(n, op, in[0])
	case nn.Norm:
		return t.norm(n, op, in[0])
	case nn.ReLU:
		return t.op("Relu", in...)
	case nn.LeakyReLU:
		return t.Node("LeakyRelu", "LeakyRelu", []Attribute{{"alpha", op.Slope}}, in...)
	case nn.Fold:
		return t.fold(op, in[0], n.In[0].Shape, n.Shape)
	case nn.Sigmoid:
		return t.op("Sigmoid", in...)
	case nn.Tanh:
		return t.op("Tanh", in...)
	case nn.Exp:
		return t.op("Exp", in...)
	case nn.Add:
		return t.Add(in[0], in[1])
	case nn.Concat:
		return t.Concat(in...)
	case nn.Slice:
		return t.op("Slice", in[0], t.Ints(int64(op.From)), t.Ints(int64(op.From+n.Shape[1])), t.Ints(1))
	case nn.Upsample:
		// Half-pixel centres with clamped edges are what Resize does by default.
		return t.Node("Resize", "Resize", []Attribute{{"mode", "linear"}}, in[0], "", t.Floats("twice", []float32{1, 1, 2, 2}, 4))
	case nn.GlobalAvgPool:
		return t.op("GlobalAveragePool", in...)
	case nn.ChannelAttention:
		return t.attention(op, in[0], n.Shape)
	case nn.Scale, nn.Gate, nn.Mul:
		return t.Mul(in[0], in[1])
	case nn.Broadcast:
		return t.op("Expand", in[0], t.Ints(1, 1, int64(n.Shape[2]), int64(n.Shape[3])))
	case nn.Attend:
		return t.attend(op, in, n)
	case nn.ScoreInput:
		d := t.Mul(t.op("Abs", t.Sub(in[0], in[1])), t.Scalar(4))
		return t.Concat(in[0], in[1], d)
	case nn.Residual:
		return t.residual(op, in[0], in[1], n.In[0].Shape)
	case nn.Blur:
		return t.Along(in[0], t.gaussian(n.Shape[2], op.Sigma, false), t.gaussian(n.Shape[3], op.Sigma, true))
	}
	return ""
}

// conv takes the normalisation that alone reads it into its weights.
func (t *translation) conv(n *nn.Node, op nn.Conv, x string) string {
	w, in := op.W.Data(), []string{x}
	var bias []float32
	if op.B != nil {
		bias = op.B.Data()
	}
	if norm, ok := t.norms[n]; ok {
		w, bias = foldNorm(norm, w, bias)
	}
	in = append(in, t.Floats(t.unique(op.W.Name), w, op.W.Value.Shape()...))
	if bias != nil {
		in = append(in, t.Floats(t.unique(op.Name+".bias"), bias, len(bias)))
	}
	k, s, d, p := int64(op.Kernel), int64(op.Stride), int64(op.Dilation), int64(op.Pad)
	return t.Node(op.Name, "Conv", []Attribute{
		{"kernel_shape", []int64{k, k}}, {"strides", []int64{s, s}}, {"dilations", []int64{d, d}}, {"pads", []int64{p, p, p, p}},
	}, in...)
}

// foldNorm returns the weights and bias of a convolution followed by a
// normalisation.
func foldNorm(norm nn.Norm, w, bias []float32) (folded, shift []float32) {
	channels := len(norm.Gamma.Data())
	folded, shift = make([]float32, len(w)), make([]float32, channels)
	per := len(w) / channels
	for c := range channels {
		g := float64(norm.Gamma.Data()[c]) / math.Sqrt(float64(norm.Var.Data()[c])+float64(norm.Eps))
		at := -float64(norm.Mean.Data()[c])
		if bias != nil {
			at += float64(bias[c])
		}
		shift[c] = float32(at*g + float64(norm.Beta.Data()[c]))
		for i := c * per; i < (c+1)*per; i++ {
			folded[i] = float32(float64(w[i]) * g)
		}
	}
	return folded, shift
}

func (t *translation) norm(n *nn.Node, op nn.Norm, x string) string {
	if _, folded := t.norms[n.In[0]]; !folded {
		vector := func(p *nn.Param) string { return t.Floats(p.Name, p.Data(), len(p.Data())) }
		x = t.Node(op.Name, "BatchNormalization", []Attribute{{"epsilon", op.Eps}}, x,
			vector(op.Gamma), vector(op.Beta), vector(op.Mean), vector(op.Var))
	}
	if op.ReLU {
		return t.op("Relu", x)
	}
	return x
}

// attention convolves along the channels, laid out as one row per image.
func (t *translation) attention(op nn.ChannelAttention, x string, s nn.Shape) string {
	k := len(op.W.Data())
	row := t.Reshape(x, 0, 1, int64(s[1]))
	z := t.Node(op.Name, "Conv", []Attribute{{"kernel_shape", []int64{int64(k)}}, {"pads", []int64{int64(k / 2), int64(k / 2)}}},
		row, t.Floats(op.W.Name, op.W.Data(), 1, 1, k))
	return t.Reshape(t.op("Sigmoid", z), 0, int64(s[1]), 1, 1)
}

// fold is a transposed convolution that puts every element of a patch in its
// place, divided by how many patches cover it.
func (t *translation) fold(op nn.Fold, x string, from, to nn.Shape) string {
	k, pad := op.Kernel, int64((op.Kernel-op.Stride)/2)
	place := make([]float32, from[1]*k*k)
	for i := range from[1] {
		place[i*k*k+i%(k*k)] = 1
	}
	name := fmt.Sprintf("patches %dx%d of %d", k, k, from[1])
	y := t.Node("ConvTranspose", "ConvTranspose", []Attribute{
		{"group", int64(to[1])}, {"kernel_shape", []int64{int64(k), int64(k)}},
		{"strides", []int64{int64(op.Stride), int64(op.Stride)}}, {"pads", []int64{pad, pad, pad, pad}},
	}, x, t.Floats(name, place, from[1], 1, k, k))
	rows, cols := cover(from[2], op), cover(from[3], op)
	share := make([]float32, to[2]*to[3])
	for i := range share {
		share[i] = 1 / float32(rows[i/to[3]]*cols[i%to[3]])
	}
	return t.Mul(y, t.Floats(fmt.Sprintf("share %dx%d of %dx%d", k, op.Stride, to[2], to[3]), share, 1, 1, to[2], to[3]))
}

// cover counts how many of n patches in a row cover each pixel.
func cover(n int, op nn.Fold) []int {
	out := make([]int, n*op.Stride)
	for patch := range n {
		for k := range op.Kernel {
			if at := patch*op.Stride - (op.Kernel-op.Stride)/2 + k; at >= 0 && at < len(out) {
				out[at]++
			}
		}
	}
	return out
}
