package lab

import (
	"context"
	"slices"
	"sync"
	"time"

	"agurscope/assets/words"
	"agurscope/nn"
	"agurscope/ui/session"
	"agurscope/ui/session/ledger"
)

// work is what is left of a run, and what is under way of it. Measurements are
// taken in their order; one of time is made with nothing beside it.
type work struct {
	*run
	on    func(Event)
	alone sync.RWMutex // held for reading by what may have others beside it

	mu    sync.Mutex
	todo  []task    // not begun
	doing []*doing  // the one begun first in front
	done  int       // with those found finished
	told  time.Time // when on was last called
}

type doing struct {
	task
	begun time.Time
	stage words.Text
	share float64
}

// tellEvery is how often is told how far measurements are.
const tellEvery = 100 * time.Millisecond

// all makes what is left, on every bench at a time, and returns the error that ended
// it.
func (w *work) all(ctx context.Context) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var benches sync.WaitGroup
	for _, e := range w.benches {
		benches.Go(func() {
			for t, ok := w.next(); ok && ctx.Err() == nil; t, ok = w.next() {
				if err := w.one(ctx, e, t); err != nil {
					stop(err)
				}
			}
		})
	}
	benches.Wait()
	return context.Cause(ctx)
}

func (w *work) next() (t task, ok bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.todo) == 0 {
		return t, false
	}
	t, w.todo = w.todo[0], w.todo[1:]
	return t, true
}

// one makes a measurement and the pages that it belongs to. That it fails is kept
// with the run; the error returned is one that ends all.
func (w *work) one(ctx context.Context, e nn.Engine, t task) error {
	if t.kind.alone() {
		e = w.o.Engine
		w.alone.Lock()
		defer w.alone.Unlock()
	} else {
		w.alone.RLock()
		defer w.alone.RUnlock()
	}
	d := &doing{task: t, begun: time.Now()}
	w.mu.Lock()
	w.doing = append(w.doing, d)
	w.mu.Unlock()
	var f ledger.Figures
	err := ctx.Err()
	if err == nil {
		f, err = bench{w.run, e}.measure(ctx, t, func(stage words.Text, share float64) { w.tell(d, stage, share) })
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err == nil {
		f[ledger.Seconds] = time.Since(d.begun).Seconds()
		if err := w.cells.Add(w.cell(t), f); err != nil {
			return &session.Problem{Op: "keep a measurement", Err: err, Hint: "Free some space; those before it are kept."}
		}
	}
	changed, failed := w.keep(t, err)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.doing = slices.DeleteFunc(w.doing, func(x *doing) bool { return x == d })
	w.done++
	ev := w.event()
	ev.What, ev.Changed, ev.Err = w.describe(t), changed, err
	w.on(ev)
	return failed
}

// keep makes the pages anew that a measurement belongs to, or keeps why it has no
// figures.
func (r *run) keep(t task, why error) (changed []string, err error) {
	r.pages.Lock()
	defer r.pages.Unlock()
	if why != nil {
		r.failed[t] = why
		return nil, nil
	}
	for _, x := range r.chosen {
		if slices.Contains(r.tasksOf(x), t) {
			if _, err := r.publish(x); err != nil {
				return changed, err
			}
			changed = append(changed, x.Name)
		}
	}
	return changed, nil
}

// tell says what a measurement is doing.
func (w *work) tell(d *doing, stage words.Text, share float64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	news := stage != d.stage
	d.stage, d.share = stage, share
	if now := time.Now(); news || now.Sub(w.told) >= tellEvery {
		w.told = now
		w.on(w.event())
	}
}

// event is how far all of it is now.
func (w *work) event() Event {
	e := Event{Done: w.done, Total: len(w.tasks)}
	for _, d := range w.doing {
		e.Doing = append(e.Doing, Doing{w.describe(d.task), d.stage})
	}
	e.Share, e.Remaining = w.forecast()
	return e
}

// weight is what a task costs beside others of its kind and method: half of it is
// training.
func (t task) weight() float64 { return .5 + .5*float64(t.tick)/ledger.LastTick }

// forecast estimates the share that is done and the time that is left. Tasks are
// weighed by what others of their kind and method have taken, or of their kind,
// or any. The time is 0 while it cannot be told; the share then counts tasks.
func (w *work) forecast() (share float64, left time.Duration) {
	if len(w.todo)+len(w.doing) == 0 {
		return 1, 0
	}
	type sum struct{ seconds, weight float64 }
	own, kinds, any := map[[2]string]sum{}, map[kind]sum{}, sum{}
	spent, n := 0., 0
	add := func(t task, seconds float64) {
		w := t.weight()
		k := [2]string{string(t.kind), t.method}
		own[k] = sum{own[k].seconds + seconds, own[k].weight + w}
		kinds[t.kind] = sum{kinds[t.kind].seconds + seconds, kinds[t.kind].weight + w}
		any = sum{any.seconds + seconds, any.weight + w}
	}
	for _, t := range w.tasks {
		if f := w.figures(t); f != nil {
			add(t, f[ledger.Seconds])
			spent, n = spent+f[ledger.Seconds], n+1
		}
	}
	for _, d := range w.doing {
		if d.share > 0 {
			add(d.task, time.Since(d.begun).Seconds()/d.share)
		}
	}
	if any.weight == 0 {
		return float64(n) / float64(n+len(w.todo)+len(w.doing)), 0
	}
	takes := func(t task) float64 {
		s := own[[2]string{string(t.kind), t.method}]
		if s.weight == 0 {
			s = kinds[t.kind]
		}
		if s.weight == 0 {
			s = any
		}
		return s.seconds / s.weight * t.weight()
	}
	var alone, beside float64 // seconds that are left of measurements
	rest := func(t task, seconds float64) {
		if t.kind.alone() {
			alone += seconds
		} else {
			beside += seconds
		}
	}
	for _, t := range w.todo {
		rest(t, takes(t))
	}
	for _, d := range w.doing {
		took, all := time.Since(d.begun).Seconds(), takes(d.task)
		if d.share > 0 {
			all = took / d.share
		}
		spent += took
		rest(d.task, max(all-took, 0))
	}
	left = time.Duration((alone + beside/float64(len(w.benches))) * float64(time.Second))
	return spent / max(spent+alone+beside, 1e-9), left
}
