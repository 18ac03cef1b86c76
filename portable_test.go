//go:build !onednn

package main

import (
	"bytes"
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"agurscope/ui/cli"
)

// Built without oneDNN, the program starts, says what it does without, and
// inspects.
func TestProgramWithoutOneDNNInspectsAndSaysSo(t *testing.T) {
	t.Setenv("XDG_DATA_HOME", t.TempDir())
	command := func(args ...string) string {
		t.Helper()
		var out, errs bytes.Buffer
		env := environment(time.Now())
		env.Stdout, env.Stderr = &out, &errs
		if status := cli.Run(context.Background(), env, args); status != cli.Done {
			t.Fatalf("%v: exit status %d: %s", args, status, errs.String())
		}
		return out.String()
	}
	if got := command("doctor"); !strings.Contains(got, "Ready to inspect, with the engine gorgonia: portable") {
		t.Errorf("doctor:\n%s", got)
	}
	pictures, err := filepath.Glob("assets/demo/test/*/*")
	if err != nil || len(pictures) == 0 {
		t.Fatalf("no pictures: %v", err)
	}
	if got := command("inspect", "--recipe", "assets/demo.agur", "--quiet", pictures[0]); !strings.Contains(got, "1 picture") {
		t.Errorf("inspect:\n%s", got)
	}
}
