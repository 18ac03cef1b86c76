package clusters

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/jpeg"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"agurscope/history"
	"agurscope/themes"
	"agurscope/ui/desk"
	"agurscope/ui/session"
	"agurscope/ui/station"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/theme"
)

// bench is the screen on a window of the test driver.
type bench struct {
	*Screen
	store   *history.Store
	run     int64
	posts   chan func()
	said    string
	went    string
	problem error
}

func (h *bench) Report(err error, _ ...fyne.CanvasObject) { h.problem = err }
func (h *bench) ReportOf(_ string, err error, _ ...fyne.CanvasObject) {
	h.Report(err)
}
func (h *bench) Say(s string)                   { h.said = s }
func (h *bench) Dialog(d dialog.Dialog)         { d.Show() }
func (h *bench) GoTo(title string)              { h.went = title }
func (h *bench) Inspect(string)                 {}
func (h *bench) ThresholdsChanged()             {}
func (h *bench) RecipeSaved()                   {}
func (h *bench) AskRecipe(func(string))         {}
func (h *bench) User() string                   { return "tester" }
func (h *bench) May(station.Role) bool          { return true }
func (h *bench) Need(_ station.Role, do func()) { do() }

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

// newBench is a screen on a history with n parts of two types; none for a
// negative n.
func newBench(t *testing.T, look string, n int) *bench {
	t.Helper()
	test.NewTempApp(t).Settings().SetTheme(themes.Named(look))
	h := &bench{posts: make(chan func(), 1<<14)}
	if n >= 0 {
		var err error
		if h.store, err = history.Open(filepath.Join(t.TempDir(), "h.db")); err != nil {
			t.Fatal(err)
		}
		run, err := h.store.StartRun(context.Background(), history.Run{Kind: history.Inspect, Source: "p", Recipe: "board"})
		if err != nil {
			t.Fatal(err)
		}
		h.run = run.ID
		for i := range n {
			h.add(t, i, i%2)
		}
	}
	s := session.New(session.Options{Store: h.store})
	d := desk.New(&desk.Thread{Post: func(f func()) { h.posts <- f }}, s)
	d.Host = h
	d.Window = test.NewTempWindow(t, container.NewWithoutLayout())
	h.Screen = New(d, theme.GridIcon())
	d.Window.SetContent(container.NewStack(h.Content(), d.Tips.Layer()))
	d.Window.SetPadded(false)
	d.Window.Resize(fyne.NewSize(1000, 700))
	t.Cleanup(func() {
		d.Close()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if h.store != nil {
			h.store.Close()
		}
	})
	return h
}

// add puts an inspected part into the history.
func (h *bench) add(t *testing.T, i, kind int) {
	t.Helper()
	rng := rand.New(rand.NewPCG(uint64(i), 3))
	v := make([]float32, 10)
	for j := range v {
		v[j] = float32(rng.NormFloat64())
		if j%2 == kind {
			v[j] += 9
		}
	}
	var b bytes.Buffer
	m := image.NewGray(image.Rect(0, 0, 8, 8))
	m.Pix[0] = uint8(i)
	if err := jpeg.Encode(&b, m, nil); err != nil {
		t.Fatal(err)
	}
	if err := h.store.Add(context.Background(), &history.Record{
		Run: h.run, Path: fmt.Sprintf("/parts/%03d.png", i), Verdict: []history.Verdict{history.OK, history.NG}[kind], Score: float64(i), Index: math.NaN(),
		Recipe: "board", RecipeSHA256: strings.Repeat("a", 64), Type: []string{"good", "bent"}[kind], Embedding: v, Thumbnail: b.Bytes(),
	}); err != nil {
		t.Fatal(err)
	}
}

// drawn shows the screen with a map.
func (h *bench) drawnMap(t *testing.T) {
	t.Helper()
	h.Show()
	h.until(t, "the screen offers a map", func() bool { return len(h.body.Objects) == 1 && h.body.Objects[0] != h.all })
	h.begin()
	h.until(t, "the map is drawn", func() bool { return h.m != nil && h.stop == nil })
}

func TestAMapIsDrawnFromTheEmptyScreen(t *testing.T) {
	for _, look := range []string{"dark", "light", "contrast"} {
		h := newBench(t, look, 40)
		h.drawnMap(t)
		if len(h.m.Points) != 40 || h.by != session.ByType || !slices.Equal(h.names, []string{"bent", "good"}) && !slices.Equal(h.names, []string{"good", "bent"}) {
			t.Errorf("%d points by %s: %v", len(h.m.Points), h.by, h.names)
		}
		if !strings.Contains(h.said, "40 parts") || h.problem != nil || h.doing.Visible() || h.draw.Disabled() {
			t.Error(h.said, h.problem)
		}
		m := h.Window.Canvas().Capture()
		d := fyne.CurrentApp().Driver()
		if end := d.AbsolutePositionForObject(h.title).Y + h.title.Size().Height; d.AbsolutePositionForObject(h.list).Y < end {
			t.Errorf("%s: the list begins at %g, the heading ends at %g", look, d.AbsolutePositionForObject(h.list).Y, end)
		}
		colours := map[any]bool{}
		for y := 60; y < 690; y++ {
			for x := 10; x < 690; x++ {
				colours[m.At(x, y)] = true
			}
		}
		if len(colours) < 10 {
			t.Errorf("%s: the map shows %d colours", look, len(colours))
		}
	}
}

func TestPartsAreSelectedAndNamed(t *testing.T) {
	h := newBench(t, "dark", 40)
	h.drawnMap(t)
	if h.listed() != 40 || h.m.Points[h.listedPoint(0)].Verdict != 40 {
		t.Error("the newest part is not the first of the list")
	}
	h.scatter.OnLasso([]int{3, 5, 8})
	if h.listed() != 3 || h.title.Text != "3 parts, inside the line" || !h.naming.Visible() {
		t.Errorf("%d parts, %q", h.listed(), h.title.Text)
	}
	h.nameIt() // without a name nothing happens
	if !strings.Contains(h.said, "name") {
		t.Error(h.said)
	}
	h.name.SetText(" dust ")
	h.nameIt()
	h.until(t, "the cluster is kept", func() bool { return strings.Contains(h.said, "dust") })
	at := slices.Index(h.names, "dust")
	if h.by != session.ByCluster || at < 0 || h.chosen != nil {
		t.Fatal(h.by, h.names, h.chosen)
	}
	h.isolate(at)
	if h.listed() != 3 || !h.drop.Visible() || h.name.Text != "dust" {
		t.Errorf("%d parts, %q", h.listed(), h.name.Text)
	}
	h.name.SetText("fluff")
	h.nameIt()
	h.until(t, "it is renamed", func() bool { return slices.Contains(h.names, "fluff") })
	h.isolate(slices.Index(h.names, "fluff"))
	h.dropIt()
	h.until(t, "it is gone", func() bool { return !slices.Contains(h.names, "fluff") })
	// One that was found can be named, but not removed.
	h.isolate(0)
	if h.which < 0 || h.drop.Visible() {
		t.Error("a found cluster can be removed")
	}
	h.name.SetText("all well")
	h.nameIt()
	h.until(t, "it is named", func() bool { return slices.Contains(h.names, "all well") })
	if h.problem != nil {
		t.Error(h.problem)
	}
	// Escape leads back to everything.
	h.scatter.OnLasso([]int{1})
	if !h.Key(fyne.KeyEscape) || h.chosen != nil || h.listed() != 40 {
		t.Error("Escape left the selection")
	}
	h.scatter.OnLasso(nil)
	if h.chosen != nil {
		t.Error("an empty line selects")
	}
}

func TestANewPartLeavesWhatIsBeingNamed(t *testing.T) {
	h := newBench(t, "dark", 40)
	h.drawnMap(t)
	h.scatter.OnLasso([]int{3, 5, 8})
	h.name.SetText("du")
	h.add(t, 77, 1)
	h.place(session.Placed{Map: h.m.ID, Cluster: h.m.Clusters[0].ID, MapPoint: history.MapPoint{Verdict: 41, Placed: true, Part: history.MapPart{Name: "077.png", Final: history.OK, Verdict: history.OK}}})
	h.until(t, "the part is shown", func() bool { return len(h.m.Points) == 41 })
	if h.name.Text != "du" || h.listed() != 3 || len(h.scatter.lit) != 41 || h.scatter.lit[40] || !h.scatter.lit[5] {
		t.Errorf("%q, %d parts", h.name.Text, h.listed())
	}
	if !slices.IsSorted(h.m.Clusters[0].Members) || !slices.Contains(h.m.Clusters[0].Members, 41) {
		t.Errorf("members %v", h.m.Clusters[0].Members)
	}
	h.isolate(-1)
	if h.chosen != nil && h.what != h.groupName(-1) {
		t.Error(h.what)
	}
}

func TestNewPartsAppear(t *testing.T) {
	h := newBench(t, "dark", 40)
	h.drawnMap(t)
	h.scatter.Zoom(2)
	zoom := h.scatter.zoom
	h.add(t, 77, 1)
	h.place(session.Placed{Map: h.m.ID, Cluster: h.m.Clusters[0].ID, MapPoint: history.MapPoint{
		Verdict: 41, X: 1, Y: 2, Outside: true, Placed: true, Part: history.MapPart{Name: "077.png", Type: "bent", Final: history.NG, Verdict: history.NG},
	}})
	h.place(session.Placed{Map: h.m.ID + 5, MapPoint: history.MapPoint{Verdict: 42}}) // of another map
	h.until(t, "the part is shown", func() bool { return len(h.m.Points) == 41 })
	if h.scatter.chosen != 40 || !h.scatter.marks[40].Hollow || h.scatter.zoom != zoom || h.listed() != 41 {
		t.Errorf("chosen %d, %+v", h.scatter.chosen, h.scatter.marks[40])
	}
	h.hovered(40)
	if !h.tip.box.Visible() || h.tip.lines[0].Text != "077.png" || !strings.Contains(h.tip.lines[1].Text, "unlike") {
		t.Error(h.tip.lines[0].Text, h.tip.lines[1].Text)
	}
	h.hovered(-1)
	if h.tip.box.Visible() {
		t.Error("the card stays")
	}
	h.tapped(3)
	sha := h.m.Points[3].Part.ThumbnailSHA256
	h.hovered(3)
	h.until(t, "the picture has come", func() bool { m, known := h.pictures.Get(sha); return known && m != nil })
}

func TestWhatPeopleSayMeanwhileIsShown(t *testing.T) {
	h := newBench(t, "dark", 40)
	h.drawnMap(t)
	h.Rune('c')
	h.scatter.Zoom(3)
	zoom := h.scatter.zoom
	h.Hide()
	if err := h.store.Override(context.Background(), h.m.Points[2].Verdict, history.NG, "ann", ""); err != nil {
		t.Fatal(err)
	}
	h.Show()
	h.until(t, "the override is shown", func() bool { return h.m.Points[2].Part.Final == history.NG })
	if h.scatter.zoom != zoom || h.m.Points[2].Part.Verdict != history.OK {
		t.Error("the view has moved, or the machine's answer is gone")
	}
}

func TestDrawingIsCancelled(t *testing.T) {
	h := newBench(t, "dark", 60)
	h.Show()
	h.until(t, "the screen offers a map", func() bool { return len(h.body.Objects) == 1 })
	h.begin()
	if !h.doing.Visible() || !h.draw.Disabled() || !h.Key(fyne.KeyEscape) {
		t.Error("nothing can be cancelled")
	}
	h.until(t, "drawing has ended", func() bool { return h.stop == nil })
	h.until(t, "the screen offers a map again", func() bool { return len(h.body.Objects) == 1 && h.body.Objects[0] != h.all })
	if h.problem != nil || h.m != nil {
		t.Error(h.problem, h.m)
	}
}

func TestTooFewPartsAndNoHistory(t *testing.T) {
	h := newBench(t, "dark", 3)
	h.Show()
	h.until(t, "the screen offers a map", func() bool { return len(h.body.Objects) == 1 })
	h.begin()
	h.until(t, "the problem is told", func() bool { return h.problem != nil })
	if !strings.Contains(h.problem.Error(), "only 3 inspected parts") {
		t.Error(h.problem)
	}
	none := newBench(t, "light", -1)
	none.Show()
	if len(none.body.Objects) != 1 || none.body.Objects[0] == none.all {
		t.Error("a map without a history")
	}
	none.Rune('f')
	none.Rune('l')
	none.Rune('+')
	none.Rune('-')
	none.Changed()
	none.Hide()
	none.Changed()
	none.Rune('c') // without a map there is nothing to colour
}

// Until the map of another recipe is read, the one of before is still on the screen.
func TestTheMapOfBeforeLeadsNowhere(t *testing.T) {
	h := newBench(t, "dark", 40)
	h.drawnMap(t)
	h.isolate(0)
	h.Hide()
	h.Changed()
	h.Show()
	h.list.OnSelected(3)
	h.isolate(1)
	h.which = 0
	h.dropIt()
	h.hovered(3)
	h.tapped(3)
	h.until(t, "the map is there again", func() bool { return h.m != nil })
	if h.problem != nil || len(h.m.Points) != 40 {
		t.Error(h.problem, len(h.m.Points))
	}
}

func TestColoursTakeTurns(t *testing.T) {
	h := newBench(t, "dark", 24)
	h.drawnMap(t)
	seen := map[session.MapColour]bool{}
	for range 4 {
		seen[h.by] = true
		if len(h.legend.Objects) == 0 {
			t.Errorf("no legend by %s", h.by)
		}
		h.Rune('c')
	}
	if len(seen) != 4 {
		t.Error(seen)
	}
	h.Rune('l')
	if !h.scatter.Lasso {
		t.Error("no lasso")
	}
}
