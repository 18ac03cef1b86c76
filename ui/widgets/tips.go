package widgets

import (
	"strings"
	"time"
	"unicode"

	"agurscope/themes"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

const (
	tipDelay = 450 * time.Millisecond
	tipWidth = 300
)

// Tips shows a sentence about the control under the pointer. Its Layer lies
// over a window's content and takes no part in input.
type Tips struct {
	// Keys gets what a focused chip has no use for; may be nil.
	Keys *Keys
	// Used is called whenever somebody points at, clicks or types into a control;
	// may be nil.
	Used  func()
	layer *fyne.Container
	box   *tipBox
	owner fyne.CanvasObject
	wait  *fyne.Animation
}

// NewTips returns the tips of one window.
func NewTips() *Tips {
	t := &Tips{box: newTipBox()}
	t.box.Hide()
	t.layer = container.NewWithoutLayout(t.box)
	return t
}

// Layer returns what is to be stacked over the window's content.
func (t *Tips) Layer() fyne.CanvasObject { return t.layer }

// enter begins the wait for the tip of an object.
func (t *Tips) enter(o fyne.CanvasObject, text func() string) {
	t.used()
	t.leave(t.owner)
	if text() == "" {
		return
	}
	t.owner = o
	// An animation waits on Fyne's own goroutine: no thread is crossed.
	t.wait = fyne.NewAnimation(tipDelay, func(done float32) {
		if done >= 1 && t.owner == o {
			t.show(o, text())
		}
	})
	t.wait.Start()
}

func (t *Tips) used() {
	if t.Used != nil {
		t.Used()
	}
}

func (t *Tips) leave(o fyne.CanvasObject) {
	t.used()
	if o == nil || t.owner != o {
		return
	}
	t.owner = nil
	if t.wait != nil {
		t.wait.Stop()
		t.wait = nil
	}
	if t.box.Visible() {
		t.box.Hide()
		t.layer.Refresh()
	}
}

// show places the tip below the object, or above where there is no room.
func (t *Tips) show(o fyne.CanvasObject, text string) {
	d := fyne.CurrentApp().Driver()
	at := d.AbsolutePositionForObject(o).Subtract(d.AbsolutePositionForObject(t.layer))
	t.box.set(text)
	size, room := t.box.MinSize(), t.layer.Size()
	y := at.Y + o.Size().Height + 6
	if y+size.Height > room.Height {
		y = at.Y - size.Height - 6
	}
	x := min(max(at.X, 4), max(room.Width-size.Width-4, 4))
	t.box.Move(fyne.NewPos(x, max(y, 4)))
	t.box.Resize(size)
	t.box.Show()
	// What was never painted belongs to no canvas yet and cannot ask for one.
	t.layer.Refresh()
}

// tipBox is the sentence in its frame.
type tipBox struct {
	widget.BaseWidget
	ground *Ground
	lines  *fyne.Container
	all    *fyne.Container
}

func newTipBox() *tipBox {
	b := &tipBox{ground: NewGround(themes.ColorNameRaised), lines: Rows(2)}
	b.ground.Radius, b.ground.Stroke = 5, theme.ColorNameInputBorder
	b.all = container.NewStack(b.ground, Inset(b.lines, 6, 9))
	b.ExtendBaseWidget(b)
	return b
}

func (b *tipBox) set(text string) {
	b.lines.RemoveAll()
	for _, l := range wrap(text, tipWidth, theme.Size(theme.SizeNameCaptionText)+1) {
		c := canvas.NewText(l, themes.Color(theme.ColorNameForeground))
		c.TextSize = theme.Size(theme.SizeNameCaptionText) + 1
		b.lines.Add(c)
	}
	b.Refresh()
}

// CreateRenderer shows the sentence.
func (b *tipBox) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(b.all) }

// wrap breaks a text into lines no wider than width.
func wrap(text string, width, size float32) []string {
	var out []string
	for _, para := range strings.Split(text, "\n") {
		line := ""
		for _, word := range pieces(para) {
			next := line + word
			if line != "" && fyne.MeasureText(strings.TrimRight(next, " "), size, fyne.TextStyle{}).Width > width {
				out = append(out, strings.TrimRight(line, " "))
				next = strings.TrimLeft(word, " ")
			}
			line = next
		}
		out = append(out, strings.TrimRight(line, " "))
	}
	return out
}

// pieces are what a line may be broken between: words with the blank behind them,
// and Chinese characters, of which punctuation stays with what it follows.
func pieces(para string) []string {
	var out []string
	start := 0
	runes := []rune(strings.Join(strings.Fields(para), " "))
	for i, r := range runes {
		if i == 0 {
			continue
		}
		before := runes[i-1]
		if before == ' ' || unicode.Is(unicode.Han, r) || unicode.Is(unicode.Han, before) && !unicode.IsPunct(r) && r != ' ' {
			if !strings.ContainsRune("（《【“‘(", before) {
				out = append(out, string(runes[start:i]))
				start = i
			}
		}
	}
	if start < len(runes) {
		out = append(out, string(runes[start:]))
	}
	return out
}

// Hint shows a tip over content that takes no pointer itself.
type Hint struct {
	widget.BaseWidget
	Tip     string
	tips    *Tips
	content fyne.CanvasObject
}

// Over returns content that explains itself when pointed at.
func (t *Tips) Over(content fyne.CanvasObject, tip string) *Hint {
	h := &Hint{Tip: tip, tips: t, content: content}
	h.ExtendBaseWidget(h)
	return h
}

// CreateRenderer shows the content.
func (h *Hint) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(h.content) }

// MouseIn implements desktop.Hoverable.
func (h *Hint) MouseIn(*desktop.MouseEvent) { h.tips.enter(h, func() string { return h.Tip }) }

// MouseMoved implements desktop.Hoverable.
func (h *Hint) MouseMoved(*desktop.MouseEvent) {}

// MouseOut implements desktop.Hoverable.
func (h *Hint) MouseOut() { h.tips.leave(h) }

// Tap is content that does something when clicked.
type Tap struct {
	widget.BaseWidget
	tips    *Tips
	tapped  func()
	content fyne.CanvasObject
}

// NewTap returns content that can be clicked.
func (t *Tips) NewTap(content fyne.CanvasObject, tapped func()) *Tap {
	p := &Tap{tips: t, content: content, tapped: tapped}
	p.ExtendBaseWidget(p)
	return p
}

// CreateRenderer shows the content.
func (p *Tap) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(p.content) }

// Tapped implements fyne.Tappable.
func (p *Tap) Tapped(*fyne.PointEvent) {
	p.tips.leave(p.tips.owner)
	p.tapped()
}

// Cursor implements desktop.Cursorable.
func (p *Tap) Cursor() desktop.Cursor { return desktop.PointerCursor }
