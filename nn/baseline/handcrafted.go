package baseline

import (
	"fmt"

	"agurscope/nn"
	"agurscope/nn/feature"
)

// Handcrafted is one Gaussian per position over handcrafted features
// ([feature.Handcrafted]): PaDiM (Defard et al. 2021) with nothing learned at
// all. It is the control that networks most often fail to beat.
type Handcrafted struct {
	size
	gaussian *feature.Gaussian
}

func fitHandcrafted(normals []*nn.Image) (*Handcrafted, error) {
	grids := make([]*feature.Grid, len(normals))
	for i, x := range normals {
		grids[i] = feature.Handcrafted(x)
	}
	g, err := feature.FitGaussian(grids, feature.GaussianOptions{})
	if err != nil {
		return nil, fmt.Errorf("fit handcrafted: %w", err)
	}
	return &Handcrafted{sizeOf(normals[0]), g}, nil
}

// Detect implements [Detector].
func (d *Handcrafted) Detect(x *nn.Image) (float64, *nn.Image) {
	d.check(x)
	m := smooth(enlarge(d.gaussian.Distance(feature.Handcrafted(x)), x.W, x.H))
	return topMean(m), m
}
