// Package scene turns what an inspection found into what the viewer shows.
package scene

import (
	"image"
	"image/draw"

	"agurscope/nn"
	"agurscope/nn/anomaly"
	"agurscope/nn/segment"
	"agurscope/ui/session"
	"agurscope/viewer"
)

// Scale is the end of the heat map's colours, the same for all parts of a
// recipe: twice the calibrated threshold.
func Scale(c *anomaly.Calibration, m segment.Mode) float64 {
	if m == segment.TwoSided {
		p := c.Pixel[segment.TwoSided]
		return 2 * max(p.Low, p.High)
	}
	return 2 * c.Pixel[segment.HalfPeak].High
}

// Heat is the map that the thresholds cut: the anomaly map, or for the
// two-sided mode the difference to the reconstruction in standard deviations.
func Heat(p *anomaly.Prediction, m segment.Mode) *viewer.Scalar {
	if m != segment.TwoSided {
		return &viewer.Scalar{W: p.Map.W, H: p.Map.H, V: p.Map.Pix}
	}
	v := make([]float32, len(p.Signed.Pix))
	for i, x := range p.Signed.Pix {
		v[i] = max(x, -x)
	}
	return &viewer.Scalar{W: p.Signed.W, H: p.Signed.H, V: v}
}

func Segmentation(res *session.Result, t session.Thresholds) *viewer.Segmentation {
	g := res.Segmentation
	if g.W == 0 {
		return nil
	}
	s := &viewer.Segmentation{W: g.W, H: g.H, Labels: g.Labels}
	if t.Mode != segment.TwoSided && len(g.Regions) > 0 {
		s.Core = core(g.Labels, res.Prediction.Map, float32(t.High))
	}
	return s
}

// core marks the cells of regions that reach the high threshold.
func core(labels []int32, m *nn.Image, high float32) []uint8 {
	out := make([]uint8, len(labels))
	for i, l := range labels {
		if l != 0 && m.Pix[i] >= high {
			out[i] = 1
		}
	}
	return out
}

// Opaque brings a picture from the border to the one form that the viewer
// takes.
func Opaque(m image.Image) *image.RGBA {
	if p, ok := m.(*image.RGBA); ok && p.Rect.Min == (image.Point{}) && p.Stride == 4*p.Rect.Dx() {
		return p
	}
	b := m.Bounds()
	out := image.NewRGBA(image.Rect(0, 0, b.Dx(), b.Dy()))
	switch p := m.(type) {
	case *image.Gray16:
		for y := range b.Dy() {
			row, to := p.Pix[y*p.Stride:], out.Pix[y*out.Stride:]
			for x := range b.Dx() {
				v := row[2*x]
				to[4*x], to[4*x+1], to[4*x+2], to[4*x+3] = v, v, v, 255
			}
		}
	default:
		draw.Draw(out, out.Rect, m, b.Min, draw.Src)
	}
	return out
}

// Frame prepares a result for the viewer. For a large picture it takes
// milliseconds: it runs on the goroutine that inspected.
func Frame(res *session.Result, c *anomaly.Calibration) viewer.Frame {
	var f viewer.Frame
	if res.Frame.Image == nil {
		return f
	}
	f.Original = Opaque(res.Frame.Image)
	if res.Prediction != nil && c != nil {
		if m := res.Prediction.Reconstruction; m != nil {
			f.Reconstruction = anomaly.Picture(m)
		}
		Cut(&f, res, c)
	}
	f.Prepare()
	return f
}

// Cut puts map, regions and thresholds of the result's judgement into the frame.
// It is cheap: a slider calls it on every move.
func Cut(f *viewer.Frame, res *session.Result, c *anomaly.Calibration) {
	t := res.Thresholds
	f.Map = Heat(res.Prediction, t.Mode)
	f.Segmentation = Segmentation(res, t)
	f.Low, f.High = float32(t.Low), float32(t.High)
	f.Max = float32(Scale(c, t.Mode))
}

// Past prepares a verdict that was opened again. Its recipe may be gone, so that
// the heat map's colours end at twice the threshold that was in force.
func Past(res *session.Result) viewer.Frame {
	var f viewer.Frame
	if res.Frame.Image == nil {
		return f
	}
	f.Original = Opaque(res.Frame.Image)
	if p, t := res.Prediction, res.Thresholds; p != nil {
		if p.Reconstruction != nil {
			f.Reconstruction = anomaly.Picture(p.Reconstruction)
		}
		if t.Mode != segment.TwoSided || p.Signed != nil {
			f.Map = Heat(p, t.Mode)
		}
		f.Segmentation = Segmentation(res, t)
		f.Low, f.High = float32(t.Low), float32(t.High)
		f.Max = 2 * max(f.Low, f.High)
	}
	f.Prepare()
	return f
}
