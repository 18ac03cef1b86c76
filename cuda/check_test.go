package cuda

import (
	"encoding/json"
	"flag"
	"os"
	"testing"

	"agurscope/nn/gorgonia"
)

var update = flag.Bool("update", false, "write check.json anew")

// What devices are compared with is what the portable engine computes.
func TestCheckIsRight(t *testing.T) {
	e, err := gorgonia.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	if *update {
		results, err := checkRun(e, 1)
		if err != nil {
			t.Fatal(err)
		}
		for name, x := range results {
			results[name] = thin(x)
		}
		b, err := json.MarshalIndent(results, "", " ")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile("check.json", append(b, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
		t.Skip("check.json is written anew")
	}
	for _, scale := range []float32{1, 1 - 1e-5, 1 + 1e-5} {
		results, err := checkRun(e, scale)
		if err != nil {
			t.Fatal(err)
		}
		if err := compare(results); err != nil {
			t.Errorf("inputs times %v: %v", scale, err)
		}
	}
}
