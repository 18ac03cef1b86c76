package viewer

import "image/color"

// Tool has the mouse on the pictures while it is set, in the place of panning,
// selecting and the wipe. The wheel goes on zooming. Points are image
// coordinates and may lie outside the picture.
type Tool interface {
	Press(at Point)
	Drag(at Point)
	Release(at Point)
	// Hover is called while no button is pressed.
	Hover(at Point)
}

// SetTool gives the mouse to a tool; nil takes it back.
func (v *Viewer) SetTool(t Tool) { v.tool = t }

// Mark is a line that a person has drawn, shown on all panes.
type Mark struct {
	Points []Point // in image coordinates
	Closed bool    // the last joins the first
	Ends   bool    // with a cross stroke at both ends, as on a dimension line
	Label  string  // beside its middle
	Color  color.NRGBA
}

// SetMarks shows lines on all panes.
func (v *Viewer) SetMarks(marks ...Mark) {
	v.marks = marks
	v.adorn()
}

// Shade says what of a picture is left out: a grid of cells in rows, stretched
// over the picture, of which those that are not 0 are shown darker and hatched.
type Shade struct {
	W, H int
	Out  []uint8
}

// SetShade shows what is left out; nil for nothing.
func (v *Viewer) SetShade(s *Shade) {
	if s != nil && (s.W < 1 || s.H < 1 || len(s.Out) < s.W*s.H) {
		s = nil
	}
	v.shade = s
	v.adorn()
}

// adorn gives marks and shade to all panes.
func (v *Viewer) adorn() {
	for _, p := range v.panes {
		p.layer.Marks, p.layer.Shade = v.marks, v.shade
	}
	v.repaintAll()
}
