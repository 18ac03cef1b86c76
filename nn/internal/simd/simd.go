package simd

import "math"

// Count is what is summed over the pixels of a cell: the gradient of log grey
// by octant, square roots, values and their squares by plane. Sums and squares
// are subtracted from each other later, which takes more than 24 bits.
type Count struct {
	Gradient    [8]float32
	Root        [3]float32
	Sum, Square [3]float64
	Pixels      int64
}

// LogGrey sets out to log((r+g+b)/3 + 0.05) to 24 bits; what is below 2^-20 or
// not a number counts as 2^-20.
func LogGrey(out, r, g, b []float32) {
	n := len(out)
	r, g, b = r[:n], g[:n], b[:n]
	if !logGreyC(out, r, g, b) {
		logGrey(out, r, g, b)
	}
}

// CountCells fills a row of cells of size x size pixels of a picture w wide.
// grey holds the row of log grey values above them, theirs and the one below,
// each with a pixel more at either end; rgb begin at their first row.
func CountCells(out []Count, grey []float32, rgb [3][]float32, w, high, size int) {
	if len(out) != (w+size-1)/size || len(grey) < (high+2)*(w+2) {
		panic("simd: cells of another extent")
	}
	for c := range rgb {
		rgb[c] = rgb[c][:w*high]
	}
	if w > 0 && !countC(out, grey, rgb, w, high, size) {
		countCells(out, grey, rgb, w, high, size)
	}
}

// Pool writes rows from to to-1 of the grid of means over k x k pixels of
// planes of h x w: number p of the cell at column x and row y goes to
// out[(y·⌈w/k⌉+x)·pitch+p]. Ragged cells are means of what is there.
func Pool(out []float32, pitch int, x []float32, planes, h, w, k, from, to int) {
	gw := (w + k - 1) / k
	if len(x) < planes*h*w || from < 0 || (to-1)*k >= h || to > from && len(out) < (to*gw-1)*pitch+planes {
		panic("simd: pooling beyond the grid")
	}
	if to > from && planes > 0 && gw > 0 && !poolC(out, pitch, x, planes, h, w, k, from, to) {
		pool(out, pitch, x, planes, h, w, k, from, to)
	}
}

// Combine sets out to Σ_k weights[k]·x[k·len(out) …]: one row of a resize.
func Combine(out, x, weights []float32) {
	x = x[:len(weights)*len(out)]
	if len(out) == 0 || len(weights) == 0 {
		clear(out)
	} else if !combineC(out, x, weights) {
		combine(out, x, weights)
	}
}

// Unit sets out to (x−mean)/deviation.
func Unit(out, x, mean, deviation []float32) {
	n := len(out)
	x, mean, deviation = x[:n], mean[:n], deviation[:n]
	if n > 0 && !unitC(out, x, mean, deviation) {
		for i, v := range x {
			out[i] = (v - mean[i]) / deviation[i]
		}
	}
}

// Accumulate adds (x−shift)·scale to out, or max(0, that) if positive is set.
func Accumulate(out, x []float32, shift, scale float32, positive bool) {
	x = x[:len(out)]
	if len(x) > 0 && !accumulateC(out, x, shift, scale, positive) {
		for i, v := range x {
			v = (v - shift) * scale
			if !positive || v > 0 {
				out[i] += v
			}
		}
	}
}

// Outline multiplies what is positive in x by (fine+doubt)/(highest+doubt).
func Outline(x, fine, highest []float32, doubt float32) {
	n := len(x)
	fine, highest = fine[:n], highest[:n]
	if n > 0 && !outlineC(x, fine, highest, doubt) {
		for i, v := range x {
			if v > 0 {
				x[i] = v * (fine[i] + doubt) / (highest[i] + doubt)
			}
		}
	}
}

// Spread sets x[i] to the larger of x[i] and x[i+step], for all i but the last
// step.
func Spread(x []float32, step int) {
	n := len(x) - step
	if step < 0 || n <= 0 {
		return
	}
	if !spreadC(x, step, n) {
		for i, v := range x[step:] {
			x[i] = max(x[i], v)
		}
	}
}

// Finite reports whether x holds neither infinities nor what is not a number.
func Finite(x []float32) bool {
	if len(x) == 0 {
		return true
	}
	if all, ok := finiteC(x); ok {
		return all
	}
	for _, v := range x {
		if v-v != 0 {
			return false
		}
	}
	return true
}

// Unpack sets r, g and b to the colours of as many pixels of four bytes, in [0,1].
func Unpack(r, g, b []float32, rgba []uint8) {
	n := len(r)
	g, b, rgba = g[:n], b[:n], rgba[:4*n]
	if n > 0 && !unpackC(r, g, b, rgba) {
		for i := range r {
			r[i], g[i], b[i] = float32(rgba[4*i])/255, float32(rgba[4*i+1])/255, float32(rgba[4*i+2])/255
		}
	}
}

// Expose multiplies x by gain, clips it to [0,1] and then, if root is set, takes
// the square root. What is not a number becomes 0.
func Expose(x []float32, gain float32, root bool) {
	if len(x) == 0 || exposeC(x, gain, root) {
		return
	}
	for i, v := range x {
		if v *= gain; !(v > 0) {
			v = 0
		}
		if x[i] = min(v, 1); root {
			x[i] = float32(math.Sqrt(float64(x[i])))
		}
	}
}

// Gather sets out[i] to Σ_k weights[k·len(out)+i]·x[from[i]+k]: the columns of one
// row of a resize.
func Gather(out, x []float32, from []int32, weights []float32) {
	n := len(out)
	from = from[:n]
	if n == 0 {
		return
	}
	taps := len(weights) / n
	for _, at := range from {
		if at < 0 || int(at)+taps > len(x) {
			panic("simd: gathering beyond the row")
		}
	}
	if taps == 0 {
		clear(out)
	} else if !gatherC(out, x, from, weights[:taps*n]) {
		gather(out, x, from, weights)
	}
}

// Sample sets out to the bilinear samples of a plane of w x h at x+k·dx, y+k·dy for
// k from the given one on, where 0,0 is the middle of the first sample. Outside the
// plane its border goes on. Float32 places a sample to a thousandth of a pixel in
// pictures of 8192.
func Sample(out, plane []float32, w, h int, x, y, dx, dy float32, from int) {
	plane = plane[:w*h]
	if w*h > 0 && len(out) > 0 && !sampleC(out, plane, w, h, x, y, dx, dy, from) {
		sample(out, plane, w, h, x, y, dx, dy, from)
	}
}

// The twins in Go.

func logGrey(out, r, g, b []float32) {
	for i, v := range r {
		out[i] = log((v+g[i]+b[i])*(1./3) + .05)
	}
}

// log returns the natural logarithm of v. With v = m·2^e and s = (m-1)/(m+1),
// ln m = 2(s + s³/3 + s⁵/5 + …), which converges fast for m in [√½, √2).
func log(v float32) float32 {
	if !(v > 0x1p-20) {
		v = 0x1p-20
	}
	const root = 0x3f3504f3 // √½
	bits := math.Float32bits(v) - root
	e := int32(bits) >> 23
	m := math.Float32frombits(bits&(1<<23-1) + root)
	s := (m - 1) / (m + 1)
	q := s * s
	return float32(e)*math.Ln2 + s*(2+q*(2./3+q*(2./5+q*(2./7))))
}

func countCells(out []Count, grey []float32, rgb [3][]float32, w, high, size int) {
	for i := range out {
		n := &out[i]
		x0 := i * size
		wide := min(size, w-x0)
		*n = Count{Pixels: int64(wide * high)}
		for y := range high {
			at := (y+1)*(w+2) + x0
			n.addGradients(grey[at-(w+2)+1:][:wide], grey[at:][:wide+2], grey[at+(w+2)+1:][:wide])
			for c := range rgb {
				n.addColours(c, rgb[c][y*w+x0:][:wide])
			}
		}
	}
}

// addGradients adds a row of pixels of log grey values to the histogram. above
// and below are the rows beside it; here holds one pixel more at either end.
func (n *Count) addGradients(above, here, below []float32) {
	for i := range above {
		x, y := here[i]-here[i+2], above[i]-below[i]
		n.Gradient[Octant(x, y)] += float32(math.Sqrt(float64(x*x + y*y)))
	}
}

// Octant tells eighths of a turn apart without a branch: by the signs of x and
// y, and by which is larger. A tilt far below any that matters decides what
// lies between two eighths, as lines along the rows and columns do.
func Octant(x, y float32) uint32 {
	const tilt, size = 0x1p-20, 1<<31 - 1
	a, b := math.Float32bits(x-tilt*y), math.Float32bits(y+tilt*x)
	return a>>31 | b>>31<<1 | (a&size-b&size)>>31<<2
}

func (n *Count) addColours(c int, row []float32) {
	root, sum, square := n.Root[c], n.Sum[c], n.Square[c]
	for _, v := range row {
		if v > 0 { // enlarging may overshoot
			root += float32(math.Sqrt(float64(v)))
		}
		d := float64(v)
		sum += d
		square += d * d
	}
	n.Root[c], n.Sum[c], n.Square[c] = root, sum, square
}

func pool(out []float32, pitch int, x []float32, planes, h, w, k, from, to int) {
	gw := (w + k - 1) / k
	for gy := from; gy < to; gy++ {
		for p := range planes {
			for gx := range gw {
				x0, x1, y1 := gx*k, min(gx*k+k, w), min(gy*k+k, h)
				sum := float32(0)
				for y := gy * k; y < y1; y++ {
					for _, v := range x[(p*h+y)*w+x0 : (p*h+y)*w+x1] {
						sum += v
					}
				}
				out[(gy*gw+gx)*pitch+p] = sum / float32((x1-x0)*(y1-gy*k))
			}
		}
	}
}

func combine(out, x, weights []float32) {
	for i, v := range x[:len(out)] {
		out[i] = weights[0] * v
	}
	for k, f := range weights[1:] {
		for i, v := range x[(k+1)*len(out):][:len(out)] {
			out[i] += f * v
		}
	}
}

func gather(out, x []float32, from []int32, weights []float32) {
	n := len(out)
	for i, at := range from {
		sum := float32(0)
		for k := 0; k*n+i < len(weights); k++ {
			sum += weights[k*n+i] * x[int(at)+k]
		}
		out[i] = sum
	}
}

func sample(out, plane []float32, w, h int, x, y, dx, dy float32, from int) {
	// A sample on the last row or column is taken from just before it, so that
	// there is always a next one to mix with.
	right, below := min(1, w-1), min(1, h-1)*w
	const before = 1 - 1e-6
	lastX, lastY := float32(w-1)*before, float32(h-1)*before
	for k := range out {
		px, py := x+float32(from+k)*dx, y+float32(from+k)*dy
		if !(px > 0) {
			px = 0
		} else if px > lastX {
			px = lastX
		}
		if !(py > 0) {
			py = 0
		} else if py > lastY {
			py = lastY
		}
		i, j := int(px), int(py)
		fx, fy := px-float32(i), py-float32(j)
		at := j*w + i
		a, c := plane[at], plane[at+below]
		top := a + fx*(plane[at+right]-a)
		out[k] = top + fy*(c+fx*(plane[at+below+right]-c)-top)
	}
}
