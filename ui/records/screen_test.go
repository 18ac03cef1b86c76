package records

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/jpeg"
	"math"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"agurscope/history"
	"agurscope/themes"
	"agurscope/ui/desk/desktest"
	"agurscope/ui/session"
	"agurscope/ui/widgets"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/theme"
)

// newStation is a screen on a history with n verdicts, one a minute until now;
// every tenth is NG, every tenth REVIEW, and the last ERROR.
func newStation(t *testing.T, n int) (*Screen, *desktest.Host, *history.Store) {
	t.Helper()
	ctx := context.Background()
	store, err := history.Open(filepath.Join(t.TempDir(), "h.db"))
	if err != nil {
		t.Fatal(err)
	}
	run, err := store.StartRun(ctx, history.Run{Source: "/parts/monday", Recipe: "board"})
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now().Add(-time.Duration(n) * time.Minute)
	var batch []*history.Record
	for i := range n {
		r := &history.Record{
			Run: run.ID, Seq: uint64(i), Time: start.Add(time.Duration(i) * time.Minute), Path: fmt.Sprintf("/parts/monday/%04d.png", i),
			Verdict: history.OK, Score: .5, Index: 12, Low: 1, High: 2, Review: 1.6, Reject: 2, Latency: 9 * time.Millisecond,
			Embedding: []float32{float32(i), float32(i), 1},
			Recipe:    []string{"board", "lid"}[i%2], RecipeSHA256: strings.Repeat("a", 64), Thumbnail: small(t, uint8(i)),
		}
		switch {
		case i == n-1:
			r.Verdict, r.Score, r.Error, r.Thumbnail = history.ERROR, math.NaN(), "the picture is cut off", nil
		case i%10 == 3:
			r.Verdict, r.Score, r.Index = history.NG, 3, 75
			r.Regions = []history.Region{{X: 2, Y: 3, W: 4, H: 5, Area: 17, Peak: 4, Mean: 2, Polarity: "dark"}}
		case i%10 == 7:
			r.Verdict, r.Score, r.Index = history.REVIEW, 1.8, 45
		}
		batch = append(batch, r)
	}
	if err := store.Add(ctx, batch...); err != nil {
		t.Fatal(err)
	}
	one := session.New(session.Options{Store: store})
	t.Cleanup(func() {
		if err := one.Close(); err != nil {
			t.Error(err)
		}
		store.Close()
	})
	d, h := desktest.New(t, one)
	s := New(d, theme.HistoryIcon())
	d.Window.SetContent(container.NewStack(s.Content(), d.Tips.Layer()))
	d.Window.SetPadded(false)
	d.Window.Resize(fyne.NewSize(1215, 770))
	return s, h, store
}

// small is a thumbnail.
func small(t *testing.T, grey uint8) []byte {
	t.Helper()
	var b bytes.Buffer
	m := image.NewGray(image.Rect(0, 0, 8, 8))
	for i := range m.Pix {
		m.Pix[i] = grey
	}
	if err := jpeg.Encode(&b, m, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestVerdictsAreFoundNewestFirst(t *testing.T) {
	s, h, _ := newStation(t, 300)
	s.Show()
	h.Until(t, "the newest is shown", func() bool { return s.detail.past != nil })
	if s.rows() != 300 || s.detail.past.rec.Name != "0299.png" || s.detail.banner.Verdict() != "ERROR" || s.detail.why.Text() != "The picture is cut off." {
		t.Errorf("%d rows, first %s: %s %q", s.rows(), s.detail.past.rec.Name, s.detail.banner.Verdict(), s.detail.why.Text())
	}
	if got := s.figures.Text; !strings.Contains(got, "300 verdicts") || !strings.Contains(got, "79.7 %") && !strings.Contains(got, "80 %") {
		t.Error(got)
	}
	r := s.newRow().(*row)
	h.Until(t, "rows are read", func() bool { s.fillRow(150, r); return r.name.Text == "0149.png" })
	h.Until(t, "pictures are read", func() bool {
		rec, _ := s.pages.get(150)
		m, known := s.pictures.Get(rec.ThumbnailSHA256)
		return known && m != nil
	})

	test.Tap(s.filter.chips[2]) // NG
	h.Until(t, "defects are found", func() bool { return s.rows() == 30 })
	if s.filter.counts.OK != 239 || s.filter.counts.NG != 30 {
		t.Errorf("%+v", s.filter.counts)
	}
	h.Until(t, "a defect is shown", func() bool { return s.detail.past != nil && s.detail.past.rec.Verdict == history.NG })
	if !strings.Contains(s.detail.why.Text(), "reject threshold 2.00, with 1 region") || !s.detail.regionBox.Visible() || !s.detail.absent.Visible() {
		t.Error(s.detail.why.Text())
	}
	s.filter.recipe.SetSelected("board")
	h.Until(t, "no defect is of this recipe", func() bool { return s.found.filter.Recipe == "board" })
	if s.rows() != 0 || !s.none.Visible() || s.detail.id != 0 {
		t.Errorf("%d rows", s.rows())
	}
	s.filter.clear()
	h.Until(t, "everything is back", func() bool { return s.rows() == 300 })

	s.Key(fyne.KeyEnd)
	h.Until(t, "the oldest is shown", func() bool { return s.detail.past != nil && s.detail.past.rec.Name == "0000.png" })
	test.Tap(s.detail.similar)
	h.Until(t, "similar parts are found", func() bool { return s.rows() == similar+1 })
	if s.detail.past.rec.Name != "0000.png" || s.found.view.Row(s.detail.id) != 0 || s.index.Text != "Distance" {
		t.Error("the part itself is not the first")
	}
	for i := 1; i < s.rows(); i++ {
		if far := s.found.far; far[s.found.view.ID(i)] < far[s.found.view.ID(i-1)] {
			t.Errorf("row %d is nearer than the one before", i)
		}
	}
	s.filter.others.Objects[0].(*widgets.Chip).TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	h.Until(t, "everything is back again", func() bool { return s.rows() == 300 })

	test.Type(s.filter.text, "0042")
	h.Until(t, "one is found by its name", func() bool { return s.rows() == 1 })
	h.Until(t, "it is shown", func() bool { return s.detail.past != nil && s.detail.past.rec.Name == "0042.png" })
}

func TestOnlyTheLastSearchIsAnswered(t *testing.T) {
	s, h, _ := newStation(t, 200)
	s.Show()
	for range 4 {
		for i := range s.filter.chips {
			test.Tap(s.filter.chips[i])
		}
	}
	test.Tap(s.filter.chips[1]) // all others were taken back
	h.Until(t, "the last is answered", func() bool { return s.found != nil && len(s.found.filter.Verdict) == 1 && s.rows() == 20 })
}

func TestAPersonSaysOtherwise(t *testing.T) {
	s, h, store := newStation(t, 40)
	s.Show()
	h.Until(t, "the newest is shown", func() bool { return s.detail.past != nil })
	s.Key(fyne.KeyEnd)
	h.Until(t, "the oldest is shown", func() bool { return s.detail.past.rec.Name == "0000.png" })
	id := s.detail.id
	s.Rune('n')
	if s.Window.Canvas().Overlays().Top() == nil {
		t.Fatal("nobody asks for a reason")
	}
	test.Type(s.Window.Canvas().Focused(), "scratch on the rim")
	s.Window.Canvas().Focused().(*widgets.Entry).OnSubmitted("")
	h.Until(t, "the row says so", func() bool {
		row := s.found.view.Row(id)
		return s.found.view.Sample(row).Reviewed == history.NG && len(s.detail.past.overrides) == 1
	})
	s.detail.annotate("seen by the client")
	h.Until(t, "the note is there", func() bool { return len(s.detail.past.notes) == 1 })
	rec, err := store.Verdict(context.Background(), id)
	if err != nil || rec.Verdict != history.OK || rec.Reviewed != history.NG || rec.Reviewer != "tester" || rec.Reason != "scratch on the rim" {
		t.Errorf("%+v, %v", rec, err)
	}
	test.Tap(s.filter.overs)
	h.Until(t, "it alone was overridden", func() bool { return s.rows() == 1 })
	if !strings.Contains(s.figures.Text, "1 overridden") || s.detail.id != id {
		t.Error(s.figures.Text)
	}
}

// A note that could not be kept is not lost.
func TestANoteThatFailsStays(t *testing.T) {
	s, h, store := newStation(t, 3)
	s.Show()
	h.Until(t, "the newest is shown", func() bool { return s.detail.past != nil })
	store.Close()
	s.detail.note.SetText("seen by the client")
	s.detail.annotate(s.detail.note.Text)
	if s.detail.note.Text != "" {
		t.Error("it stands in the field while it is written")
	}
	for s.detail.note.Text == "" { // other reads fail, too
		h.Step()
	}
	if s.detail.note.Text != "seen by the client" || h.Problem == nil {
		t.Errorf("the field says %q, %v", s.detail.note.Text, h.Problem)
	}
}

func TestNoVerdictsYet(t *testing.T) {
	store, err := history.Open(filepath.Join(t.TempDir(), "h.db"))
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range []session.Options{{}, {Store: store}} {
		one := session.New(o)
		d, h := desktest.New(t, one)
		s := New(d, theme.HistoryIcon())
		s.Show()
		h.Until(t, "the screen says that there is nothing", func() bool { return len(s.body.Objects) == 1 && s.body.Objects[0] != s.all })
		d.Close()
		if err := one.Close(); err != nil {
			t.Error(err)
		}
	}
	store.Close()
}

func TestItFitsInEveryLook(t *testing.T) {
	s, h, _ := newStation(t, 60)
	s.Show()
	h.Until(t, "the newest is shown", func() bool { return s.detail.past != nil })
	for _, look := range []string{"dark", "light", "contrast"} {
		fyne.CurrentApp().Settings().SetTheme(themes.Named(look))
		if m := s.Content().MinSize(); look != "contrast" && (m.Width > 1215 || m.Height > 740) {
			t.Errorf("%s needs %v", look, m)
		}
		s.Window.Canvas().Capture()
	}
}
