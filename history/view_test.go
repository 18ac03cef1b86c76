package history

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// viewIDs lists the records of a View.
func viewIDs(t testing.TB, s *Store, f Filter) []int64 {
	t.Helper()
	v, err := s.View(context.Background(), f)
	if err != nil {
		t.Fatal(err)
	}
	var out []int64
	for i := range v.Len() {
		out = append(out, v.ID(i))
	}
	return out
}

// varied is a record that differs in everything one can search for.
func varied(rng *rand.Rand, runs []int64, n int) *Record {
	r := sample(runs[rng.IntN(len(runs))], n)
	r.Verdict = []Verdict{OK, REVIEW, NG, ERROR}[rng.IntN(4)]
	r.Path = []string{"/Line 3/cam/", "/lot/ä/", "", "/lot/cam/deep/"}[rng.IntN(4)] + []string{"a_1.png", "B50%.PNG", fmt.Sprint("part-", n), "Ünï"}[rng.IntN(4)]
	r.Name = []string{"", "deep/odd name", r.Path}[rng.IntN(3)]
	r.Part = []string{"", fmt.Sprint("SN", n)}[rng.IntN(2)]
	r.Type, r.Label = []string{"", "Scratch", "dent"}[rng.IntN(3)], []string{"good", "defective"}[rng.IntN(2)]
	r.Recipe, r.Operator = []string{"board", "lid"}[rng.IntN(2)], []string{"anna", "boris"}[rng.IntN(2)]
	r.Score = float64(rng.IntN(9))/4 - 1
	if rng.IntN(5) == 0 {
		r.Error = "unexpected end of File"
	}
	r.Regions = nil
	for range rng.IntN(4) {
		r.Regions = append(r.Regions, Region{Area: rng.IntN(50), Polarity: []string{"bright", "dark", "mixed"}[rng.IntN(3)]})
	}
	return r
}

// The table in memory and the database give the same answer to any question.
func TestViewAgreesWithTheDatabase(t *testing.T) {
	s := mustOpen(t)
	ctx := context.Background()
	rng := rand.New(rand.NewPCG(3, 4))
	var runs []int64
	for i := range 3 {
		run, err := s.StartRun(ctx, Run{Source: []string{"camera", "parts"}[i%2]})
		if err != nil {
			t.Fatal(err)
		}
		runs = append(runs, run.ID)
	}
	words := []string{"", "a_", "0%", "scratch", "LOT/CAM", "cam/de", "/", "lot/ä", "sn1", "dust anna", "end file", "ünï", "part-1", "deep/odd", "m/part", `\`, "x\x00", "SN"}
	n := 0
	pick := func(list ...Verdict) []Verdict {
		if rng.IntN(2) == 0 {
			return nil
		}
		return []Verdict{list[rng.IntN(len(list))], list[rng.IntN(len(list))]}
	}
	for round := range 6 {
		var batch []*Record
		for range 120 {
			batch = append(batch, varied(rng, runs, n))
			n++
		}
		mustAdd(t, s, batch...)
		for range 15 {
			id := 1 + rng.Int64N(int64(n))
			if _, err := s.Verdict(ctx, id); err != nil {
				continue // retention took it
			}
			if err := s.Override(ctx, id, []Verdict{OK, REVIEW, NG}[rng.IntN(3)], "anna", []string{"", "Dust"}[rng.IntN(2)]); err != nil {
				t.Fatal(err)
			}
			if err := s.Annotate(ctx, id, "boris", "part-1 again"); err != nil {
				t.Fatal(err)
			}
		}
		for range 150 {
			f := Filter{
				Verdict: pick(OK, REVIEW, NG, ERROR), Reviewed: pick(OK, REVIEW, NG), Overridden: rng.IntN(8) == 0,
				Recipe: []string{"", "", "board", fmt.Sprintf("%064x", 1)}[rng.IntN(4)], Source: []string{"", "", "camera", "nowhere"}[rng.IntN(4)],
				Operator: []string{"", "", "anna"}[rng.IntN(3)], Text: words[rng.IntN(len(words))],
				Polarity: []string{"", "", "", "dark"}[rng.IntN(4)], MinArea: max(0, rng.IntN(60)-30), MaxArea: max(0, rng.IntN(90)-50),
				Newest: rng.IntN(2) == 0, Worst: rng.IntN(4) == 0,
			}
			if rng.IntN(4) == 0 {
				f.Run = runs[rng.IntN(len(runs))]
			}
			if rng.IntN(3) == 0 {
				f.Since = noon.Add(time.Duration(rng.IntN(n)) * time.Second)
			}
			if rng.IntN(3) == 0 {
				f.Until = noon.Add(time.Duration(rng.IntN(n)) * time.Second)
			}
			if rng.IntN(3) == 0 {
				f.Score = &Range{rng.Float64()*2 - 1, rng.Float64()*2 - 1}
			}
			if rng.IntN(4) == 0 {
				f.After, f.Before = rng.Int64N(int64(n)), rng.Int64N(int64(n))
			}
			if rng.IntN(6) == 0 {
				f.IDs = []int64{1, 5, 700, 20, 3}
			}
			want, got := ids(t, s, f), viewIDs(t, s, f)
			if !equal(got, want) {
				t.Fatalf("round %d: %+v (%v)\ntable    %v\ndatabase %v", round, f, f.Score, got, want)
			}
			if count, err := s.Count(ctx, f); err != nil || count != len(want) {
				t.Errorf("count %d, %v", count, err)
			}
		}
		if round == 3 {
			s.Now = func() time.Time { return noon.Add(time.Duration(n) * time.Second) }
			if tombs, err := s.Retain(ctx, Retention{Verdicts: 300 * time.Second}); err != nil || len(tombs) != 1 {
				t.Fatal(tombs, err)
			}
		}
	}
}

func TestViewReadsAnyRow(t *testing.T) {
	s := mustOpen(t)
	ctx := context.Background()
	run := mustRun(t, s)
	var all []*Record
	for i := range 200 {
		all = append(all, sample(run.ID, i))
	}
	mustAdd(t, s, all...)
	v, err := s.View(ctx, Filter{Verdict: []Verdict{NG}, Worst: true})
	if err != nil || v.Len() != 40 || v.Summary() != (Summary{NG: 40}) {
		t.Fatalf("%d rows, %+v, %v", v.Len(), v.Summary(), err)
	}
	page, err := v.Records(ctx, 35, 10)
	if err != nil || len(page) != 5 {
		t.Fatal(len(page), err)
	}
	for i, r := range page {
		if r.ID != v.ID(35+i) || r.Path == "" || v.Row(r.ID) != 35+i || v.Sample(35+i).Score != r.Score || i > 0 && r.Score > page[i-1].Score {
			t.Errorf("row %d: %+v", 35+i, r)
		}
	}
	if page, err := v.Records(ctx, 99, 10); err != nil || len(page) != 0 {
		t.Error(page, err)
	}
	n := 0
	for d := range v.Defects() {
		if n++; d.Polarity != "dark" || v.Row(d.Verdict) < 0 {
			t.Errorf("%+v", d)
		}
	}
	if n == 0 {
		t.Error("no defects")
	}
	// What comes later does not move the rows under somebody who looks at them.
	worse := sample(run.ID, 4)
	worse.Score = 100
	mustAdd(t, s, worse)
	if err := s.Override(ctx, v.ID(0), OK, "anna", ""); err != nil {
		t.Fatal(err)
	}
	again, err := s.View(ctx, Filter{Verdict: []Verdict{NG}, Worst: true})
	if err != nil || again.Len() != 41 || again.ID(0) != worse.ID || v.Len() != 40 || v.Sample(0).Reviewed != "" || again.Sample(1).Reviewed != OK {
		t.Errorf("%d and %d rows, %v", again.Len(), v.Len(), err)
	}
	for _, f := range []Filter{{Verdict: []Verdict{"x"}}, {MinArea: -1}, {Score: &Range{math.NaN(), 1}}, {Reviewed: []Verdict{"y"}}} {
		if _, err := s.View(ctx, f); err == nil {
			t.Errorf("%+v accepted", f)
		}
	}
	if !slices.Equal(viewIDs(t, s, Filter{IDs: []int64{}}), nil) {
		t.Error("none of none")
	}
}
