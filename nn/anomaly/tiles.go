package anomaly

import (
	"context"
	"image"
	"slices"

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
	at     []image.Point // where tiles begin
}

func newTiling(w, h int) tiling {
	t := tiling{w: w, h: h, tw: tileSide(w), th: tileSide(h)}
	t.xs, t.ys = starts(w, t.tw), starts(h, t.th)
	for _, y := range t.ys {
		for _, x := range t.xs {
			t.at = append(t.at, image.Pt(x, y))
		}
	}
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

// cut returns the tile of a picture that begins at a place: the picture itself
// where there is only one.
func (t tiling) cut(k *workspace, m *nn.Image, at image.Point) *nn.Image {
	if len(t.at) == 1 {
		return m
	}
	out := k.image(m.C, t.th, t.tw)
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
	sum, weight *nn.Image // nil before the first tile
}

func (s *mosaic) add(room *workspace, t *tiling, at image.Point, m *nn.Image) {
	k := t.tw / m.W // pixels to one of the map
	if s.sum == nil {
		s.sum, s.weight = room.image(m.C, t.h/k, t.w/k), room.image(1, t.h/k, t.w/k)
	}
	x0, y0 := at.X/k, at.Y/k
	for y := range m.H {
		wy := ramp(y, m.H, tileOverlap/k, at.Y > 0, at.Y+t.th < t.h)
		for x := range m.W {
			w := wy * ramp(x, m.W, tileOverlap/k, at.X > 0, at.X+t.tw < t.w)
			i := (y0+y)*s.sum.W + x0 + x
			s.weight.Pix[i] += w
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
		for i, w := range s.weight.Pix {
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
func (o *output) maps(room []**nn.Image) []**nn.Image {
	out := append(room, &o.reconstruction, &o.residual, &o.plain, &o.logits, &o.frequency)
	for i := range o.features {
		out = append(out, &o.features[i])
	}
	return out
}

// mostMaps is how many maps a network has, at most, of which no list need be
// allocated.
const mostMaps = 16

// forward runs the network over a picture, tile by tile.
func (d *Detector) forward(ctx context.Context, k *workspace, out *output, x *nn.Image) error {
	if len(d.tiles.at) == 1 {
		return d.pass(ctx, k, out, x)
	}
	one := &d.part
	var wholes, parts [mostMaps]**nn.Image
	var room [mostMaps]mosaic
	joined := room[:0]
	for i, at := range d.tiles.at {
		d.tile.reset()
		if err := d.pass(ctx, &d.tile, one, d.tiles.cut(&d.tile, x, at)); err != nil {
			return err
		}
		maps := one.maps(parts[:0])
		if i == 0 {
			out.features = grown(out.features, len(one.features))
			out.embedding = grown(out.embedding, len(one.embedding))
			clear(out.embedding)
			joined = append(joined, make([]mosaic, len(maps))...)
		}
		for j, m := range maps {
			if *m != nil {
				joined[j].add(k, &d.tiles, at, *m)
			}
		}
		for j, v := range one.embedding {
			out.embedding[j] += v / float32(len(d.tiles.at))
		}
	}
	for i, m := range out.maps(wholes[:0]) {
		if *m = nil; joined[i].sum != nil {
			*m = joined[i].image()
		}
	}
	return nil
}

// grown returns s with n places, in the same memory where it suffices.
func grown[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}

// pass runs the network over one tile.
func (d *Detector) pass(ctx context.Context, k *workspace, o *output, x *nn.Image) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if d.p == nil {
		return ErrClosed
	}
	d.set(x)
	if err := d.p.Forward(); err != nil {
		return err
	}
	o.reconstruction, o.residual, o.plain = d.read(k, d.g.reconstruction), d.read(k, d.g.residual), d.read(k, d.g.plain)
	o.logits, o.frequency = nil, nil
	if d.g.logits != nil {
		o.logits = d.read(k, d.g.logits)
	}
	if d.bands != nil {
		o.frequency = d.frequency(k, x)
	}
	o.features = grown(o.features, len(d.g.features))
	for i, n := range d.g.features {
		o.features[i] = d.read(k, n)
	}
	o.embedding = o.embedding[:0]
	for _, n := range d.g.embedding {
		size := n.Shape.Size()
		o.embedding = slices.Grow(o.embedding, size)
		at := len(o.embedding)
		o.embedding = o.embedding[:at+size]
		d.p.Get(n, o.embedding[at:])
	}
	return nil
}

// read copies a map out of the network's memory.
func (d *Detector) read(k *workspace, n *nn.Node) *nn.Image {
	m := k.image(n.Shape[1], n.Shape[2], n.Shape[3])
	m.Pix = d.p.Get(n, m.Pix)
	return m
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
func (d *Detector) frequency(k *workspace, x *nn.Image) *nn.Image {
	s, rebuilt := d.bands, d.rebuilt
	d.answer = d.p.Get(d.g.frequency, d.answer)
	s.view.Finish(s.whole, d.answer, s.unused, rebuilt)
	out := k.image(1, x.H, x.W)
	for c := range x.C {
		for i, v := range x.Plane(c) {
			d := v - rebuilt[c*len(out.Pix)+i]
			out.Pix[i] += max(d, -d) / float32(x.C)
		}
	}
	return d.half.apply(k, out)
}
