package session

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"agurscope/nn/metrics"
	"agurscope/ui/report"
)

// Spread is a figure over seeds. SD is the sample standard deviation (n-1),
// not a number for one seed.
type Spread struct {
	Mean Number `json:"mean"`
	SD   Number `json:"sd"`
	N    int    `json:"n"` // seeds for which the figure exists
}

// SpreadOf sums up those of the values that are numbers.
func SpreadOf(values []float64) Spread {
	values = slices.DeleteFunc(slices.Clone(values), math.IsNaN)
	mean, sd := metrics.MeanStd(values)
	return Spread{Number(mean), Number(sd), len(values)}
}

// RowResult is one row over its seeds.
type RowResult struct {
	Name    string            `json:"name"`
	Title   string            `json:"title"`
	Control bool              `json:"control"`
	Seeds   int               `json:"seeds"`
	Figures map[string]Spread `json:"figures"` // by metric, as in the file of cells
}

// figure returns a metric of the row; not a number where there is none.
func (r RowResult) figure(metric string) Spread {
	if s, ok := r.Figures[metric]; ok {
		return s
	}
	return Spread{Mean: Number(math.NaN()), SD: Number(math.NaN())}
}

// results sums up the cells of the configuration, also those of rows and seeds
// that were not asked for this time.
func (a *ablating) results() []RowResult {
	var out []RowResult
	for _, r := range Rows {
		res := RowResult{Name: r.Name, Title: r.Title, Control: r.Control != "", Figures: map[string]Spread{}}
		values := map[string][]float64{}
		for _, c := range a.cells.of(r.Name) {
			res.Seeds++
			for metric, v := range c {
				if !math.IsNaN(v) {
					values[metric] = append(values[metric], v)
				}
			}
		}
		if res.Seeds == 0 {
			continue
		}
		for metric, v := range values {
			res.Figures[metric] = SpreadOf(v)
		}
		out = append(out, res)
	}
	return out
}

// publish writes the table, the plot and the sheet anew from all cells.
func (a *ablating) publish() error {
	rows := a.results()
	if len(rows) == 0 {
		return nil
	}
	plot, err := dotsOf(rows, a.cells.category).PNG()
	if err != nil {
		return problem("draw the plot", err, "")
	}
	for name, b := range map[string][]byte{ablateTable: a.table(rows), ablateSheet: a.sheet(rows), ablatePlot: plot} {
		err := replaceFile(filepath.Join(a.o.Out, name), func(w io.Writer) error {
			_, err := w.Write(b)
			return err
		})
		if err != nil {
			return problem("write the tables", err, "Free some space; the cells are kept.")
		}
	}
	return nil
}

// columns are the figures of the table.
var columns = []struct{ metric, title, format string }{
	{"image_auroc", "AUROC", "%.3f"}, {"image_ap", "AP", "%.3f"}, {"f1", "F1", "%.3f"},
	{"precision", "precision", "%.3f"}, {"recall", "recall", "%.3f"},
	{"pixel_auroc", "pixel AUROC", "%.3f"}, {"aupro", "AUPRO", "%.3f"},
	{"latency_p50_ms", "ms", "%.1f"},
}

// Text writes mean ± sd, each in the format of one number.
func (s Spread) Text(format string) string {
	switch {
	case math.IsNaN(float64(s.Mean)):
		return "–"
	case math.IsNaN(float64(s.SD)):
		return fmt.Sprintf(format, float64(s.Mean))
	default:
		return fmt.Sprintf(format+" ± "+format, float64(s.Mean), float64(s.SD))
	}
}

// table is the table of all rows in Markdown.
func (a *ablating) table(rows []RowResult) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "# Ablation on %s\n\n%s\n\n| |", a.cells.category, a.conditions())
	for _, c := range columns {
		fmt.Fprintf(&b, " %s |", c.title)
	}
	fmt.Fprintf(&b, " seeds |\n|---|%s---:|\n", strings.Repeat("---:|", len(columns)))
	controls := false
	for _, r := range rows {
		if r.Control && !controls {
			controls = true
			fmt.Fprintf(&b, "| *Controls* |%s\n", strings.Repeat(" |", len(columns)+1))
		}
		fmt.Fprintf(&b, "| %s |", r.Title)
		for _, c := range columns {
			s := r.figure(c.metric)
			fmt.Fprintf(&b, " %s", s.Text(c.format))
			if s.N > 0 && s.N < r.Seeds {
				fmt.Fprintf(&b, " (%d seeds)", s.N)
			}
			b.WriteString(" |")
		}
		fmt.Fprintf(&b, " %d |\n", r.Seeds)
	}
	b.WriteString(`
Mean ± sample standard deviation (n-1) over the seeds. A seed decides which good
parts are held out, how a network begins and what it is shown. AUROC, AP, F1,
precision and recall are by picture. Thresholds come from the held-out good parts
alone, for 5 % false rejects; a network also rejects what has a region above the
pixel threshold, a control only what its score says. AUPRO is taken up to a
false-positive rate of 0.3; ms is the median from file to verdict. “–” is a figure
that does not exist. A learned result below the controls is no result.
`)
	return b.Bytes()
}

// conditions says in a sentence under what the cells were measured.
func (a *ablating) conditions() string {
	steps := "the size's own number of steps"
	switch {
	case a.o.Steps > 0 && a.o.MaxTime > 0:
		steps = fmt.Sprintf("%d steps or %s each", a.o.Steps, a.o.MaxTime)
	case a.o.Steps > 0:
		steps = fmt.Sprintf("%d steps each", a.o.Steps)
	case a.o.MaxTime > 0:
		steps = fmt.Sprintf("%s each", a.o.MaxTime)
	}
	input := "input by how parts lie"
	if a.o.Input > 0 {
		input = fmt.Sprintf("input of %d x %d in area", a.o.Input, a.o.Input)
	}
	return fmt.Sprintf("Networks of size %s, %s, %s; %d good parts to learn from, %d pictures to test. Configuration %s.",
		a.o.Size, input, steps, len(a.set.Train()), len(a.set.Test()), a.config)
}

// dotsOf is the plot of the image AUROC of all rows.
func dotsOf(rows []RowResult, category string) report.Dots {
	d := report.Dots{Title: "Ablation on " + category, Axis: "image AUROC"}
	for _, r := range rows {
		s := r.figure("image_auroc")
		reference := math.NaN()
		if p, ok := published(r.Name); ok {
			reference = p.figures[0].mean
		}
		d.Rows = append(d.Rows, report.Dot{
			Label: r.Title, Mean: float64(s.Mean), SD: float64(s.SD), Reference: reference, Control: r.Control,
		})
	}
	return d
}
