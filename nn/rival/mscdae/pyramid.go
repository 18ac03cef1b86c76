package mscdae

import (
	"math"

	"agurscope/nn"
)

// pyramid returns the local contrast of a picture and its halves, each of
// which is blurred by a binomial before every second sample is taken.
func pyramid(x *nn.Image) (out [levels]*nn.Image) {
	out[0] = contrast(x)
	for l := 1; l < levels; l++ {
		out[l] = halve(out[l-1])
	}
	return out
}

// dark keeps contrast finite where there is no light.
const dark = .05

// surroundings is the picture that contrast is compared with.
func surroundings(x *nn.Image) *nn.Image {
	sigma := float64(min(x.W, x.H)) / 16
	r := int(2 * sigma)
	taps := make([]float32, 2*r+1)
	sum := 0.0
	for i := range taps {
		d := float64(i-r) / sigma
		sum += math.Exp(-d * d / 2)
	}
	for i := range taps {
		d := float64(i-r) / sigma
		taps[i] = float32(math.Exp(-d*d/2) / sum)
	}
	return filter(x, taps)
}

func contrast(x *nn.Image) *nn.Image {
	b := surroundings(x)
	out := nn.NewImage(x.C, x.H, x.W)
	for i, v := range x.Pix {
		out.Pix[i] = (v - b.Pix[i]) / (b.Pix[i] + dark)
	}
	return out
}

// lit turns contrast back into light, that of x.
func lit(x *nn.Image, contrast []float32) *nn.Image {
	b := surroundings(x)
	for i, v := range b.Pix {
		b.Pix[i] = min(max(contrast[i]*(v+dark)+v, 0), 1)
	}
	return b
}

func halve(x *nn.Image) *nn.Image {
	b := filter(x, []float32{1. / 16, 4. / 16, 6. / 16, 4. / 16, 1. / 16})
	out := nn.NewImage(x.C, x.H/2, x.W/2)
	for c := range x.C {
		for y := range out.H {
			for i := range out.W {
				out.Plane(c)[y*out.W+i] = b.Plane(c)[2*y*x.W+2*i]
			}
		}
	}
	return out
}

// box averages over 3 x 3.
func box(x *nn.Image) *nn.Image { return filter(x, []float32{1. / 3, 1. / 3, 1. / 3}) }

// filter weighs along rows and columns; edges are repeated.
func filter(x *nn.Image, taps []float32) *nn.Image {
	r := len(taps) / 2
	out := nn.NewImage(x.C, x.H, x.W)
	half := make([]float32, x.H*x.W)
	for c := range x.C {
		src, dst := x.Plane(c), out.Plane(c)
		clear(half)
		for k, t := range taps {
			for y := range x.H {
				row, to := src[y*x.W:(y+1)*x.W], half[y*x.W:(y+1)*x.W]
				for i := range to {
					to[i] += t * row[min(max(i+k-r, 0), x.W-1)]
				}
			}
		}
		for y := range x.H {
			to := dst[y*x.W : (y+1)*x.W]
			for k, t := range taps {
				at := min(max(y+k-r, 0), x.H-1)
				for i, v := range half[at*x.W : (at+1)*x.W] {
					to[i] += t * v
				}
			}
		}
	}
	return out
}
