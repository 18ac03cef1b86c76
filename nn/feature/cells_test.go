package feature

import (
	"math"
	"math/rand/v2"
	"testing"

	"agurscope/nn"
	"agurscope/nn/internal/simd"
)

// naiveCells computes the 17 numbers of each cell as they are defined.
func naiveCells(m *nn.Image, size int) *Grid {
	g := NewGrid((m.W+size-1)/size, (m.H+size-1)/size, plain)
	lum := func(x, y int) float64 {
		x, y = min(max(x, 0), m.W-1), min(max(y, 0), m.H-1)
		return math.Log((float64(m.At(0, x, y))+float64(m.At(1, x, y))+float64(m.At(2, x, y)))/3 + .05)
	}
	for i := range g.W * g.H {
		var f [plain]float64
		n := 0.0
		for y := i / g.W * size; y < min(i/g.W*size+size, m.H); y++ {
			for x := i % g.W * size; x < min(i%g.W*size+size, m.W); x++ {
				n++
				gx, gy := lum(x+1, y)-lum(x-1, y), lum(x, y+1)-lum(x, y-1)
				f[naiveBin(gx, gy)] += math.Hypot(gx, gy)
				for c := range 3 {
					v := float64(m.At(c, x, y))
					f[8+c] += v
					f[11+c] += math.Sqrt(v)
					f[14+c] += v * v
				}
			}
		}
		for k := range f {
			f[k] /= n
		}
		for c := range 3 {
			f[14+c] = math.Sqrt(max(0, f[14+c]-f[8+c]*f[8+c]))
		}
		for k, v := range f {
			g.At(i)[k] = float32(v)
		}
	}
	return g
}

func naiveBin(gx, gy float64) int {
	return int((math.Atan2(gy, gx)+math.Pi)/(2*math.Pi)*bins) % bins
}

func TestCellsAgainstTheirDefinition(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	ramp := nn.NewImage(3, 16, 16) // edges along rows and columns, flat parts, black
	for i := range ramp.Pix {
		ramp.Pix[i] = float32(i%16/4*2+i/16%16/8) / 9
	}
	faint := nn.NewImage(3, 16, 16) // the last of 16 bits
	for i := range faint.Pix {
		faint.Pix[i] = float32(40000+rng.IntN(3)) / 65535
	}
	for _, m := range []*nn.Image{noise(rng, 3, 16, 24), noise(rng, 3, 13, 19), noise(rng, 3, 3, 1), ramp} {
		for _, size := range []int{1, 4, 8} {
			plain := naiveCells(m, size)
			near(t, "cells", Cells(m, size), Stack(plain, plain.Blur3()), 5e-6)
		}
		near(t, "handcrafted", Handcrafted(m), Stack(Cells(m, 4).Pool(2), Cells(m, 8)), 1e-6)
	}
	// A difference of 24-bit numbers would say 2e-4 here, or 0.
	want := naiveCells(faint, 8).At(0)[14]
	if got := Cells(faint, 8).At(0)[14]; math.Abs(float64(got/want-1)) > 1e-3 {
		t.Errorf("deviation of the last of 16 bits: %g, want %g", got, want)
	}
}

func TestCellsOfOnePlaneAreGrey(t *testing.T) {
	grey := noise(rand.New(rand.NewPCG(2, 2)), 1, 16, 16)
	rgb := nn.NewImage(3, 16, 16)
	for c := range 3 {
		copy(rgb.Plane(c), grey.Pix)
	}
	near(t, "grey", Handcrafted(grey), Handcrafted(rgb), 0)
}

func TestOctantsAreThoseOfTheArcTangent(t *testing.T) {
	try := func(gx, gy float32) {
		t.Helper()
		if got, want := turn[simd.Octant(0-gx, 0-gy)], naiveBin(float64(gx), float64(gy)); got != want {
			t.Errorf("(%g, %g): bin %d, want %d", gx, gy, got, want)
		}
	}
	for x := float32(-1); x <= 1; x++ { // between two bins
		for y := float32(-1); y <= 1; y++ {
			if x != 0 || y != 0 {
				try(x, y)
				try(x*1e-3, y*1e-3)
			}
		}
	}
	for a := .01; a < 2*math.Pi; a += .05 {
		try(float32(math.Cos(a)), float32(math.Sin(a)))
	}
}
