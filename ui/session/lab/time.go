package lab

import (
	"context"
	"fmt"
	"image"
	"math"
	"slices"
	"time"

	"agurscope/assets/words"
	"agurscope/datasets"
	"agurscope/nn/metrics"
	"agurscope/ui/report"
	"agurscope/ui/session"
	"agurscope/ui/session/ledger"
)

func timeTasks(r *run) (out []task) {
	for _, p := range profiles {
		for _, m := range methods {
			out = append(out, task{timing, m.name, "time/" + p.name, 0, ledger.LastTick})
		}
	}
	return out
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
			res.pictures = append(res.pictures, picture{"fig12-" + p.name, words.Plain(p.title), b})
		}
		res.tables = append(res.tables, t)
		res.claims = append(res.claims, shown(words.Text("AGUR-Net is the fastest on type A, %s.").With(p.title), of, false, "%.1f ms"))
		res.notes = append(res.notes, r.standIns("time/"+p.name)...)
	}
	res.notes = append(res.notes, fmt.Sprintf(
		"From the file to the verdict, one picture at a time, no history; prepare is decoding and bringing to the network's input, detect the method, judge the thresholds. The paper's times (not drawn: hundreds of ms) stand in the sheet. A defect is line-like when it is more than %d times as long as wide, point-like when it is none and covers less than %.0f %% of the picture.", lineLength, 100*pointArea))
	return res
}

// timedSteps is how long is learnt where only time is measured: weights do not
// change what a picture takes.
const timedSteps = 10

// shapes are the paper's types of defects, told by the form of the mask.
var shapes = []struct{ name, title string }{{"A", "A, point-like"}, {"B", "B, line-like"}, {"C", "C, area-like"}}

// The paper says what its types look like, not where they end.
const (
	pointArea  = 0.01 // of the picture; 0.1 % would leave no drawn defect
	lineLength = 4    // times its width
)

// shapeOf tells the type of a defect.
func shapeOf(mask *image.Gray) string {
	var n, sx, sy, sxx, sxy, syy float64
	b := mask.Bounds()
	for y := range b.Dy() {
		for x := range b.Dx() {
			if mask.Pix[y*mask.Stride+x] >= 128 {
				fx, fy := float64(x), float64(y)
				n, sx, sy, sxx, sxy, syy = n+1, sx+fx, sy+fy, sxx+fx*fx, sxy+fx*fy, syy+fy*fy
			}
		}
	}
	if n == 0 {
		return ""
	}
	vx, vy, c := sxx/n-sx*sx/n/n+1./12, syy/n-sy*sy/n/n+1./12, sxy/n-sx*sy/n/n
	d := math.Sqrt((vx-vy)*(vx-vy)/4 + c*c)
	switch long, short := (vx+vy)/2+d, (vx+vy)/2-d; {
	case math.Sqrt(long/max(short, 1e-9)) > lineLength:
		return "B"
	case n/float64(b.Dx()*b.Dy()) < pointArea:
		return "A"
	default:
		return "C"
	}
}

// time measures picture by picture, from the file to the verdict.
func (r bench) time(ctx context.Context, t task, on watcher) (f ledger.Figures, err error) {
	err = r.trained(ctx, t, r.budget.Timed, timedSteps, on, func(s *session.Session, set *datasets.Set) error {
		items := slices.DeleteFunc(labelled(set), func(it datasets.Item) bool { return it.Label != datasets.Anomalous })
		took, stages := map[string][]float64{}, map[string][]float64{}
		total := r.budget.WarmUp + len(items)
		for i := range total {
			it := items[(i-r.budget.WarmUp+total*len(items))%len(items)]
			begun := time.Now()
			res, err := s.Preview(ctx, it)
			ms := float64(time.Since(begun).Microseconds()) / 1000
			if err != nil {
				return err
			}
			if res.Err != nil {
				return res.Err
			}
			on(stageTiming, trainingShare+(1-trainingShare)*float64(i+1)/float64(total))
			if i < r.budget.WarmUp || res.Frame.Mask == nil {
				continue
			}
			shape := shapeOf(res.Frame.Mask)
			took[shape], took["all"] = append(took[shape], ms), append(took["all"], ms)
			for _, g := range res.Stages {
				stages[g.Name] = append(stages[g.Name], float64(g.Took.Microseconds())/1000)
			}
		}
		f = ledger.Figures{}
		for shape, v := range took {
			f["p50_"+shape+"_ms"], f["p95_"+shape+"_ms"], f["images_"+shape] = metrics.Quantile(v, .5), metrics.Quantile(v, .95), float64(len(v))
		}
		for name, v := range stages {
			f["stage_"+name+"_ms"] = metrics.Quantile(v, .5)
		}
		return nil
	})
	return f, err
}
