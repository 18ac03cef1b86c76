//go:build nvidia

package cuda

import (
	"errors"
	"fmt"

	"agurscope/nn"
)

// trust lets the device show that it computes right, before anything depends on
// it: a step of training as other engines compute it, and its tensor cores, if
// they are to be used, as it computes itself without.
func (e *engine) trust() error {
	got, err := checkRun(e, 1)
	if err != nil {
		return err
	}
	if err := compare(got); err != nil || e.precision == F32 {
		return err
	}
	var of [2][]float32
	for i, p := range []Precision{F32, e.precision} {
		if of[i], err = e.sample(p); err != nil {
			return err
		}
	}
	if d := largestDifference(of[1], of[0]); !(d < tensorTolerance[e.precision]) {
		return fmt.Errorf("its tensor cores compute wrong: in %s the answer of a small network %s, so they are not used", e.precision, off(d))
	}
	return nil
}

// tensorTolerance bounds what rounding does to four convolutions in a row,
// relative to the largest magnitude: some ten times what it does.
var tensorTolerance = map[Precision]float64{TF32: 5e-3, BF16: 4e-2}

// sample is the answer of a small network of all three tiles, at depths that are
// whole steps and such that are not.
func (e *engine) sample(precision Precision) (y []float32, err error) {
	rng := checkRandom()
	g := nn.NewGraph(nn.NewParams(rng))
	x := g.Input("x", nn.Shape{1, 3, 15, 22})
	h := g.ReLU(g.Conv("c16", x, 10, 3, nn.ConvOptions{Bias: true}))
	h = g.Norm("n32", g.Conv("c32", h, 32, 3, nn.ConvOptions{Dilation: 2}), true)
	h = g.Conv("c64", h, 57, 3, nn.ConvOptions{Stride: 2})
	out := g.Keep(g.Conv("point", h, 4, 1, nn.ConvOptions{Bias: true}))
	p, err := e.compile(g, nn.Inference, precision)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	data := make([]float32, x.Shape.Size())
	for i := range data {
		data[i] = rng.Float32()
	}
	p.Set(x, data)
	if err := p.Forward(); err != nil {
		return nil, err
	}
	return p.Get(out, nil), nil
}
