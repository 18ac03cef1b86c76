package nn

// Input is a value from outside.
type Input struct{ Name string }

// Conv is a 2-D cross-correlation of x (N,I,H,W) with W (O,I,K,K), plus B (O)
// when it is not nil, with zero padding on all sides. Dilation spreads the
// taps: the atrous convolution of Eq. 1 of the paper. The result is
// (N,O,(H+2·Pad−Dilation·(K−1)−1)/Stride+1, …). An even kernel needs an even
// stride and pads so that the extent is divided by the stride.
type Conv struct {
	Name                          string
	W, B                          *Param
	Kernel, Stride, Dilation, Pad int
}

// Norm is batch normalisation over N,H,W per channel
// (https://arxiv.org/abs/1502.03167), followed by ReLU when ReLU is set.
// Training uses the batch's statistics and updates Mean and Var by
// Program.Momentum; inference uses Mean and Var.
type Norm struct {
	Name                   string
	Gamma, Beta, Mean, Var *Param
	Eps                    float32
	ReLU                   bool
}

// ReLU is max(0,x).
type ReLU struct{}

// LeakyReLU is x where x is positive and Slope·x elsewhere, for a Slope in
// [0,1].
type LeakyReLU struct{ Slope float32 }

// Fold lays patches side by side: every position of x (N,C·K·K,H,W) holds a
// K x K patch of C planes, [c][row][column], which is added to the result
// (N,C,H·Stride,W·Stride) from row y·Stride−Pad and column x·Stride−Pad on,
// with Pad = (K−Stride)/2; what falls outside is dropped and every pixel is
// divided by the number of patches that cover it. After a 1x1 convolution it
// is a transposed convolution whose overlaps are averaged.
type Fold struct{ Kernel, Stride int }

// Sigmoid is 1/(1+exp(−x)).
type Sigmoid struct{}

// Tanh is the hyperbolic tangent.
type Tanh struct{}

// Exp is the exponential function.
type Exp struct{}

// Add is the sum of two values of one shape.
type Add struct{}

// Mul is the product of two values of one shape, element by element.
type Mul struct{}

// Concat joins values along the channels.
type Concat struct{}

// Slice is the channels from From on, as many as the result has.
type Slice struct{ From int }

// Upsample doubles H and W by bilinear interpolation with half-pixel centres
// and clamped edges (align_corners = false).
type Upsample struct{}

// GlobalAvgPool is the mean over H and W: (N,C,1,1). Eq. 5 of the paper.
type GlobalAvgPool struct{}

// ChannelAttention turns channel means y (N,C,1,1) into weights
// σ(conv1d_k(y)) with one kernel W (k) over the channels, zero padded: Eq. 6-8
// of the paper, ECA (https://arxiv.org/abs/1910.03151).
type ChannelAttention struct {
	Name string
	W    *Param
}

// Scale multiplies x (N,C,H,W) by w (N,C,1,1).
type Scale struct{}

// Broadcast repeats a (N,C,1,1) value over H and W.
type Broadcast struct{}

// Gate multiplies x (N,C,H,W) by α (N,1,H,W).
type Gate struct{}

// Attend mixes the positions of v by how alike queries q and keys k are there,
// the attention of https://arxiv.org/abs/1706.03762 with one head: of q, k (N,K,H,W)
// and v (N,C,H,W), y_i = Σ_j softmax_j(Factor · q_i·k_j) v_j over all positions i, j.
// With Channels set it is the channels that are mixed, by products over all positions.
type Attend struct {
	Channels bool
	Factor   float32
}

// Extents returns how many are mixed, and how many numbers the products sum up and
// the mixture has, of a q and a v of the given shapes.
func (o Attend) Extents(q, v Shape) (many, inner, each int) {
	if p := v[2] * v[3]; o.Channels {
		return v[1], p, p
	} else {
		return p, q[1], v[1]
	}
}

// ScoreInput is concat(x, x̂, 4·|x−x̂|) over the channels. No gradient flows
// back: the reconstruction is not to be trained by the scoring network.
type ScoreInput struct{}

// Residual is mean_c|x−x̂| · mean_c(1−SSIM(x,x̂)), or the first factor alone
// when Plain is set: (N,1,H,W). Inference only.
type Residual struct{ Plain bool }

// Blur is a Gaussian blur of every plane with mirrored edges. Inference only.
type Blur struct{ Sigma float64 }

// L1Loss is mean(|x̂−x| ⊙ (1+MaskWeight·m)) over (N,C,H,W), m (N,1,H,W).
type L1Loss struct{ MaskWeight float32 }

// SSIMLoss is 1 − mean SSIM(x̂,x), with an 11x11 Gaussian window of σ 1.5,
// zero padding, C1 = 0.01², C2 = 0.03² (Wang et al. 2004).
type SSIMLoss struct{}

// SpectrumLoss is mean|log(1+|F(x̂)|) − log(1+|F(x)|)| with the orthonormal
// 2-D DFT of every plane.
type SpectrumLoss struct{}

// FocalLoss is mean((1−p_t)² · BCE(s,m) ⊙ (1+PosWeight·m)) with
// p_t = σ(s)m + (1−σ(s))(1−m) (https://arxiv.org/abs/1708.02002, γ = 2).
type FocalLoss struct{ PosWeight float32 }

// DeviationLoss pushes the mean S of an image's K highest logits below Mu when
// the image is clean and above Mu+Margin when more than MinPixels of its mask
// are set: (1−y)·max(0,S−Mu) + y·max(0,Mu+Margin−S), averaged over images.
// The one-sided form of the deviation loss (https://arxiv.org/abs/2108.00462).
type DeviationLoss struct {
	Mu, Margin float32
	Share      float64 // K = max(16, Share·H·W)
	MinPixels  int
}

// L2Loss is mean((x̂−x)²) over (N,C,H,W).
type L2Loss struct{}

// CriticLoss judges a critic's answers s (N,1,H,W) by targets t (N,1,1,1),
// whose sign says what is wished (positive: real) and whose size weighs the
// image; an image of target 0 does not count. It is the critic's hinge loss
// Σ_n |t_n| · mean_hw max(0, 1 − sign(t_n)·s) or, with Linear set, the
// generator's Σ_n mean_hw(−t_n·s) (https://arxiv.org/abs/1705.02894).
type CriticLoss struct{ Linear bool }

// SparsityLoss is Σ_c KL(Rho ‖ ρ̂_c) with ρ̂_c the mean of h over N, H and W,
// clamped to [1e-4, 1−1e-4]: Eq. 10-11 of the paper, of activations in (0,1)
// and a Rho in (0,1). The gradient of every element of channel c is
// (−Rho/ρ̂_c + (1−Rho)/(1−ρ̂_c))/(N·H·W), and 0 where the mean lies at a clamp or
// beyond.
type SparsityLoss struct{ Rho float32 }

func (o Input) String() string            { return "input " + o.Name }
func (o Conv) String() string             { return "conv " + o.Name }
func (o Norm) String() string             { return "norm " + o.Name }
func (ReLU) String() string               { return "relu" }
func (LeakyReLU) String() string          { return "leaky relu" }
func (Fold) String() string               { return "fold" }
func (Sigmoid) String() string            { return "sigmoid" }
func (Tanh) String() string               { return "tanh" }
func (Exp) String() string                { return "exp" }
func (Add) String() string                { return "add" }
func (Mul) String() string                { return "mul" }
func (Concat) String() string             { return "concat" }
func (Slice) String() string              { return "slice" }
func (Upsample) String() string           { return "upsample" }
func (GlobalAvgPool) String() string      { return "global average pool" }
func (o ChannelAttention) String() string { return "channel attention " + o.Name }
func (Scale) String() string              { return "scale" }
func (Broadcast) String() string          { return "broadcast" }
func (Gate) String() string               { return "gate" }
func (Attend) String() string             { return "attend" }
func (ScoreInput) String() string         { return "score input" }
func (Residual) String() string           { return "residual" }
func (Blur) String() string               { return "blur" }
func (L1Loss) String() string             { return "L1 loss" }
func (SSIMLoss) String() string           { return "SSIM loss" }
func (SpectrumLoss) String() string       { return "spectrum loss" }
func (FocalLoss) String() string          { return "focal loss" }
func (DeviationLoss) String() string      { return "deviation loss" }
func (L2Loss) String() string             { return "L2 loss" }
func (CriticLoss) String() string         { return "critic loss" }
func (SparsityLoss) String() string       { return "sparsity loss" }

// IsLoss reports whether an operation is a loss: a scalar that training may
// minimise, with a gradient towards its first input alone.
func IsLoss(op Op) bool {
	switch op.(type) {
	case L1Loss, SSIMLoss, SpectrumLoss, FocalLoss, DeviationLoss, L2Loss, CriticLoss, SparsityLoss:
		return true
	}
	return false
}

// Differentiable reports whether a gradient flows through op to its input k.
func Differentiable(op Op, k int) bool {
	switch op.(type) {
	case ScoreInput, Residual, Blur:
		return false
	}
	return !IsLoss(op) || k == 0
}
