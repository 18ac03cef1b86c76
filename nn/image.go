package nn

// Image is a picture or a map as the network sees it: C planes of H x W
// float32 samples, row by row, plane after plane. Pictures are in [0, 1];
// anomaly maps have one plane and no upper bound.
type Image struct {
	C, H, W int
	Pix     []float32 // len C*H*W
}

// NewImage returns a zeroed image of c planes of h rows and w columns.
func NewImage(c, h, w int) *Image {
	return &Image{C: c, H: h, W: w, Pix: make([]float32, c*h*w)}
}

// Plane returns plane c as a slice of H*W samples that shares the image's
// storage.
func (m *Image) Plane(c int) []float32 {
	n := m.H * m.W
	return m.Pix[c*n : (c+1)*n : (c+1)*n]
}

// At returns the sample of plane c at column x and row y.
func (m *Image) At(c, x, y int) float32 { return m.Pix[(c*m.H+y)*m.W+x] }

// Clone returns a deep copy.
func (m *Image) Clone() *Image {
	d := *m
	d.Pix = append([]float32(nil), m.Pix...)
	return &d
}
