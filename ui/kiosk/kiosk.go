// Package kiosk shows a set or a camera on the full screen, for people who only
// look: verdict, panes and counts, and nothing that could be changed. It goes on
// by itself when the source was away.
package kiosk

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/url"
	"path/filepath"
	"time"

	"agurscope/assets/words"
	"agurscope/datasets/camera"
	"agurscope/datasets/live"
	"agurscope/history"
	"agurscope/nn/anomaly"
	"agurscope/themes"
	"agurscope/ui/desk"
	"agurscope/ui/phrase"
	"agurscope/ui/scene"
	"agurscope/ui/session"
	"agurscope/ui/widgets"
	"agurscope/viewer"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
)

// Show is what is shown.
type Show struct {
	Recipe string  // file
	Camera string  // address; its verdicts are recorded
	Set    string  // folder to show again and again where there is no camera; that is not recorded
	Rate   float64 // parts of the set per second; 0: one
	Why    error   // there is no recipe, or no parts; nil: nobody knows
}

// again is how long the kiosk waits before it tries once more what failed.
const again = 3 * time.Second

// Screen is what the kiosk shows. Its fields belong to Fyne's goroutine.
type Screen struct {
	*desk.Desk
	show   Show
	latest desk.Latest

	all    fyne.CanvasObject
	view   *viewer.Viewer
	banner *widgets.Banner
	reason *widgets.Text
	state  *widgets.Text
	where  *widgets.Text
	badges map[history.Verdict]*widgets.Badge
	counts *fyne.Container // of the badges
	head   *fyne.Container
	wide   float32 // of the counts, as they are laid out
	n      map[history.Verdict]int
	cancel context.CancelFunc
}

var verdicts = []history.Verdict{history.OK, history.REVIEW, history.NG, history.ERROR}

// New builds the kiosk; Begin lets it run.
func New(d *desk.Desk, show Show) *Screen {
	s := &Screen{
		Desk: d, show: show, latest: desk.Latest{Thread: d.Thread}, view: viewer.New(), banner: widgets.NewBanner(),
		badges: map[history.Verdict]*widgets.Badge{}, n: map[history.Verdict]int{},
	}
	s.view.ShowToolbar(false)
	s.view.Fix()
	s.view.SetPlaceholder(viewer.PaneReconstruction, words.T("No reconstruction yet"))
	s.banner.SetIdle(words.T("Not inspected"))
	s.reason = widgets.NewStyled(&widgets.Text{ColorName: theme.ColorNameWarning, Elide: widgets.ElideEnd})
	s.state = widgets.NewStyled(&widgets.Text{SizeName: theme.SizeNameCaptionText, ColorName: themes.ColorNameMuted, Align: fyne.TextAlignTrailing})
	s.where = widgets.NewStyled(&widgets.Text{SizeName: theme.SizeNameCaptionText, ColorName: themes.ColorNameMuted, Elide: widgets.ElideMiddle})
	s.counts = widgets.Row(28)
	for _, v := range verdicts {
		s.badges[v] = widgets.NewBadge()
		s.badges[v].Set(string(v), "0")
		s.counts.Add(container.NewCenter(s.badges[v]))
	}
	title := widgets.NewHeading("Agurscope")
	said := container.NewVBox(layout.NewSpacer(), widgets.Lines(title, s.reason), layout.NewSpacer()) // as wide as there is room
	s.head = container.NewBorder(nil, nil, widgets.Fixed(430, 0, s.banner), s.counts, widgets.Inset(said, 0, 18))
	foot := container.NewBorder(nil, nil, nil, widgets.Fixed(180, 0, s.state), s.where)
	s.all = container.NewStack(widgets.Dock(
		widgets.NewPanel(widgets.Inset(s.head, 10, 14)),
		widgets.NewPanel(widgets.Inset(foot, 5, 14)), nil, nil, s.view), newShield())
	s.where.Set(s.place())
	return s
}

// Content is what the window shows.
func (s *Screen) Content() fyne.CanvasObject { return s.all }

// place says what is shown, and whether that is recorded.
func (s *Screen) place() string {
	recipe := filepath.Base(s.show.Recipe)
	if s.show.Camera != "" {
		return words.T("%s · recipe %s", camera.Redact(s.show.Camera), recipe)
	}
	return words.T("%s · recipe %s · a showing, not recorded", filepath.Base(s.show.Set), recipe)
}

// address is the camera, or the set played like one.
func (s Show) address() string {
	if s.Camera != "" {
		return s.Camera
	}
	rate := s.Rate
	if rate <= 0 {
		rate = 1
	}
	return fmt.Sprintf("replay://%s?fps=%g&loop=1", (&url.URL{Path: s.Set}).EscapedPath(), rate)
}

// Begin shows until End.
func (s *Screen) Begin() {
	ctx, cancel := context.WithCancel(s.Context())
	s.cancel = cancel
	s.Job(func(context.Context) {
		for ctx.Err() == nil {
			err := s.run(ctx)
			if ctx.Err() != nil {
				return
			}
			s.OnUI(func() { s.trouble(err) })
			select {
			case <-time.After(again):
			case <-ctx.Done():
			}
		}
	})
}

// End stops showing.
func (s *Screen) End() {
	if s.cancel != nil {
		s.cancel()
	}
}

// run shows until something ends it that the camera does not mend by itself.
func (s *Screen) run(ctx context.Context) error {
	if s.show.Recipe == "" || s.show.Camera == "" && s.show.Set == "" {
		if s.show.Why != nil {
			return s.show.Why
		}
		return errors.New(words.T("there is nothing to show: start with a recipe and a folder or a camera once, or name them on the command line"))
	}
	src, err := camera.Open(s.show.address())
	if err != nil {
		return err
	}
	judge, done, err := s.session()
	if err != nil {
		return err
	}
	defer done()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	show := make(chan *session.Result, 1)
	s.Job(func(context.Context) { s.present(ctx, judge.Recipe().Calibration, show) })
	s.Job(func(context.Context) { s.watch(ctx, src) })
	_, err = judge.Inspect(ctx, src, func(res *session.Result) {
		v := res.Final()
		s.OnUI(func() { s.n[v]++ })
		select { // only the newest is worth drawing
		case <-show:
		default:
		}
		show <- res
	})
	if err == nil {
		err = errors.New(words.T("the source has ended"))
	}
	return err
}

// session is what inspects: the station's own for a camera, and one that records
// nothing for a showing.
func (s *Screen) session() (judge *session.Session, done func(), err error) {
	if s.show.Camera == "" {
		judge, err := s.Session.Rival(s.show.Recipe)
		if err != nil {
			return nil, nil, err
		}
		return judge, func() { _ = judge.Close() }, nil
	}
	if r := s.Session.Recipe(); r == nil || r.Path != s.show.Recipe {
		if _, err := s.Session.OpenRecipe(s.show.Recipe); err != nil {
			return nil, nil, err
		}
	}
	return s.Session, func() {}, nil
}

// present prepares the newest result for the panes.
func (s *Screen) present(ctx context.Context, c *anomaly.Calibration, show <-chan *session.Result) {
	for {
		select {
		case res := <-show:
			var f *viewer.Frame
			if res.Frame.Image != nil {
				frame := scene.Frame(res, c)
				f = &frame
			}
			s.latest.PostLatest(func() {
				if ctx.Err() == nil { // else what ended the showing stands there
					s.display(res, f)
				}
			})
		case <-ctx.Done():
			return
		}
	}
}

// display puts a verdict on the screen.
func (s *Screen) display(res *session.Result, f *viewer.Frame) {
	s.banner.Set(string(res.Final()), res.Index)
	s.reason.Set("")
	if res.Err != nil {
		s.reason.Set(phrase.Sentence(res.Err.Error()))
	} else if res.Doubt != nil {
		s.reason.Set(phrase.Doubt(res.Doubt))
	}
	if f != nil {
		s.view.SetFrame(*f)
	}
	s.count()
}

func (s *Screen) count() {
	for _, v := range verdicts {
		s.badges[v].Set(string(v), fmt.Sprint(s.n[v]))
	}
	if w := s.counts.MinSize().Width; w != s.wide { // a number has another digit
		s.wide = w
		s.head.Refresh()
	}
}

// watch says how the source is. What was seen before a loss must not pass for
// what is there now.
func (s *Screen) watch(ctx context.Context, src camera.Source) {
	tick := time.NewTicker(250 * time.Millisecond)
	defer tick.Stop()
	for {
		st := src.Status()
		s.OnUI(func() {
			if ctx.Err() != nil {
				return
			}
			s.state.Set(words.T("%.1f pictures/s", st.Rate))
			if st.State == live.Lost || st.State == live.Stalled {
				s.lost(st.Reason)
			}
		})
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

func (s *Screen) lost(reason string) {
	s.banner.Set(string(history.ERROR), math.NaN())
	s.reason.Set(words.T("No pictures: %s", phrase.Sentence(reason)))
	s.count()
}

// trouble says what ended the showing until it goes on.
func (s *Screen) trouble(err error) {
	_, body := phrase.Problem(err)
	s.banner.Set(string(history.ERROR), math.NaN())
	s.reason.Set(body)
	s.state.Set(words.T("trying again"))
}
