//go:build onednn

package anomaly

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"agurscope/nn"
	"agurscope/nn/gorgonia"
	"agurscope/nn/onednn"
)

// The portable engine comes to the same anomaly map for every recipe: all
// variants and sizes, denoiser, tiles, statistics of features.
func TestEnginesAgreeOnTheAnomalyMap(t *testing.T) {
	fast, err := onednn.Open(onednn.Options{})
	if err != nil {
		t.Skipf("this machine cannot run the engine: %v", err)
	}
	defer fast.Close()
	portable, err := gorgonia.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer portable.Close()
	// Statistics of features take most of the time: a few recipes have them.
	rich := []string{"little", "in tiles", "size B", "variant ", "variant complete"}
	seen := map[Network]bool{}
	for name, n := range exports() {
		n.Without.Features = n.Without.Features || !slices.Contains(rich, name)
		if seen[n] {
			continue // a variant of the training alone
		}
		seen[n] = true
		ways := []CalibrateOptions{{Alignment: Registered, Position: 1}}
		if name == "little" {
			ways = append(ways, CalibrateOptions{Alignment: Free})
		}
		for _, o := range ways {
			t.Run(fmt.Sprint(name, " ", o.Alignment), func(t *testing.T) {
				r := random(t, n)
				if !n.Without.Features {
					if err := FitStatistics(context.Background(), fast, r, noises(3, 3, n.Width, n.Height), o.Position); err != nil {
						t.Fatal(err)
					}
				}
				if err := Calibrate(context.Background(), fast, r, AsIs(noises(2, 4, n.Width, n.Height)), o); err != nil {
					t.Fatal(err)
				}
				x := noises(9, 1, n.Width, n.Height)[0]
				inspect := func(e nn.Engine) *Prediction {
					p, err := detect(detector(t, e, r), x)
					if err != nil {
						t.Fatal(err)
					}
					return p
				}
				got, want := inspect(portable), inspect(fast)
				if by := differ(got.Map.Pix, want.Map.Pix); !(by <= 1e-4) {
					t.Errorf("the maps differ by %.2g of their range", by)
				}
				if d := got.Score - want.Score; !(max(d, -d) <= 1e-3*max(1, want.Score)) {
					t.Errorf("score %g, want %g", got.Score, want.Score)
				}
			})
		}
	}
}
