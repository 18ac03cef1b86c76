package kernels

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// entries are the kernels of the PTX: name to parameters and body.
func entries(t *testing.T) map[string][2]string {
	t.Helper()
	out := map[string][2]string{}
	for _, m := range regexp.MustCompile(`(?s)\.visible \.entry (\w+)\((.*?)\)\s*(?:\.maxntid[^\n]*\n|\.reqntid[^\n]*\n|\s)*\{(.*?)\n\}`).FindAllStringSubmatch(PTX, -1) {
		out[m[1]] = [2]string{m[2], m[3]}
	}
	if len(out) == 0 {
		t.Fatal("no kernels found")
	}
	return out
}

// The launch table and the PTX agree on every kernel and every parameter.
func TestTableIsThatOfThePTX(t *testing.T) {
	kinds := map[string]string{"u64": "p", "u32": "i", "f32": "f"}
	all := entries(t)
	for name, e := range all {
		params := ""
		for _, m := range regexp.MustCompile(`\.param \.(\w+)`).FindAllStringSubmatch(e[0], -1) {
			params += kinds[m[1]]
		}
		if Table[name] != params {
			t.Errorf("%s takes %q in the PTX, %q in the table", name, params, Table[name])
		}
	}
	for name := range Table {
		if _, ok := all[name]; !ok {
			t.Errorf("%s is not in the PTX", name)
		}
	}
}

// What no tool of NVIDIA's is needed to see: the module needs nothing from
// outside, runs on Volta and newer, and fits a group's shared memory.
func TestPTXStandsAlone(t *testing.T) {
	for _, word := range []string{".extern", "call ", "call.uni", ".weak", "vprintf"} {
		if strings.Contains(PTX, word) {
			t.Errorf("the PTX has %q", word)
		}
	}
	for _, line := range []string{".version 6.0\n", ".target sm_70\n", ".address_size 64\n"} {
		if !strings.Contains(PTX, line) {
			t.Errorf("the PTX lacks %q", line)
		}
	}
	size := regexp.MustCompile(`\.shared \.align \d+ \.b8 \w+\[(\d+)\]`)
	for name, e := range entries(t) {
		shared := 0
		for _, m := range size.FindAllStringSubmatch(e[1], -1) {
			n := 0
			for _, c := range m[1] {
				n = 10*n + int(c-'0')
			}
			shared += n
		}
		if shared > 48<<10 {
			t.Errorf("%s takes %d bytes of shared memory", name, shared)
		}
	}
}

// The PTX that is embedded is what the sources compile to.
func TestPTXIsThatOfTheSources(t *testing.T) {
	version, err := exec.Command("clang", "--version").Output()
	if err != nil || !strings.Contains(string(version), "version 14.0.6") {
		t.Skip("needs clang 14.0.6, which “make setup” installs on Debian 12: other releases write other text")
	}
	fresh := filepath.Join(t.TempDir(), "kernels.ptx")
	args := append(strings.Fields(Compile), "kernels.cl", "-o", fresh)
	if out, err := exec.Command("clang", args...).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	got, err := os.ReadFile(fresh)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != PTX {
		t.Error("kernels.ptx is not what the sources compile to: run “make kernels”")
	}
}

// The Makefile compiles with the same options.
func TestMakefileCompilesAlike(t *testing.T) {
	b, err := os.ReadFile("../../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(b), "clang "+Compile+" kernels.cl") {
		t.Errorf("the Makefile does not have clang %s", Compile)
	}
}

// Every file of kernels says what is expected of it.
func TestKernelsStateTheirCost(t *testing.T) {
	files, err := filepath.Glob("*.cl")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if f == "kernels.cl" {
			continue
		}
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, word := range []string{"A2000", "H100", "register", "expected", "byte"} {
			if !strings.Contains(strings.ToLower(string(b)), strings.ToLower(word)) {
				t.Errorf("%s does not speak of %s", f, word)
			}
		}
	}
}
