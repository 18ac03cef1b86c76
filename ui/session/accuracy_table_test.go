//go:build onednn && unix

package session

import (
	"fmt"
	"maps"
	"math"
	"os"
	"slices"
	"strings"
	"time"

	"agurscope/datasets"
)

// column is a figure of a trial; not a number where there is none.
type column struct {
	title, format string
	of            func(trial) float64
}

// print writes what was measured as Markdown: the figures of every method and
// seed with mean and deviation, then image AUROC by type of defect and of each
// term alone.
func (a *accuracy) print(title string, trials []trial) {
	fmt.Printf("\n## %s\n\n%s\n\n", title, a.conditions())
	first := trials[0]
	fmt.Printf("Tested with %d good and %d defective pictures, %d masks.\n\n", first.Normal, first.Anomalous, first.Masks)
	for _, n := range a.notes {
		fmt.Printf("- %s\n", n)
	}
	number := func(title string, of func(*Evaluation) Number) column {
		return column{title, "%.3f", func(r trial) float64 { return float64(of(r.Evaluation)) }}
	}
	a.table(trials, []column{
		number("image AUROC", func(e *Evaluation) Number { return e.ImageAUROC }),
		number("AP", func(e *Evaluation) Number { return e.ImageAP }),
		number("pixel AUROC", func(e *Evaluation) Number { return e.PixelAUROC }),
		number("pixel AP", func(e *Evaluation) Number { return e.PixelAP }),
		number("AUPRO", func(e *Evaluation) Number { return e.AUPRO }),
		number("IoU", func(e *Evaluation) Number { return e.IoU }),
		number("recall", func(e *Evaluation) Number { return e.Recall }),
		number("false rejects", func(e *Evaluation) Number { return e.FalseRejectRate }),
		{"in doubt", "%.0f", func(r trial) float64 { return float64(r.Doubtful) }},
		{"errors", "%.0f", func(r trial) float64 { return float64(r.Errors) }},
		{"training CPU s", "%.0f", func(r trial) float64 { return r.cpu }},
	})
	types, terms := map[string]bool{}, map[string]bool{}
	for _, r := range trials {
		for name := range r.PerType {
			types[name] = true
		}
		for name := range r.Terms {
			terms[name] = true
		}
	}
	of := func(names map[string]bool, value func(e *Evaluation, name string) (Number, bool)) (out []column) {
		for _, name := range slices.SortedFunc(maps.Keys(names), datasets.CompareNatural) {
			out = append(out, column{name, "%.3f", func(r trial) float64 {
				if v, ok := value(r.Evaluation, name); ok {
					return float64(v)
				}
				return math.NaN()
			}})
		}
		return out
	}
	fmt.Printf("\n### Image AUROC by type of defect\n")
	a.table(trials, of(types, func(e *Evaluation, name string) (Number, bool) {
		f, ok := e.PerType[name]
		return f.ImageAUROC, ok
	}))
	fmt.Printf("\n### Image AUROC of each term alone\n")
	networks := slices.DeleteFunc(slices.Clone(trials), func(r trial) bool { return len(r.Terms) == 0 })
	a.table(networks, of(terms, func(e *Evaluation, name string) (Number, bool) {
		v, ok := e.Terms[name]
		return v, ok
	}))
}

// conditions says when, where and by which command was measured.
func (a *accuracy) conditions() string {
	var env []string
	for _, v := range os.Environ() {
		if strings.HasPrefix(v, "AGURSCOPE_") {
			env = append(env, v)
		}
	}
	slices.Sort(env)
	name := "^" + strings.ReplaceAll(a.t.Name(), "/", "$/^") + "$"
	return fmt.Sprintf("%s, %s; size T. Seeds decide what is held out, how the network begins and what it is shown; after ± the standard deviation (n-1).\n\n"+
		"    %s go test -tags onednn,no_emoji -count=1 -timeout 0 -run '%s' -v ./ui/session",
		time.Now().Format(time.DateOnly), a.engine.Describe(), strings.Join(env, " "), name)
}

// table writes a row per method and seed, and one of means after more than one.
func (a *accuracy) table(trials []trial, columns []column) {
	fmt.Print("\n| method | seed |")
	for _, c := range columns {
		fmt.Printf(" %s |", c.title)
	}
	fmt.Println("\n|---|---|" + dashes(len(columns)))
	for _, method := range a.methods() {
		var same []trial
		for _, r := range trials {
			if r.method != method {
				continue
			}
			same = append(same, r)
			fmt.Printf("| %s | %d |", method, r.seed)
			for _, c := range columns {
				fmt.Printf(" %s |", SpreadOf([]float64{c.of(r)}).Text(c.format))
			}
			fmt.Println()
		}
		if len(same) < 2 {
			continue
		}
		fmt.Printf("| **%s** | mean |", method)
		for _, c := range columns {
			var values []float64
			for _, r := range same {
				values = append(values, c.of(r))
			}
			fmt.Printf(" %s |", SpreadOf(values).Text(c.format))
		}
		fmt.Println()
	}
}

func dashes(columns int) string { return strings.Repeat("---:|", columns) }

// aurocs lists the image AUROC of a method's trials.
func aurocs(trials []trial, method string) (out []float64) {
	for _, r := range trials {
		if r.method == method {
			out = append(out, float64(r.ImageAUROC))
		}
	}
	return out
}
