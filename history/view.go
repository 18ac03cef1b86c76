package history

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"math"
	"slices"
	"time"
)

// View is a filter's answer as a table that can be read at any row: which
// records, in which order. It stays as it was made, while the history grows.
type View struct {
	store   *Store
	columns *columns // as they were
	rows    []uint32
	summary Summary
}

// Sample is what a View knows of a record without reading it: enough to sort,
// count and draw.
type Sample struct {
	ID, Run  int64
	Time     time.Time
	Recipe   string
	Source   string
	Verdict  Verdict
	Reviewed Verdict // the newest override; "" for none
	Score    float64 // NaN for ERROR
	Area     int     // of the largest region; 0 for none
}

// Final returns what counts: the newest override, or else the machine's answer.
func (s Sample) Final() Verdict {
	if s.Reviewed != "" {
		return s.Reviewed
	}
	return s.Verdict
}

// Len returns the number of rows.
func (v *View) Len() int { return len(v.rows) }

// Summary counts the rows by what the machine answered.
func (v *View) Summary() Summary { return v.summary }

// ID returns the record in row i.
func (v *View) ID(i int) int64 { return v.columns.ids[v.rows[i]] }

// Sample returns what is known of row i without reading it.
func (v *View) Sample(i int) Sample { return v.columns.sample(v.rows[i]) }

// Samples yields every row.
func (v *View) Samples() iter.Seq[Sample] {
	return func(yield func(Sample) bool) {
		for _, row := range v.rows {
			if !yield(v.columns.sample(row)) {
				return
			}
		}
	}
}

// Defect is one region of a row, as far as a View knows it.
type Defect struct {
	Verdict  int64
	Area     int
	Polarity string
}

// Defects yields the regions of every row.
func (v *View) Defects() iter.Seq[Defect] {
	return func(yield func(Defect) bool) {
		c := v.columns
		for _, row := range v.rows {
			for g := c.first[row]; g < c.first[row+1]; g++ {
				if !yield(Defect{c.ids[row], int(c.areas[g]), c.polarity[c.polarities[g]]}) {
					return
				}
			}
		}
	}
}

// Row returns where the record id is, or -1.
func (v *View) Row(id int64) int {
	row, ok := slices.BinarySearch(v.columns.ids, id)
	if !ok {
		return -1
	}
	return slices.Index(v.rows, uint32(row))
}

// Records reads n rows from row at on, or fewer at the end, as Store.Verdicts
// does. One that retention has removed since is only what the View knows of it.
func (v *View) Records(ctx context.Context, at, n int) ([]Record, error) {
	at = min(max(at, 0), v.Len())
	n = min(max(n, 0), v.Len()-at)
	ids := make([]int64, n)
	for i := range ids {
		ids[i] = v.ID(at + i)
	}
	found := map[int64]Record{}
	for r, err := range v.store.Verdicts(ctx, Filter{IDs: ids}) {
		if err != nil {
			return nil, err
		}
		found[r.ID] = r
	}
	out := make([]Record, n)
	for i, id := range ids {
		r, ok := found[id]
		if !ok {
			s := v.Sample(at + i)
			r = Record{ID: id, Run: s.Run, Time: s.Time, Recipe: s.Recipe, Verdict: s.Verdict, Reviewed: s.Reviewed, Score: s.Score, Index: math.NaN()}
		}
		out[i] = r
	}
	return out, nil
}

// View finds the records that f chooses, whatever its Limit and Offset. It
// works on columns of the whole history that are kept in memory, about 70 bytes
// a record: any combination of criteria costs one pass over them, where indices
// of a database serve one criterion well. The first call reads them, a few
// seconds for a million records; later ones read only what is new.
func (s *Store) View(ctx context.Context, f Filter) (*View, error) {
	if _, err := f.conditions(); err != nil {
		return nil, err
	}
	var out *View
	err := s.reading("read history", func() error {
		s.columns.mu.Lock()
		defer s.columns.mu.Unlock()
		if err := s.columns.refresh(ctx, s.in().readers); err != nil {
			return err
		}
		rows, err := s.columns.find(ctx, s.in().readers, f)
		if err != nil {
			return err
		}
		out = &View{store: s, columns: s.columns.snapshot(), rows: rows, summary: s.columns.summary(rows)}
		return nil
	})
	return out, cancelled(ctx, err)
}

// idList writes ids as an argument for json_each.
func idList(ids []int64) (string, error) {
	b, err := json.Marshal(ids)
	if err != nil {
		return "", fmt.Errorf("search history: %w", err)
	}
	return string(b), nil
}
