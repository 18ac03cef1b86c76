package anomaly

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"agurscope/nn"
	"agurscope/nn/defect"
	"agurscope/nn/optim"
)

// TrainOptions say how to train. The zero value of each field means the
// default that stands behind it.
type TrainOptions struct {
	Steps      int           // the size's own number
	MaxTime    time.Duration // none; the schedule then ends by whichever comes first
	Batch      int           // the size's own number
	Rate       float64       // the size's own peak learning rate
	Seed       uint64
	Mix        defect.Mix
	Jitter     defect.Jitter
	Checkpoint string        // file to save to and, with Resume, to continue from
	Resume     bool          // continue from Checkpoint when it fits
	SaveEvery  time.Duration // 30 s
	Manifest   string        // hash of the training images, to recognise a checkpoint
}

// Progress is told after every step.
type Progress struct {
	Step, Steps int
	Elapsed     time.Duration
	Remaining   time.Duration // estimated; 0 while unknown
	Loss        float64       // weighted sum
	Terms       map[string]float64
	Rate        float64 // learning rate

	// A look at the work, once in a while: the first image of the batch.
	Clean, Damaged, Reconstruction *nn.Image
}

// Summary is what a finished training reports.
type Summary struct {
	Steps           int
	Batch           int
	Seconds         float64
	ImagesPerSecond float64
	Loss            float64 // mean over the last tenth of the steps
	Resumed         bool
}

// ErrDiverged is wrapped when the loss stops being a number.
var ErrDiverged = errors.New("training diverged")

const clipNorm = 5

// trainer is one training under way.
type trainer struct {
	o      TrainOptions
	m      *Model
	g      *trainingGraph
	p      nn.Program
	all    []*nn.Param
	groups [2][]*nn.Param // reconstruction and scoring: clipped apart
	adam   optim.AdamW
	ema    optim.EMA
	rate   optim.Cosine

	step    int           // steps done
	before  time.Duration // spent before a resume
	started time.Time
	recent  []float64
}

// Train fits a model of network n to normal images of its input size. It
// returns when the budget is spent; when ctx ends it saves a checkpoint and
// returns ctx's error. The same seed, images, engine and thread count give the
// same weights bit for bit, also across a resume, unless MaxTime cuts the run.
func Train(ctx context.Context, e nn.Engine, n Network, normals []*nn.Image, o TrainOptions, on func(Progress)) (*Model, Summary, error) {
	if len(normals) == 0 {
		return nil, Summary{}, errors.New("train: no normal images")
	}
	m, err := NewModel(n, o.Seed)
	if err != nil {
		return nil, Summary{}, fmt.Errorf("train: %w", err)
	}
	size, _ := SizeByName(n.Size)
	t := &trainer{o: o.resolve(size), m: m, all: optim.Trained(m.Params)}
	t.rate = optim.Cosine{Peak: t.o.Rate, Warmup: 50}
	t.ema.Decay = .999
	if n.Size == "T" {
		t.ema.Decay = .995
	}
	for _, p := range t.all {
		i := 0
		if strings.HasPrefix(p.Name, "score.") {
			i = 1
		}
		t.groups[i] = append(t.groups[i], p)
	}
	resumed := false
	if t.o.Resume {
		if resumed, err = t.restore(); err != nil {
			return nil, Summary{}, err
		}
	}
	t.g = m.training(t.o.Batch)
	if t.p, err = e.Compile(t.g.Graph, nn.Training); err != nil {
		return nil, Summary{}, fmt.Errorf("train: %w", err)
	}
	defer t.p.Close()
	first := t.step
	if err := t.loop(ctx, normals, on); err != nil {
		return nil, Summary{}, err
	}
	// What comes after training may fail, too.
	if err := t.save(); err != nil {
		return nil, Summary{}, err
	}
	seconds := time.Since(t.started).Seconds()
	if err := t.finish(normals); err != nil {
		return nil, Summary{}, err
	}
	return m, Summary{
		Steps: t.step, Batch: t.o.Batch, Seconds: seconds + t.before.Seconds(), Loss: mean(t.lately()), Resumed: resumed,
		ImagesPerSecond: float64((t.step-first)*t.o.Batch) / max(seconds, 1e-9),
	}, nil
}

func (o TrainOptions) resolve(s Size) TrainOptions {
	if o.Steps <= 0 {
		o.Steps = s.Steps
	}
	if o.Batch <= 0 {
		o.Batch = s.Batch
	}
	if o.Rate <= 0 {
		o.Rate = s.Rate
	}
	if o.SaveEvery <= 0 {
		o.SaveEvery = 30 * time.Second
	}
	return o
}

// share is how much of the budget is spent, 0 to 1.
func (t *trainer) share() float64 {
	s := float64(t.step) / float64(t.o.Steps)
	if t.o.MaxTime > 0 {
		s = max(s, float64(t.elapsed())/float64(t.o.MaxTime))
	}
	return s
}

func (t *trainer) elapsed() time.Duration { return t.before + time.Since(t.started) }

func (t *trainer) loop(ctx context.Context, normals []*nn.Image, on func(Progress)) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	f := &feeder{normals: normals, mix: t.o.Mix, jitter: t.o.Jitter, seed: t.o.Seed, size: t.o.Batch}
	f.start(ctx, t.step)
	t.started = time.Now()
	saved, shown := time.Now(), time.Time{}
	for t.share() < 1 {
		b, err := f.next(ctx, t.step)
		if err != nil {
			return errors.Join(err, t.save())
		}
		pr, err := t.advance(b)
		if err != nil {
			return err
		}
		if time.Since(shown) > time.Second {
			shown = time.Now()
			t.look(&pr, b)
		}
		if on != nil {
			on(pr)
		}
		if time.Since(saved) > t.o.SaveEvery {
			saved = time.Now()
			if err := t.save(); err != nil {
				return err
			}
		}
	}
	return nil
}

// advance makes one step.
func (t *trainer) advance(b *batch) (Progress, error) {
	share := t.share()
	lr := t.rate.Rate(t.step+1, share)
	t.p.Set(t.g.damaged, b.damaged)
	t.p.Set(t.g.clean, b.clean)
	t.p.Set(t.g.mask, b.mask)
	if err := t.p.Forward(); err != nil {
		return Progress{}, fmt.Errorf("train, step %d: %w", t.step+1, err)
	}
	pr := Progress{Steps: t.o.Steps, Terms: map[string]float64{}, Rate: lr}
	var one []float32
	for _, l := range t.g.Losses {
		one = t.p.Get(l.Node, one)
		pr.Terms[l.Name] = float64(one[0])
		pr.Loss += float64(l.Weight) * float64(one[0])
	}
	if math.IsNaN(pr.Loss) || math.IsInf(pr.Loss, 0) {
		return Progress{}, fmt.Errorf("%w at step %d: use a lower learning rate or another seed", ErrDiverged, t.step+1)
	}
	if err := t.p.Backward(); err != nil {
		return Progress{}, fmt.Errorf("train, step %d: %w", t.step+1, err)
	}
	for _, g := range t.groups {
		optim.Clip(g, clipNorm)
	}
	t.adam.Step(t.all, lr)
	t.ema.Update(t.all)
	t.step++
	// Cut now and then, not at every step.
	if t.recent = append(t.recent, pr.Loss); len(t.recent) > 2*len(t.lately()) {
		t.recent = slices.Clone(t.lately())
	}
	pr.Step, pr.Elapsed = t.step, t.elapsed()
	if s := t.share(); s > 0 && s < 1 {
		pr.Remaining = time.Duration(float64(pr.Elapsed) * (1 - s) / s)
	}
	return pr, nil
}

// lately returns the losses of the last tenth of the steps, at least ten.
func (t *trainer) lately() []float64 {
	return t.recent[max(0, len(t.recent)-max(10, t.step/10)):]
}

func (t *trainer) look(pr *Progress, b *batch) {
	n := t.m.Network
	first := func(s []float32) *nn.Image {
		im := nn.NewImage(3, n.Height, n.Width)
		copy(im.Pix, s)
		return im
	}
	pr.Clean, pr.Damaged = first(b.clean), first(b.damaged)
	pr.Reconstruction = first(t.p.Get(t.g.reconstruction, nil))
}

// finish puts the averaged weights in place and estimates the normalisation
// statistics anew on clean images: training inputs are damaged, parts mostly
// are not.
func (t *trainer) finish(normals []*nn.Image) error {
	t.ema.Swap(t.all)
	b := t.o.Batch
	n := len(normals[0].Pix)
	x := make([]float32, b*n)
	for k := range max(1, min(len(normals), 200)/b) {
		for i := range b {
			copy(x[i*n:], normals[(k*b+i)%len(normals)].Pix)
		}
		t.p.SetMomentum(1 / float32(k+1))
		t.p.Set(t.g.damaged, x)
		if err := t.p.Forward(); err != nil {
			return fmt.Errorf("estimate batch statistics: %w", err)
		}
	}
	for _, p := range t.m.Params.All {
		if !finite(p.Data()) {
			return fmt.Errorf("%w in its last steps (%s): use a lower learning rate or another seed", ErrDiverged, p.Name)
		}
	}
	return nil
}

func mean(v []float64) float64 {
	if len(v) == 0 {
		return math.NaN()
	}
	s := 0.0
	for _, x := range v {
		s += x
	}
	return s / float64(len(v))
}
