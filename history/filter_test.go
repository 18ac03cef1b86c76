package history

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func equal(a, b []int64) bool { return slices.Equal(a, b) }

// ids lists the records that f chooses.
func ids(tb testing.TB, s *Store, f Filter) []int64 {
	tb.Helper()
	var out []int64
	for _, r := range collect(tb, s, f) {
		out = append(out, r.ID)
	}
	return out
}

func TestFilterChoosesWhatItSays(t *testing.T) {
	s := mustOpen(t)
	ctx := context.Background()
	one, two := mustRun(t, s), mustRun(t, s)
	sha := strings.Repeat("c", 64)
	mustAdd(t, s,
		&Record{Run: one.ID, Time: noon, Path: "/lot/a_1.png", Verdict: OK, Recipe: "board"},
		&Record{Run: one.ID, Time: noon.Add(1 * time.Microsecond), Path: "/lot/ab1.png", Verdict: NG, Recipe: "board", Type: "scratch"},
		&Record{Run: two.ID, Time: noon.Add(2 * time.Microsecond), Path: "/lot/50%.png", Verdict: REVIEW, Recipe: "lid", RecipeSHA256: sha},
		&Record{Run: two.ID, Time: noon.Add(3 * time.Microsecond), Path: `/lot/back\slash.png`, Verdict: ERROR, Error: "unexpected end of file"},
		&Record{Run: two.ID, Time: noon.Add(-time.Hour), Path: "/lot/Ünïcode.PNG", Verdict: OK, Label: "good"},
	)
	for id, reason := range map[int64]string{2: "dust", 3: "too dark"} {
		if err := s.Override(ctx, id, OK, "anna", reason); err != nil {
			t.Fatal(err)
		}
	}
	for name, c := range map[string]struct {
		f    Filter
		want []int64
	}{
		"all":                    {Filter{}, []int64{1, 2, 3, 4, 5}},
		"newest":                 {Filter{Newest: true}, []int64{5, 4, 3, 2, 1}},
		"page":                   {Filter{Limit: 2, Offset: 1}, []int64{2, 3}},
		"newest page":            {Filter{Limit: 2, Offset: 1, Newest: true}, []int64{4, 3}},
		"offset without limit":   {Filter{Offset: 3}, []int64{4, 5}},
		"run":                    {Filter{Run: two.ID}, []int64{3, 4, 5}},
		"verdict":                {Filter{Verdict: []Verdict{NG, ERROR}}, []int64{2, 4}},
		"since":                  {Filter{Since: noon.Add(2 * time.Microsecond)}, []int64{3, 4}},
		"until":                  {Filter{Until: noon.Add(2 * time.Microsecond)}, []int64{1, 2, 5}},
		"between microseconds":   {Filter{Since: noon.Add(1), Until: noon.Add(2001)}, []int64{2, 3}},
		"recipe":                 {Filter{Recipe: "board"}, []int64{1, 2}},
		"recipe hash":            {Filter{Recipe: sha}, []int64{3}},
		"overridden":             {Filter{Overridden: true}, []int64{2, 3}},
		"underscore is itself":   {Filter{Text: "a_1"}, []int64{1}},
		"percent is itself":      {Filter{Text: "0%"}, []int64{3}},
		"percent alone":          {Filter{Text: "%"}, []int64{3}},
		"backslash is itself":    {Filter{Text: `k\s`}, []int64{4}},
		"case":                   {Filter{Text: "LOT/A"}, []int64{1, 2}},
		"words in any field":     {Filter{Text: " scratch  lot"}, []int64{2}},
		"error text":             {Filter{Text: "end unexpected"}, []int64{4}},
		"label":                  {Filter{Text: "good"}, []int64{5}},
		"reason":                 {Filter{Text: "dust"}, []int64{2}},
		"reviewer and path":      {Filter{Text: "anna 50"}, []int64{3}},
		"not ascii":              {Filter{Text: "Ünï"}, []int64{5}},
		"quote":                  {Filter{Text: "'; DROP TABLE verdicts; --"}, nil},
		"zero byte":              {Filter{Text: "lot\x00"}, nil},
		"everything together":    {Filter{Run: one.ID, Verdict: []Verdict{NG}, Since: noon, Until: noon.Add(time.Hour), Recipe: "board", Text: "lot", Overridden: true, Limit: 1}, []int64{2}},
		"nothing fits together":  {Filter{Run: one.ID, Recipe: "lid"}, nil},
		"after the last":         {Filter{Offset: 5}, nil},
		"recipe is no wild card": {Filter{Recipe: "%"}, nil},
	} {
		if got := ids(t, s, c.f); !equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
		c.f.Limit, c.f.Offset = 0, 0
		if n, err := s.Count(ctx, c.f); err != nil || n != len(ids(t, s, c.f)) {
			t.Errorf("%s: count %d, %v", name, n, err)
		}
	}
	for name, f := range map[string]Filter{
		"verdict": {Verdict: []Verdict{"ok"}}, "limit": {Limit: -1}, "offset": {Offset: -1}, "text": {Text: strings.Repeat("a ", maxText)},
	} {
		for _, err := range s.Verdicts(ctx, f) {
			if err == nil {
				t.Errorf("%s accepted", name)
			}
		}
		if _, err := s.Count(ctx, f); err == nil {
			t.Errorf("%s counted", name)
		}
	}
}

// holds is what Filter.Text promises, said in Go.
func holds(name, text string) bool {
	lower := func(s string) string {
		return strings.Map(func(r rune) rune {
			if 'A' <= r && r <= 'Z' {
				return r + 'a' - 'A'
			}
			return r
		}, s)
	}
	for _, word := range strings.Fields(text) {
		if !strings.Contains(lower(name), lower(word)) {
			return false
		}
	}
	return true
}

func want(name, words string) bool { return holds(text(name), words) }

func FuzzFilterText(f *testing.F) {
	s := mustOpen(f)
	run := mustRun(f, s)
	for _, c := range [][2]string{
		{"part-1.png", "PART"}, {"100%", "0%"}, {"a_b", "a_"}, {`a\b`, `\`}, {"x", "' OR 1=1 --"}, {`x`, `") OR (1`}, {"ÄÖ", "ä"},
		{"a b", "b  a"}, {"*", "[*]"}, {"\u00a0", "\u2003"}, {"K", "\u212a"}, {"?1", "?2"}, {"x\x00y", "y"},
	} {
		f.Add(c[0], c[1])
	}
	f.Fuzz(func(t *testing.T, name, words string) {
		if !utf8.ValidString(name) || !utf8.ValidString(words) || len(words) > maxText || name == "" {
			t.Skip()
		}
		r := &Record{Run: run.ID, Name: name, Verdict: OK}
		mustAdd(t, s, r)
		got := len(collect(t, s, Filter{Text: words, Newest: true, Limit: 1, id: r.ID})) == 1
		if got != want(name, words) {
			t.Errorf("%q found by %q: %v", name, words, got)
		}
		if got := len(viewIDs(t, s, Filter{Text: words, id: r.ID})) == 1; got != want(name, words) {
			t.Errorf("%q found by %q in the table: %v", name, words, got)
		}
		if n := len(ids(t, s, Filter{id: r.ID})); n != 1 {
			t.Errorf("the record is there %d times", n)
		}
	})
}

func TestFilterUsesAnIndex(t *testing.T) {
	s := mustOpen(t)
	for name, f := range map[string]Filter{
		"run": {Run: 1, Newest: true, Limit: 50}, "verdict": {Verdict: []Verdict{NG}, Newest: true, Limit: 50},
		"time": {Since: noon, Until: noon.Add(time.Hour)}, "recipe": {Recipe: "board"}, "overridden": {Overridden: true},
	} {
		query, args, err := f.query()
		if err != nil {
			t.Fatal(err)
		}
		rows, err := s.in().readers.Query("EXPLAIN QUERY PLAN "+query, args...)
		if err != nil {
			t.Fatal(err)
		}
		var plan []string
		for rows.Next() {
			var a, b, c int
			var detail string
			if err := rows.Scan(&a, &b, &c, &detail); err != nil {
				t.Fatal(err)
			}
			plan = append(plan, detail)
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		if all := fmt.Sprint(plan); strings.Contains(all, "SCAN v") {
			t.Errorf("%s reads every row: %s", name, all)
		}
		rows.Close()
	}
}
