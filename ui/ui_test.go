package ui

import (
	"fmt"
	"image"
	"image/color"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"agurscope/datasets"
	"agurscope/history"
	"agurscope/nn/anomaly"
	"agurscope/nn/segment"
	"agurscope/ui/desk"
	"agurscope/ui/phrase"
	"agurscope/ui/scene"
	"agurscope/ui/session"
	"agurscope/ui/station"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/storage"
	"fyne.io/fyne/v2/test"
)

// queue stands in for Fyne's queue: the test's goroutine is the one that shows.
type queue struct{ c chan func() }

func newQueue() *queue { return &queue{make(chan func(), 1<<14)} }

func (q *queue) post(f func()) { q.c <- f }

// until runs what was posted until ok holds.
func (q *queue) until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	limit := time.NewTimer(60 * time.Second)
	defer limit.Stop()
	for !ok() {
		select {
		case f := <-q.c:
			f()
		case <-limit.C:
			t.Fatalf("waited in vain until %s", what)
		}
	}
}

// newTestWindow returns a window under the test driver; it is closed with the
// test.
func newTestWindow(t *testing.T, s *session.Session, change func(*Config)) (*Window, *queue) {
	t.Helper()
	app := test.NewTempApp(t)
	q := newQueue()
	c := Config{App: app, Session: s, Version: "test", post: q.post}
	if change != nil {
		change(&c)
	}
	w := New(c)
	t.Cleanup(func() {
		w.close()
		w.Window.Close()
	})
	return w, q
}

func newTestSession(t *testing.T, o session.Options) *session.Session {
	t.Helper()
	s := session.New(o)
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// shades counts the colours of a picture, up to enough.
func shades(m image.Image) int {
	seen := map[color.Color]bool{}
	b := m.Bounds()
	for y := b.Min.Y; y < b.Max.Y; y += 3 {
		for x := b.Min.X; x < b.Max.X; x += 3 {
			seen[m.At(x, y)] = true
			if len(seen) > 20 {
				return len(seen)
			}
		}
	}
	return len(seen)
}

// clipped reports what is wider than the place in which it can only be scrolled up
// and down.
func clipped(t *testing.T, place string, o fyne.CanvasObject) {
	t.Helper()
	if !o.Visible() {
		return
	}
	switch o := o.(type) {
	case *container.Scroll:
		if need := o.Content.MinSize().Width; o.Direction == container.ScrollVerticalOnly && need > o.Size().Width+0.5 {
			t.Errorf("%s: %T needs %v of %v", place, o.Content, need, o.Size().Width)
		}
		clipped(t, place, o.Content)
	case *fyne.Container:
		for _, c := range o.Objects {
			clipped(t, place, c)
		}
	case fyne.Widget:
		for _, c := range test.WidgetRenderer(o).Objects() {
			clipped(t, place, c)
		}
	}
}

// paint captures the window in all themes and two sizes on every screen.
func paint(t *testing.T, w *Window) {
	t.Helper()
	for _, l := range station.Themes[:3] {
		w.seat.now.Theme = l
		w.seat.dress()
		for _, size := range []fyne.Size{fyne.NewSize(1280, 800), fyne.NewSize(1920, 1080)} {
			w.Window.Resize(size)
			for i, s := range w.screens {
				w.goTo(i)
				if n := shades(w.Window.Canvas().Capture()); n < 8 {
					t.Errorf("%s in %s at %v shows only %d colours", s.Title(), l, size, n)
				}
				clipped(t, s.Title()+" in "+l, w.Window.Content())
				if m := w.Window.Content().MinSize(); l != "contrast" && (m.Width > 1280 || m.Height > 800) {
					t.Errorf("%s in %s needs %v, more than 1280 x 800", s.Title(), l, m)
				}
			}
		}
	}
	w.seat.now.Theme = ""
	w.seat.dress()
	w.GoTo(inspectTitle)
}

func TestEmptyWindowSaysWhatToDo(t *testing.T) {
	w, _ := newTestWindow(t, newTestSession(t, session.Options{}), nil)
	paint(t, w)
	if w.inspect.emptyState() == nil {
		t.Error("an empty window shows empty panes")
	}
	if !w.inspect.runButton.Disabled() || w.inspect.runButton.Tip == "" {
		t.Errorf("Run all is usable or does not say why it is not: %q", w.inspect.runButton.Tip)
	}
	if _, why := w.train.form.options(); why == "" {
		t.Error("Start is usable without engine and parts")
	}
	if got := w.status.history.text.Text; got != "not logged" {
		t.Errorf("status says %q without a database", got)
	}
	w.inspect.Key(fyne.KeySpace) // must not run
	if w.inspect.run != nil {
		t.Error("space runs without parts")
	}
}

func TestQuestionMarkShowsKeysAndEscapeClosesThem(t *testing.T) {
	w, _ := newTestWindow(t, newTestSession(t, session.Options{}), nil)
	test.TypeOnCanvas(w.Window.Canvas(), "?")
	if !w.dialogOpen() {
		t.Fatal("? shows no keys")
	}
	w.Window.Canvas().OnTypedKey()(&fyne.KeyEvent{Name: fyne.KeyEscape})
	if w.dialogOpen() {
		t.Error("Escape does not close the keys")
	}
}

func TestMemoryKeepsRecentPathsNewestFirst(t *testing.T) {
	m, err := station.OpenMemory("")
	if err != nil {
		t.Fatal(err)
	}
	s := &settings{m: m}
	for i := range 12 {
		s.addRecent(keySets, fmt.Sprintf("/%d", i%10))
	}
	got := s.recent(keySets)
	if want := []string{"/1", "/0", "/9", "/8", "/7", "/6", "/5", "/4"}; !slices.Equal(got, want) {
		t.Errorf("recent %v, want %v", got, want)
	}
	s.dropRecent(keySets, "/0")
	if slices.Contains(s.recent(keySets), "/0") {
		t.Error("a dropped path is still there")
	}
	none := &settings{}
	none.addRecent(keySets, "/x")
	if none.recent(keySets) != nil {
		t.Error("fresh settings remember")
	}
}

// drawnSet is a set of n items that need no files.
func drawnSet(n int) *datasets.Set {
	s := &datasets.Set{Root: "/set"}
	for i := range n {
		s.Items = append(s.Items, datasets.Item{Name: fmt.Sprintf("test/%04d.png", i), Split: datasets.Test})
	}
	return s
}

func verdictOf(v history.Verdict) *session.Result {
	return &session.Result{Judgement: session.Judgement{Verdict: v}}
}

func TestFilteredListStaysTrueUnderRandomVerdicts(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 0))
	all := []history.Verdict{history.OK, history.REVIEW, history.NG, history.ERROR}
	p := newParts(drawnSet(60))
	for step := range 3000 {
		i := rng.IntN(p.len())
		switch rng.IntN(8) {
		case 0:
			p.show(append(all, "")[rng.IntN(5)])
		case 1:
			if p.state[i].verdict != "" {
				p.review(i, all[rng.IntN(3)], "")
			}
		case 2:
			if rng.IntN(40) == 0 {
				p.forget()
			}
		default:
			p.record(i, verdictOf(all[rng.IntN(4)]), time.Time{})
		}
		var want []int
		for k := range p.items {
			if p.only == "" || p.state[k].final() == p.only {
				want = append(want, k)
			}
		}
		if !slices.Equal(p.visible, want) {
			t.Fatalf("step %d: visible %v, want %v", step, p.visible, want)
		}
		seen := slices.Sorted(slices.Values(p.log))
		if len(slices.Compact(seen)) != len(p.log) || p.tally().total() != len(p.log) {
			t.Fatalf("step %d: log %v does not fit %+v", step, p.log, p.tally())
		}
		if j := p.step(i, 1); len(p.visible) > 0 && !slices.Contains(p.visible, j) {
			t.Fatalf("step %d: next of %d is %d, which is not visible", step, i, j)
		}
	}
}

func TestStepWalksTheVisibleListAndStopsAtItsEnds(t *testing.T) {
	p := newParts(drawnSet(6))
	for i, v := range []history.Verdict{history.OK, history.NG, history.OK, history.NG, history.OK, history.NG} {
		p.record(i, verdictOf(v), time.Time{})
	}
	p.show(history.NG)
	for _, c := range []struct{ from, by, want int }{{-1, 1, 1}, {1, 1, 3}, {2, 1, 3}, {2, -1, 1}, {5, 1, 5}, {1, -1, 1}, {0, 1, 1}, {3, 100, 5}} {
		if got := p.step(c.from, c.by); got != c.want {
			t.Errorf("%d by %d gives %d, want %d", c.from, c.by, got, c.want)
		}
	}
}

func TestErrorNeverCountsAsOKInTheYield(t *testing.T) {
	p := newParts(drawnSet(4))
	if y := p.tally().yield(); y == y {
		t.Errorf("yield of nothing is %g", y)
	}
	p.record(0, verdictOf(history.OK), time.Time{})
	p.record(1, verdictOf(history.ERROR), time.Time{})
	p.record(2, &session.Result{}, time.Time{}) // decided nothing
	if y := p.tally().yield(); y != 1./3 {
		t.Errorf("yield %g, want 1/3", y)
	}
	p.review(1, history.OK, "")
	if y := p.tally().yield(); y != 2./3 {
		t.Errorf("yield with an override %g, want 2/3", y)
	}
}

func TestCacheOfShownResultsIsBounded(t *testing.T) {
	var c shownCache
	for i := range 500 {
		c.put(&shown{item: i % 90, bytes: 3 << 20})
		c.get(i % 7)
		if len(c.order) != len(c.byItem) || len(c.order) > keepShown || c.bytes > keepShownBytes || c.bytes != int64(len(c.order))*3<<20 {
			t.Fatalf("after %d: %d in order, %d by item, %d bytes", i, len(c.order), len(c.byItem), c.bytes)
		}
	}
	c.put(&shown{item: 1, bytes: 1 << 40})
	if c.get(1) == nil || len(c.order) != 1 {
		t.Error("a result larger than the cache must still be shown")
	}
}

func TestEveryKindOfPictureBecomesOpaqueRGBA(t *testing.T) {
	g16 := image.NewGray16(image.Rect(0, 0, 2, 1))
	g16.SetGray16(1, 0, color.Gray16{Y: 0xabcd})
	g8 := image.NewGray(image.Rect(0, 0, 2, 1))
	g8.SetGray(1, 0, color.Gray{Y: 0xab})
	c := image.NewRGBA(image.Rect(0, 0, 2, 1))
	c.Set(0, 0, color.White)
	c.Set(1, 0, color.RGBA{0xab, 0xab, 0xab, 255})
	for _, m := range []image.Image{g16, g8, c} {
		got := scene.Opaque(m)
		if got.Stride != 4*2 || got.RGBAAt(1, 0) != (color.RGBA{0xab, 0xab, 0xab, 255}) {
			t.Errorf("%T becomes %v, stride %d", m, got.RGBAAt(1, 0), got.Stride)
		}
	}
	if scene.Opaque(c) != c {
		t.Error("an RGBA picture is copied")
	}
}

func TestWordsOfAProblemAreSentences(t *testing.T) {
	title, body := phrase.Problem(&session.Problem{Op: "open set", Err: fmt.Errorf("the folder is empty"), Hint: "Choose another"})
	if title != "Could not open the parts" || body != "The folder is empty. Choose another." {
		t.Errorf("%q, %q", title, body)
	}
	if _, body = phrase.Problem(fmt.Errorf("/data/a.png is truncated; copy it again")); body != "/data/a.png is truncated; copy it again." {
		t.Errorf("%q", body)
	}
}

func TestPastedPathsAreUnderstood(t *testing.T) {
	home, err := os.UserHomeDir()
	if err != nil {
		t.Skip("no home folder")
	}
	for in, want := range map[string]string{
		"  /a/b/ ": "/a/b", `"/a b/c"`: "/a b/c", "file:///a/b": "/a/b", "~/x": filepath.Join(home, "x"), "": "", "   ": "",
	} {
		if got := cleanPath(in); got != want {
			t.Errorf("%q gives %q, want %q", in, got, want)
		}
	}
}

func TestLatestDropsWhatIsOvertaken(t *testing.T) {
	q := newQueue()
	l := &desk.Latest{Thread: &desk.Thread{Post: q.post}}
	var got []int
	for i := range 100 {
		l.PostLatest(func() { got = append(got, i) })
	}
	q.until(t, "the newest arrived", func() bool { return len(got) > 0 && got[len(got)-1] == 99 })
	if len(got) > 2 {
		t.Errorf("%d of 100 updates crossed", len(got))
	}
	l.Close()
	l.OnUI(func() { t.Error("ran after the window closed") })
	if len(q.c) != 0 {
		t.Error("posted after the window closed")
	}
}

func TestPauserHoldsUntilReleased(t *testing.T) {
	var p pauser
	p.wait(t.Context()) // not paused
	p.set(true)
	p.set(true)
	done := make(chan bool)
	go func() { p.wait(t.Context()); done <- true }()
	select {
	case <-done:
		t.Fatal("a pause does not hold")
	default:
	}
	p.set(false)
	<-done
}

func TestLongDurationsAreSaidAsPeopleDo(t *testing.T) {
	for d, want := range map[time.Duration]string{
		100 * time.Millisecond: "almost done", 42 * time.Second: "42 s left", 5 * time.Minute: "5 min left", 3 * time.Hour: "3.0 h left",
	} {
		if got := phrase.Remaining(d); got != want {
			t.Errorf("%v is said %q, want %q", d, got, want)
		}
	}
}

func TestFormSaysWhyTrainingCannotStart(t *testing.T) {
	w, q := newTestWindow(t, newTestSession(t, session.Options{}), nil)
	f := w.train.form
	w.train.opened(&datasets.Set{Root: t.TempDir()})
	q.until(t, "the cost is known", func() bool { return len(f.costs) > 0 })
	if !strings.Contains(f.cost.Text, "parameters") {
		t.Errorf("cost line %q", f.cost.Text)
	}
	small := f.cost.Text
	for _, s := range anomaly.Sizes {
		f.chooseSize(s.Name)
	}
	q.until(t, "the cost of size L is known", func() bool { return strings.Contains(f.cost.Text, "parameters") && f.cost.Text != small })
	if f.input.Selected != automatic.String() || f.inputIs.Text != "by how parts lie" {
		t.Errorf("size L proposes input %s, %s", f.input.Selected, f.inputIs.Text)
	}
	if !f.start.Disabled() || f.why.Text == "" {
		t.Errorf("start is usable, or its reason %q is not said", f.why.Text)
	}
}

// Where a recipe is saved can be chosen without touching one that is there.
func TestChoosingAFolderForTheRecipeTouchesNoFile(t *testing.T) {
	w, _ := newTestWindow(t, newTestSession(t, session.Options{}), nil)
	dir := t.TempDir()
	path := filepath.Join(dir, "board.agur")
	if err := os.WriteFile(path, []byte("of weeks"), 0o600); err != nil {
		t.Fatal(err)
	}
	f := w.train.form
	f.out.SetText("/elsewhere/board.agur")
	f.useFolder(dir)
	if b, err := os.ReadFile(path); f.out.Text != path || err != nil || string(b) != "of weeks" {
		t.Errorf("%s, %q, %v", f.out.Text, b, err)
	}
}

func TestLowNeverPassesHighInAnyModeButTwoSided(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 0))
	for _, m := range modes {
		th := session.Thresholds{Mode: m.mode, Low: 1, High: 2}
		for range 200 {
			v, before := rng.Float64()*4+.01, th
			if rng.IntN(2) == 0 {
				th = lowMoved(th, v)
			} else {
				th = highMoved(th, v)
				if m.mode == segment.HalfPeak && math.Abs(th.Low/th.High-before.Low/before.High) > 1e-9 {
					t.Fatalf("%s: %v becomes %v when high moves to %g", m.mode, before, th, v)
				}
				if th.High != v {
					t.Fatalf("%s: high is %g, was moved to %g", m.mode, th.High, v)
				}
			}
			if m.mode != segment.TwoSided && th.Low > th.High*(1+1e-12) {
				t.Fatalf("%s: low %g above high %g", m.mode, th.Low, th.High)
			}
		}
	}
}

func TestEveryDialogOpensAndEscapeOrHidingLeavesTheWindowUsable(t *testing.T) {
	w, _ := newTestWindow(t, newTestSession(t, session.Options{}), nil)
	for name, open := range map[string]func(){
		"folder": w.inspect.browseSet, "recipe": w.inspect.browseRecipe, "training folder": w.train.browse, "save": w.train.form.browseOut,
		"path":        func() { w.askPath("Open", "", "Open", func(string) {}) },
		"set menu":    w.inspect.setMenu,
		"recipe menu": w.inspect.recipeMenu,
		"keys":        w.showKeys,
		"choice":      func() { w.askChoice(&datasets.ChoiceError{Choices: []datasets.Choice{{Name: "a"}}}, func(string) {}) },
	} {
		open()
		top := w.Window.Canvas().Overlays().Top()
		if top == nil {
			t.Errorf("%s opens nothing", name)
			continue
		}
		if name == "keys" || name == "folder" || name == "choice" {
			w.typedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
			if w.dialogOpen() {
				t.Errorf("Escape does not leave %s", name)
			}
		}
		w.Window.Canvas().Overlays().Remove(top)
	}
}

func TestDroppedPathsOpenOnTheScreenThatIsShown(t *testing.T) {
	w, q := newTestWindow(t, newTestSession(t, session.Options{}), nil)
	bad := filepath.Join(t.TempDir(), "nothing")
	w.dropped([]fyne.URI{storage.NewFileURI(bad)})
	q.until(t, "the problem is shown", func() bool { return w.notice.Title() == "Could not open the parts" })
	w.GoTo(trainTitle)
	w.dropped([]fyne.URI{storage.NewFileURI(bad)})
	q.until(t, "the problem is shown", func() bool { return w.notice.Title() == "Could not open the folder" })
}
