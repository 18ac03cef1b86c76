// Package sheet draws an inspected part as one picture: its verdict and the four
// panes side by side, for files and reports.
package sheet

import (
	"context"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"math"

	"github.com/disintegration/imaging"

	"agurscope/history"
	"agurscope/nn/anomaly"
	"agurscope/nn/segment"
	"agurscope/ui/phrase"
	"agurscope/ui/session"
	"agurscope/viewer"
)

// Measures of a sheet in pixels.
const (
	sheetMargin = 28
	sheetGap    = 18
	sheetHead   = 62 // verdict and name
	sheetTitle  = 30 // above a pane
	sheetFoot   = 66 // below the panes
	paneArea    = 420 * 420
	paneLeast   = 220 // so that titles and legend find room
	paneMost    = 1400
)

// Colours of a sheet: the dark theme's.
var (
	sheetGround = color.NRGBA{0x14, 0x19, 0x1f, 0xff}
	paneGround  = color.NRGBA{0x0c, 0x0f, 0x13, 0xff}
	sheetText   = color.NRGBA{0xe4, 0xe9, 0xee, 0xff}
	sheetMuted  = color.NRGBA{0x9f, 0xab, 0xb7, 0xff}
	markLow     = color.NRGBA{0xff, 0xb5, 0x2e, 0xff}
	markHigh    = color.NRGBA{0xff, 0x6a, 0x60, 0xff}

	verdictFill = map[history.Verdict]color.NRGBA{
		history.OK: {0x1f, 0x7d, 0x51, 0xff}, history.REVIEW: {0xf0, 0xb0, 0x2f, 0xff},
		history.NG: {0xc9, 0x30, 0x2f, 0xff}, history.ERROR: {0x7a, 0x3f, 0xc4, 0xff},
	}
	verdictInk = map[history.Verdict]color.NRGBA{
		history.OK: {0xff, 0xff, 0xff, 0xff}, history.REVIEW: {0x1d, 0x14, 0x00, 0xff},
		history.NG: {0xff, 0xff, 0xff, 0xff}, history.ERROR: {0xff, 0xff, 0xff, 0xff},
	}
)

// Panes draws the sheet of an inspected picture: its verdict, and original,
// reconstruction, heat map and segmentation side by side with the legend of
// the heat map. The colour scale belongs to the calibration c, so that sheets
// of one recipe can be compared.
func Panes(res *session.Result, c *anomaly.Calibration) (image.Image, error) {
	if res.Prediction == nil || res.Frame.Image == nil {
		return nil, fmt.Errorf("draw panes of %s: it was not inspected", res.Frame.Name)
	}
	pens, err := newPens()
	if err != nil {
		return nil, fmt.Errorf("draw panes of %s: %w", res.Frame.Name, err)
	}
	s := &sheet{res: res, pens: pens, pane: paneSize(res.Frame.Image.Bounds())}
	s.scale = heatScale(c, res.Thresholds.Mode)
	if c == nil { // of a past verdict whose recipe is not at hand
		s.scale = float32(2 * max(res.Thresholds.Low, res.Thresholds.High))
	}
	s.img = image.NewRGBA(image.Rect(0, 0, 2*sheetMargin+4*s.pane.X+3*sheetGap,
		sheetMargin+sheetHead+sheetTitle+s.pane.Y+sheetFoot))
	draw.Draw(s.img, s.img.Rect, image.NewUniform(sheetGround), image.Point{}, draw.Src)
	s.head()
	s.panes()
	s.legend()
	s.regions()
	return s.img, nil
}

// heatScale is the end of the heat map's colours, the same for all parts of a
// recipe: twice the calibrated threshold.
func heatScale(c *anomaly.Calibration, m segment.Mode) float32 {
	if c == nil {
		return 1
	}
	p := c.Pixel[segment.HalfPeak]
	if m == segment.TwoSided {
		p = c.Pixel[segment.TwoSided]
		p.High = max(p.Low, p.High)
	}
	return float32(2 * p.High)
}

// paneSize keeps the picture's shape at an area that suits four in a row.
func paneSize(b image.Rectangle) image.Point {
	w, h := float64(max(b.Dx(), 1)), float64(max(b.Dy(), 1))
	k := math.Sqrt(paneArea / (w * h))
	side := func(v float64) int { return int(min(max(v*k, paneLeast), paneMost)) }
	return image.Pt(side(w), side(h))
}

// sheet is a drawing in the making.
type sheet struct {
	res   *session.Result
	img   *image.RGBA
	pens  *pens
	pane  image.Point
	scale float32 // end of the heat map's colours
}

// left is the left edge of pane i.
func (s *sheet) left(i int) int { return sheetMargin + i*(s.pane.X+sheetGap) }

// top is the upper edge of the panes.
func (s *sheet) top() int { return sheetMargin + sheetHead + sheetTitle }

func (s *sheet) head() {
	v := s.res.Final()
	badge := image.Rect(0, 0, s.pens.verdict.width(string(v))+32, 44).Add(image.Pt(sheetMargin, sheetMargin-6))
	fillRound(s.img, badge, 6, verdictFill[v])
	s.pens.verdict.write(s.img, badge.Min.X+16, badge.Min.Y+31, string(v), verdictInk[v])
	x, width := badge.Max.X+20, s.img.Rect.Dx()-badge.Max.X-20-sheetMargin
	s.pens.name.write(s.img, x, badge.Min.Y+19, s.pens.name.fit(s.res.Frame.Name, width), sheetText)
	p, t := s.res.Prediction, s.res.Thresholds
	text := fmt.Sprintf("index %.0f     score %.3g     review from %.3g     reject from %.3g     %s", s.res.Index, p.Score, t.Review, t.Reject, phrase.Plural(len(s.res.Regions), "region"))
	s.pens.small.write(s.img, x, badge.Min.Y+40, s.pens.small.fit(text, width), sheetMuted)
}

func (s *sheet) panes() {
	b := s.res.Frame.Image.Bounds()
	extent := viewer.Size{W: float64(b.Dx()), H: float64(b.Dy())}
	original := viewer.NewPicture(shown(s.res.Frame.Image, s.pane))
	rebuilt := viewer.Layer{} // stays empty where the method has none
	if m := s.res.Prediction.Reconstruction; m != nil {
		rec := viewer.NewPicture(anomaly.Picture(m))
		rebuilt = viewer.Layer{Picture: rec, Smooth: rec.Size().W < extent.W}
	}
	m := s.heatMap()
	heat := viewer.NewHeat(m, s.scale, viewer.Colormap("viridis"), .6)
	seg := s.segmentation()
	outlines := viewer.OutlinesOf(seg.Labels, seg.W, seg.H, extent)
	in := s.res.Prediction.Input
	size := fmt.Sprintf("%d × %d", in.W, in.H)
	if s.res.Prediction.Reconstruction == nil {
		size = "this method has none"
	}
	for i, p := range []struct {
		title, detail string
		layer         viewer.Layer
	}{
		{"Original", fmt.Sprintf("%d × %d", b.Dx(), b.Dy()), viewer.Layer{Picture: original}},
		{"Reconstruction", size, rebuilt},
		{"Heat map", fmt.Sprintf("peak %.3g", peak(m.V)), viewer.Layer{Picture: original, Heat: heat}},
		{"Segmentation", string(s.res.Thresholds.Mode), viewer.Layer{
			Picture: original, Fill: seg, Outlines: outlines, Font: s.pens.label,
			Style: viewer.FillStyle{Low: markLow, High: markHigh, Opacity: .5, Dim: .62},
		}},
	} {
		x, y := s.left(i), s.top()
		s.pens.title.write(s.img, x, y-11, p.title, sheetText)
		s.pens.small.write(s.img, x+s.pane.X-s.pens.small.width(p.detail), y-11, p.detail, sheetMuted)
		p.layer.Extent, p.layer.Background = extent, color.RGBA(paneGround)
		var r viewer.Renderer
		var view viewer.Viewport
		size := viewer.Size{W: float64(s.pane.X), H: float64(s.pane.Y)}
		view.Fit(extent, size)
		pane := image.NewRGBA(image.Rectangle{Max: s.pane})
		r.Render(pane, view, &p.layer)
		draw.Draw(s.img, pane.Rect.Add(image.Pt(x, y)), pane, image.Point{}, draw.Src)
	}
}

// heatMap is what the thresholds cut: the anomaly map, or for the two-sided
// mode the difference to the reconstruction in standard deviations.
func (s *sheet) heatMap() *viewer.Scalar {
	p := s.res.Prediction
	if s.res.Thresholds.Mode != segment.TwoSided {
		return &viewer.Scalar{W: p.Map.W, H: p.Map.H, V: p.Map.Pix}
	}
	m := &viewer.Scalar{W: p.Signed.W, H: p.Signed.H, V: make([]float32, len(p.Signed.Pix))}
	for i, v := range p.Signed.Pix {
		m.V[i] = max(v, -v)
	}
	return m
}

func (s *sheet) segmentation() *viewer.Segmentation {
	g := s.res.Segmentation
	out := &viewer.Segmentation{W: g.W, H: g.H, Labels: g.Labels}
	if s.res.Thresholds.Mode == segment.TwoSided {
		return out
	}
	out.Core = make([]uint8, len(g.Labels))
	for i, v := range s.res.Prediction.Map.Pix {
		if g.Labels[i] != 0 && v >= float32(s.res.Thresholds.High) {
			out.Core[i] = 1
		}
	}
	return out
}

// legend draws the colours of the heat map below it, with both thresholds.
func (s *sheet) legend() {
	x, y := s.left(2), s.top()+s.pane.Y+14
	bar := image.Rect(x, y, x+s.pane.X, y+10)
	colors := viewer.Colormap("viridis")
	for px := bar.Min.X; px < bar.Max.X; px++ {
		c := colors[255*(px-bar.Min.X)/max(bar.Dx()-1, 1)]
		draw.Draw(s.img, image.Rect(px, bar.Min.Y, px+1, bar.Max.Y), image.NewUniform(c), image.Point{}, draw.Src)
	}
	at := func(v float64) int {
		return bar.Min.X + int(min(max(v/float64(s.scale), 0), 1)*float64(bar.Dx()-1)+.5)
	}
	t := s.res.Thresholds
	lines := []struct {
		text string
		x    int
		tone color.NRGBA
	}{
		{fmt.Sprintf("low %.3g", t.Low), at(t.Low), markLow},
		{fmt.Sprintf("high %.3g", t.High), at(t.High), markHigh},
	}
	for _, l := range lines {
		draw.Draw(s.img, image.Rect(l.x-2, bar.Min.Y-4, l.x+2, bar.Max.Y+4), image.NewUniform(sheetGround), image.Point{}, draw.Src)
		draw.Draw(s.img, image.Rect(l.x-1, bar.Min.Y-4, l.x+1, bar.Max.Y+4), image.NewUniform(l.tone), image.Point{}, draw.Src)
	}
	// The ends stand at the edges; what would run into another moves aside.
	base, pen := bar.Max.Y+20, s.pens.small
	end := fmt.Sprintf("%.3g", s.scale)
	pen.write(s.img, bar.Min.X, base, "0", sheetMuted)
	pen.write(s.img, bar.Max.X-pen.width(end), base, end, sheetMuted)
	least, most := bar.Min.X+pen.width("0")+10, bar.Max.X-pen.width(end)-10
	lowX := min(max(lines[0].x-pen.width(lines[0].text)/2, least), most-pen.width(lines[0].text)-pen.width(lines[1].text)-12)
	highX := min(max(lines[1].x-pen.width(lines[1].text)/2, lowX+pen.width(lines[0].text)+12), most-pen.width(lines[1].text))
	pen.write(s.img, lowX, base, lines[0].text, markLow)
	pen.write(s.img, highX, base, lines[1].text, markHigh)
}

// regions lists the worst regions below the segmentation.
func (s *sheet) regions() {
	x, y := s.left(3), s.top()+s.pane.Y+24
	if len(s.res.Regions) == 0 {
		s.pens.small.write(s.img, x, y, "no region", sheetMuted)
		return
	}
	const shown = 2
	for i, r := range s.res.Regions {
		text := fmt.Sprintf("%d: peak %.3g, area %d px, %s", i+1, r.Peak, r.Area, r.Polarity)
		if i == shown && len(s.res.Regions) > shown+1 {
			text = fmt.Sprintf("and %d more", len(s.res.Regions)-shown)
		}
		s.pens.small.write(s.img, x, y+18*i, s.pens.small.fit(text, s.pane.X), sheetMuted)
		if i == shown {
			return
		}
	}
}

func peak(v []float32) float32 {
	top := float32(math.Inf(-1))
	for _, x := range v {
		top = max(top, x)
	}
	return top
}

// shown converts a picture for drawing; one much larger than its pane is
// reduced first, so that a picture of a hundred megapixels needs no copy.
func shown(m image.Image, pane image.Point) *image.RGBA {
	b := m.Bounds()
	if b.Dx() > 4*pane.X && b.Dy() > 4*pane.Y {
		m = imaging.Fit(m, 2*pane.X, 2*pane.Y, imaging.Box)
		b = m.Bounds()
	}
	out := image.NewRGBA(image.Rect(0, 0, b.Dx(), b.Dy()))
	draw.Draw(out, out.Rect, m, b.Min, draw.Src)
	return out
}

// fillRound fills a rectangle with rounded corners, without smoothing: at this
// size the eye does it.
func fillRound(dst *image.RGBA, r image.Rectangle, radius int, c color.NRGBA) {
	ink := image.NewUniform(c)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		d := max(r.Min.Y+radius-y, y-(r.Max.Y-1-radius), 0)
		inset := radius - int(math.Sqrt(float64(radius*radius-d*d))+.5)
		draw.Draw(dst, image.Rect(r.Min.X+inset, y, r.Max.X-inset, y+1), ink, image.Point{}, draw.Src)
	}
}

// Past draws the sheet of a verdict as it was judged, from what was kept of it.
func Past(ctx context.Context, s *history.Store, r history.Record) (image.Image, error) {
	if r.ImageSHA256 == "" || r.MapsSHA256 == "" {
		return nil, fmt.Errorf("draw panes of verdict %d: its picture and maps were not kept", r.ID)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	res, err := session.Reopen(r, s)
	if err != nil {
		return nil, err
	}
	return Panes(res, nil)
}
