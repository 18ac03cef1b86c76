//go:build onednn

package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"agurscope/nn/onnx/onnxtest"
)

func TestExportWritesOnceAndReplacesOnlyWhenTold(t *testing.T) {
	out := filepath.Join(t.TempDir(), "part.onnx")
	args := []string{"export", "--recipe", recipe(), "--onnx", out}
	if r := run(t, args...); r.status != Done || !strings.Contains(r.out, "reconstruction (batch, 3, 64, 64)") {
		t.Fatalf("status %d: %s%s", r.status, r.out, r.err)
	}
	first, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	if m, _, _, err := onnxtest.Parse(first); err != nil || onnxtest.Check(m) != nil || m.Producer != "agurscope" {
		t.Errorf("the file is %+v: %v", m, err)
	}
	write(t, out, []byte("mine"))
	if r := run(t, args...); r.status != Failed || !strings.Contains(r.err, "--replace") {
		t.Errorf("status %d: %s", r.status, r.err)
	}
	if b, err := os.ReadFile(out); err != nil || string(b) != "mine" {
		t.Errorf("a file that was there has become %q: %v", b, err)
	}
	if r := run(t, append(args, "--replace")...); r.status != Done {
		t.Errorf("status %d: %s", r.status, r.err)
	}
	if b, err := os.ReadFile(out); err != nil || !bytes.Equal(b, first) {
		t.Errorf("the same recipe is exported otherwise: %v", err)
	}
	if left, err := os.ReadDir(filepath.Dir(out)); err != nil || len(left) != 1 {
		t.Errorf("beside the file lie %v: %v", left, err)
	}
}
