package lab

import (
	"context"
	"errors"
	"math"
	"strings"

	"agurscope/ui/session"
	"agurscope/ui/session/ledger"
)

// controls stand beside the methods wherever accuracy is told: what was learned and
// does not beat them is no result. The first has only the brightness to go by.
var controls = []method{
	{meanGrey, "mean grey"}, {"template", "template"}, {"pca", "PCA"}, {"handcrafted", "handcrafted"},
}

const meanGrey = "mean-grey"

// controlTasks measure the controls on a subject.
func (r *run) controlTasks(subject string) (out []task) {
	for _, m := range controls {
		out = append(out, r.seeds(learn, m.name, subject, ledger.LastTick)...)
	}
	return out
}

// grey measures the control that is no method of the program.
func (r bench) grey(ctx context.Context, t task, on watcher) (f ledger.Figures, err error) {
	rows, err := session.RowsByName([]string{meanGrey})
	if err != nil {
		return nil, err
	}
	s := session.New(session.Options{Engine: r.engine, Program: r.o.Program})
	defer func() { err = errors.Join(err, s.Close()) }()
	test, held := &tested{}, &tested{}
	var wrong error
	scores, err := s.MeasureControl(ctx, r.data.get(t.subject).set, session.AblateOptions{Size: r.budget.Size, Input: r.budget.Input}, rows[0], t.seed, on.told,
		func(res *session.Result) { wrong = errors.Join(wrong, test.see(res)) })
	if err = errors.Join(err, wrong); err != nil {
		return nil, err
	}
	for _, v := range scores {
		held.parts = append(held.parts, seen{score: v, l1: math.NaN()})
	}
	return test.figures(held, t.seed), nil
}

// beats says of every method whether it beats the mean grey on a subject, by
// [session.Order]: nothing else is a result.
func (r *run) beats(subjects []string, all []method, metric string) (t table, losers []string) {
	t = table{title: "Beats the mean grey", header: []string{"data"}}
	for _, m := range all {
		t.header = append(t.header, m.title)
	}
	for _, name := range subjects {
		grey := r.over(learn, meanGrey, []string{name}, ledger.LastTick, metric)
		row, lost := []string{r.data.title(name)}, []string{}
		for _, m := range all {
			s := r.over(learn, m.name, []string{name}, ledger.LastTick, metric)
			said := "–"
			switch order, doubt := session.Order(s, grey); {
			case s.N == 0 || grey.N == 0:
			case order > 0:
				said = "yes"
			case !(s.Mean > grey.Mean):
				said = "**no**"
				lost = append(lost, m.title)
			default:
				said = "not told: " + doubt.English()
			}
			row = append(row, said)
		}
		t.rows = append(t.rows, row)
		if len(lost) > 0 {
			losers = append(losers, "On "+r.data.title(name)+" no better than the mean grey, and so no result: "+strings.Join(lost, ", ")+".")
		}
	}
	return t, losers
}

const beatsNote = "“Beats the mean grey” compares image AUROC over all test parts with that of the mean grey alone: yes, when the means are more than two pooled standard deviations apart over two seeds or more; no, when the mean is not above. Template, PCA and handcrafted features are controls, too: they have learned nothing by steps."
