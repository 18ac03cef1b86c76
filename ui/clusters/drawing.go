package clusters

import (
	"context"
	"errors"
	"slices"

	"agurscope/assets/words"
	"agurscope/history"
	"agurscope/ui/session"
)

// begin draws a map.
func (s *Screen) begin() {
	if s.stop != nil || s.Session.Store() == nil {
		return
	}
	ctx, stop := context.WithCancel(s.Context())
	s.stop = stop
	s.draw.Disable()
	s.progress.SetValue(0)
	s.stage.Set("")
	s.doing.Show()
	s.present(s.all)
	s.Job(func(context.Context) {
		defer stop()
		_, err := s.Session.DrawMap(ctx, session.MapOptions{On: func(p session.MapProgress) {
			s.latest.PostLatest(func() { s.report(p) })
		}})
		var m *history.Map
		if err == nil {
			m, err = s.Session.Map(ctx)
		}
		s.OnUI(func() { s.drawn(m, err) })
	})
}

func (s *Screen) report(p session.MapProgress) {
	if s.stop == nil {
		return
	}
	s.stage.Set(stageWords[p.Stage].String())
	if p.Of > 0 {
		s.progress.SetValue(float64(p.Done) / float64(p.Of))
	}
}

var stageWords = map[string]words.Text{
	"reading": words.Text("Reading parts"), "neighbours": words.Text("Comparing parts"), "layout": words.Text("Laying out"), "clusters": words.Text("Finding clusters"),
}

func (s *Screen) drawn(m *history.Map, err error) {
	s.stop = nil
	s.doing.Hide()
	s.draw.Enable()
	switch {
	case errors.Is(err, context.Canceled):
		s.Say(words.T("The map was left as it was."))
		s.load()
	case err != nil:
		s.ReportOf(Title, err)
		s.load()
	default:
		s.use(m, false)
		s.Say(words.N(len(m.Points), "The map holds %d part.", "The map holds %d parts."))
	}
}

// place is told of a part that was put into the map, away from the window.
func (s *Screen) place(p session.Placed) {
	s.mu.Lock()
	first := len(s.placed) == 0
	s.placed = append(s.placed, p)
	s.mu.Unlock()
	if first {
		s.OnUI(s.showPlaced)
	}
}

func (s *Screen) showPlaced() {
	s.mu.Lock()
	placed := s.placed
	s.placed = nil
	s.mu.Unlock()
	if s.m == nil || !s.shown {
		return
	}
	known := map[int64]bool{}
	for _, p := range s.m.Points {
		known[p.Verdict] = true
	}
	last := -1
	for _, p := range placed {
		if p.Map != s.m.ID || known[p.Verdict] {
			continue
		}
		last = len(s.m.Points)
		s.m.Points = append(s.m.Points, p.MapPoint)
		for k := range s.m.Clusters {
			if c := &s.m.Clusters[k]; p.Cluster != 0 && c.ID == p.Cluster {
				at, _ := slices.BinarySearch(c.Members, p.Verdict) // they are in order
				c.Members = slices.Insert(slices.Clip(c.Members), at, p.Verdict)
			}
		}
	}
	if last < 0 {
		return
	}
	s.recolour(true)
	if s.chosen != nil {
		s.light() // what a person chose, and the name being typed, stay
	}
	s.scatter.Choose(last)
	s.heading()
	s.list.Refresh()
	s.tell()
}
