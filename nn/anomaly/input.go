package anomaly

import (
	"image"
	"image/color"
	"math"

	"agurscope/nn"
	"agurscope/nn/internal/simd"
)

// Tensor turns a picture into the network's input: w x h, three planes in
// [0,1] (grey is repeated), 16-bit depth kept. It shrinks by area averaging
// and enlarges bilinearly. Training, inspection and re-inspection all come
// through here, so that they see the same bits.
func Tensor(m image.Image, w, h int) *nn.Image {
	b := m.Bounds()
	read, c := reader(m)
	out := nn.NewImage(3, h, w)
	resize(&nn.Image{C: c, H: h, W: w, Pix: out.Pix[:c*h*w]}, b.Dx(), b.Dy(), func(most int) rows {
		return newBand(read, c, b.Dx(), most)
	})
	for ; c < 3; c++ {
		copy(out.Plane(c), out.Plane(0))
	}
	return out
}

// rows are those of a picture's planes.
type rows interface {
	// at returns n rows of plane c from a row on, one after the other.
	at(c, from, n int) []float32
}

// resize fills out from a picture of w x h: rows first, which are vectors, and of
// what is left the columns. src returns the picture to one of several goroutines,
// which asks for so many rows at a time at most, from above to below and for plane
// after plane.
func resize(out *nn.Image, w, h int, src func(most int) rows) {
	high, most := spans(h, out.H), 0
	for _, s := range high {
		most = max(most, len(s.weights))
	}
	from, weights := columnWeights(w, out.W)
	simd.Do(out.H, rowsAtOnce, func(lo, hi int) {
		in, line := src(most), make([]float32, w)
		for y := lo; y < hi; y++ {
			s := high[y]
			for c := range out.C {
				simd.Combine(line, in.at(c, s.from, len(s.weights)), s.weights)
				simd.Gather(out.Plane(c)[y*out.W:(y+1)*out.W], line, from, weights)
			}
		}
	})
}

// rowsAtOnce is what a goroutine takes of a resize.
const rowsAtOnce = 32

// planar is a picture that is all there.
type planar struct{ *nn.Image }

func (m planar) at(c, from, n int) []float32 { return m.Plane(c)[from*m.W : (from+n)*m.W] }

// band holds some rows of a picture, as planes of float32.
type band struct {
	read    func(y int, to [3][]float32)
	w       int
	from, n int
	planes  [3][]float32
}

func newBand(read func(y int, to [3][]float32), c, w, most int) *band {
	b := &band{read: read, w: w}
	for i := range c {
		b.planes[i] = make([]float32, most*w)
	}
	return b
}

func (b *band) at(c, from, n int) []float32 {
	if from != b.from || n != b.n {
		b.move(from, n)
	}
	return b.planes[c][:n*b.w]
}

// move reads the rows that are not there yet.
func (b *band) move(from, n int) {
	kept := 0
	if skip := from - b.from; skip >= 0 && skip < b.n {
		kept = min(b.n-skip, n)
		for _, p := range b.planes {
			if p != nil {
				copy(p[:kept*b.w], p[skip*b.w:])
			}
		}
	}
	for y := kept; y < n; y++ {
		var to [3][]float32
		for c, p := range b.planes {
			if p != nil {
				to[c] = p[y*b.w : (y+1)*b.w]
			}
		}
		b.read(from+y, to)
	}
	b.from, b.n = from, n
}

// span is the share of source samples in one destination sample.
type span struct {
	from    int
	weights []float32
}

// spans computes, for a resize from n to m samples, every destination sample's
// weights: a box where it shrinks, two neighbours where it grows.
func spans(n, m int) []span {
	out := make([]span, m)
	scale := float64(n) / float64(m)
	for i := range out {
		lo, hi := float64(i)*scale, float64(i+1)*scale
		if scale < 1 { // bilinear about the sample's centre
			c := (lo+hi)/2 - .5
			f := math.Floor(c)
			a, b := clamp(int(f), n), clamp(int(f)+1, n)
			t := float32(c - f)
			if a == b {
				out[i] = span{a, []float32{1}}
			} else {
				out[i] = span{a, []float32{1 - t, t}}
			}
			continue
		}
		from, to := int(lo), min(int(math.Ceil(hi-1e-9)), n)
		s := span{from: from}
		for k := from; k < to; k++ {
			s.weights = append(s.weights, float32((min(hi, float64(k+1))-max(lo, float64(k)))/scale))
		}
		out[i] = s
	}
	return out
}

func clamp(i, n int) int { return min(max(i, 0), n-1) }

func shrinkColumns(dst, src []float32, n, m int, cols []span) {
	for y := range len(src) / n {
		in, out := src[y*n:(y+1)*n], dst[y*m:(y+1)*m]
		for x, s := range cols {
			sum := float32(0)
			for k, w := range s.weights {
				sum += w * in[s.from+k]
			}
			out[x] = sum
		}
	}
}

func shrinkRows(dst, src []float32, w int, rows []span) {
	for y, s := range rows {
		simd.Combine(dst[y*w:(y+1)*w], src[s.from*w:], s.weights)
	}
}

// columnWeights are [spans] with as many weights for every sample: weights[k*m+i] is that
// of sample from[i]+k in sample i.
func columnWeights(n, m int) (from []int32, weights []float32) {
	all, taps := spans(n, m), 0
	for _, s := range all {
		taps = max(taps, len(s.weights))
	}
	from, weights = make([]int32, m), make([]float32, taps*m)
	for i, s := range all {
		at := min(s.from, n-taps) // none reaches beyond the row
		from[i] = int32(at)
		for k, w := range s.weights {
			weights[(s.from-at+k)*m+i] = w
		}
	}
	return from, weights
}

// reader returns how a picture's rows are read as one plane for grey or three for
// colour, and how many.
func reader(m image.Image) (read func(y int, to [3][]float32), planes int) {
	b := m.Bounds()
	switch p := m.(type) {
	case *image.Gray:
		return func(y int, to [3][]float32) {
			row := p.Pix[p.PixOffset(b.Min.X, b.Min.Y+y):]
			for x := range to[0] {
				to[0][x] = float32(row[x]) / 255
			}
		}, 1
	case *image.Gray16:
		return func(y int, to [3][]float32) {
			row := p.Pix[p.PixOffset(b.Min.X, b.Min.Y+y):]
			for x := range to[0] {
				to[0][x] = float32(uint16(row[2*x])<<8|uint16(row[2*x+1])) / 65535
			}
		}, 1
	case *image.RGBA:
		return func(y int, to [3][]float32) {
			simd.Unpack(to[0], to[1], to[2], p.Pix[p.PixOffset(b.Min.X, b.Min.Y+y):])
		}, 3
	}
	return func(y int, to [3][]float32) {
		for x := range to[0] {
			v := color.RGBA64Model.Convert(m.At(b.Min.X+x, b.Min.Y+y)).(color.RGBA64)
			to[0][x], to[1][x], to[2][x] = float32(v.R)/65535, float32(v.G)/65535, float32(v.B)/65535
		}
	}, 3
}

// FitInput chooses the network's input for pictures of w x h: the aspect ratio
// is kept, the area is near n x n, both sides are multiples of 16 and at least
// 32. A square picture gets n x n; an elongated one keeps its shape instead of
// being squeezed.
func FitInput(w, h, n int) (width, height int) {
	ratio := math.Sqrt(float64(w) / float64(h))
	side := func(v float64) int { return min(max(int(math.Round(v/16))*16, 32), MaxSide) }
	return side(float64(n) * ratio), side(float64(n) / ratio)
}

// Picture converts an image of three planes, or of one, to opaque pixels.
func Picture(m *nn.Image) *image.RGBA {
	out := image.NewRGBA(image.Rect(0, 0, m.W, m.H))
	n := m.W * m.H
	for i := range n {
		for c := range 3 {
			v := m.Pix[min(c, m.C-1)*n+i]
			out.Pix[4*i+c] = uint8(min(max(v, 0), 1)*255 + .5)
		}
		out.Pix[4*i+3] = 255
	}
	return out
}
