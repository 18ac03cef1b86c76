package history

import (
	"bytes"
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"
)

// part is a record as the inspection of a real part leaves it: two regions, an
// embedding of 64 numbers and, if pictured, a thumbnail of its own of 6 kB.
func part(run int64, n int, pictured bool) *Record {
	r := sample(run, n)
	r.Regions = []Region{{10, 20, 30, 40, 900, 0.9, 0.5, "dark"}, {50, 60, 7, 8, 40, 0.7, 0.6, "bright"}}
	r.Embedding = make([]float32, 64)
	r.Thumbnail = nil
	if pictured {
		r.Thumbnail = bytes.Repeat(fmt.Appendf(nil, "%08d", n), 750)
	}
	return r
}

// rate reports rows a second.
func rate(b *testing.B, rows int) {
	b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
}

func BenchmarkAddSingly(b *testing.B) {
	s := mustOpen(b)
	run := mustRun(b, s)
	n := 0
	for b.Loop() {
		mustAdd(b, s, part(run.ID, n, true))
		n++
	}
	rate(b, n)
}

func BenchmarkAddBatch(b *testing.B) {
	for _, pictured := range []bool{true, false} {
		b.Run(fmt.Sprintf("thumbnail=%v", pictured), func(b *testing.B) {
			s := mustOpen(b)
			run := mustRun(b, s)
			n := 0
			for b.Loop() {
				batch := make([]*Record, 500)
				for i := range batch {
					batch[i] = part(run.ID, n, pictured)
					n++
				}
				mustAdd(b, s, batch...)
			}
			rate(b, n)
		})
	}
}

func BenchmarkRecorder(b *testing.B) {
	for _, writers := range []int{1, 8, 64} {
		b.Run(fmt.Sprintf("writers=%d", writers), func(b *testing.B) {
			s := mustOpen(b)
			run := mustRun(b, s)
			rec := NewRecorder(s)
			var n atomic.Int64
			b.SetParallelism(max(1, writers/2)) // times GOMAXPROCS of the reference machine
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if err := rec.Add(context.Background(), part(run.ID, int(n.Add(1)), true)); err != nil {
						b.Error(err)
					}
				}
			})
			rate(b, int(n.Load()))
			if err := rec.Close(); err != nil {
				b.Fatal(err)
			}
		})
	}
}

func BenchmarkSearch(b *testing.B) {
	const rows = 100_000
	s := mustOpen(b)
	run := mustRun(b, s)
	for at := 0; at < rows; at += 1000 {
		batch := make([]*Record, 1000)
		for i := range batch {
			batch[i] = part(run.ID, at+i, false)
		}
		mustAdd(b, s, batch...)
	}
	for id := int64(1); id <= rows; id += rows / 20 {
		if err := s.Override(context.Background(), id, OK, "anna", "dust"); err != nil {
			b.Fatal(err)
		}
	}
	for _, c := range []struct {
		name string
		f    Filter
	}{
		{"newest", Filter{Newest: true}},
		{"jump", Filter{Offset: rows / 2}},
		{"verdict", Filter{Verdict: []Verdict{NG}, Newest: true}},
		{"two verdicts", Filter{Verdict: []Verdict{NG, REVIEW}, Newest: true}},
		{"hour", Filter{Since: noon.Add(10 * time.Hour), Until: noon.Add(11 * time.Hour)}},
		{"since", Filter{Since: noon.Add(time.Hour), Newest: true}},
		{"recipe", Filter{Recipe: "board.agur", Newest: true}},
		{"overridden", Filter{Overridden: true, Newest: true}},
		{"common text", Filter{Text: "part-00", Newest: true}},
		{"rare text", Filter{Text: "part-00042"}},
		{"no such text", Filter{Text: "elephant"}},
	} {
		c.f.Limit = 100
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				for _, err := range s.Verdicts(context.Background(), c.f) {
					if err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
	b.Run("count NG", func(b *testing.B) {
		for b.Loop() {
			if _, err := s.Count(context.Background(), Filter{Verdict: []Verdict{NG}}); err != nil {
				b.Fatal(err)
			}
		}
	})
}
