package anomaly

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"agurscope/nn"
	"agurscope/nn/mgan"
	"agurscope/nn/optim"
	"agurscope/nn/ssdae"
)

// What training has before and beside the reconstruction: the denoiser, learnt
// first and then left alone, and the critic, which joins later.

// learnt returns the parameters that the reconstruction's training moves.
func learnt(ps *nn.Params) []*nn.Param {
	return slices.DeleteFunc(optim.Trained(ps), func(p *nn.Param) bool {
		return mgan.IsCritic(p) || strings.HasPrefix(p.Name, "ssdae.")
	})
}

// kept returns the parameters of the recipe: the critic's are for training.
func kept(ps *nn.Params) []*nn.Param {
	return slices.DeleteFunc(slices.Clone(ps.All), mgan.IsCritic)
}

// front runs the denoiser on a batch.
type front struct {
	p      nn.Program
	in     *nn.Node
	out    *nn.Node
	images []float32
}

// prepare trains the denoiser, unless a checkpoint has it, and compiles what a
// step needs.
func (t *trainer) prepare(ctx context.Context, e nn.Engine, normals []*nn.Image) error {
	n := t.m.Network
	if n.SSDAE != "" {
		if t.step == 0 {
			if err := t.denoiser(ctx, e, normals); err != nil {
				return fmt.Errorf("train: %w", err)
			}
		}
		g := nn.NewGraph(t.m.Params)
		f := &front{in: g.Input("damaged", nn.Shape{t.o.Batch, 3, n.Height, n.Width})}
		strength := g.Input("strength", nn.Shape{t.o.Batch, 3, 1, 1})
		f.out = g.Keep(n.denoiser().Add(g, f.in, strength))
		var err error
		if f.p, err = e.Compile(g, nn.Inference); err != nil {
			return fmt.Errorf("train: %w", err)
		}
		f.p.Set(strength, slices.Repeat([]float32{float32(t.m.Denoiser.Strength)}, 3*t.o.Batch))
		t.front = f
	}
	if err := t.compile(e, n.MGAN != "" && t.share() >= mgan.Start); err != nil {
		return err
	}
	if t.o.Memory != nil {
		bytes := t.p.Bytes()
		if t.front != nil {
			bytes += t.front.p.Bytes()
		}
		for _, p := range t.all {
			bytes += 4 * 4 * int64(len(p.Data())) // gradient, two moments, average
		}
		t.o.Memory(bytes)
	}
	return nil
}

// denoiser learns to remove sensor noise from the normals and finds how strongly
// it may without touching defects.
func (t *trainer) denoiser(ctx context.Context, e nn.Engine, normals []*nn.Image) error {
	c := t.m.Network.denoiser()
	o := ssdae.TrainOptions{Seed: t.o.Seed}
	if t.o.Steps < 300 { // a smoke test
		o.Steps = t.o.Steps
	}
	if t.m.Network.Size == "T" {
		o.Crop = 64 // as good as 128 in a quarter of the time
	}
	if _, err := ssdae.Train(ctx, e, t.m.Params, c, normals, o, nil); err != nil {
		return err
	}
	var err error
	t.m.Denoiser, err = ssdae.Accept(ctx, e, t.m.Params, c, normals)
	return err
}

// compile prepares the training graph, with the critic or without.
func (t *trainer) compile(e nn.Engine, adversarial bool) error {
	if t.p != nil {
		if err := t.p.Close(); err != nil {
			return err
		}
		t.p = nil
	}
	n := t.m.Network
	var err error
	if adversarial {
		if t.game, err = mgan.NewGame(e, t.m.Params, nn.Shape{t.o.Batch, 3, n.Height, n.Width}, n.game(), t.o.Seed); err != nil {
			return fmt.Errorf("train: %w", err)
		}
		if t.played != nil {
			if err := t.game.Restore(*t.played); err != nil {
				return fmt.Errorf("train: %w", err)
			}
		}
	}
	t.g = t.m.training(t.o.Batch, adversarial)
	if t.p, err = e.Compile(t.g.Graph, nn.Training); err != nil {
		return fmt.Errorf("train: %w", err)
	}
	return nil
}

// adversary brings the critic in when its time has come.
func (t *trainer) adversary(e nn.Engine) error {
	if t.m.Network.MGAN == "" || t.game != nil || t.share() < mgan.Start {
		return nil
	}
	return t.compile(e, true)
}

// set gives the graph what the denoiser and the frequency branch need of a
// batch.
func (t *trainer) set(b *batch, share float64) error {
	if f := t.front; f != nil {
		f.p.Set(f.in, b.damaged)
		if err := f.p.Forward(); err != nil {
			return fmt.Errorf("denoise: %w", err)
		}
		f.images = f.p.Get(f.out, f.images)
		t.p.Set(t.g.denoised, f.images)
	}
	if t.g.high != nil {
		t.p.Set(t.g.high, b.high)
		t.p.Set(t.g.target, b.target)
		if t.g.low != nil {
			t.p.Set(t.g.low, b.low)
		}
	}
	if t.g.adversary != nil {
		t.g.adversary.Set(t.p, share)
	}
	return nil
}

// undamaged is a batch of pictures as they are, for what set needs.
func (t *trainer) undamaged(x []float32) *batch {
	b := &batch{clean: x, damaged: x}
	if t.m.Network.MGAN != "" {
		s := newBands(t.m.Network, t.o.Batch)
		s.grow(b)
		for k := range t.o.Batch {
			s.split(b, k)
		}
	}
	return b
}

// play moves the critic by what the generators made of the batch.
func (t *trainer) play(b *batch) error {
	if t.game == nil {
		return nil
	}
	t.spatial = t.p.Get(t.g.reconstruction, t.spatial)
	var frequency []float32
	if t.g.low != nil {
		t.other = t.p.Get(t.g.frequency, t.other)
		frequency = t.other
	}
	n := len(b.clean) / t.o.Batch
	t.pseudo = t.pseudo[:0]
	for k, marked := range b.marked {
		if marked {
			t.pseudo = append(t.pseudo, b.damaged[k*n:(k+1)*n]...)
		}
	}
	_, err := t.game.Step(b.clean, t.spatial, frequency, t.pseudo)
	return err
}

func (t *trainer) close() error {
	var errs []error
	if t.p != nil {
		errs = append(errs, t.p.Close())
	}
	if t.front != nil {
		errs = append(errs, t.front.p.Close())
	}
	if t.game != nil {
		errs = append(errs, t.game.Close())
	}
	return errors.Join(errs...)
}
