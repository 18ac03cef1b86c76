package compare

import (
	"context"

	"agurscope/assets/words"
	"agurscope/nn/anomaly"
	"agurscope/ui/scene"
	"agurscope/ui/session"
	"agurscope/ui/widgets"
	"agurscope/viewer"

	"fyne.io/fyne/v2"
)

// pane is one side's picture of the selected part.
type pane struct {
	view  *viewer.Viewer
	name  *widgets.Text
	badge *widgets.Badge
	root  fyne.CanvasObject
}

func (s *Screen) setLayer(p viewer.Pane) {
	s.layer = p
	words := [3]string{words.T("Heat map"), words.T("Reconstruction"), words.T("Segmentation")}
	for i, q := range []viewer.Pane{viewer.PaneHeat, viewer.PaneReconstruction, viewer.PaneSegmentation} {
		s.layers[i].Set(words[i], p == q)
	}
	for _, x := range s.panes {
		x.view.Enlarge(p)
	}
}

func (s *Screen) clear() {
	s.cur = -1
	s.looked++
	for _, p := range s.panes {
		p.view.SetFrame(viewer.Frame{})
		p.badge.Set("", "")
	}
}

// show inspects a part by both, for their maps.
func (s *Screen) show(i int) {
	if s.cur == i || s.c == nil {
		return
	}
	if s.cancel != nil {
		s.cancel()
	}
	ctx, cancel := context.WithCancel(s.Context())
	s.cur, s.cancel = i, cancel
	s.looked++
	n := s.looked
	pair, rival, r := s.c.Pairs[i], s.rival, s.Session.Recipe()
	own := [2]session.Thresholds{s.c.A.Trial.Now(), s.c.B.Trial.Now()}
	for k, v := range []string{string(pair.A), string(pair.B)} {
		s.panes[k].badge.Set(v, v)
	}
	s.Job(func(context.Context) {
		defer cancel()
		var frames [2]viewer.Frame // of nothing where one cannot be inspected
		var failed error
		for k := range frames {
			by, of := s.Session, r
			if k == 1 && rival != nil {
				by, of = rival, rival.Recipe()
			}
			res, err := by.Preview(ctx, pair.Item)
			if ctx.Err() != nil || of == nil {
				return
			}
			if err != nil {
				failed = err
				continue
			}
			frames[k] = frameBy(by, res, of, own[k])
		}
		s.OnUI(func() {
			if s.looked != n {
				return
			}
			if failed != nil {
				s.Report(failed)
			}
			for k, p := range s.panes {
				p.view.SetFrame(frames[k])
			}
		})
	})
}

// frameBy judges a result by thresholds and prepares it for the viewer.
func frameBy(by *session.Session, res *session.Result, r *anomaly.Recipe, t session.Thresholds) viewer.Frame {
	if res.Prediction != nil && res.Thresholds != t {
		by.RejudgeNow(res, t)
	}
	return scene.Frame(res, r.Calibration)
}
