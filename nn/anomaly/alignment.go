package anomaly

import (
	"math"

	"agurscope/nn"
)

// Alignment says how parts lie in the pictures, which decides how residuals
// are compared: per position when every part lies alike, over the whole
// picture otherwise.
type Alignment string

// The alignments; the empty one is Auto.
const (
	Auto       Alignment = "auto"
	Registered Alignment = "registered" // in a nest or fixture: per-pixel statistics
	Free       Alignment = "free"       // any pose, or a texture: global statistics
)

// registeredFrom is the share of variance that position must explain for
// parts to count as registered (17.3).
const registeredFrom = 0.5

const cellFeatures = 17

// cells describes a picture in cells of 8x8 pixels by 17 numbers each: an
// 8-bin histogram of gradient orientation of log(grey+0.05), and mean, mean
// square root and standard deviation of the three planes. The result is
// [cell][feature], row by row.
func cells(m *nn.Image) [][cellFeatures]float64 {
	const size = 8
	cw, ch := m.W/size, m.H/size
	out := make([][cellFeatures]float64, cw*ch)
	lum := make([]float64, m.W*m.H)
	for i := range lum {
		lum[i] = math.Log((float64(m.Plane(0)[i])+float64(m.Plane(1)[i])+float64(m.Plane(2)[i]))/3 + .05)
	}
	at := func(x, y int) float64 { return lum[clamp(y, m.H)*m.W+clamp(x, m.W)] }
	const n = size * size
	for y := range ch * size {
		for x := range cw * size {
			f := &out[y/size*cw+x/size]
			gx, gy := at(x+1, y)-at(x-1, y), at(x, y+1)-at(x, y-1)
			bin := int((math.Atan2(gy, gx)+math.Pi)/(2*math.Pi)*8) % 8
			f[bin] += math.Hypot(gx, gy) / n
			for c := range 3 {
				v := float64(m.At(c, x, y))
				f[8+c] += v / n
				f[11+c] += math.Sqrt(v) / n
				f[14+c] += v * v / n
			}
		}
	}
	for i := range out {
		for c := range 3 {
			f := &out[i]
			f[14+c] = math.Sqrt(max(0, f[14+c]-f[8+c]*f[8+c]))
		}
	}
	return out
}

// PositionShare returns R²: the share of the variance of the normal pictures'
// cell features that their position explains, averaged over the features. 1
// means all pictures are alike, 0 that position says nothing.
func PositionShare(normals []*nn.Image) float64 {
	if len(normals) < 2 {
		return 0
	}
	n := min(len(normals), 100)
	var all [][][cellFeatures]float64
	for i := range n {
		all = append(all, cells(normals[i*len(normals)/n]))
	}
	positions := len(all[0])
	share, counted := 0.0, 0
	for f := range cellFeatures {
		total, within, mean := 0.0, 0.0, 0.0
		for _, c := range all {
			for p := range c {
				mean += c[p][f] / float64(n*positions)
			}
		}
		for p := range positions {
			local := 0.0
			for _, c := range all {
				local += c[p][f] / float64(n)
			}
			for _, c := range all {
				within += (c[p][f] - local) * (c[p][f] - local)
				total += (c[p][f] - mean) * (c[p][f] - mean)
			}
		}
		if total > 1e-12 {
			share += 1 - within/total
			counted++
		}
	}
	return share / float64(max(counted, 1))
}
