package history

import (
	"context"
	"slices"
	"testing"
)

func TestFacetsAreThoseOfTheView(t *testing.T) {
	ctx := context.Background()
	s := mustOpen(t)
	var ids []int64
	for i, source := range []string{"/a", "/b", "/a"} {
		run, err := s.StartRun(ctx, Run{Source: source, Recipe: "board"})
		if err != nil {
			t.Fatal(err)
		}
		for range i + 1 {
			r := sample(run.ID, i)
			r.Recipe, r.Operator = []string{"board", "lid", "lid"}[i], "ann"
			if err := s.Add(ctx, r); err != nil {
				t.Fatal(err)
			}
			ids = append(ids, r.ID)
		}
	}
	v, err := s.View(ctx, Filter{Recipe: "lid"})
	if err != nil {
		t.Fatal(err)
	}
	f := v.Facets()
	if !slices.Equal(f.Recipes, []string{"lid"}) || !slices.Equal(f.Sources, []string{"/a", "/b"}) || !slices.Equal(f.Operators, []string{"ann"}) {
		t.Errorf("%+v", f)
	}
	if len(f.Runs) != 2 || f.Runs[0].N != 3 || f.Runs[0].Source != "/a" || f.Runs[0].Run <= f.Runs[1].Run || f.Runs[0].Until.Before(f.Runs[0].Earliest) {
		t.Errorf("%+v", f.Runs)
	}
	near := v.InOrder([]int64{ids[5], ids[0], ids[1], ids[5], 999})
	if near.Len() != 2 || near.ID(0) != ids[5] || near.ID(1) != ids[1] || near.Summary().Total() != 2 {
		t.Errorf("%d rows, the first is %d", near.Len(), near.ID(0))
	}
}
