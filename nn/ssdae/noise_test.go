package ssdae

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"agurscope/nn"
)

func flat(n int, v float32) []float32 { return slices.Repeat([]float32{v}, n) }

// Over many pictures the variance of the noise is E[σ²] plus the shot noise's,
// apart from salt and pepper, which is told by its size.
func TestSensorNoise(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 7))
	const pictures, pixels, level = 400, 1024, .5
	clean, noisy := flat(3*pixels, level), make([]float32, 3*pixels)
	var square float64
	n, peppered, share := 0, 0, 0.0
	for range pictures {
		sensor(rng, clean, noisy)
		salt := 0
		for i := range pixels {
			if v := noisy[i]; (v == 0 || v == 1) && noisy[pixels+i] == v && noisy[2*pixels+i] == v {
				salt++
				continue
			}
			for c := range 3 {
				d := float64(noisy[c*pixels+i]) - level
				square, n = square+d*d, n+1
			}
		}
		if salt > 0 {
			peppered++
			share += float64(salt) / pixels
		}
	}
	a, b := sigmaLow, sigmaHigh
	want := (a*a+a*b+b*b)/3 + level*shotSigma*shotSigma
	if got := square / float64(n); math.Abs(got/want-1) > .1 {
		t.Errorf("variance %g, expected %g", got, want)
	}
	if p := float64(peppered) / pictures; math.Abs(p-pepperProbability) > .08 {
		t.Errorf("%.2f of the pictures have salt and pepper", p)
	}
	if s := share / float64(peppered); math.Abs(s-(pepperLow+pepperHigh)/2) > .002 {
		t.Errorf("salt and pepper on %.4f of the pixels", s)
	}
}

func TestNoiseStaysWithinAPicture(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	noisy := make([]float32, 3*64)
	for _, v := range []float32{0, 1} {
		gaussian(rng, flat(3*64, v), noisy, .05)
		if slices.Min(noisy) < 0 || slices.Max(noisy) > 1 {
			t.Errorf("around %g: %g to %g", v, slices.Min(noisy), slices.Max(noisy))
		}
	}
}

func TestMaskClearsItsShare(t *testing.T) {
	masked := make([]float32, 20000)
	mask(rand.New(rand.NewPCG(2, 2)), flat(len(masked), .5), masked, maskShare)
	n := 0
	for _, v := range masked {
		if v == 0 {
			n++
		} else if v != .5 {
			t.Fatalf("a value became %g", v)
		}
	}
	if got := float64(n) / float64(len(masked)); math.Abs(got-maskShare) > .01 {
		t.Errorf("%.3f cleared", got)
	}
}

func TestCropCopiesAPart(t *testing.T) {
	src := nn.NewImage(3, 6, 5)
	for i := range src.Pix {
		src.Pix[i] = float32(i)
	}
	dst := make([]float32, 3*4*4)
	crop(rand.New(rand.NewPCG(4, 4)), src, dst, 4, 4)
	first := int(dst[0])
	for i, v := range dst {
		c, y, x := i/16, i/4%4, i%4
		if want := first + (c*6+y)*5 + x; int(v) != want {
			t.Fatalf("plane %d, row %d, column %d: %g, not %d", c, y, x, v, want)
		}
	}
}

func TestFeederDependsOnSeedAndStepAlone(t *testing.T) {
	normals := []*nn.Image{{C: 3, H: 20, W: 40, Pix: flat(3*20*40, .4)}, {C: 3, H: 36, W: 24, Pix: flat(3*36*24, .6)}}
	noisy := func(seed uint64, step int) []float32 {
		f, err := newFeeder(normals, TrainOptions{Seed: seed}.resolve(Config{}))
		if err != nil {
			t.Fatal(err)
		}
		if want := (nn.Shape{8, 3, 20, 24}); f.shape() != want {
			t.Fatalf("parts %v, not %v", f.shape(), want)
		}
		f.sensor(3)
		f.sensor(step)
		for i := range f.clean {
			if f.clean[i]-f.noisy[i] != f.residual[i] {
				t.Fatalf("residual %d is not what is missing", i)
			}
		}
		return f.noisy
	}
	a := noisy(1, 5)
	if !slices.Equal(a, noisy(1, 5)) {
		t.Error("the same step differs")
	}
	if slices.Equal(a, noisy(2, 5)) || slices.Equal(a, noisy(1, 6)) {
		t.Error("another seed or step does not")
	}
}

func TestFeederRefuses(t *testing.T) {
	for name, normals := range map[string][]*nn.Image{
		"nothing": nil,
		"grey":    {nn.NewImage(1, 32, 32)},
		"tiny":    {nn.NewImage(3, 32, 32), nn.NewImage(3, 12, 32)},
	} {
		if _, err := newFeeder(normals, TrainOptions{}.resolve(Config{})); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
}

func TestScratchHasItsWidthAndContrast(t *testing.T) {
	for _, level := range []float32{.1, .95} {
		m := &nn.Image{C: 3, H: 64, W: 64, Pix: flat(3*64*64, level)}
		for width := 1; width <= 2; width++ {
			dst := make([]float32, len(m.Pix))
			rng := rand.New(rand.NewPCG(9, 9))
			line := scratch(rng, m, dst, float64(width))
			n := 0
			for i, on := range line {
				d := math.Abs(float64(dst[i] - level))
				if on {
					n++
				}
				if want := map[bool]float64{true: acceptContrast}[on]; math.Abs(d-want) > 1e-6 {
					t.Fatalf("change %g where on = %t", d, on)
				}
			}
			// Half the picture long.
			if got := float64(n) / 32; math.Abs(got-float64(width)) > .25 {
				t.Errorf("scratch of %d pixels: %.2f wide", width, got)
			}
		}
	}
}
