package anomaly

import "agurscope/nn"

// doubt is how high a fine term must be, in units of the highest 0.1 % of good
// pixels, for its shape to be believed by half.
const doubt = 2

// sharpen draws the outlines of a fused map. Terms of features know whether
// something is wrong and where to within their cells, reach pixels wide; those of
// the networks, pixel by pixel, know its shape. So every value is multiplied by how
// the fine terms F there compare with their highest value within reach:
// (F+2)/(max F+2). A peak keeps its height where F peaks, too. The score is of
// the map before.
func (c *Calibration) sharpen(fused *nn.Image, maps []*nn.Image, reach int) *nn.Image {
	f := nn.NewImage(1, fused.H, fused.W)
	fine, coarse := false, false
	for k, t := range c.Terms {
		switch t.Name {
		case ResidualTerm, ScoreTerm, FrequencyTerm:
			fine = true
			unit := 1 / float32(t.Q999-t.Median)
			for i, v := range maps[k].Pix {
				f.Pix[i] += max(0, (v-float32(t.Median))*unit)
			}
		default:
			coarse = coarse || t.Weight > 0
		}
	}
	if !fine || !coarse {
		return fused
	}
	highest := dilate(f, reach)
	out := nn.NewImage(1, fused.H, fused.W)
	for i, v := range fused.Pix {
		out.Pix[i] = v
		if v > 0 {
			out.Pix[i] = v * (f.Pix[i] + doubt) / (highest.Pix[i] + doubt)
		}
	}
	return out
}

// dilate returns the highest value within r pixels along rows and columns, by
// van Herk's method: three comparisons a pixel, whatever r.
func dilate(m *nn.Image, r int) *nn.Image {
	out := nn.NewImage(1, m.H, m.W)
	long := max(m.W, m.H) + 2*r
	line, left, right := make([]float32, long), make([]float32, long), make([]float32, long)
	pass := func(dst, src []float32, n, count, step, next int) {
		for k := range count {
			at := k * next
			for i := range n + 2*r {
				line[i] = src[at+clamp(i-r, n)*step]
			}
			highest(left, right, line[:n+2*r], 2*r+1)
			for i := range n {
				dst[at+i*step] = max(right[i], left[i+2*r])
			}
		}
	}
	tmp := make([]float32, len(m.Pix))
	pass(tmp, m.Pix, m.W, m.H, 1, m.W)
	pass(out.Pix, tmp, m.H, m.W, m.W, 1)
	return out
}

// highest fills, for blocks of w values, the highest from the block's start to
// each value and from each value to the block's end.
func highest(left, right, v []float32, w int) {
	for i, x := range v {
		left[i] = x
		if i%w != 0 {
			left[i] = max(left[i-1], x)
		}
	}
	for i := len(v) - 1; i >= 0; i-- {
		right[i] = v[i]
		if i%w != w-1 && i+1 < len(v) {
			right[i] = max(right[i+1], v[i])
		}
	}
}
