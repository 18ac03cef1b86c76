//go:build onednn

package cli

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestAblateSaysWhatIsWrong(t *testing.T) {
	for args, says := range map[string]string{
		"ablate":                                        "--set is needed",
		"ablate --set PARTS":                            "--out is needed",
		"ablate --set PARTS --out OUT --seeds 0":        "--seeds",
		"ablate --set PARTS --out OUT --rows basic,x":   "row \"x\"",
		"ablate --set PARTS --out OUT --size Q":         "--size",
		"ablate --set PARTS --out OUT --input 8":        "--input",
		"ablate --set PARTS --out OUT --max-time -1s":   "--max-time",
		"ablate --set PARTS --out OUT --steps -1":       "--steps",
		"ablate --set PARTS --out OUT --engine abacus":  "--engine",
		"ablate --set PARTS --out OUT and another word": "unexpected argument",
	} {
		args = strings.NewReplacer("PARTS", parts(), "OUT", t.TempDir()).Replace(args)
		if r := run(t, strings.Fields(args)...); r.status != Usage || !strings.Contains(r.err, says) {
			t.Errorf("%s: exit status %d, %s", args, r.status, r.err)
		}
	}
	if r := run(t, "ablate", "--set", t.TempDir(), "--out", t.TempDir()); r.status != Failed {
		t.Errorf("an empty folder: exit status %d, %s", r.status, r.err)
	}
}

// A real ablation of two controls and a network of two steps.
func TestAblateWritesItsTablesAndContinues(t *testing.T) {
	out := filepath.Join(t.TempDir(), "ablation")
	args := []string{"ablate", "--set", parts(), "--out", out, "--seeds", "1", "--input", "32", "--steps", "2"}
	r := done(t, append(args, "--rows", "template,complete")...)
	for _, want := range []string{"Complete method", "Template per pixel", "IMAGE AUROC", "open: both rows are needed", out} {
		if !strings.Contains(r.out, want) {
			t.Errorf("the output lacks %q:\n%s", want, r.out)
		}
	}
	if !strings.Contains(r.err, "2/2  template, seed 0: image AUROC") {
		t.Errorf("no line for a finished cell:\n%s", r.err)
	}
	for _, name := range []string{"cells.csv", "table.md", "table3.png", "paper-and-ours.md"} {
		if info, err := os.Stat(filepath.Join(out, name)); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
	r = done(t, append(args, "--rows", "template,hog,complete", "--json")...)
	var v struct {
		Out, Config  string
		Cells, Found int
		Rows         []struct {
			Name    string
			Figures map[string]struct{ Mean, SD *float64 }
		}
		Claims []struct{ Claim, Verdict, Why string }
	}
	if err := json.Unmarshal([]byte(r.out), &v); err != nil {
		t.Fatalf("%v in %s", err, r.out)
	}
	if v.Cells != 3 || v.Found != 2 || len(v.Rows) != 3 || len(v.Claims) != 4 || v.Out != out {
		t.Errorf("%+v", v)
	}
	if f := v.Rows[0].Figures["image_auroc"]; v.Rows[0].Name != "complete" || f.Mean == nil || f.SD != nil {
		t.Errorf("first row %+v", v.Rows[0])
	}
}

func TestAblateStopsCleanly(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	r := runIn(t, ctx, testEnv(), "ablate", "--set", parts(), "--out", t.TempDir(), "--rows", "template", "--input", "32")
	if r.status != Failed || !strings.Contains(r.err, "the same command continues") {
		t.Errorf("exit status %d, %s", r.status, r.err)
	}
}
