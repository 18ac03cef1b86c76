package anomaly

import (
	"fmt"
	"slices"

	"agurscope/nn"
	"agurscope/nn/block"
	"agurscope/nn/mgan"
	"agurscope/nn/ssdae"
)

// Size is one of the published sizes of the network. Widths are multiples of
// 16: the engine's layouts would pad them anyway.
type Size struct {
	Name   string
	Widths []int // channels of the four stages
	Blocks []int // residual blocks per stage
	Rates  []int // dilations of the ASPP
	Head   int   // channels before the image
	Score  int   // width of the scoring network
	Batch  int   // images per training step
	Rate   float64
	Steps  int // default training steps
}

// Sizes lists the sizes. T trains in minutes on a laptop's processor, B in an hour,
// L wants a graphics card. T takes four images per step: in three minutes of two
// cores twice as many steps are worth far more than steadier ones.
var Sizes = []Size{
	{Name: "T", Widths: []int{16, 32, 64, 96}, Blocks: []int{1, 1, 1, 1}, Rates: []int{1, 2, 4}, Head: 16, Score: 16, Batch: 4, Rate: 2e-3, Steps: 1200},
	{Name: "B", Widths: []int{32, 48, 96, 128}, Blocks: []int{1, 1, 2, 2}, Rates: []int{2, 4, 6}, Head: 16, Score: 16, Batch: 8, Rate: 1e-3, Steps: 4000},
	{Name: "L", Widths: []int{64, 128, 256, 384}, Blocks: []int{2, 2, 2, 2}, Rates: []int{3, 6, 9}, Head: 32, Score: 32, Batch: 8, Rate: 5e-4, Steps: 20000},
}

// SizeByName returns the named size.
func SizeByName(name string) (Size, error) {
	i := slices.IndexFunc(Sizes, func(s Size) bool { return s.Name == name })
	if i < 0 {
		return Size{}, fmt.Errorf("size %q is not one of T, B, L", name)
	}
	return Sizes[i], nil
}

// Without switches parts of the network off, for ablations. The zero value is
// the complete network.
type Without struct {
	ASPP   bool `json:"aspp,omitempty"`   // bottleneck without atrous pyramid
	Gates  bool `json:"gates,omitempty"`  // skips joined as they are
	ECA    bool `json:"eca,omitempty"`    // no channel attention
	PreAct bool `json:"preact,omitempty"` // conv-BN-ReLU twice, no shortcut
	Skips  bool `json:"skips,omitempty"`  // no skip connections
	Score  bool `json:"score,omitempty"`  // no scoring network

	Features bool `json:"features,omitempty"` // no statistics of features: residual and score decide
}

// Network describes AGUR-Net with its scoring network for one input extent.
type Network struct {
	Size    string  `json:"size"`
	Width   int     `json:"width"`  // of the input, a multiple of 16
	Height  int     `json:"height"` // of the input, a multiple of 16
	Without Without `json:"without,omitzero"`

	SSDAE ssdae.Form `json:"ssdae,omitempty"` // denoiser in front; empty: none
	MGAN  string     `json:"mgan,omitempty"`  // frequency branch and critic: band or spectrum; empty: none

	// Method is what looks at pictures instead of AGUR-Net, by its name; empty:
	// nothing does. Of the rest, such a method has the extent alone.
	Method string `json:"-"` // in files it stands beside the network
}

// MaxSide bounds an input side; a recipe asking for more is refused.
const MaxSide = 2048

// Validate reports what makes the description unusable.
func (n Network) Validate() error {
	if _, err := SizeByName(n.Size); err != nil {
		return err
	}
	for _, v := range []int{n.Width, n.Height} {
		if v < 32 || v > MaxSide || v%16 != 0 {
			return fmt.Errorf("input %d x %d: sides must be multiples of 16 from 32 to %d", n.Width, n.Height, MaxSide)
		}
	}
	if _, err := MethodByName(n.Method); err != nil {
		return err
	}
	if n.Method != "" && (n.Without != Without{} || n.SSDAE != "" || n.MGAN != "") {
		return fmt.Errorf("method %s has no variants", n.Method)
	}
	if n.SSDAE != "" {
		if err := n.denoiser().Validate(); err != nil {
			return err
		}
	}
	if n.MGAN != "" && n.MGAN != "band" && n.MGAN != "spectrum" {
		return fmt.Errorf("adversarial module %q is not band or spectrum", n.MGAN)
	}
	return nil
}

func (n Network) denoiser() ssdae.Config { return ssdae.Config{Form: n.SSDAE, Size: n.Size} }

func (n Network) game() mgan.Config {
	c := mgan.Config{Size: n.Size}
	if n.MGAN == "spectrum" {
		c.Form = mgan.BySpectrum
	}
	return c
}

// stages returns the size cut to what the input allows: under 64 pixels the
// last stage would have no room for its dilations.
func (n Network) stages() Size {
	s, err := SizeByName(n.Size)
	if err != nil {
		panic(err)
	}
	if min(n.Width, n.Height) < 64 {
		s.Widths, s.Blocks, s.Rates = s.Widths[:3], s.Blocks[:3], s.Rates[:2]
	}
	return s
}

// blocks builds in g with the network's flags.
func (n Network) blocks(g *nn.Graph) block.Builder {
	w := n.Without
	return block.Builder{Graph: g, Without: block.Without{Gates: w.Gates, ECA: w.ECA, PreAct: w.PreAct, Skips: w.Skips}}
}

// Features are inner values that later stages use.
type Features struct {
	Encoder []*nn.Node // e0 … e3, finest first
	Decoder []*nn.Node // ASPP output, then d2, d1, d0
}

// Reconstruct adds AGUR-Net to g: x (N,3,H,W) in [0,1] to its reconstruction
// of the same shape. There is no skip at full resolution: it would let pixels
// through unchanged.
func (n Network) Reconstruct(g *nn.Graph, x *nn.Node) (*nn.Node, Features) {
	s := n.stages()
	b := n.blocks(g)
	f := Features{Encoder: n.encode(g, x)}
	d := f.Encoder[len(f.Encoder)-1]
	if !n.Without.ASPP {
		d = b.ASPP("aspp", d, s.Rates)
	}
	f.Decoder = append(f.Decoder, d)
	for i := len(s.Widths) - 2; i >= 0; i-- {
		d = b.Decode(fmt.Sprintf("dec%d", i), d, f.Encoder[i], s.Widths[i])
		f.Decoder = append(f.Decoder, d)
	}
	// Convolution and ReLU before the up-sampling would be cheaper; after it
	// the image has no checkerboard.
	u := g.Upsample(g.Norm("head.norm", d, true))
	u = g.ReLU(g.Conv("head.mix", u, s.Head, 3, nn.ConvOptions{Bias: true}))
	return g.Sigmoid(g.Conv("head.image", u, 3, 3, nn.ConvOptions{Bias: true})), f
}

// encode adds the encoder alone and returns its levels, finest first.
func (n Network) encode(g *nn.Graph, x *nn.Node) (levels []*nn.Node) {
	s := n.stages()
	b := n.blocks(g)
	h := g.Conv("stem", x, s.Widths[0], 3, nn.ConvOptions{Stride: 2})
	for i, c := range s.Widths {
		for j := range s.Blocks[i] {
			stride := 1
			if i > 0 && j == 0 {
				stride = 2
			}
			h = b.PreRes(fmt.Sprintf("enc%d.%d", i, j), h, c, stride)
		}
		levels = append(levels, h)
	}
	return levels
}

// Score adds the deep anomaly scoring network: image x and reconstruction y
// (N,3,H,W) to a map of logits (N,1,H,W), and the features before Eq. 3
// (N,c,H/2,W/2).
func (n Network) Score(g *nn.Graph, x, y *nn.Node) (logits, features *nn.Node) {
	c := n.stages().Score
	b := block.Builder{Graph: g, Without: block.Without{ECA: n.Without.ECA}}
	z := g.Conv("score.stem", g.ScoreInput(x, y), c, 3, nn.ConvOptions{Stride: 2, Bias: true})
	a := b.PreRes("score.a", z, c, 1)
	e := b.PreRes("score.b", a, 2*c, 2)
	h := b.PreRes("score.c0", e, 3*c, 2)
	h = b.PreRes("score.c1", h, 3*c, 1)
	h = g.Upsample(g.Conv("score.up1", h, 2*c, 1, nn.ConvOptions{Bias: true}))
	h = b.PreRes("score.d1", g.Concat(h, e), 2*c, 1)
	h = g.Upsample(g.Conv("score.up0", h, c, 1, nn.ConvOptions{Bias: true}))
	h = b.PreRes("score.d0", g.Concat(h, a), c, 1)
	h = g.Norm("score.norm", h, true)
	// Eq. 3: a weighted sum of the feature vector at every position.
	return g.Upsample(g.Conv("score.xi", h, 1, 1, nn.ConvOptions{Bias: true, BiasInit: -2})), h
}
