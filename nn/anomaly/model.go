package anomaly

import (
	"fmt"
	"math/rand/v2"

	"agurscope/nn"
)

// Model is a network with its weights.
type Model struct {
	Network Network
	Params  *nn.Params
}

// NewModel returns a model with initial weights drawn from seed.
func NewModel(n Network, seed uint64) (*Model, error) {
	if err := n.Validate(); err != nil {
		return nil, err
	}
	m := &Model{Network: n, Params: nn.NewParams(rand.New(rand.NewPCG(seed, 0)))}
	// Building a graph once makes the parameters; one for inference has all.
	err := nn.Try(func() { m.inference(1) })
	return m, err
}

// inferenceGraph is what a detector runs, with the values it reads.
type inferenceGraph struct {
	*nn.Graph
	image, reconstruction *nn.Node
	residual              *nn.Node // blurred L1·dSSIM (N,1,H,W)
	plain                 *nn.Node // blurred L1
	logits                *nn.Node // nil without scoring network
	embedding             []*nn.Node
}

// blurSigma is the blur of the residual: 2 pixels per 128 of height (the
// shorter side here, so that a strip is not smeared along its length).
func (n Network) blurSigma() float64 { return 2 * float64(min(n.Width, n.Height)) / 128 }

// inference builds the graph for a batch of images.
func (m *Model) inference(batch int) *inferenceGraph {
	g := &inferenceGraph{Graph: nn.NewGraph(m.Params)}
	n := m.Network
	g.image = g.Input("image", nn.Shape{batch, 3, n.Height, n.Width})
	y, f := n.Reconstruct(g.Graph, g.image)
	g.reconstruction = y
	sigma := n.blurSigma()
	g.residual = g.Blur(g.Residual(g.image, y, false), sigma)
	g.plain = g.Blur(g.Residual(g.image, y, true), sigma)
	pool := []*nn.Node{f.Encoder[len(f.Encoder)-1], f.Decoder[len(f.Decoder)-1]}
	if !n.Without.Score {
		s, phi := n.Score(g.Graph, g.image, y)
		g.logits = g.Keep(s)
		pool = append(pool, phi)
	}
	for _, p := range pool {
		g.embedding = append(g.embedding, g.Keep(g.GlobalAvgPool(p)))
	}
	g.Keep(g.reconstruction, g.residual, g.plain)
	return g
}

// Cost describes what a model needs to run.
type Cost struct {
	Parameters int
	MACs       int64 // multiply-adds of one image
}

// Cost counts trained parameters and multiply-adds per image.
func (m *Model) Cost() Cost {
	return Cost{Parameters: m.Params.Count(), MACs: m.inference(1).MACs()}
}

// trainingGraph is what Train runs.
type trainingGraph struct {
	*nn.Graph
	damaged, clean, mask *nn.Node
	reconstruction       *nn.Node
}

// training builds the graph with the losses of section 3.6 and 6.4.
func (m *Model) training(batch int) *trainingGraph {
	g := &trainingGraph{Graph: nn.NewGraph(m.Params)}
	n := m.Network
	s := nn.Shape{batch, 3, n.Height, n.Width}
	g.damaged, g.clean = g.Input("damaged", s), g.Input("clean", s)
	s[1] = 1
	g.mask = g.Input("mask", s)
	y, _ := n.Reconstruct(g.Graph, g.damaged)
	g.reconstruction = g.Keep(y)
	g.Minimise("l1", g.L1Loss(y, g.clean, g.mask, 4), 1)
	g.Minimise("ssim", g.SSIMLoss(y, g.clean), .5)
	g.Minimise("spectrum", g.SpectrumLoss(y, g.clean), .1)
	if !n.Without.Score {
		z, _ := n.Score(g.Graph, g.damaged, y)
		g.Minimise("focal", g.FocalLoss(z, g.mask, 4), 5)
		g.Minimise("deviation", g.DeviationLoss(z, g.mask, nn.DeviationLoss{Mu: -2, Margin: 5, Share: .005, MinPixels: 20}), .05)
	}
	return g
}

// String names the model as tables do.
func (m *Model) String() string {
	return fmt.Sprintf("AGUR-Net %s %dx%d", m.Network.Size, m.Network.Width, m.Network.Height)
}
