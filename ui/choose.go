package ui

import (
	"context"
	"sync"
	"time"

	"agurscope/assets/words"
	"agurscope/datasets"
	"agurscope/history"
	"agurscope/ui/session"
	"agurscope/viewer"
)

// manualRun is the history's run for parts inspected one by one. It is used by
// the goroutines that inspect.
type manualRun struct {
	mu   sync.Mutex
	run  history.Run
	open bool
}

// stepBy selects another part of the visible list.
func (s *inspectScreen) stepBy(n int) {
	if s.tools.editing() {
		return
	}
	i := s.parts.step(s.cur, n)
	if i < 0 || i == s.cur {
		return
	}
	s.follow = false
	s.choose(i)
	s.highlight()
}

// choose selects item i: it is shown, and inspected first when that has not
// happened yet.
func (s *inspectScreen) choose(i int) {
	if s.choosing != nil {
		s.choosing()
		s.choosing = nil
	}
	s.cur = i
	s.presented = nil
	if old := s.cache.get(i); old != nil {
		s.display(old)
		return
	}
	s.panel.waiting(i)
	ctx, cancel := context.WithCancel(s.w.Context())
	s.choosing = cancel
	gen, item := s.gen, s.parts.items[i]
	// What a run is going to log is only shown now.
	known := s.parts.state[i].verdict != "" || s.run != nil
	ready, cal, set := s.ready(), s.cal(), s.parts.set
	s.w.Job(func(context.Context) {
		defer cancel()
		var res *session.Result
		var err error
		switch {
		case !ready:
			res = &session.Result{}
			res.Frame, res.Err = item.Load()
		case known:
			s.gate.RLock()
			res, err = s.w.Session.Preview(ctx, item)
			s.gate.RUnlock()
		default:
			s.gate.RLock()
			res, err = s.inspectOne(ctx, set, item)
			s.gate.RUnlock()
		}
		var sh *shown
		if res != nil && ctx.Err() == nil {
			sh = newShown(i, res, cal)
		}
		s.w.OnUI(func() { s.chosen(gen, i, res, sh, known || !ready, err) })
	})
}

// inspectOne inspects and logs one item under the run for single parts.
// Of another set than the one that is open now, nothing is logged.
func (s *inspectScreen) inspectOne(ctx context.Context, set *datasets.Set, item datasets.Item) (*session.Result, error) {
	if ctx.Err() != nil || s.w.Session.Set() != set {
		return nil, context.Canceled
	}
	m := &s.manual
	m.mu.Lock()
	if !m.open {
		run, err := s.w.Session.StartRun(s.w.Context(), set.Root)
		if err != nil {
			m.mu.Unlock()
			return nil, err
		}
		m.run, m.open = run, true
	}
	run := m.run
	m.mu.Unlock()
	return s.w.Session.InspectOne(ctx, run, item)
}

// endManual closes the run for single parts, if one is open.
func (s *inspectScreen) endManual() {
	m := &s.manual
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.open {
		m.open = false
		if err := s.w.Session.EndRun(context.WithoutCancel(s.w.Context()), m.run, nil); err != nil {
			s.w.OnUI(func() { s.w.Report(err) })
		}
	}
}

// chosen takes what became of choose.
func (s *inspectScreen) chosen(gen, i int, res *session.Result, sh *shown, logged bool, err error) {
	if gen != s.gen {
		return
	}
	if err != nil && res == nil {
		if s.cur == i && s.w.Context().Err() == nil && !isCancel(err) {
			s.w.Report(err)
			s.panel.idle(i, words.T("Not inspected"))
		}
		return
	}
	if err != nil { // judged, but not written: it does not count
		s.w.Report(err)
		s.panel.idle(i, words.T("Not logged"))
		return
	}
	if !logged {
		s.parts.record(i, res, time.Now())
		s.refreshItems([]int{i})
		s.refreshRun()
	}
	if sh == nil {
		return
	}
	s.cache.put(sh)
	if s.cur == i {
		s.display(sh)
	}
}

// display puts a result on the screen.
func (s *inspectScreen) display(sh *shown) {
	s.on = sh
	cal := s.cal()
	if now := s.w.Session.Thresholds(); sh.res.Prediction != nil && cal != nil && sh.res.Thresholds != now {
		s.w.Session.Rejudge(&s.seg, sh.res, now)
		sh.segment(cal)
	}
	s.view.SetPlaceholder(viewer.PaneReconstruction, s.noReconstruction())
	s.view.SetFrame(sh.frame)
	s.tools.shade()
	s.panel.show(sh)
	s.refreshMiddle()
	s.w.status.setLatency(s.parts.state[sh.item].latency)
}
