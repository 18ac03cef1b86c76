package viewer

import (
	"image"
	"image/color"
	"math"
	"slices"

	"agurscope/assets/words"
)

// Colours of the two thresholds on pictures.
var (
	markLow  = color.NRGBA{R: 0xff, G: 0xb5, B: 0x2e, A: 0xff}
	markHigh = color.NRGBA{R: 0xff, G: 0x6a, B: 0x60, A: 0xff}
)

// tick is one labelled value of the legend.
type tick struct {
	value float32
	text  string
	tone  color.NRGBA
	line  bool // a threshold, drawn across the bar
	y     int  // middle of its label
}

// legend draws the scale of the heat map at the right edge of the pane: the bar,
// its ends, and the two thresholds across it. A pane too small for it goes
// without.
func (r *Renderer) legend(dst *image.RGBA, h *Heat, f *Font, scale float64) {
	line := f.height + int(4*scale)
	length := min(int(float64(dst.Rect.Dy())*0.6), int(240*scale))
	if length < 5*line || !(h.Max > 0) {
		return
	}
	ticks := legendTicks(h)
	text := 0
	for _, t := range ticks {
		text = max(text, f.width(t.text))
	}
	pad, bar, gap := int(8*scale), int(10*scale), int(7*scale)
	box := image.Rect(0, 0, pad+bar+gap+text+pad, length+2*pad)
	if box.Dx() > dst.Rect.Dx()/2 {
		return
	}
	box = box.Add(image.Pt(dst.Rect.Dx()-box.Dx()-pad, (dst.Rect.Dy()-box.Dy())/2))
	r.coverage.box(dst, box, 5*scale, plate)
	strip := image.Rect(box.Min.X+pad, box.Min.Y+pad, box.Min.X+pad+bar, box.Max.Y-pad)
	drawStrip(dst, strip, h.colors)
	spreadTicks(ticks, h.Max, strip, line)
	for _, t := range ticks {
		r.tick(dst, t, h.Max, strip, f, scale)
	}
}

func legendTicks(h *Heat) []tick {
	ends := color.NRGBA{R: 0xd8, G: 0xde, B: 0xe4, A: 0xff}
	ticks := []tick{{value: 0, text: "0", tone: ends}, {value: h.Max, text: short(h.Max), tone: ends}}
	if h.Low > 0 && h.Low < h.Max {
		ticks = append(ticks, tick{value: h.Low, text: words.T("low %s", short(h.Low)), tone: markLow, line: true})
	}
	if h.High > 0 {
		ticks = append(ticks, tick{value: h.High, text: words.T("high %s", short(h.High)), tone: markHigh, line: true})
	}
	slices.SortStableFunc(ticks, func(a, b tick) int {
		switch {
		case a.value < b.value:
			return -1
		case a.value > b.value:
			return 1
		}
		return 0
	})
	return ticks
}

// short writes a number with three significant digits.
func short(v float32) string {
	a := math.Abs(float64(v))
	if a != 0 && (a >= 1e5 || a < 1e-4) {
		return words.Write("%.2e", v)
	}
	digits := 2
	if a > 0 {
		digits = min(max(2-int(math.Floor(math.Log10(a))), 0), 6)
	}
	return words.Write("%.*f", digits, v)
}

// ordinate is the row of a value on the strip; what lies beyond is at its end.
func ordinate(v, limit float32, strip image.Rectangle) int {
	f := min(max(float64(v/limit), 0), 1)
	return strip.Max.Y - 1 - int(math.Round(f*float64(strip.Dy()-1)))
}

// spreadTicks puts each label beside its value and then moves neighbours apart,
// first upwards from the bottom, then down again from the top, so that close
// thresholds can both be read.
func spreadTicks(ticks []tick, limit float32, strip image.Rectangle, line int) {
	below := math.MaxInt32
	for i := range ticks {
		t := &ticks[i]
		t.y = min(ordinate(t.value, limit, strip), below-line)
		below = t.y
	}
	above := strip.Min.Y - line
	for i := len(ticks) - 1; i >= 0; i-- {
		t := &ticks[i]
		t.y = max(t.y, above+line)
		above = t.y
	}
}

func drawStrip(dst *image.RGBA, strip image.Rectangle, colors *Map) {
	for y := strip.Min.Y; y < strip.Max.Y; y++ {
		c := colors[255*(strip.Max.Y-1-y)/max(strip.Dy()-1, 1)]
		fill(dst.Pix[dst.PixOffset(strip.Min.X, y):dst.PixOffset(strip.Max.X, y)], c)
	}
}

func (r *Renderer) tick(dst *image.RGBA, t tick, limit float32, strip image.Rectangle, f *Font, scale float64) {
	c := &r.coverage
	y := float64(ordinate(t.value, limit, strip)) + 0.5
	x0, x1 := float64(strip.Min.X), float64(strip.Max.X)
	if t.line {
		c.line(Point{x0 - 2*scale, y}, Point{x1 + 2*scale, y}, 3.6*scale)
		c.lay(dst, color.NRGBA{A: 0xff})
		c.line(Point{x0 - 2*scale, y}, Point{x1 + 2*scale, y}, 1.6*scale)
		c.lay(dst, t.tone)
	}
	c.line(Point{x1 + 2*scale, y}, Point{x1 + 5*scale, float64(t.y) + 0.5}, scale)
	c.lay(dst, t.tone)
	f.draw(dst, image.Pt(strip.Max.X+int(7*scale), t.y-f.height/2), t.text, t.tone)
}
