//go:build onednn

package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"agurscope/history"
)

// aHistory makes one with two runs over the same ten parts.
func aHistory(t *testing.T) string {
	t.Helper()
	db := filepath.Join(t.TempDir(), "h.db")
	s, err := history.Open(db)
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	for n := range 2 {
		run, err := s.StartRun(ctx, history.Run{Source: "parts", Recipe: "board"})
		if err != nil {
			t.Fatal(err)
		}
		for i := range 10 {
			r := &history.Record{
				Run: run.ID, Seq: uint64(i), Name: fmt.Sprintf("part %d", i), Path: fmt.Sprintf("/p/part %d", i), Verdict: history.OK, Score: float64(i) / 20,
				Review: 0.7, Reject: 0.8, Recipe: "board", RecipeSHA256: strings.Repeat("a", 64), Embedding: []float32{float32(i), float32(n)},
				Time: time.Date(2026, 3, 2, 8+n, i, 0, 0, time.Local), Operator: "anna",
			}
			if i == 9 || i == 8 && n == 0 {
				r.Verdict, r.Score, r.Regions = history.NG, 0.9, []history.Region{{W: 3, H: 3, Area: 40 * (i - 7), Peak: 1, Mean: 1, Polarity: "dark"}}
			}
			if err := s.Add(ctx, r); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.EndRun(ctx, run.ID, history.Done, ""); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Override(ctx, 9, history.OK, "anna", "dust"); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return db
}

// The new criteria choose; each is told apart from wrong usage.
func TestHistoryFilters(t *testing.T) {
	db := aHistory(t)
	for flags, want := range map[string]int{
		"--reviewed OK": 1, "--score 0.2..0.3": 6, "--score ..0.1": 6, "--score 0.85..": 3, "--polarity dark": 3, "--area 50..": 2, "--area ..50": 1,
		"--source parts": 20, "--source x": 0, "--operator anna --verdict NG": 3, "--worst --limit 2": 2,
	} {
		out := done(t, append([]string{"history", "list", "--json", "--db", db}, strings.Fields(flags)...)...).out
		if n := strings.Count(out, "\n"); n != want {
			t.Errorf("%s: %d verdicts, want %d", flags, n, want)
		}
	}
	for _, flags := range []string{"--score 3", "--score 2..1", "--area x..", "--reviewed ERROR", "--score nan.."} {
		if r := run(t, append([]string{"history", "list", "--db", db}, strings.Fields(flags)...)...); r.status != Usage {
			t.Errorf("%s: exit status %d, %q", flags, r.status, r.err)
		}
	}
}

func TestHistoryStatistics(t *testing.T) {
	db := aHistory(t)
	v := lines(t, done(t, "history", "stats", "--json", "--db", db).out)[0]
	groups := v["groups"].([]any)
	if v["parts"] != 20. || v["yield"] != 0.9 || v["first_pass_yield"] != 0.85 || len(groups) != 2 || groups[0].(map[string]any)["ok"] != 9. {
		t.Errorf("%v", v)
	}
	if p := v["pseudo_reject_rate"].(map[string]any); p["count"] != 1. || p["of"] != 1. || v["rejects_unreviewed"] != 2. {
		t.Errorf("%v", v)
	}
	for _, by := range []string{"hour", "shift", "recipe", "source"} {
		if out := done(t, "history", "stats", "--by", by, "--db", db).out; !strings.Contains(out, "90.00 %") || !strings.Contains(out, "dark: 3") {
			t.Errorf("%s:\n%s", by, out)
		}
	}
	for _, flags := range []string{"--by week", "--by shift --shifts early=25:00"} {
		if r := run(t, append([]string{"history", "stats", "--db", db}, strings.Fields(flags)...)...); r.status != Usage {
			t.Errorf("%s: exit status %d", flags, r.status)
		}
	}
	v = lines(t, done(t, "history", "repeat", "1", "2", "--json", "--db", db).out)[0]
	if v["parts"] != 10. || fmt.Sprint(v["unstable"]) != "[part 8]" || v["agreement"].(map[string]any)["count"] != 9. {
		t.Errorf("%v", v)
	}
	if out := done(t, "history", "repeat", "1", "2", "--db", db).out; !strings.Contains(out, "part 8: NG OK") {
		t.Error(out)
	}
	runs := lines(t, done(t, "history", "runs", "--json", "--limit", "1", "--db", db).out)
	if len(runs) != 1 || runs[0]["run"] != 2. || runs[0]["kind"] != "inspect" || runs[0]["ok"].(float64)+runs[0]["ng"].(float64) != 10 {
		t.Errorf("%v", runs)
	}
	if r := run(t, "history", "repeat", "1", "9", "--db", db); r.status != Failed || !strings.Contains(r.err, "run 9") {
		t.Errorf("%d %q", r.status, r.err)
	}
}

func TestHistoryIsMarkedBackedUpAndRetained(t *testing.T) {
	db := aHistory(t)
	done(t, "history", "note", "9", "seen twice", "--operator", "boris", "--db", db)
	if out := done(t, "history", "show", "9", "--db", db).out; !strings.Contains(out, "boris") || !strings.Contains(out, "seen twice") {
		t.Error(out)
	}
	done(t, "history", "golden", "release", "--run", "1", "--db", db)
	if out := done(t, "history", "golden", "--db", db).out; !strings.Contains(out, "release") || !strings.Contains(out, "10 parts") {
		t.Error(out)
	}
	near := lines(t, done(t, "history", "similar", "1", "--limit", "2", "--json", "--db", db).out)
	if len(near) != 2 || near[0]["distance"] != 1. {
		t.Errorf("%v", near)
	}
	copied := filepath.Join(t.TempDir(), "copy.db")
	done(t, "history", "backup", "--out", copied, "--db", db)
	if r := run(t, "history", "backup", "--out", copied, "--db", db); r.status != Failed || !strings.Contains(r.err, "--force") {
		t.Errorf("%d %q", r.status, r.err)
	}
	done(t, "history", "backup", "--out", copied, "--db", db, "--force")
	if out := done(t, "history", "retain", "--verdicts", "1h", "--db", db).out; !strings.Contains(out, "verdicts up to verdict 19 removed") {
		t.Error(out)
	}
	v := lines(t, done(t, "history", "verify", "--json", "--db", db).out)[0]
	if v["verdicts"] != 11. || v["verdicts_retired"] != 9. || v["ok"] != true {
		t.Errorf("%v", v)
	}
	head := lines(t, done(t, "history", "verify", "--json", "--db", copied).out)[0]["head"].(string)
	done(t, "history", "verify", "--head", head, "--db", db)
	for args, want := range map[string]int{
		"retain": Usage, "retain --verdicts soon": Usage, "retain --size 3": Usage, "backup": Usage, "note 9": Usage, "note x y": Usage,
		"verify --head 1": Usage, "similar x": Usage, "golden a b": Usage, "golden everything": Usage, "note 999 y": Failed,
	} {
		if r := run(t, append(append([]string{"history"}, strings.Fields(args)...), "--db", db)...); r.status != want {
			t.Errorf("%s: exit status %d, %q", args, r.status, r.err)
		}
	}
}

// One filter, five formats; and no file that is there is lost silently.
func TestHistoryExportsEveryFormat(t *testing.T) {
	db, dir := aHistory(t), t.TempDir()
	for name, magic := range map[string]string{"a.csv": "id,run", "a.json": "{\"head\"", "a.xlsx": "PK", "a.zip": "PK", "a.PDF": "%PDF-"} {
		out := filepath.Join(dir, name)
		args := []string{"history", "export", "--db", db, "--run", "1", "--out", out}
		if r := done(t, args...); r.out != "" || !strings.Contains(r.err, "the chain is at") {
			t.Errorf("%s: %q %q", name, r.out, r.err)
		}
		before, err := os.ReadFile(out)
		if err != nil || !strings.HasPrefix(string(before), magic) {
			t.Errorf("%s begins with %.20q, %v", name, before, err)
		}
		if err := os.WriteFile(out, []byte("mine"), 0o644); err != nil {
			t.Fatal(err)
		}
		if r := run(t, args...); r.status != Failed || !strings.Contains(r.err, "--force") {
			t.Errorf("%s over an existing file: %d %q", name, r.status, r.err)
		}
		if b, _ := os.ReadFile(out); string(b) != "mine" {
			t.Errorf("%s was overwritten", name)
		}
		done(t, append(args, "--force")...)
		if b, _ := os.ReadFile(out); !strings.HasPrefix(string(b), magic) {
			t.Errorf("%s was not replaced", name)
		}
	}
	if out := done(t, "history", "export", "--db", db, "--format", "json").out; !strings.HasPrefix(out, "{\"head\"") {
		t.Errorf("%.40s", out)
	}
	if out := done(t, "history", "export", "--db", db).out; !strings.HasPrefix(out, "id,run") {
		t.Errorf("%.40s", out)
	}
	for _, flags := range []string{"--out x.doc", "--out x.pdf", "--format tiff"} {
		if r := run(t, append([]string{"history", "export", "--db", db}, strings.Fields(flags)...)...); r.status != Usage {
			t.Errorf("%s: exit status %d, %q", flags, r.status, r.err)
		}
	}
	if r := run(t, "history", "export", "--db", db, "--run", "9", "--out", filepath.Join(dir, "x.pdf")); r.status != Failed || !strings.Contains(r.err, "run 9") {
		t.Errorf("%d %q", r.status, r.err)
	}
}

// Names of files may hold anything: none of it begins a line or moves the cursor.
func TestNamesStayInTheirLine(t *testing.T) {
	if got := pad("a\nb\x1b[2Jc", 12); got != "a\uFFFDb\uFFFD[2Jc    " {
		t.Errorf("%q", got)
	}
}
