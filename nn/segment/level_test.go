package segment

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"agurscope/nn"
)

// TestLevelIsWhereRegionsBegin tries every value of a map as High.
func TestLevelIsWhereRegionsBegin(t *testing.T) {
	rng := rand.New(rand.NewPCG(21, 4))
	var s, other Segmenter
	const maps = 300
	highest, all := 0, 0
	for i := range maps {
		m := randomMap(rng, 24, 20, i%2 == 0)
		for _, o := range []Options{
			{Mode: HalfPeak, Low: .25, High: 1}, {Mode: HalfPeak, Low: .5, High: 1, MinArea: 6, NoMorphology: true},
			{Mode: Hysteresis, Low: .75, High: 1, MinArea: 3}, {Mode: TwoSided, MinArea: 4},
		} {
			finds := func(high float64) bool {
				p := o
				p.High, p.Low = high, o.Low*high
				if p.Mode == TwoSided {
					p.Low = math.Inf(1)
				}
				r := other.Segment(m, m, p)
				return len(r.Regions) > 0
			}
			what := fmt.Sprintf("map %d, %+v", i, o)
			var values []float64
			for _, v := range m.Pix {
				if v > 0 {
					values = append(values, float64(v))
				}
			}
			slices.Sort(values)
			values = slices.Compact(values)
			want := 0.0
			for _, v := range values {
				if finds(v) {
					want = v
				}
			}
			got := s.Level(m, o)
			if got > 0 {
				if !finds(got) {
					t.Fatalf("%s: no region at the level %g", what, got)
				}
				if at, _ := slices.BinarySearch(values, got); at+1 < len(values) && finds(values[at+1]) && got < want {
					t.Fatalf("%s: there is a region above the level %g, at %g", what, got, values[at+1])
				}
			}
			if all++; got == want {
				highest++
			}
		}
	}
	// Where opening tears a region apart just there, a lower level is found.
	if share := float64(highest) / float64(all); share < .95 {
		t.Errorf("the highest level was found in %.3f of the maps only", share)
	}
}

func TestLevelOfNothing(t *testing.T) {
	var s Segmenter
	m := nn.NewImage(1, 8, 8)
	for _, v := range []float32{0, -1, float32(math.NaN())} {
		for i := range m.Pix {
			m.Pix[i] = v
		}
		if got := s.Level(m, Options{}); got != 0 {
			t.Errorf("level %g of a map of %g", got, v)
		}
	}
	m.Pix[20] = 5 // fewer pixels than make a region
	if got := s.Level(m, Options{MinArea: 3}); got != 0 {
		t.Errorf("level %g of a single pixel", got)
	}
}

func BenchmarkLevel(b *testing.B) {
	var s Segmenter
	m := randomMap(rand.New(rand.NewPCG(5, 5)), 256, 256, false)
	for b.Loop() {
		s.Level(m, Options{Low: .3, High: 1})
	}
}
