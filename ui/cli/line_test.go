//go:build onednn

package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A station that comes back sends what was inspected while nobody listened, each
// verdict once and in order; what has no picture is not OK.
func TestInspectTellsTheLine(t *testing.T) {
	dir, fine, broken := hostile(t)
	place := t.TempDir()
	db, config, outbox := filepath.Join(place, "h.db"), filepath.Join(place, "line.json"), filepath.Join(place, "outbox")
	write(t, config, []byte(`{"station":"bench-3","folder":{"dir":"outbox"}}`))
	files := func() (names []string) {
		entries, err := os.ReadDir(outbox)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			names = append(names, e.Name())
		}
		return names
	}

	r := run(t, "line", "check", "--line", config, "--db", db, "--wait", "1ms")
	if !strings.Contains(r.err, "cannot be told") {
		t.Errorf("an absent folder: %s", r.err)
	}
	done(t, "inspect", "--recipe", recipe(), "--db", db, "--line", config, dir) // nobody listens
	if err := os.Mkdir(outbox, 0o755); err != nil {
		t.Fatal(err)
	}
	done(t, "line", "check", "--line", config, "--db", db, "--wait", "1m")
	n := len(fine) + len(broken)
	if got := files(); len(got) != n {
		t.Errorf("%d verdicts of %d arrived: %v", len(got), n, got)
	}
	done(t, "inspect", "--recipe", recipe(), "--db", db, "--line", config, filepath.Join(dir, broken[0]))
	done(t, "line", "check", "--line", config, "--db", db, "--wait", "1m")
	want := fmt.Sprintf("%010d_ERROR.json", n+1)
	if got := files(); len(got) != n+1 || got[n] != want {
		t.Errorf("the last of %v is not %s", got, want)
	}
}

func TestLineExampleIsAConfiguration(t *testing.T) {
	r := done(t, "line", "example")
	config := filepath.Join(t.TempDir(), "line.json")
	write(t, config, []byte(r.out))
	if r := run(t, "line", "check", "--line", config, "--db", filepath.Join(t.TempDir(), "h.db")); !strings.Contains(r.err, "mqtt.password") {
		t.Errorf("only the secret is missing, and is not named: %s", r.err)
	}
}
