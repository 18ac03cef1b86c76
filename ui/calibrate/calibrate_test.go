package calibrate

import (
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"agurscope/nn"
	"agurscope/nn/anomaly"
	"agurscope/nn/segment"
	"agurscope/themes"
	"agurscope/ui/desk"
	"agurscope/ui/session"
	"agurscope/ui/station"
	"agurscope/ui/widgets"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/test"
)

// bench is a screen on a window of the test driver, with an engine that runs
// no network: the score of an even picture is its brightness from 0 to 1.
type bench struct {
	*Screen
	posts   chan func()
	said    string
	problem error
	changed int
}

func (h *bench) Report(err error, _ ...fyne.CanvasObject) { h.problem = err }
func (h *bench) Say(s string)                             { h.said = s }
func (h *bench) Dialog(d dialog.Dialog)                   { d.Show() }
func (h *bench) GoTo(string)                              {}
func (h *bench) Inspect(string)                           {}
func (h *bench) ThresholdsChanged()                       { h.changed++ }
func (h *bench) RecipeSaved()                             {}
func (h *bench) AskRecipe(func(string))                   {}
func (h *bench) RecentRecipes() []string                  { return nil }
func (h *bench) Need(_ station.Role, do func())           { do() }
func (h *bench) User() string                             { return "tester" }

// until runs what was posted until ok holds.
func (h *bench) until(t testing.TB, what string, ok func() bool) {
	t.Helper()
	limit := time.After(60 * time.Second)
	for !ok() {
		select {
		case f := <-h.posts:
			f()
		case <-limit:
			t.Fatalf("waited in vain until %s", what)
		}
	}
}

// side is that of the pictures and the network's input.
var side = 32

type echoEngine struct{}

func (echoEngine) Name() string     { return "echo" }
func (echoEngine) Describe() string { return "no engine at all" }
func (echoEngine) Close() error     { return nil }
func (echoEngine) Compile(*nn.Graph, nn.Mode) (nn.Program, error) {
	return &echoProgram{}, nil
}

type echoProgram struct {
	nn.Program
	x []float32
}

func (p *echoProgram) Set(_ *nn.Node, data []float32) { p.x = append(p.x[:0], data...) }
func (p *echoProgram) Forward() error                 { return nil }
func (p *echoProgram) Bytes() int64                   { return 4 }
func (p *echoProgram) Close() error                   { return nil }
func (p *echoProgram) Get(n *nn.Node, dst []float32) []float32 {
	if len(dst) < n.Shape.Size() {
		dst = make([]float32, n.Shape.Size())
	}
	copy(dst, p.x)
	return dst
}

func recipe(t testing.TB) *anomaly.Recipe {
	t.Helper()
	m, err := anomaly.NewModel(anomaly.Network{Size: "T", Width: side, Height: side, Without: anomaly.Without{
		ASPP: true, Gates: true, ECA: true, PreAct: true, Skips: true, Score: true,
	}}, 1)
	if err != nil {
		t.Fatal(err)
	}
	scores := make([]float64, 20)
	for i := range scores {
		scores[i] = .1 + .01*float64(i)
	}
	return &anomaly.Recipe{Name: "echo", Created: time.Unix(0, 0), Model: m, Calibration: &anomaly.Calibration{
		Normals: 20, FalseRejectRate: .05, Alignment: anomaly.Free,
		Terms: []anomaly.Term{{Name: "residual", Weight: 1, Q999: 1}}, SignedStd: 1,
		Pixel: map[segment.Mode]anomaly.Pair{
			segment.HalfPeak: {Low: .9, High: 1.8}, segment.Hysteresis: {Low: 1.5, High: 1.8}, segment.TwoSided: {Low: 90, High: 90},
		},
		Mode: segment.HalfPeak, Review: .4, Reject: .5, Scores: scores,
	}}
}

func newStation(t testing.TB) *bench {
	t.Helper()
	app := test.NewTempApp(t)
	app.Settings().SetTheme(themes.Dark())
	h := &bench{posts: make(chan func(), 1<<14)}
	s := session.New(session.Options{Engine: echoEngine{}})
	path := filepath.Join(t.TempDir(), "echo.agur")
	if err := recipe(t).Save(path); err != nil {
		t.Fatal(err)
	}
	if _, err := s.OpenRecipe(path); err != nil {
		t.Fatal(err)
	}
	d := desk.New(&desk.Thread{Post: func(f func()) { h.posts <- f }}, s)
	d.Host = h
	d.Window = test.NewTempWindow(t, container.NewWithoutLayout())
	h.Screen = New(d)
	d.Window.SetContent(h.Content())
	d.Window.Resize(fyne.NewSize(1215, 750))
	t.Cleanup(func() {
		d.Close()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return h
}

// open makes a set of even pictures, good and with dents.
func (h *bench) open(t testing.TB, good, dents []uint8) {
	t.Helper()
	dir := t.TempDir()
	for sub, values := range map[string][]uint8{"good": good, "dent": dents} {
		if len(values) == 0 {
			continue
		}
		if err := os.MkdirAll(filepath.Join(dir, "test", sub), 0o755); err != nil {
			t.Fatal(err)
		}
		for i, v := range values {
			m := image.NewGray(image.Rect(0, 0, side, side))
			for k := range m.Pix {
				m.Pix[k] = v
			}
			f, err := os.Create(filepath.Join(dir, "test", sub, fmt.Sprintf("%02d.png", i)))
			if err != nil {
				t.Fatal(err)
			}
			if err := png.Encode(f, m); err != nil {
				t.Fatal(err)
			}
			if err := f.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := h.Session.OpenSet(dir); err != nil {
		t.Fatal(err)
	}
}

// drag moves a line of the histogram with the pointer.
func (h *bench) drag(from, to float64) {
	x := func(v float64) float32 { return h.hist.Place(v) }
	const steps = 8
	d := (x(to) - x(from)) / steps
	for i := range steps {
		h.hist.Dragged(&fyne.DragEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(x(from)+d*float32(i+1), 60)}, Dragged: fyne.NewDelta(d, 0)})
	}
	h.hist.DragEnd()
}

func TestThresholdsFollowTheDragAndTheMatrixFollowsThem(t *testing.T) {
	h := newStation(t)
	h.open(t, []uint8{20, 40, 60, 110, 140}, []uint8{90, 160, 240})
	h.Show()
	h.until(t, "the parts are scored", func() bool { return h.Session.Pass() != nil && !h.trial.Pass().Bare })
	if m := h.trial.Matrix(); m[0] != [4]int{3, 1, 1, 0} || m[1] != [4]int{1, 0, 2, 0} {
		t.Fatalf("matrix %v", m)
	}
	if h.cellRow != session.TruthDefect || h.cellColumn != "OK" || len(h.gallery.parts) != 1 {
		t.Errorf("shown first: %s %s with %d parts, want the escapes", h.cellRow, h.cellColumn, len(h.gallery.parts))
	}
	h.drag(.5, .7)
	if th := h.Session.Thresholds(); th.Reject < .66 || th.Reject > .74 || th.Review/th.Reject < .79 {
		t.Errorf("after the drag: %+v", th)
	}
	if h.changed != 1 {
		t.Errorf("the other screens were told %d times", h.changed)
	}
	if m := h.trial.Matrix(); m[0][2] != 0 || m[1][2] != 1 {
		t.Errorf("matrix %v", m)
	}
	h.Rune('u')
	if th := h.Session.Thresholds(); th.Reject != .5 {
		t.Errorf("undo gives %+v", th)
	}
	h.Rune('y')
	if th := h.Session.Thresholds(); th.Reject == .5 {
		t.Error("redo does nothing")
	}
	h.write("tester", "fewer false rejects")
	h.until(t, "the version is saved", func() bool { return h.said != "" || h.problem != nil })
	if h.problem != nil || h.Session.Recipe().Version() != 2 || len(h.trial.Changes()) != 0 {
		t.Errorf("version %d, %v, changes %v", h.Session.Recipe().Version(), h.problem, h.trial.Changes())
	}
}

func TestWithoutDefectsTheScreenIsWhole(t *testing.T) {
	h := newStation(t)
	h.Show()
	if h.trial == nil || !h.trial.Pass().Bare {
		t.Fatal("the scores of the recipe are not shown")
	}
	before := h.trial.Now()
	h.chooser.rate.SetText("10")
	h.chooser.use()
	if now := h.trial.Now(); now.Reject == before.Reject || now.High != before.High {
		t.Errorf("choosing by false rejects: %+v", now)
	}
	h.chooser.rate.SetText("0.1")
	h.chooser.use()
	if !h.chooser.note.Visible() {
		t.Error("nobody says that 20 parts cannot show 0.1 %")
	}
	for _, bad := range []string{"", "x", "-1", "100", "NaN"} {
		now := h.trial.Now()
		h.chooser.rate.SetText(bad)
		h.chooser.use()
		if h.trial.Now() != now || !h.chooser.note.Visible() {
			t.Errorf("%q is taken for a rate", bad)
		}
	}
	h.chooser.choose(byRecall)
	if !h.chooser.apply.Disabled() || h.chooser.apply.Tip == "" {
		t.Error("recall can be chosen without defects, or nobody says why not")
	}
	if h.curves.Visible() || h.byType.Visible() {
		t.Error("curves and types are shown without defects")
	}
}

// Whatever is clicked, typed and dragged, the screen shows what the trial says
// and the session judges by it.
func TestRandomUseKeepsScreenAndSessionTogether(t *testing.T) {
	h := newStation(t)
	h.open(t, []uint8{20, 40, 60, 90, 110, 140}, []uint8{90, 160, 240})
	h.Show()
	h.until(t, "the parts are scored", func() bool { return h.Session.Pass() != nil && !h.trial.Pass().Bare })
	rng := rand.New(rand.NewPCG(3, 3))
	for range 200 {
		switch rng.IntN(8) {
		case 0:
			h.drag(h.hist.Line(1), rng.Float64())
		case 1:
			h.drag(h.hist.Line(0), rng.Float64())
		case 2:
			h.Rune('u')
		case 3:
			h.Rune('y')
		case 4:
			h.chooser.choose(rng.IntN(3))
			h.chooser.use()
		case 5:
			h.choose(session.Truth(rng.IntN(2)), session.Verdicts[rng.IntN(3)])
			h.gallery.step(1 - 2*rng.IntN(2))
		case 6:
			h.part.moved(rng.IntN(2), .72+rng.Float64(), true)
		case 7:
			h.changes.back[rng.IntN(2)].OnTapped()
		}
		now := h.trial.Now()
		if h.hist.Line(0) != now.Review || h.hist.Line(1) != now.Reject {
			t.Fatalf("lines at %g and %g, thresholds %+v", h.hist.Line(0), h.hist.Line(1), now)
		}
		if h.Session.Thresholds() != now {
			t.Fatalf("the session judges by %+v, the screen by %+v", h.Session.Thresholds(), now)
		}
		if n := len(h.trial.Cell(h.cellRow, h.cellColumn)); n != len(h.gallery.parts) {
			t.Fatalf("the gallery shows %d of %d", len(h.gallery.parts), n)
		}
	}
}

func TestScreenFitsItsWindowInEveryLook(t *testing.T) {
	h := newStation(t)
	h.open(t, []uint8{20, 40, 140}, []uint8{90, 240})
	h.Show()
	h.until(t, "the parts are scored", func() bool { return h.Session.Pass() != nil && !h.trial.Pass().Bare })
	for _, look := range []string{"dark", "light", "contrast"} {
		fyne.CurrentApp().Settings().SetTheme(themes.Named(look))
		if m := h.Content().MinSize(); look != "contrast" && (m.Width > 1215 || m.Height > 750) {
			t.Errorf("%s needs %v", look, m)
		}
		if shades := colours(h.Window.Canvas().Capture()); shades < 12 {
			t.Errorf("%s shows %d colours", look, shades)
		}
	}
}

func colours(m image.Image) int {
	seen := map[color.Color]bool{}
	b := m.Bounds()
	for y := b.Min.Y; y < b.Max.Y; y += 3 {
		for x := b.Min.X; x < b.Max.X; x += 3 {
			seen[m.At(x, y)] = true
		}
	}
	return len(seen)
}

func TestPixelThresholdsMovedElsewhereMoveTheCurves(t *testing.T) {
	h := newStation(t)
	h.open(t, []uint8{20, 40, 60, 230}, []uint8{90, 160, 240})
	h.Show()
	h.until(t, "the parts are scored", func() bool { return h.Session.Pass() != nil && !h.trial.Pass().Bare })
	before := h.roc.Points()
	th := h.Session.Thresholds()
	th.Low, th.High = .8, .85 // the brightest of both kinds have a region now
	h.Session.SetThresholds(th)
	h.Changed()
	if after := h.roc.Points(); slices.Equal(before, after) {
		t.Errorf("the curve stays as it was: %v", after)
	}
}

// Where regions are found away from the window, they follow the drag, and only its
// end puts thresholds in force: the newest one's.
func TestOnALargePassRegionsFollowTheDrag(t *testing.T) {
	side = 512
	t.Cleanup(func() { side = 32 })
	h := newStation(t)
	bright := make([]uint8, 90)
	for i := range bright {
		bright[i] = uint8(200 + i/2)
	}
	h.open(t, bright, []uint8{250})
	h.Show()
	h.until(t, "the parts are scored", func() bool { return h.Session.Pass() != nil && !h.trial.Pass().Bare })
	if !h.trial.Heavy() {
		t.Fatal("the pass is too small for this test")
	}
	before := h.Session.Thresholds()
	high := func(k float64) float64 { return before.High * k }
	h.part.moved(1, high(1.2), false)
	if got := h.part.lines[1].slider.Value; got != high(1.2) {
		t.Errorf("the slider jumps back to %g", got)
	}
	h.until(t, "the regions follow", func() bool { return h.trial.Now().High == high(1.2) })
	if h.Session.Thresholds() != before {
		t.Error("thresholds are in force that nobody has let go of")
	}
	h.part.moved(1, high(1.4), true)
	h.part.moved(1, high(1.3), true)
	h.until(t, "the newest are in force", func() bool { return h.Session.Thresholds().High == high(1.3) })
	if h.changed != 1 || h.trial.Now().High != high(1.3) {
		t.Errorf("in force %d times, the trial is at %g", h.changed, h.trial.Now().High)
	}
}

func TestTheWishIsProposedAsTheReason(t *testing.T) {
	h := newStation(t)
	h.Show()
	c := h.chooser
	if c.reason() != "" {
		t.Errorf("nothing was chosen, and the reason would be %q", c.reason())
	}
	c.rate.SetText("1,5")
	c.use()
	if c.reason() != "at most 1.5 % false rejects" {
		t.Errorf("reason %q", c.reason())
	}
	h.Screen.drag(widgets.RejectLine, 1.1*h.trial.Now().Reject)
	if c.reason() != "" {
		t.Errorf("moved by hand, and the reason would still be %q", c.reason())
	}
	c.rate.SetText("none")
	c.use()
	if c.reason() != "" {
		t.Errorf("refused, and the reason would be %q", c.reason())
	}
}
