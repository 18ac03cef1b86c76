package anomaly

import (
	"slices"

	"agurscope/nn"
	"agurscope/nn/internal/simd"
)

// doubt is how high the fine terms must be, in units of the highest 0.1 % of good
// pixels, for their shape to be believed by half; doubtTemplate the same of the
// template, which is believed wholly from 1 on: what no good part shows is damaged,
// however much it shows. A pixel that looks as it should keeps .23 of its value,
// less than [drawnOutline].
const (
	doubt         = 1
	doubtTemplate = .3
)

// sharpen draws the outlines of a fused map. Terms of features know whether
// something is wrong and where to within their cells, reach pixels wide; fine terms
// know its shape: the template where parts lie alike, otherwise those of the
// networks, pixel by pixel. So every value is multiplied by how the fine terms F
// there compare with their highest value within reach: (F+d)/(max F+d). A peak
// keeps its height where F peaks, too. The score is of the map before.
func (c *Calibration) sharpen(k *workspace, fused *nn.Image, maps []*nn.Image, reach int) {
	f := k.image(1, fused.H, fused.W)
	template := slices.ContainsFunc(c.Terms, func(t Term) bool { return t.Name == TemplateTerm })
	fine, coarse := false, false
	for i, t := range c.Terms {
		switch t.Name {
		case ResidualTerm, ScoreTerm, FrequencyTerm, TemplateTerm:
			if template == (t.Name == TemplateTerm) {
				fine = true
				simd.Accumulate(f.Pix, maps[i].Pix, float32(t.Median), 1/float32(t.Q999-t.Median), true)
			}
		default:
			coarse = coarse || t.Weight > 0
		}
	}
	if !fine || !coarse {
		return
	}
	d := float32(doubt)
	if template {
		d = doubtTemplate
		for i, v := range f.Pix {
			f.Pix[i] = min(v, 1)
		}
	}
	simd.Outline(fused.Pix, f.Pix, dilate(k, f, reach).Pix, d)
}

// dilate returns the highest value within r pixels along rows and columns, by
// comparing with what lies 1, 2, 4 … further until the window is reached.
func dilate(k *workspace, m *nn.Image, r int) *nn.Image {
	out, line := k.image(1, m.H, m.W), k.image(1, 1, m.W+2*r)
	tall := k.image(1, m.H+2*r, m.W)
	for y := range m.H {
		row := m.Pix[y*m.W : (y+1)*m.W]
		padded := line.Pix
		copy(padded[r:], row)
		for i := range r {
			padded[i], padded[r+m.W+i] = row[0], row[m.W-1]
		}
		window(padded, 1, 2*r+1)
		copy(tall.Pix[(r+y)*m.W:], padded[:m.W])
	}
	for i := range r {
		copy(tall.Pix[i*m.W:], tall.Pix[r*m.W:(r+1)*m.W])
		copy(tall.Pix[(r+m.H+i)*m.W:], tall.Pix[(r+m.H-1)*m.W:(r+m.H)*m.W])
	}
	window(tall.Pix, m.W, 2*r+1)
	copy(out.Pix, tall.Pix)
	return out
}

// window sets every value to the highest of n, step apart, that begin with it.
func window(v []float32, step, n int) {
	have := 1
	for ; 2*have <= n; have *= 2 {
		simd.Spread(v, have*step)
	}
	simd.Spread(v, (n-have)*step)
}
