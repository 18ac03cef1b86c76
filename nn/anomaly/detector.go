package anomaly

import (
	"context"
	"errors"
	"fmt"
	"image"
	"math"
	"sync"

	"agurscope/nn"
)

// Prediction is what a detector says of one picture. Maps are at the network's
// input size.
type Prediction struct {
	Score          float64   // higher is worse; mean of the highest 0.2 % of Map
	Map            *nn.Image // anomaly map, one plane
	Signed         *nn.Image // grey difference to the reconstruction in standard deviations of good parts, bright > 0
	Input          *nn.Image // what the network saw
	Reconstruction *nn.Image
	Terms          []TermScore
	Embedding      []float32 // pooled deep features
}

// TermScore is one term's share of a prediction: what the score would be from
// it alone, in the same unit.
type TermScore struct {
	Name  string
	Score float64
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
}

// NewDetector compiles the recipe's network on engine e.
func NewDetector(e nn.Engine, r *Recipe) (*Detector, error) {
	if r.Calibration == nil {
		return nil, errors.New("the recipe is not calibrated")
	}
	return newDetector(e, r)
}

func newDetector(e nn.Engine, r *Recipe) (*Detector, error) {
	// ReLU takes what is not a number for 0, so the output would not tell.
	for _, p := range r.Model.Params.All {
		if !finite(p.Data()) {
			return nil, fmt.Errorf("prepare %s: %s: %w", r.Model, p.Name, ErrNotFinite)
		}
	}
	d := &Detector{recipe: r, g: r.Model.inference(1)}
	var err error
	if d.p, err = e.Compile(d.g.Graph, nn.Inference); err != nil {
		return nil, fmt.Errorf("prepare %s: %w", r.Model, err)
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

// Detect inspects one picture of any size.
func (d *Detector) Detect(ctx context.Context, m image.Image) (*Prediction, error) {
	w, h := d.Input()
	return d.DetectTensor(ctx, Tensor(m, w, h))
}

// DetectTensor inspects a picture that [Tensor] has brought to the input size.
func (d *Detector) DetectTensor(ctx context.Context, x *nn.Image) (*Prediction, error) {
	r, err := d.run(ctx, x)
	if err != nil {
		return nil, err
	}
	return d.recipe.Calibration.predict(x, r)
}

// Forward runs the network alone, for benchmarks.
func (d *Detector) Forward(x *nn.Image) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.p == nil {
		return ErrClosed
	}
	d.p.Set(d.g.image, x.Pix)
	return d.p.Forward()
}

// raw is the network's output on one picture, before calibration.
type raw struct {
	reconstruction  *nn.Image
	residual, plain *nn.Image
	logits          *nn.Image // nil without scoring network
	signed          *nn.Image // grey(x) − grey(x̂)
	embedding       []float32
}

func (d *Detector) run(ctx context.Context, x *nn.Image) (*raw, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if d.p == nil {
		return nil, ErrClosed
	}
	d.p.Set(d.g.image, x.Pix)
	if err := d.p.Forward(); err != nil {
		return nil, err
	}
	read := func(n *nn.Node) *nn.Image {
		m := nn.NewImage(n.Shape[1], n.Shape[2], n.Shape[3])
		m.Pix = d.p.Get(n, m.Pix)
		return m
	}
	r := &raw{reconstruction: read(d.g.reconstruction), residual: read(d.g.residual), plain: read(d.g.plain)}
	if d.g.logits != nil {
		r.logits = read(d.g.logits)
	}
	for _, n := range d.g.embedding {
		r.embedding = append(r.embedding, d.p.Get(n, nil)...)
	}
	r.signed = nn.NewImage(1, x.H, x.W)
	for i := range r.signed.Pix {
		for c := range 3 {
			r.signed.Pix[i] += (x.Plane(c)[i] - r.reconstruction.Plane(c)[i]) / 3
		}
	}
	for _, m := range []*nn.Image{r.residual, r.plain, r.logits, r.signed} {
		if m != nil && !finite(m.Pix) {
			return nil, ErrNotFinite
		}
	}
	if !finite(r.embedding) {
		return nil, ErrNotFinite
	}
	return r, nil
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
