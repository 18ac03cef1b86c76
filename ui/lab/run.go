package lab

import (
	"context"
	"errors"

	"agurscope/assets/words"
	"agurscope/ui/phrase"
	"agurscope/ui/session/lab"
	"agurscope/ui/widgets"
)

// run measures what is missing.
func (s *Screen) run() {
	if s.stop != nil || s.start.Disabled() {
		return
	}
	o := lab.Options{Data: s.data, Out: s.out, Quick: s.quick, Engine: s.Session.Engine(), Program: s.program}
	for _, name := range lab.Names() {
		if s.chosen[name] {
			o.Experiments = append(o.Experiments, name)
		}
	}
	if !s.chosen[s.on] {
		s.on = o.Experiments[0]
	}
	ctx, cancel := context.WithCancel(s.Context())
	s.stop, s.ending = cancel, false
	s.progress.SetValue(0)
	s.count.Set(words.T("Looking at the data …"))
	s.tell(nil)
	s.renew()
	s.turnTo(s.on)
	s.Job(func(context.Context) {
		defer cancel()
		_, err := lab.Run(ctx, o, func(e lab.Event) {
			s.latest.PostLatest(func() { s.follow(e) })
			if len(e.Changed) > 0 {
				s.OnUI(s.read)
			}
		})
		s.OnUI(func() {
			s.stop = nil
			if err != nil && !errors.Is(err, context.Canceled) {
				s.ReportOf(Title, err)
			}
			s.read()
		})
	})
}

// end stops the run; what is under way ends at its next step.
func (s *Screen) end() {
	s.stop()
	s.ending = true
	s.count.Set(words.T("Stopping …"))
	s.tell(nil)
	s.renew()
}

// follow shows how far the run is.
func (s *Screen) follow(e lab.Event) {
	if s.stop == nil || s.ending {
		return
	}
	s.progress.SetValue(e.Share)
	text := words.T("%d of %d", e.Done, e.Total) + " · " + widgets.Percent(e.Share)
	if e.Remaining > 0 {
		text += " · " + phrase.Remaining(e.Remaining)
	}
	s.count.Set(text)
	s.tell(e.Doing)
}

// mostDoing is how many measurements under way are named.
const mostDoing = 4

// tell names what is under way, each in a line that stays its own until it ends.
func (s *Screen) tell(doing []lab.Doing) {
	doing = doing[:min(len(doing), mostDoing)]
	for len(s.doing.Objects) < len(doing) {
		t := widgets.NewCaption("")
		t.Elide = widgets.ElideEnd
		s.doing.Add(t)
	}
	for i, o := range s.doing.Objects {
		text := ""
		if i < len(doing) {
			text = doing[i].Stage.String() + words.Mark(": ") + doing[i].What.String()
		}
		o.(*widgets.Text).Set(text)
	}
}
