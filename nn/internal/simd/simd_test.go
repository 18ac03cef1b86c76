package simd

import (
	"fmt"
	"math"
	"math/rand/v2"
	"sync/atomic"
	"testing"
)

func random(seed uint64, n int) []float32 {
	rng := rand.New(rand.NewPCG(seed, 1))
	out := make([]float32, n)
	for i := range out {
		out[i] = rng.Float32() - .1
	}
	return out
}

// shift returns a copy of s that begins by floats further from an aligned
// address.
func shift(s []float32, by int) []float32 {
	return append(make([]float32, by, by+len(s)), s...)[by:]
}

// everywhere computes f with each set of kernels and at several alignments, and
// compares with the twin in Go: to rounding, and among alignments to the bit.
func everywhere(t *testing.T, f func(by int) []float32) {
	t.Helper()
	defer widest()
	plain()
	want := f(0)
	for name, use := range map[string]func(){"AVX2": narrow, "widest": widest} {
		use()
		var first []float32
		for by := range 5 {
			got := f(by)
			for i, v := range want {
				if d := math.Abs(float64(got[i] - v)); !(d <= 1e-5*(1+math.Abs(float64(v)))) && got[i] != v {
					t.Fatalf("%s: number %d of %d: %g, in Go %g", name, i, len(want), got[i], v)
				}
				if first != nil && got[i] != first[i] {
					t.Fatalf("%s: number %d is %g, at another address %g", name, i, got[i], first[i])
				}
			}
			first = got
		}
	}
}

func TestElementwiseKernels(t *testing.T) {
	for _, n := range []int{1, 3, 16, 17, 100, 1000} {
		a, b, c := random(1, n), random(2, n), random(3, n)
		for i := range c {
			c[i] += .2 // deviations
		}
		everywhere(t, func(by int) []float32 {
			out := shift(make([]float32, n), by)
			LogGrey(out, shift(a, by), b, c)
			return out
		})
		everywhere(t, func(by int) []float32 {
			out := shift(make([]float32, n), by)
			Unit(out, shift(a, by), b, c)
			return out
		})
		for _, positive := range []bool{false, true} {
			everywhere(t, func(by int) []float32 {
				out := shift(b, by)
				Accumulate(out, shift(a, by), .3, 2, positive)
				return out
			})
		}
		everywhere(t, func(by int) []float32 {
			out := shift(a, by)
			Outline(out, b, shift(c, by), 2)
			return out
		})
		for _, step := range []int{0, 1, 2, 7, 64, n} {
			everywhere(t, func(by int) []float32 {
				out := shift(a, by)
				Spread(out, step)
				return out
			})
		}
		for taps := range 4 {
			w := n / max(taps, 1)
			everywhere(t, func(by int) []float32 {
				out := shift(make([]float32, w), by)
				Combine(out, shift(a, by), c[:min(taps, n)])
				return out
			})
		}
	}
}

func TestPictureKernels(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 9))
	for _, n := range []int{1, 7, 8, 9, 31, 500} {
		rgba := make([]uint8, 4*n)
		for i := range rgba {
			rgba[i] = uint8(rng.Uint32())
		}
		everywhere(t, func(by int) []float32 {
			out := shift(make([]float32, 3*n), by)
			Unpack(out[:n], out[n:2*n], out[2*n:], rgba)
			return out
		})
		x := append(random(2, n), float32(math.NaN()), float32(math.Inf(1)), -1)
		for _, root := range []bool{false, true} {
			everywhere(t, func(by int) []float32 {
				out := shift(x, by)
				Expose(out, 1.7, root)
				return out
			})
		}
		for taps := 1; taps <= 4; taps++ {
			x, weights, from := random(3, n+taps), random(4, n*taps), make([]int32, n)
			for i := range from {
				from[i] = rng.Int32N(int32(n + 1))
			}
			everywhere(t, func(by int) []float32 {
				out := shift(make([]float32, n), by)
				Gather(out, shift(x, by), from, shift(weights, by))
				return out
			})
		}
	}
}

// Samples are the same to the bit with every set of kernels, inside the plane and
// far outside, and where they begin does not matter.
func TestSample(t *testing.T) {
	defer widest()
	nan := float32(math.NaN())
	for _, size := range [][2]int{{1, 1}, {1, 9}, {9, 1}, {2, 2}, {40, 33}} {
		w, h := size[0], size[1]
		plane := random(11, w*h)
		for _, step := range [][4]float32{{.3, .2, 1, 0}, {-3, 5, .7, -.6}, {1e6, -1e6, -1e5, 3}, {nan, 2, 1, 1}, {0, 0, 0, 0}} {
			sampled := func(from, n int) []float32 {
				out := make([]float32, n)
				Sample(out, plane, w, h, step[0], step[1], step[2], step[3], from)
				return out
			}
			for _, n := range []int{1, 8, 13} {
				plain()
				want := sampled(0, n)
				widest()
				got := sampled(0, n)
				for i, v := range want {
					if got[i] != v || sampled(i, 1)[0] != v {
						t.Fatalf("%d x %d, %v: sample %d is %g and %g, in Go %g", w, h, step, i, got[i], sampled(i, 1)[0], v)
					}
				}
			}
		}
	}
}

func TestFinite(t *testing.T) {
	defer widest()
	for _, use := range []func(){plain, narrow, widest} {
		use()
		for n := range 40 {
			x := random(1, n)
			if !Finite(x) {
				t.Fatalf("%v is finite", x)
			}
			for i := range x {
				for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
					y := append([]float32(nil), x...)
					if y[i] = float32(bad); Finite(y) {
						t.Fatalf("%g at %d of %d was not seen", bad, i, n)
					}
				}
			}
		}
	}
}

func TestCells(t *testing.T) {
	for _, s := range [][3]int{{1, 1, 4}, {5, 3, 4}, {64, 4, 4}, {300, 8, 8}, {513, 4, 3}, {20, 16, 16}, {700, 2, 300}} {
		w, high, size := s[0], s[1], s[2]
		grey := random(4, (w+2)*(high+2))
		rgb := [3][]float32{random(5, w*high), random(6, w*high), random(7, w*high)}
		everywhere(t, func(by int) []float32 {
			cells := make([]Count, (w+size-1)/size)
			CountCells(cells, shift(grey, by), rgb, w, high, size)
			var out []float32
			for _, c := range cells {
				out = append(append(out, c.Gradient[:]...), c.Root[:]...)
				for k := range 3 {
					out = append(out, float32(c.Sum[k]), float32(c.Square[k]))
				}
				out = append(out, float32(c.Pixels))
			}
			return out
		})
	}
}

func TestPool(t *testing.T) {
	for _, s := range [][4]int{{1, 1, 1, 1}, {3, 8, 8, 2}, {2, 7, 5, 3}, {17, 4, 6, 1}} {
		planes, h, w, k := s[0], s[1], s[2], s[3]
		gw, gh := (w+k-1)/k, (h+k-1)/k
		x := random(8, planes*h*w)
		everywhere(t, func(by int) []float32 {
			out := make([]float32, gw*gh*(planes+2))
			for y := range gh { // as several goroutines would
				Pool(out, planes+2, shift(x, by), planes, h, w, k, y, y+1)
			}
			return out
		})
	}
}

func halves(v []float32) []float32 {
	for i := range v {
		v[i] = fromHalf(toHalf(v[i]))
	}
	return v
}

// ranks are numbers of vectors that fill blocks, groups of blocks, and none.
var ranks = []int{0, 1, 8, 9, 63, 64, 65, 130}

func starts() []int {
	s := []int{0}
	for _, r := range ranks {
		s = append(s, s[len(s)-1]+r)
	}
	return s
}

func TestRowsKeepTheirNumbers(t *testing.T) {
	start := starts()
	for _, group := range []int{1, 8} {
		for _, exact := range []bool{false, true} {
			data := random(1, start[len(start)-1]*5)
			if exact {
				halves(data)
			}
			r := newRows(data, 5, start, group)
			if (r.half != nil) != exact {
				t.Fatalf("kept in half precision: %v, numbers that fit: %v", r.half != nil, exact)
			}
			for i, v := range r.Data() {
				if v != data[i] {
					t.Fatalf("number %d: %g, was %g", i, v, data[i])
				}
			}
			for i, n := range r.Counts() {
				if int(n) != ranks[i] {
					t.Fatalf("owner %d has %d vectors", i, n)
				}
			}
		}
	}
}

func TestDistances(t *testing.T) {
	start := starts()
	positions := len(ranks)
	for _, d := range []int{1, 7, 102, 262} {
		for _, exact := range []bool{false, true} {
			rows := random(2, start[positions]*d)
			for i := range rows {
				rows[i] *= .1
			}
			if exact {
				halves(rows)
			}
			unit := random(4, d)
			floor := make([]float32, positions)
			for i := range unit {
				unit[i] += 1
			}
			for i := range floor {
				floor[i] = .002
			}
			pitch := d + 3
			x := random(5, positions*pitch)
			g := NewGaussian(rows, random(3, positions*d), unit, floor, start, false)
			everywhere(t, func(by int) []float32 {
				out := make([]float32, positions)
				for i := range positions {
					g.Distances(out, shift(x, by), pitch, make([]float32, d), i, i+1)
				}
				return out
			})
			one := NewGaussian(rows, random(3, d), unit, floor[:1], []int{0, start[positions]}, true)
			everywhere(t, func(by int) []float32 {
				out := make([]float32, positions)
				one.Distances(out, shift(x, by), pitch, make([]float32, d), 0, positions)
				return out
			})
			for _, radius := range []int{0, 1, 9} {
				m := NewMemory(rows, random(6, d), unit, start, 4, 2, radius, 3, false)
				everywhere(t, func(by int) []float32 {
					out := make([]float32, positions)
					m.Distances(out, shift(x, by), pitch, m.NewScratch(), 1, positions)
					return out
				})
			}
			heap := NewMemory(rows, random(6, d), unit, []int{0, start[positions]}, 1, 1, 1, 5, true)
			everywhere(t, func(by int) []float32 {
				out := make([]float32, positions)
				heap.Distances(out, shift(x, by), pitch, heap.NewScratch(), 0, positions)
				return out
			})
		}
	}
}

func TestFarAwayIsFar(t *testing.T) {
	defer widest()
	for _, use := range []func(){plain, narrow, widest} {
		use()
		rows := make([]float32, 8*8)
		for i := range rows {
			rows[i] = 1
		}
		x := make([]float32, 8)
		for i := range x {
			x[i] = 1e38
		}
		far := NewGaussian(rows, make([]float32, 8), []float32{1, 1, 1, 1, 1, 1, 1, 1}, []float32{1}, []int{0, 8}, true)
		out := make([]float32, 1)
		far.Distances(out, x, 8, make([]float32, 8), 0, 1)
		if !(out[0] > 1e30) {
			t.Errorf("%g of 1e38", out[0])
		}
	}
}

func TestDoTakesEveryChunkOnce(t *testing.T) {
	for _, n := range []int{0, 1, 5, 64, 1000} {
		seen := make([]atomic.Int32, n)
		f := func(lo, hi int) {
			for i := lo; i < hi; i++ {
				seen[i].Add(1)
			}
		}
		for range 50 {
			Do(n, 7, f)
		}
		for i := range seen {
			if seen[i].Load() != 50 {
				t.Fatalf("%d of %d was done %d times", i, n, seen[i].Load())
			}
		}
	}
}

func TestDoAllocatesNothing(t *testing.T) {
	var sum atomic.Int64
	f := func(lo, hi int) { sum.Add(int64(hi - lo)) }
	Do(1000, 10, f)
	// A pool may be emptied at any time: some allocation now and then is none.
	if a := testing.AllocsPerRun(200, func() { Do(1000, 10, f) }); a >= 1 {
		t.Errorf("%g allocations", a)
	}
}

func BenchmarkGaussian(b *testing.B) {
	const d, positions = 262, 1024
	start := make([]int, positions+1)
	for i := range start {
		start[i] = 64 * i
	}
	for _, exact := range []bool{true, false} {
		rows := random(1, positions*64*d)
		if exact {
			halves(rows)
		}
		unit, floor := random(2, d), make([]float32, positions)
		for i := range floor {
			floor[i] = 1
		}
		g := NewGaussian(rows, random(3, positions*d), unit, floor, start, false)
		x, out, z := random(4, positions*d), make([]float32, positions), make([]float32, d)
		b.Run(fmt.Sprintf("half=%v", exact), func(b *testing.B) {
			for b.Loop() {
				g.Distances(out, x, d, z, 0, positions)
			}
		})
	}
}

func TestLogToSinglePrecision(t *testing.T) {
	for v := float32(1e-5); v < 40; v *= 1.01 {
		if got, want := float64(log(v)), math.Log(float64(v)); math.Abs(got-want) > 3e-7*max(1, math.Abs(want)) {
			t.Errorf("log %g = %g, want %g", v, got, want)
		}
	}
	for _, v := range []float32{0, -1, float32(math.NaN())} {
		if got := log(v); got != log(0x1p-20) {
			t.Errorf("log %g = %g", v, got)
		}
	}
}
