package cli

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"agurscope/nn"
)

// failing is an engine whose device fails at the nth forward pass.
type failing struct {
	nn.Engine
	left int
}

func (f *failing) Name() string { return "cuda" }

func (f *failing) Compile(g *nn.Graph, m nn.Mode) (nn.Program, error) {
	p, err := f.Engine.Compile(g, m)
	return &failingProgram{p, f}, err
}

type failingProgram struct {
	nn.Program
	f *failing
}

func (p *failingProgram) Forward() error {
	if p.f.left--; p.f.left < 0 {
		return fmt.Errorf("%w: it does not answer any more", nn.ErrFault)
	}
	return p.Program.Forward()
}

// With “auto” a device that fails costs no part and is told; with an engine
// that was asked for by name the parts after it are ERROR, never OK.
func TestADeviceThatFailsInMidShift(t *testing.T) {
	env := testEnv()
	processor := env.Engines[0].Open
	after := func(passes int) func(int) (nn.Engine, error) {
		return func(n int) (nn.Engine, error) {
			e, err := processor(n)
			return &failing{e, passes}, err
		}
	}
	env.Engines = append([]Engine{{
		Name: "cuda", Remedy: "leave it out", Device: true, Open: after(2),
		Rounded: []Rounded{{Precision: "tf32", Open: after(5)}}, // of which three are compared with f32
	}}, env.Engines...)
	inspect := func(engine string, more ...string) (verdicts []string, told string) {
		r := runIn(t, context.Background(), env, append([]string{"inspect", "--engine", engine, "--recipe", recipe(),
			"--db", filepath.Join(t.TempDir(), "h.db"), "--json", filepath.Join(parts(), "test")}, more...)...)
		for _, l := range lines(t, r.out) {
			verdicts = append(verdicts, fmt.Sprint(l["verdict"]))
		}
		return verdicts, r.err
	}
	want, _ := inspect("onednn")
	got, told := inspect("auto")
	if fmt.Sprint(got) != fmt.Sprint(want) || len(got) < 4 {
		t.Errorf("verdicts %v, want %v", got, want)
	}
	if strings.Count(told, "going on without it") != 1 {
		t.Errorf("it says %q", told)
	}
	env.Engines[0].Open = after(100)
	got, told = inspect("auto", "--precision", "tf32")
	if fmt.Sprint(got) != fmt.Sprint(want) || strings.Count(told, "going on without it") != 1 || !strings.Contains(told, "tf32 against f32") {
		t.Errorf("in tf32: verdicts %v, want %v; it says %q", got, want, told)
	}
	env.Engines[0].Open = after(2)
	named, _ := inspect("cuda")
	for i, v := range named {
		if (v == "ERROR") != (i >= 2) {
			t.Errorf("part %d is %s", i, v)
		}
	}
}
