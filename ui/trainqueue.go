package ui

import (
	"agurscope/assets/words"
	"agurscope/ui/session"
	"agurscope/ui/widgets"
)

// trainQueue is the choice to learn from the queue of the open recipe, too.
type trainQueue struct {
	t     *trainScreen
	check *widgets.Check
	on    bool
	path  string // recipe whose queue it is
}

func newTrainQueue(t *trainScreen) *trainQueue {
	q := &trainQueue{t: t, on: true}
	q.check = t.w.Tips.NewCheck("", words.T("Parts that were accepted as good on the Inspect screen and queued there. All of them teach; none is kept back for the thresholds, for somebody has picked them."),
		func(on bool) { q.on = on })
	q.check.Hide()
	return q
}

// refresh offers the queue of the open recipe, if something waits in it.
func (q *trainQueue) refresh() {
	q.path = ""
	if r := q.t.w.Session.Recipe(); r != nil {
		q.path = r.Path
	}
	all, err := session.Queued(q.path)
	q.check.Hidden = err != nil || len(all) == 0
	if q.check.Hidden {
		q.path = ""
		return
	}
	q.check.SetText(words.N(len(all), "Learn the %d part that is queued as good, too", "Learn the %d parts that are queued as good, too"))
	q.check.Set(q.on, !q.t.running())
}

// recipe is whose queue the training learns from, "" for none.
func (q *trainQueue) recipe() string {
	if !q.on {
		return ""
	}
	return q.path
}
