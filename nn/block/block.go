// Package block builds the parts that the project's networks are made of: the
// pre-activation fusion residual block, the improved ASPP, the attention gate and
// the decoder stage. Each is one paper's block with the shapes of ours.
package block

import (
	"fmt"

	"agurscope/nn"
)

// Without switches parts of the blocks off, for ablations. The zero value is
// everything.
type Without struct {
	Gates  bool // skips joined as they are
	ECA    bool // no channel attention
	PreAct bool // convolution, normalisation, ReLU twice, no shortcut
	Skips  bool // no skip connections
}

// Builder adds blocks to a graph.
type Builder struct {
	*nn.Graph
	Without Without
}

// PreRes is the pre-activation fusion residual block: x (N,I,H,W) to
// (N,c,H/stride,W/stride). He et al. 2016 (https://arxiv.org/abs/1603.05027)
// with channel attention on the residual; where width or stride changes, the
// 1x1 shortcut takes the pre-activated tensor.
func (b Builder) PreRes(name string, x *nn.Node, c, stride int) *nn.Node {
	if b.Without.PreAct {
		return b.plain(name, x, c, stride)
	}
	a := b.Norm(name+".norm1", x, true)
	r := b.Conv(name+".conv1", a, c, 3, nn.ConvOptions{Stride: stride})
	r = b.Norm(name+".norm2", r, true)
	r = b.Conv(name+".conv2", r, c, 3, nn.ConvOptions{Gain: .5})
	if !b.Without.ECA {
		r = b.ECA(name+".eca", r)
	}
	short := x
	if x.Shape[1] != c || stride != 1 {
		short = b.Conv(name+".short", a, c, 1, nn.ConvOptions{Stride: stride})
	}
	return b.Add(r, short)
}

// plain is the block of the basic U-Net: convolution, normalisation, ReLU,
// twice.
func (b Builder) plain(name string, x *nn.Node, c, stride int) *nn.Node {
	r := b.Norm(name+".norm1", b.Conv(name+".conv1", x, c, 3, nn.ConvOptions{Stride: stride}), true)
	r = b.Norm(name+".norm2", b.Conv(name+".conv2", r, c, 3, nn.ConvOptions{}), true)
	if !b.Without.ECA {
		r = b.ECA(name+".eca", r)
	}
	return r
}

// ASPP is the improved atrous spatial pyramid pooling: 1x1, one 3x3 per
// dilation and the image's mean, joined under channel attention and added to x
// (https://arxiv.org/abs/1706.05587; Eq. 1 of the paper). The shape stays.
func (b Builder) ASPP(name string, x *nn.Node, rates []int) *nn.Node {
	c := x.Shape[1]
	branch := func(key string, k, dilation int) *nn.Node {
		v := b.Conv(name+"."+key, x, c/2, k, nn.ConvOptions{Dilation: dilation})
		return b.Norm(name+"."+key+".norm", v, true)
	}
	parts := []*nn.Node{branch("point", 1, 1)}
	for i, r := range rates {
		parts = append(parts, branch(fmt.Sprintf("rate%d", i), 3, r))
	}
	mean := b.ReLU(b.Conv(name+".mean", b.GlobalAvgPool(x), c/2, 1, nn.ConvOptions{Bias: true}))
	z := b.Concat(append(parts, b.Broadcast(mean, x.Shape[2], x.Shape[3]))...)
	if !b.Without.ECA {
		z = b.ECA(name+".eca", z)
	}
	z = b.Norm(name+".join.norm", b.Conv(name+".join", z, c, 1, nn.ConvOptions{}), true)
	return b.Add(x, z)
}

// AttentionGate is the attention gate of Eq. 2 at the skip's own resolution: x
// (N,C,H,W) weighted by α(x,u) (N,1,H,W), open at first (bias 1). Oktay et al.
// 2018 (https://arxiv.org/abs/1804.03999).
func (b Builder) AttentionGate(name string, x, u *nn.Node) *nn.Node {
	m := max(x.Shape[1]/2, 4)
	q := b.Add(b.Conv(name+".x", x, m, 1, nn.ConvOptions{}), b.Conv(name+".g", u, m, 1, nn.ConvOptions{Bias: true}))
	q = b.Norm(name+".norm", q, true)
	return b.Gate(x, b.Sigmoid(b.Conv(name+".psi", q, 1, 1, nn.ConvOptions{Bias: true, BiasInit: 1})))
}

// Decode is one decoder stage: d (N,L,H,W) and a skip (N,S,2H,2W) to
// (N,c,2H,2W). The 1x1 convolution comes before the up-sampling, where it
// costs a quarter.
func (b Builder) Decode(name string, d, skip *nn.Node, c int) *nn.Node {
	u := b.Upsample(b.Conv(name+".up", d, c, 1, nn.ConvOptions{}))
	switch {
	case b.Without.Skips:
	case b.Without.Gates:
		u = b.Concat(u, skip)
	default:
		u = b.Concat(u, b.AttentionGate(name+".gate", skip, u))
	}
	return b.PreRes(name+".res", u, c, 1)
}
