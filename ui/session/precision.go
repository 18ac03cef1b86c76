package session

import (
	"bytes"
	"context"
	"fmt"
	"image/png"
	"math"

	"agurscope/nn"
	"agurscope/nn/anomaly"
	"agurscope/nn/segment"
)

// PrecisionError says by how much a faster engine departs from an exact one, in
// units that decide: of the reject threshold, and of the high pixel threshold.
// Below a thousandth nothing that matters changes.
type PrecisionError struct {
	Score Number `json:"score"` // largest difference of scores / reject
	Map   Number `json:"map"`   // largest difference of a pixel / high
}

func (p *PrecisionError) String() string {
	return fmt.Sprintf("scores differ by up to %.2g of the reject threshold, maps by up to %.2g of the pixel threshold",
		float64(p.Score), float64(p.Map))
}

// comparePrecision inspects pictures at the network's input on both engines.
func comparePrecision(ctx context.Context, exact, fast nn.Engine, r *anomaly.Recipe, pictures []*nn.Image) (*PrecisionError, error) {
	var of [2][]*anomaly.Prediction
	for k, e := range []nn.Engine{exact, fast} {
		d, err := anomaly.NewDetector(e, r)
		if err != nil {
			return nil, err
		}
		for _, p := range anomaly.AsIs(pictures) {
			out, err := d.Detect(ctx, p)
			if err != nil {
				d.Close()
				return nil, err
			}
			of[k] = append(of[k], out)
		}
		if err := d.Close(); err != nil {
			return nil, err
		}
	}
	c, worst := r.Calibration, PrecisionError{}
	high := c.Pixel[segment.HalfPeak].High
	for i, a := range of[0] {
		b := of[1][i]
		worst.Score = max(worst.Score, Number(math.Abs(a.Score-b.Score)/math.Abs(c.Reject)))
		for j, v := range a.Map.Pix {
			worst.Map = max(worst.Map, Number(math.Abs(float64(v-b.Map.Pix[j]))/math.Abs(high)))
		}
	}
	return &worst, nil
}

// PrecisionOf measures on a recipe's own thumbnail, or a drawn part where it has
// none, by how much a faster engine departs from an exact one.
func PrecisionOf(ctx context.Context, exact, fast nn.Engine, r *anomaly.Recipe) (*PrecisionError, error) {
	pictures := benchImages(r.Model.Network, 2)
	if c, err := png.DecodeConfig(bytes.NewReader(r.Thumbnail)); err == nil && max(c.Width, c.Height) <= anomaly.MaxSide {
		if m, err := png.Decode(bytes.NewReader(r.Thumbnail)); err == nil {
			pictures = append(pictures, anomaly.Tensor(m, r.Model.Network.Width, r.Model.Network.Height))
		}
	}
	e, err := comparePrecision(ctx, exact, fast, r, pictures)
	if err != nil {
		return nil, problem("compare precisions", err, "")
	}
	return e, nil
}
