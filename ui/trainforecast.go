package ui

import (
	"context"
	"fmt"
	"math"
	"time"

	"agurscope/assets/words"
	"agurscope/nn/anomaly"
	"agurscope/ui/session"
)

// refreshForecast says what the training will need, measured on this machine
// once it is known what the network will see. Nothing is measured while nobody
// looks, or while something else wants the processors.
func (f *trainForm) refreshForecast() {
	t := f.t
	o, _ := f.options()
	p := t.pose.proposal()
	switch {
	case t.set == nil || t.w.Session.Engine() == nil || t.running():
		f.forecast.Set("")
		return
	case p == nil:
		f.forecast.Set(words.T("Time and memory are estimated once it is known how parts lie."))
		return
	}
	n := anomaly.Network{Size: f.size, Width: p.Width, Height: p.Height}
	parts := len(t.set.Train())
	key := fmt.Sprintf("%s %d %d %d %d", f.size, n.Width, n.Height, p.Crop, parts)
	if e, known := f.estimates[key]; known {
		f.forecast.Set(forecastWords(e, o))
		return
	}
	if f.measuring != "" || !t.w.on(trainTitle) || t.w.inspect.run != nil {
		f.forecast.Set("")
		return
	}
	f.measuring = key
	f.forecast.Set(words.T("Measuring a few training steps…"))
	t.w.Job(func(ctx context.Context) {
		e, err := t.w.Session.Estimate(ctx, n, p.Crop, parts)
		t.w.OnUI(func() {
			f.measuring = ""
			f.estimates[key] = e
			if err != nil {
				f.estimates[key] = session.Estimate{} // it will be said when the training begins
			}
			f.refreshForecast()
		})
	})
}

// forecastWords says what a training with these options needs.
func forecastWords(e session.Estimate, o session.TrainOptions) string {
	if e.Step <= 0 {
		return ""
	}
	mb := math.Ceil(float64(e.Memory())/(10<<20)) * 10
	if o.MaxTime > 0 {
		return words.T("enough for about %d steps of %d · up to %.0f MB", roughly(e.Steps(o.MaxTime)), e.Batch, mb)
	}
	return words.T("about %s on this machine · up to %.0f MB", about(e.Time(o.Steps)), mb)
}

// roughly keeps two digits of a number.
func roughly(n int) int {
	unit := 1
	for n/unit >= 100 {
		unit *= 10
	}
	return (n + unit/2) / unit * unit
}

// about says a duration roughly.
func about(d time.Duration) string {
	switch {
	case d < 90*time.Second:
		return fmt.Sprintf("%.0f s", math.Max(1, d.Seconds()))
	case d < 90*time.Minute:
		return words.T("%.0f min", d.Minutes())
	}
	return words.Write("%.1f h", d.Hours())
}
