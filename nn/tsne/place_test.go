package tsne

import (
	"math"
	"slices"
	"testing"

	"agurscope/nn/vectors"
)

// radius of a map: the farthest point from its middle, which is the origin.
func radius(at []Point) float64 {
	r := 0.0
	for _, p := range at {
		r = math.Max(r, math.Hypot(float64(p.X), float64(p.Y)))
	}
	return r
}

func TestPlace(t *testing.T) {
	all, label := blobs(900, 10, 4, 4)
	mapped := &vectors.Set{D: all.D, V: all.V[:800*all.D]}
	m, err := Run(background, mapped, Options{})
	if err != nil {
		t.Fatal(err)
	}
	before := slices.Clone(m.Points)
	p, err := NewPlacer(mapped, m.Points)
	if err != nil {
		t.Fatal(err)
	}
	r := radius(m.Points)
	var off []float64
	for i := range 800 { // a vector of the map returns to its place
		got, err := p.Place(mapped.Row(i))
		if err != nil {
			t.Fatal(err)
		}
		if got.Nearest != i || got.Distance != 0 {
			t.Fatalf("vector %d is nearest to %d, %g away", i, got.Nearest, got.Distance)
		}
		off = append(off, math.Hypot(float64(got.X-m.Points[i].X), float64(got.Y-m.Points[i].Y)))
	}
	slices.Sort(off)
	if off[400] > 0.05*r || off[760] > 0.1*r {
		t.Errorf("known vectors return to %.3f, 95 %% to %.3f of the radius", off[400]/r, off[760]/r)
	}
	wrong := 0
	for i := 800; i < 900; i++ { // a new one comes to its like
		got, _ := p.Place(all.Row(i))
		near := math.Inf(1)
		of := -1
		for j, q := range m.Points {
			if d := math.Hypot(float64(q.X-got.X), float64(q.Y-got.Y)); d < near {
				near, of = d, label[j]
			}
		}
		if of != label[i] {
			wrong++
		}
		if again, _ := p.Place(all.Row(i)); again != got {
			t.Fatal("another place the second time")
		}
	}
	if wrong > 1 {
		t.Errorf("%d of 100 new vectors came to others", wrong)
	}
	if !slices.Equal(before, m.Points) {
		t.Error("the map has moved")
	}

	// What is unlike everything is told by its distance.
	g, _ := vectors.Nearest(background, mapped, 1)
	scale := Scale(g, nil)
	far := slices.Clone(all.Row(0))
	for i := range far {
		far[i] += 30
	}
	if got, _ := p.Place(far); got.Distance < Outside*scale {
		t.Errorf("far away is %g, the scale %g", got.Distance, scale)
	}
	out := 0
	for i := 800; i < 900; i++ {
		if got, _ := p.Place(all.Row(i)); got.Distance > Outside*scale {
			out++
		}
	}
	if out > 5 {
		t.Errorf("%d of 100 ordinary vectors are outside", out)
	}
	if n := testing.AllocsPerRun(20, func() { _, _ = p.Place(far) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestPlaceSmallAndRefused(t *testing.T) {
	one := vectors.New(1, 2)
	p, err := NewPlacer(one, []Point{{1, 2}})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := p.Place([]float32{3, 4}); err != nil || got.Distance != 5 || math.IsNaN(float64(got.X)) {
		t.Error(got, err)
	}
	if _, err := p.Place([]float32{1}); err == nil {
		t.Error("too short")
	}
	if _, err := p.Place([]float32{1, float32(math.Inf(1))}); err == nil {
		t.Error("infinite")
	}
	if _, err := NewPlacer(one, nil); err == nil {
		t.Error("no places")
	}
	if _, err := NewPlacer(one, []Point{{float32(math.NaN()), 0}}); err == nil {
		t.Error("NaN place")
	}
	if s := Scale(&vectors.Graph{}, nil); s != 0 {
		t.Error(s)
	}
}

func BenchmarkPlace(b *testing.B) {
	s, _ := blobs(2000, 50, 10, 3)
	m, err := Run(background, s, Options{Iterations: 300})
	if err != nil {
		b.Fatal(err)
	}
	p, err := NewPlacer(s, m.Points)
	if err != nil {
		b.Fatal(err)
	}
	for i := 0; b.Loop(); i++ {
		if _, err := p.Place(s.Row(i % 2000)); err != nil {
			b.Fatal(err)
		}
	}
}
