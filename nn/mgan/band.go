package mgan

import "math"

// Band splits pictures of one extent into a low and a high band. In the
// frequency domain the high band is X·Hhp with
//
//	Hhp(u,v) = 1 − exp(−(u²+v²)/(2·D0²)),  D0 = (shorter side)/16,
//
// where u and v are signed frequencies in cycles over the shorter side, so that
// the filter is round on any extent. The low band, a product with a Gaussian, is
// a circular convolution with one: separable, and 25 taps of it hold all but a
// millionth. That is faster than two transforms. Band is safe for concurrent use.
type Band struct {
	w, h       int
	rows, cols kernel
}

// NewBand returns the split of pictures w columns wide and h rows high.
func NewBand(w, h int) *Band {
	short := min(w, h)
	return &Band{w: w, h: h, rows: newKernel(w, short), cols: newKernel(h, short)}
}

// Split writes the low and the high band of x (c,h,w) to low and high of the
// same shape. Their sum is x. The three must not overlap.
func (b *Band) Split(x []float32, c int, low, high []float32) {
	n := b.w * b.h
	line := make([]float32, b.w+2*b.rows.radius())
	for i := range c {
		b.split(x[i*n:(i+1)*n], low[i*n:(i+1)*n], high[i*n:(i+1)*n], line)
	}
}

// split does one plane. Until the end, high holds the plane blurred along its
// rows.
func (b *Band) split(x, low, high, line []float32) {
	row := func(x []float32, y int) []float32 {
		y = (y%b.h + b.h) % b.h
		return x[y*b.w : (y+1)*b.w]
	}
	r := b.rows.radius()
	for y := range b.h {
		wrap(line, row(x, y), r)
		b.rows.convolve(row(high, y), func(dx int) []float32 { return line[r+dx:] })
	}
	for y := range b.h {
		b.cols.convolve(row(low, y), func(dy int) []float32 { return row(high, y+dy) })
	}
	low, high = low[:len(x)], high[:len(x)]
	for i, v := range x {
		high[i] = v - low[i]
	}
}

// wrap writes x as a circle to line, from r values before its begin on.
func wrap(line, x []float32, r int) {
	at := (len(x) - r%len(x)) % len(x)
	for done := 0; done < len(line); at = 0 {
		done += copy(line[done:], x[at:])
	}
}

// Channels implements [View].
func (b *Band) Channels() (in, out int) { return 3, 3 }

// Prepare implements [View]: in is the high band, rest the low one.
func (b *Band) Prepare(x, in, rest []float32) { b.Split(x, 3, rest, in) }

// Finish implements [View].
func (b *Band) Finish(_, out, rest, dst []float32) {
	for i, v := range rest {
		dst[i] = v + out[i]
	}
}

// kernel is a symmetric circular convolution: entry i is the weight of the
// values i before and i after. Its radius is a multiple of 4.
type kernel []float32

func (k kernel) radius() int { return len(k) - 1 }

// tail is how much of a kernel's sum may be cut off at its ends.
const tail = 1e-6

// newKernel returns the inverse DFT of the low band's transfer along a side of
// n, cut where its tail begins.
func newKernel(n, short int) kernel {
	d0 := float64(short) / 16
	weight := func(i int) float64 {
		sum := 0.0
		for u := -(n - 1) / 2; u <= n/2; u++ {
			f := float64(u) * float64(short) / float64(n) / d0
			sum += math.Exp(-f*f/2) * math.Cos(2*math.Pi*float64(u*i%n)/float64(n))
		}
		if 2*i == n {
			sum /= 2 // before and after are one value
		}
		return sum / float64(n)
	}
	k, sum := []float64{weight(0)}, weight(0)
	for 1-sum > tail || len(k)%4 != 1 {
		v := 0.0
		if i := len(k); i <= n/2 {
			v = weight(i)
		}
		k, sum = append(k, v), sum+2*v
	}
	out := make(kernel, len(k))
	for i, v := range k {
		out[i] = float32(v / sum)
	}
	return out
}

// convolve writes the convolution of the values whose neighbours at an offset
// are at(offset). Four pairs at a time keep the sums in registers.
func (k kernel) convolve(dst []float32, at func(offset int) []float32) {
	n := len(dst)
	centre, k0 := at(0)[:n], k[0]
	for i := range dst {
		dst[i] = k0 * centre[i]
	}
	for j := 1; j < len(k); j += 4 {
		a1, a2, a3, a4 := at(-j)[:n], at(-j - 1)[:n], at(-j - 2)[:n], at(-j - 3)[:n]
		b1, b2, b3, b4 := at(j)[:n], at(j + 1)[:n], at(j + 2)[:n], at(j + 3)[:n]
		k1, k2, k3, k4 := k[j], k[j+1], k[j+2], k[j+3]
		for i := range dst {
			dst[i] += (k1*(a1[i]+b1[i]) + k2*(a2[i]+b2[i])) + (k3*(a3[i]+b3[i]) + k4*(a4[i]+b4[i]))
		}
	}
}
