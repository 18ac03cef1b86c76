package naive

import (
	"math"
	"math/cmplx"
	"slices"

	"agurscope/nn"
)

// ssim is the map of local similarities of every plane.
func ssim(x, y []float64, s nn.Shape) []float64 {
	const c1, c2 = 0.01 * 0.01, 0.03 * 0.03
	product := func(a, b float64) float64 { return a * b }
	mx, my := window(x, s), window(y, s)
	xx, yy, xy := window(pairs(x, x, product), s), window(pairs(y, y, product), s), window(pairs(x, y, product), s)
	out := make([]float64, len(x))
	for i := range out {
		vx, vy, cov := xx[i]-mx[i]*mx[i], yy[i]-my[i]*my[i], xy[i]-mx[i]*my[i]
		out[i] = (2*mx[i]*my[i] + c1) * (2*cov + c2) / ((mx[i]*mx[i] + my[i]*my[i] + c1) * (vx + vy + c2))
	}
	return out
}

// gaussian is a normalised kernel of 2·radius+1 taps; sigma 0 gives one tap.
func gaussian(sigma float64, radius int) []float64 {
	k, sum := make([]float64, 2*radius+1), 0.0
	for i := range k {
		d := float64(i - radius)
		k[i] = 1
		if sigma > 0 {
			k[i] = math.Exp(-d * d / (2 * sigma * sigma))
		}
		sum += k[i]
	}
	return each(k, func(v float64) float64 { return v / sum })
}

// window is SSIM's weighted local mean: 11 x 11, sigma 1.5, zeros outside.
func window(x []float64, s nn.Shape) []float64 {
	k := gaussian(1.5, 5)
	along := func(x []float64, dh, dw int) []float64 {
		return fill(s, func(n, c, h, w int) float64 {
			sum := 0.0
			for t, f := range k {
				i, j := h+(t-5)*dh, w+(t-5)*dw
				if i >= 0 && i < s[2] && j >= 0 && j < s[3] {
					sum += f * x[at(s, n, c, i, j)]
				}
			}
			return sum
		})
	}
	return along(along(x, 1, 0), 0, 1)
}

// blur mirrors at the centre of the edge pixels.
func blur(x []float64, s nn.Shape, sigma float64) []float64 {
	r := int(3*sigma + 0.5)
	k := gaussian(sigma, r)
	along := func(x []float64, dh, dw int) []float64 {
		return fill(s, func(n, c, h, w int) float64 {
			sum := 0.0
			for t, f := range k {
				sum += f * x[at(s, n, c, mirror(h+(t-r)*dh, s[2]), mirror(w+(t-r)*dw, s[3]))]
			}
			return sum
		})
	}
	return along(along(x, 1, 0), 0, 1)
}

// mirror folds i into 0 … n−1 without repeating the edge: 2 1 0 1 2.
func mirror(i, n int) int {
	if n == 1 {
		return 0
	}
	period := 2 * (n - 1)
	i = ((i % period) + period) % period
	return min(i, period-i)
}

func residual(x, y []float64, s nn.Shape, plain bool) []float64 {
	channels := float64(s[1])
	similarity := ssim(x, y, s)
	return fill(nn.Shape{s[0], 1, s[2], s[3]}, func(n, _, h, w int) float64 {
		difference, structure := 0.0, 0.0
		for c := range s[1] {
			i := at(s, n, c, h, w)
			difference += math.Abs(x[i]-y[i]) / channels
			structure += (1 - similarity[i]) / channels
		}
		if plain {
			return difference
		}
		return difference * structure
	})
}

func l1(y, x, mask []float64, s nn.Shape, weight float64) float64 {
	return mean(fill(s, func(n, c, h, w int) float64 {
		i := at(s, n, c, h, w)
		return math.Abs(y[i]-x[i]) * (1 + weight*mask[(n*s[2]+h)*s[3]+w])
	}))
}

// spectrum sums the transform as it is defined.
func spectrum(y, x []float64, s nn.Shape) float64 {
	hw := s[2] * s[3]
	total := 0.0
	for p := 0; p < len(x); p += hw {
		a, b := DFT(y[p:p+hw], s[2], s[3]), DFT(x[p:p+hw], s[2], s[3])
		for i := range a {
			total += math.Abs(math.Log(1+cmplx.Abs(a[i])) - math.Log(1+cmplx.Abs(b[i])))
		}
	}
	return total / float64(len(x))
}

// DFT is the orthonormal 2-D Fourier transform of h rows of w samples.
func DFT(x []float64, h, w int) []complex128 {
	rows := make([]complex128, h*w)
	for r := range h {
		for v := range w {
			for c := range w {
				rows[r*w+v] += complex(x[r*w+c], 0) * turn(v*c, w)
			}
		}
	}
	out := make([]complex128, h*w)
	norm := complex(1/math.Sqrt(float64(h*w)), 0)
	for u := range h {
		for v := range w {
			for r := range h {
				out[u*w+v] += rows[r*w+v] * turn(u*r, h)
			}
			out[u*w+v] *= norm
		}
	}
	return out
}

// turn is exp(−2πi·k/n).
func turn(k, n int) complex128 {
	sin, cos := math.Sincos(-2 * math.Pi * float64(k%n) / float64(n))
	return complex(cos, sin)
}

func focal(s, m []float64, posWeight float64) float64 {
	return mean(pairs(s, m, func(s, m float64) float64 {
		p := sigmoid(s)
		pt := p*m + (1-p)*(1-m)
		bce := math.Log1p(math.Exp(-math.Abs(s))) + max(s, 0) - s*m
		return (1 - pt) * (1 - pt) * bce * (1 + posWeight*m)
	}))
}

func deviation(s, mask []float64, shape nn.Shape, op nn.DeviationLoss) float64 {
	hw := shape[2] * shape[3]
	k := min(hw, max(16, int(op.Share*float64(hw))))
	total := 0.0
	for o := 0; o < len(s); o += hw {
		sorted := slices.Sorted(slices.Values(s[o : o+hw]))
		top := mean(sorted[hw-k:])
		set := 0
		for _, m := range mask[o : o+hw] {
			if m > 0.5 {
				set++
			}
		}
		if set > op.MinPixels {
			total += max(0, float64(op.Mu)+float64(op.Margin)-top)
		} else {
			total += max(0, top-float64(op.Mu))
		}
	}
	return total / float64(shape[0])
}

func critic(s, targets []float64, linear bool) float64 {
	hw := len(s) / len(targets)
	total := 0.0
	for n, t := range targets {
		total += mean(each(s[n*hw:(n+1)*hw], func(v float64) float64 {
			switch {
			case linear:
				return -t * v
			case t > 0:
				return t * max(0, 1-v)
			default:
				return -t * max(0, 1+v)
			}
		}))
	}
	return total
}

func sparsity(h []float64, s nn.Shape, rho float64) float64 {
	total := 0.0
	means, _ := moments(h, s)
	for _, m := range means {
		m = min(max(m, 1e-4), 1-1e-4)
		total += rho*math.Log(rho/m) + (1-rho)*math.Log((1-rho)/(1-m))
	}
	return total
}
