//go:build onednn

package onednn

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"agurscope/nn"
	"agurscope/nn/nntest"
)

// “make onednn3” runs these tests with another version of the library, and must
// not have run the one at hand.
func TestLibraryIsOfTheVersionAskedFor(t *testing.T) {
	want := os.Getenv("AGURSCOPE_ONEDNN")
	e := start(t, Options{})
	t.Log(e.Describe())
	if want != "" && !strings.HasPrefix(e.version, want) {
		t.Errorf("oneDNN %s runs, not %s", e.version, want)
	}
}

// On a processor with AVX2 the library has no AVX-512, and our kernels
// work in blocks of 8. The library reads its limit when it is loaded:
// hence a process of its own.
func TestProcessorWithAVX2Alone(t *testing.T) {
	const limited = "AGURSCOPE_AVX2"
	start(t, Options{}) // skips where nothing runs
	if os.Getenv(limited) == "" {
		c := exec.Command(os.Args[0], "-test.run", "^TestProcessorWithAVX2Alone$", "-test.count", "1")
		c.Env = append(os.Environ(), limited+"=1", "ONEDNN_MAX_CPU_ISA=AVX2", "DNNL_MAX_CPU_ISA=AVX2")
		if out, err := c.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	e, err := open(Options{Threads: 1}, 8)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	nntest.TestEngine(t, e)

	g := newGraph()
	x := g.Input("x", nn.Shape{1, 64, 32, 32})
	x.WantGradient = true
	y := g.Conv("3x3", x, 64, 3, nn.ConvOptions{})
	for _, rate := range []int{2, 4, 6} {
		y = g.Conv(fmt.Sprint("rate ", rate), y, 64, 3, nn.ConvOptions{Dilation: rate})
	}
	probe(g, g.Conv("stride", g.Conv("1x1", y, 32, 1, nn.ConvOptions{}), 48, 3, nn.ConvOptions{Stride: 2}))
	for _, name := range compile(t, e.(*engine), g, nn.Training).implementations() {
		if name == "" || strings.Contains(name, "avx512") || strings.HasPrefix(name, "ref") {
			t.Errorf("a pass is run by %q", name)
		}
	}
}
