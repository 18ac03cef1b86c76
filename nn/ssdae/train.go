package ssdae

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"agurscope/nn"
	"agurscope/nn/optim"
)

// TrainOptions say how to train. The zero value of each field means the
// default that stands behind it.
type TrainOptions struct {
	Steps int     // of all stages together; 650 in size T, 1500 in the others
	Batch int     // 8
	Crop  int     // side of the square parts learned from, at most; 128 pixels
	Rate  float64 // peak learning rate of a layer, half of it for all together; 0.06
	Seed  uint64
}

// Progress is told after every step.
type Progress struct {
	Stage       string // "layer 1" to "layer 3", then "fine-tune"
	Step, Steps int    // of all stages together
	Elapsed     time.Duration
	Loss        float64
}

// Report is what a finished training says.
type Report struct {
	Steps   int
	Seconds float64
	Loss    float64 // of fine-tuning, mean over its last tenth
}

// ErrDiverged is wrapped when the loss or its gradients stop being numbers.
var ErrDiverged = errors.New("denoiser: training diverged")

const (
	// Errors count in units of the noise, whose deviation is about this, as is
	// that of sparse codes. Next to plain squares of such small numbers the
	// sparsity would be all that is learned.
	noiseScale   = .05
	beta         = .15 // weight of the sparsity in a layer's training
	fineTuneBeta = .3 * beta
	maskShare    = .15 // of a code's values
	clipNorm     = 5
)

// schedule is the share of the steps that each stage takes: three layers, then
// all of them together.
var schedule = [4]int{150, 100, 100, 300}

func (o TrainOptions) resolve(c Config) TrainOptions {
	if o.Steps <= 0 {
		o.Steps = 650
		if c.resolve().Size != "T" {
			o.Steps = 1500
		}
	}
	if o.Batch <= 0 {
		o.Batch = 8
	}
	if o.Crop <= 0 {
		o.Crop = 128
	}
	if o.Rate <= 0 {
		o.Rate = .06
	}
	return o
}

// trainer is one training under way.
type trainer struct {
	e       nn.Engine
	ps      *nn.Params
	layers  []layer
	c       Config
	o       TrainOptions
	on      func(Progress)
	feed    *feeder
	started time.Time
	step    int // steps done in all stages
}

// Train fits the denoiser to normal pictures (3,H,W) of at least 16 x 16
// pixels, layer by layer, then as a whole; its parameters go into ps. The first
// layer learns to predict the residual under Gaussian noise. Each further one
// learns to rebuild the code before it from that code with a part masked; the
// codes are those of noisy pictures, since noise is what they are to carry.
// The layers' decoders then begin the unfolded stack, which learns the residual
// under all of a sensor's noise.
//
// When ctx ends, its error is returned. The same seed, fresh parameters of one
// seed, pictures, engine and thread count give the same result bit for bit.
func Train(ctx context.Context, e nn.Engine, ps *nn.Params, c Config, normals []*nn.Image, o TrainOptions, on func(Progress)) (Report, error) {
	if err := c.Validate(); err != nil {
		return Report{}, err
	}
	o = o.resolve(c)
	f, err := newFeeder(normals, o)
	if err != nil {
		return Report{}, err
	}
	t := &trainer{e: e, ps: ps, layers: c.layers(), c: c, o: o, on: on, feed: f, started: time.Now()}
	total := 0
	for _, s := range schedule {
		total += s
	}
	done := 0
	for i := range t.layers {
		done += schedule[i]
		if err := t.layer(ctx, i, o.Steps*done/total); err != nil {
			return Report{}, err
		}
	}
	loss, err := t.fineTune(ctx)
	if err != nil {
		return Report{}, err
	}
	return Report{Steps: t.step, Seconds: time.Since(t.started).Seconds(), Loss: loss}, nil
}

// task is one stage: a graph to train on inputs that fill provides.
type task struct {
	name   string
	graph  *nn.Graph
	params []*nn.Param
	rate   float64
	fill   func(p nn.Program) error
	until  int // steps done in all stages when it ends
}

// layer trains layer i alone.
func (t *trainer) layer(ctx context.Context, i, until int) error {
	l := t.layers[i]
	if err := t.settle(i); err != nil {
		return err
	}
	g := nn.NewGraph(t.ps)
	shape := t.feed.shape()
	if i == 0 {
		x, target := g.Input("noisy", shape), g.Input("residual", shape)
		l.minimise(g, x, target)
		_, err := t.run(ctx, task{"layer 1", g, l.params(t.ps), t.o.Rate, func(p nn.Program) error {
			t.feed.gaussian(t.step)
			p.Set(x, t.feed.noisy)
			p.Set(target, t.feed.residual)
			return nil
		}, until})
		return err
	}
	// The layers before are fixed: they run in a program of their own.
	before := nn.NewGraph(t.ps)
	noisy := before.Input("noisy", shape)
	code := before.Keep(encode(before, t.layers[:i], noisy))
	front, err := t.e.Compile(before, nn.Inference)
	if err != nil {
		return fmt.Errorf("train denoiser, code %d: %w", i, err)
	}
	defer front.Close()
	x, target := g.Input("masked", code.Shape), g.Input("code", code.Shape)
	l.minimise(g, x, target)
	var whole, masked []float32
	_, err = t.run(ctx, task{"layer " + l.name, g, l.params(t.ps), t.o.Rate, func(p nn.Program) error {
		t.feed.sensor(t.step)
		front.Set(noisy, t.feed.noisy)
		if err := front.Forward(); err != nil {
			return err
		}
		whole = front.Get(code, whole)
		masked = t.feed.mask(t.step, whole, masked)
		p.Set(x, masked)
		p.Set(target, whole)
		return nil
	}, until})
	return err
}

// minimise adds the loss of the layer by itself: what its decoder makes of x
// against target, and the sparsity of its code (Eq. 10).
func (l layer) minimise(g *nn.Graph, x, target *nn.Node) {
	h := l.encode(g, x)
	g.Minimise("rebuild", g.L2Loss(l.decode(g, h), target), 1/(noiseScale*noiseScale))
	g.Minimise("sparsity", g.SparsityLoss(h, rho), beta)
}

// fineTune trains the unfolded stack and returns its loss.
func (t *trainer) fineTune(ctx context.Context) (float64, error) {
	g := nn.NewGraph(t.ps)
	// The picture's decoder knows its code alone; now the rebuilt one is added.
	w := t.ps.Get("ssdae.dec1.weight").Data()
	for i := range w {
		w[i] /= 2
	}
	x, target := g.Input("noisy", t.feed.shape()), g.Input("residual", t.feed.shape())
	r, codes := t.c.residual(g, x)
	mask := g.Input("mask", nn.Shape{t.o.Batch, 1, t.feed.h, t.feed.w})
	none := make([]float32, mask.Shape.Size())
	g.Minimise("residual", g.L1Loss(r, target, mask, 0), 1/noiseScale)
	for _, h := range codes {
		g.Minimise("sparsity", g.SparsityLoss(h, rho), fineTuneBeta)
	}
	var params []*nn.Param
	for _, l := range t.layers {
		params = append(params, l.params(t.ps)...)
	}
	return t.run(ctx, task{"fine-tune", g, params, t.o.Rate / 2, func(p nn.Program) error {
		t.feed.sensor(t.step)
		p.Set(x, t.feed.noisy)
		p.Set(target, t.feed.residual)
		p.Set(mask, none)
		return nil
	}, t.o.Steps})
}

// run makes the steps of a task and returns the mean loss of its last tenth.
func (t *trainer) run(ctx context.Context, k task) (float64, error) {
	p, err := t.e.Compile(k.graph, nn.Training)
	if err != nil {
		return 0, fmt.Errorf("train denoiser, %s: %w", k.name, err)
	}
	defer p.Close()
	first := t.step
	steps := k.until - first
	rate := optim.Cosine{Peak: k.rate, Warmup: 10}
	var adam optim.AdamW
	var one []float32
	late, n := 0.0, 0
	for t.step < k.until {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		if err := k.fill(p); err != nil {
			return 0, fmt.Errorf("train denoiser, %s: %w", k.name, err)
		}
		if err := p.Forward(); err != nil {
			return 0, fmt.Errorf("train denoiser, %s: %w", k.name, err)
		}
		loss := 0.0
		for _, l := range k.graph.Losses {
			one = p.Get(l.Node, one)
			loss += float64(l.Weight) * float64(one[0])
		}
		if err := p.Backward(); err != nil {
			return 0, fmt.Errorf("train denoiser, %s: %w", k.name, err)
		}
		if norm := optim.Clip(k.params, clipNorm); math.IsNaN(loss+norm) || math.IsInf(loss+norm, 0) {
			return 0, fmt.Errorf("%w in %s at step %d: use a lower learning rate or another seed", ErrDiverged, k.name, t.step+1)
		}
		i := t.step - first
		adam.Step(k.params, rate.Rate(i+1, float64(i)/float64(steps)))
		t.step++
		if i >= steps-max(1, steps/10) {
			late, n = late+loss, n+1
		}
		if t.on != nil {
			t.on(Progress{Stage: k.name, Step: t.step, Steps: t.o.Steps, Elapsed: time.Since(t.started), Loss: loss})
		}
	}
	return late / float64(max(n, 1)), nil
}
