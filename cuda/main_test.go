//go:build nvidia

package cuda

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"agurscope/nn"
)

// The tests run on the simulated driver, which is compiled beforehand. What
// PoCL compiles of the kernels it keeps in the user's cache.
func TestMain(m *testing.M) { os.Exit(simulated(m)) }

func simulated(m *testing.M) int {
	if library = os.Getenv("AGURSCOPE_TEST_LIBRARY"); library != "" {
		return m.Run() // started by a test
	}
	dir, err := os.MkdirTemp("", "agurscope-cuda-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	if library, err = buildSimulator(dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

func buildSimulator(dir string) (string, error) {
	sources, err := filepath.Abs("kernels")
	if err != nil {
		return "", err
	}
	lib := filepath.Join(dir, "libcuda.so.1")
	out, err := exec.Command("gcc", "-O2", "-Wall", "-fPIC", "-shared", "-fvisibility=hidden",
		fmt.Sprintf("-DKERNELS=%q", sources), "simulator/libcuda.c", "-o", lib, "-lOpenCL", "-lpthread").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("compile the simulated driver: %w\n%s(“make setup” installs pocl-opencl-icd and ocl-icd-opencl-dev)", err, out)
	}
	return lib, nil
}

// start opens the engine; when the test ends it must close without a leak.
func start(t *testing.T) nn.Engine { return startIn(t, F32) }

// startIn is start for a precision.
func startIn(t *testing.T, p Precision) nn.Engine {
	t.Helper()
	e, err := Open(Options{Precision: p})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return e
}
