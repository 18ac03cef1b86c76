package viewer

import (
	"agurscope/assets/words"
	"agurscope/themes"

	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// defaultOpacity leaves enough of the part under the heat to see where it is.
const defaultOpacity = 0.6

// Viewer is the grid of four linked panes with a readout below.
type Viewer struct {
	widget.BaseWidget

	// OnProbe is called with the pixel of the original under the pointer, and
	// with ok false when the pointer leaves the picture.
	OnProbe func(x, y int, ok bool)
	// OnSelect is called when a person clicks a region, or with 0 beside all of
	// them.
	OnSelect func(region int)
	// OnPaired is called when two panes have come together or apart.
	OnPaired func()
	// OnMoved is called when a person has zoomed or panned.
	OnMoved func(view Viewport)

	view     Viewport
	fitted   bool // follow the size of the panes
	panes    [paneCount]*pane
	enlarged Pane // paneCount: none, the grid is shown
	bar      *toolbar
	bare     bool // without the toolbar
	fixed    bool // which panes are seen is not a person's choice
	titles   [paneCount]string
	pair     pair
	tool     Tool
	marks    []Mark
	shade    *Shade
	hollow   bool // regions are outlined and not filled

	frame      Frame
	colormap   string
	opacity    float64
	everywhere bool // outlines on all panes
	selected   int
	probed     Point // image point under the pointer
	probing    bool
	painted    func(Pane) // told after each painting, for Bench
}

// New returns an empty viewer.
func New() *Viewer {
	v := &Viewer{fitted: true, enlarged: paneCount, colormap: "viridis", opacity: defaultOpacity}
	v.view.Zoom = 1
	titles := [paneCount]string{words.T("Original"), words.T("Reconstruction"), words.T("Heat map"), words.T("Segmentation")}
	v.titles = titles
	absent := [paneCount]string{
		words.T("No picture yet"), words.T("This method has no reconstruction"),
		words.T("No anomaly map yet"), words.T("No segmentation yet"),
	}
	shared := &fonts{}
	for i := range v.panes {
		v.panes[i] = newPane(i+1, titles[i], absent[i], &v.view, shared, v.actions(Pane(i)))
	}
	v.bar = newToolbar(v)
	v.ExtendBaseWidget(v)
	v.compose()
	return v
}

func (v *Viewer) actions(which Pane) paneActions {
	return paneActions{
		zoom:    v.zoomAt,
		pan:     v.pan,
		hover:   v.hover,
		click:   v.click,
		wipe:    v.wipe,
		tool:    func() Tool { return v.tool },
		enlarge: func() { v.toggle(which) },
		settle:  v.settle,
		painted: func() {
			if v.painted != nil {
				v.painted(which)
			}
		},
	}
}

// SetFrame shows another part. The view stays where it is as long as the
// pictures keep their size; the selection ends.
func (v *Viewer) SetFrame(f Frame) {
	before := v.frame.extent()
	// Pictures that are shown already keep their pyramids.
	if f.original == nil {
		f.original = v.frame.original
	}
	if f.reconstruction == nil {
		f.reconstruction = v.frame.reconstruction
	}
	f.wrap()
	if !f.Map.valid() {
		f.Map = nil
	}
	v.frame, v.selected = f, 0
	if f.extent() != before {
		v.fitted = true
	}
	v.setSegmentation(f.Segmentation)
	v.compose()
	v.reprobe()
	v.moved()
}

// SetThresholds moves the threshold marks of the legend. The colours stay, since
// the scale does not depend on the thresholds.
func (v *Viewer) SetThresholds(low, high float32) {
	limit := v.frame.limit()
	v.frame.Low, v.frame.High, v.frame.Max = low, high, limit
	if h := v.panes[PaneHeat].layer.Heat; h != nil {
		h.Low, h.High = low, high
		v.repaint(PaneHeat)
	}
	v.reprobe()
}

// SetSegmentation shows other regions of the same part. It is the way of a
// slider: nothing else is prepared or painted again.
func (v *Viewer) SetSegmentation(s *Segmentation) {
	v.setSegmentation(s)
	v.outline()
	v.panes[PaneSegmentation].layer.Fill = v.filled()
	if v.frame.Segmentation == nil {
		v.panes[PaneSegmentation].setPicture(nil)
	} else {
		v.panes[PaneSegmentation].setPicture(v.frame.original)
	}
	v.repaint(PaneSegmentation)
	if v.everywhere || v.selected != 0 {
		v.repaint(PaneOriginal, PaneReconstruction, PaneHeat)
	}
	v.reprobe()
}

func (v *Viewer) setSegmentation(s *Segmentation) {
	v.frame.Segmentation = nil
	if !s.valid() {
		return
	}
	if s.Outlines == nil && !v.frame.extent().Empty() {
		traced := *s
		traced.Outlines = OutlinesOf(s.Labels, s.W, s.H, v.frame.extent())
		s = &traced
	}
	v.frame.Segmentation = s
}

// Colormap returns the name of the colour map in use.
func (v *Viewer) Colormap() string { return v.colormap }

// SetColormap changes the colours of the heat map, to one of Colormaps.
func (v *Viewer) SetColormap(name string) {
	v.colormap = name
	v.bar.setColormap(name)
	v.relook()
}

// Opacity returns how much of the heat covers the picture, 0..1.
func (v *Viewer) Opacity() float64 { return v.opacity }

// SetOpacity changes how much of the heat covers the picture, 0..1.
func (v *Viewer) SetOpacity(opacity float64) {
	v.opacity = min(max(opacity, 0), 1)
	v.bar.setOpacity(v.opacity)
	v.relook()
}

func (v *Viewer) relook() {
	if h := v.panes[PaneHeat].layer.Heat; h != nil {
		h.SetLook(Colormap(v.colormap), v.opacity)
		v.repaint(PaneHeat)
	}
}

// ShowOutlines draws the outlines of the regions on all panes, or only on the
// segmentation.
func (v *Viewer) ShowOutlines(everywhere bool) {
	v.everywhere = everywhere
	v.outline()
	v.repaint(PaneOriginal, PaneReconstruction, PaneHeat)
}

// filled is what the segmentation pane fills, nil for outlines alone.
func (v *Viewer) filled() *Segmentation {
	if v.hollow {
		return nil
	}
	return v.frame.Segmentation
}

// Filled reports whether regions are filled, not only outlined.
func (v *Viewer) Filled() bool { return !v.hollow }

// ShowFill fills the regions of the segmentation, or only outlines them.
func (v *Viewer) ShowFill(on bool) {
	v.hollow = !on
	v.compose()
	v.repaintAll()
}

// SetPlaceholder changes the sentence that a pane shows while it has no picture.
func (v *Viewer) SetPlaceholder(which Pane, text string) {
	if which >= 0 && which < paneCount {
		v.panes[which].absent.aside(text)
	}
}

// SetTitle names a pane otherwise.
func (v *Viewer) SetTitle(which Pane, text string) {
	if which >= 0 && which < paneCount {
		v.titles[which] = text
		v.panes[which].header.setTitle(text)
	}
}

// Selected returns the highlighted region, 0 for none.
func (v *Viewer) Selected() int { return v.selected }

// Select highlights a region in all panes; 0 ends the highlight. OnSelect is not
// called.
func (v *Viewer) Select(region int) {
	if region == v.selected {
		return
	}
	v.selected = region
	v.outline()
	v.repaintAll()
}

// ShowRegion selects a region and brings it into view, so that it fills about a
// third of the panes.
func (v *Viewer) ShowRegion(region int) {
	v.Select(region)
	for _, o := range v.outlines() {
		if o.Region != region {
			continue
		}
		a, b := o.Bounds()
		v.fitted = false
		v.view.Show(a, b, 0.35, v.paneSize())
		v.moved()
		return
	}
}

func (v *Viewer) outlines() []Outline {
	if v.frame.Segmentation == nil {
		return nil
	}
	return v.frame.Segmentation.Outlines
}

// compose builds the layers of all panes from the frame.
func (v *Viewer) compose() {
	f := &v.frame
	for i, p := range v.panes {
		p.layer = Layer{Extent: f.extent(), Marks: v.marks, Shade: v.shade}
		p.setPicture(v.pictureOf(Pane(i)))
	}
	v.panes[PaneReconstruction].layer.Smooth = f.reconstruction != nil && f.reconstruction.Size().W < f.extent().W
	if f.Map != nil {
		h := NewHeat(f.Map, f.limit(), Colormap(v.colormap), v.opacity)
		h.Low, h.High = f.Low, f.High
		v.panes[PaneHeat].layer.Heat = h
		v.panes[PaneHeat].layer.Legend = true
	}
	seg := &v.panes[PaneSegmentation].layer
	seg.Fill = v.filled()
	seg.Style = FillStyle{
		Low: themes.Color(themes.ColorNameMarkLow), High: themes.Color(themes.ColorNameMarkHigh),
		Opacity: 0.5, Dim: 0.62,
	}
	v.outline()
}

// pictureOf is the ground of a pane, nil if the pane has nothing to show.
func (v *Viewer) pictureOf(which Pane) *Picture {
	f := &v.frame
	if f.original == nil {
		return nil
	}
	switch {
	case which == PaneReconstruction:
		return f.reconstruction
	case which == PaneHeat && f.Map == nil, which == PaneSegmentation && f.Segmentation == nil:
		return nil
	}
	return f.original
}

// outline gives each pane the outlines that it shows: all, or the selected one.
func (v *Viewer) outline() {
	all := v.outlines()
	var chosen []Outline
	for i := range all {
		if v.selected != 0 && all[i].Region == v.selected {
			chosen = all[i : i+1]
		}
	}
	for i, p := range v.panes {
		p.layer.Outlines, p.layer.Selected = chosen, v.selected
		if Pane(i) == PaneSegmentation || v.everywhere {
			p.layer.Outlines = all
		}
	}
}

// repaint asks Fyne for new pixels of the panes at its next frame.
func (v *Viewer) repaint(which ...Pane) {
	for _, i := range which {
		if v.pair.how != Apart && i == v.pair.right {
			i = v.pair.left // it is seen there
		}
		if p := v.panes[i]; p.Visible() {
			p.raster.Refresh()
		}
	}
}

func (v *Viewer) repaintAll() {
	v.repaint(PaneOriginal, PaneReconstruction, PaneHeat, PaneSegmentation)
}

// fonts keeps the letters of the overlays at the size last asked for: all panes
// are on one screen and under one theme.
type fonts struct {
	px   float64
	font *Font
}

func (f *fonts) at(scale float64) *Font {
	px := float64(themes.Size(theme.SizeNameCaptionText)) * scale
	if f.px != px {
		f.px = px
		f.font, _ = NewFont(theme.DefaultTextBoldFont().Content(), px)                        // without letters if there is no face
		if own := theme.TextBoldFont(); f.font != nil && own != theme.DefaultTextBoldFont() { // of a language with other letters
			f.font.behind, _ = NewFont(own.Content(), px)
		}
	}
	return f.font
}
