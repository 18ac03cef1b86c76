package anomaly

import (
	"agurscope/nn"
	"agurscope/nn/internal/simd"
)

// TemplateTerm compares the grey of every pixel with that of good parts in the same
// place. Where parts lie alike nothing else knows a defect's shape as well: the
// networks' maps are blurred, features have cells. It draws the outlines and
// decides nothing.
const TemplateTerm = "template"

// grain is the blur of the template's map in pixels: a camera's noise has no shape.
const grain = .7

// fitTemplate returns the mean and the deviation of grey at every position of good
// parts, each as it is and moved by a pixel, so that no edge is sharper than parts
// can be laid.
func fitTemplate(normals []*nn.Image) *positional {
	s := &moments{}
	for _, x := range normals {
		g := grey(nil, x)
		for _, d := range [...][2]int{{0, 0}, {1, 0}, {-1, 0}, {0, 1}, {0, -1}} {
			s.add(moved(g, d[0], d[1]))
		}
	}
	return s.positional(normals[0].W, normals[0].H)
}

// grey is the mean of a picture's three planes.
func grey(k *workspace, x *nn.Image) *nn.Image {
	out := k.image(1, x.H, x.W)
	for c := range 3 {
		simd.Accumulate(out.Pix, x.Plane(c), 0, 1./3, false)
	}
	return out
}

// unlike returns by how many deviations of good parts every pixel of x differs from
// their mean, blurred by e.
func (p *positional) unlike(k *workspace, x *nn.Image, e *enlarger) *nn.Image {
	z := p.apply(k, grey(k, x))
	for i, v := range z.Pix {
		z.Pix[i] = max(v, -v)
	}
	return e.apply(k, z)
}
