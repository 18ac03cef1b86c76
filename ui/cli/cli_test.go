//go:build onednn

package cli

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"agurscope/history"
	"agurscope/nn"
	"agurscope/ui/session"
)

// 0 done, 1 failed, 2 wrong usage, and always one sentence that helps.
func TestExitStatusAndSentence(t *testing.T) {
	t.Setenv("XDG_DATA_HOME", t.TempDir())
	t.Setenv("DISPLAY", "")
	t.Setenv("WAYLAND_DISPLAY", "")
	text := filepath.Join(t.TempDir(), "text.agur")
	write(t, text, []byte("no recipe"))
	empty := t.TempDir()
	for _, c := range []struct {
		args   string
		status int
		says   string
	}{
		{"--help", Done, ""},
		{"--version", Done, ""},
		{"doctor", Done, ""},
		{"", Failed, "without its window"},
		{"trian", Usage, "did you mean train?"},
		{"--nonsense", Usage, "--nonsense"},
		{"--camera x", Usage, "--camera"},
		{"inspect", Usage, "name the pictures"},
		{"inspect x.png", Usage, "--recipe is needed"},
		{"inspect --recipe R nowhere.png", Failed, "nowhere.png"},
		{"inspect --recipe R EMPTY", Failed, "no pictures"},
		{"inspect --recipe TEXT PARTS", Failed, "text.agur"},
		{"inspect --recipe nowhere.agur PARTS", Failed, "nowhere.agur"},
		{"inspect --recipe R --mode upside-down PARTS", Usage, "--mode"},
		{"inspect --recipe R --low x PARTS", Usage, "must be a number"},
		{"inspect --recipe R --low 3 --high 2 PARTS", Usage, "above the high one"},
		{"inspect --recipe R --review 3 --reject 2 PARTS", Usage, "above the reject threshold"},
		{"inspect --recipe R --engine abacus PARTS", Usage, "--engine"},
		{"inspect --recipe R --threads -1 PARTS", Usage, "--threads"},
		{"evaluate --recipe R", Usage, "--set is needed"},
		{"evaluate --recipe R --set EMPTY", Failed, "no pictures"},
		{"evaluate --recipe R --set PARTS extra", Usage, "extra"},
		{"train", Usage, "--set is needed"},
		{"train --set PARTS", Usage, "--out is needed"},
		{"train --set PARTS --out x.zip", Usage, ".agur"},
		{"train --set PARTS --out x.agur --size Q", Usage, "--size"},
		{"train --set PARTS --out x.agur --method oracle", Usage, "method is \"oracle\""},
		{"train --set PARTS --out x.agur --variant huge", Usage, "--variant"},
		{"train --set PARTS --out x.agur --input 7", Usage, "--input"},
		{"train --set PARTS --out x.agur --max-time soon", Usage, "max-time"},
		{"train --set EMPTY --out x.agur", Failed, "no pictures"},
		{"export --onnx x.onnx", Usage, "--recipe is needed"},
		{"export --recipe R", Usage, "--onnx is needed"},
		{"export --recipe R --onnx x.zip", Usage, ".onnx"},
		{"export --recipe nowhere.agur --onnx x.onnx", Failed, "nowhere.agur"},
		{"export --recipe R --onnx no/such/folder/x.onnx", Failed, "no/such/folder"},
		{"bench --precision bf16", Usage, "choose one of f32"}, // no engine of the tests has more
		{"bench --precision int3", Usage, "--precision"},
		{"inspect --recipe R --precision int3 PARTS", Usage, "--precision"},
		{"bench --size T --recipe R", Usage, "--recipe says"},
		{"history", Usage, "choose list"},
		{"history lst", Usage, "choose list"},
		{"history list --since yesterday", Usage, "--since"},
		{"history list --verdict BAD", Usage, "--verdict"},
		{"history list --db nowhere.db", Failed, "nowhere.db"},
		{"history show", Usage, "name one verdict"},
		{"history show x", Usage, "is no ID"},
		{"demo-set", Usage, "name one folder"},
		{"demo-set d --pose upright", Usage, "--pose"},
	} {
		var args []string
		for _, a := range strings.Fields(c.args) {
			switch a {
			case "R":
				a = recipe()
			case "PARTS":
				a = parts()
			case "EMPTY":
				a = empty
			case "TEXT":
				a = text
			}
			args = append(args, a)
		}
		r := run(t, args...)
		if r.status != c.status || !strings.Contains(r.err, c.says) {
			t.Errorf("agurscope %s: exit status %d, want %d; %q does not say %q", c.args, r.status, c.status, r.err, c.says)
		}
		if c.status != Done && (!strings.HasPrefix(r.err[strings.LastIndex("\n"+r.err, "\nagurscope: "):], "agurscope: ") || r.out != "") {
			t.Errorf("agurscope %s: standard output %q, error %q", c.args, r.out, r.err)
		}
	}
}

// Help without an example leaves people to guess.
func TestEveryCommandHasAnExample(t *testing.T) {
	root := New(testEnv())
	for _, c := range append(root.Commands(), root) {
		if c.Name() != "help" && (c.Example == "" || c.Short == "") {
			t.Errorf("%s has no example or no summary", c.CommandPath())
		}
		for _, sub := range c.Commands() {
			if c.Name() == "history" && (sub.Example == "" || sub.Short == "") {
				t.Errorf("%s has no example or no summary", sub.CommandPath())
			}
		}
	}
}

// The keys are a promise to other people's programs.
func TestStableKeys(t *testing.T) {
	t.Setenv("XDG_DATA_HOME", t.TempDir())
	out := filepath.Join(t.TempDir(), "new.agur")
	for _, c := range []struct {
		args []string
		keys string // of the first line; a/b is key b inside a
	}{
		{
			[]string{"train", "--set", parts(), "--out", out, "--input", "64", "--steps", "20", "--json"},
			"steps seconds images_per_second loss recipe calibration calibration/normals calibration/high calibration/low calibration/review calibration/reject calibration/false_reject_rate peak_rss_mb preparation/exposure_median preparation/gamma preparation/fixture preparation/why terms/name terms/weight alignment position_share width height window images skipped resumed recipe_sha256",
		},
		{
			[]string{"inspect", "--recipe", out, "--json", "--high", "0.1", "--low", "0.05", filepath.Join(parts(), "test")},
			"path score index verdict low high review reject regions regions/x regions/y regions/w regions/h regions/area regions/peak regions/mean regions/polarity latency_ms error terms/name terms/weight terms/score",
		},
		{
			[]string{"evaluate", "--recipe", out, "--set", parts(), "--json"},
			"images normal anomalous image_auroc image_ap pixel_auroc pixel_ap aupro iou f1 precision recall accuracy reject false_reject_rate latency_ms latency_ms/p50 latency_ms/p95 per_type per_type/scratch/images per_type/scratch/image_auroc per_type/scratch/recall notes errors reviewed doubtful term_auroc/features term_auroc/handcrafted term_auroc/residual term_auroc/score mean_grey_auroc masks",
		},
		{
			[]string{"export", "--recipe", out, "--onnx", filepath.Join(t.TempDir(), "new.onnx"), "--json"},
			"onnx bytes opset recipe recipe_sha256 inputs/name inputs/doc inputs/shape outputs/name outputs/doc outputs/shape metadata",
		},
		{
			[]string{"bench", "--recipe", out, "--rounds", "2", "--train", "--json"},
			"engine precision threads size input gmac forward_ms/p50 forward_ms/p95 inspect_ms/p50 inspect_ms/p95 train_step_ms batch gflops peak_gflops precision_error peak_rss_mb",
		},
		{
			[]string{"history", "list", "--json"},
			"id run time path score verdict reviewed_verdict reviewer recipe recipe_sha256 thumbnail_sha256",
		},
		{[]string{"doctor", "--json"}, "version can_inspect engine checks"},
		{[]string{"history", "verify", "--json"}, "path ok runs verdicts faults verified not_verified"},
	} {
		r := done(t, c.args...)
		first := lines(t, r.out)[0]
		for _, key := range strings.Fields(c.keys) {
			if _, ok := lookUp(first, strings.Split(key, "/")); !ok {
				t.Errorf("%s has no key %s in %v", c.args[0], key, first)
			}
		}
	}
	if _, err := os.Stat(session.Checkpoint(out)); err == nil {
		t.Error("the checkpoint of a finished training is still there")
	}
}

func lookUp(v any, path []string) (any, bool) {
	if len(path) == 0 {
		return v, true
	}
	switch m := v.(type) {
	case map[string]any:
		next, ok := m[path[0]]
		if !ok {
			return nil, false
		}
		return lookUp(next, path[1:])
	case []any:
		if len(m) == 0 {
			return nil, false
		}
		return lookUp(m[0], path)
	}
	return nil, false
}

// What cannot be computed is null and said why, not zero.
func TestEvaluationWithoutDefectsSaysSo(t *testing.T) {
	v := lines(t, done(t, "evaluate", "--recipe", recipe(), "--set", parts(), "--json").out)[0]
	if v["pixel_auroc"] == nil || v["image_auroc"] == nil {
		t.Errorf("figures of a complete set: %v", v)
	}
	good := filepath.Join(t.TempDir(), "set")
	for _, sub := range []string{"train", "test"} {
		if err := os.MkdirAll(filepath.Join(good, sub), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.CopyFS(filepath.Join(good, sub, "good"), os.DirFS(filepath.Join(parts(), sub, "good"))); err != nil {
			t.Fatal(err)
		}
	}
	v = lines(t, done(t, "evaluate", "--recipe", recipe(), "--set", good, "--json").out)[0]
	for _, key := range []string{"image_auroc", "image_ap", "pixel_auroc", "aupro", "iou"} {
		if v[key] != nil {
			t.Errorf("%s is %v, want null", key, v[key])
		}
	}
	if notes, _ := json.Marshal(v["notes"]); !strings.Contains(string(notes), "no anomalous pictures") || !strings.Contains(string(notes), "no ground-truth masks") {
		t.Errorf("notes %s", notes)
	}
	if table := done(t, "evaluate", "--recipe", recipe(), "--set", good).out; !strings.Contains(table, "image AUROC              -") {
		t.Errorf("table:\n%s", table)
	}
}

// stopping is an engine that calls stop during a training step.
type stopping struct {
	nn.Engine
	step int
	stop context.CancelFunc
}

func (e *stopping) Compile(g *nn.Graph, m nn.Mode) (nn.Program, error) {
	p, err := e.Engine.Compile(g, m)
	if err != nil || m != nn.Training {
		return p, err
	}
	return &stoppingProgram{p, e}, nil
}

type stoppingProgram struct {
	nn.Program
	e *stopping
}

func (p *stoppingProgram) Backward() error {
	if p.e.step--; p.e.step == 0 {
		p.e.stop()
	}
	return p.Program.Backward()
}

// A training that is stopped writes no recipe and keeps its checkpoint, and
// the same command with --resume finishes it.
func TestStoppedTrainingResumes(t *testing.T) {
	t.Setenv("XDG_DATA_HOME", t.TempDir())
	out := filepath.Join(t.TempDir(), "x.agur")
	args := []string{"train", "--set", parts(), "--out", out, "--input", "32", "--steps", "12", "--json"}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	env := testEnv()
	open := env.Engines[0].Open
	env.Engines[0].Open = func(n int) (nn.Engine, error) {
		e, err := open(n)
		return &stopping{e, 5, cancel}, err
	}
	r := runIn(t, ctx, env, args...)
	if r.status != Failed || !strings.Contains(r.err, "stopped: no recipe was written") || !strings.Contains(r.err, "--resume") {
		t.Fatalf("exit status %d, %q", r.status, r.err)
	}
	if _, err := os.Stat(out); err == nil {
		t.Error("a stopped training wrote a recipe")
	}
	v := lines(t, done(t, append(args, "--resume")...).out)[0]
	if v["resumed"] != true || v["steps"] != 12.0 {
		t.Errorf("resumed %v with %v steps", v["resumed"], v["steps"])
	}
}

// The window holds its history; a second writer is told so and changes nothing.
func TestLockedHistoryIsNamed(t *testing.T) {
	db := filepath.Join(t.TempDir(), "h.db")
	s, err := history.Open(db)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	r := run(t, "inspect", "--recipe", recipe(), "--db", db, parts())
	if r.status != Failed || !strings.Contains(r.err, db) || !strings.Contains(r.err, "--db FILE") || r.out != "" {
		t.Errorf("exit status %d, %q", r.status, r.err)
	}
	if done(t, "history", "list", "--db", db).out != "" {
		t.Error("something was logged")
	}
}

func TestHistoryIsLookedUpExportedAndVerified(t *testing.T) {
	dir := t.TempDir()
	db := filepath.Join(dir, "h.db")
	hostileDir, _, _ := hostile(t)
	done(t, "inspect", "--recipe", recipe(), "--db", db, hostileDir)
	all := lines(t, done(t, "history", "list", "--db", db, "--json").out)
	bad := lines(t, done(t, "history", "list", "--db", db, "--json", "--verdict", "error", "--since", "1h").out)
	if len(all) != 9 || len(bad) != 5 {
		t.Errorf("%d verdicts, %d of them ERROR", len(all), len(bad))
	}
	if all[0]["id"].(float64) < all[8]["id"].(float64) {
		t.Error("the list does not begin with the newest")
	}
	if n := len(lines(t, done(t, "history", "list", "--db", db, "--json", "--limit", "2", "--text", "good").out)); n != 2 {
		t.Errorf("%d lines, want 2", n)
	}
	if out := done(t, "history", "list", "--db", db, "--until", "2001-01-01").out; out != "" {
		t.Errorf("verdicts of another millennium: %s", out)
	}

	thumb := filepath.Join(dir, "t.jpg")
	var id float64
	for _, v := range all {
		if v["name"] == "good1.png" {
			id = v["id"].(float64)
		}
	}
	shown := done(t, "history", "show", fmt.Sprint(int(id)), "--db", db, "--thumbnail", thumb).out
	if !strings.Contains(shown, "good1.png") || !strings.Contains(shown, "thresholds") {
		t.Errorf("show:\n%s", shown)
	}
	if b, err := os.ReadFile(thumb); err != nil || string(b[:2]) != "\xff\xd8" {
		t.Errorf("thumbnail: %v", err)
	}
	if r := run(t, "history", "show", "999", "--db", db); r.status != Failed || !strings.Contains(r.err, "verdict 999") {
		t.Errorf("%d %q", r.status, r.err)
	}

	csv := filepath.Join(dir, "all.csv")
	done(t, "history", "export", "--db", db, "--out", csv)
	if b, _ := os.ReadFile(csv); strings.Count(string(b), "\n") != 10 || string(b) != done(t, "history", "export", "--db", db).out {
		t.Errorf("CSV:\n%s", b)
	}
	if out := done(t, "history", "runs", "--db", db).out; !strings.Contains(out, "done") {
		t.Errorf("runs:\n%s", out)
	}

	out := done(t, "history", "verify", "--db", db).out
	if !strings.Contains(out, "no fault found") || !strings.Contains(out, "link in the chain") {
		t.Errorf("verify:\n%s", out)
	}
	forge(t, db)
	r := run(t, "history", "verify", "--db", db, "--json")
	v := lines(t, r.out)[0]
	if r.status != Failed || v["ok"] != false || !strings.Contains(fmt.Sprint(v["first_broken"]), "table:verdicts") || !strings.Contains(fmt.Sprint(v["faults"]), "make it NG") {
		t.Errorf("exit status %d, %v", r.status, v)
	}
}

// forge makes an OK of a verdict as somebody would who knows SQL.
func forge(t *testing.T, db string) {
	t.Helper()
	d, err := sql.Open("sqlite3", db)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	rows, err := d.Query("SELECT name FROM sqlite_master WHERE type = 'trigger'")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for rows.Next() {
		var n string
		if err := rows.Scan(&n); err != nil {
			t.Fatal(err)
		}
		names = append(names, n)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		t.Fatal(err)
	}
	for _, n := range names {
		if _, err := d.Exec("DROP TRIGGER " + n); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := d.Exec("UPDATE verdicts SET score = 1000 WHERE id = (SELECT min(id) FROM verdicts WHERE verdict = 'OK')"); err != nil {
		t.Fatal(err)
	}
}

// A machine on which nothing can inspect is the one thing that doctor fails
// on, and it says what to do.
func TestDoctorFailsOnlyWithoutAnEngine(t *testing.T) {
	t.Setenv("XDG_DATA_HOME", t.TempDir())
	env := testEnv()
	env.Engines = []Engine{{Name: "cuda", Remedy: "buy a card", Open: func(int) (nn.Engine, error) { return nil, nn.ErrUnavailable }}}
	r := runIn(t, context.Background(), env, "doctor")
	if r.status != Failed || !strings.Contains(r.out, "buy a card") {
		t.Errorf("exit status %d\n%s%s", r.status, r.out, r.err)
	}
	r = runIn(t, context.Background(), env, "evaluate", "--recipe", recipe(), "--set", parts())
	if r.status != Failed || !strings.Contains(r.err, "doctor") {
		t.Errorf("exit status %d, %q", r.status, r.err)
	}
	if out := done(t, "doctor").out; !strings.Contains(out, "Ready to inspect, with the engine onednn") {
		t.Errorf("doctor:\n%s", out)
	}
	if _, err := os.Stat(DefaultDatabase()); err == nil {
		t.Error("doctor made a database")
	}
}

// "auto" takes the first engine that opens; a named one is taken or refused.
func TestAutoTakesTheFirstEngineThatOpens(t *testing.T) {
	env := testEnv()
	env.Engines = append([]Engine{{Name: "cuda", Remedy: "r", Open: func(int) (nn.Engine, error) { return nil, nn.ErrUnavailable }}}, env.Engines...)
	p := &program{Env: env}
	e, err := p.openEngine(engineFlags{name: "auto"})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	if e.Name() != "onednn" {
		t.Errorf("auto took %s", e.Name())
	}
	if _, told := e.(nn.Faulted); told {
		t.Error("that there is no card is told as a fault")
	}
	if _, err := p.openEngine(engineFlags{name: "cuda"}); !errors.Is(err, nn.ErrUnavailable) {
		t.Errorf("cuda: %v", err)
	}
}

// A device that is there and cannot be used costs nothing but a word.
func TestAutoTellsOfADeviceThatCannotBeUsed(t *testing.T) {
	old := fmt.Errorf("%w: %w", nn.ErrUnavailable, nn.ErrFault)
	env := testEnv()
	env.Engines = append([]Engine{{Name: "cuda", Device: true, Remedy: "r", Open: func(int) (nn.Engine, error) { return nil, old }}}, env.Engines...)
	var told strings.Builder
	env.Stderr = &told
	p := &program{Env: env}
	e, err := p.openEngine(engineFlags{name: "auto"})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	if f, ok := e.(nn.Faulted); !ok || f.Fault() == nil || e.Name() != "onednn" || told.String() != "the device failed; going on without it\n" {
		t.Errorf("on %s, and it says %q", e.Name(), &told)
	}
}

func TestQuietSaysNothing(t *testing.T) {
	t.Setenv("XDG_DATA_HOME", t.TempDir())
	r := done(t, "evaluate", "--recipe", recipe(), "--set", parts(), "--json", "--quiet")
	if r.err != "" {
		t.Errorf("standard error %q", r.err)
	}
}
