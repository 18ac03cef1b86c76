package lab

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"agurscope/assets/words"
	"agurscope/ui/report"
	"agurscope/ui/session"
	"agurscope/ui/session/ledger"
)

// table1Subjects are the paper's rows and, of KSDD2, the product that there is.
func (r *run) table1Subjects() []string {
	var out []string
	for _, row := range table1 {
		out = append(out, row.subject)
	}
	for _, extra := range []string{kolektor2, kolektor} {
		if r.data.has(extra) {
			out = append(out, extra)
			break
		}
	}
	return slices.DeleteFunc(out, func(name string) bool { return !r.o.chosen(name) })
}

func table1Tasks(r *run) (out []task) {
	for _, s := range r.table1Subjects() {
		for _, m := range methods[:4] {
			out = append(out, r.seeds(learn, m.name, s, ledger.LastTick)...)
		}
	}
	for _, s := range r.table1Subjects() {
		out = append(out, r.controlTasks(s)...)
		if r.othersToo(s) {
			for _, m := range methods[4:] {
				out = append(out, r.seeds(learn, m.name, s, ledger.LastTick)...)
			}
		}
	}
	return out
}

// othersToo reports whether the two methods that the paper's Table 1 leaves out are
// measured on a subject, too: with small budgets only on the sets of the curves.
func (r *run) othersToo(subject string) bool {
	return !r.o.Quick || slices.ContainsFunc(r.panels(), func(p panel) bool { return slices.Contains(p.subjects, subject) })
}

func showTable1(r *run) (res result) {
	b := report.Bars{Title: "AUROC with one abnormal part in ten", Y: "AUROC"}
	t := table{title: "AUROC, one abnormal part in ten (all test parts in brackets)", header: []string{"data", "stands in for"}}
	for _, m := range methods[:4] {
		t.header = append(t.header, m.title, "paper")
		b.Series = append(b.Series, report.Series{Name: m.title})
	}
	beside := table{title: "The same of methods that the paper's table leaves out, and of controls", header: []string{"data"}}
	others := slices.Concat(methods[4:], controls)
	for _, m := range others {
		beside.header = append(beside.header, m.title)
	}
	var there, whole, behind, untold []string
	for _, name := range r.table1Subjects() {
		s := r.data.get(name)
		if s.why != "" {
			continue
		}
		there = append(there, name)
		row, of := []string{s.Title, s.Stand}, map[string]session.Spread{}
		b.Labels = append(b.Labels, s.Title)
		for k, m := range methods[:4] {
			v, paper := r.auc10(m.name, name), math.NaN()
			for _, x := range table1 {
				if x.subject == name {
					paper = x.auc[k]
				}
			}
			b.Series[k].Values = append(b.Series[k].Values, float64(v.Mean))
			b.Series[k].Error = append(b.Series[k].Error, float64(v.SD))
			b.Series[k].References = append(b.Series[k].References, paper)
			row = append(row, r.auc10Text(m.name, name), number(paper, "%.3f"))
			if v.N > 0 {
				of[m.name] = v
			}
		}
		t.rows = append(t.rows, row)
		row = []string{s.Title}
		for _, m := range others {
			row = append(row, r.auc10Text(m.name, name))
		}
		beside.rows = append(beside.rows, row)
		if len(of) < 4 {
			continue
		}
		whole = append(whole, name)
		switch first(words.Said{}, of, true, "%.3f").Verdict {
		case session.NotReproduced:
			behind = append(behind, s.Title)
		case session.Open:
			untold = append(untold, s.Title)
		}
	}
	if len(whole) > 0 {
		res.pictures = append(res.pictures, picture{"table1", words.Said{}, b})
	}
	means := map[string]session.Spread{}
	row := []string{"*mean of those with all four*", ""}
	for k, m := range methods[:4] {
		sum, n := 0., 0
		for _, x := range table1 {
			if slices.Contains(whole, x.subject) {
				sum, n = sum+x.auc[k], n+1
			}
		}
		means[m.name] = r.over(learn, m.name, whole, ledger.LastTick, "auc10")
		row = append(row, means[m.name].Text("%.3f"), number(sum/float64(n), "%.3f"))
	}
	t.rows = append(t.rows, row)
	beat, losers := r.beats(there, slices.Concat(methods, controls[1:]), "image_auroc")
	res.tables = append(res.tables, t, beside, beat)
	res.claims = append(res.claims,
		first(words.Text("AGUR-Net has the highest AUROC on average.").With(), means, true, "%.3f"), everyClass(len(whole), behind, untold))
	res.notes = append(losers, r.standIns(r.table1Subjects()...)...)
	res.notes = append(res.notes, beatsNote, fmt.Sprintf("Mean over %d draws of abnormal parts, then mean and deviation over seeds. AUROC does not depend on prevalence: the draws only show how much it varies. Where there are fewer than %d good test parts, the held-out good parts count as such, too.", draws, fewNormals))
	return res
}

// auc10 is the AUROC of a whole training with one abnormal part in ten.
func (r *run) auc10(method, subject string) session.Spread {
	return r.over(learn, method, []string{subject}, ledger.LastTick, "auc10")
}

// auc10Text has that of all test parts in brackets.
func (r *run) auc10Text(method, subject string) string {
	v := r.auc10(method, subject)
	if v.N == 0 {
		return "–"
	}
	all := r.over(learn, method, []string{subject}, ledger.LastTick, "image_auroc")
	return fmt.Sprintf("%s (%s)", v.Text("%.3f"), number(float64(all.Mean), "%.3f"))
}

// everyClass asks whether AGUR-Net is first in every class that all four methods
// were measured on.
func everyClass(whole int, behind, untold []string) session.Claim {
	text := words.Text("AGUR-Net has the highest AUROC in every class.").With()
	if whole == 0 {
		return session.Ruled(text, 0, words.Text("no class has been measured with all four methods").With())
	}
	why := []words.Said{words.Text("first beyond doubt in %s of %s").With(whole-len(behind)-len(untold), whole)}
	if len(behind) > 0 {
		why = append(why, words.Text("behind on %s").With(strings.Join(behind, ", ")))
	}
	if len(untold) > 0 {
		why = append(why, words.Text("not told on %s").With(strings.Join(untold, ", ")))
	}
	switch {
	case len(behind) > 0:
		return session.Ruled(text, -1, why...)
	case len(untold) > 0:
		return session.Ruled(text, 0, why...)
	}
	return session.Ruled(text, 1, why...)
}
