// Package scan turns pictures into sequences: patches of a small copy, visited row
// by row and column by column, to and fro.
package scan

import (
	"context"
	"math"

	"agurscope/nn"
	"agurscope/nn/rival"
)

const (
	side     = 4 // of a patch
	tokens   = 256
	multiple = 8 // of a grid's sides

	// Size is how many numbers a patch is.
	Size = 3 * side * side
	// Place is how many numbers say where it lies.
	Place = 16
	// Scans is how many ways a picture is visited.
	Scans = 2
)

// Grid is the patches of a picture.
type Grid struct {
	W, H  int
	order [Scans][]int // positions in the order of visits
}

// NewGrid returns the grid for pictures of w x h: about 256 patches, both sides
// multiples of 8, as near to the pictures' shape as that allows.
func NewGrid(w, h int) *Grid {
	ratio := math.Sqrt(float64(w) / float64(h))
	g := &Grid{W: multiple * min(max(int(math.Round(math.Sqrt(tokens)*ratio/multiple)), 1), 8)}
	g.H = multiple * max(1, int(math.Round(tokens/multiple/float64(g.W))))
	for y := range g.H {
		for x := range g.W {
			if y%2 == 1 {
				x = g.W - 1 - x
			}
			g.order[0] = append(g.order[0], y*g.W+x)
		}
	}
	for x := range g.W {
		for y := range g.H {
			if x%2 == 1 {
				y = g.H - 1 - y
			}
			g.order[1] = append(g.order[1], y*g.W+x)
		}
	}
	return g
}

// Len is the length of a sequence.
func (g *Grid) Len() int { return g.W * g.H }

// Order returns the positions y·W+x of a scan, in the order of visits.
func (g *Grid) Order(scan int) []int { return g.order[scan] }

// Patches returns the patches of a picture by position, Size numbers each.
func (g *Grid) Patches(x *nn.Image) []float32 {
	small := rival.Resize(x, side*g.W, side*g.H)
	out := make([]float32, 0, g.Len()*Size)
	for p := range g.Len() {
		left, top := p%g.W*side, p/g.W*side
		for c := range 3 {
			for y := range side {
				row := small.Plane(c)[(top+y)*small.W+left:]
				out = append(out, row[:side]...)
			}
		}
	}
	return out
}

// Where is the code of a position: sines and cosines of column and row.
func (g *Grid) Where(p int) []float32 {
	out := make([]float32, 0, Place)
	for _, at := range []float64{float64(p % g.W), float64(p / g.W)} {
		for i := range Place / 4 {
			a := at * math.Pow(10000, -float64(2*i)/(Place/2))
			out = append(out, float32(math.Sin(a)), float32(math.Cos(a)))
		}
	}
	return out
}

// Scale is mean and deviation of every number of a patch over good parts.
type Scale struct{ Mean, Std []float32 }

// NewScale makes the scale's parameters.
func NewScale(ps *nn.Params, name string) Scale {
	return Scale{ps.Statistic(name+".token.mean", 0, Size).Data(), ps.Statistic(name+".token.std", 1, Size).Data()}
}

// Measure sets the scale from the patches of pictures and standardises these.
func (s Scale) Measure(patches [][]float32) {
	sum, square, n := make([]float64, Size), make([]float64, Size), 0.0
	for _, all := range patches {
		for i, v := range all {
			sum[i%Size] += float64(v)
			square[i%Size] += float64(v) * float64(v)
		}
		n += float64(len(all) / Size)
	}
	for i := range sum {
		mean := sum[i] / n
		s.Mean[i] = float32(mean)
		s.Std[i] = float32(math.Sqrt(max(square[i]/n-mean*mean, 0)) + .01)
	}
	for _, all := range patches {
		s.Apply(all)
	}
}

// Apply standardises patches in place.
func (s Scale) Apply(patches []float32) {
	for i, v := range patches {
		patches[i] = (v - s.Mean[i%Size]) / s.Std[i%Size]
	}
}

// Errors is what every position of every scan shows on good parts: mean and
// deviation of the error there.
type Errors struct{ Mean, Std []float32 }

// NewErrors makes its parameters.
func NewErrors(ps *nn.Params, name string, g *Grid) Errors {
	return Errors{
		ps.Statistic(name+".error.mean", 0, Scans, g.Len()).Data(),
		ps.Statistic(name+".error.std", 1, Scans, g.Len()).Data(),
	}
}

// Measure sets it from the errors that a method makes on pictures' patches, scan
// after scan in the order of visits.
func (e Errors) Measure(ctx context.Context, patches [][]float32, errors func([]float32) ([]float32, error)) (err error) {
	all := make([][]float32, len(patches))
	for i, x := range patches {
		if err := ctx.Err(); err != nil {
			return err
		}
		if all[i], err = errors(x); err != nil {
			return err
		}
	}
	e.set(all)
	return nil
}

func (e Errors) set(all [][]float32) {
	n := float64(len(all))
	total := 0.0
	for k := range e.Mean {
		sum, square := 0.0, 0.0
		for _, v := range all {
			sum += float64(v[k])
			square += float64(v[k]) * float64(v[k])
		}
		mean := sum / n
		e.Mean[k] = float32(mean)
		e.Std[k] = float32(math.Sqrt(max(square/n-mean*mean, 0)))
		total += float64(e.Std[k]) / float64(len(e.Std))
	}
	for k := range e.Std { // where all good parts err alike by chance, a grain would count
		e.Std[k] += float32(total/4 + 1e-6)
	}
}

// Apply brings errors into units of their deviation, in place.
func (e Errors) Apply(v []float32) {
	for i := range v {
		v[i] = (v[i] - e.Mean[i]) / e.Std[i]
	}
}

// Smooth averages exponentially with the given span, forwards and backwards, in
// place.
func Smooth(v []float32, span float64) {
	a := float32(2 / (span + 1))
	back := make([]float32, len(v))
	last := v[len(v)-1]
	for i := len(v) - 1; i >= 0; i-- {
		last += a * (v[i] - last)
		back[i] = last
	}
	last = v[0]
	for i, x := range v {
		last += a * (x - last)
		v[i] = (last + back[i]) / 2
	}
}

// Map lays the scans' values over the grid and averages them.
func (g *Grid) Map(v []float32) *nn.Image {
	m := nn.NewImage(1, g.H, g.W)
	for s := range Scans {
		for t, p := range g.order[s] {
			m.Pix[p] += v[s*g.Len()+t] / Scans
		}
	}
	return m
}

// Picture lays standardised patches side by side.
func (g *Grid) Picture(s Scale, patches []float32) *nn.Image {
	m := nn.NewImage(3, side*g.H, side*g.W)
	for p := range g.Len() {
		left, top := p%g.W*side, p/g.W*side
		for i := range Size {
			v := patches[p*Size+i]*s.Std[i] + s.Mean[i]
			m.Plane(i / (side * side))[(top+i/side%side)*m.W+left+i%side] = min(max(v, 0), 1)
		}
	}
	return m
}
