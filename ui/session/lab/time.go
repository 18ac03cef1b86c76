package lab

import (
	"cmp"
	"context"
	"fmt"
	"image"
	"math"
	"runtime"
	"slices"
	"time"

	"agurscope/assets/words"
	"agurscope/datasets"
	"agurscope/history"
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
		t.header = append(t.header, "all: p50")
		t.header = append(append(t.header, stageNames...), "pictures")
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
			row = append(row, number(value(f, "p50_all_ms"), "%.1f"))
			for _, stage := range stageNames {
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
		"From the file to the verdict, one picture at a time, no history, all %d processors: decode reads the file, prepare brings it upright and to the network's input, detect is the method, judge the thresholds and regions. The stages are means of the pictures whose time is in the middle half, so that they add up. The paper's times (not drawn: hundreds of ms) stand in the sheet. A defect is line-like when it is more than %d times as long as wide, point-like when it is none and covers less than %.0f %% of the picture.", runtime.NumCPU(), lineLength, 100*pointArea))
	return res
}

// stageNames are what a picture's time is spent on.
var stageNames = []string{"decode", "prepare", "detect", "judge"}

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
		var all []timed
		total := r.budget.WarmUp + len(items)
		for i := range total {
			it := items[(i-r.budget.WarmUp+total*len(items))%len(items)]
			mask := it.MaskPath
			it.MaskPath = "" // a station has none to read
			begun := time.Now()
			res, err := s.Preview(ctx, it)
			took := time.Since(begun)
			if err != nil {
				return err
			}
			if res.Err != nil {
				return res.Err
			}
			on(stageTiming, trainingShare+(1-trainingShare)*float64(i+1)/float64(total))
			if i < r.budget.WarmUp || mask == "" {
				continue
			}
			truth, err := datasets.DecodeMask(mask)
			if err != nil {
				return err
			}
			all = append(all, timed{shapeOf(truth), took, res.Stages})
		}
		f = times(all)
		return nil
	})
	return f, err
}

// timed is what a picture took.
type timed struct {
	shape  string
	took   time.Duration
	stages history.Stages
}

// times are the medians and 95 % of pictures by shape, and what those in the middle
// half were spent on: means, because medians of stages do not add up to one of all.
func times(all []timed) ledger.Figures {
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	took := map[string][]float64{}
	for _, x := range all {
		took[x.shape], took["all"] = append(took[x.shape], ms(x.took)), append(took["all"], ms(x.took))
	}
	f := ledger.Figures{}
	for shape, v := range took {
		f["p50_"+shape+"_ms"], f["p95_"+shape+"_ms"], f["images_"+shape] = metrics.Quantile(v, .5), metrics.Quantile(v, .95), float64(len(v))
	}
	all = slices.SortedFunc(slices.Values(all), func(a, b timed) int { return cmp.Compare(a.took, b.took) })
	middle := all[len(all)/4 : len(all)-len(all)/4]
	for _, x := range middle {
		for _, g := range x.stages {
			f["stage_"+g.Name+"_ms"] += ms(g.Took) / float64(len(middle))
		}
	}
	return f
}
