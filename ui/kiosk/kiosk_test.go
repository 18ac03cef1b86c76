package kiosk

import (
	"context"
	"errors"
	"image"
	"image/color"
	"image/draw"
	"os"
	"testing"
	"time"

	"agurscope/history"
	"agurscope/themes"
	"agurscope/ui/desk/desktest"
	"agurscope/ui/session"
	"agurscope/viewer"
	"agurscope/viewer/golden"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
)

// The kiosk shows a set again and again, says ERROR while it is away, and goes on
// when it is back.
func TestShowsOnAndOnWhateverHappensToTheSource(t *testing.T) {
	s, recipe := desktest.Session(t)
	set := s.Set().Root
	d, h := desktest.New(t, s)
	k := New(d, Show{Recipe: recipe, Set: set, Rate: 100})
	d.Window.SetContent(k.Content())
	total := func() int { return k.n[history.OK] + k.n[history.NG] + k.n[history.REVIEW] }
	k.Begin()
	t.Cleanup(k.End)
	h.Until(t, "the set has been shown twice", func() bool { return total() > 2*len(s.Set().Test()) })
	if err := os.Rename(set, set+"-away"); err != nil {
		t.Fatal(err)
	}
	h.Until(t, "the loss is shown", func() bool { return k.banner.Verdict() == string(history.ERROR) && k.reason.Text != "" })
	if err := os.Rename(set+"-away", set); err != nil {
		t.Fatal(err)
	}
	before := total()
	h.Until(t, "it goes on", func() bool { return total() > before+5 && k.banner.Verdict() != string(history.ERROR) })
	if s.Recipe() != nil && s.Store() != nil {
		t.Error("a showing is recorded")
	}
}

// A verdict that is late does not stand above what ended the showing.
func TestALateVerdictDoesNotHideThatItHasEnded(t *testing.T) {
	s := session.New(session.Options{})
	t.Cleanup(func() { s.Close() })
	d, h := desktest.New(t, s)
	k := New(d, Show{Recipe: "x.agur", Set: "/x"})
	ctx, cancel := context.WithCancel(t.Context())
	show := make(chan *session.Result, 1)
	show <- &session.Result{Judgement: session.Judgement{Verdict: history.OK}}
	d.Job(func(context.Context) { k.present(ctx, nil, show) })
	for len(show) > 0 {
		time.Sleep(time.Millisecond)
	}
	cancel()
	k.trouble(errors.New("the engine has failed"))
	h.Step()
	if k.banner.Verdict() != string(history.ERROR) || k.reason.Text == "" {
		t.Errorf("it shows %s, %q", k.banner.Verdict(), k.reason.Text)
	}
}

func TestKioskSaysWhatIsMissing(t *testing.T) {
	s, _ := desktest.Session(t)
	d, h := desktest.New(t, s)
	for _, show := range []Show{{}, {Recipe: "nowhere.agur", Set: "/nowhere"}, {Recipe: "x.agur", Camera: "carrier-pigeon://loft"}} {
		k := New(d, show)
		k.Begin()
		h.Until(t, "it says why", func() bool { return k.banner.Verdict() == string(history.ERROR) && k.reason.Text != "" })
		k.End()
	}
}

// Nothing below the shield gets anything of the mouse.
func TestNothingCanBeTouched(t *testing.T) {
	s, recipe := desktest.Session(t)
	d, _ := desktest.New(t, s)
	k := New(d, Show{Recipe: recipe, Set: s.Set().Root})
	d.Window.SetContent(k.Content())
	d.Window.Resize(fyne.NewSize(1000, 700))
	before := k.view.View()
	for x := float32(100); x < 1000; x += 100 {
		for y := float32(50); y < 700; y += 50 {
			at := fyne.NewPos(x, y)
			test.TapCanvas(d.Window.Canvas(), at)
			test.Scroll(d.Window.Canvas(), at, 0, 40)
			test.Drag(d.Window.Canvas(), at, 30, 30)
		}
	}
	if _, on := k.view.Enlarged(); on || k.view.View() != before {
		t.Error("a click reaches the panes")
	}
}

// A verdict for people who stand two metres away, a doubt and a loss.
func TestGoldenKiosk(t *testing.T) {
	for _, look := range []string{"dark", "light", "contrast"} {
		s := session.New(session.Options{})
		d, _ := desktest.New(t, s)
		fyne.CurrentApp().Settings().SetTheme(themes.Named(look))
		k := New(d, Show{Recipe: "/recipes/bench.agur", Set: "/parts/shift", Rate: 10})
		d.Window.SetPadded(false)
		d.Window.SetContent(k.Content())
		d.Window.Resize(fyne.NewSize(960, 540))
		k.n[history.OK], k.n[history.REVIEW], k.n[history.NG] = 1234, 5, 67
		k.state.Set("10.0 pictures/s")
		part := drawn()
		for name, show := range map[string]func(){
			"ng": func() {
				k.display(&session.Result{Judgement: session.Judgement{Verdict: history.NG, Index: 88}}, &part)
			},
			"doubt": func() {
				k.display(&session.Result{Judgement: session.Judgement{Verdict: history.REVIEW, Index: 100, Doubt: &session.VastError{Share: .62, Limit: .4}}}, &part)
			},
			"lost": func() { k.lost("nothing came for 3 s") },
		} {
			k.view.SetFrame(part)
			show()
			golden.Like(t, name+"-"+look, d.Window.Canvas().Capture())
		}
	}
}

// drawn is a part with a region, without a network.
func drawn() viewer.Frame {
	const n = 48
	picture := image.NewRGBA(image.Rect(0, 0, 2*n, 2*n))
	draw.Draw(picture, picture.Rect, image.NewUniform(color.RGBA{40, 90, 60, 255}), image.Point{}, draw.Src)
	draw.Draw(picture, picture.Rect.Inset(20), image.NewUniform(color.RGBA{30, 30, 34, 255}), image.Point{}, draw.Src)
	f := viewer.Frame{Original: picture, Map: &viewer.Scalar{W: n, H: n, V: make([]float32, n*n)}, Max: 4, Low: 1, High: 2}
	for y := 18; y < 26; y++ {
		for x := 12; x < 20; x++ {
			f.Map.V[y*n+x] = 3
		}
	}
	f.Prepare()
	return f
}
