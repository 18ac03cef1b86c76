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

func TestExperimentsSayWhatIsWrong(t *testing.T) {
	for args, says := range map[string]string{
		"experiments":                                      "name an experiment: fig7",
		"experiments fig6 --out OUT":                       "choose fig7",
		"experiments fig10":                                "--out is needed",
		"experiments fig10 --out OUT --only fashions":      "there is no data called \"fashions\"; there are mvtec",
		"experiments fig10 --out OUT --size Q":             "choose T, B or L",
		"experiments fig10 --out OUT --input 8":            "it must be 32 to 1024",
		"experiments fig10 --out OUT --seeds -1":           "it must be 1 or more",
		"experiments fig10 --out OUT --steps -1":           "it must be 1 or more",
		"experiments fig10 --out OUT --engine abacus":      "--engine",
		"experiments fig10 --out OUT --colour red":         "unknown flag",
		"experiments fig10 another --data PARTS --out OUT": "no experiment \"another\"",
	} {
		args = strings.NewReplacer("PARTS", parts(), "OUT", t.TempDir()).Replace(args)
		if r := run(t, strings.Fields(args)...); r.status != Usage || !strings.Contains(r.err, says) {
			t.Errorf("%s: exit status %d, %s", args, r.status, r.err)
		}
	}
	// A folder that cannot be one.
	file := filepath.Join(t.TempDir(), "file")
	write(t, file, []byte("x"))
	if r := run(t, "experiments", "fig10", "--out", filepath.Join(file, "out")); r.status != Failed || !strings.Contains(r.err, "Choose another folder") {
		t.Errorf("a file for a folder: exit status %d, %s", r.status, r.err)
	}
}

// products are four of them for Fig. 9, all the same drawn parts.
func products(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "mvtec_ad"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"capsule", "screw", "leather", "carpet"} {
		if err := os.Symlink(parts(), filepath.Join(dir, "mvtec_ad", name)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// The real thing with two steps: what a script reads, what lies in the folder, and
// that nothing is measured twice.
func TestExperimentsWriteTheirPagesAndContinue(t *testing.T) {
	data, out := products(t), filepath.Join(t.TempDir(), "lab")
	args := []string{"experiments", "fig9", "--data", data, "--out", out, "--quick", "--steps", "2", "--input", "32"}

	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if r := runIn(t, ctx, testEnv(), args...); r.status != Failed || !strings.Contains(r.err, "the same command goes on") {
		t.Errorf("stopped: exit status %d, %s", r.status, r.err)
	}

	r := done(t, append(args, "--json")...)
	if !strings.Contains(r.err, "/5  BiLSTM on MVTec AD capsule") {
		t.Errorf("no line for a measurement:\n%s", r.err)
	}
	var v struct {
		Out          string
		Cells, Found int
		Seconds      float64
		Experiments  []struct {
			Name, Title string
			Done, Total int
			Pictures    []string
			Claims      []struct{ Claim, Verdict, Why string }
		}
		Missing []string
	}
	d := json.NewDecoder(strings.NewReader(r.out))
	if err := d.Decode(&v); err != nil {
		t.Fatalf("%v in %s", err, r.out)
	}
	if v.Out != out || v.Cells != 5 || v.Found != 0 || v.Seconds <= 0 || len(v.Experiments) != 1 || len(v.Missing) == 0 {
		t.Fatalf("%+v", v)
	}
	e := v.Experiments[0]
	if e.Name != "fig9" || e.Done != 5 || e.Total != 5 || len(e.Pictures) != 5 || len(e.Claims) != 1 || e.Claims[0].Verdict != "an illustration" || e.Claims[0].Why == "" {
		t.Errorf("%+v", e)
	}
	for _, name := range []string{"cells.csv", "fig9.csv", "fig9.md", "fig9-a.png", "fig9-e.svg", "manifest.json", "results.json", "paper-and-ours.md"} {
		if info, err := os.Stat(filepath.Join(out, name)); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}

	r = done(t, args...)
	for _, want := range []string{"fig9", "(5 of 5 measured)", "an illustration: ", out} {
		if !strings.Contains(r.out, want) {
			t.Errorf("the output lacks %q:\n%s", want, r.out)
		}
	}
	if !strings.Contains(r.err, "missing: MVTec AD bottle") || strings.Contains(r.err, "BiLSTM on") {
		t.Errorf("what is missing is not named, or it was measured again:\n%s", r.err)
	}
}
