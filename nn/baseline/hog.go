package baseline

import (
	"math"

	"agurscope/nn"
	"agurscope/nn/feature"
)

// HOG is a template of edges: histograms of gradient orientation in cells
// (Dalal and Triggs 2005, without block normalisation) instead of grey levels,
// compared by position: m = mean over bins of |h − µ| / (σ + σ_all/4).
type HOG struct {
	size
	moments
}

const (
	hogCell = 8 // side of a cell in pixels
	hogBins = 8 // orientations
)

func fitHOG(normals []*nn.Image) *HOG {
	d := &HOG{size: sizeOf(normals[0])}
	d.moments = fitMoments(len(normals), func(i int) []float32 { return orientations(normals[i]).Data })
	d.widen(d.spread()/4 + 1e-6)
	return d
}

// Detect implements [Detector].
func (d *HOG) Detect(x *nn.Image) (float64, *nn.Image) {
	d.check(x)
	h := orientations(x)
	cells := nn.NewImage(1, h.H, h.W)
	for k, v := range h.Data {
		cells.Pix[k/hogBins] += float32(math.Abs(float64(d.z(k, v)))) / hogBins
	}
	m := smooth(enlarge(cells, x.W, x.H))
	return topMean(m), m
}

// orientations returns the histograms that [feature.Cells] begins with.
func orientations(x *nn.Image) *feature.Grid {
	all := feature.Cells(x, hogCell)
	out := feature.NewGrid(all.W, all.H, hogBins)
	for i := range all.W * all.H {
		copy(out.At(i), all.At(i))
	}
	return out
}
