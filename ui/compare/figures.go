package compare

import (
	"fmt"

	"agurscope/assets/words"
	"agurscope/themes"
	"agurscope/ui/session"
	"agurscope/ui/widgets"

	"fyne.io/fyne/v2"
)

// figures compares two sides in numbers.
type figures struct {
	root  *fyne.Container
	cells [6][2]*widgets.Text
}

func newFigures(t *widgets.Tips) *figures {
	f := &figures{root: widgets.Rows(4)}
	columns := []float32{2, 1, 1}
	f.root.Add(widgets.Columns(columns, widgets.NewHeading(words.T("In numbers")), caption(words.T("this")), caption(words.T("other"))))
	for i, l := range []struct{ name, tip string }{
		{words.T("judged rightly"), words.T("Good parts that are OK and defective ones that are NG, of all labelled parts; in a golden set, parts with the verdict that they were put there with")},
		{words.T("false rejects"), words.T("Share of good parts that are NG")},
		{words.T("escapes"), words.T("Share of defective parts that are OK")},
		{words.T("to a person"), words.T("Share of parts in the REVIEW band")},
		{"AUROC", words.T("How well the scores tell defective from good parts, whatever the thresholds")},
		{words.T("latency p50 · p95, ms"), words.T("Time from file to verdict while scoring, in milliseconds")},
	} {
		name := widgets.NewText(l.name)
		name.Elide = widgets.ElideEnd
		for k := range f.cells[i] {
			f.cells[i][k] = widgets.NewStyled(&widgets.Text{Text: "–", Align: fyne.TextAlignCenter, Elide: widgets.ElideEnd})
		}
		f.root.Add(widgets.Columns(columns, t.Over(name, l.tip), f.cells[i][0], f.cells[i][1]))
	}
	return f
}

func (f *figures) set(c *session.Comparison) {
	if c == nil {
		for _, row := range f.cells {
			for _, t := range row {
				t.Set("–")
				t.SetColor("")
			}
		}
		return
	}
	var values [6][2]float64
	for k, s := range []*session.Side{&c.A, &c.B} {
		of := func(i int, p session.Proportion) {
			text := "–"
			values[i][k] = p.Share()
			if p.N > 0 {
				text = widgets.Percent(p.Share())
			}
			f.cells[i][k].Text = text
		}
		of(0, s.Rightly)
		of(1, s.FalseRejects())
		of(2, s.Escapes())
		of(3, s.Reviews())
		values[4][k], values[5][k] = s.AUROC, float64(s.Latency.P50)
		f.cells[4][k].Text = figure(s.AUROC)
		f.cells[5][k].Text = fmt.Sprintf("%.0f · %.0f", float64(s.Latency.P50), float64(s.Latency.P95))
	}
	for i, row := range f.cells {
		better := i == 0 || i == 4 // more is better
		for k, t := range row {
			mine, other := values[i][k], values[i][1-k]
			t.Style.Bold = mine != other && (mine > other) == better
			t.ColorName = ""
			if t.Style.Bold {
				t.ColorName = themes.ColorNameOK
			}
			t.Refresh()
		}
	}
}

func figure(v float64) string {
	if v != v {
		return "–"
	}
	return words.Write("%.3f", v)
}
