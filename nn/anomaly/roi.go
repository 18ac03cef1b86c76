package anomaly

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"

	"agurscope/nn"
	"agurscope/nn/fixture"
)

// roiEntry is the recipe's picture of its region of interest: white is judged,
// black is not.
const roiEntry = "roi.png"

// leastROI is the share of the network's input that a region of interest must
// leave: the score is the mean of the highest 0.2 % of the map.
const leastROI = 0.01

// WithROI returns a copy of the recipe that does not judge where ignored is 1, a
// plane of the network's input. Behind a fixture that is the frame of the part
// that stands upright, so that the region stays on the part wherever it lies. Nil
// judges everything again.
//
// Thresholds stay: what is ignored can only lower the score of a good part.
func (r *Recipe) WithROI(ignored *nn.Image, v Version) (*Recipe, error) {
	n := r.Model.Network
	if ignored != nil {
		if ignored.C != 1 || ignored.W != n.Width || ignored.H != n.Height {
			return nil, fmt.Errorf("set the region of interest: %d x %d pixels, want %d x %d", ignored.W, ignored.H, n.Width, n.Height)
		}
		if share := 1 - Ignored(ignored); share < leastROI {
			return nil, errors.New("set the region of interest: nothing would be left to judge")
		}
	}
	out := r.WithVersion(v)
	out.Preparation.ignored = ignored
	return out, nil
}

// ROI is what the recipe does not judge, 1 there; nil where it judges everything.
func (r *Recipe) ROI() *nn.Image { return r.Preparation.ignored }

// Ignored is the share of a plane that is ignored.
func Ignored(m *nn.Image) float64 {
	if m == nil {
		return 0
	}
	n := 0
	for _, v := range m.Pix {
		if v > 0 {
			n++
		}
	}
	return float64(n) / float64(len(m.Pix))
}

// encodeROI writes a plane as the picture of a recipe file.
func encodeROI(m *nn.Image) ([]byte, error) {
	p := image.NewGray(image.Rect(0, 0, m.W, m.H))
	for i, v := range m.Pix {
		if v == 0 {
			p.Pix[i] = 255
		}
	}
	var buf bytes.Buffer
	err := png.Encode(&buf, p)
	return buf.Bytes(), err
}

// decodeROI reads a plane of w x h; its size is known before it is decoded.
func decodeROI(data []byte, w, h int) (*nn.Image, error) {
	c, err := png.DecodeConfig(bytes.NewReader(data))
	if err != nil || c.Width != w || c.Height != h {
		return nil, errors.New("its region of interest is unreadable or of another size")
	}
	p, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, errors.New("its region of interest is unreadable")
	}
	out := nn.NewImage(1, h, w)
	for y := range h {
		for x := range w {
			if color.GrayModel.Convert(p.At(x, y)).(color.Gray).Y < 128 {
				out.Pix[y*w+x] = 1
			}
		}
	}
	if 1-Ignored(out) < leastROI {
		return nil, errors.New("its region of interest leaves nothing to judge")
	}
	return out, nil
}

// ignore adds the region of interest to what lies outside a picture.
func (p *Preparation) ignore(out *Prepared) {
	roi := p.ignored
	if roi == nil || roi.W != out.Input.W || roi.H != out.Input.H {
		return
	}
	out.roi = roi
	if out.Outside == nil {
		out.Outside = roi
		return
	}
	both := nn.NewImage(1, roi.H, roi.W)
	for i, v := range out.Outside.Pix {
		both.Pix[i] = max(v, roi.Pix[i])
	}
	out.Outside = both
}

// place says where the network's input lies in the picture that a prediction's
// maps lie over.
type place struct {
	pose fixture.Pose // W is 0 without a fixture
	w, h int          // of the input
}

// Upright brings a plane that lies over the whole picture, of any size, into the
// frame of the network's input, for [Recipe.WithROI]: 1 where more than half of it
// is above 0. It is nil where the part could not be put upright.
func (p *Prediction) Upright(over *nn.Image) *nn.Image {
	if p.Doubt != nil {
		return nil
	}
	out := Enlarge(over, p.Map.W, p.Map.H)
	if at := p.at; at.pose.W > 0 {
		out = (&fixture.Fixture{}).Apply(out, at.pose, at.w, at.h)
	} else {
		out = Enlarge(over, at.w, at.h)
	}
	sharp := nn.NewImage(1, out.H, out.W)
	for i, v := range out.Pix {
		if v > .5 {
			sharp.Pix[i] = 1
		}
	}
	return sharp
}

// layROI says in a prediction what of the whole picture is ignored.
func (p *Prepared) layROI(out *Prediction) {
	out.at = place{p.pose, p.Input.W, p.Input.H}
	switch {
	case p.roi == nil || p.Doubt != nil:
		out.Ignored = nil
	case p.pose.W > 0:
		out.Ignored = fixture.Back(p.roi, p.pose, p.shown.W, p.shown.H, 0)
	default:
		out.Ignored = p.roi
	}
}
