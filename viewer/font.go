package viewer

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"

	"golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
)

// Font is a typeface at one size, with the glyphs it has drawn so far.
type Font struct {
	parsed *opentype.Font
	behind *Font // has what this one lacks; may be nil
	face   font.Face
	glyphs map[rune]glyph
	ascent int
	height int
}

type glyph struct {
	mask    *image.Alpha
	offset  image.Point // of the mask from the pen
	advance int
}

// NewFont reads a TrueType or OpenType face and sets it to the size in screen
// pixels.
func NewFont(data []byte, px float64) (*Font, error) {
	parsed, err := opentype.Parse(data)
	if err != nil {
		return nil, fmt.Errorf("read font: %w", err)
	}
	face, err := opentype.NewFace(parsed, &opentype.FaceOptions{Size: px, DPI: 72, Hinting: font.HintingFull})
	if err != nil {
		return nil, fmt.Errorf("set font to %.1f px: %w", px, err)
	}
	// The metrics of the face leave room for stacked accents; labels are digits
	// and plain words, and want a tight box.
	capital, _, _ := face.GlyphBounds('H')
	return &Font{
		parsed: parsed,
		face:   face,
		glyphs: map[rune]glyph{},
		ascent: -capital.Min.Y.Floor(),
		height: -capital.Min.Y.Floor() + 1,
	}, nil
}

func (f *Font) glyph(c rune) glyph {
	if g, ok := f.glyphs[c]; ok {
		return g
	}
	if f.behind != nil {
		if at, err := f.parsed.GlyphIndex(nil, c); err != nil || at == 0 {
			f.glyphs[c] = f.behind.glyph(c)
			return f.glyphs[c]
		}
	}
	var g glyph
	r, mask, at, advance, ok := f.face.Glyph(fixed.Point26_6{}, c)
	if ok {
		g = glyph{image.NewAlpha(image.Rect(0, 0, r.Dx(), r.Dy())), r.Min, advance.Round()}
		draw.Draw(g.mask, g.mask.Rect, mask, at, draw.Src)
	}
	f.glyphs[c] = g
	return g
}

// width returns how many pixels the text takes.
func (f *Font) width(text string) int {
	n := 0
	for _, c := range text {
		n += f.glyph(c).advance
	}
	return n
}

// draw writes the text with its top left corner at p.
func (f *Font) draw(dst *image.RGBA, p image.Point, text string, c color.Color) {
	ink := image.NewUniform(c)
	pen := p.Add(image.Pt(0, f.ascent))
	for _, r := range text {
		g := f.glyph(r)
		if g.mask != nil {
			at := g.mask.Rect.Add(pen).Add(g.offset)
			draw.DrawMask(dst, at, ink, image.Point{}, g.mask, image.Point{}, draw.Over)
		}
		pen.X += g.advance
	}
}
