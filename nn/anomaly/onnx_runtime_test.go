//go:build onednn

package anomaly

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"agurscope/nn/onednn"
)

// ONNX Runtime, by the interpreter that AGURSCOPE_ONNXRUNTIME names, computes of
// an export what this program does: on one picture and on three at once. “make
// onnx-parity” installs and runs it.
func TestONNXRuntimeComputesWhatTheDetectorDoes(t *testing.T) {
	python := os.Getenv("AGURSCOPE_ONNXRUNTIME")
	if python == "" {
		t.Skip("make onnx-parity runs this test")
	}
	e, err := onednn.Open(onednn.Options{})
	if err != nil {
		t.Skipf("this machine cannot run the engine: %v", err)
	}
	defer e.Close()
	networks := exports()
	networks["size T, its own input"] = Variants[0].Network("T", 128, 128)
	networks["size B, its own input"] = Variants[0].Network("B", 256, 256)
	for name, n := range networks {
		t.Run(name, func(t *testing.T) {
			r := random(t, n)
			d, err := newDetector(e, r)
			if err != nil {
				t.Fatal(err)
			}
			defer d.Close()
			var all []byte
			want := map[string][]float32{}
			for i, whole := range noises(6, 3, n.Width, n.Height) {
				x := d.tileOf(whole)
				o := &output{}
				if err := d.pass(context.Background(), nil, o, x); err != nil {
					t.Fatal(err)
				}
				for _, v := range x.Pix {
					all = binary.LittleEndian.AppendUint32(all, math.Float32bits(v))
				}
				for name, m := range o.named() {
					want[name] = append(want[name], m...)
				}
				if batch := i + 1; batch != 2 {
					compare(t, python, r, all, batch, want)
				}
			}
		})
	}
}

// compare runs an export on a batch and prints by how much each output differs.
func compare(t *testing.T, python string, r *Recipe, pictures []byte, batch int, want map[string][]float32) {
	t.Helper()
	dir := t.TempDir()
	model, err := r.ONNX("test")
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(filepath.Join(dir, "model.onnx"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := model.WriteTo(f); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	write := filepath.Join(dir, "pictures.bin")
	if err := os.WriteFile(write, pictures, 0o600); err != nil {
		t.Fatal(err)
	}
	version, err := exec.Command(python, "../onnx/peers/parity.py", f.Name(), write, fmt.Sprint(batch), dir).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, version)
	}
	var rows []string
	for name, v := range want {
		raw, err := os.ReadFile(filepath.Join(dir, name+".bin"))
		if err != nil {
			t.Fatal(err)
		}
		got := make([]float32, len(raw)/4)
		for i := range got {
			got[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
		}
		by := differ(got, v)
		rows = append(rows, fmt.Sprintf("%s %.1g", name, by))
		if !(by <= 1e-4) {
			t.Errorf("batch %d: %s differs by %.2g of its range", batch, name, by)
		}
	}
	slices.Sort(rows)
	t.Logf("ONNX Runtime %s, batch %d: %s", strings.TrimSpace(string(version)), batch, strings.Join(rows, ", "))
}
