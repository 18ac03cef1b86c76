package session

import (
	"context"
	"time"

	"agurscope/nn/anomaly"
)

// Estimate is what a training will need, before it begins.
type Estimate struct {
	anomaly.Forecast
	Pictures int64 // bytes of the pictures held in memory
	Batch    int
}

// Steps is how many steps fit into a time, after what is kept for the end.
func (e Estimate) Steps(all time.Duration) int {
	if e.Step <= 0 {
		return 0
	}
	return int((all - reserve(all)) / e.Step)
}

// Time is how long so many steps take, without reading and calibration.
func (e Estimate) Time(steps int) time.Duration { return time.Duration(steps) * e.Step }

// Memory is what the training holds at most.
func (e Estimate) Memory() int64 { return e.Bytes + e.Pictures }

// Estimate measures a few steps of a training on so many pictures of a network's
// input; crop is the side of the windows to train on, 0 for whole pictures.
func (s *Session) Estimate(ctx context.Context, n anomaly.Network, crop, pictures int) (Estimate, error) {
	if err := s.needEngine(); err != nil {
		return Estimate{}, err
	}
	f, err := anomaly.Measure(ctx, s.o.Engine, n, max(crop, 0))
	if err != nil {
		return Estimate{}, problem("estimate the training", err, "")
	}
	size, err := anomaly.SizeByName(n.Size)
	if err != nil {
		return Estimate{}, problem("estimate the training", err, "")
	}
	return Estimate{Forecast: f, Pictures: int64(min(pictures*3*4*n.Width*n.Height, normalsBudget)), Batch: size.Batch}, nil
}
