package rival

import "agurscope/nn"

// thumbnailSide is the side of the grid that Thumbnail averages to.
const thumbnailSide = 8

// Thumbnail appends to dst, emptied, the means of a map's 8 x 8 parts: where and
// how much a picture differs, as an embedding for methods that have no features.
func Thumbnail(dst []float32, m *nn.Image) []float32 {
	dst = dst[:0]
	for c := range m.C {
		plane := m.Plane(c)
		for j := range thumbnailSide {
			y0, y1 := cut(j, m.H)
			for i := range thumbnailSide {
				x0, x1 := cut(i, m.W)
				sum := float32(0)
				for y := y0; y < y1; y++ {
					for _, v := range plane[y*m.W+x0 : y*m.W+x1] {
						sum += v
					}
				}
				dst = append(dst, sum/float32((y1-y0)*(x1-x0)))
			}
		}
	}
	return dst
}

// cut returns where part i of n begins and ends; each has a pixel at least.
func cut(i, n int) (int, int) {
	from := i * n / thumbnailSide
	return min(from, n-1), max((i+1)*n/thumbnailSide, min(from, n-1)+1)
}
