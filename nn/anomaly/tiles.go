package anomaly

import (
	"context"
	"image"

	"agurscope/nn"
)

// Pictures with longer sides are inspected in tiles, so that memory does not
// grow with them. Tiles begin at multiples of tileStep, which every map of the
// network divides, and overlap by at least tileOverlap.
const (
	mostSide    = 512
	tileStep    = 16
	tileOverlap = 64
)

// tileSide is the side of the tiles for a picture's side.
func tileSide(n int) int { return min(n, mostSide) }

// tile is the recipe's model for one tile.
func (r *Recipe) tile() *Model {
	m := *r.Model
	m.Network.Width, m.Network.Height = tileSide(m.Network.Width), tileSide(m.Network.Height)
	return &m
}

// tiling covers a picture of w x h with tiles of one size.
type tiling struct {
	w, h   int // of the picture
	tw, th int // of a tile
	xs, ys []int
}

func newTiling(w, h int) tiling {
	t := tiling{w: w, h: h, tw: tileSide(w), th: tileSide(h)}
	t.xs, t.ys = starts(w, t.tw), starts(h, t.th)
	return t
}

// starts spreads the fewest tiles evenly over n pixels.
func starts(n, tile int) []int {
	if n <= tile {
		return []int{0}
	}
	count := 1 + (n-tile+tile-tileOverlap-1)/(tile-tileOverlap)
	out := make([]int, count)
	for i := range out {
		out[i] = (n - tile) * i / (count - 1) / tileStep * tileStep
	}
	out[count-1] = n - tile
	return out
}

// places lists where tiles begin.
func (t tiling) places() (out []image.Point) {
	for _, y := range t.ys {
		for _, x := range t.xs {
			out = append(out, image.Pt(x, y))
		}
	}
	return out
}

// cut returns the tile of a picture that begins at a place: the picture itself
// where there is only one.
func (t tiling) cut(m *nn.Image, at image.Point) *nn.Image {
	if len(t.xs)*len(t.ys) == 1 {
		return m
	}
	out := nn.NewImage(m.C, t.th, t.tw)
	for c := range m.C {
		for y := range t.th {
			copy(out.Plane(c)[y*t.tw:(y+1)*t.tw], m.Plane(c)[(at.Y+y)*m.W+at.X:])
		}
	}
	return out
}

// mosaic joins maps of tiles, at the network's resolution or an even part of
// it, into one of the whole picture. Where tiles overlap they are blended: a tile
// counts the less the nearer its edge is.
type mosaic struct {
	sum    *nn.Image
	weight []float32
}

func (s *mosaic) add(t tiling, at image.Point, m *nn.Image) {
	k := t.tw / m.W // pixels to one of the map
	if s.sum == nil {
		s.sum = nn.NewImage(m.C, t.h/k, t.w/k)
		s.weight = make([]float32, t.h/k*(t.w/k))
	}
	x0, y0 := at.X/k, at.Y/k
	for y := range m.H {
		wy := ramp(y, m.H, tileOverlap/k, at.Y > 0, at.Y+t.th < t.h)
		for x := range m.W {
			w := wy * ramp(x, m.W, tileOverlap/k, at.X > 0, at.X+t.tw < t.w)
			i := (y0+y)*s.sum.W + x0 + x
			s.weight[i] += w
			for c := range m.C {
				s.sum.Plane(c)[i] += w * m.Plane(c)[y*m.W+x]
			}
		}
	}
}

// ramp is the weight of place i of n: 1, but for edges with a neighbour.
func ramp(i, n, overlap int, before, after bool) float32 {
	w := float32(1)
	if before {
		w = min(w, (float32(i)+.5)/float32(overlap))
	}
	if after {
		w = min(w, (float32(n-i)-.5)/float32(overlap))
	}
	return w
}

func (s *mosaic) image() *nn.Image {
	for c := range s.sum.C {
		p := s.sum.Plane(c)
		for i, w := range s.weight {
			p[i] /= w
		}
	}
	return s.sum
}

// output is what the network says of a picture.
type output struct {
	reconstruction, residual, plain *nn.Image
	logits, frequency               *nn.Image // nil without
	features                        []*nn.Image
	embedding                       []float32
}

// maps lists where the maps of an output are kept.
func (o *output) maps() []**nn.Image {
	out := []**nn.Image{&o.reconstruction, &o.residual, &o.plain, &o.logits, &o.frequency}
	for i := range o.features {
		out = append(out, &o.features[i])
	}
	return out
}

// forward runs the network over a picture, tile by tile.
func (d *Detector) forward(ctx context.Context, x *nn.Image) (*output, error) {
	places := d.tiles.places()
	if len(places) == 1 {
		return d.pass(ctx, x)
	}
	var whole output
	var joined []mosaic
	for _, at := range places {
		one, err := d.pass(ctx, d.tiles.cut(x, at))
		if err != nil {
			return nil, err
		}
		if joined == nil {
			whole.features, whole.embedding = make([]*nn.Image, len(one.features)), make([]float32, len(one.embedding))
			joined = make([]mosaic, len(one.maps()))
		}
		for i, m := range one.maps() {
			if *m != nil {
				joined[i].add(d.tiles, at, *m)
			}
		}
		for i, v := range one.embedding {
			whole.embedding[i] += v / float32(len(places))
		}
	}
	for i, m := range whole.maps() {
		if joined[i].sum != nil {
			*m = joined[i].image()
		}
	}
	return &whole, nil
}

// pass runs the network over one tile.
func (d *Detector) pass(ctx context.Context, x *nn.Image) (*output, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if d.p == nil {
		return nil, ErrClosed
	}
	d.set(x)
	if err := d.p.Forward(); err != nil {
		return nil, err
	}
	read := func(n *nn.Node) *nn.Image {
		m := nn.NewImage(n.Shape[1], n.Shape[2], n.Shape[3])
		m.Pix = d.p.Get(n, m.Pix)
		return m
	}
	o := &output{reconstruction: read(d.g.reconstruction), residual: read(d.g.residual), plain: read(d.g.plain)}
	if d.g.logits != nil {
		o.logits = read(d.g.logits)
	}
	if d.bands != nil {
		o.frequency = d.frequency(x)
	}
	for _, n := range d.g.features {
		o.features = append(o.features, read(n))
	}
	for _, n := range d.g.embedding {
		o.embedding = append(o.embedding, d.p.Get(n, nil)...)
	}
	return o, nil
}

// set gives the network a picture, and the frequency branch its high band.
func (d *Detector) set(x *nn.Image) {
	d.p.Set(d.g.image, x.Pix)
	if s := d.bands; s != nil {
		s.view.Prepare(x.Pix, s.whole, s.unused)
		d.p.Set(d.g.high, s.whole)
	}
}

// frequency is the blurred difference of a picture to what the frequency branch
// makes of it: e_F = |x − Î_F|, averaged over the channels.
func (d *Detector) frequency(x *nn.Image) *nn.Image {
	s := d.bands
	rebuilt := make([]float32, len(x.Pix))
	s.view.Finish(s.whole, d.p.Get(d.g.frequency, nil), s.unused, rebuilt)
	out := nn.NewImage(1, x.H, x.W)
	for c := range x.C {
		for i, v := range x.Plane(c) {
			d := v - rebuilt[c*len(out.Pix)+i]
			out.Pix[i] += max(d, -d) / float32(x.C)
		}
	}
	return d.half.apply(out)
}
