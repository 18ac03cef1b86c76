//go:build onednn && linux

package cli

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"agurscope/datasets/aravis"
	"agurscope/datasets/live/livetest"
	"agurscope/history"
)

// TestCameraSoak inspects the pictures of a GigE Vision camera of 512 x 512 for
// AGURSCOPE_SOAK, such as 10m: the memory of its last fifth is within 5 % of its
// second (medians: how much garbage lies beside what is in use varies by more), nothing is inspected twice, every verdict is in the history, and
// what was dropped is told.
func TestCameraSoak(t *testing.T) {
	d, err := time.ParseDuration(os.Getenv("AGURSCOPE_SOAK"))
	if err != nil {
		t.Skip("AGURSCOPE_SOAK is not set; “make soak-camera” does it")
	}
	if err := aravis.Available(); err != nil {
		t.Skip(err)
	}
	livetest.NewGigE(t)
	// What library and engine keep for good is there after the first use.
	address := "gige://" + livetest.GigEAddress + "?region=0,0,512,512&rate=30"
	run(t, "camera", "inspect", address, "--recipe", recipe(), "--db", filepath.Join(t.TempDir(), "first.db"), "--count", "3")
	before := livetest.Held()
	db := filepath.Join(t.TempDir(), "h.db")
	ctx, cancel := context.WithCancel(t.Context())
	memory := make(chan []float64, 1)
	go func() { memory <- sampled(ctx, d/60) }()
	// Into a file: what is printed in ten minutes is memory, too.
	out, err := os.Create(filepath.Join(t.TempDir(), "out.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	env := testEnv()
	env.Stdout, env.Stderr = out, io.Discard
	status := Run(t.Context(), env, []string{"camera", "inspect", address, "--recipe", recipe(), "--db", db, "--for", d.String(), "--json"})
	cancel()
	text, err := os.ReadFile(out.Name())
	if err := errors.Join(err, out.Close()); err != nil || status != Done {
		t.Fatalf("%d: %v", status, err)
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	var end struct {
		Camera   struct{ Received, Delivered, Dropped, Incomplete, Stale, Losses uint64 }
		Verdicts int
		Latency  struct{ P50, P95 float64 } `json:"latency_ms"`
	}
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &end); err != nil {
		t.Fatal(err)
	}
	m := <-memory
	a, _ := quantiles(m[len(m)/5 : 2*len(m)/5])
	b, _ := quantiles(m[4*len(m)/5:])
	t.Logf("%v: %+v; memory %.1f MB, then %.1f MB (%.0f)", d, end, a, b, m)
	if b > 1.05*a {
		t.Errorf("memory grew from %.1f MB to %.1f MB", a, b)
	}
	c := end.Camera
	if c.Received == 0 || c.Losses > 0 || c.Delivered+c.Dropped+c.Stale > c.Received || c.Received-c.Delivered-c.Dropped-c.Stale > 1 {
		t.Errorf("%+v", c)
	}
	seen, rows := map[uint64]bool{}, 0
	store, err := history.Open(db)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	for row, err := range store.Verdicts(t.Context(), history.Filter{}) {
		if err != nil {
			t.Fatal(err)
		}
		if rows++; seen[row.Seq] {
			t.Errorf("frame %d is there twice", row.Seq)
		}
		seen[row.Seq] = true
	}
	if rows != end.Verdicts || rows != len(lines)-1 {
		t.Errorf("%d rows, %d verdicts, %d lines", rows, end.Verdicts, len(lines)-1)
	}
	if err := store.Close(); err != nil {
		t.Error(err)
	}
	before.Released(t)
}

// sampled measures the memory again and again, without what could be given back.
func sampled(ctx context.Context, every time.Duration) (out []float64) {
	for {
		select {
		case <-time.After(every):
			debug.FreeOSMemory()
			out = append(out, residentMB())
		case <-ctx.Done():
			return out
		}
	}
}
