package defect

import (
	"image"
	"image/color"
	"image/png"
	"math"
	"math/rand/v2"
	"os"
	"testing"

	"agurscope/nn"
)

// part draws a circuit-like normal part: a dark body with a mark and bright
// pins on a green board.
func part(c, w, h int, seed uint64) *nn.Image {
	rng := rand.New(rand.NewPCG(seed, 1))
	m := &nn.Image{C: c, H: h, W: w, Pix: make([]float32, c*h*w)}
	board := [3]float32{0.12, 0.42, 0.22}
	dx, dy := rng.Float64()*4-2, rng.Float64()*4-2
	for y := range h {
		for x := range w {
			u, v := (float64(x)+dx)/float64(w)*128, (float64(y)+dy)/float64(h)*128
			col, grain := board, float32(0.02*rng.NormFloat64())
			if pin := math.Mod(v-20, 14); v > 20 && v < 108 && pin < 5 && u > 18 && u < 110 {
				col = [3]float32{0.75, 0.75, 0.72}
			}
			if u > 34 && u < 94 && v > 24 && v < 104 {
				col = [3]float32{0.17, 0.17, 0.18}
				if math.Hypot(u-44, v-34) < 4 {
					col = [3]float32{0.6, 0.6, 0.6}
				}
			}
			for k := range c {
				m.Pix[(k*h+y)*w+x] = clip(col[k] + grain)
			}
		}
	}
	return m
}

var kinds = []Kind{Perlin, Scar, CutPaste, Stain, Shift, Erase, Blur}

// only returns a mix of one kind without noise.
func only(k Kind) Mix {
	m := Mix{Clean: -1, Noise: -1}
	*map[Kind]*float64{
		Perlin: &m.Perlin, Scar: &m.Scar, CutPaste: &m.CutPaste, Stain: &m.Stain,
		Shift: &m.Shift, Erase: &m.Erase, Blur: &m.Blur,
	}[k] = 1
	return m
}

// TestContactSheet writes a picture of every kind of damage, each above its
// mask, to the file named by AGURSCOPE_DEFECT_SHEET, for people to look at.
func TestContactSheet(t *testing.T) {
	name := os.Getenv("AGURSCOPE_DEFECT_SHEET")
	if name == "" {
		t.Skip("AGURSCOPE_DEFECT_SHEET names no file to write the contact sheet to")
	}
	const side, columns = 128, 10
	pool := []*nn.Image{part(3, side, side, 1), part(3, side, side, 2), part(3, side, side, 3)}
	sheet := image.NewRGBA(image.Rect(0, 0, columns*(side+4), 2*len(kinds)*(side+4)))
	rng := rand.New(rand.NewPCG(9, 9))
	for row, k := range kinds {
		e := New(only(k), pool)
		for col := range columns {
			x := part(3, side, side, uint64(10+col))
			dst, mask := x.Clone(), make([]float32, side*side)
			e.Corrupt(rng, x, dst, mask)
			for i := range side * side {
				px, py := col*(side+4)+i%side, 2*row*(side+4)+i/side
				b := func(c int) uint8 { return uint8(255 * dst.Pix[c*side*side+i]) }
				sheet.Set(px, py, color.RGBA{b(0), b(1), b(2), 255})
				sheet.Set(px, py+side+2, color.Gray{uint8(255 * mask[i])})
			}
		}
	}
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := png.Encode(f, sheet); err != nil {
		t.Fatal(err)
	}
}
