//go:build onednn

package anomaly

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"agurscope/nn"
	"agurscope/nn/feature"
	"agurscope/nn/onednn"
)

// BenchmarkDetect inspects one prepared picture over and over, with every term
// of features at its full size: what an inspection costs beside the file, the
// segmentation and the history.
func BenchmarkDetect(b *testing.B) {
	for _, c := range []struct {
		size string
		side int
	}{{"T", 128}, {"B", 256}} {
		b.Run(fmt.Sprintf("%s%d", c.size, c.side), func(b *testing.B) {
			e, err := onednn.Open(onednn.Options{})
			if err != nil {
				b.Fatal(err)
			}
			defer e.Close()
			r := benchRecipe(b, e, c.size, c.side)
			d, err := NewDetector(e, r)
			if err != nil {
				b.Fatal(err)
			}
			defer d.Close()
			x := noisy(1, c.side)
			b.Run("forward", func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if err := d.Forward(x); err != nil {
						b.Fatal(err)
					}
				}
			})
			b.Run("all", func(b *testing.B) {
				b.ReportAllocs()
				m, p := &Prepared{Input: x}, &Prediction{}
				for b.Loop() {
					if err := d.DetectTo(context.Background(), p, m); err != nil {
						b.Fatal(err)
					}
				}
			})
		})
	}
}

// benchRecipe has statistics of the rank that a real one has, without a real
// one's hours.
func benchRecipe(b *testing.B, e nn.Engine, size string, side int) *Recipe {
	b.Helper()
	m, err := NewModel(Network{Size: size, Width: side, Height: side}, 1)
	if err != nil {
		b.Fatal(err)
	}
	r := &Recipe{Name: "bench", Model: m}
	var normals []*nn.Image
	for i := range 3 {
		normals = append(normals, noisy(uint64(i), side))
	}
	if err := FitStatistics(context.Background(), e, r, normals, 1); err != nil {
		b.Fatal(err)
	}
	s := r.Statistics
	s.Features, s.Handcrafted = fullRank(b, s.Features), fullRank(b, s.Handcrafted)
	var fine []*feature.Grid
	for _, x := range normals {
		fine = append(fine, feature.Handcrafted(x))
	}
	if s.Memory, err = feature.FitMemory(several(fine, 8), feature.MemoryOptions{PerCell: 24}); err != nil {
		b.Fatal(err)
	}
	if err := Calibrate(context.Background(), e, r, AsIs(normals), CalibrateOptions{Position: 1}); err != nil {
		b.Fatal(err)
	}
	return r
}

func several(g []*feature.Grid, n int) (out []*feature.Grid) {
	for range n {
		out = append(out, g...)
	}
	return out
}

// fullRank returns a Gaussian of the same shape that keeps as many directions as
// are ever kept.
func fullRank(b *testing.B, g *feature.Gaussian) *feature.Gaussian {
	b.Helper()
	t := g.Tensors()
	rng := rand.New(rand.NewPCG(1, 2))
	rank := t["rank"]
	for i := range rank.Data {
		rank.Data[i] = float32(min(feature.DefaultRank, g.D))
	}
	rows := len(rank.Data) * min(feature.DefaultRank, g.D)
	basis := feature.Tensor{Shape: []int{rows, g.D}, Data: make([]float32, rows*g.D)}
	for i := range basis.Data {
		basis.Data[i] = fromHalf(toHalf(.1 * float32(rng.NormFloat64())))
	}
	t["basis"] = basis
	out, err := feature.GaussianFrom(t)
	if err != nil {
		b.Fatal(err)
	}
	return out
}

func noisy(seed uint64, side int) *nn.Image {
	rng := rand.New(rand.NewPCG(seed, 3))
	m := nn.NewImage(3, side, side)
	for i := range m.Pix {
		m.Pix[i] = rng.Float32()
	}
	return m
}
