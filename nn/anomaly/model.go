package anomaly

import (
	"fmt"
	"math/rand/v2"

	"agurscope/nn"
	"agurscope/nn/mgan"
	"agurscope/nn/ssdae"
)

// Model is a network with its weights.
type Model struct {
	Network Network
	Params  *nn.Params

	// Denoiser is what the denoiser was found to do; its Strength is in force.
	Denoiser ssdae.Acceptance
}

// NewModel returns a model with initial weights drawn from seed.
func NewModel(n Network, seed uint64) (*Model, error) {
	if err := n.Validate(); err != nil {
		return nil, err
	}
	m := &Model{Network: n, Params: nn.NewParams(rand.New(rand.NewPCG(seed, 0)))}
	if !n.own() {
		return m, m.buildRival()
	}
	// Building a graph once makes the parameters; one for inference has all.
	err := nn.Try(func() { m.inference(1) })
	return m, err
}

// finite reports weights that are no numbers. ReLU takes them for 0, so the
// output would not tell.
func (m *Model) finite() error {
	for _, p := range m.Params.All {
		if !finite(p.Data()) {
			return fmt.Errorf("%s: %w", p.Name, ErrNotFinite)
		}
	}
	return nil
}

// inferenceGraph is what a detector runs, with the values it reads.
type inferenceGraph struct {
	*nn.Graph
	image, reconstruction *nn.Node
	strength              *nn.Node // of the denoiser; nil without
	high, frequency       *nn.Node // input and answer of the frequency branch; nil without
	residual              *nn.Node // blurred L1·dSSIM (N,1,H,W)
	plain                 *nn.Node // blurred L1
	logits                *nn.Node // nil without scoring network
	embedding             []*nn.Node
	features              []*nn.Node // of the feature term, at H/8 or finer

	denoised *nn.Node   // nil without denoiser
	encoder  []*nn.Node // finest first
}

// blurSigma is the blur of a map of w x h: 2 pixels per 128 of the shorter side,
// so that a strip is not smeared along its length, and at most 4, so that a large
// picture keeps what it is large for.
func blurSigma(w, h int) float64 { return min(2*float64(min(w, h))/128, 4) }

// inference builds the graph for a batch of images.
func (m *Model) inference(batch int) *inferenceGraph {
	g := &inferenceGraph{Graph: nn.NewGraph(m.Params)}
	n := m.Network
	g.image = g.Input("image", nn.Shape{batch, 3, n.Height, n.Width})
	x := g.image
	if n.SSDAE != "" {
		g.strength = g.Input("denoiser strength", nn.Shape{batch, 3, 1, 1})
		x = n.denoiser().Add(g.Graph, x, g.strength)
		g.denoised = x
	}
	y, f := n.Reconstruct(g.Graph, x)
	g.reconstruction, g.encoder = y, f.Encoder
	sigma := blurSigma(n.Width, n.Height)
	g.residual = g.Blur(g.Residual(x, y, false), sigma)
	g.plain = g.Blur(g.Residual(x, y, true), sigma)
	if n.MGAN != "" {
		in, _ := n.game().View(16, 16).Channels()
		g.high = g.Input("high band", nn.Shape{batch, in, n.Height, n.Width})
		g.frequency = g.Keep(n.game().Frequency(g.Graph, g.high))
	}
	g.features = n.features(f)
	pool := []*nn.Node{f.Encoder[len(f.Encoder)-1], f.Decoder[len(f.Decoder)-1]}
	if !n.Without.Score {
		s, phi := n.Score(g.Graph, g.image, y)
		g.logits = g.Keep(s)
		pool = append(pool, phi)
		g.features = append(g.features, phi)
	}
	g.Keep(g.features...)
	for _, p := range pool {
		g.embedding = append(g.embedding, g.Keep(g.GlobalAvgPool(p)))
	}
	g.Keep(g.reconstruction, g.residual, g.plain)
	return g
}

// features chooses what the feature term looks at: the encoder at a quarter of
// the resolution, the decoder at an eighth, and what the scoring network makes
// of both. More of the network's values added nothing on real parts.
func (n Network) features(f Features) []*nn.Node {
	out := []*nn.Node{f.Encoder[1]}
	for _, d := range f.Decoder {
		if d.Shape[2] == n.Height/cell {
			out = append(out, d)
		}
	}
	return out
}

// Cost describes what a model needs to run.
type Cost struct {
	Parameters int
	MACs       int64 // multiply-adds of one image
}

// Cost counts trained parameters and multiply-adds per image.
func (m *Model) Cost() Cost {
	c := Cost{MACs: m.macs()}
	for _, p := range kept(m.Params) {
		if p.Role != nn.Statistic {
			c.Parameters += len(p.Data())
		}
	}
	return c
}

// trainingGraph is what Train runs.
type trainingGraph struct {
	*nn.Graph
	damaged, clean, mask *nn.Node
	denoised             *nn.Node // what the denoiser makes of damaged; the same node without one
	high, target, low    *nn.Node // of the frequency branch: its input, its target, what passes by
	reconstruction       *nn.Node
	frequency            *nn.Node // the frequency branch's picture, or its answer where that is none
	logits               *nn.Node // of the scoring network; nil without
	adversary            *mgan.Adversary
}

// training builds the graph with the losses of both networks and of the frequency
// branch; those of the critic only where adversarial is set.
func (m *Model) training(batch int, adversarial bool) *trainingGraph {
	g := &trainingGraph{Graph: nn.NewGraph(m.Params)}
	n := m.Network
	s := nn.Shape{batch, 3, n.Height, n.Width}
	g.damaged, g.clean = g.Input("damaged", s), g.Input("clean", s)
	g.denoised = g.damaged
	if n.SSDAE != "" {
		g.denoised = g.Input("denoised", s)
	}
	s[1] = 1
	g.mask = g.Input("mask", s)
	y, _ := n.Reconstruct(g.Graph, g.denoised)
	g.reconstruction = g.Keep(y)
	g.Minimise("l1", g.L1Loss(y, g.clean, g.mask, maskWeight), 1)
	g.Minimise("ssim", g.SSIMLoss(y, g.clean), .5)
	g.Minimise("spectrum", g.SpectrumLoss(y, g.clean), .1)
	if n.MGAN != "" {
		g.branch(n, y, adversarial)
	}
	if !n.Without.Score {
		z, _ := n.Score(g.Graph, g.damaged, y)
		g.logits = g.Keep(z)
		g.Minimise("focal", g.FocalLoss(z, g.mask, focalWeight), 5)
		g.Minimise("deviation", g.DeviationLoss(z, g.mask, nn.DeviationLoss{Mu: -2, Margin: 5, Share: .005, MinPixels: 20}), .05)
	}
	return g
}

// How much more damaged pixels count in a reconstruction and for the scoring
// network.
const (
	maskWeight  = 4
	focalWeight = 4
)

// branch adds the frequency branch and, where adversarial is set, what the
// critic thinks of both branches.
func (g *trainingGraph) branch(n Network, spatial *nn.Node, adversarial bool) {
	c := n.game()
	s := g.clean.Shape
	in, out := c.View(16, 16).Channels()
	s[1] = in
	g.high = g.Input("high band", s)
	s[1] = out
	g.target = g.Input("target of the high band", s)
	answer := c.Frequency(g.Graph, g.high)
	g.Minimise("frequency", g.L1Loss(answer, g.target, g.mask, maskWeight), 1)
	g.frequency = g.Keep(answer)
	var picture *nn.Node
	if c.Form == mgan.ByBand {
		g.low = g.Input("low band", g.clean.Shape)
		picture = g.Keep(g.Add(g.low, answer))
		g.frequency = picture
		g.Minimise("frequency spectrum", g.SpectrumLoss(picture, g.clean), .1)
	}
	if adversarial {
		g.adversary = c.Adversary(g.Graph, g.clean, spatial, picture)
	}
}

// String names the model as tables do.
func (m *Model) String() string {
	if n := m.Network; !n.own() {
		return fmt.Sprintf("%s %dx%d", n.Title(), n.Width, n.Height)
	}
	return fmt.Sprintf("AGUR-Net %s %dx%d", m.Network.Size, m.Network.Width, m.Network.Height)
}
