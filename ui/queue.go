package ui

import (
	"context"

	"agurscope/assets/words"
	"agurscope/datasets"
	"agurscope/history"
	"agurscope/ui/session"
	"agurscope/ui/station"
	"agurscope/ui/widgets"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

// queueRow puts the part on show into the recipe's queue of good parts, from which
// the next training learns, and says how many wait there.
type queueRow struct {
	s      *inspectScreen
	root   fyne.CanvasObject
	button *widgets.Button
	count  *widgets.Text
	in     bool // the part on show is in the queue
	asked  int  // counts questions: only the newest answer counts
}

func newQueueRow(s *inspectScreen) *queueRow {
	q := &queueRow{s: s, count: widgets.NewCaption("")}
	q.count.Elide = widgets.ElideEnd
	q.button = s.w.Tips.NewFlatButton("", theme.ContentAddIcon(), words.T("A good part that was rejected teaches the next training not to. It is copied beside the recipe. (G)"), q.toggle)
	q.root = widgets.Row(8, q.button, widgets.NewSpring(q.count))
	q.show(false, 0)
	return q
}

func (q *queueRow) show(in bool, n int) {
	q.in = in
	q.button.SetText(words.T("Queue as good"))
	q.button.SetIcon(theme.ContentAddIcon())
	if in {
		q.button.SetText(words.T("Queued as good"))
		q.button.SetIcon(theme.ConfirmIcon())
	}
	q.button.SetEnabled(q.s.recipe() != nil && q.s.cur >= 0)
	text := ""
	if n > 0 {
		text = words.N(n, "%d part waits for training", "%d parts wait for training")
	}
	q.count.Set(text)
}

// refresh looks away from Fyne's goroutine whether the part on show is queued.
func (q *queueRow) refresh() {
	r, i := q.s.recipe(), q.s.cur
	q.asked++
	if r == nil || r.Path == "" || i < 0 {
		q.show(false, 0)
		return
	}
	mine, it := q.asked, q.s.parts.items[i]
	q.s.w.Job(func(context.Context) {
		all, err := session.Queued(r.Path)
		in := err == nil && q.s.w.Session.InQueue(it)
		q.s.w.OnUI(func() {
			if mine == q.asked {
				q.show(in, len(all))
			}
		})
	})
}

// toggle queues the part, once it counts as OK, or takes it out.
func (q *queueRow) toggle() {
	i := q.s.cur
	if i < 0 || q.s.recipe() == nil {
		return
	}
	if !q.in && q.s.parts.state[i].final() != history.OK {
		q.s.w.Say(words.T("Only what is OK can be learnt as good: say so first (O)."))
		return
	}
	it, add := q.s.parts.items[i], !q.in
	q.s.w.Need(station.Engineer, func() { q.put(it, add) })
}

// put queues a part or takes it out: what is learnt is the engineer's.
func (q *queueRow) put(it datasets.Item, add bool) {
	q.asked++
	mine := q.asked
	q.s.w.Job(func(ctx context.Context) {
		n, err := q.s.w.Session.Queue(ctx, it, add)
		q.s.w.OnUI(func() {
			if err != nil {
				q.s.w.Report(err)
				return
			}
			q.s.w.train.form.refresh()
			if mine == q.asked {
				q.show(add, n)
			}
		})
	})
}
