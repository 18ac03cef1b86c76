package anomaly

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"agurscope/nn"
)

// Forecast is what a training will need.
type Forecast struct {
	Step  time.Duration // of one training step on this machine
	Bytes int64         // of values and gradients, at most, without the pictures
}

// forecastSteps are made to measure one; the first includes what is done once.
const forecastSteps = 3

// Measure makes a few training steps on noise and times them. crop is the side of
// the windows to train on, 0 for whole pictures.
func Measure(ctx context.Context, e nn.Engine, n Network, crop int) (Forecast, error) {
	rng := rand.New(rand.NewPCG(1, 1))
	x := nn.NewImage(3, n.Height, n.Width)
	for i := range x.Pix {
		x.Pix[i] = rng.Float32()
	}
	var f Forecast
	last := time.Time{}
	bytes := int64(0)
	o := TrainOptions{Steps: forecastSteps, Crop: crop, SaveEvery: time.Hour, Memory: func(n int64) { bytes = n }}
	m, sum, err := Train(ctx, e, n, []*nn.Image{x}, o, func(Progress) {
		now := time.Now()
		if d := now.Sub(last); !last.IsZero() && (f.Step == 0 || d < f.Step) {
			f.Step = d
		}
		last = now
	})
	if err != nil {
		return Forecast{}, fmt.Errorf("measure a training step: %w", err)
	}
	if crop > 0 {
		m.Network.Width, m.Network.Height = min(n.Width, crop), min(n.Height, crop)
	}
	if f.Bytes = bytes; n.own() {
		f.Bytes = 2 * m.training(sum.Batch, false).Bytes()
	}
	return f, nil
}
