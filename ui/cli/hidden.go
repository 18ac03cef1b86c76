package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"agurscope/datasets/synthec"
)

// benchWindow measures the window; it is for those who build the program.
func (p *program) benchWindow() *cobra.Command {
	var recipe string
	var b BenchWindow
	var engine engineFlags
	var demo bool
	cmd := &cobra.Command{
		Use: "bench-ui", Hidden: true, Args: noArgs,
		Short:   "Measure the window: slider to screen, frames a second, memory",
		Example: "  xvfb-run -a agurscope bench-ui",
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if p.Env.Bench == nil {
				return errors.New("this program was built without its window")
			}
			if err := noDisplay(); err != nil {
				return err
			}
			s, err := p.open(engine, "")
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, s.Close()) }()
			if recipe == "" && !demo {
				return usage("name a recipe with --recipe, or take the demonstration's with --demo")
			}
			if b.Side < 64 || b.Side > 4096 {
				return usage("--side is %d: it must be 64 to 4096", b.Side)
			}
			if recipe != "" {
				if _, err := s.OpenRecipe(recipe); err != nil {
					return err
				}
			}
			b.Session, b.Out, b.CPU, b.Resident = s.Session, p.Stdout, processorTime, residentMB
			return p.Env.Bench(cmd.Context(), b)
		},
	}
	cmd.Flags().StringVar(&recipe, "recipe", "", "recipe to show (default: the demonstration's)")
	cmd.Flags().BoolVar(&demo, "demo", true, "show the demonstration's recipe")
	cmd.Flags().IntVar(&b.Scores, "scores", 0, "open the window itself instead, with as many invented scores to calibrate on, for a mouse to be measured by")
	cmd.Flags().IntVar(&b.Side, "side", 512, "pixels of each pane and picture")
	engine.add(cmd.Flags())
	return cmd
}

// demoSet writes a procedural set, for tests and for those who try the program
// without pictures of their own.
func (p *program) demoSet() *cobra.Command {
	var o synthec.Options
	var c synthec.Counts
	pose := ""
	cmd := &cobra.Command{
		Use: "demo-set DIR", Hidden: true,
		Short:   "Draw a procedural set of chips, good and defective",
		Example: "  agurscope demo-set parts --pose jittered --train 100",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage("name one folder for the set")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			poses := []synthec.Pose{synthec.Aligned, synthec.Jittered, synthec.Free}
			var names []string
			found := false
			for _, q := range poses {
				names = append(names, q.String())
				if q.String() == pose {
					o.Pose, found = q, true
				}
			}
			if !found {
				return usage("--pose is %q: choose one of %s", pose, strings.Join(names, ", "))
			}
			if err := synthec.Write(cmd.Context(), args[0], o, c); err != nil {
				return err
			}
			p.note("%s", fmt.Sprintf("a SynthEC set, %s, seed %d, is in %s", o.Pose, o.Seed, args[0]))
			return nil
		},
	}
	fs := cmd.Flags()
	fs.StringVar(&pose, "pose", synthec.Jittered.String(), "how much parts differ: aligned, jittered or free")
	fs.Uint64Var(&o.Seed, "seed", 0, "another seed, other parts")
	fs.IntVar(&o.Size, "size", synthec.DefaultSize, "side of the pictures in pixels")
	fs.IntVar(&c.Train, "train", 100, "good parts to learn from")
	fs.IntVar(&c.TestGood, "good", 50, "good parts to inspect")
	fs.IntVar(&c.PerDefect, "per-defect", 15, "parts of each defect to inspect")
	return cmd
}
