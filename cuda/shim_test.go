package cuda

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// realHeaders are where NVIDIA's header may be; CUDA_HEADER names another.
var realHeaders = []string{os.Getenv("CUDA_HEADER"), "/usr/local/cuda/include/cuda.h", "/opt/cuda/include/cuda.h"}

// A wrong value in a header compiles all the same: where NVIDIA's is installed
// every constant and every layout of ours is compared with it.
func TestHeaderAgreesWithNVIDIAs(t *testing.T) {
	ours, err := os.ReadFile("shim/cuda.h")
	if err != nil {
		t.Fatal(err)
	}
	values := regexp.MustCompile(`(?m)^(?:  |#define )((?:CU|CUDA)_\w+)(?: = | )(0x[0-9a-f]+|\d+),?$`).FindAllStringSubmatch(string(ours), -1)
	structs := regexp.MustCompile(`(?m)^\} (CUDA_[A-Z0-9_]+);$`).FindAllStringSubmatch(string(ours), -1)
	if len(values) < 250 || len(structs) < 8 {
		t.Fatalf("only %d constants and %d structures found in our header", len(values), len(structs))
	}
	real := ""
	for _, h := range realHeaders {
		if _, err := os.Stat(h); h != "" && err == nil {
			real, _ = filepath.Abs(h)
			break
		}
	}
	if real == "" {
		t.Log("NVIDIA's header is not on this machine: nothing to compare with")
		return
	}
	dir := t.TempDir()
	// How large ours are, ours says.
	var sizes strings.Builder
	for _, s := range structs {
		fmt.Fprintf(&sizes, `printf("_Static_assert(sizeof(%[1]s) == %%zu, \"size of %[1]s\");\n", sizeof(%[1]s));`+"\n", s[1])
	}
	shim, _ := filepath.Abs("shim/cuda.h")
	program := fmt.Sprintf("#include %q\n#include <stdio.h>\nint main(void) {\n%s}\n", shim, sizes.String())
	if err := os.WriteFile(filepath.Join(dir, "sizes.c"), []byte(program), 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("gcc", filepath.Join(dir, "sizes.c"), "-o", filepath.Join(dir, "sizes")).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	asserts, err := exec.Command(filepath.Join(dir, "sizes")).Output()
	if err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf("#include %q\n%s", real, asserts)
	for _, v := range values {
		if v[1] != "CUDA_VERSION" {
			text += fmt.Sprintf("_Static_assert((long long)%[1]s == %[2]s, \"%[1]s\");\n", v[1], v[2])
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "values.c"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("gcc", "-fsyntax-only", filepath.Join(dir, "values.c")).CombinedOutput(); err != nil {
		t.Errorf("%s disagrees:\n%s", real, out)
	}
}

// The list of stubs is that of the header.
func TestEveryCallHasAStub(t *testing.T) {
	header, err := os.ReadFile("shim/cuda.h")
	if err != nil {
		t.Fatal(err)
	}
	calls, err := os.ReadFile("shim/calls.h")
	if err != nil {
		t.Fatal(err)
	}
	newer := map[string]string{}
	for _, m := range regexp.MustCompile(`(?m)^#define (cu\w+) (cu\w+)$`).FindAllStringSubmatch(string(header), -1) {
		newer[m[1]] = m[2]
	}
	declared := regexp.MustCompile(`(?m)^CUresult (cu\w+)\(`).FindAllStringSubmatch(string(header), -1)
	for _, m := range declared {
		name := m[1]
		if n := newer[name]; n != "" {
			name = n
		}
		if !strings.Contains(string(calls), "CALL("+name+")\n") {
			t.Errorf("%s has no stub", name)
		}
	}
	if stubs := strings.Count(string(calls), "CALL("); stubs != len(declared) {
		t.Errorf("%d stubs for %d calls", stubs, len(declared))
	}
}
