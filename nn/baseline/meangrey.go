package baseline

import (
	"math"

	"agurscope/nn"
)

// MeanGrey scores a picture by how far its mean grey lies from that of the
// normals. Where it separates good from bad, the set was photographed under
// two lights.
type MeanGrey struct {
	size
	mean float64
}

func fitMeanGrey(normals []*nn.Image) *MeanGrey {
	d := &MeanGrey{size: sizeOf(normals[0])}
	for _, x := range normals {
		d.mean += grey(x) / float64(len(normals))
	}
	return d
}

// Detect implements [Detector]. The map is even: this control points nowhere.
func (d *MeanGrey) Detect(x *nn.Image) (float64, *nn.Image) {
	d.check(x)
	score := math.Abs(grey(x) - d.mean)
	m := nn.NewImage(1, x.H, x.W)
	for i := range m.Pix {
		m.Pix[i] = float32(score)
	}
	return score, m
}

// grey is the mean over all planes.
func grey(x *nn.Image) float64 {
	s := 0.0
	for _, v := range x.Pix {
		s += float64(v)
	}
	return s / float64(len(x.Pix))
}
