//go:build onednn

package anomaly

import (
	"context"
	"testing"

	"agurscope/nn/onednn"
	"agurscope/nn/ssdae"
)

// TestSteadyStateAllocatesNothing inspects picture after picture with every
// term there is.
func TestSteadyStateAllocatesNothing(t *testing.T) {
	e, err := onednn.Open(onednn.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	for _, c := range []struct {
		name string
		n    Network
	}{
		{"one tile", Network{Size: "T", Width: 64, Height: 48}},
		{"tiles", Network{Size: "T", Width: 528, Height: 32}},
		{"denoiser", Network{Size: "T", Width: 64, Height: 64, SSDAE: ssdae.Conv}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := withStatistics(t, c.n, CalibrateOptions{Position: .6})
			d, err := NewDetector(e, r)
			if err != nil {
				t.Fatal(err)
			}
			defer d.Close()
			m, p := &Prepared{Input: noises(1, 1, c.n.Width, c.n.Height)[0]}, &Prediction{}
			look := func() {
				if err := d.DetectTo(context.Background(), p, m); err != nil {
					t.Fatal(err)
				}
			}
			look()
			// The collector may empty a pool now and then: that is no allocation
			// per picture.
			if n := testing.AllocsPerRun(20, look); n >= 1 {
				t.Errorf("%g allocations per picture", n)
			}
		})
	}
}
