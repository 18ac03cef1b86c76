// Command icongen draws the icon of Agurscope, an aperture whose blades leave
// the eye open on one defect, from a single description: as SVG for the desktop
// and as a PNG of 512 x 512 pixels for packages.
//
// Run it from the root of the repository: go run ./themes/icongen
package main

import (
	"flag"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"log"
	"math"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/image/vector"
)

// side is the size of the drawing; all shapes are in its units.
const side = 512

type point struct{ x, y float64 }

// shape is a closed polygon of one colour.
type shape struct {
	points []point
	fill   color.NRGBA
}

func main() {
	dir := flag.String("out", "assets", "folder for icon.svg and icon.png")
	flag.Parse()
	shapes := icon()
	if err := os.WriteFile(filepath.Join(*dir, "icon.svg"), []byte(svg(shapes)), 0o644); err != nil {
		log.Fatalf("write icon: %v", err)
	}
	if err := writePNG(filepath.Join(*dir, "icon.png"), raster(shapes)); err != nil {
		log.Fatalf("write icon: %v", err)
	}
}

// icon is the drawing, from the ground up: a tile, the ring of the lens, six
// blades around a hexagonal opening, and the defect within.
func icon() []shape {
	const c = side / 2
	rgb := func(v uint32) color.NRGBA {
		return color.NRGBA{uint8(v >> 16), uint8(v >> 8), uint8(v), 255}
	}
	all := []shape{
		{roundedSquare(16, side-16, 96), rgb(0x161d25)},
		{circle(c, c, 208), rgb(0x2b3947)},
		{circle(c, c, 188), rgb(0x0c1116)},
	}
	blades := []color.NRGBA{
		rgb(0x5cb0ea), rgb(0x4699d4), rgb(0x3583bd), rgb(0x2c72a8), rgb(0x3583bd), rgb(0x4699d4),
	}
	for i, tone := range blades {
		all = append(all, shape{blade(c, c, 178, 84, float64(i)*math.Pi/3), tone})
	}
	return append(all,
		shape{circle(c+20, c-14, 34), rgb(0xffffff)},
		shape{circle(c+20, c-14, 27), rgb(0xf0443c)},
	)
}

// blade is one leaf of the aperture: it runs along a side of the opening, past
// its corner to the rim, and back along the rim.
func blade(cx, cy, rim, opening, turn float64) []point {
	at := func(r, a float64) point { return point{cx + r*math.Cos(a+turn), cy + r*math.Sin(a+turn)} }
	a, b := at(opening, 0), at(opening, math.Pi/3)
	const gap = 0.035 // between neighbours, as an angle
	from, to := meet(cx, cy, rim, b, a), meet(cx, cy, rim, at(opening, 2*math.Pi/3), b)
	start, end := math.Atan2(from.y-cy, from.x-cx), math.Atan2(to.y-cy, to.x-cx)-gap
	for end < start {
		end += 2 * math.Pi
	}
	points := []point{b, a}
	for i := range 25 {
		w := start + (end-start)*float64(i)/24
		points = append(points, point{cx + rim*math.Cos(w), cy + rim*math.Sin(w)})
	}
	return points
}

// meet is where the ray from p through q leaves the circle.
func meet(cx, cy, r float64, p, q point) point {
	dx, dy := q.x-p.x, q.y-p.y
	px, py := p.x-cx, p.y-cy
	a, b, c := dx*dx+dy*dy, px*dx+py*dy, px*px+py*py-r*r
	t := (-b + math.Sqrt(b*b-a*c)) / a
	return point{p.x + t*dx, p.y + t*dy}
}

func circle(cx, cy, r float64) []point {
	points := make([]point, 96)
	for i := range points {
		a := 2 * math.Pi * float64(i) / float64(len(points))
		points[i] = point{cx + r*math.Cos(a), cy + r*math.Sin(a)}
	}
	return points
}

func roundedSquare(from, to, r float64) []point {
	var points []point
	for i, c := range []point{{to - r, to - r}, {from + r, to - r}, {from + r, from + r}, {to - r, from + r}} {
		for k := range 17 {
			a := (float64(i) + float64(k)/16) * math.Pi / 2
			points = append(points, point{c.x + r*math.Cos(a), c.y + r*math.Sin(a)})
		}
	}
	return points
}

func svg(shapes []shape) string {
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d">`+"\n", side, side, side, side)
	for _, s := range shapes {
		b.WriteString(`<path d="`)
		for i, p := range s.points {
			op := "L"
			if i == 0 {
				op = "M"
			}
			fmt.Fprintf(&b, "%s%.1f %.1f", op, p.x, p.y)
		}
		fmt.Fprintf(&b, `Z" fill="#%02x%02x%02x"/>`+"\n", s.fill.R, s.fill.G, s.fill.B)
	}
	b.WriteString("</svg>\n")
	return b.String()
}

func raster(shapes []shape) *image.NRGBA {
	dst := image.NewNRGBA(image.Rect(0, 0, side, side))
	r := vector.NewRasterizer(side, side)
	for _, s := range shapes {
		r.Reset(side, side)
		r.DrawOp = draw.Over
		for i, p := range s.points {
			if i == 0 {
				r.MoveTo(float32(p.x), float32(p.y))
				continue
			}
			r.LineTo(float32(p.x), float32(p.y))
		}
		r.ClosePath()
		r.Draw(dst, dst.Rect, image.NewUniform(s.fill), image.Point{})
	}
	return dst
}

func writePNG(path string, img image.Image) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	encoder := png.Encoder{CompressionLevel: png.BestCompression}
	if err := encoder.Encode(f, img); err != nil {
		f.Close()
		return fmt.Errorf("encode %s: %w", path, err)
	}
	return f.Close()
}
