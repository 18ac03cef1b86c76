package anomaly

import (
	"context"
	"fmt"

	"agurscope/nn"
	"agurscope/nn/feature"
	"agurscope/nn/rival"
)

// How the detector looks at a picture with another method than AGUR-Net.

// site is where the model's method works; e may be nil where nothing runs.
func (m *Model) site(e nn.Engine) rival.Site {
	n := m.Network
	s := rival.Site{Engine: e, Params: m.Params, Width: n.Width, Height: n.Height}
	if n.method().backbone {
		s.Encoder = func(g *nn.Graph, x *nn.Node) []*nn.Node { return n.backbone().encode(g, x) }
	}
	return s
}

// buildRival makes the parameters of the model's method.
func (m *Model) buildRival() (err error) {
	of := m.Network.method()
	if of.rival == nil {
		return nil
	}
	shape := nn.Try(func() { err = of.rival.Build(m.site(nil)) })
	if err == nil {
		err = shape
	}
	return err
}

// macs counts the multiply-adds of one picture; 0 where they are not counted.
func (m *Model) macs() int64 {
	if m.Network.own() {
		return m.inference(1).MACs()
	}
	if c, ok := m.Network.method().rival.(interface{ MACs(rival.Site) int64 }); ok {
		return c.MACs(m.site(nil))
	}
	return 0
}

// openRival opens a detector of another method.
func openRival(e nn.Engine, r *Recipe) (*Detector, error) {
	n := r.Model.Network
	d := &Detector{recipe: r, eye: bare{}, tiles: tiling{w: n.Width, h: n.Height, tw: n.Width, th: n.Height}}
	d.describe = r.Statistics != nil
	d.surround = d.describe && r.Statistics.Surround
	if m := n.method().rival; m != nil {
		var err error
		if shape := nn.Try(func() { d.eye, err = m.Open(r.Model.site(e)) }); shape != nil {
			err = shape
		}
		if err != nil {
			return nil, fmt.Errorf("prepare %s: %w", r.Model, err)
		}
	}
	d.bytes = d.eye.Bytes()
	return d, nil
}

// lookRival fills r by what the method finds.
func (d *Detector) lookRival(ctx context.Context, r *raw, x *nn.Image) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	f := &d.found
	f.Map, f.Reconstruction, f.Score, f.Embedding = nil, nil, rival.None(), f.Embedding[:0]
	if err := d.eye.Look(x, f); err != nil {
		return err
	}
	r.residual, r.plain, r.logits, r.frequency, r.reconstruction, r.outside = nil, nil, nil, nil, nil, nil
	if r.score, r.scored = f.Score, f.Score == f.Score; r.scored && !finite([]float32{float32(f.Score)}) {
		return ErrNotFinite
	}
	r.signed = r.room.image(1, x.H, x.W)
	if m := f.Reconstruction; m != nil {
		r.reconstruction = r.room.image(m.C, m.H, m.W)
		copy(r.reconstruction.Pix, m.Pix)
		for c := range x.C {
			for i, v := range x.Plane(c) {
				r.signed.Pix[i] += (v - m.Plane(c)[i]) / float32(x.C)
			}
		}
	}
	if m := f.Map; m != nil {
		if !finite(m.Pix) || !finite(r.signed.Pix) {
			return ErrNotFinite
		}
		own := r.room.image(1, m.H, m.W)
		copy(own.Pix, m.Pix)
		if m.W != x.W || m.H != x.H {
			own = r.room.enlarger(m.W, m.H, x.W, x.H).apply(r.room, own)
		}
		r.plain, r.residual = own, own
	}
	r.embedding = append(r.embedding[:0], f.Embedding...)
	if d.describe {
		d.features(r, x, nil)
		r.embedding = means(r.embedding, r.features)
	}
	if !finite(r.embedding) {
		return ErrNotFinite
	}
	return nil
}

// means appends every number's mean over the cells.
func means(dst []float32, g *feature.Grid) []float32 {
	from := len(dst)
	dst = append(dst, make([]float32, g.D)...)
	for i, v := range g.Data {
		dst[from+i%g.D] += v / float32(g.W*g.H)
	}
	return dst
}

// bare is the eye of a method that has handcrafted features alone.
type bare struct{}

func (bare) Look(*nn.Image, *rival.Finding) error { return nil }
func (bare) Bytes() int64                         { return 0 }
func (bare) Close() error                         { return nil }
