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

// exact is the precision of every engine; others round what they multiply.
const exact = "f32"

// addPrecision adds the flag of commands that only inspect.
func addPrecision(fs *pflag.FlagSet, to *string) {
	fs.StringVar(to, "precision", exact, "compute in `f32`, or in bf16 (onednn, cuda) or tf32 (cuda) where that is faster, which is a little less exact")
}

// precisions lists what --precision knows.
func (p *program) precisions() []string {
	names := []string{exact}
	for _, e := range p.Engines {
		for _, r := range e.Rounded {
			if !slices.Contains(names, r.Precision) {
				names = append(names, r.Precision)
			}
		}
	}
	return names
}

func (p *program) checkPrecision(name string) error {
	if names := p.precisions(); !slices.Contains(names, name) {
		return usage("--precision is %q: choose one of %s", name, strings.Join(names, ", "))
	}
	return nil
}

// openRounded opens, beside an engine, the one that computes as it does in another
// precision. Where “auto” took a device, the work goes on elsewhere when it fails.
func (p *program) openRounded(f engineFlags, precision string, beside nn.Engine) (nn.Engine, error) {
	i := slices.IndexFunc(p.Engines, func(e Engine) bool { return e.Name == beside.Name() })
	if i < 0 {
		return nil, usage("--precision %s: leave it out with the engine %s", precision, beside.Name())
	}
	c := p.Engines[i]
	r := slices.IndexFunc(c.Rounded, func(r Rounded) bool { return r.Precision == precision })
	if r < 0 {
		can := []string{exact}
		for _, r := range c.Rounded {
			can = append(can, r.Precision)
		}
		return nil, usage("--precision %s: the engine %s computes in %s; choose that, or another --engine", precision, c.Name, strings.Join(can, " or "))
	}
	e, err := c.Rounded[r].Open(f.threads)
	if err != nil {
		return nil, fmt.Errorf("open the engine %s in %s: %w; leave --precision out", c.Name, precision, err)
	}
	if c.Device && f.name == "auto" {
		return p.withFallback(e, p.Engines[i+1:], f.threads), nil
	}
	return e, nil
}

// openPrecise opens the engine for a precision; of one that is not exact it says
// by how much it departs from f32 on the recipe.
func (p *program) openPrecise(ctx context.Context, f engineFlags, precision, recipe string) (nn.Engine, error) {
	e, err := p.openEngine(f)
	if err != nil || precision == exact {
		return e, err
	}
	defer e.Close()
	rounded, err := p.openRounded(f, precision, e)
	if err != nil {
		return nil, err
	}
	r, err := anomaly.LoadRecipe(recipe)
	if err == nil {
		var by *session.PrecisionError
		if by, err = session.PrecisionOf(ctx, e, rounded, r); err == nil {
			p.note("%s against f32: %s", precision, by)
			return rounded, nil
		}
	}
	return nil, errors.Join(err, rounded.Close())
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
// the next ones to fall back on; a device that is there and cannot be used is told.
func (p *program) openFirst(engines []Engine, threads int) (nn.Engine, error) {
	var errs []error
	var fault error
	for i, c := range engines {
		e, err := c.Open(threads)
		switch {
		case err != nil:
			errs = append(errs, fmt.Errorf("%s: %w", c.Name, err))
			if errors.Is(err, nn.ErrFault) {
				fault = errors.New(whyNot(err))
				p.note("%v; going on without it", fault)
			}
			continue
		case c.Device:
			e = p.withFallback(e, engines[i+1:], threads)
		}
		if fault != nil {
			e = fallback.Without(fault, e)
		}
		return e, nil
	}
	return nil, fmt.Errorf("no engine can run networks here (%w); “agurscope doctor” says how to mend that", errors.Join(errs...))
}

// withFallback is a device's engine with the next ones to go on with.
func (p *program) withFallback(e nn.Engine, next []Engine, threads int) nn.Engine {
	open := func() (nn.Engine, error) { return p.openFirst(next, threads) }
	return fallback.New(e, open, func(fault error) { p.note("%v; going on without it", fault) })
}

// whyNot is why an engine does not open, without saying so.
func whyNot(err error) string { return strings.TrimPrefix(err.Error(), nn.ErrUnavailable.Error()+": ") }
