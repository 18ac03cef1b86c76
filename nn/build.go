package nn

import "math"

// ConvOptions are the details of a convolution. The zero value is stride 1,
// dilation 1, "same" padding, no bias and He initialisation.
type ConvOptions struct {
	Stride, Dilation int
	Bias             bool
	BiasInit         float32
	Gain             float64 // factor on the initial weights; 0 means 1
}

// Conv adds a convolution of x to out channels with a k x k kernel. An odd k
// pads by Dilation·(k/2); an even one needs an even Stride, no Dilation and pads
// by (k−Stride)/2. Its parameters are name.weight and name.bias.
func (g *Graph) Conv(name string, x *Node, out, k int, o ConvOptions) *Node {
	stride, dil, gain := max(o.Stride, 1), max(o.Dilation, 1), o.Gain
	if gain == 0 {
		gain = 1
	}
	in := x.Shape[1]
	c := Conv{Name: name, Kernel: k, Stride: stride, Dilation: dil, Pad: dil * (k / 2)}
	if k%2 == 0 {
		c.Pad = (k - stride) / 2
	}
	c.W = g.Params.param(name+".weight", Weight, g.Params.he(in*k*k, gain), out, in, k, k)
	if o.Bias {
		c.B = g.Params.param(name+".bias", Bias, constant(o.BiasInit), out)
	}
	extent := func(n int) int { return (n + 2*c.Pad - dil*(k-1) - 1 + stride) / stride }
	h, w := extent(x.Shape[2]), extent(x.Shape[3])
	fits := k%2 == 1 || stride%2 == 0 && dil == 1 && k >= stride
	needs("conv "+name, "an odd kernel, or an even one with an even stride, and an image no smaller than it", fits && h > 0 && w > 0, x)
	return g.add(c, Shape{x.Shape[0], out, h, w}, x)
}

// Norm adds batch normalisation with parameters name.gamma, .beta, .mean and
// .var, followed by ReLU when relu is set.
func (g *Graph) Norm(name string, x *Node, relu bool) *Node {
	c := x.Shape[1]
	ps := g.Params
	return g.add(Norm{
		Name: name, Eps: 1e-5, ReLU: relu,
		Gamma: ps.param(name+".gamma", Bias, constant(1), c),
		Beta:  ps.param(name+".beta", Bias, constant(0), c),
		Mean:  ps.param(name+".mean", Statistic, constant(0), c),
		Var:   ps.param(name+".var", Statistic, constant(1), c),
	}, x.Shape, x)
}

// ReLU adds max(0,x).
func (g *Graph) ReLU(x *Node) *Node { return g.add(ReLU{}, x.Shape, x) }

// LeakyReLU adds max(slope·x, x) for a slope between 0 and 1.
func (g *Graph) LeakyReLU(x *Node, slope float32) *Node {
	needs("leaky relu", "a slope between 0 and 1", slope >= 0 && slope <= 1, x)
	return g.add(LeakyReLU{Slope: slope}, x.Shape, x)
}

// Fold lays the k x k patches that x (N,C·k·k,H,W) holds side by side, stride
// apart, and averages where they overlap: (N,C,H·stride,W·stride).
func (g *Graph) Fold(x *Node, k, stride int) *Node {
	s := x.Shape
	needs("fold", "channels in multiples of k·k, k >= stride >= 1 and k−stride even",
		stride >= 1 && k >= stride && (k-stride)%2 == 0 && s[1]%(k*k) == 0, x)
	return g.add(Fold{Kernel: k, Stride: stride}, Shape{s[0], s[1] / (k * k), s[2] * stride, s[3] * stride}, x)
}

// Sigmoid adds the logistic function.
func (g *Graph) Sigmoid(x *Node) *Node { return g.add(Sigmoid{}, x.Shape, x) }

// Tanh adds the hyperbolic tangent.
func (g *Graph) Tanh(x *Node) *Node { return g.add(Tanh{}, x.Shape, x) }

// Exp adds the exponential function.
func (g *Graph) Exp(x *Node) *Node { return g.add(Exp{}, x.Shape, x) }

// Add adds the sum of a and b.
func (g *Graph) Add(a, b *Node) *Node {
	needs("add", "two equal shapes", a.Shape == b.Shape, a, b)
	return g.add(Add{}, a.Shape, a, b)
}

// Mul adds the product of a and b, element by element.
func (g *Graph) Mul(a, b *Node) *Node {
	needs("mul", "two equal shapes", a.Shape == b.Shape, a, b)
	return g.add(Mul{}, a.Shape, a, b)
}

// Concat joins xs along the channels.
func (g *Graph) Concat(xs ...*Node) *Node {
	s := xs[0].Shape
	s[1] = 0
	for _, x := range xs {
		t := x.Shape
		s[1] += t[1]
		t[1] = s[1]
		needs("concat", "equal N, H and W", t == s, xs...)
	}
	return g.add(Concat{}, s, xs...)
}

// Slice takes count channels of x, beginning with channel from.
func (g *Graph) Slice(x *Node, from, count int) *Node {
	s := x.Shape
	needs("slice", "channels that the value has", from >= 0 && count >= 1 && from+count <= s[1], x)
	return g.add(Slice{From: from}, Shape{s[0], count, s[2], s[3]}, x)
}

// Upsample doubles H and W.
func (g *Graph) Upsample(x *Node) *Node {
	s := x.Shape
	return g.add(Upsample{}, Shape{s[0], s[1], 2 * s[2], 2 * s[3]}, x)
}

// GlobalAvgPool averages over H and W.
func (g *Graph) GlobalAvgPool(x *Node) *Node {
	return g.add(GlobalAvgPool{}, Shape{x.Shape[0], x.Shape[1], 1, 1}, x)
}

// KernelECA returns the size of ECA's kernel for c channels: the odd number
// next to log2(c)/2 + 1/2.
func KernelECA(c int) int {
	t := int(math.Abs(math.Log2(float64(c))/2 + 0.5))
	if t%2 == 0 {
		t++
	}
	return t
}

// ECA adds efficient channel attention: x scaled per channel by
// σ(conv1d_k(mean(x))). Parameter name.weight (k), initialised like a
// convolution of fan-in k.
func (g *Graph) ECA(name string, x *Node) *Node {
	k := KernelECA(x.Shape[1])
	y := g.GlobalAvgPool(x)
	w := g.Params.param(name+".weight", Bias, g.Params.he(k, math.Sqrt(.5)), k)
	a := g.add(ChannelAttention{Name: name, W: w}, y.Shape, y)
	return g.Scale(x, a)
}

// Scale multiplies x by w (N,C,1,1).
func (g *Graph) Scale(x, w *Node) *Node {
	needs("scale", "weights of shape N,C,1,1", w.Shape == Shape{x.Shape[0], x.Shape[1], 1, 1}, x, w)
	return g.add(Scale{}, x.Shape, x, w)
}

// Broadcast repeats x (N,C,1,1) to h x w.
func (g *Graph) Broadcast(x *Node, h, w int) *Node {
	needs("broadcast", "an N,C,1,1 value", x.Shape[2] == 1 && x.Shape[3] == 1, x)
	return g.add(Broadcast{}, Shape{x.Shape[0], x.Shape[1], h, w}, x)
}

// Gate multiplies x by a (N,1,H,W).
func (g *Graph) Gate(x, a *Node) *Node {
	needs("gate", "a gate of shape N,1,H,W", a.Shape == Shape{x.Shape[0], 1, x.Shape[2], x.Shape[3]}, x, a)
	return g.add(Gate{}, x.Shape, x, a)
}

// Attend mixes positions of v, or channels, by how alike q and k are.
func (g *Graph) Attend(q, k, v *Node, o Attend) *Node {
	alike := q.Shape == k.Shape && q.Shape[0] == v.Shape[0] && q.Shape[2] == v.Shape[2] && q.Shape[3] == v.Shape[3]
	needs("attend", "queries and keys of one shape over the positions of the values", alike && (!o.Channels || q.Shape == v.Shape), q, k, v)
	return g.add(o, v.Shape, q, k, v)
}

// ScoreInput joins x, its reconstruction y and their scaled difference.
func (g *Graph) ScoreInput(x, y *Node) *Node {
	needs("score input", "two equal shapes", x.Shape == y.Shape, x, y)
	s := x.Shape
	s[1] *= 3
	return g.add(ScoreInput{}, s, x, y)
}

// Residual adds the map of differences between x and its reconstruction y.
func (g *Graph) Residual(x, y *Node, plain bool) *Node {
	needs("residual", "two equal shapes", x.Shape == y.Shape, x, y)
	s := x.Shape
	s[1] = 1
	return g.add(Residual{Plain: plain}, s, x, y)
}

// Blur adds a Gaussian blur of sigma pixels.
func (g *Graph) Blur(x *Node, sigma float64) *Node { return g.add(Blur{Sigma: sigma}, x.Shape, x) }

// L1Loss adds the weighted mean absolute error of y against x.
func (g *Graph) L1Loss(y, x, mask *Node, maskWeight float32) *Node {
	needs("L1 loss", "two equal shapes and a mask N,1,H,W", y.Shape == x.Shape && isMask(mask, y), y, x, mask)
	return g.add(L1Loss{MaskWeight: maskWeight}, Shape{1, 1, 1, 1}, y, x, mask)
}

// SSIMLoss adds 1 − SSIM(y,x).
func (g *Graph) SSIMLoss(y, x *Node) *Node {
	needs("SSIM loss", "two equal shapes", y.Shape == x.Shape, y, x)
	return g.add(SSIMLoss{}, Shape{1, 1, 1, 1}, y, x)
}

// SpectrumLoss adds the log-amplitude distance of y and x.
func (g *Graph) SpectrumLoss(y, x *Node) *Node {
	needs("spectrum loss", "two equal shapes", y.Shape == x.Shape, y, x)
	return g.add(SpectrumLoss{}, Shape{1, 1, 1, 1}, y, x)
}

// FocalLoss adds the focal loss of logits s against the mask.
func (g *Graph) FocalLoss(s, mask *Node, posWeight float32) *Node {
	needs("focal loss", "logits and mask N,1,H,W", s.Shape == mask.Shape, s, mask)
	return g.add(FocalLoss{PosWeight: posWeight}, Shape{1, 1, 1, 1}, s, mask)
}

// DeviationLoss adds the deviation loss of logits s (N,1,H,W).
func (g *Graph) DeviationLoss(s, mask *Node, o DeviationLoss) *Node {
	needs("deviation loss", "logits and mask N,1,H,W", s.Shape == mask.Shape && s.Shape[1] == 1, s, mask)
	return g.add(o, Shape{1, 1, 1, 1}, s, mask)
}

// L2Loss adds the mean squared error of y against x.
func (g *Graph) L2Loss(y, x *Node) *Node {
	needs("L2 loss", "two equal shapes", y.Shape == x.Shape, y, x)
	return g.add(L2Loss{}, Shape{1, 1, 1, 1}, y, x)
}

// CriticLoss adds the loss of a critic's answers s (N,1,H,W) against targets
// (N,1,1,1): the critic's hinge loss, or the generator's when linear is set.
func (g *Graph) CriticLoss(s, targets *Node, linear bool) *Node {
	needs("critic loss", "answers N,1,H,W and targets N,1,1,1", s.Shape[1] == 1 && targets.Shape == Shape{s.Shape[0], 1, 1, 1}, s, targets)
	return g.add(CriticLoss{Linear: linear}, Shape{1, 1, 1, 1}, s, targets)
}

// SparsityLoss adds the divergence of h's mean activations from rho.
func (g *Graph) SparsityLoss(h *Node, rho float32) *Node {
	needs("sparsity loss", "a rho between 0 and 1", rho > 0 && rho < 1, h)
	return g.add(SparsityLoss{Rho: rho}, Shape{1, 1, 1, 1}, h)
}

func isMask(m, y *Node) bool {
	return m.Shape == Shape{y.Shape[0], 1, y.Shape[2], y.Shape[3]}
}
