package lab

import (
	"cmp"
	"fmt"
	"image"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"agurscope/ui/report"
	"agurscope/ui/session"
	"agurscope/ui/session/ledger"
)

// Experiment is a figure or a table of the paper.
type Experiment struct {
	Name  string // as in "fig7"
	Title string
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
	name string // of the file, without ending
	report.Picture
}

type table struct {
	title  string
	header []string
	rows   [][]string
}

var experiments = []*Experiment{
	{"fig7", "Localisation accuracy by length of training", curveTasks, showFig7},
	{"fig8", "Detection accuracy by length of training", curveTasks, showFig8},
	{"fig9", "Where defective parts of four products lie", spreadTasks, showFig9},
	{"fig10", "Heat maps in five stages of production", galleryTasks, showFig10},
	{"fig11", "Average loss by length of training", curveTasks, showFig11},
	{"fig12", "Time per picture by type of defect", timeTasks, showFig12},
	{"table1", "AUROC with one abnormal part in ten", table1Tasks, showTable1},
	{"table2", "F1 by number of abnormal parts", table2Tasks, showTable2},
	{"table3", "What each part of the method brings", table3Tasks, showTable3},
}

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
	return []panel{{"a", a, fig7MVTec}, {"b", []string{b}, fig7KSDD2}}
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

func (r *run) seeds(kind kind, method, subject string, tick int) (out []task) {
	if !r.data.has(subject) {
		return nil
	}
	for seed := range uint64(r.budget.Seeds) {
		out = append(out, task{kind, method, subject, seed, tick})
	}
	return out
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

func spreadTasks(r *run) (out []task) {
	out = append(out, task{spread, raw, fourKinds, 0, ledger.LastTick})
	for _, m := range methods[:4] {
		out = append(out, task{spread, m.name, fourKinds, 0, ledger.LastTick})
	}
	return out
}

func galleryTasks(*run) (out []task) {
	for _, m := range methods {
		out = append(out, task{gallery, m.name, stages, 0, ledger.LastTick})
	}
	return out
}

func timeTasks(r *run) (out []task) {
	for _, p := range profiles {
		for _, m := range methods {
			out = append(out, task{timing, m.name, "time/" + p.name, 0, ledger.LastTick})
		}
	}
	return out
}

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
	return out
}

func table1Tasks(r *run) (out []task) {
	for _, s := range r.table1Subjects() {
		for _, m := range methods[:4] {
			out = append(out, r.seeds(learn, m.name, s, ledger.LastTick)...)
		}
	}
	return out
}

func table2Tasks(r *run) (out []task) {
	for _, row := range table2 {
		for _, m := range methods {
			out = append(out, r.seeds(learn, m.name, row.subject, ledger.LastTick)...)
		}
	}
	return out
}

func table3Tasks(r *run) (out []task) {
	for _, row := range session.Rows {
		out = append(out, r.seeds(ablate, row.Name, ecd, ledger.LastTick)...)
	}
	return out
}

// over sums up a metric over seeds; of several subjects their mean per seed, of
// those seeds that have all.
func (r *run) over(kind kind, method string, subjects []string, tick int, metric string) session.Spread {
	var values []float64
	for seed := range uint64(r.budget.Seeds) {
		sum, n := 0., 0
		for _, s := range subjects {
			if !r.data.has(s) {
				continue
			}
			if f := r.figures(task{kind, method, s, seed, tick}); f != nil {
				sum, n = sum+f[metric], n+1
			}
		}
		if n > 0 && n == len(subjects) {
			values = append(values, sum/float64(n))
		}
	}
	return session.SpreadOf(values)
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
		res.pictures = append(res.pictures, picture{"fig7-" + p.name, l})
		res.tables = append(res.tables, r.curveTable(p, "loc_acc", "LocAcc", "%.3f"), r.curveTable(p, "iou", "IoU", "%.3f"),
			r.curveTable(p, "iou_hit", "Share of defects met with IoU of 0.3", "%.3f"),
			r.curveTable(p, "pixel_auroc", "Pixel AUROC", "%.3f"), r.curveTable(p, "aupro", "AUPRO to 0.3", "%.3f"))
		res.claims = append(res.claims, first("AGUR-Net localises best at the end, on "+r.panelTitle(p)+".", last, true, "%.3f"))
	}
	res.notes = append(r.panelNotes(), "LocAcc is the mean of the shares of damaged and of good pixels that a mask has right, over pictures with a mask. It rewards generous outlines; IoU stands beside it.")
	return res
}

func showFig8(r *run) (res result) {
	for _, p := range r.panels() {
		l, last := r.curves(p, "balanced_accuracy", "Detection accuracy", "balanced accuracy", fig8All)
		plain, _ := r.curves(p, "accuracy", "Detection accuracy", "accuracy", fig8All)
		res.pictures = append(res.pictures, picture{"fig8-" + p.name, l}, picture{"fig8-" + p.name + "-plain", plain})
		res.tables = append(res.tables, r.curveTable(p, "balanced_accuracy", "Balanced accuracy", "%.3f"), r.curveTable(p, "accuracy", "Accuracy", "%.3f"),
			r.curveTable(p, "image_auroc", "Image AUROC", "%.3f"))
		res.claims = append(res.claims,
			first("AGUR-Net detects best at the end, on "+r.panelTitle(p)+".", last, true, "%.3f"),
			r.risesClaim(p))
	}
	res.notes = append(r.panelNotes(), "NG means a score at the reject threshold or a region; thresholds are calibrated on held-out good parts at each tick, for 5 % false rejects.")
	return res
}

// risesClaim asks whether more training helps AGUR-Net.
func (r *run) risesClaim(p panel) session.Claim {
	text := "AGUR-Net's detection accuracy is higher at the end than at the first tick, on " + r.panelTitle(p) + "."
	ticks := r.budget.Ticks
	a := r.over(learn, "agurnet", p.subjects, ticks[0], "balanced_accuracy")
	b := r.over(learn, "agurnet", p.subjects, ticks[len(ticks)-1], "balanced_accuracy")
	if a.N == 0 || b.N == 0 {
		return session.Claim{Text: text, Verdict: session.Open, Why: "not measured"}
	}
	return judged(text, b.Mean > a.Mean, fmt.Sprintf("%s after tick %d, %s at the end", a.Text("%.3f"), ticks[0], b.Text("%.3f")))
}

func showFig11(r *run) (res result) {
	for _, p := range r.panels() {
		l, last := r.curves(p, "loss", "Average loss on held-out good parts", "mean absolute difference", fig11All)
		res.pictures = append(res.pictures, picture{"fig11-" + p.name, l})
		res.tables = append(res.tables, r.curveTable(p, "loss", "Mean absolute difference to the reconstruction", "%.4f"),
			r.curveTable(p, "brier", "Brier score of the probability to be abnormal", "%.3f"))
		res.claims = append(res.claims, first("AGUR-Net has the lowest loss at the end, on "+r.panelTitle(p)+".", last, false, "%.4f"))
	}
	res.notes = append(r.panelNotes(), "A method without a reconstruction has no loss of this kind.")
	return res
}

// judged is a claim with its verdict.
func judged(text string, holds bool, why string) session.Claim {
	v := session.NotReproduced
	if holds {
		v = session.Reproduced
	}
	return session.Claim{Text: text, Verdict: v, Why: why}
}

// first asks whether AGUR-Net is ahead of all others, and says who is.
func first(text string, of map[string]session.Spread, high bool, format string) session.Claim {
	own := of["agurnet"]
	best, lead := "", session.Spread{}
	others := 0
	var all []string
	for _, m := range methods {
		s, ok := of[m.name]
		if !ok || s.N == 0 {
			continue
		}
		all = append(all, m.title+" "+s.Text(format))
		if m.name != "agurnet" {
			others++
		}
		if best == "" || (s.Mean > lead.Mean) == high && s.Mean != lead.Mean {
			best, lead = m.name, s
		}
	}
	why := strings.Join(all, ", ")
	if own.N == 0 || others == 0 {
		return session.Claim{Text: text, Verdict: session.Open, Why: cmp.Or(why, "nothing was measured") + "; AGUR-Net and at least one rival are needed"}
	}
	if best != "agurnet" {
		why += "; " + titleOf(best) + " is first"
	}
	if own.N < 2 {
		why += "; one value each, so how much of it is chance is not known"
	}
	return judged(text, best == "agurnet", why)
}

func showFig9(r *run) (res result) {
	classes := strings.Fields(r.data.get(fourKinds).Category)
	t := table{title: "How well the four hold together", header: []string{"features", "5-NN, features", "5-NN, map", "silhouette, features", "silhouette, map"}}
	votes := map[string]session.Spread{}
	for i, m := range append([]method{{raw, "pixels, nothing learnt"}}, methods[:4]...) {
		f := r.figures(task{spread, m.name, fourKinds, 0, ledger.LastTick})
		if f == nil {
			continue
		}
		s := report.Scatter{Title: "t-SNE of defective parts, by " + m.title}
		for c, name := range classes {
			g := report.Group{Name: r.data.title(name)}
			for k := 0; ; k++ {
				class, ok := f[fmt.Sprintf("class_%04d", k)]
				if !ok {
					break
				}
				if int(class) == c {
					g.Points = append(g.Points, [2]float64{f[fmt.Sprintf("x_%04d", k)], f[fmt.Sprintf("y_%04d", k)]})
				}
			}
			s.Groups = append(s.Groups, g)
		}
		s.Notes = []string{fmt.Sprintf("5-NN %.3f", f["knn5_map"]), fmt.Sprintf("silhouette %.2f", f["silhouette_map"])}
		res.pictures = append(res.pictures, picture{fmt.Sprintf("fig9-%c", 'a'+i), s})
		row := []string{m.title}
		for _, k := range []string{"knn5_before", "knn5_map", "silhouette_before", "silhouette_map"} {
			row = append(row, fmt.Sprintf("%.3f", f[k]))
		}
		t.rows = append(t.rows, row)
		if m.name != raw {
			votes[m.name] = session.SpreadOf([]float64{f["knn5_before"]})
		}
	}
	res.tables = append(res.tables, t)
	res.claims = append(res.claims, first("AGUR-Net's features tell the four products apart best (5-NN).", votes, true, "%.3f"))
	res.notes = append(r.standIns(fourKinds), "One model per method is trained on the good parts of all four products. Turn and scale of a map mean nothing; neighbours do.")
	return res
}

func showFig10(r *run) (res result) {
	g := report.Grid{
		Title: "SynthEC in five stages of production", Rows: []string{"part", "truth"}, Cells: make([][]report.Tile, 2),
		Scale: fmt.Sprintf("0 to %.1f times the threshold of a region, for each method its own", heatEnd),
	}
	load := func(name string) image.Image {
		f, err := os.Open(filepath.Join(r.o.Out, galleryDir, name))
		if err != nil {
			return nil
		}
		defer f.Close()
		m, err := png.Decode(f)
		if err != nil {
			return nil
		}
		return m
	}
	for i, p := range production {
		g.Columns = append(g.Columns, p.title)
		g.Cells[0] = append(g.Cells[0], report.Tile{Image: load(fmt.Sprintf("input-%d.png", i+1)), Note: strings.ReplaceAll(p.defect, "_", " ")})
		g.Cells[1] = append(g.Cells[1], report.Tile{Image: load(fmt.Sprintf("truth-%d.png", i+1))})
	}
	t := table{title: "Localisation accuracy and IoU of the parts shown", header: append([]string{"method"}, g.Columns...)}
	mean := map[string]session.Spread{}
	for _, m := range methods {
		f := r.figures(task{gallery, m.name, stages, 0, ledger.LastTick})
		if f == nil {
			continue
		}
		row, tiles, sum := []string{m.title}, []report.Tile{}, 0.
		for i := range production {
			loc := f[fmt.Sprintf("loc_acc_%d", i+1)]
			note := fmt.Sprintf("%.2f", loc)
			tiles = append(tiles, report.Tile{Image: load(fmt.Sprintf("%s-0-%d.png", m.name, i+1)), Note: "LocAcc " + note})
			row = append(row, fmt.Sprintf("%s (%.2f)", note, f[fmt.Sprintf("iou_%d", i+1)]))
			sum += loc
		}
		g.Rows, g.Cells, t.rows = append(g.Rows, m.title), append(g.Cells, tiles), append(t.rows, row)
		mean[m.name] = session.SpreadOf([]float64{sum / float64(len(production))})
	}
	if len(t.rows) > 0 {
		res.pictures = append(res.pictures, picture{"fig10", g})
	}
	res.tables = append(res.tables, t)
	res.claims = append(res.claims, first("AGUR-Net localises the five parts best on average.", mean, true, "%.3f"))
	res.notes = append(r.standIns(stages), "One part per stage: an illustration, not a measurement.")
	return res
}

func showFig12(r *run) (res result) {
	for _, p := range profiles {
		b := report.Bars{Title: "Time per picture, " + p.title, Y: "ms, median and 95 %"}
		t := table{title: p.title, header: []string{"method"}}
		for _, s := range shapes {
			b.Labels = append(b.Labels, s.title)
			t.header = append(t.header, s.title+": p50", "p95")
		}
		t.header = append(t.header, "prepare", "detect", "judge", "pictures")
		of := map[string]session.Spread{}
		for _, m := range methods {
			f := r.figures(task{timing, m.name, "time/" + p.name, 0, ledger.LastTick})
			if f == nil {
				continue
			}
			series, row := report.Series{Name: m.title}, []string{m.title}
			for _, s := range shapes {
				p50, p95 := value(f, "p50_"+s.name+"_ms"), value(f, "p95_"+s.name+"_ms")
				series.Values, series.Error = append(series.Values, p50), append(series.Error, p95-p50)
				row = append(row, number(p50, "%.1f"), number(p95, "%.1f"))
			}
			for _, stage := range []string{"prepare", "detect", "judge"} {
				row = append(row, number(value(f, "stage_"+stage+"_ms"), "%.1f"))
			}
			t.rows, b.Series = append(t.rows, append(row, number(value(f, "images_all"), "%.0f"))), append(b.Series, series)
			of[m.name] = session.SpreadOf([]float64{value(f, "p50_A_ms")})
		}
		if len(b.Series) > 0 {
			res.pictures = append(res.pictures, picture{"fig12-" + p.name, b})
		}
		res.tables = append(res.tables, t)
		res.claims = append(res.claims, first("AGUR-Net is the fastest on type A, "+p.title+".", of, false, "%.1f ms"))
		res.notes = append(res.notes, r.standIns("time/"+p.name)...)
	}
	res.notes = append(res.notes, fmt.Sprintf(
		"From the file to the verdict, one picture at a time, no history; prepare is decoding and bringing to the network's input, detect the method, judge the thresholds. The paper's times (not drawn: hundreds of ms) stand in the sheet. A defect is line-like when it is more than %d times as long as wide, point-like when it is none and covers less than %.0f %% of the picture.", lineLength, 100*pointArea))
	return res
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

func showTable1(r *run) (res result) {
	b := report.Bars{Title: "AUROC with one abnormal part in ten", Y: "AUROC"}
	t := table{title: "AUROC, one abnormal part in ten (all test parts in brackets)", header: []string{"data", "stands in for"}}
	for _, m := range methods[:4] {
		t.header = append(t.header, m.title, "paper")
		b.Series = append(b.Series, report.Series{Name: m.title})
	}
	macro := map[string][]float64{}
	wins, whole := 0, 0
	var lost []string
	for _, name := range r.table1Subjects() {
		s := r.data.get(name)
		if s.why != "" {
			continue
		}
		row, of := []string{s.Title, s.Stand}, map[string]session.Spread{}
		b.Labels = append(b.Labels, s.Title)
		for k, m := range methods[:4] {
			v := r.over(learn, m.name, []string{name}, ledger.LastTick, "auc10")
			all := r.over(learn, m.name, []string{name}, ledger.LastTick, "image_auroc")
			paper := math.NaN()
			for _, x := range table1 {
				if x.subject == name {
					paper = x.auc[k]
				}
			}
			b.Series[k].Values = append(b.Series[k].Values, float64(v.Mean))
			b.Series[k].Error = append(b.Series[k].Error, float64(v.SD))
			b.Series[k].References = append(b.Series[k].References, paper)
			row = append(row, fmt.Sprintf("%s (%s)", v.Text("%.3f"), number(float64(all.Mean), "%.3f")), number(paper, "%.3f"))
			if v.N > 0 {
				of[m.name] = v
			}
		}
		t.rows = append(t.rows, row)
		if len(of) == 4 {
			whole++
			c := first("", of, true, "%.3f")
			if c.Verdict == session.Reproduced {
				wins++
			} else {
				lost = append(lost, s.Title)
			}
			for m, v := range of {
				macro[m] = append(macro[m], float64(v.Mean))
			}
		}
	}
	if len(b.Labels) > 0 && len(macro) > 0 {
		res.pictures = append(res.pictures, picture{"table1", b})
	}
	means := map[string]session.Spread{}
	row := []string{"*mean of those with all four*", ""}
	for k, m := range methods[:4] {
		sum := 0.
		for _, x := range table1 {
			sum += x.auc[k] / float64(len(table1))
		}
		v := mean(macro[m.name])
		if len(macro[m.name]) > 0 {
			means[m.name] = session.SpreadOf([]float64{v})
		}
		row = append(row, number(v, "%.3f"), fmt.Sprintf("%.3f", sum))
	}
	t.rows = append(t.rows, row)
	res.tables = append(res.tables, t)
	res.claims = append(res.claims, first("AGUR-Net has the highest AUROC on average.", means, true, "%.3f"))
	each := "AGUR-Net has the highest AUROC in every class."
	switch {
	case whole == 0:
		res.claims = append(res.claims, session.Claim{Text: each, Verdict: session.Open, Why: "no class has been measured with all four methods"})
	default:
		why := fmt.Sprintf("in %d of %d", wins, whole)
		if len(lost) > 0 {
			why += "; not on " + strings.Join(lost, ", ")
		}
		res.claims = append(res.claims, judged(each, wins == whole, why))
	}
	res.notes = append(r.standIns(r.table1Subjects()...), fmt.Sprintf("Mean over %d draws of abnormal parts, then mean and deviation over seeds. AUROC does not depend on prevalence: the draws only show how much it varies. Where there are fewer than %d good test parts, the held-out good parts count as such, too.", draws, fewNormals))
	return res
}

func showTable2(r *run) (res result) {
	for i, x := range table2 {
		s := r.data.get(x.subject)
		if s.why != "" {
			res.notes = append(res.notes, r.standIns(x.subject)...)
			continue
		}
		l := report.Lines{Title: "F1 by number of abnormal parts: " + s.Title, X: "abnormal parts, as many good ones", Y: "F1"}
		t := table{title: s.Title, header: []string{"method", ""}}
		for _, n := range counts {
			t.header = append(t.header, fmt.Sprint(n))
		}
		means := map[string]session.Spread{}
		var own []float64
		for k, m := range methods {
			c, ours, theirs := report.Curve{Name: m.title}, []string{m.title, "ours"}, []string{"", "paper, " + x.dataset}
			var all []float64
			for j, n := range counts {
				v := r.over(learn, m.name, []string{x.subject}, ledger.LastTick, fmt.Sprintf("f1_at_%03d", n))
				c.X, c.Mean, c.SD = append(c.X, float64(n)), append(c.Mean, float64(v.Mean)), append(c.SD, float64(v.SD))
				ours, theirs = append(ours, v.Text("%.3f")), append(theirs, fmt.Sprintf("%.3f", x.f1[k][j]))
				if v.N > 0 {
					all = append(all, float64(v.Mean))
				}
			}
			if m.name == "agurnet" {
				own = all
				for j, n := range counts {
					c.References = append(c.References, [2]float64{float64(n), x.f1[k][j]})
				}
			}
			if len(all) == len(counts) {
				means[m.name] = session.SpreadOf([]float64{mean(all)})
			}
			l.Curves, t.rows = append(l.Curves, c), append(t.rows, ours, theirs)
		}
		if len(means) > 0 {
			res.pictures = append(res.pictures, picture{fmt.Sprintf("table2-%c", 'a'+i), l})
		}
		res.tables = append(res.tables, t)
		res.claims = append(res.claims, first("AGUR-Net has the highest F1 on average, on "+s.Title+".", means, true, "%.3f"))
		falls := "AGUR-Net's F1 falls from 50 to 250 abnormal parts, on " + s.Title + "."
		if len(own) == len(counts) {
			res.claims = append(res.claims, judged(falls, own[len(own)-1] < own[0], fmt.Sprintf("%.3f with 50, %.3f with 250", own[0], own[len(own)-1])))
		} else {
			res.claims = append(res.claims, session.Claim{Text: falls, Verdict: session.Open, Why: "not measured"})
		}
		res.notes = append(res.notes, r.standIns(x.subject)...)
	}
	res.notes = append(res.notes, "Abnormal parts are added in order of their defects' area, the largest first; where a set has fewer than 250, n stands for the same share of it.")
	return res
}

func showTable3(r *run) (res result) {
	var rows []session.RowResult
	for _, row := range session.Rows {
		x := session.RowResult{Name: row.Name, Title: row.Title, Control: row.Control != "", Figures: map[string]session.Spread{}}
		values := map[string][]float64{}
		for seed := range uint64(r.budget.Seeds) {
			if f := r.figures(task{ablate, row.Name, ecd, seed, ledger.LastTick}); f != nil {
				x.Seeds++
				for k, v := range f {
					values[k] = append(values[k], v)
				}
			}
		}
		if x.Seeds == 0 {
			continue
		}
		for k, v := range values {
			x.Figures[k] = session.SpreadOf(v)
		}
		rows = append(rows, x)
	}
	t := table{title: r.data.title(ecd), header: []string{"", "", "AUROC", "F1", "precision", "recall", "ms", "seeds"}}
	d := report.Dots{Title: "Ablation on " + r.data.title(ecd), Axis: "image AUROC"}
	for _, x := range rows {
		line := []string{x.Title, "ours"}
		for _, m := range []string{"image_auroc", "f1", "precision", "recall"} {
			line = append(line, x.Figures[m].Text("%.3f"))
		}
		t.rows = append(t.rows, append(line, x.Figures["latency_p50_ms"].Text("%.1f"), fmt.Sprint(x.Seeds)))
		reference := math.NaN()
		if p, ms, ok := session.Published(x.Name); ok {
			reference = float64(p["image_auroc"].Mean)
			line := []string{"", "paper"}
			for _, m := range []string{"image_auroc", "f1", "precision", "recall"} {
				line = append(line, p[m].Text("%.3f"))
			}
			t.rows = append(t.rows, append(line, fmt.Sprintf("%.0f", ms), "5"))
		}
		s := x.Figures["image_auroc"]
		d.Rows = append(d.Rows, report.Dot{Label: x.Title, Mean: float64(s.Mean), SD: float64(s.SD), Reference: reference, Control: x.Control})
	}
	if len(rows) > 0 {
		res.pictures = append(res.pictures, picture{"table3", d})
	}
	res.tables = append(res.tables, t)
	res.claims = append(session.AblationClaims(rows), session.ControlClaim(rows))
	res.notes = r.standIns(ecd)
	return res
}
