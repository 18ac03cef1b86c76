package feature

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func random(seed uint64, w, h, d int) *Grid {
	rng := rand.New(rand.NewPCG(seed, 7))
	g := NewGrid(w, h, d)
	for i := range g.Data {
		g.Data[i] = rng.Float32()
	}
	return g
}

// near fails where two grids differ by more than tol.
func near(t *testing.T, what string, got, want *Grid, tol float64) {
	t.Helper()
	if got.W != want.W || got.H != want.H || got.D != want.D {
		t.Fatalf("%s: %dx%d of %d, want %dx%d of %d", what, got.W, got.H, got.D, want.W, want.H, want.D)
	}
	for i, v := range want.Data {
		if d := math.Abs(float64(got.Data[i] - v)); !(d <= tol) {
			t.Fatalf("%s: cell %d, number %d: %g, want %g", what, i/want.D, i%want.D, got.Data[i], v)
		}
	}
}

var shapes = [][3]int{{1, 1, 1}, {1, 5, 2}, {6, 1, 3}, {2, 2, 17}, {7, 5, 4}, {8, 4, 3}}

// window is the mean over the cells of a rectangle that are inside.
func window(g *Grid, x0, y0, x1, y1, d int) float32 {
	sum, n := 0.0, 0.0
	for y := max(y0, 0); y < min(y1, g.H); y++ {
		for x := max(x0, 0); x < min(x1, g.W); x++ {
			sum += float64(g.At(y*g.W + x)[d])
			n++
		}
	}
	return float32(sum / n)
}

func TestPoolAndBlurAreMeansOverWindows(t *testing.T) {
	for _, s := range shapes {
		g := random(1, s[0], s[1], s[2])
		for k := 1; k <= 4; k++ {
			want := NewGrid((g.W+k-1)/k, (g.H+k-1)/k, g.D)
			for i := range want.Data {
				x, y := i/g.D%want.W, i/g.D/want.W
				want.Data[i] = window(g, x*k, y*k, x*k+k, y*k+k, i%g.D)
			}
			near(t, "pool", g.Pool(k), want, 1e-6)
		}
		want := NewGrid(g.W, g.H, g.D)
		for i := range want.Data {
			x, y := i/g.D%g.W, i/g.D/g.W
			want.Data[i] = window(g, x-1, y-1, x+2, y+2, i%g.D)
		}
		near(t, "blur", g.Blur3(), want, 1e-6)
	}
}

func TestResizeIsBilinearBetweenCentres(t *testing.T) {
	for _, s := range shapes {
		g := random(2, s[0], s[1], s[2])
		for _, to := range [][2]int{{s[0], s[1]}, {2 * s[0], 2 * s[1]}, {3, 9}, {1, 1}} {
			want := NewGrid(to[0], to[1], g.D)
			for i := range want.Data {
				// The hat function of every source cell, clamped at the ends.
				at := func(k, from, to int) float64 {
					c := (float64(k)+.5)*float64(from)/float64(to) - .5
					return min(max(c, 0), float64(from-1))
				}
				x, y := at(i/g.D%want.W, g.W, want.W), at(i/g.D/want.W, g.H, want.H)
				sum := 0.0
				for c := range g.W * g.H {
					wx, wy := 1-math.Abs(float64(c%g.W)-x), 1-math.Abs(float64(c/g.W)-y)
					sum += max(wx, 0) * max(wy, 0) * float64(g.At(c)[i%g.D])
				}
				want.Data[i] = float32(sum)
			}
			near(t, "resize", g.Resize(to[0], to[1]), want, 1e-6)
		}
	}
}

func TestStackAndFromPlanes(t *testing.T) {
	a, b := random(3, 3, 2, 2), random(4, 3, 2, 3)
	g := Stack(a, b)
	if g.D != 5 {
		t.Fatalf("%d numbers", g.D)
	}
	for i := range 6 {
		if !slices.Equal(g.At(i), slices.Concat(a.At(i), b.At(i))) {
			t.Errorf("cell %d: %v", i, g.At(i))
		}
	}
	m := noise(rand.New(rand.NewPCG(5, 5)), 4, 3, 5)
	p := FromPlanes(m)
	for c := range 4 {
		for y := range 3 {
			for x := range 5 {
				if p.At(y*5 + x)[c] != m.At(c, x, y) {
					t.Fatalf("plane %d at %d,%d", c, x, y)
				}
			}
		}
	}
}
