package anomaly

import (
	"context"
	"errors"
	"fmt"
	"image"
	"math"
	"slices"

	"agurscope/nn"
)

// Walk is what happens to one picture on its way through the network, in the
// frame of the network's input. It is for people to look at: verdicts come from
// [Detector.Detect] alone.
type Walk struct {
	Input    *nn.Image
	Denoised *nn.Image       // nil without a denoiser
	Encoder  []*nn.Image     // how strongly each level answers, mean over its channels; finest first
	Gates    []*nn.Image     // what the attention gates let through, 0 to 1; finest first
	Shown    image.Rectangle // the part of Input that Denoised, Encoder and Gates are of: all of it, or one tile

	Reconstruction *nn.Image
	Residual       *nn.Image // what differs from the reconstruction, blurred
	Score          *nn.Image // the scoring network's probability of damage; nil without
	Terms          []TermMap
	Fused          *nn.Image // their weighted sum, before outlines are drawn
}

// TermMap is one term's map in units of the highest 0.1 % of good pixels.
type TermMap struct {
	Name   string
	Weight float64
	Map    *nn.Image
}

// Explain runs a copy of the recipe's network that keeps its inner values over a
// prepared picture. Of a picture that is inspected in tiles, the inner values are
// those of the tile in which the fused map is highest.
func Explain(ctx context.Context, e nn.Engine, r *Recipe, m *Prepared) (*Walk, error) {
	if r.Calibration == nil {
		return nil, errors.New("the recipe is not calibrated")
	}
	var inner innerNodes
	d, err := openDetector(e, r, func(g *inferenceGraph) { inner = g.keepInner() }) // of other methods, nothing inside is shown
	if err != nil {
		return nil, fmt.Errorf("explain: %w", err)
	}
	defer d.Close()
	raw, err := d.run(ctx, m.Input)
	if err != nil {
		return nil, fmt.Errorf("explain: %w", err)
	}
	raw.outside = m.Outside
	c := r.Calibration
	raw.compare(r.Statistics)
	maps := c.maps(raw, c)
	c.neutral(maps, raw.outside)
	w := &Walk{Input: m.Input, Reconstruction: raw.reconstruction, Residual: raw.plain, Score: raw.logits, Fused: c.fuse(nil, maps)}
	for k, t := range c.Terms {
		w.Terms = append(w.Terms, TermMap{t.Name, t.Weight, onScale(maps[k], t)})
	}
	if w.Score != nil {
		w.Score = probability(w.Score)
	}
	if d.eye != nil {
		w.Shown = image.Rect(0, 0, m.Input.W, m.Input.H)
		return w, nil
	}
	at := d.tiles.holding(w.Fused)
	w.Shown = image.Rectangle{at, at.Add(image.Pt(d.tiles.tw, d.tiles.th))}
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.tiles.at) > 1 { // the last tile was not the one
		if err := d.pass(ctx, nil, &d.out, d.tiles.cut(nil, m.Input, at)); err != nil {
			return nil, fmt.Errorf("explain: %w", err)
		}
	}
	if inner.denoised != nil {
		w.Denoised = d.read(nil, inner.denoised)
	}
	for _, n := range inner.encoder {
		w.Encoder = append(w.Encoder, strength(d.read(nil, n)))
	}
	for _, n := range inner.gates {
		w.Gates = append(w.Gates, d.read(nil, n))
	}
	return w, nil
}

// innerNodes are values that only people look at.
type innerNodes struct {
	denoised       *nn.Node
	encoder, gates []*nn.Node // finest first
}

// keepInner makes them readable.
func (g *inferenceGraph) keepInner() innerNodes {
	i := innerNodes{denoised: g.denoised, encoder: g.encoder}
	for _, n := range g.Nodes {
		if _, gate := n.Op.(nn.Gate); gate {
			i.gates = append(i.gates, n.In[1])
		}
	}
	slices.Reverse(i.gates) // the decoder begins with the coarsest
	for _, n := range slices.Concat(i.encoder, i.gates) {
		g.Keep(n)
	}
	if i.denoised != nil {
		g.Keep(i.denoised)
	}
	return i
}

// holding returns where the tile begins whose middle is nearest to the highest
// place of a map.
func (t *tiling) holding(m *nn.Image) image.Point {
	top := 0
	for i, v := range m.Pix {
		if v > m.Pix[top] {
			top = i
		}
	}
	p := image.Pt(top%m.W*t.w/m.W, top/m.W*t.h/m.H)
	best, least := t.at[0], -1
	for _, at := range t.at {
		dx, dy := at.X+t.tw/2-p.X, at.Y+t.th/2-p.Y
		if d := dx*dx + dy*dy; least < 0 || d < least {
			best, least = at, d
		}
	}
	return best
}

// strength is the mean magnitude over the channels.
func strength(m *nn.Image) *nn.Image {
	out := nn.NewImage(1, m.H, m.W)
	for c := range m.C {
		for i, v := range m.Plane(c) {
			out.Pix[i] += max(v, -v) / float32(m.C)
		}
	}
	return out
}

func onScale(m *nn.Image, t Term) *nn.Image {
	out := nn.NewImage(1, m.H, m.W)
	k := float32(1 / (t.Q999 - t.Median))
	for i, v := range m.Pix {
		out.Pix[i] = (v - float32(t.Median)) * k
	}
	return out
}

// probability takes logits through the logistic function.
func probability(m *nn.Image) *nn.Image {
	out := nn.NewImage(1, m.H, m.W)
	for i, v := range m.Pix {
		out.Pix[i] = float32(1 / (1 + math.Exp(-float64(v))))
	}
	return out
}
