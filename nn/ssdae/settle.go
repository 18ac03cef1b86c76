package ssdae

import (
	"fmt"
	"math"

	"agurscope/nn"
)

// settle scales the encoder of layer i on a batch of data, so that every unit
// begins with weighted sums of standard deviation spread and a mean activation
// of ρ, in the manner of layer-sequential unit variance
// (https://arxiv.org/abs/1511.06422). Without it noise of a few hundredths
// moves a sigmoid by next to nothing, and training is over before it begins.
//
// The kernels of the first layer lose their mean: what is constant over a
// patch is picture, not noise.
func (t *trainer) settle(i int) error {
	g := nn.NewGraph(t.ps)
	x := g.Input("noisy", t.feed.shape())
	z := g.Keep(t.layers[i].weighted(g, encode(g, t.layers[:i], x)))
	conv := z.Op.(nn.Conv)
	w, b := conv.W.Data(), conv.B.Data()
	if i == 0 {
		centre(w, conv.Kernel*conv.Kernel)
	}
	p, err := t.e.Compile(g, nn.Inference)
	if err != nil {
		return fmt.Errorf("train denoiser, start of layer %d: %w", i+1, err)
	}
	defer p.Close()
	t.feed.gaussian(t.step)
	p.Set(x, t.feed.noisy)
	if err := p.Forward(); err != nil {
		return fmt.Errorf("train denoiser, start of layer %d: %w", i+1, err)
	}
	v := p.Get(z, nil)
	s := z.Shape
	size, per := s[2]*s[3], len(w)/s[1]
	unit := make([]float64, 0, s[0]*size)
	for u := range s[1] {
		unit = unit[:0]
		for n := range s[0] {
			for _, v := range v[(n*s[1]+u)*size:][:size] {
				unit = append(unit, float64(v-b[u]))
			}
		}
		scale, bias := normalise(unit)
		for k := range w[u*per : (u+1)*per] {
			w[u*per+k] *= float32(scale)
		}
		b[u] = float32(bias)
	}
	return nil
}

// centre takes the mean off every run of n weights.
func centre(w []float32, n int) {
	for ; len(w) > 0; w = w[n:] {
		mean := float32(0)
		for _, v := range w[:n] {
			mean += v / float32(n)
		}
		for k := range w[:n] {
			w[k] -= mean
		}
	}
}

// spread is the standard deviation of z at the start: enough for a gradient,
// not so much that sigmoids saturate.
const spread = .4

// normalise returns the scale a and the bias b with which a·z+b has standard
// deviation spread and its sigmoid the mean ρ.
func normalise(z []float64) (scale, bias float64) {
	var mean, square float64
	for _, v := range z {
		mean += v / float64(len(z))
	}
	for _, v := range z {
		square += (v - mean) * (v - mean) / float64(len(z))
	}
	scale = spread / math.Sqrt(max(square, 1e-12))
	bias = logit(rho) - scale*mean
	for range 10 {
		active := 0.0
		for _, v := range z {
			active += 1 / (1 + math.Exp(-scale*v-bias)) / float64(len(z))
		}
		bias += logit(rho) - logit(active)
	}
	return scale, bias
}
