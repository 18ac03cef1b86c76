package lab

import (
	"fmt"
	"math"

	"agurscope/assets/words"
	"agurscope/ui/report"
	"agurscope/ui/session"
	"agurscope/ui/session/ledger"
)

func table3Tasks(r *run) (out []task) {
	for _, k := range []kind{ablate, rowTime} {
		for _, row := range session.Rows {
			out = append(out, r.seeds(k, row.Name, ecd, ledger.LastTick)...)
		}
	}
	return out
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
		for _, k := range []string{"latency_p50_ms", "latency_p95_ms"} {
			x.Figures[k] = r.over(rowTime, row.Name, []string{ecd}, ledger.LastTick, k)
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
		res.pictures = append(res.pictures, picture{"table3", words.Said{}, d})
	}
	res.tables = append(res.tables, t)
	res.claims = append(session.AblationClaims(rows), session.ControlClaim(rows))
	res.notes = append(r.standIns(ecd), fmt.Sprintf(
		"ms is the median of one picture, %s, with nothing beside it, by a row that has learnt for %d steps: weights do not change what a picture takes.",
		r.engineOf(rowTime).Describe(), timedSteps))
	return res
}
