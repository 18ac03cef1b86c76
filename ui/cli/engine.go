package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"agurscope/nn"
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
	var errs []error
	for _, c := range p.Engines {
		e, err := c.Open(f.threads)
		if err == nil {
			return e, nil
		}
		errs = append(errs, fmt.Errorf("%s: %w", c.Name, err))
	}
	return nil, fmt.Errorf("no engine can run networks here (%w); “agurscope doctor” says how to mend that", errors.Join(errs...))
}
