//go:build onednn

package ui

import (
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"agurscope/datasets"
	"agurscope/datasets/synthec"
	"agurscope/history"
	"agurscope/nn"
	"agurscope/nn/anomaly"
	"agurscope/nn/onednn"
	"agurscope/nn/segment"
	"agurscope/ui/session"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
)

// bench is what the tests of the window share: an untrained but calibrated
// recipe. It finds nothing sensible, and that is not what is tested here.
var bench = sync.OnceValues(func() (benchFiles, error) {
	b := benchFiles{}
	var err error
	if b.engine, err = onednn.Open(onednn.Options{Threads: 1}); err != nil {
		return b, err
	}
	if b.dir, err = os.MkdirTemp("", "agurscope-ui"); err != nil {
		return b, err
	}
	m, err := anomaly.NewModel(anomaly.Network{Size: "T", Width: 64, Height: 64}, 1)
	if err != nil {
		return b, err
	}
	var normals []*nn.Image
	for _, f := range synthec.Frames(synthec.Options{Size: 64}, synthec.Counts{Train: 6, TestGood: -1, PerDefect: -1}, datasets.Train) {
		normals = append(normals, anomaly.Tensor(f.Image, 64, 64))
	}
	r := &anomaly.Recipe{Name: "bench", Model: m}
	if err := anomaly.Calibrate(context.Background(), b.engine, r, anomaly.AsIs(normals), anomaly.CalibrateOptions{}); err != nil {
		return b, err
	}
	return b, r.Save(filepath.Join(b.dir, "bench.agur"))
})

type benchFiles struct {
	engine nn.Engine
	dir    string
}

func (b benchFiles) recipe() string { return filepath.Join(b.dir, "bench.agur") }

func TestMain(m *testing.M) {
	code := m.Run()
	if b, err := bench(); err == nil {
		b.engine.Close()
		os.RemoveAll(b.dir)
	}
	os.Exit(code)
}

// atStation is a window with parts, recipe and history, the first part inspected.
func atStation(t *testing.T, change func(dir string)) (*Window, *queue) {
	t.Helper()
	b, err := bench()
	if err != nil {
		t.Skip(err)
	}
	dir := filepath.Join(t.TempDir(), "parts")
	if err := synthec.Write(t.Context(), dir, synthec.Options{Size: 64}, synthec.Counts{Train: 8, TestGood: 3, PerDefect: 1}); err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(dir)
	}
	store, err := history.Open(filepath.Join(t.TempDir(), "h.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	s := newTestSession(t, session.Options{Engine: b.engine, Store: store})
	w, q := newTestWindow(t, s, func(c *Config) { c.Set, c.Recipe = dir, b.recipe() })
	q.until(t, "the first part is judged", func() bool {
		p := w.inspect.parts
		return p.len() > 0 && p.state[0].verdict != "" && w.inspect.on != nil && w.inspect.on.res.Final() == p.state[0].verdict
	})
	return w, q
}

func logged(t *testing.T, w *Window) []history.Record {
	t.Helper()
	var out []history.Record
	for r, err := range w.Session.Store().Verdicts(t.Context(), history.Filter{}) {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, r)
	}
	return out
}

func typeRune(w *Window, r rune) { w.Window.Canvas().OnTypedRune()(r) }

func press(w *Window, name fyne.KeyName) { w.Window.Canvas().OnTypedKey()(&fyne.KeyEvent{Name: name}) }

func TestScreensWithPartsRenderInAllThemes(t *testing.T) {
	w, _ := atStation(t, nil)
	paint(t, w)
}

func TestRunAllLogsEveryPartOnce(t *testing.T) {
	w, q := atStation(t, nil)
	s := w.inspect
	press(w, fyne.KeySpace)
	q.until(t, "the run ended", func() bool { return s.run == nil })
	if n := len(s.parts.pending()); n != 0 {
		t.Errorf("%d parts have no verdict", n)
	}
	records := logged(t, w)
	if len(records) != s.parts.len() {
		t.Errorf("%d verdicts logged of %d parts", len(records), s.parts.len())
	}
	for i := range s.parts.state {
		if s.parts.state[i].id == 0 {
			t.Errorf("part %d has no place in the history", i)
		}
	}
	// Showing parts again writes nothing.
	s.cache.clear()
	press(w, fyne.KeyHome)
	press(w, fyne.KeyJ)
	q.until(t, "a part is shown again", func() bool { return s.on != nil && s.on.item == s.cur && s.cache.get(s.cur) != nil })
	if n := len(logged(t, w)); n != len(records) {
		t.Errorf("showing a part again logged %d verdicts", n-len(records))
	}
}

// Set and recipe are opened by another goroutine: the recipe may be there before
// the window has shown the set.
func TestTheFirstPartIsLoggedOnceHoweverSoonTheRecipeIsThere(t *testing.T) {
	w, q := atStation(t, nil)
	s := w.inspect
	before := len(logged(t, w))
	was, set := s.recipe(), w.Session.Set().Root
	s.openBoth(set, was.Path)
	for w.Session.Recipe() == was { // nothing of it has been shown
		time.Sleep(time.Millisecond)
	}
	gen := s.gen
	q.until(t, "the set is shown", func() bool { return s.gen != gen })
	if s.ready() {
		t.Error("parts are inspected before the recipe is shown, and once more after it")
	}
	q.until(t, "the first part is judged and nothing under way", func() bool {
		return len(q.c) == 0 && s.on != nil && s.parts.state[0].verdict != "" && s.cache.get(0) != nil
	})
	if n := len(logged(t, w)) - before; n != 1 {
		t.Errorf("the first part was logged %d times", n)
	}
}

func TestPauseHoldsTheRunAndEscapeEndsIt(t *testing.T) {
	w, q := atStation(t, nil)
	s := w.inspect
	press(w, fyne.KeySpace)
	press(w, fyne.KeySpace)
	if s.run == nil || !s.run.pause.on() || s.runButton.Text != "Go on" {
		t.Fatal("space does not pause")
	}
	press(w, fyne.KeyEscape)
	q.until(t, "the run ended", func() bool { return s.run == nil })
	if n := len(s.parts.pending()); n == 0 {
		t.Error("a paused run went on to the end")
	}
	if s.runButton.Text != "Run all" {
		t.Errorf("the button says %q", s.runButton.Text)
	}
}

func TestArrowKeysSelectAndInspect(t *testing.T) {
	w, q := atStation(t, nil)
	s := w.inspect
	press(w, fyne.KeyRight)
	if s.cur != 1 {
		t.Fatalf("right selects %d", s.cur)
	}
	q.until(t, "the second part is judged", func() bool { return s.parts.state[1].verdict != "" })
	press(w, fyne.KeyK)
	if s.cur != 0 || s.on.item != 0 {
		t.Errorf("K selects %d and shows %d", s.cur, s.on.item)
	}
	if len(logged(t, w)) != 2 {
		t.Errorf("%d verdicts logged", len(logged(t, w)))
	}
}

func TestShortcutsStayQuietWhileTyping(t *testing.T) {
	w, _ := atStation(t, nil)
	entry := w.inspect.panel.thresholds.lines[low].entry
	w.Window.Canvas().Focus(entry)
	before := w.inspect.cur
	test.Type(entry, "no?")
	entry.TypedKey(&fyne.KeyEvent{Name: fyne.KeyRight})
	if w.dialogOpen() || w.inspect.cur != before {
		t.Error("a shortcut fires while a field is typed in")
	}
	entry.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
	if w.Window.Canvas().Focused() != nil {
		t.Error("Escape does not leave the field")
	}
	typeRune(w, 'n')
	if !w.dialogOpen() {
		t.Error("N does nothing after the field was left")
	}
}

func TestShortcutsWorkWhileAListHasTheFocus(t *testing.T) {
	w, _ := atStation(t, nil)
	s := w.inspect
	w.Window.Canvas().Focus(s.list)
	s.list.TypedKey(&fyne.KeyEvent{Name: fyne.KeyDown})
	if s.cur != 1 {
		t.Errorf("down on the list selects %d", s.cur)
	}
}

func TestOverrideStandsBesideTheMachinesAnswer(t *testing.T) {
	w, q := atStation(t, nil)
	s := w.inspect
	machine := s.parts.state[0].verdict
	want, key := history.NG, 'N'
	if machine == history.NG {
		want, key = history.OK, 'o'
	}
	typeRune(w, key)
	entry, ok := w.Window.Canvas().Focused().(interface{ TypedRune(rune) })
	if !ok {
		t.Fatal("the reason has no focus")
	}
	for _, r := range "dust" {
		entry.TypedRune(r)
	}
	w.Window.Canvas().Focused().TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	q.until(t, "the override is shown", func() bool { return s.parts.state[0].reviewed == want })
	r := logged(t, w)[0]
	if r.Verdict != machine || r.Reviewed != want || r.Reason != "dust" || r.Reviewer == "" {
		t.Errorf("logged %s, reviewed %s by %q for %q", r.Verdict, r.Reviewed, r.Reviewer, r.Reason)
	}
	if got := s.panel.banner.Verdict(); got != string(machine) {
		t.Errorf("the banner says %s, the machine %s", got, machine)
	}
	if !s.panel.person.Visible() {
		t.Error("the person's verdict is not shown")
	}
}

func TestSliderJudgesAnewAndKeepsLowUnderHigh(t *testing.T) {
	w, _ := atStation(t, nil)
	s, p := w.inspect, w.inspect.panel.thresholds
	high0 := w.Session.Thresholds().High
	p.lines[low].slider.SetValue(high0 * 1.5)
	got := w.Session.Thresholds()
	if got.Low != got.High || got.High != high0 {
		t.Errorf("low %g, high %g after low was moved above high %g", got.Low, got.High, high0)
	}
	if v := p.lines[low].slider; math.Abs(v.Value-got.Low) > v.Step {
		t.Errorf("the slider stands at %g, low is %g", v.Value, got.Low)
	}
	if s.on.res.Thresholds != got {
		t.Error("the part on show was not judged with the new thresholds")
	}
	p.lines[high].slider.SetValue(p.lines[high].slider.Min)
	got = w.Session.Thresholds()
	if got.Low > got.High {
		t.Errorf("low %g above high %g", got.Low, got.High)
	}
	if s.on.res.Verdict != history.NG || len(s.on.res.Regions) == 0 {
		t.Errorf("with thresholds near 0 the verdict is %s with %d regions", s.on.res.Verdict, len(s.on.res.Regions))
	}
	if len(s.panel.regions.rows) != len(s.on.res.Regions) {
		t.Error("the table does not follow")
	}
	before := s.parts.state[0].verdict
	if before != history.NG && !s.panel.note.Visible() {
		t.Error("nothing says that the logged verdict was another")
	}
	if logged(t, w)[0].Verdict != before {
		t.Error("a slider changed the history")
	}
	p.reset()
	if w.Session.Thresholds() != session.Recommended(s.cal()) {
		t.Error("the calibrated thresholds are not back")
	}
}

func TestTypedThresholdIsTakenAndNonsenseIsNot(t *testing.T) {
	w, _ := atStation(t, nil)
	p := w.inspect.panel.thresholds
	was := w.Session.Thresholds()
	for _, text := range []string{"abc", "", "-3", "NaN", "0"} {
		p.lines[high].entry.SetText(text)
		p.lines[high].entry.OnSubmitted(text)
		if w.Session.Thresholds() != was {
			t.Errorf("%q changed the thresholds", text)
		}
	}
	v := was.High * 1.25
	p.lines[high].entry.OnSubmitted(strconv.FormatFloat(v, 'g', 6, 64))
	if got := w.Session.Thresholds().High; got < v*.999 || got > v*1.001 {
		t.Errorf("high %g, want %g", got, v)
	}
}

func TestDoubtIsSaidAndTheThresholdsStayInSight(t *testing.T) {
	w, _ := atStation(t, nil)
	s := w.inspect
	p := s.on.res.Prediction
	p.Doubt = &session.DoubtError{Err: errors.New("it touches the border")}
	p.Terms = nil
	for name := range termWords {
		p.Terms = append(p.Terms, anomaly.TermScore{Name: name, Weight: 1, Score: 99})
	}
	s.w.Session.Rejudge(&s.seg, s.on.res, s.on.res.Thresholds)
	s.parts.record(0, s.on.res, time.Time{})
	s.refreshList()
	s.display(s.on)
	if got := s.panel.banner.Verdict(); got != string(history.REVIEW) || !s.panel.doubt.Visible() || s.panel.terms.decided != "" {
		t.Errorf("verdict %s, doubt said %t, decided by %q", got, s.panel.doubt.Visible(), s.panel.terms.decided)
	}
	row := newPartRow()
	s.fillRow(row, 0)
	if row.folder.Text != "not upright" {
		t.Errorf("the list says %q", row.folder.Text)
	}
	w.Window.Resize(fyne.NewSize(1280, 800))
	w.Window.Canvas().Capture()
	last := s.panel.thresholds.lines[high].entry
	d := fyne.CurrentApp().Driver()
	end := d.AbsolutePositionForObject(last).Y + last.Size().Height
	if bottom := d.AbsolutePositionForObject(s.panel.root).Y + s.panel.root.Size().Height; end > bottom {
		t.Errorf("the thresholds end at %g, the panel at %g", end, bottom)
	}
}

func TestModeBringsItsOwnThresholds(t *testing.T) {
	w, _ := atStation(t, nil)
	p, c := w.inspect.panel.thresholds, w.inspect.cal()
	p.mode.SetSelected("two-sided")
	got := w.Session.Thresholds()
	if want := c.Pixel[segment.TwoSided]; got.Mode != segment.TwoSided || got.Low != want.Low || got.High != want.High {
		t.Errorf("thresholds %+v, want %+v", got, want)
	}
	if p.lines[low].label.Text != "dark" {
		t.Errorf("the slider is called %q", p.lines[low].label.Text)
	}
	p.mode.SetSelected("half-peak")
	if w.Session.Thresholds() != session.Recommended(c) {
		t.Error("half-peak is not back")
	}
}

func TestFilterChipShowsOnlyItsVerdict(t *testing.T) {
	w, q := atStation(t, nil)
	s := w.inspect
	press(w, fyne.KeySpace)
	q.until(t, "the run ended", func() bool { return s.run == nil })
	for i, f := range filters {
		test.Tap(s.chips[i])
		for _, k := range s.parts.visible {
			if f.verdict != "" && s.parts.state[k].final() != f.verdict {
				t.Errorf("%s shows a part that is %s", f.word, s.parts.state[k].final())
			}
		}
		if n := s.list.Length(); n != s.parts.tally().of(f.verdict) {
			t.Errorf("%s lists %d parts, %d have the verdict", f.word, n, s.parts.tally().of(f.verdict))
		}
	}
}

func TestDamagedFileIsErrorWithItsReasonInPlaceOfThePanes(t *testing.T) {
	w, q := atStation(t, func(dir string) {
		bad := filepath.Join(dir, "test", "good", "000.png")
		if err := os.WriteFile(bad, []byte("not a picture"), 0o644); err != nil {
			t.Fatal(err)
		}
	})
	s := w.inspect
	at := -1
	for i, it := range s.parts.items {
		if it.Name == "test/good/000.png" {
			at = i
		}
	}
	s.choose(at)
	q.until(t, "the damaged part is judged", func() bool { return s.parts.state[at].verdict != "" && s.on != nil && s.on.item == at })
	if got := s.panel.banner.Verdict(); got != string(history.ERROR) {
		t.Errorf("the banner says %q", got)
	}
	if s.middle.Objects[0] == s.view {
		t.Error("panes are shown of a part that could not be inspected")
	}
	r := logged(t, w)
	if last := r[len(r)-1]; last.Verdict != history.ERROR || last.Error == "" {
		t.Errorf("logged %s with reason %q", last.Verdict, last.Error)
	}
}

func TestAFailedRecipeLeavesTheOneThatIsOpen(t *testing.T) {
	w, q := atStation(t, nil)
	bad := filepath.Join(t.TempDir(), "bad.agur")
	if err := os.WriteFile(bad, []byte("zip?"), 0o644); err != nil {
		t.Fatal(err)
	}
	before := w.inspect.recipe()
	w.inspect.openRecipe(bad)
	q.until(t, "the problem is shown", func() bool { return w.notice.Visible() })
	if w.inspect.recipe() != before || w.inspect.parts.state[0].verdict == "" {
		t.Error("a recipe that cannot be read changed something")
	}
	press(w, fyne.KeyEscape)
	if w.notice.Visible() {
		t.Error("Escape does not close the message")
	}
}

func TestTrainingFromTheFormEndsInTheInspectScreen(t *testing.T) {
	w, q := atStation(t, nil)
	tr := w.train
	w.GoTo(trainTitle)
	if tr.set == nil {
		t.Fatal("the open set is not suggested")
	}
	f := tr.form
	f.out.SetText(filepath.Join(t.TempDir(), "new.agur"))
	f.input.SetSelected("64")
	for _, bad := range []string{"", "0", "-1", "NaN", "inf", "1e9"} {
		if f.amount.SetText(bad); !f.start.Disabled() || f.why.Text == "" {
			t.Errorf("%q minutes can be trained", bad)
		}
	}
	test.Tap(f.budgets[1])
	f.amount.SetText("3")
	if f.start.Disabled() {
		t.Fatal("start is not usable:", f.why.Text)
	}
	test.Tap(f.start)
	if !tr.running() || !f.start.Disabled() {
		t.Fatal("nothing was started, or it could be started twice")
	}
	q.until(t, "the training ended", func() bool { return !tr.running() })
	if tr.result == nil {
		t.Fatal("no result:", w.notice.Title())
	}
	w.Window.Canvas().Capture()
	tr.inspectWith()
	q.until(t, "the new recipe is open and used", func() bool {
		r := w.inspect.recipe()
		return r != nil && r.Name == "new" && w.inspect.parts.state[0].verdict != ""
	})
	if w.current != 0 {
		t.Error("the Inspect screen is not shown")
	}
}

func TestCancelledTrainingLeavesNoRecipe(t *testing.T) {
	w, q := atStation(t, nil)
	tr := w.train
	w.GoTo(trainTitle)
	out := filepath.Join(t.TempDir(), "new.agur")
	tr.form.out.SetText(out)
	tr.form.input.SetSelected("64")
	tr.form.chooseBudget(true)
	tr.form.amount.SetText("100000")
	tr.start(false)
	q.until(t, "some steps were made", func() bool { return tr.live.step > 0 })
	test.Tap(tr.live.stop)
	q.until(t, "the training ended", func() bool { return !tr.running() })
	if exists(out) {
		t.Error("a cancelled training left a recipe")
	}
	if !exists(session.Checkpoint(out)) || tr.stopped == "" {
		t.Error("its checkpoint is gone, or nothing says that it is kept")
	}
	if !tr.form.resumeBox.Visible() {
		t.Error("resuming is not offered")
	}
	tr.discard()
	if exists(session.Checkpoint(out)) {
		t.Error("the checkpoint was not discarded")
	}
}

func TestTheDemonstrationOpensOnTheFirstStart(t *testing.T) {
	b, err := bench()
	if err != nil {
		t.Skip(err)
	}
	dir := filepath.Join(t.TempDir(), "demo")
	if err := synthec.Write(t.Context(), dir, synthec.Options{Size: 64}, synthec.Counts{Train: 1, TestGood: 1, PerDefect: 1}); err != nil {
		t.Fatal(err)
	}
	s := newTestSession(t, session.Options{Engine: b.engine})
	w, q := newTestWindow(t, s, func(c *Config) {
		c.Demo = func() (string, string, error) { return dir, b.recipe(), nil }
	})
	q.until(t, "the demonstration is judged", func() bool { return w.inspect.parts.len() > 0 && w.inspect.parts.state[0].verdict != "" })
}

func TestAnEngineThatIsMissingIsSaid(t *testing.T) {
	s := newTestSession(t, session.Options{Why: errors.New("no library")})
	w, _ := newTestWindow(t, s, nil)
	if got := w.status.engine.text.Text; got != "no engine" {
		t.Errorf("status says %q", got)
	}
	if got := w.inspect.missing(); got == "" {
		t.Error("nothing says what is missing")
	}
}

// slowEngine passes for the portable one.
type slowEngine struct{ nn.Engine }

func (slowEngine) Name() string { return portableEngine }

func TestThePortableEngineIsSaidInWords(t *testing.T) {
	b, err := bench()
	if err != nil {
		t.Skip(err)
	}
	s := newTestSession(t, session.Options{Engine: slowEngine{b.engine}})
	w, _ := newTestWindow(t, s, nil)
	if got := w.status.engine.text.Text; got != "portable engine, slow" {
		t.Errorf("status says %q", got)
	}
	if tip := w.status.engine.hint.Tip; !strings.Contains(tip, "agurscope doctor") {
		t.Errorf("its tip says %q", tip)
	}
}
