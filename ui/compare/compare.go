// Package compare is the screen that sets two recipes, or a recipe and its own
// calibration, beside each other on the same parts: where they disagree, what
// each gets right, and how long each takes.
package compare

import (
	"context"
	"errors"
	"path/filepath"
	"strings"

	"agurscope/assets/words"
	"agurscope/datasets"
	"agurscope/ui/desk"
	"agurscope/ui/phrase"
	"agurscope/ui/session"
	"agurscope/ui/thumb"
	"agurscope/ui/widgets"
	"agurscope/viewer"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
)

// Title names the screen.
const Title = "Compare"

// Screen implements desk.Screen.
type Screen struct {
	desk.Quiet
	*desk.Desk
	body  *fyne.Container
	all   fyne.CanvasObject
	shown bool

	path   string           // of the other recipe; "" for this one as calibrated
	rival  *session.Session // nil for this one as calibrated
	c      *session.Comparison
	pass   *session.Pass // that c was made of
	with   session.Thresholds
	rows   []int // pairs on show
	only   bool  // those that differ alone
	cur    int   // pair, -1 for none
	looked int   // pairs so far: pictures of an older one that come late are dropped
	cancel context.CancelFunc
	asked  bool               // the rival's turn comes when this recipe has scored
	job    context.CancelFunc // of the rival's pass
	now    session.Progress
	flush  desk.Latest

	pick     *widgets.Picker // the other recipe
	parts    *widgets.Picker // the set that both judge
	start    *widgets.Button
	progress *desk.ScoringRow
	text     *widgets.Text
	chips    [2]*widgets.Chip
	list     *widgets.List
	none     *widgets.Text
	thumbs   *thumb.Thumbs
	seen     desk.Latest
	panes    [2]*pane
	layers   [3]*widgets.Chip
	layer    viewer.Pane
	figures  *figures
}

// New returns the screen.
func New(d *desk.Desk) *Screen {
	s := &Screen{Desk: d, body: container.NewStack(), only: true, cur: -1, layer: viewer.PaneSegmentation}
	s.flush.Thread, s.seen.Thread = d.Thread, d.Thread
	s.thumbs = thumb.New(func(int) { s.seen.PostLatest(func() { s.list.Refresh() }) })
	d.Job(s.thumbs.Run)
	s.figures = newFigures(d.Tips)
	s.all = s.compose()
	d.Scoring.Watch(func() {
		if s.shown {
			s.renew()
		}
	})
	// The rival's network is freed with the window.
	d.Job(func(ctx context.Context) {
		<-ctx.Done()
		s.drop()
	})
	return s
}

// drop frees the rival's network.
func (s *Screen) drop() {
	if s.rival != nil {
		_ = s.rival.Close() // it has no store: nothing can be lost
		s.rival = nil
	}
}

// Title implements desk.Screen.
func (s *Screen) Title() string { return Title }

// Content implements desk.Screen.
func (s *Screen) Content() fyne.CanvasObject { return s.body }

// Show implements desk.Screen.
func (s *Screen) Show() {
	s.shown = true
	s.renew()
}

// Hide implements desk.Screen.
func (s *Screen) Hide() { s.shown = false }

// Changed implements desk.Screen.
func (s *Screen) Changed() {
	if s.shown {
		s.renew()
	}
}

// Comparison returns what is on show; nil while nothing is compared.
func (s *Screen) Comparison() *session.Comparison { return s.c }

func (s *Screen) stop() {
	if s.job != nil {
		s.job()
	}
}

// renew follows set, recipe and thresholds.
func (s *Screen) renew() {
	r, set := s.Session.Recipe(), s.Session.Set()
	if r == nil || set == nil {
		s.c = nil
		s.body.Objects = []fyne.CanvasObject{widgets.NewEmpty(theme.ViewRefreshIcon(), words.T("Nothing to compare yet"),
			words.T("Open a folder of parts and a recipe on the Inspect screen. This screen then sets another recipe beside it."),
			s.Tips.NewButton(words.T("Go to Inspect"), theme.NavigateNextIcon(), "", func() { s.GoTo("Inspect") }))}
		s.body.Refresh()
		return
	}
	if len(s.body.Objects) != 1 || s.body.Objects[0] != s.all {
		s.body.Objects = []fyne.CanvasObject{s.all}
		s.body.Refresh()
	}
	s.names()
	s.next()
	pass := s.Session.Pass()
	_, scoring := s.Scoring.Running()
	s.progress.Refresh()
	busy := scoring || s.job != nil
	s.start.SetEnabled(!busy)
	switch {
	case s.job != nil && s.now.Total > 0:
		s.text.Set(words.T("the other recipe: %d of %d · %s", s.now.Done, s.now.Total, phrase.Remaining(s.now.Left)))
	case s.job != nil:
		s.text.Set(words.T("opening the other recipe…"))
	case pass == nil && !scoring:
		s.text.Set(words.T("The parts of this set have not been scored yet."))
	case !scoring && !s.ready(pass):
		s.text.Set(words.T("The other recipe has not scored these parts yet."))
	default:
		s.text.Set("")
	}
	if pass != nil && s.ready(pass) && (s.c == nil || s.pass != pass || s.with != s.Session.Thresholds()) {
		s.judge(pass)
	}
	if pass == nil || !s.ready(pass) {
		s.c = nil
	}
	s.fill()
}

// ready reports whether the other side has judged the same parts.
func (s *Screen) ready(pass *session.Pass) bool {
	if s.path == "" {
		return true
	}
	if s.rival == nil || s.job != nil {
		return false
	}
	p := s.rival.Pass()
	return p != nil && p.Set == pass.Set
}

// judge compares.
func (s *Screen) judge(pass *session.Pass) {
	r := s.Session.Recipe()
	s.pass, s.with = pass, s.Session.Thresholds()
	a := session.NewTrial(pass, session.Saved(r), s.with)
	var b *session.Trial
	if s.path == "" {
		t := session.Recommended(r.Calibration)
		b = session.NewTrial(pass, t, t)
	} else {
		p := s.rival.Pass()
		b = session.NewTrial(p, session.Saved(p.Recipe), session.Saved(p.Recipe))
	}
	s.c = session.Compare(a, b)
	items := make([]datasets.Item, len(s.c.Pairs))
	for i, p := range s.c.Pairs {
		items[i] = p.Item
	}
	s.thumbs.Reset(items)
	s.cur = -1
	s.looked++
}

func (s *Screen) names() {
	r := s.Session.Recipe()
	other := words.T("%s as calibrated", r.Name)
	if s.path != "" {
		other = strings.TrimSuffix(filepath.Base(s.path), filepath.Ext(s.path))
	}
	s.pick.SetName(other)
	set := s.Session.Set()
	s.parts.SetName(session.SetName(set))
	s.parts.Tip = set.Root
	s.panes[0].name.Set(words.T("this: %s", r.Name))
	s.panes[1].name.Set(words.T("other: %s", other))
}

// Start scores the open set by both recipes, one after the other: at once, each
// would count the other's work in its latency.
func (s *Screen) Start() {
	if s.Session.Pass() == nil {
		s.Scoring.Begin()
	}
	s.asked = s.path != ""
	s.renew()
}

// next scores the set by the other recipe, once this one has.
func (s *Screen) next() {
	_, scoring := s.Scoring.Running()
	if !s.asked || scoring || s.job != nil { // which may be another recipe's, told to end
		return
	}
	if s.Session.Pass() == nil { // stopped, or failed
		s.asked = false
		return
	}
	s.score()
}

// score begins the other recipe's pass.
func (s *Screen) score() {
	s.drop()
	s.asked, s.c, s.now = false, nil, session.Progress{}
	ctx, cancel := context.WithCancel(s.Context())
	s.job = cancel
	path := s.path
	s.Job(func(context.Context) {
		defer cancel()
		rival, err := s.Session.Rival(path)
		if err == nil {
			_, err = rival.RunPass(ctx, func(p session.Progress) {
				s.flush.PostLatest(func() { s.now = p; s.renew() })
			})
		}
		if err != nil && rival != nil {
			_ = rival.Close()
			rival = nil
		}
		s.OnUI(func() {
			s.job = nil
			if path == s.path {
				s.rival = rival
			} else if rival != nil {
				_ = rival.Close()
			}
			if err != nil && !errors.Is(err, context.Canceled) {
				s.ReportOf(Title, err)
			}
			s.renew()
		})
	})
}

// fill lists the parts.
func (s *Screen) fill() {
	s.rows = nil
	differ, all := 0, 0
	if s.c != nil {
		all = len(s.c.Pairs)
		for i, p := range s.c.Pairs {
			if p.Differ() {
				differ++
			}
			if p.Differ() || !s.only {
				s.rows = append(s.rows, i)
			}
		}
	}
	s.chips[0].Set(words.T("Disagree %d", differ), s.only)
	s.chips[1].Set(words.T("All %d", all), !s.only)
	switch {
	case s.c == nil:
		s.none.Set(words.T("Score the parts to see where the two disagree."))
	default:
		s.none.Set(words.T("The two agree about all parts."))
	}
	s.none.Hidden = len(s.rows) > 0
	s.none.Refresh()
	s.figures.set(s.c)
	s.list.Refresh()
	if s.c == nil {
		s.clear()
		return
	}
	for i, k := range s.rows {
		if k == s.cur {
			s.list.Select(i)
			return
		}
	}
	s.list.UnselectAll()
	if len(s.rows) > 0 {
		s.list.Select(0)
	} else if all > 0 && s.cur < 0 {
		s.show(0)
	}
}

// Key implements desk.Screen.
func (s *Screen) Key(name fyne.KeyName) bool {
	step := func(by int) {
		for i, k := range s.rows {
			if k == s.cur {
				s.list.Select(min(max(i+by, 0), len(s.rows)-1))
				return
			}
		}
	}
	switch name {
	case fyne.KeyLeft, fyne.KeyUp, fyne.KeyK:
		step(-1)
	case fyne.KeyRight, fyne.KeyDown, fyne.KeyJ:
		step(1)
	case fyne.KeyEscape:
		s.asked = false
		s.stop()
		s.Scoring.Cancel()
	case fyne.KeyF, fyne.KeyPlus, fyne.KeyMinus:
		s.panes[0].view.HandleKey(name)
		s.panes[1].view.SetView(s.panes[0].view.View())
	default:
		return false
	}
	return true
}
