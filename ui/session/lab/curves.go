package lab

import (
	"fmt"
	"slices"
	"strings"

	"agurscope/assets/words"
	"agurscope/ui/report"
	"agurscope/ui/session"
)

// panels are the sets of the curves: (a) and (b) of the paper, or what stands in.
func (r *run) panels() (out []panel) {
	var a []string
	for _, c := range []string{"mvtec/bottle", "mvtec/cable", "mvtec/hazelnut", "mvtec/transistor"} {
		if r.data.has(c) {
			a = append(a, c)
		}
	}
	switch {
	case r.o.Quick && slices.Contains(a, "mvtec/transistor"):
		a = []string{"mvtec/transistor"} // one category keeps the time
	case len(a) == 0:
		a = []string{"synthec/aligned"}
	}
	b := kolektor2
	if !r.data.has(b) {
		b = kolektor
	}
	if !r.data.has(b) {
		b = "synthec/jittered"
	}
	return slices.DeleteFunc([]panel{{"a", a, fig7MVTec}, {"b", []string{b}, fig7KSDD2}}, func(p panel) bool {
		return !slices.ContainsFunc(p.subjects, r.o.chosen)
	})
}

type panel struct {
	name     string
	subjects []string
	fig7     quoted
}

// title names what a panel is drawn from.
func (r *run) panelTitle(p panel) string {
	var names []string
	for _, s := range p.subjects {
		names = append(names, r.data.title(s))
	}
	return strings.Join(names, ", ")
}

func curveTasks(r *run) (out []task) {
	for _, p := range r.panels() {
		for _, s := range p.subjects {
			for i := len(r.budget.Ticks) - 1; i >= 0; i-- {
				for _, m := range methods[:4] {
					out = append(out, r.seeds(learn, m.name, s, r.budget.Ticks[i])...)
				}
			}
		}
	}
	return out
}

// curves draws a metric over the ticks of a panel.
func (r *run) curves(p panel, metric, title, axis string, paper quoted) (report.Lines, map[string]session.Spread) {
	l := report.Lines{Title: title + ": " + r.panelTitle(p), X: "tick (400 are a whole training)", Y: axis}
	last := map[string]session.Spread{}
	for _, m := range methods[:4] {
		c := report.Curve{Name: m.title, References: paper[m.name]}
		for _, tick := range r.budget.Ticks {
			s := r.over(learn, m.name, p.subjects, tick, metric)
			c.X, c.Mean, c.SD = append(c.X, float64(tick)), append(c.Mean, float64(s.Mean)), append(c.SD, float64(s.SD))
			last[m.name] = s
		}
		l.Curves = append(l.Curves, c)
	}
	return l, last
}

// curveTable lists a metric by tick.
func (r *run) curveTable(p panel, metric, title, format string) table {
	t := table{title: title + ", " + r.panelTitle(p), header: []string{"method"}}
	for _, tick := range r.budget.Ticks {
		t.header = append(t.header, fmt.Sprint(tick))
	}
	for _, m := range methods[:4] {
		row := []string{m.title}
		for _, tick := range r.budget.Ticks {
			row = append(row, r.over(learn, m.name, p.subjects, tick, metric).Text(format))
		}
		t.rows = append(t.rows, row)
	}
	return t
}

func (r *run) panelNotes() []string {
	var out []string
	for i, p := range r.panels() {
		if i == 0 && len(p.subjects) < 4 {
			out = append(out, "Of MVTec AD only what is named above each picture was taken; the paper averages over all.")
		}
		out = append(out, r.standIns(p.subjects...)...)
	}
	return out
}

func showFig7(r *run) (res result) {
	for _, p := range r.panels() {
		l, last := r.curves(p, "loc_acc", "Localisation accuracy", "LocAcc", p.fig7)
		res.pictures = append(res.pictures, picture{"fig7-" + p.name, words.Plain(r.panelTitle(p)), l})
		res.tables = append(res.tables, r.curveTable(p, "loc_acc", "LocAcc", "%.3f"), r.curveTable(p, "iou", "IoU", "%.3f"),
			r.curveTable(p, "iou_hit", "Share of defects met with IoU of 0.3", "%.3f"),
			r.curveTable(p, "pixel_auroc", "Pixel AUROC", "%.3f"), r.curveTable(p, "aupro", "AUPRO to 0.3", "%.3f"))
		res.claims = append(res.claims, first(words.Text("AGUR-Net localises best at the end, on %s.").With(r.panelTitle(p)), last, true, "%.3f"))
	}
	res.notes = append(r.panelNotes(), "LocAcc is the mean of the shares of damaged and of good pixels that a mask has right, over pictures with a mask. It rewards generous outlines; IoU stands beside it.")
	return res
}

func showFig8(r *run) (res result) {
	for _, p := range r.panels() {
		l, last := r.curves(p, "balanced_accuracy", "Detection accuracy", "balanced accuracy", fig8All)
		plain, _ := r.curves(p, "accuracy", "Detection accuracy", "accuracy", fig8All)
		res.pictures = append(res.pictures, picture{"fig8-" + p.name, words.Text("%s, balanced accuracy").With(r.panelTitle(p)), l},
			picture{"fig8-" + p.name + "-plain", words.Text("%s, accuracy").With(r.panelTitle(p)), plain})
		res.tables = append(res.tables, r.curveTable(p, "balanced_accuracy", "Balanced accuracy", "%.3f"), r.curveTable(p, "accuracy", "Accuracy", "%.3f"),
			r.curveTable(p, "image_auroc", "Image AUROC", "%.3f"))
		res.claims = append(res.claims,
			first(words.Text("AGUR-Net detects best at the end, on %s.").With(r.panelTitle(p)), last, true, "%.3f"),
			r.risesClaim(p))
	}
	res.notes = append(r.panelNotes(), "NG means a score at the reject threshold or a region; thresholds are calibrated on held-out good parts at each tick, for 5 % false rejects.")
	return res
}

// risesClaim asks whether more training helps AGUR-Net.
func (r *run) risesClaim(p panel) session.Claim {
	text := words.Text("AGUR-Net's detection accuracy is higher at the end than at the first tick, on %s.").With(r.panelTitle(p))
	ticks := r.budget.Ticks
	a := r.over(learn, own, p.subjects, ticks[0], "balanced_accuracy")
	b := r.over(learn, own, p.subjects, ticks[len(ticks)-1], "balanced_accuracy")
	order, doubt := session.Order(b, a)
	return session.Ruled(text, order, words.Text("%s after tick %s, %s at the end").With(a.Text("%.3f"), ticks[0], b.Text("%.3f")), doubt.With())
}

func showFig11(r *run) (res result) {
	for _, p := range r.panels() {
		l, last := r.curves(p, "loss", "Average loss on held-out good parts", "mean absolute difference", fig11All)
		res.pictures = append(res.pictures, picture{"fig11-" + p.name, words.Plain(r.panelTitle(p)), l})
		res.tables = append(res.tables, r.curveTable(p, "loss", "Mean absolute difference to the reconstruction", "%.4f"),
			r.curveTable(p, "brier", "Brier score of the probability to be abnormal", "%.3f"))
		res.claims = append(res.claims, first(words.Text("AGUR-Net has the lowest loss at the end, on %s.").With(r.panelTitle(p)), last, false, "%.4f"))
	}
	res.notes = append(r.panelNotes(), "A method without a reconstruction has no loss of this kind.")
	return res
}
