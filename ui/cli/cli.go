// Package cli is the command line: the sub-commands that train, inspect,
// evaluate and look things up on machines without a display, and from scripts.
//
// It drives the same ui/session code as the window, so that a part gets the
// same verdict from both. Data goes to the standard output, everything about
// the work to the standard error. The exit status is 0 when the work is done,
// 1 when it failed or was stopped, 2 when the command was not understood.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"agurscope/nn"
	"agurscope/ui/session"
	"agurscope/ui/station"
)

// The exit statuses.
const (
	Done   = 0
	Failed = 1
	Usage  = 2
)

// Env is what the command line needs of the program around it.
type Env struct {
	Version string
	Engines []Engine                                  // in the order in which "auto" tries them
	Window  func(ctx context.Context, w Window) error // opens the window; nil: this build has none
	// Tell says, in a window of its own until that is closed, or for a while, that
	// another one works in the folder already; may be nil.
	Tell  func(ctx context.Context, s station.Settings, folder string)
	Bench func(ctx context.Context, b BenchWindow) error // measures the window; nil: none

	Stdout, Stderr io.Writer // os.Stdout and os.Stderr
}

// Engine is a way to run networks that this program knows.
type Engine struct {
	Name    string
	Open    func(threads int) (nn.Engine, error) // 0 threads: all cores
	Rounded []Rounded                            // the same, faster and less exact
	Remedy  string                               // what to do when it does not open
	Note    string                               // what to know where it is the one that runs
	Device  bool                                 // hardware of its own, which may fail: “auto” then goes on with the next
}

// Rounded is an engine that rounds the factors of what it multiplies.
type Rounded struct {
	Precision string // bf16, tf32
	Open      func(threads int) (nn.Engine, error)
}

// Window says what the window shows when it opens.
type Window struct {
	Session     *session.Session
	Set, Recipe string
	Camera      string // address
	Demo        bool
	Script      string  // what to do by itself, for screenshots and tests
	Screenshot  string  // file
	Kiosk       bool    // full screen, for showing only
	Rate        float64 // parts of a set per second in the kiosk

	Settings                 station.Settings
	SettingsFile, MemoryFile string  // "": nothing is kept
	Trouble                  []error // with these files
	Startup                  bool    // write the time to the first frame and the memory to Out, then quit
	Version                  string
	Out                      io.Writer
	Resident                 func() float64 // memory in MB
}

// BenchWindow says what the window is measured with.
type BenchWindow struct {
	Session *session.Session // with a recipe open, or the demonstration is taken
	Side    int              // pixels of the pictures, and of each pane
	Scores  int              // of an invented pass, in the whole window; 0: the viewer alone is measured
	Out     io.Writer

	CPU      func() time.Duration // what the program has used of the processor
	Resident func() float64       // memory in MB
}

// New returns the command line.
func New(env Env) *cobra.Command {
	if env.Stdout == nil {
		env.Stdout = os.Stdout
	}
	if env.Stderr == nil {
		env.Stderr = os.Stderr
	}
	p := &program{Env: env}
	root := p.root()
	root.AddCommand(
		p.train(), p.inspect(), p.evaluate(), p.export(), p.ablate(), p.experiments(), p.bench(), p.history(), p.cluster(), p.line(), p.doctor(),
		p.camera(),
		p.benchWindow(), p.demoSet(), p.demoHistory(),
	)
	root.SetOut(env.Stdout)
	root.SetErr(env.Stderr)
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usage("%v", err) })
	root.PersistentFlags().BoolVarP(&p.quiet, "quiet", "q", false, "say nothing about progress")
	root.CompletionOptions.HiddenDefaultCmd = true
	return root
}

// Run executes a command line and returns its exit status. What went wrong is
// written to the standard error in one sentence.
func Run(ctx context.Context, env Env, args []string) int {
	root := New(env)
	root.SetArgs(args)
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil {
		return Done
	}
	w := root.ErrOrStderr()
	fmt.Fprintf(w, "agurscope: %s\n", sentence(err))
	var u *usageError
	if errors.As(err, &u) || isCobraUsage(err) {
		fmt.Fprintf(w, "See “%s --help”.\n", cmd.CommandPath())
		return Usage
	}
	return Failed
}

// program is one command line under way.
type program struct {
	Env
	quiet bool
}

// usageError is a command that cannot be understood: exit status 2.
type usageError struct{ reason string }

func (e *usageError) Error() string { return e.reason }

func usage(format string, a ...any) error { return &usageError{fmt.Sprintf(format, a...)} }

// isCobraUsage recognises the mistakes that the library reports by itself.
func isCobraUsage(err error) bool {
	return strings.HasPrefix(err.Error(), "unknown command") || strings.HasPrefix(err.Error(), "invalid argument")
}

// sentence is an error for people: in one paragraph, whatever it consists of.
func sentence(err error) string {
	if errors.Is(err, context.Canceled) {
		var s *stopped
		if !errors.As(err, &s) {
			return "stopped."
		}
		err = s
	}
	text := strings.TrimSpace(strings.ReplaceAll(err.Error(), "\n", "; "))
	if !strings.HasSuffix(text, ".") && !strings.HasSuffix(text, "?") {
		text += "."
	}
	return text
}

// stopped is a work that a person has ended, with what is kept of it.
type stopped struct{ kept string }

func (e *stopped) Error() string { return "stopped: " + e.kept }

// Unwrap returns context.Canceled.
func (e *stopped) Unwrap() error { return context.Canceled }

// noArgs refuses arguments, which are most often a misplaced flag value.
func noArgs(_ *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usage("unexpected argument %q", args[0])
	}
	return nil
}

// need reports a flag that must be given.
func need(flag, value, what string) error {
	if value == "" {
		return usage("--%s is needed: %s", flag, what)
	}
	return nil
}

// note tells something about the work to people.
func (p *program) note(format string, a ...any) {
	if !p.quiet {
		fmt.Fprintf(p.Stderr, format+"\n", a...)
	}
}
