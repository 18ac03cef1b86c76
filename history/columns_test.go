package history

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"testing"
)

var errBroken = errors.New("the disk does not answer")

// breaking is a database whose nth question fails.
type breaking struct {
	querier
	left int
}

func (b *breaking) QueryContext(ctx context.Context, q string, args ...any) (*sql.Rows, error) {
	if b.left--; b.left < 0 {
		return nil, errBroken
	}
	return b.querier.QueryContext(ctx, q, args...)
}

// Whatever fails while the columns are read, what is read afterwards is all of
// the history, once.
func TestColumnsThatFailAreReadAnew(t *testing.T) {
	s := mustOpen(t)
	ctx := context.Background()
	run, err := s.StartRun(ctx, Run{})
	if err != nil {
		t.Fatal(err)
	}
	const n = 20
	for i := range n {
		r := &Record{Run: run.ID, Path: fmt.Sprint(i), Verdict: NG, Score: 1, Index: math.NaN(), Regions: []Region{{W: 1, H: 1, Area: 1, Polarity: "dark"}}}
		if err := s.Add(ctx, r); err != nil {
			t.Fatal(err)
		}
	}
	for broken := 0; ; broken++ {
		var c columns
		err := c.refresh(ctx, &breaking{s.in().readers, broken})
		if err == nil {
			if broken < 4 {
				t.Errorf("only %d questions are asked", broken)
			}
			break
		}
		if !errors.Is(err, errBroken) {
			t.Fatal(err)
		}
		if err := c.refresh(ctx, s.in().readers); err != nil {
			t.Fatal(err)
		}
		if len(c.ids) != n || len(c.first) != n+1 || len(c.areas) != n || len(c.at) != n+1 {
			t.Errorf("after question %d failed: %d records, %d regions of %d", broken, len(c.ids), len(c.areas), n)
		}
	}
}

// A search that is given up leaves the ones after it all of the history.
func TestViewAfterASearchThatWasGivenUp(t *testing.T) {
	s := mustOpen(t)
	run, err := s.StartRun(context.Background(), Run{})
	if err != nil {
		t.Fatal(err)
	}
	const n = 200
	for i := range n {
		if err := s.Add(context.Background(), &Record{Run: run.ID, Path: fmt.Sprint(i), Verdict: OK, Score: 1, Index: math.NaN()}); err != nil {
			t.Fatal(err)
		}
		if i%10 == 0 {
			ctx, cancel := context.WithCancel(context.Background())
			go cancel()
			_, _ = s.View(ctx, Filter{}) // given up, or not
		}
	}
	v, err := s.View(context.Background(), Filter{})
	if err != nil || v.Len() != n {
		t.Errorf("%d of %d records, %v", v.Len(), n, err)
	}
}

// busy is a database to which something is written before the nth question.
type busy struct {
	querier
	left  int
	write func()
}

func (b *busy) QueryContext(ctx context.Context, q string, args ...any) (*sql.Rows, error) {
	if b.left--; b.left < 0 && b.write != nil {
		b.write()
		b.write = nil
	}
	return b.querier.QueryContext(ctx, q, args...)
}

// Whatever is written while the columns are read, no opinion is passed over.
func TestColumnsMissNoOverride(t *testing.T) {
	ctx := context.Background()
	for at := range 5 {
		s := mustOpen(t)
		run := mustRun(t, s)
		mustAdd(t, s, sample(run.ID, 0), sample(run.ID, 1))
		var c columns
		err := c.refresh(ctx, &busy{s.in().readers, at, func() {
			mustAdd(t, s, sample(run.ID, 2))
			for _, id := range []int64{3, 1} {
				if err := s.Override(ctx, id, NG, "anna", ""); err != nil {
					t.Fatal(err)
				}
			}
		}})
		if err == nil {
			err = c.refresh(ctx, s.in().readers)
		}
		if err != nil {
			t.Fatal(err)
		}
		want := []Verdict{NG, "", NG}
		if len(c.ids) != 3 {
			t.Fatalf("%d records", len(c.ids))
		}
		for row, v := range want {
			if got := verdictOrder[c.reviews[row]]; got != v {
				t.Errorf("written before question %d: record %d is %q, not %q", at, row+1, got, v)
			}
		}
	}
}
