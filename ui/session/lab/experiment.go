package lab

import (
	"fmt"
	"math"
	"slices"

	"agurscope/assets/words"
	"agurscope/ui/report"
	"agurscope/ui/session"
	"agurscope/ui/session/ledger"
)

// Experiment is a figure or a table of the paper.
type Experiment struct {
	Name  string // as in "fig7"
	Title words.Text
	tasks func(r *run) []task
	show  func(r *run) result
}

// result is what an experiment has to show.
type result struct {
	pictures []picture
	tables   []table
	claims   []session.Claim
	notes    []string
}

type picture struct {
	name    string     // of the file, without ending
	caption words.Said // among the others of the experiment
	report.Picture
}

type table struct {
	title  string
	header []string
	rows   [][]string
}

var experiments = []*Experiment{
	{"fig7", words.Text("Localisation accuracy by length of training"), curveTasks, showFig7},
	{"fig8", words.Text("Detection accuracy by length of training"), curveTasks, showFig8},
	{"fig9", words.Text("Where defective parts of four products lie"), spreadTasks, showFig9},
	{"fig10", words.Text("Heat maps in five stages of production"), galleryTasks, showFig10},
	{"fig11", words.Text("Average loss by length of training"), curveTasks, showFig11},
	{"fig12", words.Text("Time per picture by type of defect"), timeTasks, showFig12},
	{"table1", words.Text("AUROC with one abnormal part in ten"), table1Tasks, showTable1},
	{"table2", words.Text("F1 by number of abnormal parts"), table2Tasks, showTable2},
	{"table3", words.Text("What each part of the method brings"), table3Tasks, showTable3},
}

// tasksOf are an experiment's tasks on the chosen data.
func (r *run) tasksOf(e *Experiment) []task {
	return slices.DeleteFunc(e.tasks(r), func(t task) bool { return !r.o.chosen(t.subject) })
}

func (r *run) seeds(kind kind, method, subject string, tick int) (out []task) {
	if !r.data.has(subject) {
		return nil
	}
	for seed := range uint64(r.budget.Seeds) {
		out = append(out, task{kind, method, subject, seed, tick})
	}
	return out
}

// over sums up a metric over seeds; of several subjects their mean per seed, of
// those seeds that have all.
func (r *run) over(kind kind, method string, subjects []string, tick int, metric string) session.Spread {
	return r.overOf(kind, method, subjects, tick, func(f ledger.Figures) float64 { return value(f, metric) })
}

// overOf does so with something computed of the metrics.
func (r *run) overOf(kind kind, method string, subjects []string, tick int, of func(ledger.Figures) float64) session.Spread {
	var values []float64
	for seed := range uint64(r.budget.Seeds) {
		sum, n := 0., 0
		for _, s := range subjects {
			if !r.data.has(s) {
				continue
			}
			if f := r.figures(task{kind, method, s, seed, tick}); f != nil {
				sum, n = sum+of(f), n+1
			}
		}
		if n > 0 && n == len(subjects) {
			values = append(values, sum/float64(n))
		}
	}
	return session.SpreadOf(values)
}

// standIns says of every subject that stands in for another what it is.
func (r *run) standIns(subjects ...string) (notes []string) {
	for _, name := range subjects {
		if s := r.data.get(name); s.why != "" {
			notes = append(notes, fmt.Sprintf("Missing: %s (%s).", s.Title, s.why))
		} else if s.Stand != "" {
			notes = append(notes, fmt.Sprintf("%s stands in for %s; it is not that.", s.Title, s.Stand))
		}
	}
	return notes
}

// value is a metric, not a number where there is none.
func value(f ledger.Figures, name string) float64 {
	if v, ok := f[name]; ok {
		return v
	}
	return math.NaN()
}

func number(v float64, format string) string {
	if math.IsNaN(v) {
		return "–"
	}
	return fmt.Sprintf(format, v)
}
