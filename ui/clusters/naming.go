package clusters

import (
	"context"
	"slices"
	"strings"

	"agurscope/assets/words"
	"agurscope/history"
	"agurscope/ui/session"
	"agurscope/ui/station"
)

// nameIt keeps the selection under the name that was typed.
func (s *Screen) nameIt() {
	name := strings.TrimSpace(s.name.Text)
	if s.m == nil || s.chosen == nil || name == "" {
		s.Say(words.T("Type a name first."))
		return
	}
	store, id, user := s.Session.Store(), s.m.ID, s.User()
	var rename int64
	c := &history.Cluster{Kind: history.NamedCluster, Name: name, Author: user}
	if s.which >= 0 {
		rename = s.m.Clusters[s.which].ID
	} else {
		for _, i := range s.chosen {
			c.Members = append(c.Members, s.m.Points[i].Verdict)
		}
		slices.Sort(c.Members)
	}
	s.need(func(ctx context.Context) error {
		if rename != 0 {
			return store.NameCluster(ctx, rename, name, user)
		}
		return store.AddCluster(ctx, id, c)
	}, words.T("%q is kept.", name))
}

func (s *Screen) dropIt() {
	if s.m == nil || s.which < 0 {
		return
	}
	store, id := s.Session.Store(), s.m.Clusters[s.which].ID
	s.need(func(ctx context.Context) error { return store.DropCluster(ctx, id) }, words.T("The cluster is gone; its parts stay."))
}

// need writes once whoever is at the station may: what parts are called is the
// engineer's.
func (s *Screen) need(do func(context.Context) error, done string) {
	s.Need(station.Engineer, func() { s.write(do, done) })
}

// write changes clusters and shows the map anew, by cluster.
func (s *Screen) write(do func(context.Context) error, done string) {
	s.Window.Canvas().Unfocus()
	s.Job(func(ctx context.Context) {
		err := do(ctx)
		var m *history.Map
		if err == nil {
			m, err = s.Session.Map(ctx)
		}
		s.OnUI(func() {
			if err != nil {
				s.Report(err)
				return
			}
			s.by = session.ByCluster
			s.colours.Selected = colourNames()[slices.Index(session.MapColours, s.by)]
			s.colours.Refresh()
			s.use(m, true)
			s.Say(done)
		})
	})
}
