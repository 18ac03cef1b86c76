package kernels

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// modules are what is compiled of which source, for which cards.
var modules = []struct {
	name, ptx, arch, version string
	table                    map[string]string
}{
	{"kernels", PTX, "sm_70", "6.0", Table},
	{"tensor", TensorPTX, "sm_80", "7.0", Tensor},
}

// entries are the kernels of a module: name to parameters and body.
func entries(t *testing.T, ptx string) map[string][2]string {
	t.Helper()
	out := map[string][2]string{}
	for _, m := range regexp.MustCompile(`(?s)\.visible \.entry (\w+)\((.*?)\)\s*(?:\.(?:maxntid|reqntid|minnctapersm)[^\n]*\n|\s)*\{(.*?)\n\}`).FindAllStringSubmatch(ptx, -1) {
		out[m[1]] = [2]string{m[2], m[3]}
	}
	if len(out) == 0 {
		t.Fatal("no kernels found")
	}
	return out
}

// The launch tables and the PTX agree on every kernel and every parameter.
func TestTableIsThatOfThePTX(t *testing.T) {
	kinds := map[string]string{"u64": "p", "u32": "i", "f32": "f"}
	for _, m := range modules {
		all := entries(t, m.ptx)
		for name, e := range all {
			params := ""
			for _, m := range regexp.MustCompile(`\.param \.(\w+)`).FindAllStringSubmatch(e[0], -1) {
				params += kinds[m[1]]
			}
			if m.table[name] != params {
				t.Errorf("%s takes %q in the PTX, %q in the table", name, params, m.table[name])
			}
		}
		for name := range m.table {
			if _, ok := all[name]; !ok {
				t.Errorf("%s is not in the PTX", name)
			}
		}
	}
}

// What no tool of NVIDIA's is needed to see: a module needs nothing from
// outside, runs on the cards it is for, and fits a group's shared memory.
func TestPTXStandsAlone(t *testing.T) {
	size := regexp.MustCompile(`\.shared \.align \d+ \.b8 \w+\[(\d+)\]`)
	for _, m := range modules {
		for _, word := range []string{".extern", "call ", "call.uni", ".weak", "vprintf"} {
			if strings.Contains(m.ptx, word) {
				t.Errorf("%s.ptx has %q", m.name, word)
			}
		}
		for _, line := range []string{".version " + m.version + "\n", ".target " + m.arch + "\n", ".address_size 64\n"} {
			if !strings.Contains(m.ptx, line) {
				t.Errorf("%s.ptx lacks %q", m.name, line)
			}
		}
		for name, e := range entries(t, m.ptx) {
			shared := 0
			for _, m := range size.FindAllStringSubmatch(e[1], -1) {
				n, _ := strconv.Atoi(m[1])
				shared += n
			}
			if shared > 48<<10 {
				t.Errorf("%s takes %d bytes of shared memory", name, shared)
			}
		}
	}
}

// The PTX that is embedded is what the sources compile to.
func TestPTXIsThatOfTheSources(t *testing.T) {
	version, err := exec.Command("clang", "--version").Output()
	if err != nil || !strings.Contains(string(version), "version 14.0.6") {
		t.Skip("needs clang 14.0.6, which “make setup” installs on Debian 12: other releases write other text")
	}
	for _, m := range modules {
		fresh := filepath.Join(t.TempDir(), m.name+".ptx")
		args := append(strings.Fields(Compile), "--cuda-gpu-arch="+m.arch, m.name+".cl", "-o", fresh)
		if out, err := exec.Command("clang", args...).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		got, err := os.ReadFile(fresh)
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != m.ptx {
			t.Errorf("%s.ptx is not what the sources compile to: run “make kernels”", m.name)
		}
	}
}

// The Makefile compiles with the same options.
func TestMakefileCompilesAlike(t *testing.T) {
	b, err := os.ReadFile("../../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range modules {
		if line := "$(CLANG) --cuda-gpu-arch=" + m.arch + " " + m.name + ".cl -o " + m.name + ".ptx"; !strings.Contains(string(b), line) {
			t.Errorf("the Makefile does not have %q", line)
		}
	}
	if !strings.Contains(string(b), "CLANG := clang "+Compile+"\n") {
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
