package lab

import (
	"fmt"
	"slices"

	"agurscope/assets/words"
	"agurscope/ui/report"
	"agurscope/ui/session"
	"agurscope/ui/session/ledger"
)

func table2Tasks(r *run) (out []task) {
	for _, row := range table2 {
		for _, m := range methods {
			out = append(out, r.seeds(learn, m.name, row.subject, ledger.LastTick)...)
		}
	}
	for _, row := range table2 {
		out = append(out, r.controlTasks(row.subject)...)
	}
	return out
}

func showTable2(r *run) (res result) {
	for i, x := range table2 {
		s := r.data.get(x.subject)
		if s.why != "" {
			res.notes = append(res.notes, r.standIns(x.subject)...)
			continue
		}
		at := func(method string, n int) session.Spread {
			return r.over(learn, method, []string{x.subject}, ledger.LastTick, f1At(n))
		}
		l := report.Lines{Title: "F1 by number of abnormal parts: " + s.Title, X: "abnormal parts, as many good ones", Y: "F1"}
		t := table{title: s.Title, header: []string{"method", ""}}
		for _, n := range counts {
			t.header = append(t.header, fmt.Sprint(n))
		}
		means, measured := map[string]session.Spread{}, false
		for k, m := range slices.Concat(methods, controls) {
			c, ours, theirs := report.Curve{Name: m.title}, []string{m.title, "ours"}, []string{"", "paper, " + x.dataset}
			for j, n := range counts {
				v := at(m.name, n)
				c.X, c.Mean, c.SD = append(c.X, float64(n)), append(c.Mean, float64(v.Mean)), append(c.SD, float64(v.SD))
				ours = append(ours, v.Text("%.3f"))
				if k < len(methods) {
					theirs = append(theirs, fmt.Sprintf("%.3f", x.f1[k][j]))
				}
				if m.name == own {
					c.References = append(c.References, [2]float64{float64(n), x.f1[k][j]})
				}
			}
			t.rows = append(t.rows, ours)
			if k < len(methods) {
				t.rows, l.Curves = append(t.rows, theirs), append(l.Curves, c)
				means[m.name] = r.overOf(learn, m.name, []string{x.subject}, ledger.LastTick, meanF1)
				measured = measured || means[m.name].N > 0
			}
		}
		if measured {
			res.pictures = append(res.pictures, picture{fmt.Sprintf("table2-%c", 'a'+i), words.Plain(s.Title), l})
		}
		beat, losers := r.beats([]string{x.subject}, slices.Concat(methods, controls[1:]), "image_auroc")
		res.tables = append(res.tables, t, beat)
		few, many := at(own, counts[0]), at(own, counts[len(counts)-1])
		order, doubt := session.Order(few, many)
		res.claims = append(res.claims,
			first(words.Text("AGUR-Net has the highest F1 on average, on %s.").With(s.Title), means, true, "%.3f"),
			session.Ruled(words.Text("AGUR-Net's F1 falls from 50 to 250 abnormal parts, on %s.").With(s.Title), order,
				words.Text("%s with 50, %s with 250").With(few.Text("%.3f"), many.Text("%.3f")), doubt.With()))
		res.notes = append(append(res.notes, losers...), r.standIns(x.subject)...)
	}
	res.notes = append(res.notes, beatsNote, "Abnormal parts are added in order of their defects' area, the largest first; where a set has fewer than 250, n stands for the same share of it.")
	return res
}

// f1At is the name of F1 with n abnormal parts.
func f1At(n int) string { return fmt.Sprintf("f1_at_%03d", n) }

// meanF1 is its mean over the numbers of the table.
func meanF1(f ledger.Figures) float64 {
	var all []float64
	for _, n := range counts {
		all = append(all, value(f, f1At(n)))
	}
	return mean(all)
}
