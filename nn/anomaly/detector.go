package anomaly

import (
	"context"
	"errors"
	"fmt"
	"image"
	"slices"
	"sync"

	"agurscope/nn"
	"agurscope/nn/feature"
	"agurscope/nn/internal/simd"
	"agurscope/nn/rival"
)

// Prediction is what a detector says of one picture. Maps are at the network's
// input size, or behind a fixture of the whole picture, at most 256 pixels on
// the longer side; Score is what was found before they were laid over it.
//
// Everything in it is its own but Input, which is the [Prepared] picture's:
// the detector keeps none of it. A prediction that is done with may be given to
// [Detector.DetectTo], which uses its memory again.
type Prediction struct {
	Score          float64   // higher is worse; mean of the highest 0.2 % of the fused terms
	Map            *nn.Image // anomaly map, one plane: the fused terms with outlines drawn
	Signed         *nn.Image // grey difference to the reconstruction in standard deviations of good parts, bright > 0
	Input          *nn.Image // what the maps lie over: what the network saw, or the whole picture
	Reconstruction *nn.Image
	Terms          []TermScore
	Embedding      []float32 // pooled deep features
	Doubt          error     // why the part could not be put upright; it must not pass
	Ignored        *nn.Image // 1 where the recipe does not judge, over Input; nil where it judges everything

	at   place
	room workspace // of the maps
}

// TermScore is one term's share of a prediction: Weight times Score is what the
// score would be from it alone. A term of weight 0 is looked at and does not
// decide.
type TermScore struct {
	Name   string
	Weight float64
	Score  float64 // in units of the highest 0.1 % of good pixels
}

var (
	// ErrNotFinite is wrapped when a network's weights or its output hold
	// something that is not a number: the picture was not inspected.
	ErrNotFinite = errors.New("the network's output is not a number")
	// ErrClosed is returned by a Detector that has been closed.
	ErrClosed = errors.New("the detector is closed")
)

// Detector inspects pictures with a recipe. It may be used from several
// goroutines, which then wait for each other.
type Detector struct {
	recipe *Recipe
	mu     sync.Mutex
	g      *inferenceGraph
	p      nn.Program // nil once closed: its memory is gone
	eye    rival.Eye  // of another method, in the network's place
	found  rival.Finding
	bytes  int64
	tiles  tiling

	describe, surround bool // whether anybody asks for features, and for cells of 16 pixels

	// The memory of one picture after the other, and of one tile after the other.
	raw       raw
	room      workspace
	tile      workspace
	out, part output

	bands *bands // of the frequency branch; nil without
	half  *enlarger
	grain *enlarger // of the template; nil without

	answer, rebuilt []float32 // the frequency branch's, and its picture
}

// NewDetector compiles the recipe's network on engine e.
func NewDetector(e nn.Engine, r *Recipe) (*Detector, error) {
	if r.Calibration == nil {
		return nil, errors.New("the recipe is not calibrated")
	}
	return newDetector(e, r)
}

func newDetector(e nn.Engine, r *Recipe) (*Detector, error) { return openDetector(e, r, nil) }

// openDetector lets change look at the network's graph before it is compiled;
// nil leaves it.
func openDetector(e nn.Engine, r *Recipe, change func(*inferenceGraph)) (*Detector, error) {
	if err := r.Model.finite(); err != nil {
		return nil, fmt.Errorf("prepare %s: %w", r.Model, err)
	}
	whole := r.Model.Network
	if !whole.own() {
		return openRival(e, r)
	}
	tile := r.tile()
	d := &Detector{recipe: r, g: tile.inference(1), tiles: newTiling(whole.Width, whole.Height), describe: r.Statistics != nil}
	d.surround = r.Statistics != nil && r.Statistics.Surround
	if change != nil {
		change(d.g)
	}
	var err error
	if d.p, err = e.Compile(d.g.Graph, nn.Inference); err != nil {
		return nil, fmt.Errorf("prepare %s: %w", r.Model, err)
	}
	if d.g.strength != nil {
		d.p.Set(d.g.strength, slices.Repeat([]float32{float32(r.Model.Denoiser.Strength)}, 3))
	}
	if n := tile.Network; n.MGAN != "" {
		d.bands = newBands(n, 1)
		d.half = newEnlarger(n.Width, n.Height, n.Width, n.Height, blurSigma(n.Width, n.Height))
		d.rebuilt = make([]float32, 3*n.Width*n.Height)
	}
	if s := r.Statistics; s != nil && s.Template != nil {
		d.grain = newEnlarger(whole.Width, whole.Height, whole.Width, whole.Height, grain)
	}
	d.bytes = d.p.Bytes()
	return d, nil
}

// Input returns the extent of the network's input.
func (d *Detector) Input() (w, h int) {
	return d.recipe.Model.Network.Width, d.recipe.Model.Network.Height
}

// Bytes is the memory of the compiled network.
func (d *Detector) Bytes() int64 { return d.bytes }

// Close frees the detector, after the picture that is being inspected. Later
// ones get ErrClosed; closing twice does nothing.
func (d *Detector) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.p != nil:
		p := d.p
		d.p = nil
		return p.Close()
	case d.eye != nil:
		eye := d.eye
		d.eye = nil
		return eye.Close()
	}
	return nil
}

// Prepare brings a picture of any size to the network's input. It needs no
// network and may run beside Detect.
func (d *Detector) Prepare(m image.Image) *Prepared {
	w, h := d.Input()
	return d.recipe.Preparation.Apply(m, w, h)
}

// Detect inspects one picture that Prepare has made ready.
func (d *Detector) Detect(ctx context.Context, m *Prepared) (*Prediction, error) {
	p := &Prediction{}
	if err := d.DetectTo(ctx, p, m); err != nil {
		return nil, err
	}
	return p, nil
}

// DetectTo is Detect into a prediction that may have been used before, whose
// memory it uses again: pictures of one size that no fixture lays elsewhere
// cost no allocation. After an error p says nothing.
func (d *Detector) DetectTo(ctx context.Context, p *Prediction, m *Prepared) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.room.reset()
	p.room.reset()
	r := &d.raw
	r.room = &d.room
	if err := d.look(ctx, r, m.Input); err != nil {
		return err
	}
	r.outside = m.Outside
	if err := d.recipe.Calibration.predict(p, d.recipe.Statistics, m.Input, r); err != nil {
		return err
	}
	p.Doubt = m.Doubt
	m.Back(p)
	return nil
}

// Forward runs the network alone, for benchmarks.
func (d *Detector) Forward(x *nn.Image) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.eye != nil {
		return d.eye.Look(x, &d.found)
	}
	if d.p == nil {
		return ErrClosed
	}
	for _, at := range d.tiles.at {
		d.tile.reset()
		d.set(d.tiles.cut(&d.tile, x, at))
		if err := d.p.Forward(); err != nil {
			return err
		}
	}
	return nil
}

// raw is the network's output on one picture, before calibration.
type raw struct {
	reconstruction  *nn.Image
	residual, plain *nn.Image
	logits          *nn.Image            // nil without scoring network
	signed          *nn.Image            // grey(x) − grey(x̂)
	frequency       *nn.Image            // nil without frequency branch
	template        *nn.Image            // nil without template
	features        *feature.Grid        // the network's, then handcrafted ones
	own             int                  // how many are the network's
	distances       map[string]*nn.Image // of the terms of features, a pixel per cell; see compare
	embedding       []float32
	score           float64   // of a method that has one of its own
	scored          bool      // whether it has
	outside         *nn.Image // what of the input lies outside the picture; nil for nothing

	room *workspace // where all of it lies; nil for memory of its own
}

// run looks at a picture and returns what stays with the caller.
func (d *Detector) run(ctx context.Context, x *nn.Image) (*raw, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	r := &raw{}
	return r, d.look(ctx, r, x)
}

// look fills r.
func (d *Detector) look(ctx context.Context, r *raw, x *nn.Image) error {
	if d.eye != nil {
		return d.lookRival(ctx, r, x)
	}
	if d.g == nil {
		return ErrClosed
	}
	out := &d.out
	if err := d.forward(ctx, r.room, out, x); err != nil {
		return err
	}
	r.reconstruction, r.residual, r.plain = out.reconstruction, out.residual, out.plain
	r.logits, r.frequency, r.outside = out.logits, out.frequency, nil
	r.embedding = append(r.embedding[:0], out.embedding...)
	r.signed = r.room.image(1, x.H, x.W)
	for c := range 3 {
		simd.Accumulate(r.signed.Pix, x.Plane(c), 0, 1./3, false)
		simd.Accumulate(r.signed.Pix, r.reconstruction.Plane(c), 0, -1./3, false)
	}
	if d.describe {
		d.features(r, x, out.features)
	}
	r.template = nil
	if d.grain != nil {
		r.template = d.recipe.Statistics.Template.unlike(r.room, x, d.grain)
	}
	for _, m := range [...]*nn.Image{r.residual, r.plain, r.logits, r.frequency, r.template, r.signed} {
		if m != nil && !finite(m.Pix) {
			return ErrNotFinite
		}
	}
	if !finite(r.embedding) {
		return ErrNotFinite
	}
	return nil
}

// features computes what the terms of features look at, of a picture and the
// network's maps of it: cells of 8 pixels, pooled where there would be too many.
func (d *Detector) features(r *raw, x *nn.Image, maps []*nn.Image) {
	k := &d.room
	if k.describer == nil {
		k.describer = feature.NewDescriber()
		k.pool = func(lo, hi int) {
			g, at := &k.cells[0], 0
			for _, m := range k.planes {
				simd.Pool(g.Data[at:], g.D, m.Pix, m.C, m.H, m.W, m.W/g.W, lo, hi)
				at += m.C
			}
		}
	}
	r.own = 0
	for _, m := range maps {
		r.own += m.C
	}
	k.planes = maps
	g := &k.cells[0]
	g.Reshape(x.W/cell, x.H/cell, r.own+handcrafted(d.surround))
	simd.Do(g.H, 8, k.pool)
	k.describer.Describe(g, r.own, x, d.surround)
	if coarse := d.recipe.Model.Network.coarse(); coarse > 1 {
		g.PoolTo(&k.cells[1], coarse)
		g = &k.cells[1]
	}
	if r.room == nil { // what is looked at next must not change it
		g = &feature.Grid{W: g.W, H: g.H, D: g.D, Data: slices.Clone(g.Data)}
	}
	r.features = g
}

func finite(s []float32) bool { return simd.Finite(s) }

// topShare is the share of a map's pixels whose mean is the image's score.
const topShare = 0.002

// topMean returns the mean of the highest 0.2 % of a map, at least one pixel.
func topMean(m []float32) float64 { return (*workspace)(nil).topMean(m) }

func (k *workspace) topMean(m []float32) float64 {
	n := max(1, int(topShare*float64(len(m))))
	var room []float32
	if k != nil {
		room = k.top
	}
	if cap(room) < n {
		room = make([]float32, 0, n)
	}
	top := nn.Highest(room[:0], m, n)
	if k != nil {
		k.top = top
	}
	s := 0.0
	for _, v := range top {
		s += float64(v)
	}
	return s / float64(n)
}
