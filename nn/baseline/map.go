package baseline

import (
	"math"

	"agurscope/nn"
	"agurscope/nn/feature"
)

// topShare is the share of a map's pixels whose mean is the score.
const topShare = 0.002

// topMean returns the mean of the highest 0.2 % of a map, at least one pixel.
func topMean(m *nn.Image) float64 {
	k := max(1, int(topShare*float64(len(m.Pix))))
	s := 0.0
	for _, v := range nn.Highest(make([]float32, 0, k), m.Pix, k) {
		s += float64(v)
	}
	return s / float64(k)
}

// smooth blurs a map by 2 px per 128 px of side.
func smooth(m *nn.Image) *nn.Image {
	return blur(m, 2*math.Sqrt(float64(m.W*m.H))/128)
}

// blur convolves every plane with a Gaussian cut at three sigma. At the border
// the weights inside are scaled to sum to 1.
func blur(m *nn.Image, sigma float64) *nn.Image {
	r := int(math.Ceil(3 * sigma))
	taps := func(n int) []tap {
		out := make([]tap, n)
		for i := range out {
			lo, hi := max(0, i-r), min(n-1, i+r)
			t, sum := tap{from: lo}, 0.0
			for j := lo; j <= hi; j++ {
				d := float64(j-i) / sigma
				sum += math.Exp(-d * d / 2)
			}
			for j := lo; j <= hi; j++ {
				d := float64(j-i) / sigma
				t.weights = append(t.weights, float32(math.Exp(-d*d/2)/sum))
			}
			out[i] = t
		}
		return out
	}
	return filter(m, taps(m.W), taps(m.H))
}

// shrink brings a picture to w x h, not larger than itself, by area averaging.
func shrink(m *nn.Image, w, h int) *nn.Image {
	taps := func(n, to int) []tap {
		out := make([]tap, to)
		for i := range out {
			// In units of 1/to source samples everything is a whole number.
			lo, hi := i*n, (i+1)*n
			t := tap{from: lo / to}
			for j := t.from; j*to < hi; j++ {
				share := min(hi, (j+1)*to) - max(lo, j*to)
				t.weights = append(t.weights, float32(share)/float32(n))
			}
			out[i] = t
		}
		return out
	}
	return filter(m, taps(m.W, w), taps(m.H, h))
}

// enlarge brings a map to w x h bilinearly.
func enlarge(m *nn.Image, w, h int) *nn.Image {
	return &nn.Image{C: 1, H: h, W: w, Pix: feature.FromPlanes(m).Resize(w, h).Data}
}

// tap says which consecutive samples make one sample of the result.
type tap struct {
	from    int
	weights []float32
}

// filter applies weights along the rows, then along the columns.
func filter(m *nn.Image, cols, rows []tap) *nn.Image {
	out := nn.NewImage(m.C, len(rows), len(cols))
	half := make([]float32, m.H*len(cols))
	for c := range m.C {
		src, dst := m.Plane(c), out.Plane(c)
		for y := range m.H {
			line := src[y*m.W : (y+1)*m.W]
			for x, t := range cols {
				sum := float32(0)
				for k, w := range t.weights {
					sum += w * line[t.from+k]
				}
				half[y*len(cols)+x] = sum
			}
		}
		for y, t := range rows {
			line := dst[y*len(cols) : (y+1)*len(cols)]
			for k, w := range t.weights {
				for x, v := range half[(t.from+k)*len(cols) : (t.from+k+1)*len(cols)] {
					line[x] += w * v
				}
			}
		}
	}
	return out
}
