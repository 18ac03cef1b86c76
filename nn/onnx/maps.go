package onnx

import (
	"fmt"
	"math"

	"agurscope/nn"
)

// residual is mean|x−y| over the channels, times mean(1−SSIM) unless plain.
func (t *translation) residual(op nn.Residual, x, y string, s nn.Shape) string {
	d := t.Channels(t.op("Abs", t.Sub(x, y)))
	if op.Plain {
		return d
	}
	return t.Mul(d, t.Sub(t.Scalar(1), t.Channels(t.ssim(x, y, d, s[1]))))
}

// ssim is the map of local similarities of every plane. The five images whose
// local means it needs go through the window together; with one plane more they
// are sixteen, which ONNX Runtime does in half the time of fifteen and in a fifth
// of that of matrix products.
func (t *translation) ssim(x, y, filler string, channels int) string {
	const c1, c2 = 0.01 * 0.01, 0.03 * 0.03
	c := int64(channels)
	all := t.window(t.Concat(x, y, t.Mul(x, x), t.Mul(y, y), t.Mul(x, y), filler), 5*channels+1)
	part := func(i int64) string {
		return t.op("Slice", all, t.Ints(i*c), t.Ints((i+1)*c), t.Ints(1))
	}
	mx, my := part(0), part(1)
	xx, yy, xy := t.Mul(mx, mx), t.Mul(my, my), t.Mul(mx, my)
	vx, vy, cov := t.Sub(part(2), xx), t.Sub(part(3), yy), t.Sub(part(4), xy)
	linear := func(v string, factor, shift float32) string { // factor·v + shift
		if factor != 1 {
			v = t.Mul(v, t.Scalar(factor))
		}
		return t.Add(v, t.Scalar(shift))
	}
	top := t.Mul(linear(xy, 2, c1), linear(cov, 2, c2))
	bottom := t.Mul(linear(t.Add(xx, yy), 1, c1), linear(t.Add(vx, vy), 1, c2))
	return t.Div(top, bottom)
}

// window is SSIM's local mean of so many planes: 11 taps of σ 1.5, zeros outside.
func (t *translation) window(x string, planes int) string {
	var taps []float64
	for range planes {
		taps = append(taps, gaussian(1.5, 5)...)
	}
	along := func(side string, h, w int) {
		x = t.Node("window", "Conv", []Attribute{
			{"group", int64(planes)}, {"kernel_shape", []int64{int64(h), int64(w)}},
			{"pads", []int64{int64(h / 2), int64(w / 2), int64(h / 2), int64(w / 2)}},
		}, x, t.Narrow("window of "+side, taps, planes, 1, h, w))
	}
	along("columns", 11, 1)
	along("rows", 1, 11)
	return x
}

// gaussian blurs n pixels with edges mirrored about the outermost pixel. For
// columns the matrix stands on the left, for rows transposed on the right.
func (t *translation) gaussian(n int, sigma float64, right bool) string {
	radius := int(3*sigma + .5)
	taps := gaussian(sigma, radius)
	all := make([]float64, n*n) // [to][from]
	for to := range n {
		for k, f := range taps {
			all[to*n+mirror(to+k-radius, n)] += f
		}
	}
	if right {
		return t.Matrix(fmt.Sprintf("blur rows %g of %d", sigma, n), n, n, func(r, c int) float64 { return all[c*n+r] })
	}
	return t.Matrix(fmt.Sprintf("blur columns %g of %d", sigma, n), n, n, func(r, c int) float64 { return all[r*n+c] })
}

// mirror folds i into 0 … n−1: 2 1 0 1 2.
func mirror(i, n int) int {
	if n == 1 {
		return 0
	}
	period := 2 * (n - 1)
	i = (i%period + period) % period
	return min(i, period-i)
}

// gaussian is a normalised kernel of 2·radius+1 taps.
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
	for i := range k {
		k[i] /= sum
	}
	return k
}
