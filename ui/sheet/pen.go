package sheet

import (
	"fmt"
	"image"
	"image/color"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"

	"agurscope/viewer"
)

// pen writes text of one face and size.
type pen struct{ face font.Face }

// pens are those of a sheet.
type pens struct {
	verdict, name, title, small *pen
	label                       *viewer.Font // of region numbers
}

func newPens() (*pens, error) {
	p := &pens{}
	for _, k := range []struct {
		to   **pen
		data []byte
		px   float64
	}{
		{&p.verdict, gobold.TTF, 26}, {&p.name, gobold.TTF, 18}, {&p.title, gobold.TTF, 15}, {&p.small, goregular.TTF, 13},
	} {
		f, err := opentype.Parse(k.data)
		if err != nil {
			return nil, fmt.Errorf("read font: %w", err)
		}
		face, err := opentype.NewFace(f, &opentype.FaceOptions{Size: k.px, DPI: 72, Hinting: font.HintingFull})
		if err != nil {
			return nil, fmt.Errorf("set font: %w", err)
		}
		*k.to = &pen{face}
	}
	var err error
	p.label, err = viewer.NewFont(gobold.TTF, 13)
	return p, err
}

func (p *pen) width(text string) int { return font.MeasureString(p.face, text).Ceil() }

// fit cuts text in front so that it takes at most width pixels.
func (p *pen) fit(text string, width int) string {
	if p.width(text) <= width {
		return text
	}
	r := []rune(text)
	for len(r) > 1 && p.width("…"+string(r)) > width {
		r = r[1:]
	}
	return "…" + string(r)
}

// write draws text with its baseline starting at x, y.
func (p *pen) write(dst *image.RGBA, x, y int, text string, c color.NRGBA) {
	d := font.Drawer{Dst: dst, Src: image.NewUniform(c), Face: p.face, Dot: fixed.P(x, y)}
	d.DrawString(text)
}
