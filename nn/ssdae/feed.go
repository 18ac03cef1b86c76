package ssdae

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"

	"agurscope/nn"
)

// feeder makes the batches. Every picture's part and noise depend on seed, step
// and place in the batch alone, so a batch's pictures are made side by side.
type feeder struct {
	normals      []*nn.Image
	seed         uint64
	batch, h, w  int
	clean, noisy []float32 // (N,3,h,w)
	residual     []float32 // clean − noisy
}

// minSide is the smallest side of a picture that the stack is trained on.
const minSide = 16

func newFeeder(normals []*nn.Image, o TrainOptions) (*feeder, error) {
	if len(normals) == 0 {
		return nil, errors.New("train denoiser: no normal images")
	}
	f := &feeder{normals: normals, seed: o.Seed, batch: o.Batch, h: o.Crop, w: o.Crop}
	for _, m := range normals {
		if m.C != 3 {
			return nil, fmt.Errorf("train denoiser: an image has %d planes, not 3", m.C)
		}
		f.h, f.w = min(f.h, m.H), min(f.w, m.W)
	}
	f.h, f.w = f.h/Stride*Stride, f.w/Stride*Stride
	if min(f.h, f.w) < minSide {
		return nil, fmt.Errorf("train denoiser: parts of %d x %d pixels, the smallest are %d x %d", f.w, f.h, minSide, minSide)
	}
	n := f.shape().Size()
	f.clean, f.noisy, f.residual = make([]float32, n), make([]float32, n), make([]float32, n)
	return f, nil
}

func (f *feeder) shape() nn.Shape { return nn.Shape{f.batch, 3, f.h, f.w} }

// gaussian makes the batch of a step with Gaussian noise alone.
func (f *feeder) gaussian(step int) {
	f.fill(step, func(rng *rand.Rand, clean, noisy []float32) {
		gaussian(rng, clean, noisy, sigmaLow+(sigmaHigh-sigmaLow)*rng.Float64())
	})
}

// sensor makes the batch of a step with all of a sensor's noise.
func (f *feeder) sensor(step int) { f.fill(step, sensor) }

func (f *feeder) fill(step int, noise func(rng *rand.Rand, clean, noisy []float32)) {
	f.each(step, len(f.clean)/f.batch, func(rng *rand.Rand, from, to int) {
		clean, noisy, residual := f.clean[from:to], f.noisy[from:to], f.residual[from:to]
		crop(rng, f.normals[rng.IntN(len(f.normals))], clean, f.h, f.w)
		noise(rng, clean, noisy)
		for i, v := range clean {
			residual[i] = v - noisy[i]
		}
	})
}

// mask returns code (N,C,H,W) with a share of its values set to zero, in dst
// when that is long enough.
func (f *feeder) mask(step int, code, dst []float32) []float32 {
	if len(dst) != len(code) {
		dst = make([]float32, len(code))
	}
	// Another stream than the one that drew the picture's noise.
	f.each(^step, len(code)/f.batch, func(rng *rand.Rand, from, to int) {
		mask(rng, code[from:to], dst[from:to], maskShare)
	})
	return dst
}

// each runs do for every picture of a batch, whose values have n numbers each,
// with a generator of its own.
func (f *feeder) each(step, n int, do func(rng *rand.Rand, from, to int)) {
	var wg sync.WaitGroup
	for k := range f.batch {
		wg.Go(func() {
			do(rand.New(rand.NewPCG(f.seed, scatter(uint64(step*f.batch+k)))), k*n, (k+1)*n)
		})
	}
	wg.Wait()
}

// scatter spreads neighbouring numbers over all 64 bits (the finaliser of
// splitmix64), so that neighbouring pictures do not get related generators.
func scatter(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
