// Agurscope is a desktop inspection workstation: it learns what good parts look
// like from pictures of good parts, shows for every part what does not belong,
// and decides OK, REVIEW or NG.
//
// This package puts the program together: it knows the engines, the window and
// the command line, and nothing else does. ARCHITECTURE.md describes the rest.
package main

import (
	"context"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"syscall"
	"time"

	"agurscope/cuda"
	"agurscope/nn"
	"agurscope/nn/gorgonia"
	"agurscope/nn/onednn"
	"agurscope/ui/cli"
)

// version is set by the linker.
var version = "dev"

func main() {
	yieldIdle()
	if os.Getenv("GOGC") == "" {
		// What lives is mostly tables, which are cheap to mark: garbage beside them
		// would only be memory.
		debug.SetGCPercent(25)
	}
	code := run()
	if again {
		if path, err := os.Executable(); err == nil {
			// Everything is closed; a failure leaves a program that has ended.
			_ = syscall.Exec(path, os.Args, os.Environ())
		}
	}
	os.Exit(code)
}

// again is whether the window wants to be started once more.
var again bool

// yieldIdle starts the program anew with OpenMP's waiting threads told to sleep
// almost at once. By default they spin for milliseconds at the end of every
// layer, which on a machine with other work, the window's own included, makes a
// forward pass ten times slower. The library reads its environment while it is
// loaded, before this function can run; hence the second start, which takes
// some milliseconds. Whoever sets one of the variables is obeyed.
func yieldIdle() {
	for _, name := range []string{"OMP_WAIT_POLICY", "GOMP_SPINCOUNT"} {
		if _, set := os.LookupEnv(name); set {
			return
		}
	}
	path, err := os.Executable()
	if err != nil {
		return
	}
	// A failure leaves the program as it was: slower under load.
	_ = syscall.Exec(path, os.Args, append(os.Environ(), "GOMP_SPINCOUNT=1000"))
}

func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// The first Ctrl-C asks for a clean end; a second one ends at once.
	context.AfterFunc(ctx, stop)
	return cli.Run(ctx, environment(time.Now()), os.Args[1:])
}

// environment is what the command line gets of the program, which began at
// started.
func environment(started time.Time) cli.Env {
	return cli.Env{
		Version: version, Engines: engines(), Bench: benchWindow,
		Tell:   tell,
		Window: func(ctx context.Context, w cli.Window) error { return openWindow(ctx, w, started) },
	}
}

// planFile is where this machine's fastest algorithms are remembered; nothing is
// timed where there is no place for it.
func planFile() string {
	dir, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return filepath.Join(dir, "agurscope", "plan.json")
}

// engines lists the ways to run networks, the fastest first.
func engines() []cli.Engine {
	return []cli.Engine{
		{
			Name: "cuda", Device: true, Remedy: "leave --engine out, or choose onednn",
			Open:    func(int) (nn.Engine, error) { return cuda.Open(cuda.Options{}) },
			Rounded: []cli.Rounded{onTensorCores(cuda.TF32), onTensorCores(cuda.BF16)},
		},
		{
			Name: "onednn", Remedy: "install libdnnl-dev and build with “make build”, on a processor with AVX2; or choose --engine gorgonia, which is slow",
			Open: func(threads int) (nn.Engine, error) {
				return onednn.Open(onednn.Options{Threads: threads, Plan: planFile()})
			},
			Rounded: []cli.Rounded{{Precision: "bf16", Open: func(threads int) (nn.Engine, error) {
				return onednn.Open(onednn.Options{Threads: threads, Plan: planFile(), BF16: true})
			}}},
		},
		{
			Name: "gorgonia", Remedy: "choose onednn",
			Note: "portable, the same verdicts, tens of times slower than oneDNN",
			Open: func(int) (nn.Engine, error) { return gorgonia.Open() },
		},
	}
}

func onTensorCores(p cuda.Precision) cli.Rounded {
	return cli.Rounded{Precision: string(p), Open: func(int) (nn.Engine, error) { return cuda.Open(cuda.Options{Precision: p}) }}
}
