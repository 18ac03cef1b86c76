package cli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"agurscope/datasets"
	"agurscope/ui/session"
)

type evaluateFlags struct {
	recipe, set string
	engine      engineFlags
	json        bool
}

func (p *program) evaluate() *cobra.Command {
	var f evaluateFlags
	cmd := &cobra.Command{
		Use:   "evaluate --recipe F --set DIR",
		Short: "Measure a recipe on pictures whose truth is known",
		Long: `Inspects the labelled test pictures of a set and compares the verdicts with the
labels, per picture and, where there are masks, per pixel. The thresholds are
those of the recipe; nothing is tuned on test labels. What cannot be computed is
null in JSON and “-” in the table, and a note says why.`,
		Example: `  agurscope evaluate --recipe t.agur --set mvtec/transistor
  agurscope evaluate --recipe t.agur --set mvtec/transistor --json`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return p.runEvaluate(cmd.Context(), f) },
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	fs.StringVar(&f.recipe, "recipe", "", "measure the recipe `F.agur` (required)")
	fs.StringVar(&f.set, "set", "", "on the labelled pictures in `DIR` (required)")
	f.engine.add(fs)
	fs.BoolVar(&f.json, "json", false, "print one JSON object")
	return cmd
}

func (p *program) runEvaluate(ctx context.Context, f evaluateFlags) error {
	if err := need("recipe", f.recipe, "the recipe file to measure"); err != nil {
		return err
	}
	if err := need("set", f.set, "the folder with labelled pictures"); err != nil {
		return err
	}
	s, err := p.open(f.engine, "")
	if err != nil {
		return err
	}
	defer s.Close()
	if _, err := s.OpenRecipe(f.recipe); err != nil {
		return err
	}
	set, err := s.OpenSet(f.set)
	if err != nil {
		return err
	}
	p.note("%s", strings.TrimSuffix(set.Report.String(), "\n"))
	bar := p.progress()
	ev, err := s.Evaluate(ctx, set, func(done, total int) { bar.step("inspecting", done, total, 0, "") })
	bar.clear()
	if errors.Is(err, context.Canceled) {
		return &stopped{"an evaluation has no result before its end"}
	}
	if err != nil {
		return err
	}
	if f.json {
		return p.printJSON(ev)
	}
	p.printEvaluation(s.Session, set, ev)
	return nil
}

// figure writes a number to three digits, or “-” when it does not exist.
func figure(n session.Number) string {
	if math.IsNaN(float64(n)) || math.IsInf(float64(n), 0) {
		return "-"
	}
	return fmt.Sprintf("%.3f", float64(n))
}

func (p *program) printEvaluation(s *session.Session, set *datasets.Set, e *session.Evaluation) {
	w := p.Stdout
	r := s.Recipe()
	fmt.Fprintf(w, "%s (%s) on %s\n", r.Name, r.Model, set.Root)
	count := fmt.Sprintf("%d: %d good, %d defective", e.Images, e.Normal, e.Anomalous)
	if e.Reviewed > 0 {
		count += fmt.Sprintf(", %d to review", e.Reviewed)
	}
	if e.Errors > 0 {
		count += fmt.Sprintf(", %d not inspected", e.Errors)
	}
	fmt.Fprintf(w, "pictures %s\n\n", count)
	line := func(a string, x session.Number, b string, y session.Number) {
		fmt.Fprintf(w, "  %-19s %6s     %-19s %6s\n", a, figure(x), b, figure(y))
	}
	fmt.Fprintf(w, "  %-30s%s\n", "BY SCORE", "BY VERDICT")
	line("image AUROC", e.ImageAUROC, "recall", e.Recall)
	line("image AP", e.ImageAP, "precision", e.Precision)
	line("mean grey alone", e.Mean, "F1", e.F1)
	line("reject threshold", e.Reject, "accuracy", e.Accuracy)
	fmt.Fprintf(w, "  %26s     %-19s %6s\n\n", "", "false-reject rate", figure(e.FalseRejectRate))
	fmt.Fprintf(w, "  %-30s%s\n", "BY PIXEL", "TIME PER PICTURE")
	ms := func(n session.Number) string {
		if math.IsNaN(float64(n)) { // nothing was inspected
			return "-"
		}
		return fmt.Sprintf("%.1f ms", float64(n))
	}
	fmt.Fprintf(w, "  %-19s %6s     %-16s %9s\n", "pixel AUROC", figure(e.PixelAUROC), "median", ms(e.Latency.P50))
	fmt.Fprintf(w, "  %-19s %6s     %-16s %9s\n", "pixel AP", figure(e.PixelAP), "95 % within", ms(e.Latency.P95))
	fmt.Fprintf(w, "  %-19s %6s\n", "AUPRO (30 %)", figure(e.AUPRO))
	fmt.Fprintf(w, "  %-19s %6s\n", fmt.Sprintf("IoU over %d masks", e.Masks), figure(e.IoU))
	p.printTypes(e)
	if len(e.Terms) > 1 {
		fmt.Fprintf(w, "\n  IMAGE AUROC OF EACH TERM ALONE\n")
		for _, name := range slices.Sorted(maps.Keys(e.Terms)) {
			fmt.Fprintf(w, "  %-19s %6s\n", name, figure(e.Terms[name]))
		}
	}
	fmt.Fprintln(w)
	for _, n := range e.Notes {
		fmt.Fprintf(w, "note: %s\n", n)
	}
}

func (p *program) printTypes(e *session.Evaluation) {
	if len(e.PerType) == 0 {
		return
	}
	wide := len("DEFECT")
	for name := range e.PerType {
		wide = max(wide, len(name))
	}
	fmt.Fprintf(p.Stdout, "\n  %-*s  %8s  %11s  %6s\n", wide, "DEFECT", "PICTURES", "IMAGE AUROC", "RECALL")
	for _, name := range slices.SortedFunc(maps.Keys(e.PerType), datasets.CompareNatural) {
		t := e.PerType[name]
		fmt.Fprintf(p.Stdout, "  %-*s  %8d  %11s  %6s\n", wide, name, t.Images, figure(t.ImageAUROC), figure(t.Recall))
	}
}
