package anomaly

import (
	"context"
	"errors"
	"fmt"
	"image"
	"math"
	"slices"
	"sync"

	"agurscope/nn"
	"agurscope/nn/feature"
)

// Prediction is what a detector says of one picture. Maps are at the network's
// input size, or behind a fixture of the whole picture, at most 256 pixels on
// the longer side; Score is what was found before they were laid over it.
type Prediction struct {
	Score          float64   // higher is worse; mean of the highest 0.2 % of the fused terms
	Map            *nn.Image // anomaly map, one plane: the fused terms with outlines drawn
	Signed         *nn.Image // grey difference to the reconstruction in standard deviations of good parts, bright > 0
	Input          *nn.Image // what the maps lie over: what the network saw, or the whole picture
	Reconstruction *nn.Image
	Terms          []TermScore
	Embedding      []float32 // pooled deep features
	Doubt          error     // why the part could not be put upright; it must not pass
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
	bytes  int64
	tiles  tiling

	describe bool // whether anybody asks for features

	bands *bands // of the frequency branch; nil without
	half  *enlarger
}

// NewDetector compiles the recipe's network on engine e.
func NewDetector(e nn.Engine, r *Recipe) (*Detector, error) {
	if r.Calibration == nil {
		return nil, errors.New("the recipe is not calibrated")
	}
	return newDetector(e, r)
}

func newDetector(e nn.Engine, r *Recipe) (*Detector, error) {
	if err := r.Model.finite(); err != nil {
		return nil, fmt.Errorf("prepare %s: %w", r.Model, err)
	}
	whole := r.Model.Network
	tile := r.tile()
	d := &Detector{recipe: r, g: tile.inference(1), tiles: newTiling(whole.Width, whole.Height), describe: r.Statistics != nil}
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
	if d.p == nil {
		return nil
	}
	p := d.p
	d.p = nil
	return p.Close()
}

// Prepare brings a picture of any size to the network's input. It needs no
// network and may run beside Detect.
func (d *Detector) Prepare(m image.Image) *Prepared {
	w, h := d.Input()
	return d.recipe.Preparation.Apply(m, w, h)
}

// Detect inspects one picture that Prepare has made ready.
func (d *Detector) Detect(ctx context.Context, m *Prepared) (*Prediction, error) {
	r, err := d.run(ctx, m.Input)
	if err != nil {
		return nil, err
	}
	r.outside = m.Outside
	p, err := d.recipe.Calibration.predict(d.recipe.Statistics, m.Input, r)
	if err != nil {
		return nil, err
	}
	p.Doubt = m.Doubt
	m.Back(p)
	return p, nil
}

// Forward runs the network alone, for benchmarks.
func (d *Detector) Forward(x *nn.Image) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.p == nil {
		return ErrClosed
	}
	for _, at := range d.tiles.places() {
		d.set(d.tiles.cut(x, at))
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
	logits          *nn.Image // nil without scoring network
	signed          *nn.Image // grey(x) − grey(x̂)
	frequency       *nn.Image // nil without frequency branch
	features        *feature.Grid
	handcrafted     *feature.Grid        // cells of 4 and 8 pixels
	surround        *feature.Grid        // cells of 16
	distances       map[string]*nn.Image // of the terms of features, a pixel per cell; see compare
	embedding       []float32
	outside         *nn.Image // what of the input lies outside the picture; nil for nothing
}

func (d *Detector) run(ctx context.Context, x *nn.Image) (*raw, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	out, err := d.forward(ctx, x)
	if err != nil {
		return nil, err
	}
	r := &raw{
		reconstruction: out.reconstruction, residual: out.residual, plain: out.plain,
		logits: out.logits, frequency: out.frequency, embedding: out.embedding,
	}
	r.signed = nn.NewImage(1, x.H, x.W)
	for i := range r.signed.Pix {
		for c := range 3 {
			r.signed.Pix[i] += (x.Plane(c)[i] - r.reconstruction.Plane(c)[i]) / 3
		}
	}
	if d.describe {
		r.describe(x, out.features, d.recipe.Model.Network.coarse())
	}
	for _, m := range []*nn.Image{r.residual, r.plain, r.logits, r.frequency, r.signed} {
		if m != nil && !finite(m.Pix) {
			return nil, ErrNotFinite
		}
	}
	if !finite(r.embedding) {
		return nil, ErrNotFinite
	}
	return r, nil
}

// describe computes what the terms of features look at, of a picture and the
// network's maps of it, pooled by coarse cells each way.
func (r *raw) describe(x *nn.Image, maps []*nn.Image, coarse int) {
	r.handcrafted = feature.Handcrafted(x)
	r.surround = feature.Cells(x, 2*cell).Resize(r.handcrafted.W, r.handcrafted.H)
	var own []*feature.Grid
	for _, m := range maps {
		g := feature.FromPlanes(m)
		own = append(own, g.Pool(g.W/r.handcrafted.W))
	}
	r.features = feature.Stack(own...)
	if coarse > 1 {
		r.features, r.handcrafted, r.surround = r.features.Pool(coarse), r.handcrafted.Pool(coarse), r.surround.Pool(coarse)
	}
}

func finite(s []float32) bool {
	for _, v := range s {
		if f := float64(v); math.IsNaN(f) || math.IsInf(f, 0) {
			return false
		}
	}
	return true
}

// topShare is the share of a map's pixels whose mean is the image's score.
const topShare = 0.002

// topMean returns the mean of the highest 0.2 % of a map, at least one pixel.
func topMean(m []float32) float64 {
	k := max(1, int(topShare*float64(len(m))))
	top := nn.Highest(make([]float32, 0, k), m, k)
	s := 0.0
	for _, v := range top {
		s += float64(v)
	}
	return s / float64(k)
}
