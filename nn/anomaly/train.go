package anomaly

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"agurscope/nn"
	"agurscope/nn/defect"
	"agurscope/nn/mgan"
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
	Crop       int // side of the windows to train on where pictures are larger; 0: whole pictures
	Mix        defect.Mix
	Jitter     defect.Jitter
	Checkpoint string        // file to save to and, with Resume, to continue from
	Resume     bool          // continue from Checkpoint when it fits
	SaveEvery  time.Duration // 30 s
	Replay     float64       // share of each batch that shows again what the scoring network got most wrong; 0: none
	Held       []*nn.Image   // good parts not trained on; training ends when the loss on them has flattened
	Manifest   string        // hash of the training images, to recognise a checkpoint

	// Hold is asked between two steps and may keep the training waiting; it
	// returns for how long it has, which counts for nothing.
	Hold func(ctx context.Context) time.Duration

	// Memory is told, before the first step, how many bytes training holds
	// beside the pictures; may be nil. What does not fit is refused.
	Memory func(bytes int64)
}

// Progress is told after every step.
type Progress struct {
	Step, Steps int
	Elapsed     time.Duration
	Remaining   time.Duration // estimated; 0 while unknown
	Loss        float64       // weighted sum
	Terms       map[string]float64
	Held        float64 // reconstruction's loss on held-out good parts, once in a while; 0 in between
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
	Stopped         Stop // why training ended
	Falling         bool // the loss on held-out parts still fell: more time would help
}

// Words says why training ended and whether more of it would help, or nothing
// where neither needs saying.
func (s Summary) Words() string {
	switch {
	case s.Stopped == ByFlat:
		return "ended early: the loss on held-out good parts had stopped falling"
	case s.Falling:
		return "the loss on held-out good parts was still falling: more time would help"
	}
	return ""
}

// Stop says why a training ended.
type Stop string

// The reasons.
const (
	BySteps Stop = "steps" // all steps were made
	ByTime  Stop = "time"  // the time was up
	ByFlat  Stop = "flat"  // the loss on held-out good parts had stopped falling
)

// ErrDiverged is wrapped when loss, gradients or weights stop being numbers.
var ErrDiverged = errors.New("training diverged")

const clipNorm = 5

// trainer is one training under way.
type trainer struct {
	o      TrainOptions
	m      *Model
	g      *trainingGraph
	p      nn.Program
	all    []*nn.Param // learnt here: neither the denoiser's nor the critic's
	front  *front      // the denoiser; nil without
	game   *mgan.Game  // the critic's side; nil without or before it begins
	played *mgan.State // of a game to go on with; nil for a new one

	spatial, other, pseudo []float32 // what the critic is shown

	groups [2][]*nn.Param // reconstruction and scoring: clipped apart
	adam   optim.AdamW
	ema    optim.EMA
	rate   optim.Cosine

	step    int           // steps done
	before  time.Duration // spent before a resume
	started time.Time
	recent  []float64
	plateau plateau
	// heldLoss is what was seen of the held-out parts since the last step was told.
	heldLoss float64
	replay   replay
	answers  []float32 // of the scoring network
	stopped  Stop
}

// Train fits a model of network n to normal images of its input size, or to
// random windows of them: a texture is learnt faster from small pieces at full
// resolution. It returns when the budget is spent; when ctx ends it saves a checkpoint and
// returns ctx's error. The same seed, images, engine and thread count give the
// same weights bit for bit, also across a resume, unless MaxTime cuts the run.
func Train(ctx context.Context, e nn.Engine, n Network, normals []*nn.Image, o TrainOptions, on func(Progress)) (*Model, Summary, error) {
	if len(normals) == 0 {
		return nil, Summary{}, errors.New("train: no normal images")
	}
	if err := n.Validate(); err != nil {
		return nil, Summary{}, fmt.Errorf("train: %w", err)
	}
	for _, x := range slices.Concat(normals, o.Held) {
		if x.C != 3 || x.W != n.Width || x.H != n.Height {
			return nil, Summary{}, fmt.Errorf("train: an image has %d planes of %d x %d, not 3 of the network's %d x %d", x.C, x.W, x.H, n.Width, n.Height)
		}
	}
	if !n.own() {
		return trainRival(ctx, e, n, normals, o, on)
	}
	whole := n
	if o.Crop > 0 {
		n.Width, n.Height = min(n.Width, o.Crop), min(n.Height, o.Crop)
	}
	if len(n.stages().Widths) != len(whole.stages().Widths) {
		return nil, Summary{}, fmt.Errorf("train: windows of %d pixels have no room for the stages that %d x %d have; take 64 or more", o.Crop, whole.Width, whole.Height)
	}
	m, err := NewModel(n, o.Seed)
	if err != nil {
		return nil, Summary{}, fmt.Errorf("train: %w", err)
	}
	size, _ := SizeByName(n.Size)
	t := &trainer{o: o.resolve(size), m: m, all: learnt(m.Params)}
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
	defer t.close()
	t.started = time.Now()
	if err := t.prepare(ctx, e, normals); err != nil {
		return nil, Summary{}, err
	}
	first := t.step
	if err := t.loop(ctx, e, normals, on); err != nil {
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
	m.Network = whole // its weights know no extent
	return m, Summary{
		Steps: t.step, Batch: t.o.Batch, Seconds: seconds + t.before.Seconds(), Loss: mean(t.lately()), Resumed: resumed, Stopped: t.stopped, Falling: t.plateau.falling(),
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

func (t *trainer) loop(ctx context.Context, e nn.Engine, normals []*nn.Image, on func(Progress)) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	n := t.m.Network
	f := &feeder{normals: normals, network: n, mix: t.o.Mix, jitter: t.o.Jitter, seed: t.o.Seed, size: t.o.Batch}
	f.start(ctx)
	if t.replay.Ahead == nil {
		for i := range ahead {
			t.replay.Ahead = append(t.replay.Ahead, t.replay.draw(t.o.Seed, t.step+i, t.o.Batch, t.o.Replay))
		}
	}
	for i, images := range t.replay.Ahead {
		f.ask(t.step+i, images)
	}
	saved, shown := time.Now(), time.Time{}
	// One step at least, even where the denoiser has taken all the time.
	for t.step == 0 || t.share() < 1 && !t.plateau.flat() {
		b, err := f.next(ctx, t.step)
		if err != nil {
			return errors.Join(err, t.save())
		}
		if err := t.adversary(e); err != nil {
			return err
		}
		pr, err := t.advance(b)
		if err != nil {
			return err
		}
		// Only what is known by now may decide on what comes, or a resumed
		// training would draw otherwise.
		next := t.replay.draw(t.o.Seed, t.step+ahead-1, t.o.Batch, t.o.Replay)
		t.replay.Ahead = append(t.replay.Ahead[1:], next)
		f.ask(t.step+ahead-1, next)
		if time.Since(shown) > time.Second {
			shown = time.Now()
			t.look(&pr, b)
		}
		pr.Held, t.heldLoss = t.heldLoss, 0
		if on != nil {
			on(pr)
		}
		if t.o.Hold != nil {
			t.started = t.started.Add(t.o.Hold(ctx))
		}
		if err := t.held(t.o.Held); err != nil {
			return err
		}
		if time.Since(saved) > t.o.SaveEvery {
			saved = time.Now()
			if err := t.save(); err != nil {
				return err
			}
		}
	}
	switch {
	case t.step >= t.o.Steps:
		t.stopped = BySteps
	case t.plateau.flat():
		t.stopped = ByFlat
	default:
		t.stopped = ByTime
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
	if err := t.set(b, share); err != nil {
		return Progress{}, err
	}
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
	if !isNumber(pr.Loss) {
		return Progress{}, t.diverged()
	}
	if t.o.Replay > 0 && t.g.logits != nil {
		t.answers = t.p.Get(t.g.logits, t.answers)
		t.replay.learn(b.images, focal(t.answers, b.mask, len(b.mask)/len(b.images)))
	}
	if err := t.p.Backward(); err != nil {
		return Progress{}, fmt.Errorf("train, step %d: %w", t.step+1, err)
	}
	for _, g := range t.groups {
		// The loss may well stay a number after such a step: ReLU forgets what is none.
		if !isNumber(optim.Clip(g, clipNorm)) {
			return Progress{}, t.diverged()
		}
	}
	t.adam.Step(t.all, lr)
	t.ema.Update(t.all)
	if err := t.play(b); err != nil {
		return Progress{}, fmt.Errorf("train, step %d: %w", t.step+1, err)
	}
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

func (t *trainer) diverged() error {
	return fmt.Errorf("%w at step %d: use a lower learning rate or another seed", ErrDiverged, t.step+1)
}

func isNumber(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

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
	n := 3 * t.m.Network.Width * t.m.Network.Height
	x := make([]float32, b*n)
	rng := rand.New(rand.NewPCG(t.o.Seed, 1))
	still := defect.Jitter{Shift: -1, Brightness: -1}
	for k := range max(1, min(len(normals), 200)/b) {
		for i := range b {
			window := &nn.Image{C: 3, H: t.m.Network.Height, W: t.m.Network.Width, Pix: x[i*n : (i+1)*n]}
			defect.Crop(rng, normals[(k*b+i)%len(normals)], window, still)
		}
		t.p.SetMomentum(1 / float32(k+1))
		t.p.Set(t.g.damaged, x)
		if err := t.set(t.undamaged(x), 0); err != nil {
			return err
		}
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
