package mgan

import (
	"math"
	"math/rand/v2"

	"agurscope/nn"
)

// Spectral keeps weights W (O, …) whose normalised form W̄ = W/σ(W) a network
// computes with, σ the largest singular value of W as an O-row matrix: the
// network's slope stays bounded, which keeps a game between networks stable
// (https://arxiv.org/abs/1802.05957). Between calls the parameters hold W̄; W is
// kept here. Vectors u and v follow W by one step of the power method at a time.
type Spectral struct{ layers []normalised }

// normalised is one weight.
type normalised struct {
	p     *nn.Param
	raw   []float32 // W, row-major
	u, v  []float32 // the singular vectors: len(u) rows, len(v) columns
	sigma float64   // uᵀWv
}

// firstSteps of the power method bring u and v near before anything is learnt.
const firstSteps = 15

// NewSpectral takes over the parameters of role [nn.Weight] among ps, whose
// values are W, and puts W̄ in their place. The power method starts from seed.
func NewSpectral(ps []*nn.Param, seed uint64) *Spectral {
	s := &Spectral{}
	rng := rand.New(rand.NewPCG(seed, 0x5e))
	for _, p := range ps {
		if p.Role != nn.Weight {
			continue
		}
		rows := p.Value.Shape()[0]
		n := normalised{p: p, raw: append([]float32(nil), p.Data()...), u: make([]float32, rows), v: make([]float32, len(p.Data())/rows)}
		for i := range n.u {
			n.u[i] = float32(rng.NormFloat64())
		}
		for range firstSteps {
			n.power()
		}
		s.layers = append(s.layers, n)
	}
	s.normalise()
	return s
}

// Gradient turns the parameters' gradients G = ∂L/∂W̄ into
// ∂L/∂W = (G − ⟨G,W̄⟩·u·vᵀ)/σ, u and v held constant.
func (s *Spectral) Gradient() {
	for i := range s.layers {
		s.layers[i].gradient()
	}
}

// Update runs step, which moves the parameters' values, on W instead of W̄,
// follows with u and v, and puts the new W̄ in place.
func (s *Spectral) Update(step func()) {
	for i := range s.layers {
		copy(s.layers[i].p.Data(), s.layers[i].raw)
	}
	step()
	for i := range s.layers {
		n := &s.layers[i]
		copy(n.raw, n.p.Data())
		n.power()
	}
	s.normalise()
}

// normalise puts W̄ into the parameters, by the present u and v.
func (s *Spectral) normalise() {
	for i := range s.layers {
		n := &s.layers[i]
		n.measure()
		f, w := float32(1/n.sigma), n.p.Data()
		for k, v := range n.raw {
			w[k] = v * f
		}
	}
}

// power is one step of the power method: v ← Wᵀu, u ← Wv, of length 1.
func (n *normalised) power() {
	sum := make([]float64, len(n.v))
	for i, u := range n.u {
		for k, w := range n.row(i) {
			sum[k] += float64(w) * float64(u)
		}
	}
	unit(n.v, sum)
	sum = sum[:0]
	for i := range n.u {
		sum = append(sum, n.along(i))
	}
	unit(n.u, sum)
}

// measure sets sigma, never below what may be divided by.
func (n *normalised) measure() {
	n.sigma = 0
	for i, u := range n.u {
		n.sigma += float64(u) * n.along(i)
	}
	n.sigma = max(n.sigma, 1e-12)
}

func (n *normalised) gradient() {
	g := n.p.GradData()
	dot := 0.0
	for k, w := range n.raw {
		dot += float64(g[k]) * float64(w)
	}
	dot /= n.sigma
	f := float32(1 / n.sigma)
	for i, u := range n.u {
		along := float32(dot) * u
		row := g[i*len(n.v):][:len(n.v)]
		for k, v := range n.v {
			row[k] = f * (row[k] - along*v)
		}
	}
}

func (n *normalised) row(i int) []float32 { return n.raw[i*len(n.v):][:len(n.v)] }

// along is row i of W times v.
func (n *normalised) along(i int) float64 {
	sum := 0.0
	for k, w := range n.row(i) {
		sum += float64(w) * float64(n.v[k])
	}
	return sum
}

// unit writes v at length 1 to dst; a zero vector stays.
func unit(dst []float32, v []float64) {
	sum := 0.0
	for _, x := range v {
		sum += x * x
	}
	norm := max(math.Sqrt(sum), 1e-30)
	for i, x := range v {
		dst[i] = float32(x / norm)
	}
}
