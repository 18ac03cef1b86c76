// Package dagan is the dual-attention GAN that the paper of this project compares
// with: a generator that rebuilds pictures, with position and channel attention in
// its bottleneck, and a discriminator. (The DAGAN published for inspection, Tang et
// al., Sensors 20(12) 3336, 2020, is a dual autoencoder; the paper's words
// describe this one.) The attention is that of DANet (Fu et al. 2019,
// https://arxiv.org/abs/1809.02983), the losses those of Skip-GANomaly (Akçay
// et al. 2019, https://arxiv.org/abs/1901.08954).
//
// It differs in this:
//
//   - The attentions' factors γ, which begin at 0, are one for each channel.
//   - The discriminator learns by the hinge loss, without spectral normalisation.
//   - The generator's rate is 1e-3, not 2e-4, and a step has 4 pictures, not 16: a
//     training has minutes of a processor here.
//   - A picture's score is that of its map, as for all methods here, not 0.9 times the
//     mean squared residual plus 0.1 times that of the discriminator's features: means
//     over the picture do not see what is small. The same weights had an image AUROC
//     of 0.56 by them and 0.98 by the map, on jittered drawn parts.
//   - Pictures are rebuilt from noisy ones (σ 0.1), or skip connections would copy.
package dagan

import (
	"context"
	"errors"

	"agurscope/nn"
	"agurscope/nn/defect"
	"agurscope/nn/optim"
	"agurscope/nn/rival"
)

// Method is the GAN.
var Method rival.Method = method{}

const (
	batch  = 4
	steps  = 1500
	noise  = .1
	slope  = .2
	stride = 16 // of the bottleneck

	generatorRate = 1e-3
	criticRate    = 2e-4

	adversarial, contextual, latent = 1, 50, 1 // weights of the losses
)

type method struct{}

// Attention adds position and channel attention of x (N,C,H,W), summed:
//
//	PAM(x) = γ·attend(x) + x,  CAM(x) = γ·attend(x) + x,
//
// with factors that begin at 0. one is (N,16,1,1), of which the first is 1.
func Attention(g *nn.Graph, name string, x, one *nn.Node) *nn.Node {
	c := x.Shape[1]
	point := func(s string, out int) *nn.Node {
		return g.Conv(name+"."+s, x, out, 1, nn.ConvOptions{Bias: true})
	}
	inner := max(c/8, 1)
	p := g.Attend(point("query", inner), point("key", inner), point("value", c), nn.Attend{Factor: 1})
	// max − e instead of e, as in DANet, is −e: a softmax does not see the maximum.
	q := g.Attend(x, x, x, nn.Attend{Channels: true, Factor: -1})
	gamma := func(s string) *nn.Node {
		s = name + "." + s
		begins := g.Params.Get(s+".weight") == nil
		y := g.Conv(s, one, c, 1, nn.ConvOptions{})
		if begins {
			clear(g.Params.Get(s + ".weight").Data())
		}
		return y
	}
	return g.Add(g.Add(g.Scale(p, gamma("gamma position")), x), g.Add(g.Scale(q, gamma("gamma channel")), x))
}

const width = 16 // of the constant that makes a parameter a value

func ones(n int) []float32 {
	out := make([]float32, n*width)
	for i := range n {
		out[i*width] = 1
	}
	return out
}

// generate adds the generator.
func generate(g *nn.Graph, x, one *nn.Node) *nn.Node {
	down := func(s string, x *nn.Node, c int) *nn.Node {
		x = g.Conv("dagan.g."+s, x, c, 4, nn.ConvOptions{Stride: 2})
		return g.LeakyReLU(g.Norm("dagan.g."+s+".norm", x, false), slope)
	}
	up := func(s string, x *nn.Node, c int) *nn.Node {
		return g.Norm("dagan.g."+s+".norm", g.Conv("dagan.g."+s, g.Upsample(x), c, 3, nn.ConvOptions{}), true)
	}
	e0 := g.LeakyReLU(g.Conv("dagan.g.stem", x, 16, 4, nn.ConvOptions{Stride: 2, Bias: true}), slope)
	e1 := down("down1", e0, 32)
	e2 := down("down2", e1, 64)
	h := Attention(g, "dagan.g.attention", down("down3", e2, 96), one)
	h = g.Concat(up("up2", h, 64), e2)
	h = g.Concat(up("up1", h, 32), e1)
	h = up("up0", h, 16)
	return g.Sigmoid(g.Conv("dagan.g.picture", g.Upsample(h), 3, 3, nn.ConvOptions{Bias: true}))
}

// discriminate adds the discriminator: answers, and the features before them.
func discriminate(g *nn.Graph, x *nn.Node) (answers, features *nn.Node) {
	for i, c := range []int{16, 32, 64, 96} {
		x = g.LeakyReLU(g.Conv("dagan.d."+string(rune('0'+i)), x, c, 4, nn.ConvOptions{Stride: 2, Bias: true}), slope)
	}
	return g.Conv("dagan.d.answer", x, 1, 1, nn.ConvOptions{Bias: true}), x
}

// network is both for inspecting.
type network struct {
	*nn.Graph
	x, one, y, residual *nn.Node
	pooled              *nn.Node // the discriminator's features
}

func inspect(s rival.Site) *network {
	n := &network{Graph: nn.NewGraph(s.Params)}
	n.x = n.Input("picture", nn.Shape{1, 3, s.Height, s.Width})
	n.one = n.Input("one", nn.Shape{1, width, 1, 1})
	n.y = generate(n.Graph, n.x, n.one)
	n.residual = n.Blur(n.Residual(n.x, n.y, true), min(2*float64(min(s.Width, s.Height))/128, 4))
	_, seen := discriminate(n.Graph, n.x)
	n.pooled = n.GlobalAvgPool(seen)
	n.Keep(n.y, n.residual, n.pooled)
	return n
}

// mostPositions bounds the attention's matrix, whose sides are positions.
const mostPositions = 4096

// Build implements [rival.Method].
func (method) Build(s rival.Site) error {
	if s.Width*s.Height > mostPositions*stride*stride {
		return rival.Unfit(s, "its attention compares every place with every other; use a smaller input")
	}
	inspect(s)
	return nil
}

// MACs counts the multiply-adds of one picture.
func (method) MACs(s rival.Site) int64 { return inspect(s).MACs() }

// Train implements [rival.Method].
func (method) Train(ctx context.Context, s rival.Site, t *rival.Training) (err error) {
	w, h := s.Width, s.Height
	if c := t.Crop / stride * stride; c >= 2*stride {
		w, h = min(w, c), min(h, c)
	}
	shape := nn.Shape{batch, 3, h, w}

	g := nn.NewGraph(s.Params)
	in, clean, one := g.Input("noisy", shape), g.Input("clean", shape), g.Input("one", nn.Shape{batch, width, 1, 1})
	wanted, none := g.Input("wanted", nn.Shape{batch, 1, 1, 1}), g.Input("no mask", nn.Shape{batch, 1, h, w})
	y := g.Keep(generate(g, in, one))
	answers, made := discriminate(g, y)
	_, seen := discriminate(g, clean)
	g.Minimise("contextual", g.L1Loss(y, clean, none, 0), contextual)
	g.Minimise("adversarial", g.CriticLoss(answers, wanted, true), adversarial)
	g.Minimise("latent", g.L2Loss(made, seen), latent)
	generator, err := rival.NewLearner(s.Engine, g, rival.Named("dagan.g."), generatorRate, 5)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, generator.Close()) }()

	d := nn.NewGraph(s.Params)
	both := shape
	both[0] *= 2
	pictures, truth := d.Input("pictures", both), d.Input("truth", nn.Shape{2 * batch, 1, 1, 1})
	told, _ := discriminate(d, pictures)
	d.Minimise("discriminator", d.CriticLoss(told, truth, false), 1)
	critic, err := rival.NewLearner(s.Engine, d, rival.Named("dagan.d."), criticRate, 0)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, critic.Close()) }()
	for _, l := range []*rival.Learner{generator, critic} {
		l.Adam.Beta1, l.Adam.Decay = .5, -1
	}

	generator.Program.Set(one, ones(batch))
	generator.Program.Set(none, make([]float32, batch*h*w))
	signs := make([]float32, 3*batch)
	for i := range signs {
		signs[i] = 1. / batch
		if i >= 2*batch {
			signs[i] = -1. / batch
		}
	}
	generator.Program.Set(wanted, signs[:batch])
	critic.Program.Set(truth, signs[batch:])

	x, noisy := make([]float32, shape.Size()), make([]float32, shape.Size())
	var rebuilt []float32
	n := 3 * h * w
	state := []*optim.AdamW{generator.Adam, critic.Adam}
	return t.Loop.Run(ctx, steps, state, func(st rival.Step) (rival.Terms, error) {
		for k := range batch {
			rng := rival.Rand(t.Seed, st.Number, k)
			window := &nn.Image{C: 3, H: h, W: w, Pix: x[k*n : (k+1)*n]}
			defect.Crop(rng, t.Normals[rng.IntN(len(t.Normals))], window, defect.Jitter{})
			for i, v := range window.Pix {
				noisy[k*n+i] = v + noise*float32(rng.NormFloat64())
			}
		}
		generator.Program.Set(in, noisy)
		generator.Program.Set(clean, x)
		terms, err := generator.Step(st)
		if err != nil {
			return nil, err
		}
		rebuilt = generator.Program.Get(y, rebuilt)
		critic.Program.Set(pictures, append(append(make([]float32, 0, 2*len(x)), x...), rebuilt...))
		_, err = critic.Step(st)
		return terms, err
	})
}

// Open implements [rival.Method].
func (method) Open(s rival.Site) (rival.Eye, error) {
	e := &eye{n: inspect(s)}
	var err error
	if e.p, err = s.Engine.Compile(e.n.Graph, nn.Inference); err != nil {
		return nil, err
	}
	e.p.Set(e.n.one, ones(1))
	return e, nil
}

// eye rebuilds and compares.
type eye struct {
	n *network
	p nn.Program
}

// Look implements [rival.Eye].
func (e *eye) Look(x *nn.Image, f *rival.Finding) error {
	e.p.Set(e.n.x, x.Pix)
	if err := e.p.Forward(); err != nil {
		return err
	}
	y, m := nn.NewImage(3, x.H, x.W), nn.NewImage(1, x.H, x.W)
	y.Pix, m.Pix = e.p.Get(e.n.y, y.Pix), e.p.Get(e.n.residual, m.Pix)
	f.Map, f.Reconstruction, f.Score = m, y, rival.None()
	f.Embedding = append(f.Embedding[:0], e.p.Get(e.n.pooled, nil)...)
	return nil
}

// Bytes implements [rival.Eye].
func (e *eye) Bytes() int64 { return e.p.Bytes() }

// Close implements [rival.Eye].
func (e *eye) Close() error { return e.p.Close() }
