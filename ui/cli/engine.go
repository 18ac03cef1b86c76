package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"agurscope/nn"
	"agurscope/nn/fallback"
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
