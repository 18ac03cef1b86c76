package cli

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"agurscope/ui/session/lab"
)

type experimentFlags struct {
	lab.Options
	engine engineFlags
	json   bool
}

func (p *program) experiments() *cobra.Command {
	var f experimentFlags
	cmd := &cobra.Command{
		Use:   "experiments NAME... --data DIR --out DIR",
		Short: "Reproduce the paper's figures and tables on what data there is",
		Long: `Trains the six methods of the paper, tests them, and writes into the folder of
the results, for every experiment:

  NAME.csv  NAME.md  its pictures as .png and .svg

and for all of them together:

  paper-and-ours.md  the paper's figures beside ours, which claims reproduced,
                     and why numbers cannot be equal
  manifest.json      data with their hashes, budget, seeds, program
  cells.csv          every measurement, kept as soon as it is made

The same command goes on where it was stopped or killed. Measurements that several
experiments need are made once. DIR of the data has mvtec_ad/CATEGORY, kolektorsdd
or ksdd2, fashion-mnist and ydfid, where present; what is missing is named, and
drawn parts (SynthEC) stand in under their own name.

Experiments:
` + experimentHelp(),
		Example: `  agurscope experiments all --data sets --out out/lab --quick
  agurscope experiments fig8 table1 --data sets --out out/lab --seeds 3`,
		ValidArgs: append(lab.Names(), "all"),
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usage("name an experiment: %s, or all", strings.Join(lab.Names(), ", "))
			}
			for _, a := range args {
				if a != "all" && !slices.Contains(lab.Names(), a) {
					return usage("there is no experiment %q: choose %s, or all", a, strings.Join(lab.Names(), ", "))
				}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if !slices.Contains(args, "all") {
				f.Experiments = args
			}
			return p.runExperiments(cmd.Context(), f)
		},
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	fs.StringVar(&f.Data, "data", "", "look for the sets in `DIR`")
	fs.StringVar(&f.Out, "out", "", "write the results into `DIR` (required)")
	fs.StringSliceVar(&f.Only, "only", nil, "measure on these `DATA` alone, such as fashion,mvtec/transistor")
	fs.IntVar(&f.Seeds, "seeds", 0, "measure with `N` seeds, from 0 (default 5, with --quick 2)")
	fs.BoolVar(&f.Quick, "quick", false, "small budgets: everything within 90 minutes on two processors")
	fs.StringVar(&f.Size, "size", "T", "size of AGUR-Net: `T`, B or L")
	fs.IntVar(&f.Input, "input", 0, "side `N` of the networks' input (default by size and by how parts lie, with --quick 64)")
	fs.IntVar(&f.Steps, "steps", 0, "`N` steps of a whole training (default 1200, with --quick 200)")
	f.engine.add(fs)
	fs.BoolVar(&f.json, "json", false, "print one JSON object")
	return cmd
}

func experimentHelp() string {
	var b strings.Builder
	for _, e := range lab.Experiments() {
		fmt.Fprintf(&b, "  %-8s %s\n", e.Name, e.Title)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func (f *experimentFlags) check() error {
	if err := need("out", f.Out, "the folder of the results"); err != nil {
		return err
	}
	if f.Seeds < 0 {
		return usage("--seeds is %d: it must be 1 or more", f.Seeds)
	}
	if err := f.CheckOnly(); err != nil {
		return usage("--only: %v", err)
	}
	return checkNetwork(&f.Size, f.Input, f.Steps)
}

func (p *program) runExperiments(ctx context.Context, f experimentFlags) error {
	if err := f.check(); err != nil {
		return err
	}
	s, err := p.open(f.engine, "")
	if err != nil {
		return err
	}
	defer s.Close()
	f.Engine, f.Program = s.Engine(), p.Version
	bar := p.progress()
	res, err := lab.Run(ctx, f.Options, func(e lab.Event) { p.showExperiment(bar, e) })
	bar.clear()
	if errors.Is(err, context.Canceled) {
		return &stopped{fmt.Sprintf("what was measured is in %s, and the same command goes on after it", f.Out)}
	}
	if res == nil {
		return err
	}
	if f.json {
		return errors.Join(p.printJSON(res), err)
	}
	for _, m := range res.Missing {
		p.note("missing: %s", m)
	}
	for _, x := range res.Experiments {
		fmt.Fprintf(p.Stdout, "%-7s %s (%d of %d measured)\n", x.Name, x.Title, x.Done, x.Total)
		for _, c := range x.Claims {
			fmt.Fprintf(p.Stdout, "  %s\n    %s\n", c.Text, c)
		}
	}
	fmt.Fprintf(p.Stdout, "\nPages, pictures and the comparison with the paper are in %s.\n", filepath.Clean(f.Out))
	return err
}

// showExperiment draws the bar, and writes a line for every measurement.
func (p *program) showExperiment(bar *progress, e lab.Event) {
	if what := e.What.English(); what != "" {
		bar.clear()
		rest := ""
		if e.Remaining >= time.Second {
			rest = ", " + clock(e.Remaining) + " left"
		}
		if e.Err != nil {
			what += ": " + e.Err.Error()
		}
		p.note("%d/%d  %s%s", e.Done, e.Total, what, rest)
		return
	}
	if len(e.Doing) == 0 {
		return
	}
	// The one that was begun first, or the line would change with every step.
	doing := e.Doing[0].What.English() + ": " + e.Doing[0].Stage.English()
	if n := len(e.Doing) - 1; n > 0 {
		doing = fmt.Sprintf("%d beside  %s", n, doing)
	}
	bar.spend("experiments", e.Share, countOf(e.Done, e.Total), e.Remaining, doing)
}
