package calibrate

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"agurscope/datasets"
	"agurscope/ui/session"

	"fyne.io/fyne/v2"
)

// BenchmarkDragToMatrix is a move of the reject line over 10,000 scored parts:
// from the pointer's event to matrix, rates, curves and tables, drawn by the
// software painter. p95 is to stay under 50 ms.
func BenchmarkDragToMatrix(b *testing.B) {
	h := newStation(b)
	h.Show()
	rng := rand.New(rand.NewPCG(1, 1))
	r := h.Session.Recipe()
	p := session.HeldBack(r)
	p.Parts = nil
	for i := range 10_000 {
		s := session.Scored{Item: datasets.Item{Name: "x"}, Score: .2 + .08*rng.NormFloat64(), Truth: session.TruthGood}
		if i%10 == 0 {
			s.Truth, s.Score, s.Item.Type = session.TruthDefect, .6+.15*rng.NormFloat64(), string(rune('a'+i/10%6))
		}
		p.Parts = append(p.Parts, s)
	}
	h.trial = session.NewTrial(p, session.Saved(r), h.Session.Thresholds())
	h.fresh()
	h.Window.Canvas().Capture()
	at := h.hist.Place(h.hist.Line(1))
	var took []time.Duration
	b.ResetTimer()
	for i := range b.N {
		d := float32(3)
		if i/40%2 == 1 {
			d = -3
		}
		at += d
		began := time.Now()
		h.hist.Dragged(&fyne.DragEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(at, 60)}, Dragged: fyne.NewDelta(d, 0)})
		took = append(took, time.Since(began))
	}
	b.StopTimer()
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)*95/100].Microseconds())/1000, "p95-ms")
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
}
