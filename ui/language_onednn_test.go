//go:build onednn

package ui

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"agurscope/assets/words"
	"agurscope/ui/calibrate"
	"agurscope/ui/compare"
	"agurscope/ui/explain"
	"agurscope/ui/live"
	"agurscope/ui/records"
	"agurscope/ui/session"
	"agurscope/ui/setup"
	"agurscope/ui/station"
	"agurscope/ui/widgets"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"
)

// read adds every text of an object that a person can see or point at to a set
// of texts, with the place at which it stands.
func read(o fyne.CanvasObject, place string, into map[string]string) {
	say := func(s string) {
		if _, known := into[s]; !known {
			into[s] = place
		}
	}
	if o == nil || !o.Visible() {
		return
	}
	if tip := reflect.Indirect(reflect.ValueOf(o)); tip.Kind() == reflect.Struct {
		if f := tip.FieldByName("Tip"); f.IsValid() && f.Kind() == reflect.String {
			say(f.String())
		}
	}
	switch o := o.(type) {
	case *canvas.Text:
		say(o.Text)
	case *widgets.Text: // whole, where there is no room for it
		say(o.Text)
	case *fyne.Container:
		for _, c := range o.Objects {
			read(c, place, into)
		}
	case fyne.Widget:
		if e, ok := o.(*widgets.Entry); ok {
			say(e.PlaceHolder)
		} else if e, ok := o.(*widget.Entry); ok {
			say(e.PlaceHolder)
		}
		for _, c := range test.WidgetRenderer(o).Objects() {
			read(c, place, into)
		}
	}
}

// room checks that a screen or a dialog fits into the smallest window: a larger one
// would push the window over the edge of the screen.
func room(t *testing.T, place string, o fyne.CanvasObject) {
	t.Helper()
	if m := o.MinSize(); m.Width > 1280 || m.Height > 800 {
		t.Errorf("%s needs %v, more than 1280 x 800", place, m)
	}
}

// tongue is what a window says in a language, on all screens, with what lies on
// top of them.
func tongue(t *testing.T, language string) map[string]string {
	t.Helper()
	words.Use(language)
	t.Cleanup(func() { words.Use(words.English) })
	said := map[string]string{}
	look := func(w *Window, place string) {
		t.Helper()
		read(w.Window.Content(), place, said)
		room(t, place+" in "+language, w.Window.Content())
		for _, o := range w.Window.Canvas().Overlays().List() {
			read(o, place, said)
			if p, ok := o.(*widget.PopUp); ok { // of a dialog, with its margins
				room(t, place+" in "+language, p.Content)
			}
		}
	}
	empty, _ := newTestWindow(t, newTestSession(t, session.Options{}), nil)
	for i, s := range empty.screens {
		empty.goTo(i)
		look(empty, "empty "+s.Title())
	}
	w, q := atStation(t, nil)
	over := func(place string, open func()) {
		t.Helper()
		open()
		q.until(t, place+" opens", w.dialogOpen)
		look(w, place)
		for o := w.Window.Canvas().Overlays(); o.Top() != nil; {
			o.Remove(o.Top())
		}
		w.dialogs = nil
	}
	for i, s := range w.screens {
		w.goTo(i)
		look(w, s.Title())
	}
	w.seat.now.Theme = "contrast" // its letters are larger
	w.seat.dress()
	w.Window.Resize(fyne.NewSize(1280, 800))
	for i, s := range w.screens {
		w.goTo(i)
		look(w, s.Title()+" in contrast")
		clipped(t, s.Title()+" in contrast in "+language, w.Window.Content())
	}
	over("keys in contrast", w.showKeys)
	w.seat.now.Theme = ""
	w.seat.dress()
	at := func(title string, keys ...any) func() {
		return func() {
			w.GoTo(title)
			for _, k := range keys {
				switch k := k.(type) {
				case fyne.KeyName:
					press(w, k)
				case rune:
					typeRune(w, k)
				}
			}
		}
	}
	over("keys", w.showKeys)
	over("line", w.showLine)
	over("parts menu", w.inspect.setMenu)
	over("recipe menu", w.inspect.recipeMenu)
	over("path", func() { w.askPath("", "", "", nil) })
	over("PIN", func() { setup.AskPIN(w.Desk, w.seat.guard, station.Engineer, "", nil) })
	at(inspectTitle, fyne.KeySpace)()
	q.until(t, "the run ended", func() bool { return w.inspect.run == nil })
	look(w, "a run")
	for _, tool := range "wbm" {
		at(inspectTitle, tool)()
		look(w, "tool "+string(tool))
		press(w, fyne.KeyEscape)
	}
	w.inspect.tools.edit()
	look(w, "judged area")
	w.inspect.tools.editor.choose(brush)
	look(w, "judged area, brush")
	press(w, fyne.KeyEscape)
	over("override", at(inspectTitle, 'n'))
	at(calibrate.Title)()
	q.until(t, "the parts are scored", func() bool { return w.Session.Pass() != nil })
	look(w, "calibrated")
	th := w.Session.Thresholds()
	th.Reject *= 1.5
	w.Session.SetThresholds(th)
	over("thresholds", at(calibrate.Title, 's'))
	at(compare.Title)()
	look(w, "compared")
	at(explain.Title)()
	for i := range 12 {
		look(w, fmt.Sprint("step ", i))
		press(w, fyne.KeyRight)
	}
	w.GoTo(live.Title)
	w.camera.Choose("replay://" + w.Session.Set().Root + "?fps=50")
	over("camera menu", w.camera.Menu)
	press(w, fyne.KeySpace)
	q.until(t, "the camera has shown its parts", func() bool { return !w.camera.Running() })
	look(w, "replayed")
	at(records.Title)()
	for _, key := range "deg" {
		over("history, "+string(key), at(records.Title, key))
	}
	train := w.train
	w.GoTo(trainTitle)
	train.form.out.SetText(filepath.Join(t.TempDir(), "bench.agur"))
	train.form.input.SetSelected("64")
	train.form.chooseBudget(true)
	train.form.amount.SetText("3")
	train.start(false)
	look(w, "training")
	q.until(t, "the training ended", func() bool { return !train.running() })
	look(w, "trained")
	for _, err := range troubles(w.Session) {
		w.Report(err)
		look(w, "trouble")
	}
	return said
}

// troubles are what people meet when something is not as it should be.
func troubles(s *session.Session) []error {
	_, folder := s.OpenSet("/there/is/none")
	_, recipe := s.OpenRecipe("/there/is/none.agur")
	_, empty := s.OpenSet(os.TempDir() + "/agurscope-nothing")
	return []error{folder, recipe, empty}
}

// sentence is a text that belongs to a language: it has a word of letters.
var sentence = regexp.MustCompile(`\pL{2}`)

// figure is what differs from one window to the next.
var figure = regexp.MustCompile(`[0-9]+`)

// english are words of no other language of the window.
var english = map[string]*regexp.Regexp{
	"de": regexp.MustCompile(`(?i)\b(the|of|and|is|are|not|no|with|to|from|it|that|this|what|for|than|good|parts|pictures|threshold|verdict)\b`),
	"zh": regexp.MustCompile(`\b[a-z]{3,}\b`),
}

// data is what the test has named: files, folders, the recipe; and what the
// program is called with.
var data = regexp.MustCompile(`[^ “，：]*[/._][^ “”，。：、（]*|\b(bench|parts|replay|scratch|stain|agurscope doctor|agurscope-lab|root|kolektorsdd|fashion-mnist)\b|(test|train) / \w+|MVTec AD`)

// everywhere are words that are the same in the languages, or are names: verdicts,
// units, keys, and the folder that the good parts lie in.
var everywhere = regexp.MustCompile(`^(0? *(OK|NG|REVIEW|ERROR)( *0)?|[0 ·]*ms|AUROC|ROC|good|Ctrl\+.*|((R|Enter)  )?Esc|Backspace|Home  End|viridis|inferno|cividis)$`)

// german are words that German has as English has them.
var german = regexp.MustCompile(`^(Administrator|Filter…?|INDEX|Index|Pause|Polygon|Training|Original|Start|Stop|Test|auto)$`)

// Nothing that can be seen or pointed at is English when the window speaks another
// language: neither what it says in English, nor words among others.
func TestEveryScreenSpeaksTheLanguage(t *testing.T) {
	bare := func(said map[string]string) map[string]string {
		out := map[string]string{}
		for s, place := range said {
			out[strings.TrimSpace(figure.ReplaceAllString(data.ReplaceAllString(s, ""), "0"))] = place
		}
		return out
	}
	base := bare(tongue(t, words.English))
	for _, l := range words.Languages[1:] {
		said := bare(tongue(t, l.Code))
		for _, s := range slices.Sorted(maps.Keys(said)) {
			_, same := base[s]
			if !sentence.MatchString(s) || !same && !english[l.Code].MatchString(s) || everywhere.MatchString(s) || l.Code == "de" && german.MatchString(s) {
				continue
			}
			t.Errorf("%s, %s: %q", l.Name, said[s], s)
		}
	}
}
