package history

import (
	"cmp"
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func TestNearestAreTheNearest(t *testing.T) {
	s := mustOpen(t)
	ctx := context.Background()
	run := mustRun(t, s)
	rng := rand.New(rand.NewPCG(1, 2))
	vector := func() []float32 {
		v := make([]float32, 37)
		for i := range v {
			v[i] = rng.Float32()
		}
		return v
	}
	var all []*Record
	for i := range 300 {
		r := sample(run.ID, i)
		r.RecipeSHA256, r.Embedding = strings.Repeat("a", 64), vector()
		all = append(all, r)
	}
	all[7].RecipeSHA256 = strings.Repeat("b", 64)
	all[8].Embedding = nil
	mustAdd(t, s, all[:150]...)
	for _, more := range []bool{false, true} {
		if more { // what is new is looked at, too
			mustAdd(t, s, all[150:]...)
		}
		for _, among := range []*View{nil, mustView(t, s, Filter{Verdict: []Verdict{NG}})} {
			got, err := s.Nearest(ctx, 1, among, 9)
			if err != nil {
				t.Fatal(err)
			}
			var want []Neighbour
			for i, r := range all[1:] {
				if r.ID == 0 || i+1 == 7 || i+1 == 8 || among != nil && among.Row(r.ID) < 0 {
					continue
				}
				var d float64
				for k := range r.Embedding {
					d += math.Pow(float64(r.Embedding[k]-all[0].Embedding[k]), 2)
				}
				want = append(want, Neighbour{r.ID, math.Sqrt(d)})
			}
			slices.SortFunc(want, func(a, b Neighbour) int { return cmp.Compare(a.Distance, b.Distance) })
			for i, w := range want[:9] {
				if got[i].ID != w.ID || math.Abs(got[i].Distance-w.Distance) > 1e-5 {
					t.Errorf("neighbour %d is %v, want %v", i, got[i], w)
				}
			}
		}
	}
	if _, err := s.Nearest(ctx, 9, nil, 3); !errors.Is(err, ErrNotFound) {
		t.Errorf("without an embedding: %v", err)
	}
	if got, err := s.Nearest(ctx, 8, nil, 3); err != nil || len(got) != 0 {
		t.Errorf("alone of its recipe: %v, %v", got, err)
	}
}

func mustView(t testing.TB, s *Store, f Filter) *View {
	t.Helper()
	v, err := s.View(context.Background(), f)
	if err != nil {
		t.Fatal(err)
	}
	return v
}
