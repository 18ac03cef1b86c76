package cli

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"agurscope/ui/session"
)

type ablateFlags struct {
	session.AblateOptions
	set    string
	rows   []string
	engine engineFlags
	json   bool
}

func (p *program) ablate() *cobra.Command {
	var f ablateFlags
	cmd := &cobra.Command{
		Use:   "ablate --set DIR --out DIR",
		Short: "Compare the method with parts of it left out, and with simple controls",
		Long: `Trains every row with every seed on the good parts of a set, evaluates it on the
labelled test pictures, and writes into the folder of the results:

  cells.csv          every figure of every finished cell (a row with a seed)
  table.md           mean and standard deviation over the seeds
  table3.png         image AUROC of all rows
  paper-and-ours.md  the paper's Table 3 beside ours, and which claims hold

A cell is on disk as soon as it is finished. The same command again goes on after
the last one; with other settings, pictures or another engine everything is
measured anew, beside what is there. More seeds or rows can be added later.

Rows:
` + rowHelp(),
		Example: `  agurscope ablate --set mvtec/transistor --seeds 5 --out out/ablation
  agurscope ablate --set parts --out out/ablation --rows basic,complete,handcrafted --max-time 3m`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return p.runAblate(cmd.Context(), f) },
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	fs.StringVar(&f.set, "set", "", "learn from and test on the pictures in `DIR` (required)")
	fs.StringVar(&f.Out, "out", "", "write the results into `DIR` (required)")
	fs.IntVar(&f.Seeds, "seeds", 5, "run every row with `N` seeds, from 0")
	fs.StringSliceVar(&f.rows, "rows", nil, "run only the rows `a,b,c` (default: all, see above)")
	fs.StringVar(&f.Size, "size", "T", "size of the networks: `T`, B or L")
	fs.IntVar(&f.Input, "input", 0, "side `N` of the networks' input (default 128 for T, 256 for B and L; textures 320 and 640)")
	fs.IntVar(&f.Steps, "steps", 0, "`N` training steps for each network (default: the size's own)")
	fs.DurationVar(&f.MaxTime, "max-time", 0, "time for each training, such as `10m`; without --steps it alone decides")
	f.engine.add(fs)
	fs.BoolVar(&f.json, "json", false, "print one JSON object")
	return cmd
}

func rowHelp() string {
	var b strings.Builder
	for _, r := range session.Rows {
		what := r.Title
		if r.Control != "" {
			what += " (control)"
		}
		fmt.Fprintf(&b, "  %-18s %s\n", r.Name, what)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func (f *ablateFlags) check() (err error) {
	if err := need("set", f.set, "the folder of pictures to learn from and to test on"); err != nil {
		return err
	}
	if err := need("out", f.Out, "the folder of the results"); err != nil {
		return err
	}
	if f.AblateOptions.Rows, err = session.RowsByName(f.rows); err != nil {
		return usage("--rows: %v", err)
	}
	switch {
	case f.Seeds < 1:
		return usage("--seeds is %d: it must be 1 or more", f.Seeds)
	case f.MaxTime < 0:
		return usage("--max-time is %s: it must be positive, such as 10m", f.MaxTime)
	}
	return checkNetwork(&f.Size, f.Input, f.Steps)
}

func (p *program) runAblate(ctx context.Context, f ablateFlags) error {
	if err := f.check(); err != nil {
		return err
	}
	s, err := p.open(f.engine, "")
	if err != nil {
		return err
	}
	defer s.Close()
	set, err := s.OpenSet(f.set)
	if err != nil {
		return err
	}
	p.note("%s", strings.TrimSuffix(set.Report.String(), "\n"))
	bar := p.progress()
	res, err := s.Ablate(ctx, set, f.AblateOptions, func(e session.AblateEvent) { p.showAblation(bar, e) })
	bar.clear()
	if errors.Is(err, context.Canceled) {
		return &stopped{fmt.Sprintf("the finished cells are in %s, and the same command continues after them", f.Out)}
	}
	if res == nil {
		return err
	}
	if f.json {
		return errors.Join(p.printJSON(res), err)
	}
	p.printAblation(res)
	return err
}

// showAblation draws the bar, and writes a line for every cell that is
// finished.
func (p *program) showAblation(bar *progress, e session.AblateEvent) {
	cell := fmt.Sprintf("%s, seed %d", e.Row.Name, e.Seed)
	if e.Stage != "" {
		bar.spend("ablation", e.Share, countOf(e.Done, e.Total), e.Remaining, cell+": "+e.Stage)
		return
	}
	bar.clear()
	if e.Err != nil {
		p.note("%d/%d  %s: %v", e.Done, e.Total, cell, e.Err)
		return
	}
	rest := ""
	if e.Remaining >= time.Second {
		rest = ", " + clock(e.Remaining) + " left"
	}
	p.note("%d/%d  %s: image AUROC %s%s", e.Done, e.Total, cell, figure(e.Evaluation.ImageAUROC), rest)
}

func (p *program) printAblation(a *session.Ablation) {
	wide := len("ROW")
	for _, r := range a.Rows {
		wide = max(wide, len(r.Title))
	}
	w := p.Stdout
	fmt.Fprintf(w, "%-*s  %-15s  %-15s  %8s  %5s\n", wide, "ROW", "IMAGE AUROC", "F1", "MS", "SEEDS")
	for _, r := range a.Rows {
		spread := func(metric string) string {
			v := r.Figures[metric]
			if v.N < 2 {
				return figureOf(v)
			}
			return figureOf(v) + " ± " + figure(v.SD)
		}
		ms := "-"
		if v, ok := r.Figures["latency_p50_ms"]; ok {
			ms = fmt.Sprintf("%.1f", float64(v.Mean))
		}
		fmt.Fprintf(w, "%-*s  %s  %s  %8s  %5d\n", wide, r.Title, pad(spread("image_auroc"), 15), pad(spread("f1"), 15), ms, r.Seeds)
	}
	fmt.Fprintln(w)
	for _, c := range append(a.Claims, a.Control) {
		fmt.Fprintf(w, "%s\n  %s\n", c.Text, c)
	}
	fmt.Fprintf(w, "\nThe table, the plot and the comparison with the paper are in %s.\n", filepath.Clean(a.Out))
}

// figureOf writes a mean, or “-” where there is none.
func figureOf(s session.Spread) string {
	if s.N == 0 {
		return "-"
	}
	return figure(s.Mean)
}
