//go:build onednn && linux

package cli

import (
	"context"
	"encoding/json"
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
// AGURSCOPE_SOAK, such as 10m: memory stays within 5 % of what it was after the
// first fifth, nothing is inspected twice, every verdict is in the history, and
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
	recipe()
	before := livetest.Held()
	db := filepath.Join(t.TempDir(), "h.db")
	ctx, cancel := context.WithCancel(t.Context())
	early, late := make(chan float64, 1), make(chan float64, 1)
	go func() {
		settled := func(after time.Duration) float64 {
			select {
			case <-time.After(after):
			case <-ctx.Done():
			}
			debug.FreeOSMemory() // what could be given back is not held
			return residentMB()
		}
		early <- settled(d / 5)
		late <- settled(d*4/5 - 5*time.Second)
	}()
	r := run(t, "camera", "inspect", "gige://"+livetest.GigEAddress+"?region=0,0,512,512&rate=30", "--recipe", recipe(), "--db", db, "--for", d.String(), "--json")
	cancel()
	if r.status != Done {
		t.Fatalf("%d: %s", r.status, r.err)
	}
	lines := strings.Split(strings.TrimSpace(r.out), "\n")
	var end struct {
		Camera   struct{ Received, Delivered, Dropped, Incomplete, Stale, Losses uint64 }
		Verdicts int
		Latency  struct{ P50, P95 float64 } `json:"latency_ms"`
	}
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &end); err != nil {
		t.Fatal(err)
	}
	a, b := <-early, <-late
	t.Logf("%v: %+v; memory %.1f MB, then %.1f MB", d, end, a, b)
	if b > 1.05*a {
		t.Errorf("memory grew from %.1f MB to %.1f MB", a, b)
	}
	c := end.Camera
	if c.Received < uint64(d/time.Second)*20 || c.Losses > 0 || c.Delivered+c.Dropped+c.Stale > c.Received || c.Received-c.Delivered-c.Dropped-c.Stale > 1 {
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
