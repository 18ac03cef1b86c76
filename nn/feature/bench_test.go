package feature

import (
	"math/rand/v2"
	"testing"

	"agurscope/nn"
)

// correlated draws n grids whose numbers depend on each other, as those of
// pictures do, with a spectrum that falls like 1/k.
func correlated(rng *rand.Rand, n, w, h, d int) []*Grid {
	mix := make([]float32, d*d)
	for i := range mix {
		mix[i] = float32(rng.NormFloat64()) / float32(1+i%d)
	}
	out := make([]*Grid, n)
	z := make([]float32, d)
	for i := range out {
		out[i] = NewGrid(w, h, d)
		for c := range w * h {
			for k := range z {
				z[k] = float32(rng.NormFloat64())
			}
			multiply(out[i].At(c), mix, z)
			for k := range d {
				out[i].At(c)[k] += float32(c%7) - float32(k%3)
			}
		}
	}
	return out
}

func noise(rng *rand.Rand, c, h, w int) *nn.Image {
	m := nn.NewImage(c, h, w)
	for i := range m.Pix {
		m.Pix[i] = rng.Float32()
	}
	return m
}

func BenchmarkHandcrafted256(b *testing.B) {
	m := noise(rand.New(rand.NewPCG(1, 2)), 3, 256, 256)
	for b.Loop() {
		Handcrafted(m)
	}
}

func BenchmarkGaussianFit(b *testing.B) { // 4 positions, as many as a processor takes at once
	grids := correlated(rand.New(rand.NewPCG(1, 2)), 213, 2, 2, 340)
	for b.Loop() {
		if _, err := FitGaussian(grids, GaussianOptions{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkGaussianDistance(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 2))
	grids := correlated(rng, 64, 16, 16, 340)
	g, err := FitGaussian(grids, GaussianOptions{Rank: 48})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		g.Distance(grids[0])
	}
}

func BenchmarkMemoryDistance(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 2))
	grids := correlated(rng, 64, 16, 16, 68)
	m, err := FitMemory(grids, MemoryOptions{})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		m.Distance(grids[0])
	}
}
