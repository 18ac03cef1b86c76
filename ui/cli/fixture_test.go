//go:build onednn

package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"agurscope/datasets/synthec"
	"agurscope/history"
	"agurscope/nn"
	"agurscope/nn/anomaly"
	"agurscope/nn/onednn"
)

// scratch holds what is made once for all tests.
var scratch string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "agurscope-cli-test-")
	if err != nil {
		panic(err)
	}
	scratch = dir
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

const side = 64 // of the test recipe's input

// recipe returns a recipe file with random weights, calibrated like any other:
// what the command line does with it does not depend on how well it was
// trained.
var recipe = sync.OnceValue(func() string {
	path := filepath.Join(scratch, "part.agur")
	must := func(err error) {
		if err != nil {
			panic(err)
		}
	}
	e, err := onednn.Open(onednn.Options{})
	must(err)
	defer e.Close()
	m, err := anomaly.NewModel(anomaly.Network{Size: "T", Width: side, Height: side}, 1)
	must(err)
	var normals []*nn.Image
	for i := range 6 {
		p, _ := synthec.Part(synthec.Options{Size: side}, i, "")
		normals = append(normals, anomaly.Tensor(p, side, side))
	}
	r := &anomaly.Recipe{Name: "part", Created: time.Now(), Program: "test", Model: m}
	must(anomaly.Calibrate(context.Background(), e, r, anomaly.AsIs(normals), anomaly.CalibrateOptions{}))
	must(r.Save(path))
	return path
})

// parts returns a folder with a small SynthEC set.
var parts = sync.OnceValue(func() string {
	dir := filepath.Join(scratch, "parts")
	if err := synthec.Write(context.Background(), dir, synthec.Options{Size: side}, synthec.Counts{Train: 12, TestGood: 3, PerDefect: 1}); err != nil {
		panic(err)
	}
	return dir
})

// flat returns a new folder of n good parts.
func flat(t *testing.T, n int) string {
	t.Helper()
	dir := t.TempDir()
	for i := range n {
		m, _ := synthec.Part(synthec.Options{Size: side}, 100+i, "")
		writePNG(t, filepath.Join(dir, "part"+string(rune('a'+i%26))+strings.Repeat("x", i/26)+".png"), m)
	}
	return dir
}

func writePNG(t *testing.T, path string, m image.Image) {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	write(t, path, b.Bytes())
}

func write(t *testing.T, path string, b []byte) {
	t.Helper()
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
}

func testEnv() Env {
	return Env{Version: "test", Engines: []Engine{{
		Name: "onednn", Remedy: "install it",
		// One thread unless asked: tests share the machine, and threads that wait
		// for each other there wait long.
		Open: func(n int) (nn.Engine, error) { return onednn.Open(onednn.Options{Threads: max(n, 1)}) },
	}}}
}

// result is what a command left behind.
type result struct {
	status   int
	out, err string
}

// run executes a command line as a terminal-less program would.
func run(t *testing.T, args ...string) result {
	t.Helper()
	return runIn(t, context.Background(), testEnv(), args...)
}

func runIn(t *testing.T, ctx context.Context, env Env, args ...string) result {
	t.Helper()
	var out, errs bytes.Buffer
	if env.Stdout == nil {
		env.Stdout = &out
	}
	env.Stderr = &errs
	status := Run(ctx, env, args)
	return result{status, out.String(), errs.String()}
}

// done is run for commands that must succeed.
func done(t *testing.T, args ...string) result {
	t.Helper()
	r := run(t, args...)
	if r.status != Done {
		t.Fatalf("agurscope %s: exit status %d\n%s%s", strings.Join(args, " "), r.status, r.out, r.err)
	}
	return r
}

// lines decodes one JSON object per line.
func lines(t *testing.T, out string) []map[string]any {
	t.Helper()
	var all []map[string]any
	for line := range strings.Lines(out) {
		var v map[string]any
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			t.Fatalf("%v in %q", err, line)
		}
		all = append(all, v)
	}
	return all
}

// records reads a history.
func records(t *testing.T, db string) []history.Record {
	t.Helper()
	s, err := history.OpenReadOnly(db)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var all []history.Record
	for r, err := range s.Verdicts(context.Background(), history.Filter{}) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, r)
	}
	return all
}
