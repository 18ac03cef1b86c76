package live

import (
	"context"
	"errors"
	"time"

	"agurscope/assets/words"
	"agurscope/datasets/camera"
	"agurscope/datasets/live"
	"agurscope/history"
	"agurscope/nn/anomaly"
	"agurscope/ui/phrase"
	"agurscope/ui/scene"
	"agurscope/ui/session"
	"agurscope/viewer"
)

// run is an inspection of a camera under way.
type run struct {
	src    camera.Source
	cancel context.CancelFunc
	seen   bool            // a picture has come
	took   []time.Duration // latencies of the newest verdicts
	show   chan *session.Result
}

// StartOrStop is the big button and the space bar.
func (s *Screen) StartOrStop() {
	if s.run != nil {
		s.Stop()
		return
	}
	if why := s.missing(); why != "" {
		s.Say(words.T("First %s.", why))
		return
	}
	s.begin()
}

// Stop ends the inspection, if there is one.
func (s *Screen) Stop() {
	if s.run != nil {
		s.run.cancel()
	}
}

func (s *Screen) begin() {
	src, err := s.address.Open()
	if err != nil {
		s.Report(err)
		return
	}
	ctx, cancel := context.WithCancel(s.Context())
	r := &run{src: src, cancel: cancel, show: make(chan *session.Result, 1)}
	s.run, s.state.trouble = r, false
	s.counts.clear()
	s.recent.clear()
	s.banner.SetIdle(words.T("Waiting"))
	s.view.SetFrame(viewer.Frame{}) // nothing from before
	s.say("")
	s.refresh()
	s.Job(func(context.Context) { s.watch(ctx, r) })
	s.Job(func(context.Context) { s.present(ctx, r) })
	s.Job(func(context.Context) {
		defer cancel()
		_, err := s.Session.Inspect(ctx, src, func(res *session.Result) { s.took(r, res) })
		s.OnUI(func() { s.ended(r, err) })
	})
}

// took is called on the goroutine that inspects, after the verdict is on disk.
func (s *Screen) took(r *run, res *session.Result) {
	row := recentRow{at: time.Now(), verdict: res.Final(), index: res.Index, id: res.ID, err: res.Err, latency: res.Latency}
	s.OnUI(func() {
		if s.run != r {
			return
		}
		s.counts.add(row.verdict)
		s.recent.add(row)
		if row.err == nil {
			r.took = append(r.took, row.latency)
			r.took = r.took[max(len(r.took)-keepTook, 0):]
		}
	})
	select { // only the newest is worth drawing
	case <-r.show:
	default:
	}
	r.show <- res
}

// present prepares the newest result for the panes.
func (s *Screen) present(ctx context.Context, r *run) {
	for {
		select {
		case res := <-r.show:
			f := frame(res, s.calibration())
			s.latest.PostLatest(func() {
				if s.run == r {
					s.display(res, f)
				}
			})
		case <-ctx.Done():
			return
		}
	}
}

func (s *Screen) calibration() *anomaly.Calibration {
	if r := s.Session.Recipe(); r != nil {
		return r.Calibration
	}
	return nil
}

// frame is what the panes show of a result.
func frame(res *session.Result, c *anomaly.Calibration) *viewer.Frame {
	if res.Frame.Image == nil {
		return nil
	}
	f := &viewer.Frame{Original: scene.Opaque(res.Frame.Image)}
	if res.Prediction != nil && c != nil {
		t := res.Thresholds
		if m := res.Prediction.Reconstruction; m != nil {
			f.Reconstruction = anomaly.Picture(m)
		}
		f.Map, f.Segmentation = scene.Heat(res.Prediction, t.Mode), scene.Segmentation(res, t)
		f.Low, f.High, f.Max = float32(t.Low), float32(t.High), float32(scene.Scale(c, t.Mode))
	}
	f.Prepare()
	return f
}

// display puts a verdict on the screen.
func (s *Screen) display(res *session.Result, f *viewer.Frame) {
	v := res.Final()
	s.banner.Set(string(v), res.Index)
	var lost *live.LostError
	switch {
	case errors.As(res.Err, &lost):
		s.say(noPictures(lost.Reason))
	case res.Err != nil:
		s.say(phrase.Sentence(res.Err.Error()))
	default:
		s.say(phrase.Doubt(res.Doubt)) // "" for none
	}
	if f != nil {
		s.run.seen = true
		s.view.SetFrame(*f)
	}
	s.refreshMiddle()
}

// watch refreshes the state line while the run lasts, and tells the settings of
// the camera once it is there.
func (s *Screen) watch(ctx context.Context, r *run) {
	tick := time.NewTicker(250 * time.Millisecond)
	defer tick.Stop()
	told := false
	for {
		st := r.src.Status()
		var list []live.Control
		if !told && st.State == live.Streaming {
			list, _ = r.src.Controls() // many kinds have none
			told = true
		}
		s.OnUI(func() {
			if s.run != r {
				return
			}
			s.refreshState()
			s.refreshMiddle()
			if list != nil {
				s.controls.set(list)
			}
			// Nothing that was seen before a loss may pass for what is there now.
			if st.State == live.Lost || st.State == live.Stalled {
				s.banner.Set(string(history.ERROR), nan)
				if r.seen || st.State == live.Stalled { // else the middle says it
					s.say(noPictures(st.Reason))
				}
			}
		})
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// noPictures says why a camera that was there brings none.
func noPictures(reason string) string {
	return phrase.Sentence(words.T("No pictures: %s", words.Retold(reason)))
}

// ended clears up after the run.
func (s *Screen) ended(r *run, err error) {
	if s.run != r {
		return
	}
	s.run = nil
	s.banner.SetIdle(words.T("Stopped"))
	s.say("")
	switch {
	case err == nil:
		s.Say(words.T("The recording has ended."))
	case errors.Is(err, context.Canceled):
		s.Say(words.N(s.counts.total(), "Stopped. %d verdict in the log.", "Stopped. %d verdicts in the log."))
	default:
		s.ReportOf(Title, err)
	}
	s.refresh()
}

// press asks for one picture.
func (s *Screen) press() {
	r := s.run
	if r == nil || r.src.Mode() != live.Software {
		return
	}
	s.Job(func(ctx context.Context) {
		if err := r.src.Trigger(ctx); err != nil {
			s.OnUI(func() { s.Say(phrase.Sentence(err.Error())) })
		}
	})
}
