package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"agurscope/nn"
	"agurscope/nn/anomaly"
	"agurscope/nn/fallback"
	"agurscope/ui/session"
)

// engineFlags choose where networks run.
type engineFlags struct {
	name    string
	threads int
}

func (f *engineFlags) add(fs *pflag.FlagSet) {
	fs.StringVar(&f.name, "engine", "auto", "run networks on `NAME`: auto, onednn, cuda or gorgonia")
	fs.IntVar(&f.threads, "threads", 0, "use `N` processor threads (default: all cores)")
}

func (p *program) engineNames() []string {
	names := []string{"auto"}
	for _, e := range p.Engines {
		names = append(names, e.Name)
	}
	return names
}

// addPrecision adds the flag of commands that only inspect.
func addPrecision(fs *pflag.FlagSet, to *string) {
	fs.StringVar(to, "precision", "f32", "compute in `f32`, or in bf16 where that is faster, which is a little less exact")
}

// openBF16 opens the faster engine beside the exact one, which is what tells by
// how much they differ.
func (p *program) openBF16(f engineFlags, precision string, exact nn.Engine) (nn.Engine, error) {
	i := slices.IndexFunc(p.Engines, func(e Engine) bool { return e.Name == exact.Name() })
	if i < 0 || p.Engines[i].BF16 == nil {
		return nil, usage("--precision %s: the engine %s computes in f32 alone; leave --precision out, or use --engine onednn", precision, exact.Name())
	}
	return p.Engines[i].BF16(f.threads)
}

// openPrecise opens the engine for a precision; of one that is not exact it says
// by how much it departs from f32 on the recipe.
func (p *program) openPrecise(ctx context.Context, f engineFlags, precision, recipe string) (nn.Engine, error) {
	e, err := p.openEngine(f)
	if err != nil || precision != "bf16" {
		return e, err
	}
	defer e.Close()
	fast, err := p.openBF16(f, precision, e)
	if err != nil {
		return nil, err
	}
	r, err := anomaly.LoadRecipe(recipe)
	if err == nil {
		var by *session.PrecisionError
		if by, err = session.PrecisionOf(ctx, e, fast, r); err == nil {
			p.note("bf16 against f32: %s", by)
			return fast, nil
		}
	}
	return nil, errors.Join(err, fast.Close())
}

func checkPrecision(name string) error {
	if name != "f32" && name != "bf16" {
		return usage("--precision is %q: choose f32 or bf16", name)
	}
	return nil
}

// openEngine opens the engine that was asked for, or for "auto" the first that
// opens.
func (p *program) openEngine(f engineFlags) (nn.Engine, error) {
	if f.threads < 0 {
		return nil, usage("--threads is %d: it must be 1 or more, or 0 for all cores", f.threads)
	}
	if f.name != "auto" {
		i := slices.IndexFunc(p.Engines, func(e Engine) bool { return e.Name == f.name })
		if i < 0 {
			return nil, usage("--engine is %q: choose one of %s", f.name, strings.Join(p.engineNames(), ", "))
		}
		e, err := p.Engines[i].Open(f.threads)
		if err != nil {
			return nil, fmt.Errorf("open the engine %s: %w; %s", f.name, err, p.Engines[i].Remedy)
		}
		return e, nil
	}
	return p.openFirst(p.Engines, f.threads)
}

// openFirst opens the first engine that opens. One on a device of its own gets
// the next ones to fall back on.
func (p *program) openFirst(engines []Engine, threads int) (nn.Engine, error) {
	var errs []error
	for i, c := range engines {
		e, err := c.Open(threads)
		switch {
		case err != nil:
			errs = append(errs, fmt.Errorf("%s: %w", c.Name, err))
		case c.Device:
			next := func() (nn.Engine, error) { return p.openFirst(engines[i+1:], threads) }
			return fallback.New(e, next, func(fault error) { p.note("%v; going on without it", fault) }), nil
		default:
			return e, nil
		}
	}
	return nil, fmt.Errorf("no engine can run networks here (%w); “agurscope doctor” says how to mend that", errors.Join(errs...))
}
