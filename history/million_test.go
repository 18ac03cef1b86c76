//go:build unix

package history

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestMillion measures a large history (make history-million): it makes
// AGURSCOPE_MILLION verdicts, unless out/million.db has them already, and prints
// how long each question takes and how fast verdicts are stored on top of it.
func TestMillion(t *testing.T) {
	n, err := strconv.Atoi(os.Getenv("AGURSCOPE_MILLION"))
	if err != nil || n < 1000 {
		t.Skip("make history-million runs it")
	}
	path, err := filepath.Abs(filepath.Join("..", "out", "million.db"))
	if err != nil {
		t.Fatal(err)
	}
	s, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ctx := context.Background()
	makeMillion(t, s, n)
	begun, cpu := time.Now(), processor()
	mustView(t, s, Filter{})
	fmt.Printf("%d verdicts; reading the columns once: %.1f s, %.1f s of the processor\n\n", n, time.Since(begun).Seconds(), (processor() - cpu).Seconds())
	fmt.Println("cpu ms is what the program itself used, which a busy machine does not change")
	fmt.Printf("%-44s %9s %8s %8s %8s %8s\n", "question: count, and the first page", "rows", "p50 ms", "p95 ms", "max ms", "cpu ms")
	sources := 12
	for _, q := range []struct {
		name string
		f    func(i int) Filter
	}{
		{"all, newest", func(int) Filter { return Filter{Newest: true} }},
		{"all, worst first", func(int) Filter { return Filter{Worst: true} }},
		{"one hour", func(i int) Filter {
			return Filter{Since: noon.Add(time.Duration(i) * time.Hour), Until: noon.Add(time.Duration(i+1) * time.Hour)}
		}},
		{"verdict NG", func(int) Filter { return Filter{Verdict: []Verdict{NG}, Newest: true} }},
		{"reviewed OK", func(int) Filter { return Filter{Reviewed: []Verdict{OK}, Newest: true} }},
		{"overridden", func(int) Filter { return Filter{Overridden: true} }},
		{"recipe", func(i int) Filter { return Filter{Recipe: fmt.Sprint("recipe ", i%5), Newest: true} }},
		{"source", func(i int) Filter { return Filter{Source: fmt.Sprint("line ", i%sources)} }},
		{"dark defect of 500 pixels and more", func(int) Filter { return Filter{Polarity: "dark", MinArea: 500} }},
		{"score range", func(i int) Filter { return Filter{Score: &Range{float64(i) / 100, float64(i)/100 + 0.5}, Newest: true} }},
		{"text: one word in half of them", func(int) Filter { return Filter{Text: "part-000", Newest: true} }},
		{"text: one part", func(i int) Filter { return Filter{Text: fmt.Sprintf("part-%07d", i*997)} }},
		{"text: folder, type and reviewer", func(int) Filter { return Filter{Text: "lot scratch anna"} }},
		{"text: not there", func(int) Filter { return Filter{Text: "elephant"} }},
		{"NG, source, score, text, worst first", func(i int) Filter {
			return Filter{Verdict: []Verdict{NG}, Source: "line 3", Score: &Range{0.2, 0.9}, Text: "lot", Worst: true}
		}},
	} {
		rows := 0
		took := timings(30, func(i int) {
			v := mustView(t, s, q.f(i))
			if _, err := v.Records(ctx, 0, 50); err != nil {
				t.Fatal(err)
			}
			rows = v.Len()
		})
		report(q.name, rows, took)
	}
	rng := rand.New(rand.NewPCG(5, 6))
	for _, q := range []struct {
		name string
		f    Filter
	}{{"jump to any row: all", Filter{Newest: true}}, {"jump to any row: NG, worst first", Filter{Verdict: []Verdict{NG}, Worst: true}}} {
		v := mustView(t, s, q.f)
		report(q.name, v.Len(), timings(300, func(int) {
			if _, err := v.Records(ctx, rng.IntN(v.Len()), 50); err != nil {
				t.Fatal(err)
			}
		}))
	}
	begun = time.Now()
	if _, err := s.Nearest(ctx, int64(n), nil, 50); err != nil {
		t.Fatal(err)
	}
	first := time.Since(begun)
	report(fmt.Sprintf("nearest embeddings (first time %.1f s)", first.Seconds()), len(s.gallery.ids), timings(30, func(i int) {
		if _, err := s.Nearest(ctx, int64(n-i*7), nil, 50); err != nil {
			t.Fatal(err)
		}
	}))
	writeRates(t, s)
}

// took is how long something takes, each time and on the processor on average.
type took struct {
	wall []time.Duration
	cpu  time.Duration
}

func timings(n int, fn func(int)) took {
	t := took{wall: make([]time.Duration, n)}
	cpu := processor()
	for i := range t.wall {
		begun := time.Now()
		fn(i)
		t.wall[i] = time.Since(begun)
	}
	t.cpu = (processor() - cpu) / time.Duration(n)
	slices.SortFunc(t.wall, func(a, b time.Duration) int { return cmp.Compare(a, b) })
	return t
}

// processor is the time that this program has used on it.
func processor() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func report(name string, rows int, t took) {
	ms := func(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
	n := len(t.wall)
	fmt.Printf("%-44s %9d %8.1f %8.1f %8.1f %8.1f\n", name, rows, ms(t.wall[n/2]), ms(t.wall[(n*95+99)/100-1]), ms(t.wall[n-1]), ms(t.cpu))
}

// makeMillion fills the history up to n verdicts.
func makeMillion(t *testing.T, s *Store, n int) {
	t.Helper()
	ctx := context.Background()
	have, err := s.Count(ctx, Filter{})
	if err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	rng := rand.New(rand.NewPCG(7, uint64(have)))
	for at := have; at < n; {
		run, err := s.StartRun(ctx, Run{Source: fmt.Sprint("line ", at/5000%12)})
		if err != nil {
			t.Fatal(err)
		}
		for range 5 {
			batch := make([]*Record, 1000)
			for i := range batch {
				r := part(run.ID, at, false)
				r.Path, r.Recipe, r.RecipeSHA256 = fmt.Sprintf("/parts/lot %d/part-%07d.png", at/5000, at), fmt.Sprint("recipe ", at/5000%5), fmt.Sprintf("%064x", at/5000%5)
				r.Verdict = []Verdict{OK, OK, OK, OK, OK, OK, OK, OK, REVIEW, NG}[rng.IntN(10)]
				r.Type = []string{"", "scratch", "dent"}[rng.IntN(3)]
				if r.Verdict == OK {
					r.Regions = nil
				}
				for g := range r.Regions {
					r.Regions[g].Area = rng.IntN(2000)
				}
				for k := range r.Embedding {
					r.Embedding[k] = rng.Float32()
				}
				batch[i] = r
				at++
			}
			mustAdd(t, s, batch...)
			if at%10_000 == 5000 {
				if err := s.Override(ctx, batch[500].ID, OK, "anna", "dust"); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	if have < n {
		fmt.Printf("made %d verdicts with regions and embeddings: %.0f/s\n", n-have, float64(n-have)/time.Since(begun).Seconds())
	}
}

// writeRates stores verdicts as an inspection leaves them, with small pictures
// of their own, on top of what is there.
func writeRates(t *testing.T, s *Store) {
	t.Helper()
	run := mustRun(t, s)
	seed := int(time.Now().UnixNano() % 1e9)
	fmt.Printf("\n%-44s %9s\n", "stored on top of it, synchronous=FULL", "rows/s")
	begun := time.Now()
	const singles = 400
	for i := range singles {
		mustAdd(t, s, part(run.ID, seed+i, true))
	}
	fmt.Printf("%-44s %9.0f\n", "one by one, with small pictures", singles/time.Since(begun).Seconds())
	for _, pictured := range []bool{true, false} {
		const batches = 20
		var all [batches][]*Record
		for b := range all {
			for i := range 1000 {
				all[b] = append(all[b], part(run.ID, seed+1000*(b+1)+i, pictured))
			}
		}
		begun = time.Now()
		for _, batch := range all {
			mustAdd(t, s, batch...)
		}
		name := "1,000 at a time, without pictures"
		if pictured {
			name = strings.Replace(name, "without", "with small", 1)
		}
		fmt.Printf("%-44s %9.0f\n", name, batches*1000/time.Since(begun).Seconds())
	}
}
