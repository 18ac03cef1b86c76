package desk

import (
	"context"
	"errors"

	"agurscope/assets/words"
	"agurscope/history"
	"agurscope/ui/session"
)

// GoldenSets reads the golden sets of the history, newest first; without a
// history there are none.
func (d *Desk) GoldenSets(take func([]history.GoldenSet)) {
	store := d.Session.Store()
	if store == nil {
		take(nil)
		return
	}
	d.Job(func(ctx context.Context) {
		var sets []history.GoldenSet
		for g, err := range store.GoldenSets(ctx) {
			if err != nil {
				d.OnUI(func() { d.Report(err) })
				return
			}
			sets = append([]history.GoldenSet{g}, sets...)
		}
		d.OnUI(func() { take(sets) })
	})
}

// Golden puts the pictures of a golden set into its folder and then opens that.
// What is no longer there is said.
func (d *Desk) Golden(g history.GoldenSet, open func(dir string)) {
	store := d.Session.Store()
	d.Job(func(ctx context.Context) {
		dir, missing, err := session.GoldenPictures(ctx, store, g)
		d.OnUI(func() {
			switch {
			case errors.Is(err, context.Canceled):
			case err != nil:
				d.Report(err)
			case missing == len(g.Members):
				d.Report(&session.Problem{Op: "open the golden set", Err: errors.New(words.T("none of the pictures of %q is there any more", g.Name)),
					Hint: words.T("Keep full pictures (Settings, or --keep) of parts that shall be golden.")})
			default:
				open(dir)
				if missing > 0 {
					d.Say(PicturesGone(missing))
				}
			}
		})
	})
}

// PicturesGone says of how many parts of a golden set there is nothing to inspect.
func PicturesGone(n int) string {
	return words.N(n, "The picture of %d part of this set is no longer there.", "The pictures of %d parts of this set are no longer there.")
}
