package onnxtest

import (
	"fmt"
	"math"
	"slices"
)

func each(x Tensor, f func(float64) float64) Tensor {
	y := zeros(x.Dims...)
	for i, v := range x.Data {
		y.Data[i] = f(v)
	}
	return y
}

// broadcast applies f to the elements of several tensors, repeating extents of 1
// and adding such in front.
func broadcast(in []Tensor, f func([]float64) float64) Tensor {
	rank := 0
	for _, x := range in {
		rank = max(rank, len(x.Dims))
	}
	dims := slices.Repeat([]int{1}, rank)
	strides := make([][]int, len(in))
	for k, x := range in {
		strides[k] = make([]int, rank)
		step := 1
		for i := len(x.Dims) - 1; i >= 0; i-- {
			at := i + rank - len(x.Dims)
			if x.Dims[i] != 1 {
				dims[at], strides[k][at] = x.Dims[i], step
			}
			step *= x.Dims[i]
		}
	}
	y := zeros(dims...)
	v, offset, place := make([]float64, len(in)), make([]int, len(in)), make([]int, rank)
	for i := range y.Data {
		for k := range in {
			v[k] = in[k].Data[offset[k]]
		}
		y.Data[i] = f(v)
		for d := rank - 1; d >= 0; d-- {
			place[d]++
			for k := range in {
				offset[k] += strides[k][d]
			}
			if place[d] < dims[d] {
				break
			}
			for k := range in {
				offset[k] -= dims[d] * strides[k][d]
			}
			place[d] = 0
		}
	}
	return y
}

// conv serves one and two dimensions; a row is an image of one line.
func conv(a attributes, in []Tensor) Tensor {
	x, w := in[0], in[1]
	line := len(x.Dims) == 3
	pads, strides, dilations := a.ints("pads", 0, 0, 0, 0), a.ints("strides", 1, 1), a.ints("dilations", 1, 1)
	if line {
		x.Dims = []int{x.Dims[0], x.Dims[1], 1, x.Dims[2]}
		w.Dims = []int{w.Dims[0], w.Dims[1], 1, w.Dims[2]}
		pads = []int{0, pads[0], 0, pads[1]}
	}
	extent := func(i int) int {
		return (x.Dims[2+i]+pads[i]+pads[2+i]-dilations[i]*(w.Dims[2+i]-1)-1)/strides[i] + 1
	}
	h, wd, ih, iw := extent(0), extent(1), x.Dims[2], x.Dims[3]
	y := zeros(x.Dims[0], w.Dims[0], h, wd)
	outs := w.Dims[0] / a.int("group", 1) // of one group
	for n := range x.Dims[0] {
		for o := range w.Dims[0] {
			out := y.Data[(n*w.Dims[0]+o)*h*wd:][:h*wd]
			if len(in) > 2 {
				for i := range out {
					out[i] = in[2].Data[o]
				}
			}
			for c := range w.Dims[1] {
				plane := x.Data[(n*x.Dims[1]+o/outs*w.Dims[1]+c)*ih*iw:][:ih*iw]
				for k := range w.Dims[2] * w.Dims[3] {
					f := w.Data[(o*w.Dims[1]+c)*w.Dims[2]*w.Dims[3]+k]
					dy, dx := k/w.Dims[3]*dilations[0]-pads[0], k%w.Dims[3]*dilations[1]-pads[1]
					for r := range h {
						iy := r*strides[0] + dy
						if iy < 0 || iy >= ih {
							continue
						}
						for q := range wd {
							if ix := q*strides[1] + dx; ix >= 0 && ix < iw {
								out[r*wd+q] += f * plane[iy*iw+ix]
							}
						}
					}
				}
			}
		}
	}
	if line {
		y.Dims = []int{y.Dims[0], y.Dims[1], y.Dims[3]}
	}
	return y
}

// convTranspose adds to every place of the result what the input's values spread.
func convTranspose(a attributes, in []Tensor) Tensor {
	x, w := in[0], in[1]
	pad, stride, groups := a.ints("pads")[0], a.ints("strides")[0], a.int("group", 1)
	k := w.Dims[2]
	h, wd := (x.Dims[2]-1)*stride+k-2*pad, (x.Dims[3]-1)*stride+k-2*pad
	per := x.Dims[1] / groups
	y := zeros(x.Dims[0], groups*w.Dims[1], h, wd)
	for i, v := range x.Data {
		q, r := i%x.Dims[3], i/x.Dims[3]%x.Dims[2]
		c, n := i/(x.Dims[2]*x.Dims[3])%x.Dims[1], i/(x.Dims[1]*x.Dims[2]*x.Dims[3])
		for o := range w.Dims[1] {
			for t := range k * k {
				oy, ox := r*stride-pad+t/k, q*stride-pad+t%k
				if oy >= 0 && oy < h && ox >= 0 && ox < wd {
					y.Data[((n*y.Dims[1]+c/per*w.Dims[1]+o)*h+oy)*wd+ox] += v * w.Data[(c*w.Dims[1]+o)*k*k+t]
				}
			}
		}
	}
	return y
}

func normalise(in []Tensor, epsilon float64) Tensor {
	x, y := in[0], zeros(in[0].Dims...)
	hw := x.Dims[2] * x.Dims[3]
	for i, v := range x.Data {
		c := i / hw % x.Dims[1]
		y.Data[i] = (v-in[3].Data[c])/math.Sqrt(in[4].Data[c]+epsilon)*in[1].Data[c] + in[2].Data[c]
	}
	return y
}

// concat joins along the channels.
func concat(in []Tensor) Tensor {
	dims := slices.Clone(in[0].Dims)
	dims[1] = 0
	for _, x := range in {
		dims[1] += x.Dims[1]
	}
	y := zeros(dims...)
	y.Data = y.Data[:0]
	for n := range dims[0] {
		for _, x := range in {
			per := len(x.Data) / dims[0]
			y.Data = append(y.Data, x.Data[n*per:(n+1)*per]...)
		}
	}
	return y
}

// slice takes a range of channels.
func slice(in []Tensor) Tensor {
	x, from, to := in[0], int(in[1].Data[0]), int(in[2].Data[0])
	y := zeros(x.Dims[0], to-from, x.Dims[2], x.Dims[3])
	hw := x.Dims[2] * x.Dims[3]
	for n := range x.Dims[0] {
		copy(y.Data[n*(to-from)*hw:(n+1)*(to-from)*hw], x.Data[(n*x.Dims[1]+from)*hw:])
	}
	return y
}

func reshape(x Tensor, dims []float64) (Tensor, error) {
	y := Tensor{Data: x.Data}
	for i, d := range dims {
		if d == 0 {
			d = float64(x.Dims[i])
		}
		y.Dims = append(y.Dims, int(d))
	}
	if size(y.Dims) != len(x.Data) {
		return y, fmt.Errorf("%v do not fit %v", dims, x.Dims)
	}
	return y, nil
}

func pool(x Tensor) Tensor {
	y := zeros(x.Dims[0], x.Dims[1], 1, 1)
	hw := x.Dims[2] * x.Dims[3]
	for i, v := range x.Data {
		y.Data[i/hw] += v / float64(hw)
	}
	return y
}

func channelMean(x Tensor) Tensor {
	y := zeros(x.Dims[0], 1, x.Dims[2], x.Dims[3])
	hw := x.Dims[2] * x.Dims[3]
	for i, v := range x.Data {
		y.Data[i/(x.Dims[1]*hw)*hw+i%hw] += v / float64(x.Dims[1])
	}
	return y
}

// matmul multiplies the last two dimensions; a matrix serves all of the other.
func matmul(a, b Tensor) (Tensor, error) {
	ra, rb := len(a.Dims), len(b.Dims)
	m, k, n := a.Dims[ra-2], a.Dims[ra-1], b.Dims[rb-1]
	if b.Dims[rb-2] != k || (ra != 2 && rb != 2 && !slices.Equal(a.Dims[:ra-2], b.Dims[:rb-2])) {
		return Tensor{}, fmt.Errorf("%v and %v do not fit", a.Dims, b.Dims)
	}
	lead, planes := a.Dims[:ra-2], len(a.Data)/(m*k)
	if rb > 2 {
		lead, planes = b.Dims[:rb-2], len(b.Data)/(k*n)
	}
	y := zeros(append(slices.Clone(lead), m, n)...)
	for p := range planes {
		x, z := a.Data[p%(len(a.Data)/(m*k))*m*k:], b.Data[p%(len(b.Data)/(k*n))*k*n:]
		for r := range m {
			row := y.Data[(p*m+r)*n:][:n]
			for i := range k {
				f := x[r*k+i]
				if f == 0 {
					continue
				}
				for c := range row {
					row[c] += f * z[i*n+c]
				}
			}
		}
	}
	return y, nil
}

// transpose exchanges the last two extents of three, whatever else perm could say.
func transpose(x Tensor) Tensor {
	n, h, w := x.Dims[0], x.Dims[1], x.Dims[2]
	y := zeros(n, w, h)
	for i, v := range x.Data {
		p, r, c := i/(h*w), i/w%h, i%w
		y.Data[(p*w+c)*h+r] = v
	}
	return y
}

// softmax is that over the last extent.
func softmax(x Tensor) Tensor {
	w := x.Dims[len(x.Dims)-1]
	y := zeros(x.Dims...)
	for i := 0; i < len(x.Data); i += w {
		top, sum := slices.Max(x.Data[i:i+w]), 0.0
		for k, v := range x.Data[i : i+w] {
			y.Data[i+k] = math.Exp(v - top)
			sum += y.Data[i+k]
		}
		for k := range w {
			y.Data[i+k] /= sum
		}
	}
	return y
}

// double interpolates bilinearly between half-pixel centres, edges clamped.
func double(x Tensor) Tensor {
	h, w := x.Dims[2], x.Dims[3]
	y := zeros(x.Dims[0], x.Dims[1], 2*h, 2*w)
	near := func(i, n int) (a, b int, t float64) {
		at := (float64(i)+.5)/2 - .5
		f := math.Floor(at)
		return min(max(int(f), 0), n-1), min(max(int(f)+1, 0), n-1), at - f
	}
	for p := range x.Dims[0] * x.Dims[1] {
		in, out := x.Data[p*h*w:], y.Data[p*4*h*w:]
		for r := range 2 * h {
			r0, r1, tr := near(r, h)
			for c := range 2 * w {
				c0, c1, tc := near(c, w)
				top := in[r0*w+c0]*(1-tc) + in[r0*w+c1]*tc
				bottom := in[r1*w+c0]*(1-tc) + in[r1*w+c1]*tc
				out[r*2*w+c] = top*(1-tr) + bottom*tr
			}
		}
	}
	return y
}
