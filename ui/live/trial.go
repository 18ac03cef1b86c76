package live

import (
	"context"
	"errors"

	"agurscope/assets/words"
	"agurscope/datasets/camera"
	"agurscope/datasets/live"
	"agurscope/ui/phrase"
	"agurscope/ui/scene"
	"agurscope/viewer"
)

// toggleTest tries the camera, or stops trying.
func (s *Screen) toggleTest() {
	switch {
	case s.testing != nil:
		s.stopTest()
		return
	case s.address == nil || s.run != nil:
		return
	}
	src, err := s.address.Open()
	if err != nil {
		s.Report(err)
		return
	}
	ctx, cancel := context.WithCancel(s.Context())
	s.testing, s.sample, s.state.trouble = cancel, nil, false
	s.banner.SetIdle(words.T("Testing"))
	s.view.SetFrame(viewer.Frame{}) // nothing from before
	a := s.address
	s.refresh()
	s.Job(func(context.Context) {
		defer cancel()
		m, err := camera.Try(ctx, src, true)
		var f viewer.Frame
		if err == nil {
			f.Original = scene.Opaque(m.Frame.Image)
			f.Prepare()
		}
		s.OnUI(func() { s.tested(a, m, f, err) })
	})
}

func (s *Screen) stopTest() {
	if s.testing != nil {
		s.testing()
	}
}

func (s *Screen) tested(a *camera.Address, m *camera.Sample, f viewer.Frame, err error) {
	s.testing = nil
	if s.address != a {
		s.refresh()
		return
	}
	switch {
	case errors.Is(err, context.Canceled):
		s.state.trouble = false
		s.banner.SetIdle(words.T("Not inspected"))
	case err != nil:
		var lost *live.LostError
		reason := err.Error()
		if errors.As(err, &lost) {
			reason = lost.Reason
		}
		s.state.fail(words.T("Test failed"), phrase.Sentence(reason))
		s.banner.SetIdle(words.T("No picture"))
		s.say("")
	default:
		s.sample = m
		s.view.SetFrame(f)
		s.controls.set(m.Controls)
		s.banner.SetIdle(words.T("Not inspected"))
		s.say("")
	}
	s.refresh()
}
