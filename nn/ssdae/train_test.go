//go:build onednn

package ssdae

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"

	"agurscope/datasets/synthec"
	"agurscope/nn"
	"agurscope/nn/gorgonia"
	"agurscope/nn/onednn"
)

func open(t *testing.T) nn.Engine {
	t.Helper()
	e, err := onednn.Open(onednn.Options{Threads: 1})
	if errors.Is(err, nn.ErrUnavailable) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	return e
}

// parts draws good parts number from to to of SynthEC.
func parts(size, from, to int) []*nn.Image {
	var out []*nn.Image
	for i := from; i < to; i++ {
		im, _ := synthec.Part(synthec.Options{Size: size}, i, "")
		m := nn.NewImage(3, size, size)
		for k := range size * size {
			for c := range 3 {
				m.Pix[c*size*size+k] = float32(im.Pix[4*k+c]) / 255
			}
		}
		out = append(out, m)
	}
	return out
}

// The acceptance tests of section 4.5 of the method, after fewer steps on
// smaller parts than a real training.
func TestLearnsToRemoveNoiseAndLeaveScratches(t *testing.T) {
	e, ps := open(t), params()
	rep, err := Train(t.Context(), e, ps, Config{}, parts(128, 0, 20), TrainOptions{Steps: 400, Crop: 32}, nil)
	if err != nil {
		t.Fatal(err)
	}
	a, err := Accept(t.Context(), e, ps, Config{}, parts(128, 20, 26))
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v %+v", rep, a)
	if a.PSNRGain < 3 {
		t.Errorf("gain of %.2f dB at strength %g", a.PSNRGain, a.Strength)
	}
	if a.ContrastKept < acceptKept {
		t.Errorf("%.2f of a scratch's contrast kept", a.ContrastKept)
	}
	if a.MeanActivation < rho/2 || a.MeanActivation > 2*rho {
		t.Errorf("mean activation %.3f", a.MeanActivation)
	}
}

func TestTrainRepeats(t *testing.T) {
	normals := parts(32, 0, 4)
	for _, c := range []Config{{}, {Form: Literal}} {
		train := func(seed uint64) [][]float32 {
			ps := params()
			var stages []string
			_, err := Train(t.Context(), open(t), ps, c, normals, TrainOptions{Steps: 13, Batch: 2, Seed: seed}, func(p Progress) {
				if len(stages) == 0 || stages[len(stages)-1] != p.Stage {
					stages = append(stages, p.Stage)
				}
			})
			if err != nil {
				t.Fatal(err)
			}
			if want := []string{"layer 1", "layer 2", "layer 3", "fine-tune"}; !slices.Equal(stages, want) {
				t.Errorf("stages %q", stages)
			}
			return ps.Snapshot(nil)
		}
		same := func(a, b [][]float32) bool {
			return slices.EqualFunc(a, b, func(p, q []float32) bool { return slices.Equal(p, q) })
		}
		a := train(1)
		if !same(a, train(1)) {
			t.Errorf("%+v: the same seed differs", c)
		}
		if same(a, train(2)) {
			t.Errorf("%+v: another seed does not", c)
		}
	}
}

func TestStrengthZeroChangesNothing(t *testing.T) {
	other, err := gorgonia.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	for _, e := range []nn.Engine{open(t), other} {
		for _, c := range []Config{{}, {Form: Literal}} {
			g := nn.NewGraph(params())
			x, strength := g.Input("x", nn.Shape{2, 3, 16, 24}), g.Input("strength", nn.Shape{2, 3, 1, 1})
			y := g.Keep(c.Add(g, x, strength))
			p, err := e.Compile(g, nn.Inference)
			if err != nil {
				t.Fatal(err)
			}
			rng := rand.New(rand.NewPCG(5, 5))
			in := make([]float32, x.Shape.Size())
			for i := range in {
				in[i] = rng.Float32()
			}
			p.Set(x, in)
			for _, k := range []float32{0, 1} {
				p.Set(strength, flat(6, k))
				if err := p.Forward(); err != nil {
					t.Fatal(err)
				}
				if got := slices.Equal(p.Get(y, nil), in); got != (k == 0) {
					t.Errorf("%s, %+v, strength %g: unchanged is %t", e.Name(), c, k, got)
				}
			}
			p.Close()
		}
	}
}

func TestTrainEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	_, err := Train(ctx, open(t), params(), Config{}, parts(32, 0, 1), TrainOptions{Batch: 1}, func(p Progress) {
		if p.Step == 3 {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// Without a denoiser's doing anything, everything is kept and nothing gained.
func TestAcceptOfNothing(t *testing.T) {
	ps := params()
	g := nn.NewGraph(ps)
	Config{}.residual(g, g.Input("x", nn.Shape{1, 3, 32, 32}))
	for _, name := range []string{"ssdae.dec1.weight", "ssdae.dec1.bias"} {
		clear(ps.Get(name).Data())
	}
	a, err := Accept(t.Context(), open(t), ps, Config{}, parts(32, 0, 2))
	if err != nil {
		t.Fatal(err)
	}
	if a.Strength != 1 || a.PSNRGain != 0 || a.ContrastKept != 1 {
		t.Errorf("got %+v", a)
	}
}

func TestAcceptRefuses(t *testing.T) {
	for name, normals := range map[string][]*nn.Image{
		"nothing":    nil,
		"two shapes": {nn.NewImage(3, 32, 32), nn.NewImage(3, 32, 36)},
		"odd sides":  {nn.NewImage(3, 30, 32)},
		"grey":       {nn.NewImage(1, 32, 32)},
	} {
		if _, err := Accept(t.Context(), open(t), params(), Config{}, normals); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}
