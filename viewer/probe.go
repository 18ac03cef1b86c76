package viewer

import (
	"agurscope/assets/words"

	"fmt"
	"image"
	"image/color"
	"math"
)

// Probe is what lies under one place of the picture, in all four panes.
type Probe struct {
	X, Y              int // pixel of the original
	Original          color.RGBA
	Reconstruction    color.RGBA
	HasReconstruction bool
	Value             float32 // of the map
	HasValue          bool
	Region            int // 0: none
}

// probe reads the frame at an image point; false outside the original.
func (f *Frame) probe(p Point) (Probe, bool) {
	extent := f.extent()
	x, y := int(math.Floor(p.X)), int(math.Floor(p.Y))
	if extent.Empty() || x < 0 || y < 0 || float64(x) >= extent.W || float64(y) >= extent.H {
		return Probe{}, false
	}
	out := Probe{X: x, Y: y, Original: f.original.Image().RGBAAt(x, y)}
	if f.reconstruction != nil {
		out.Reconstruction, out.HasReconstruction = pixelAt(f.reconstruction.Image(), p, extent), true
	}
	out.Value, out.HasValue = f.Map.At(p, extent)
	out.Region = f.Segmentation.At(p, extent)
	return out, true
}

// pixelAt reads a picture that is stretched over the extent.
func pixelAt(src *image.RGBA, p Point, extent Size) color.RGBA {
	w, h := src.Rect.Dx(), src.Rect.Dy()
	x := min(max(int(p.X*float64(w)/extent.W), 0), w-1)
	y := min(max(int(p.Y*float64(h)/extent.H), 0), h-1)
	return src.RGBAAt(x, y)
}

// pixelText writes a grey pixel as one number and a coloured one as three.
func pixelText(c color.RGBA) string {
	if c.R == c.G && c.G == c.B {
		return fmt.Sprintf("%d", c.R)
	}
	return fmt.Sprintf("%d %d %d", c.R, c.G, c.B)
}

// text returns what the header of a pane says about the probed place.
func (p Probe) text(pane Pane) string {
	switch pane {
	case PaneOriginal:
		return pixelText(p.Original)
	case PaneReconstruction:
		if p.HasReconstruction {
			return pixelText(p.Reconstruction)
		}
	case PaneHeat:
		if p.HasValue {
			return short(p.Value)
		}
	case PaneSegmentation:
		if p.Region > 0 {
			return words.T("region %d", p.Region)
		}
	}
	return ""
}

// line is the readout below the panes.
func (p Probe) line(low, high float32) string {
	s := fmt.Sprintf("x %d  y %d", p.X, p.Y)
	if p.HasValue {
		s += "  " + short(p.Value) + " " + standing(p.Value, low, high)
	}
	if p.Region > 0 {
		s += "  " + words.T("region %d", p.Region)
	}
	return s
}

// standing says where a value is against the thresholds; at a threshold counts
// as above it.
func standing(v, low, high float32) string {
	switch {
	case high > 0 && v >= high:
		return "\u2265 " + words.T("high")
	case low > 0 && v >= low:
		return "\u2265 " + words.T("low")
	case low > 0:
		return "< " + words.T("low")
	}
	return ""
}
