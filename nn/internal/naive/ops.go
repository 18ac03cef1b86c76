package naive

import (
	"math"

	"agurscope/nn"
)

// at is the position of an element in N, C, H, W order.
func at(s nn.Shape, n, c, h, w int) int { return ((n*s[1]+c)*s[2]+h)*s[3] + w }

// fill makes a tensor from a function of the position.
func fill(s nn.Shape, f func(n, c, h, w int) float64) []float64 {
	y := make([]float64, 0, s.Size())
	for n := range s[0] {
		for c := range s[1] {
			for h := range s[2] {
				for w := range s[3] {
					y = append(y, f(n, c, h, w))
				}
			}
		}
	}
	return y
}

func each(x []float64, f func(float64) float64) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = f(v)
	}
	return y
}

func pairs(a, b []float64, f func(a, b float64) float64) []float64 {
	y := make([]float64, len(a))
	for i := range a {
		y[i] = f(a[i], b[i])
	}
	return y
}

func mean(x []float64) float64 {
	s := 0.0
	for _, v := range x {
		s += v
	}
	return s / float64(len(x))
}

func relu(v float64) float64    { return max(0, v) }
func sigmoid(v float64) float64 { return 1 / (1 + math.Exp(-v)) }

func conv(op nn.Conv, x []float64, in, out nn.Shape, weight, bias []float64) []float64 {
	k := op.Kernel
	return fill(out, func(n, o, h, w int) float64 {
		sum := 0.0
		if bias != nil {
			sum = bias[o]
		}
		for i := range in[1] {
			for kh := range k {
				ih := h*op.Stride - op.Pad + kh*op.Dilation
				if ih < 0 || ih >= in[2] {
					continue
				}
				row := x[at(in, n, i, ih, 0):][:in[3]]
				taps := weight[((o*in[1]+i)*k+kh)*k:][:k]
				for kw, f := range taps {
					iw := w*op.Stride - op.Pad + kw*op.Dilation
					if iw >= 0 && iw < in[3] {
						sum += row[iw] * f
					}
				}
			}
		}
		return sum
	})
}

func (r *runner) norm(n *nn.Node, op nn.Norm, x []float64, s nn.Shape) []float64 {
	gamma, beta := r.param(op.Gamma), r.param(op.Beta)
	mean, vari := r.param(op.Mean), r.param(op.Var)
	if r.mode == nn.Training {
		mean, vari = moments(x, s)
		count := float64(s[0] * s[2] * s[3])
		r.Mean[n] = mean
		r.Var[n] = each(vari, func(v float64) float64 { return v * count / max(count-1, 1) })
	}
	return fill(s, func(b, c, h, w int) float64 {
		v := (x[at(s, b, c, h, w)]-mean[c])/math.Sqrt(vari[c]+float64(op.Eps))*gamma[c] + beta[c]
		if op.ReLU {
			return relu(v)
		}
		return v
	})
}

// moments are the mean and the biased variance per channel.
func moments(x []float64, s nn.Shape) (mean, vari []float64) {
	mean, vari = make([]float64, s[1]), make([]float64, s[1])
	count := float64(s[0] * s[2] * s[3])
	fill(s, func(b, c, h, w int) float64 {
		mean[c] += x[at(s, b, c, h, w)] / count
		return 0
	})
	fill(s, func(b, c, h, w int) float64 {
		d := x[at(s, b, c, h, w)] - mean[c]
		vari[c] += d * d / count
		return 0
	})
	return mean, vari
}

func (r *runner) concat(n *nn.Node) []float64 {
	return fill(n.Shape, func(b, c, h, w int) float64 {
		for _, in := range n.In {
			if c < in.Shape[1] {
				return r.Of(in)[at(in.Shape, b, c, h, w)]
			}
			c -= in.Shape[1]
		}
		panic("unreachable")
	})
}

// upsample samples the continuous image at the centres of half-size pixels.
func upsample(x []float64, s nn.Shape) []float64 {
	sample := func(i, n int) (lo, hi int, f float64) {
		p := (float64(i)+0.5)/2 - 0.5
		l := math.Floor(p)
		clamp := func(k int) int { return min(max(k, 0), n-1) }
		return clamp(int(l)), clamp(int(l) + 1), p - l
	}
	return fill(nn.Shape{s[0], s[1], 2 * s[2], 2 * s[3]}, func(n, c, h, w int) float64 {
		h0, h1, fh := sample(h, s[2])
		w0, w1, fw := sample(w, s[3])
		row := func(h int) float64 {
			return x[at(s, n, c, h, w0)]*(1-fw) + x[at(s, n, c, h, w1)]*fw
		}
		return row(h0)*(1-fh) + row(h1)*fh
	})
}

// fold lays every patch down where it belongs and counts the patches.
func fold(x []float64, in, out nn.Shape, op nn.Fold) []float64 {
	k, pad := op.Kernel, (op.Kernel-op.Stride)/2
	sum, count := make([]float64, out.Size()), make([]float64, out.Size())
	fill(in, func(n, channel, h, w int) float64 {
		c, row, column := channel/(k*k), channel/k%k, channel%k
		oh, ow := h*op.Stride-pad+row, w*op.Stride-pad+column
		if oh >= 0 && oh < out[2] && ow >= 0 && ow < out[3] {
			sum[at(out, n, c, oh, ow)] += x[at(in, n, channel, h, w)]
			count[at(out, n, c, oh, ow)]++
		}
		return 0
	})
	return pairs(sum, count, func(s, c float64) float64 { return s / c })
}

func pool(x []float64, s nn.Shape) []float64 {
	hw := s[2] * s[3]
	return fill(nn.Shape{s[0], s[1], 1, 1}, func(n, c, _, _ int) float64 {
		o := at(s, n, c, 0, 0)
		return mean(x[o : o+hw])
	})
}

func attention(x []float64, s nn.Shape, k []float64) []float64 {
	return fill(s, func(n, c, _, _ int) float64 {
		z := 0.0
		for t, f := range k {
			if i := c + t - len(k)/2; i >= 0 && i < s[1] {
				z += f * x[n*s[1]+i]
			}
		}
		return sigmoid(z)
	})
}

func scoreInput(x, y []float64, s nn.Shape) []float64 {
	return fill(nn.Shape{s[0], 3 * s[1], s[2], s[3]}, func(n, c, h, w int) float64 {
		i := at(s, n, c%s[1], h, w)
		switch c / s[1] {
		case 0:
			return x[i]
		case 1:
			return y[i]
		default:
			return 4 * math.Abs(x[i]-y[i])
		}
	})
}
