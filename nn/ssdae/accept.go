package ssdae

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"

	"agurscope/nn"
)

// Acceptance says what a trained denoiser does to pictures of good parts.
type Acceptance struct {
	Strength       float64 `json:"strength"`        // η that Accept chose
	PSNRGain       float64 `json:"psnr_gain"`       // dB at η, Gaussian noise of σ 0.05
	ContrastKept   float64 `json:"contrast_kept"`   // share of a thin scratch's contrast at η
	MeanActivation float64 `json:"mean_activation"` // mean of ρ̂ over all units; ρ is wished
}

const (
	acceptSigma    = .05
	acceptContrast = .15 // of the scratches
	acceptKept     = .8
	acceptImages   = 16 // more do not change the answer
	strengths      = 10 // η in tenths
)

// Accept measures the denoiser of ps on normals (3,H,W), all of one shape with
// sides in multiples of [Stride], and chooses the strength: the largest η of 1,
// 0.9, … 0 at which scratches of contrast 0.15, one and two pixels wide, keep 80 %
// of it, the thinner and the wider each on average over the pictures. Scratches
// are new to it, whether it has learnt from those normals or not. It draws the
// same noise and scratches every time and uses the first 16 pictures.
func Accept(ctx context.Context, e nn.Engine, ps *nn.Params, c Config, normals []*nn.Image) (Acceptance, error) {
	if err := c.Validate(); err != nil {
		return Acceptance{}, err
	}
	if len(normals) == 0 {
		return Acceptance{}, errors.New("accept denoiser: no normal images")
	}
	normals = normals[:min(len(normals), acceptImages)]
	p, err := newProbe(e, ps, c, normals[0])
	if err != nil {
		return Acceptance{}, err
	}
	defer p.Close()
	for i, m := range normals {
		if err := ctx.Err(); err != nil {
			return Acceptance{}, err
		}
		if m.C != 3 || m.H != normals[0].H || m.W != normals[0].W {
			return Acceptance{}, fmt.Errorf("accept denoiser: image %d is %d x %d with %d planes, the first %d x %d; 3 planes are needed", i, m.W, m.H, m.C, normals[0].W, normals[0].H)
		}
		if err := p.measure(rand.New(rand.NewPCG(uint64(i), 1)), m); err != nil {
			return Acceptance{}, err
		}
	}
	a := Acceptance{MeanActivation: p.active / float64(p.units)}
	for k := strengths; k >= 0; k-- {
		a.Strength = float64(k) / strengths
		a.PSNRGain = 10 * math.Log10(p.noise/p.left[k])
		a.ContrastKept = min(p.kept[0][k]/p.drawn[0], p.kept[1][k]/p.drawn[1])
		if a.ContrastKept >= acceptKept {
			break
		}
	}
	return a, nil
}

// probe runs a denoiser on variants of one picture and sums what it sees for
// every strength: x + η·r(x) is linear in η, so one pass tells all.
type probe struct {
	nn.Program
	x, r  *nn.Node
	codes []*nn.Node

	in, out, code []float32
	noise         float64                   // energy of the noise
	left          [strengths + 1]float64    // of what is left of it
	drawn         [2]float64                // contrast of scratches of one and two pixels
	kept          [2][strengths + 1]float64 // what is left of it
	active        float64                   // sum of mean activations
	units         int
}

// The variants, in the order of the batch.
const (
	plain = iota
	noised
	thin
	wide
	variants
)

func newProbe(e nn.Engine, ps *nn.Params, c Config, m *nn.Image) (*probe, error) {
	p := &probe{}
	g := nn.NewGraph(ps)
	err := nn.Try(func() {
		p.x = g.Input("picture", nn.Shape{variants, 3, m.H, m.W})
		p.r, p.codes = c.residual(g, p.x)
		g.Add(p.x, p.r) // the shapes must agree
		g.Keep(p.r)
		g.Keep(p.codes...)
	})
	if err == nil {
		p.Program, err = e.Compile(g, nn.Inference)
	}
	if err != nil {
		return nil, fmt.Errorf("accept denoiser: %w", err)
	}
	p.in = make([]float32, p.x.Shape.Size())
	return p, nil
}

func (p *probe) measure(rng *rand.Rand, m *nn.Image) error {
	n := len(m.Pix)
	part := func(all []float32, v int) []float32 { return all[v*n : (v+1)*n] }
	copy(part(p.in, plain), m.Pix)
	gaussian(rng, m.Pix, part(p.in, noised), acceptSigma)
	lines := [2][]bool{}
	for i := range lines {
		lines[i] = scratch(rng, m, part(p.in, thin+i), float64(i+1))
	}
	p.Set(p.x, p.in)
	if err := p.Forward(); err != nil {
		return fmt.Errorf("accept denoiser: %w", err)
	}
	p.out = p.Get(p.r, p.out)
	x, r := part(p.in, noised), part(p.out, noised)
	for i, v := range m.Pix {
		d := float64(x[i] - v)
		p.noise += d * d
		for k := range p.left {
			e := d + float64(k)/strengths*float64(r[i])
			p.left[k] += e * e
		}
	}
	r0 := part(p.out, plain)
	for s, line := range lines {
		x, r := part(p.in, thin+s), part(p.out, thin+s)
		for i, v := range m.Pix {
			if !line[i%len(line)] {
				continue
			}
			d := float64(x[i] - v)
			p.drawn[s] += math.Abs(d)
			for k := range p.kept[s] {
				p.kept[s][k] += math.Abs(d + float64(k)/strengths*float64(r[i]-r0[i]))
			}
		}
	}
	for _, h := range p.codes {
		p.code = p.Get(h, p.code)
		size := h.Shape[2] * h.Shape[3]
		for u := range h.Shape[1] { // of the plain picture, the first
			sum := 0.0
			for _, v := range p.code[u*size : (u+1)*size] {
				sum += float64(v)
			}
			p.active += sum / float64(size)
		}
		p.units += h.Shape[1]
	}
	return nil
}

// scratch copies m into dst with a straight scratch of the given width in
// pixels across its middle, lighter on dark ground and darker on light, and
// returns which pixels it covers (H·W).
func scratch(rng *rand.Rand, m *nn.Image, dst []float32, width float64) []bool {
	copy(dst, m.Pix)
	line := make([]bool, m.H*m.W)
	sin, cos := math.Sincos(math.Pi * rng.Float64())
	cx, cy := float64(m.W)*(.3+.4*rng.Float64()), float64(m.H)*(.3+.4*rng.Float64())
	half := float64(min(m.W, m.H)) / 4
	sum, n := 0.0, 0
	for y := range m.H {
		for x := range m.W {
			dx, dy := float64(x)-cx, float64(y)-cy
			if math.Abs(dx*cos+dy*sin) > half || math.Abs(dx*sin-dy*cos) > width/2 {
				continue
			}
			line[y*m.W+x] = true
			for c := range m.C {
				sum, n = sum+float64(m.At(c, x, y)), n+1
			}
		}
	}
	change := float32(acceptContrast)
	if sum > float64(n)/2 {
		change = -change
	}
	for i := range dst {
		if line[i%len(line)] {
			dst[i] = clip(dst[i] + change)
		}
	}
	return line
}
