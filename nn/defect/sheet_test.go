package defect

import (
	"image"
	"image/color"
	"image/png"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
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

var kinds = []Kind{Perlin, Scar, CutPaste, Stain, Crack, Scratch, Pit, Smear, Shift, Erase, Bend, Cut, Solder, Blur}

// only returns a mix of one kind without noise.
func only(k Kind) Mix {
	m := Mix{Clean: -1, Noise: -1}
	*map[Kind]*float64{
		Perlin: &m.Perlin, Scar: &m.Scar, CutPaste: &m.CutPaste, Stain: &m.Stain,
		Crack: &m.Crack, Scratch: &m.Scratch, Pit: &m.Pit, Smear: &m.Smear,
		Shift: &m.Shift, Erase: &m.Erase, Bend: &m.Bend, Cut: &m.Cut, Solder: &m.Solder, Blur: &m.Blur,
	}[k] = 1
	return m
}

// TestContactSheet writes pictures of every kind of damage, each above its
// mask, to the file named by AGURSCOPE_DEFECT_SHEET, for people to look at.
// AGURSCOPE_DEFECT_PICTURES may name a folder of PNG files of one size to
// damage instead of the drawn part.
func TestContactSheet(t *testing.T) {
	name := os.Getenv("AGURSCOPE_DEFECT_SHEET")
	if name == "" {
		t.Skip("AGURSCOPE_DEFECT_SHEET names no file to write the contact sheet to")
	}
	const columns, gap = 10, 4
	pool := sheetPictures(t, columns)
	h, w := pool[0].H, pool[0].W
	sheet := image.NewRGBA(image.Rect(0, 0, columns*(w+gap), 2*len(kinds)*(h+gap)))
	rng := rand.New(rand.NewPCG(9, 9))
	for row, k := range kinds {
		e := New(only(k), pool)
		for col := range columns {
			x := pool[col%len(pool)]
			dst, mask := x.Clone(), make([]float32, h*w)
			e.Corrupt(rng, x, dst, mask)
			for i := range h * w {
				px, py := col*(w+gap)+i%w, 2*row*(h+gap)+i/w
				b := func(c int) uint8 { return uint8(255 * dst.Pix[c*h*w+i]) }
				sheet.Set(px, py, color.RGBA{b(0), b(1), b(2), 255})
				sheet.Set(px, py+h+gap/2, color.Gray{uint8(255 * mask[i])})
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

// sheetPictures returns up to n good parts for the contact sheet.
func sheetPictures(t *testing.T, n int) (parts []*nn.Image) {
	folder := os.Getenv("AGURSCOPE_DEFECT_PICTURES")
	if folder == "" {
		for i := range n {
			parts = append(parts, part(3, 128, 128, uint64(10+i)))
		}
		return parts
	}
	names, err := filepath.Glob(filepath.Join(folder, "*.png"))
	if err != nil || len(names) == 0 {
		t.Fatalf("no PNG files in %s: %v", folder, err)
	}
	for _, name := range names[:min(n, len(names))] {
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		m, err := png.Decode(f)
		if err != nil {
			t.Fatalf("decode %s: %v", name, err)
		}
		size := m.Bounds().Size()
		x := nn.NewImage(3, size.Y, size.X)
		for i := range size.X * size.Y {
			r, g, b, _ := m.At(m.Bounds().Min.X+i%size.X, m.Bounds().Min.Y+i/size.X).RGBA()
			for c, v := range [3]uint32{r, g, b} {
				x.Plane(c)[i] = float32(v) / 65535
			}
		}
		parts = append(parts, x)
	}
	return parts
}
