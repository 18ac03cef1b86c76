package ui

import (
	"context"
	"errors"
	"iter"
	"path/filepath"
	"sync"
	"time"

	"agurscope/assets/words"
	"agurscope/datasets"
	"agurscope/ui/desk"
	"agurscope/ui/phrase"
	"agurscope/ui/session"
)

// runAll is one run over many parts.
type runAll struct {
	cancel context.CancelFunc
	pause  *pauser
	total  int
	done   int
	since  time.Time
	paused time.Time     // when the pause began
	idle   time.Duration // spent in pauses
}

// toggle pauses, or goes on.
func (r *runAll) toggle() {
	if r.pause.on() {
		r.idle += time.Since(r.paused)
		r.pause.set(false)
		return
	}
	r.paused = time.Now()
	r.pause.set(true)
}

// pauser holds a run between two parts.
type pauser struct {
	mu sync.Mutex
	ch chan struct{} // closed when the pause ends; nil while running
}

func (p *pauser) on() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.ch != nil
}

func (p *pauser) set(on bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case on && p.ch == nil:
		p.ch = make(chan struct{})
	case !on && p.ch != nil:
		close(p.ch)
		p.ch = nil
	}
}

// wait returns when there is no pause, or when ctx ends.
func (p *pauser) wait(ctx context.Context) {
	p.mu.Lock()
	ch := p.ch
	p.mu.Unlock()
	if ch == nil {
		return
	}
	select {
	case <-ch:
	case <-ctx.Done():
	}
}

// chosenItems is a source over some items of a set, each with its place in the
// set as Seq.
type chosenItems struct {
	name  string
	items []datasets.Item
	which []int
}

// Name implements datasets.Source.
func (c chosenItems) Name() string { return c.name }

// Live implements datasets.Source.
func (c chosenItems) Live() bool { return false }

// Frames implements datasets.Source.
func (c chosenItems) Frames(ctx context.Context) iter.Seq2[datasets.Frame, error] {
	return func(yield func(datasets.Frame, error) bool) {
		for _, i := range c.which {
			if ctx.Err() != nil {
				return
			}
			f, err := c.items[i].Load()
			f.Seq = uint64(i)
			if !yield(f, err) {
				return
			}
		}
	}
}

// resultBatch carries results from the engine's goroutine: each of them counts,
// so they are gathered, and only the crossing is coalesced.
type resultBatch struct {
	flush desk.Latest
	mu    sync.Mutex
	list  []arrived
}

type arrived struct {
	res *session.Result
	at  time.Time
}

func (b *resultBatch) add(res *session.Result, take func([]arrived)) {
	b.mu.Lock()
	b.list = append(b.list, arrived{res, time.Now()})
	b.mu.Unlock()
	b.flush.PostLatest(func() { take(b.taken()) })
}

func (b *resultBatch) taken() []arrived {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := b.list
	b.list = nil
	return out
}

// runOrPause is the space bar.
func (s *inspectScreen) runOrPause() {
	switch {
	case s.tools.editing():
	case s.run != nil:
		s.run.toggle()
		s.refreshRun()
		s.refreshProgress()
	case s.ready() && s.parts.len() > 0:
		s.startRun()
	default:
		s.w.status.say(words.T("First %s.", s.missing()))
	}
}

// startRun inspects what has no verdict yet, or everything again.
func (s *inspectScreen) startRun() {
	which := s.parts.pending()
	if len(which) == 0 {
		s.parts.forget()
		s.refreshList()
		which = s.parts.pending()
	}
	ctx, cancel := context.WithCancel(s.w.Context())
	r := &runAll{cancel: cancel, pause: &pauser{}, total: len(which), since: time.Now()}
	s.run, s.follow = r, true
	gen := s.gen
	src := chosenItems{filepath.Base(s.parts.set.Root), s.parts.items, which}
	take := func(list []arrived) { s.arrived(gen, r, list) }
	s.refreshRun()
	s.refreshProgress()
	s.w.Job(func(context.Context) {
		defer cancel()
		s.gate.RLock()
		_, err := s.w.Session.Inspect(ctx, src, func(res *session.Result) {
			s.results.add(res, take)
			r.pause.wait(ctx)
		})
		s.gate.RUnlock()
		s.w.OnUI(func() {
			s.arrived(gen, r, s.results.taken())
			s.runEnded(gen, r, err)
		})
	})
}

// arrived records results and shows the newest one.
func (s *inspectScreen) arrived(gen int, r *runAll, list []arrived) {
	if gen != s.gen || len(list) == 0 {
		return
	}
	items := make([]int, len(list))
	for k, a := range list {
		items[k] = int(a.res.Frame.Seq)
		s.parts.record(items[k], a.res, a.at)
		r.done++
	}
	newest := list[len(list)-1].res
	s.refreshItems(items)
	s.refreshProgress()
	s.w.status.setLatency(newest.Latency)
	if s.follow && s.run == r {
		s.present(int(newest.Frame.Seq), newest)
	}
}

// presentation is a result waiting to be prepared for showing.
type presentation struct {
	item int
	res  *session.Result
}

// present shows a result of the run; a newer one replaces one that waits.
func (s *inspectScreen) present(i int, res *session.Result) {
	s.presented = &presentation{i, res}
	if !s.preparing {
		s.prepareNext()
	}
}

func (s *inspectScreen) prepareNext() {
	p, gen, cal := s.presented, s.gen, s.cal()
	if p == nil {
		return
	}
	s.presented, s.preparing = nil, true
	s.w.Job(func(context.Context) {
		sh := newShown(p.item, p.res, cal)
		s.w.OnUI(func() {
			s.preparing = false
			if gen == s.gen {
				s.cache.put(sh)
				if s.follow {
					s.cur = sh.item
					s.display(sh)
					s.highlight()
				}
			}
			s.prepareNext()
		})
	})
}

// runEnded clears up after the run.
func (s *inspectScreen) runEnded(gen int, r *runAll, err error) {
	if s.run == r {
		s.run = nil
	}
	if gen != s.gen {
		return
	}
	s.progressRow.Hide()
	s.refreshRun()
	switch {
	case err == nil:
		s.w.status.say(words.N(r.done, "%d part inspected in %.1f s", "%d parts inspected in %.1f s", (time.Since(r.since) - r.idle).Seconds()))
	case isCancel(err):
		s.w.status.say(words.T("Stopped after %d of %d. What was inspected is in the log.", r.done, r.total))
	default:
		s.w.ReportOf(inspectTitle, err)
	}
	s.w.tidy()
	s.w.scriptRunEnded()
}

// stopRun ends the run, if there is one.
func (s *inspectScreen) stopRun() {
	if s.run != nil {
		s.run.cancel()
		s.run.pause.set(false)
	}
}

// refreshProgress shows how far the run is.
func (s *inspectScreen) refreshProgress() {
	r := s.run
	if r == nil {
		s.progressRow.Hide()
		return
	}
	s.progress.SetValue(float64(r.done) / float64(max(r.total, 1)))
	text := words.T("%d of %d", r.done, r.total)
	switch {
	case r.pause.on():
		text += " · " + words.T("paused")
	case r.done > 0 && r.done < r.total:
		each := (time.Since(r.since) - r.idle) / time.Duration(r.done)
		text += " · " + phrase.Remaining(each*time.Duration(r.total-r.done))
	}
	s.progressText.Set(text)
	s.progressRow.Show()
}

func isCancel(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// inspectAgain gives a part whose file has been mended another verdict.
func (s *inspectScreen) inspectAgain(i int) {
	s.cache.remove(i)
	s.parts.state[i] = part{}
	s.parts.unlog(i)
	s.parts.refilter(i)
	s.refreshList()
	s.choose(i)
}
