//go:build onednn

package anomaly

import (
	"testing"

	"agurscope/nn"
	"agurscope/nn/gorgonia"
)

// A recipe of any method says the same on the portable engine.
func TestEveryMethodOnThePortableEngine(t *testing.T) {
	portable, err := gorgonia.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer portable.Close()
	x := noises(3, 1, 64, 64)[0]
	for _, m := range Methods[1:] {
		t.Run(m.Name, func(t *testing.T) {
			r := recipeOf(t, m.Name, TrainOptions{Steps: 2})
			inspect := func(e nn.Engine) *Prediction {
				p, err := detect(detector(t, e, r), x)
				if err != nil {
					t.Fatal(err)
				}
				return p
			}
			got, want := inspect(portable), inspect(oneThread(t))
			if by := differ(got.Map.Pix, want.Map.Pix); !(by <= 1e-3) {
				t.Errorf("the maps differ by %.2g of their range", by)
			}
			if d := got.Score - want.Score; !(max(d, -d) <= 1e-3*max(1, want.Score, -want.Score)) {
				t.Errorf("score %g, want %g", got.Score, want.Score)
			}
		})
	}
}
