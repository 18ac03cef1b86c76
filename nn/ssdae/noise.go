package ssdae

import (
	"math"
	"math/rand/v2"

	"agurscope/nn"
)

// Sensor noise as the denoiser learns it. There is no structured damage here:
// that is for the reconstruction network.
const (
	sigmaLow, sigmaHigh   = .01, .08  // σ of the Gaussian part
	shotSigma             = .02       // shot noise √x·N(0, shotSigma²)
	pepperProbability     = .3        // pictures with salt and pepper
	pepperLow, pepperHigh = .005, .02 // share of their pixels
)

// crop copies a random h x w part of src into dst (3,h,w).
func crop(rng *rand.Rand, src *nn.Image, dst []float32, h, w int) {
	x, y := rng.IntN(src.W-w+1), rng.IntN(src.H-h+1)
	for c := range src.C {
		p := src.Plane(c)
		for r := range h {
			copy(dst[(c*h+r)*w:][:w], p[(y+r)*src.W+x:])
		}
	}
}

// gaussian writes clean plus N(0, σ²) into noisy, within [0,1] like every
// picture.
func gaussian(rng *rand.Rand, clean, noisy []float32, sigma float64) {
	for i, v := range clean {
		noisy[i] = clip(v + float32(sigma*rng.NormFloat64()))
	}
}

// sensor writes a picture of len(clean)/3 pixels with all of a sensor's noise
// into noisy.
func sensor(rng *rand.Rand, clean, noisy []float32) {
	sigma := sigmaLow + (sigmaHigh-sigmaLow)*rng.Float64()
	for i, v := range clean {
		// Two independent Gaussians are one.
		sd := math.Sqrt(sigma*sigma + float64(v)*shotSigma*shotSigma)
		noisy[i] = clip(v + float32(sd*rng.NormFloat64()))
	}
	if rng.Float64() >= pepperProbability {
		return
	}
	n := len(clean) / 3
	share := pepperLow + (pepperHigh-pepperLow)*rng.Float64()
	for range int(share * float64(n)) {
		i, v := rng.IntN(n), float32(rng.IntN(2))
		noisy[i], noisy[n+i], noisy[2*n+i] = v, v, v
	}
}

// mask writes code into masked with a share of its values set to zero: the
// noise that codes are trained against.
func mask(rng *rand.Rand, code, masked []float32, share float64) {
	for i, v := range code {
		if rng.Float64() < share {
			v = 0
		}
		masked[i] = v
	}
}

func clip(v float32) float32 { return min(max(v, 0), 1) }
