package anomaly

import (
	"fmt"
	"image"
	"math"
	"slices"

	"agurscope/nn"
	"agurscope/nn/feature"
	"agurscope/nn/fixture"
)

// Preparation is what happens to a picture before the network sees it: light
// evened out, part put upright. The same in training, inspection and
// re-inspection. The zero value does nothing.
type Preparation struct {
	Exposure fixture.Exposure `json:"exposure,omitzero"`
	Fixture  *fixture.Fixture `json:"fixture,omitempty"`
	Why      string           `json:"why,omitempty"` // why there is a fixture or none, in a sentence

	ignored *nn.Image // what is not judged; see [Recipe.WithROI]
}

// fill reads the pictures of the fixture and checks everything.
func (p *Preparation) fill(t tensorMap) error {
	e := p.Exposure
	if !(e.Median >= 0 && e.Median <= 1 && e.Gamma >= 0 && e.Gamma <= 4) {
		return fmt.Errorf("exposure %+v is out of range", e)
	}
	if p.Fixture == nil {
		return nil
	}
	return t.takeFixture(p.Fixture)
}

// Sides of the pictures that a fixture looks at, and of the maps that are laid
// over the whole picture again.
const (
	lookSide = 384
	backSide = 256
)

// Prepared is a picture ready for the network.
type Prepared struct {
	Input *nn.Image // at the network's input size

	// Outside is 1 where the fixture's frame reaches out of the picture, a cell
	// around, and where the recipe does not judge; nil where all is judged. What
	// was not seen says nothing.
	Outside *nn.Image

	// Doubt is why the part could not be put upright: it was looked at as it
	// lies and must not pass. Confidence is that of the fixture, 0 to 1.
	Doubt      error
	Confidence float64

	exposure fixture.Exposure
	gain     float64
	roi      *nn.Image    // what the recipe ignores
	pose     fixture.Pose // in shown
	shown    *nn.Image    // the picture as it came, small, that maps are laid over
}

// AsIs wraps pictures of the network's input size that need no preparation.
func AsIs(inputs []*nn.Image) []*Prepared {
	out := make([]*Prepared, len(inputs))
	for i, x := range inputs {
		out[i] = &Prepared{Input: x, Confidence: 1}
	}
	return out
}

// Apply brings a picture of any size to w x h.
func (p *Preparation) Apply(m image.Image, w, h int) *Prepared {
	if p.Fixture == nil {
		return p.even(Tensor(m, w, h))
	}
	look := Look(m)
	out := p.ApplyTo(look, w, h)
	b := m.Bounds()
	if need := float64(w) / (out.pose.Scale * float64(out.pose.W)); out.Doubt == nil && need > worthwhile && look.W < b.Dx() {
		// A small part in a large picture: cut it from a larger look.
		sw, sh := within(b.Dx(), b.Dy(), int(lookSide*min(need, mostNeed)))
		sharp := p.Exposure.Apply(Tensor(m, sw, sh))
		out.Input = p.upright(sharp, out.pose.Scaled(float64(sw)/float64(look.W)), w, h)
	}
	fw, fh := within(look.W, look.H, backSide)
	out.shown = Enlarge(look, fw, fh)
	out.pose = out.pose.Scaled(float64(fw) / float64(look.W))
	return out
}

// By how much the network's input must exceed what a look shows of a part for a
// larger look to be worth its time, and how much larger one may be.
const (
	worthwhile = 1.25
	mostNeed   = 4
)

// even evens out the light of a picture that has the network's input size.
func (p *Preparation) even(x *nn.Image) *Prepared {
	gain := p.Exposure.Gain(x)
	out := &Prepared{Input: p.Exposure.ApplyGain(x, gain), Confidence: 1, exposure: p.Exposure, gain: gain, shown: x}
	p.ignore(out)
	return out
}

// ApplyTo is Apply for a picture that Look has made small.
func (p *Preparation) ApplyTo(look *nn.Image, w, h int) *Prepared {
	if p.Fixture == nil {
		return p.even(Enlarge(look, w, h))
	}
	gain := p.Exposure.Gain(look)
	x := p.Exposure.ApplyGain(look, gain)
	out := &Prepared{exposure: p.Exposure, gain: gain, shown: look}
	out.pose, out.Confidence, out.Doubt = p.Fixture.Locate(x)
	if out.Doubt != nil {
		out.Input = Enlarge(x, w, h)
		return out
	}
	out.Input = p.upright(x, out.pose, w, h)
	if o := p.Fixture.Outside(out.pose, look.W, look.H, w, h); slices.Max(o.Pix) > 0 {
		out.Outside = dilate(nil, o, cell)
	}
	p.ignore(out)
	return out
}

// upright returns the part upright in a frame of w x h. Where the frame reaches
// out of the picture it shows the median of the good parts: a border repeated over
// and over looks like no good part, and spoils what is learnt from it.
func (p *Preparation) upright(m *nn.Image, at fixture.Pose, w, h int) *nn.Image {
	out, outside := p.Fixture.Apply(m, at, w, h), p.Fixture.Outside(at, m.W, m.H, w, h)
	if slices.Max(outside.Pix) == 0 {
		return out
	}
	median := Enlarge(p.Fixture.Template, w, h)
	for c := range out.C {
		to, from := out.Plane(c), median.Plane(c)
		for i, o := range outside.Pix {
			if o > 0 {
				to[i] = from[i]
			}
		}
	}
	return out
}

// ProposeOptions switch off what Propose would otherwise decide.
type ProposeOptions struct{ NoExposure, NoFixture bool }

// Propose decides from pictures of good parts, as Look returns them, how
// pictures are to be prepared.
func Propose(normals []*nn.Image, o ProposeOptions) Preparation {
	var p Preparation
	if !o.NoExposure {
		p.Exposure = fixture.MeasureExposure(normals)
	}
	if o.NoFixture {
		p.Why = "Off: as asked."
		return p
	}
	even := make([]*nn.Image, len(normals))
	for i, m := range normals {
		even[i] = p.Exposure.Apply(m)
	}
	f, r := fixture.Propose(even, fixture.Options{Share: func(of []*nn.Image) float64 { return feature.PositionShare(of, nil) }})
	p.Fixture, p.Why = f, r.Why
	return p
}

// Look returns a picture as a fixture sees it: at most 384 pixels on the longer
// side.
func Look(m image.Image) *nn.Image {
	b := m.Bounds()
	w, h := within(b.Dx(), b.Dy(), lookSide)
	return Tensor(m, w, h)
}

// within shrinks w x h so that neither is above side.
func within(w, h, side int) (int, int) {
	s := min(1, float64(side)/float64(max(w, h)))
	return max(1, int(math.Round(float64(w)*s))), max(1, int(math.Round(float64(h)*s)))
}

// Back lays a prediction made of Input over the picture as it came: in its
// light, and where parts are put upright, at their place in the whole picture.
// What lies outside the frame was not looked at and shows nothing.
// [Detector.Detect] does it itself.
func (p *Prepared) Back(out *Prediction) {
	p.layROI(out)
	if p.shown == nil {
		return
	}
	p.lay(out)
	w, h := p.shown.W, p.shown.H
	out.Input = p.shown
	if out.Reconstruction == nil { // the method has none
		return
	}
	p.exposure.UndoIn(out.Reconstruction, p.gain)
	if p.pose.W == 0 || p.Doubt != nil {
		out.Reconstruction = Enlarge(out.Reconstruction, w, h)
		return
	}
	r := p.shown.Clone()
	fixture.BackOnto(r, out.Reconstruction, p.pose)
	out.Reconstruction = r
}

// lay brings the maps of a prediction to where they lie over the whole picture,
// as they are judged.
func (p *Prepared) lay(out *Prediction) {
	if p.shown == nil {
		return
	}
	w, h := p.shown.W, p.shown.H
	if p.pose.W == 0 || p.Doubt != nil {
		out.Map, out.Signed = Enlarge(out.Map, w, h), Enlarge(out.Signed, w, h)
		return
	}
	out.Map = fixture.Back(out.Map, p.pose, w, h, slices.Min(out.Map.Pix))
	out.Signed = fixture.Back(out.Signed, p.pose, w, h, 0)
}

// Outline returns the corners of the fixture's frame in the picture, in shares
// of its sides: upper left, upper right, lower right and lower left of the part
// as it stands upright. They may lie outside 0 to 1. It is nil where the part
// was not put upright.
func (p *Prepared) Outline() [][2]float64 {
	if p.pose.W == 0 || p.Doubt != nil {
		return nil
	}
	w, h := float64(p.pose.W), float64(p.pose.H)
	out := make([][2]float64, 0, 4)
	for _, c := range [4][2]float64{{0, 0}, {w, 0}, {w, h}, {0, h}} {
		x, y := p.pose.ToPicture(c[0], c[1])
		out = append(out, [2]float64{x / float64(p.shown.W), y / float64(p.shown.H)})
	}
	return out
}

// Enlarge resizes an image, by area where it shrinks and bilinearly where it
// grows.
func Enlarge(m *nn.Image, w, h int) *nn.Image {
	if m.W == w && m.H == h {
		return m
	}
	out := nn.NewImage(m.C, h, w)
	resize(out, m.W, m.H, func(int) rows { return planar{m} })
	return out
}
