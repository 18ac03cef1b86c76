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
	src := planes(m)
	cols, rows := spans(b.Dx(), w), spans(b.Dy(), h)
	out := nn.NewImage(3, h, w)
	tmp := make([]float32, b.Dy()*w)
	for c := range src.C {
		shrinkColumns(tmp, src.Plane(c), b.Dx(), w, cols)
		shrinkRows(out.Plane(c), tmp, w, rows)
	}
	for c := src.C; c < 3; c++ {
		copy(out.Plane(c), out.Plane(0))
	}
	return out
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

// planes converts a picture to float planes: one for grey, three for colour.
func planes(m image.Image) *nn.Image {
	b := m.Bounds()
	w, h := b.Dx(), b.Dy()
	switch p := m.(type) {
	case *image.Gray:
		out := nn.NewImage(1, h, w)
		for y := range h {
			row := p.Pix[p.PixOffset(b.Min.X, b.Min.Y+y):]
			for x := range w {
				out.Pix[y*w+x] = float32(row[x]) / 255
			}
		}
		return out
	case *image.Gray16:
		out := nn.NewImage(1, h, w)
		for y := range h {
			row := p.Pix[p.PixOffset(b.Min.X, b.Min.Y+y):]
			for x := range w {
				out.Pix[y*w+x] = float32(uint16(row[2*x])<<8|uint16(row[2*x+1])) / 65535
			}
		}
		return out
	case *image.RGBA:
		out := nn.NewImage(3, h, w)
		for y := range h {
			row := p.Pix[p.PixOffset(b.Min.X, b.Min.Y+y):]
			for x := range w {
				for c := range 3 {
					out.Pix[(c*h+y)*w+x] = float32(row[4*x+c]) / 255
				}
			}
		}
		return out
	}
	out := nn.NewImage(3, h, w)
	for y := range h {
		for x := range w {
			v := color.RGBA64Model.Convert(m.At(b.Min.X+x, b.Min.Y+y)).(color.RGBA64)
			out.Pix[y*w+x] = float32(v.R) / 65535
			out.Pix[(h+y)*w+x] = float32(v.G) / 65535
			out.Pix[(2*h+y)*w+x] = float32(v.B) / 65535
		}
	}
	return out
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
