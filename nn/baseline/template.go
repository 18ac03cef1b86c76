package baseline

import (
	"math"

	"agurscope/nn"
)

// Template compares every pixel with the normals' mean there, in their
// standard deviations: m = blur(mean over planes of |x − µ| / (σ + 0.03)).
type Template struct {
	size
	moments
}

// greyFloor is added to a pixel's deviation: about 8 of 255 grey levels, what
// sensors and exposure always vary by.
const greyFloor = 0.03

func fitTemplate(normals []*nn.Image) *Template {
	d := &Template{sizeOf(normals[0]), fitMoments(len(normals), func(i int) []float32 { return normals[i].Pix })}
	d.widen(greyFloor)
	return d
}

// Detect implements [Detector].
func (d *Template) Detect(x *nn.Image) (float64, *nn.Image) {
	d.check(x)
	m := nn.NewImage(1, x.H, x.W)
	n := len(m.Pix)
	for k, v := range x.Pix {
		m.Pix[k%n] += float32(math.Abs(float64(d.z(k, v)))) / 3
	}
	m = smooth(m)
	return topMean(m), m
}
