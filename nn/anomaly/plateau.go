package anomaly

import (
	"fmt"
	"math/rand/v2"

	"agurscope/nn"
	"agurscope/nn/defect"
)

// plateau watches the loss on held-out good parts. It looks at their mean over
// a few steps' distance, for one batch says little.
type plateau struct {
	Losses []float64 // one every lookEvery steps
}

const (
	lookEvery  = 50   // steps between two looks at the held-out parts
	heldImages = 16   // of them that are looked at
	patience   = 12   // looks without improvement after which training has flattened
	early      = 12   // looks before which it cannot have
	enough     = .005 // share by which the loss must fall to count as improved
	still      = .02  // share by which it falls in the last fifth of a training that would gain from more
)

// level is the mean of the last three looks before i.
func (p *plateau) level(i int) float64 { return mean(p.Losses[max(0, i-3):i]) }

// flat reports whether the loss has stopped falling.
func (p *plateau) flat() bool {
	n := len(p.Losses)
	if n < early+patience {
		return false
	}
	best := p.level(early)
	since := early
	for i := early + 1; i <= n; i++ {
		if l := p.level(i); l < best*(1-enough) {
			best, since = l, i
		}
	}
	return n-since >= max(patience, n/4)
}

// falling reports whether the loss still fell when training ended.
func (p *plateau) falling() bool {
	n := len(p.Losses)
	return n >= 5 && p.level(n) < p.level(n-n/5)*(1-still)
}

// held adds the reconstruction loss on held-out parts, as they are. The running
// statistics do not see them, and nothing is learnt.
func (t *trainer) held(images []*nn.Image) error {
	if len(images) == 0 || t.step%lookEvery != 0 {
		return nil
	}
	n := t.m.Network
	b := t.o.Batch
	x := make([]float32, b*3*n.Width*n.Height)
	size := len(x) / b
	rng := rand.New(rand.NewPCG(t.o.Seed, 2)) // the same windows every time
	t.p.SetMomentum(0)
	defer t.p.SetMomentum(.1)
	t.p.Set(t.g.mask, make([]float32, b*n.Width*n.Height))
	var losses []float64
	for from := 0; from+b <= max(b, min(len(images), heldImages)); from += b {
		for i := range b {
			window := &nn.Image{C: 3, H: n.Height, W: n.Width, Pix: x[i*size : (i+1)*size]}
			defect.Crop(rng, images[(from+i)%len(images)], window, defect.Jitter{Shift: -1, Brightness: -1})
		}
		t.p.Set(t.g.damaged, x)
		t.p.Set(t.g.clean, x)
		if err := t.set(t.undamaged(x), 0); err != nil {
			return err
		}
		if err := t.p.Forward(); err != nil {
			return fmt.Errorf("look at held-out parts: %w", err)
		}
		loss := 0.0
		for _, l := range t.g.Losses {
			if l.Name == "l1" || l.Name == "ssim" {
				loss += float64(l.Weight) * float64(t.p.Get(l.Node, nil)[0])
			}
		}
		losses = append(losses, loss)
	}
	t.heldLoss = mean(losses)
	t.plateau.Losses = append(t.plateau.Losses, t.heldLoss)
	return nil
}
