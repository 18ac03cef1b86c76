package cli

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"

	"github.com/spf13/cobra"

	"agurscope/nn/anomaly"
	"agurscope/ui/session"
)

type benchFlags struct {
	session.BenchOptions
	recipe string
	engine engineFlags
	json   bool
}

func (p *program) bench() *cobra.Command {
	var f benchFlags
	cmd := &cobra.Command{
		Use:   "bench",
		Short: "Measure how fast this machine inspects and trains",
		Long: `Measures, on one picture at a time: the forward pass of the network; an
inspection from the file to the verdict on the disk, in a temporary history; and
with --train a training step of 8 pictures. Without --recipe the network has
random weights, which takes the same time.`,
		Example: `  agurscope bench --size T
  agurscope bench --recipe bracket.agur --train --json`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if f.recipe != "" && (cmd.Flags().Changed("method") || cmd.Flags().Changed("size") || cmd.Flags().Changed("input")) {
				return usage("--recipe says the method, the size and the input: leave --method, --size and --input out")
			}
			return p.runBench(cmd.Context(), f)
		},
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	fs.StringVar(&f.recipe, "recipe", "", "measure the recipe `F.agur`")
	fs.StringVar(&f.Method, "method", session.Methods[0], "without a recipe, `NAME` of the method: "+strings.Join(session.Methods, ", "))
	fs.StringVar(&f.Size, "size", "T", "without a recipe, size of the network: `T`, B or L")
	fs.IntVar(&f.Input, "input", 0, "without a recipe, side `N` of its input (default 128 for T, 256 for B and L)")
	addPrecision(fs, &f.Precision)
	fs.BoolVar(&f.Train, "train", false, "measure a training step, too")
	fs.IntVar(&f.Rounds, "rounds", 50, "measure `N` times")
	f.engine.add(fs)
	fs.BoolVar(&f.json, "json", false, "print one JSON object")
	return cmd
}

func (f *benchFlags) check(p *program) error {
	if err := p.checkPrecision(f.Precision); err != nil {
		return err
	}
	if f.Precision != exact && f.Train {
		return usage("--precision %s is for inspecting: leave --train out", f.Precision)
	}
	if err := checkMethod(f.Method); err != nil {
		return err
	}
	if err := checkNetwork(&f.Size, f.Input, 0); err != nil {
		return err
	}
	if f.Rounds < 1 || f.Rounds > 100000 {
		return usage("--rounds is %d: it must be 1 to 100000", f.Rounds)
	}
	return nil
}

func (p *program) runBench(ctx context.Context, f benchFlags) error {
	if err := f.check(p); err != nil {
		return err
	}
	e, err := p.openEngine(f.engine)
	if err != nil {
		return err
	}
	defer e.Close()
	if f.Precision != exact {
		f.Exact = e
		if e, err = p.openRounded(f.engine, f.Precision, e); err != nil {
			return err
		}
		defer e.Close()
	}
	f.Ready = resetPeakRSS
	if f.recipe != "" {
		if f.Recipe, err = anomaly.LoadRecipe(f.recipe); err != nil {
			return err
		}
	}
	p.note("measuring …")
	b, err := session.RunBench(ctx, e, f.BenchOptions)
	if errors.Is(err, context.Canceled) {
		return &stopped{"a measurement has no result before its end"}
	}
	if err != nil {
		return err
	}
	b.Threads, b.PeakRSS = f.engine.threads, session.Number(peakRSS())
	if b.Threads == 0 {
		b.Threads = runtime.GOMAXPROCS(0)
	}
	if f.json {
		return p.printJSON(b)
	}
	p.printBench(b)
	return nil
}

func (p *program) printBench(b *session.Bench) {
	spread := func(l session.Latency) string {
		return fmt.Sprintf("%.2f ms median, 95 %% within %.2f ms", float64(l.P50), float64(l.P95))
	}
	forward := fmt.Sprintf("%s: %.0f GFLOP/s", spread(b.Forward), float64(b.GFLOPS))
	if b.Peak != nil {
		forward += fmt.Sprintf(", %.2f of the %.0f that multiply-adds reach here", float64(b.GFLOPS/(*b.Peak)), float64(*b.Peak))
	}
	rows := [][2]string{
		{"engine", b.Description},
		{"network", fmt.Sprintf("AGUR-Net %s %dx%d, %d parameters, %.3f GMAC, %s", b.Size, b.Width, b.Height, b.Parameters, float64(b.GMAC), b.Precision)},
		{"forward", forward},
		{"inspection", spread(b.Inspect) + ", file to verdict on the disk"},
	}
	if b.TrainStep != nil {
		s := float64(*b.TrainStep)
		rows = append(rows, [2]string{"training step", fmt.Sprintf("%.1f ms for %d pictures: %.1f pictures/s", s, b.Batch, float64(b.Batch)*1000/s)})
	}
	if b.PrecisionError != nil {
		rows = append(rows, [2]string{"against f32", b.PrecisionError.String()})
	}
	p.printRows(append(rows, [2]string{"memory", fmt.Sprintf("%.0f MB at most", float64(b.PeakRSS))}))
}
