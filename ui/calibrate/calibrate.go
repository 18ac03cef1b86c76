// Package calibrate is the screen where a person sets thresholds: on the scores
// of good parts and, where there are labelled ones, of defective parts. Moving a
// threshold never runs the network; see [session.Trial].
package calibrate

import (
	"context"
	"slices"

	"agurscope/assets/words"
	"agurscope/history"
	"agurscope/ui/desk"
	"agurscope/ui/phrase"
	"agurscope/ui/session"
	"agurscope/ui/widgets"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Title names the screen.
const Title = "Calibrate"

// Screen implements desk.Screen.
type Screen struct {
	desk.Quiet
	*desk.Desk
	body  *fyne.Container
	all   fyne.CanvasObject
	shown bool

	trial   *session.Trial
	heavy   desk.Latest
	measure context.CancelFunc // of pixel thresholds, away from the window
	wished  int                // pixel thresholds so far: regions for older ones are dropped

	source         *widgets.Text
	score          *widgets.Button
	undo, redo     *widgets.Button
	save           *widgets.Button
	progress       *desk.ScoringRow
	hist           *widgets.Scores
	matrix         *widgets.Matrix
	cellRow        session.Truth
	cellColumn     history.Verdict
	asGood         *widgets.Check
	rates          [3]*rate
	chooser        *chooser
	gallery        *gallery
	part           *part
	roc, pr        *widgets.Curve
	auroc          *widgets.Text
	types          *typeTable
	changes        *changes
	curves, byType *fyne.Container
}

// New returns the screen.
func New(d *desk.Desk) *Screen {
	s := &Screen{Desk: d, body: container.NewStack()}
	s.heavy.Thread = d.Thread
	s.gallery = newGallery(s)
	s.part = newPart(s)
	s.chooser = newChooser(s)
	s.types = newTypeTable(s)
	s.changes = newChanges(s)
	s.progress = d.Scoring.NewRow()
	s.all = s.compose()
	d.Scoring.Watch(s.scored)
	return s
}

// Title implements desk.Screen.
func (s *Screen) Title() string { return Title }

// Content implements desk.Screen.
func (s *Screen) Content() fyne.CanvasObject { return s.body }

// autoScore is the number of parts up to which a set is scored without asking.
const autoScore = 300

// Show implements desk.Screen.
func (s *Screen) Show() {
	s.shown = true
	if set := s.Session.Set(); s.Session.Pass() == nil && set != nil && len(set.Items) <= autoScore && s.Scoring.Err() == nil {
		s.Scoring.Begin()
	}
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

// scored is told when a pass gets on.
func (s *Screen) scored() {
	if s.shown {
		s.renew()
	}
}

// renew brings the trial in line with set, recipe and thresholds, and shows it.
func (s *Screen) renew() {
	r := s.Session.Recipe()
	if r == nil {
		s.trial = nil
		s.body.Objects = []fyne.CanvasObject{widgets.NewEmpty(theme.DocumentIcon(), words.T("No recipe to calibrate"),
			words.T("Thresholds belong to a recipe: what the program has learnt from good parts. Open one on the Inspect screen, or train one."),
			s.button(words.T("Go to Inspect"), words.T("Inspect")), s.button(words.T("Go to Train"), words.T("Train")))}
		s.body.Refresh()
		return
	}
	pass := s.Session.Pass()
	if pass == nil && (s.trial == nil || !s.trial.Pass().Bare || s.trial.Pass().Recipe != r) {
		pass = session.HeldBack(r)
	}
	switch now := s.Session.Thresholds(); {
	case pass != nil && (s.trial == nil || s.trial.Pass() != pass):
		s.trial = session.NewTrial(pass, session.Saved(r), now)
		s.fresh()
	case s.trial.Now() != now:
		s.trial.Set(now)
		s.cut()
		s.moved()
	}
	if len(s.body.Objects) != 1 || s.body.Objects[0] != s.all {
		s.body.Objects = []fyne.CanvasObject{s.all}
		s.body.Refresh()
	}
	s.progress.Refresh()
	s.refreshHead()
}

func (s *Screen) button(text, title string) fyne.CanvasObject {
	return s.Tips.NewButton(text, theme.NavigateNextIcon(), "", func() { s.GoTo(title) })
}

// fresh shows another pass.
func (s *Screen) fresh() {
	t := s.trial
	p := t.Pass()
	s.hist.Set(s.scores(session.TruthGood), s.scores(session.TruthDefect), s.scores(session.TruthUnknown), s.axis())
	unknown := slices.ContainsFunc(p.Parts, func(q session.Scored) bool { return q.Truth == session.TruthUnknown })
	defects := slices.ContainsFunc(p.Parts, func(q session.Scored) bool { return q.Truth == session.TruthDefect })
	failed := slices.ContainsFunc(p.Parts, func(q session.Scored) bool { return q.Err != nil })
	s.asGood.Set(t.AsGood(), true)
	if unknown {
		s.asGood.Show()
	} else {
		s.asGood.Hide()
	}
	s.matrix.ShowRow(int(session.TruthDefect), defects)
	s.matrix.ShowRow(int(session.TruthUnknown), unknown && !t.AsGood())
	s.matrix.ShowColumn(3, failed)
	s.types.fresh()
	show(s.curves, defects)
	show(s.byType, defects)
	s.cut()
	s.pick()
	s.moved()
}

func show(o fyne.CanvasObject, on bool) {
	if on {
		o.Show()
	} else {
		o.Hide()
	}
}

func (s *Screen) scores(truth session.Truth) []float64 {
	var out []float64
	for i := range s.trial.Pass().Parts {
		if q := &s.trial.Pass().Parts[i]; s.trial.Truth(i) == truth && q.Err == nil {
			out = append(out, q.Score)
		}
	}
	return out
}

// axis is the end of the histogram's axis: what lies far above the thresholds
// says no more than “far above”.
func (s *Screen) axis() float64 {
	reject := max(s.Session.Recipe().Calibration.Reject, s.trial.Now().Reject)
	top := 0.
	for i := range s.trial.Pass().Parts {
		if v := s.trial.Pass().Parts[i].Score; v > top {
			top = v
		}
	}
	return max(min(1.05*top, 2.6*reject), 1.3*reject)
}

// pick chooses the cell of the matrix that needs looking at most.
func (s *Screen) pick() {
	for _, c := range []struct {
		truth session.Truth
		v     history.Verdict
	}{
		{session.TruthDefect, history.OK}, {session.TruthGood, history.NG}, {session.TruthDefect, history.REVIEW},
		{session.TruthGood, history.REVIEW}, {session.TruthUnknown, history.NG}, {session.TruthDefect, history.NG},
		{session.TruthUnknown, history.REVIEW}, {session.TruthUnknown, history.OK}, {session.TruthGood, history.OK},
	} {
		if len(s.trial.Cell(c.truth, c.v)) > 0 {
			s.choose(c.truth, c.v)
			return
		}
	}
}

// choose shows the parts of a cell.
func (s *Screen) choose(truth session.Truth, v history.Verdict) {
	s.cellRow, s.cellColumn = truth, v
	s.matrix.Choose(int(truth), slices.Index(session.Verdicts, v))
	s.gallery.set(truth, v, s.trial.Cell(truth, v), true)
}

// drag is called with every move of a line of the histogram.
func (s *Screen) drag(line widgets.ScoreLine, at float64) {
	th := s.trial.Now()
	if line == widgets.ReviewLine {
		th.Review = min(at, th.Reject)
	} else {
		// The band keeps its share, so that one drag moves the verdict, not its width.
		th.Review *= at / th.Reject
		th.Reject = at
	}
	s.trial.Try(th)
	s.moved()
}

// keep ends a step: the other screens follow.
func (s *Screen) keep() {
	s.trial.Keep()
	s.Session.SetThresholds(s.trial.Now())
	s.refreshHead()
	s.gallery.set(s.cellRow, s.cellColumn, s.trial.Cell(s.cellRow, s.cellColumn), false)
	s.ThresholdsChanged()
}

// set takes thresholds as a step.
func (s *Screen) set(th session.Thresholds) {
	s.trial.Set(th)
	s.cut()
	s.moved()
	s.keep()
}

// cut shows what depends on the pixel thresholds: the curves.
func (s *Screen) cut() {
	roc := s.trial.ROC()
	points := make([]widgets.Point, len(roc))
	for i, p := range roc {
		points[i] = widgets.Point{X: p.FPR, Y: p.TPR}
	}
	auroc, ap := s.trial.AUROC()
	s.roc.Set(points, "")
	s.auroc.Set(words.T("score alone: AUROC %s, AP %s", phrase.Figure(auroc), phrase.Figure(ap)))
	pr := s.trial.PR()
	points = make([]widgets.Point, 0, len(pr)+1)
	for i, p := range pr {
		if i == 0 {
			points = append(points, widgets.Point{X: 0, Y: p.Precision})
		}
		points = append(points, widgets.Point{X: p.Recall, Y: p.Precision})
	}
	s.pr.Set(points, "")
}

// moved shows what the thresholds now make of the parts. It runs with every
// move of a line.
func (s *Screen) moved() {
	t := s.trial
	th := t.Now()
	s.hist.SetLines(th.Review, th.Reject)
	m := t.Matrix()
	counts := make([][]int, len(m))
	for i := range m {
		counts[i] = m[i][:]
	}
	s.matrix.Set(counts)
	s.rates[0].set(t.FalseRejects())
	s.rates[1].set(t.Reviews())
	s.rates[2].set(t.Escapes())
	s.part.judged(th)
	s.stand(m)
	s.types.refresh()
	s.changes.refresh()
	s.chooser.refresh()
	s.undo.SetEnabled(t.CanUndo())
	s.redo.SetEnabled(t.CanRedo())
}

// stand moves the operating points.
func (s *Screen) stand(m session.Matrix) {
	good, bad := m.Row(session.TruthGood), m.Row(session.TruthDefect)
	if good == 0 || bad == 0 {
		return
	}
	fp, tp := m[session.TruthGood][2], m[session.TruthDefect][2]
	s.roc.Stand(widgets.Point{X: float64(fp) / float64(good), Y: float64(tp) / float64(bad)})
	precision := 1.
	if fp+tp > 0 {
		precision = float64(tp) / float64(fp+tp)
	}
	s.pr.Stand(widgets.Point{X: float64(tp) / float64(bad), Y: precision})
}

// pixels is called with every move of a pixel threshold. On large passes the
// regions are found away from the window, and only the newest wish counts.
func (s *Screen) pixels(th session.Thresholds, last bool) {
	if !s.trial.Heavy() {
		s.trial.Try(th)
		s.cut()
		s.moved()
		if last {
			s.keep()
		}
		return
	}
	s.part.judged(th)
	if s.measure != nil {
		s.measure()
	}
	ctx, cancel := context.WithCancel(s.Context())
	s.measure = cancel
	s.wished++
	t, n := s.trial, s.wished
	s.Job(func(context.Context) {
		defer cancel()
		apply, err := t.Measure(ctx, th)
		if err != nil {
			return
		}
		s.OnUI(func() {
			if s.trial != t || s.wished != n {
				return
			}
			apply()
			s.cut()
			s.moved()
			if last {
				s.keep()
			}
		})
	})
}

func (s *Screen) stepBack() {
	s.trial.Undo()
	s.stepped()
}

func (s *Screen) stepForth() {
	s.trial.Redo()
	s.stepped()
}

func (s *Screen) stepped() {
	s.cut()
	s.moved()
	s.keep()
}

// Key implements desk.Screen.
func (s *Screen) Key(name fyne.KeyName) bool {
	if s.trial == nil {
		return false
	}
	switch name {
	case fyne.KeyEscape:
		s.Scoring.Cancel()
	case fyne.KeyLeft, fyne.KeyUp, fyne.KeyK:
		s.gallery.step(-1)
	case fyne.KeyRight, fyne.KeyDown, fyne.KeyJ:
		s.gallery.step(1)
	default:
		return s.part.view.HandleKey(name)
	}
	return true
}

// Rune implements desk.Screen.
func (s *Screen) Rune(r rune) {
	if s.trial == nil {
		return
	}
	switch r {
	case 'u':
		s.stepBack()
	case 'y':
		s.stepForth()
	case 's':
		s.askSave()
	}
}

func (s *Screen) refreshHead() {
	p := s.trial.Pass()
	_, running := s.Scoring.Running()
	ready := s.Session.Set() != nil && s.Session.Engine() != nil
	s.score.SetEnabled(ready && !running)
	s.score.Importance = widget.MediumImportance
	text := ""
	if p.Bare {
		s.score.SetText(words.T("Score the parts"))
		s.score.Importance = widget.HighImportance
		text = words.N(len(p.Parts), "The scores of %d good part that training kept back. Score the parts of the open set to see pictures and count defects.", "The scores of %d good parts that training kept back. Score the parts of the open set to see pictures and count defects.")
		if !ready {
			text = words.N(len(p.Parts), "The scores of %d good part that training kept back.", "The scores of %d good parts that training kept back.")
			s.score.Tip = words.T("First open a folder of parts on the Inspect screen.")
		}
	} else {
		s.score.SetText(words.T("Score again"))
		s.score.Tip = words.T("Run the network over the parts once more, as after adding some.")
		text = passWords(p)
	}
	s.score.Refresh()
	s.source.Set(text)
	s.undo.SetEnabled(s.trial.CanUndo())
	s.redo.SetEnabled(s.trial.CanRedo())
	changed := s.trial.Changed()
	s.save.SetEnabled(changed)
	s.save.Tip = words.T("Save these thresholds into the recipe, as a version with your name and a reason. (S)")
	if !changed {
		s.save.Tip = words.T("Nothing differs from the recipe.")
	}
	s.changes.refresh()
}

// passWords says what a pass was made of.
func passWords(p *session.Pass) string {
	n := [3]int{}
	held := 0
	for i := range p.Parts {
		n[p.Parts[i].Truth]++
		if p.Parts[i].Held {
			held++
		}
	}
	text := ""
	add := func(s string) {
		if text != "" {
			text += words.Mark(", ")
		}
		text += s
	}
	if n[0] > 0 {
		add(words.T("%d good", n[0]))
	}
	if held > 0 && held < n[0] {
		text += " " + words.T("(%d of them kept back by training)", held)
	}
	if n[1] > 0 {
		add(words.T("%d defective", n[1]))
	}
	if n[2] > 0 {
		add(words.T("%d not labelled", n[2]))
	}
	if p.Learnt > 0 {
		text += words.Mark("; ") + words.N(p.Learnt, "%d part left out, the network has learnt from it", "%d parts left out, the network has learnt from them")
	}
	if p.Unsure {
		text += words.Mark("; ") + words.T("if the network has learnt from these very parts, their scores are too low")
	}
	if p.Coarse > 0 {
		text += words.Mark("; ") + words.T("%d maps did not fit into memory, their peak counts as a region", p.Coarse)
	}
	return text
}
