package defect

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"agurscope/nn"
)

func TestEveryKindDamagesEveryShape(t *testing.T) {
	for _, size := range [][3]int{{3, 128, 128}, {1, 128, 128}, {3, 16, 16}, {1, 17, 100}, {3, 192, 64}, {3, 256, 256}} {
		c, w, h := size[0], size[1], size[2]
		pool := []*nn.Image{part(c, w, h, 1), part(c, 40, 20, 2), part(4-c, w, h, 3)}
		for _, k := range kinds {
			t.Run(fmt.Sprintf("%s/%dx%dx%d", k, c, w, h), func(t *testing.T) { checkKind(t, k, part(c, w, h, 4), pool) })
		}
	}
}

// checkKind proves for one kind that the mask tells exactly what changed, that
// samples stay in range, and that damage is usually there and usually small.
func checkKind(t *testing.T, k Kind, x *nn.Image, pool []*nn.Image) {
	const rounds = 40
	rng := rand.New(rand.NewPCG(5, 5))
	e := New(only(k), pool)
	n := x.H * x.W
	dst, mask := x.Clone(), make([]float32, n)
	drawn, area := 0, 0
	for range rounds {
		got := e.Corrupt(rng, x, dst, mask)
		set := 0
		for i, m := range mask {
			d := change(x, dst, i)
			switch {
			case m != 0 && m != 1:
				t.Fatalf("mask holds %g", m)
			case m == 1 && d <= visible:
				t.Fatalf("pixel %d is marked but changed by %g only", i, d)
			case m == 0 && d > 10*visible && got == Clean:
				t.Fatalf("pixel %d changed by %g in a clean picture", i, d)
			case m == 0 && d > visible && !k.rearranges():
				t.Fatalf("pixel %d changed by %g and is not marked", i, d)
			}
			set += int(m)
		}
		for i, v := range dst.Pix {
			if !(v >= 0 && v <= 1) {
				t.Fatalf("sample %d is %g", i, v)
			}
		}
		if (got == Clean) != (set == 0) || got != Clean && got != k {
			t.Fatalf("kind %s with %d pixels marked", got, set)
		}
		if got == Clean && !slices.Equal(x.Pix, dst.Pix) {
			t.Fatal("a clean picture differs from the original")
		}
		if got == k {
			drawn++
			area += set
		}
	}
	if min(x.W, x.H) == smallest && k.rearranges() {
		return // structure does not stand out in so few pixels
	}
	if drawn < rounds/2 {
		t.Errorf("only %d of %d pictures damaged", drawn, rounds)
	}
	share := float64(area) / float64(drawn) / float64(n)
	if share > 0.12 {
		t.Errorf("damage covers %.3f of the picture on average", share)
	}
	t.Logf("%d of %d damaged, %.2f %% of the pixels", drawn, rounds, 100*share)
}

func change(x, dst *nn.Image, i int) (d float32) {
	for c := range x.C {
		v := dst.Plane(c)[i] - x.Plane(c)[i]
		d = max(d, v, -v)
	}
	return d
}

func TestDefaultMixHasItsProportions(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	m := Mix{}.resolve()
	count := map[Kind]float64{}
	const n = 20000
	for range n {
		count[m.draw(rng)]++
	}
	for k, want := range map[Kind]float64{Clean: 0.25, Perlin: 0.75 * 0.35, Scar: 0.75 * 0.2, CutPaste: 0.75 * 0.2, Stain: 0.75 * 0.25, Crack: 0, Shift: 0, Erase: 0, Blur: 0} {
		if got := count[k] / n; math.Abs(got-want) > 0.015 {
			t.Errorf("%s: share %.3f, want %.3f", k, got, want)
		}
	}
}

func TestNegativeCleanAndNoiseMeanNone(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	m := Mix{Stain: 1, Clean: -1, Noise: -1}.resolve()
	for range 1000 {
		if k := m.draw(rng); k != Stain {
			t.Fatalf("drew %s", k)
		}
	}
	if m.Noise > 0 {
		t.Errorf("noise %g", m.Noise)
	}
}

func TestSameSourceGivesSameDamage(t *testing.T) {
	x := part(3, 96, 96, 1)
	pool := []*nn.Image{part(3, 96, 96, 2), part(3, 96, 96, 3)}
	run := func(warm int) (all [][]float32) {
		e := New(Components(), pool)
		other := rand.New(rand.NewPCG(99, 99))
		for range warm { // leftovers in the buffers must not matter
			big := part(3, 128, 100, 7)
			e.Corrupt(other, big, big.Clone(), make([]float32, 128*100))
		}
		rng := rand.New(rand.NewPCG(4, 4))
		for range 80 {
			dst, mask := x.Clone(), make([]float32, x.H*x.W)
			e.Corrupt(rng, x, dst, mask)
			all = append(all, dst.Pix, mask)
		}
		return all
	}
	if !slices.EqualFunc(run(0), run(5), slices.Equal[[]float32]) {
		t.Error("the same random source gave different damage")
	}
}

func TestCorruptLeavesTheOriginalAlone(t *testing.T) {
	x := part(3, 64, 64, 1)
	before := x.Clone()
	e := New(Components(), nil)
	rng := rand.New(rand.NewPCG(4, 4))
	for range 50 {
		e.Corrupt(rng, x, nn.NewImage(3, 64, 64), make([]float32, 64*64))
	}
	if !slices.Equal(before.Pix, x.Pix) {
		t.Error("the original changed")
	}
}

func TestNoiseIsNormalAndBounded(t *testing.T) {
	g, rng := newNormals(), rand.New(rand.NewPCG(3, 1))
	p := make([]float32, 200003)
	g.add(rng, p, 2)
	var mean, variance, fourth float64
	for _, v := range p {
		mean += float64(v) / float64(len(p))
	}
	for _, v := range p {
		d := float64(v) - mean
		variance += d * d / float64(len(p))
		fourth += d * d * d * d / float64(len(p))
	}
	if math.Abs(mean) > 0.02 || math.Abs(variance-4) > 0.05 || math.Abs(fourth/variance/variance-3) > 0.1 {
		t.Errorf("mean %.4f, variance %.4f, kurtosis %.3f; want 0, 4, 3", mean, variance, fourth/variance/variance)
	}
	half := slices.Repeat([]float32{0.5}, 1003)
	g.addClipped(rng, half, 1)
	if slices.Min(half) != 0 || slices.Max(half) != 1 {
		t.Errorf("clipped noise spans %g to %g, want 0 to 1", slices.Min(half), slices.Max(half))
	}
}

func TestCleanPicturesAreNoisyToo(t *testing.T) {
	x := part(1, 64, 64, 1)
	for i := range x.Pix {
		x.Pix[i] = 0.5
	}
	e := New(Mix{Clean: 1}, nil)
	rng := rand.New(rand.NewPCG(8, 8))
	dst, mask := x.Clone(), make([]float32, 64*64)
	var last float64
	for i := range 200 {
		if k := e.Corrupt(rng, x, dst, mask); k != Clean {
			t.Fatalf("kind %s", k)
		}
		var square float64
		for _, v := range dst.Pix {
			square += float64(v-0.5) * float64(v-0.5)
		}
		std := math.Sqrt(square / float64(len(dst.Pix)))
		if std > 0.063 {
			t.Fatalf("standard deviation %g", std)
		}
		if i > 0 && std == last {
			t.Fatal("two pictures with noise of the same strength")
		}
		last = std
	}
}

func TestNoiseFieldHasItsStandardDeviation(t *testing.T) {
	l, rng := newLattice(), rand.New(rand.NewPCG(3, 3))
	l.shuffle(rng)
	var square float64
	const n = 50000
	for range n {
		v := float64(l.at(rng.Float32()*200-100, rng.Float32()*200-100))
		if math.Abs(v) > 0.75 {
			t.Fatalf("value %g", v)
		}
		square += v * v / n
	}
	if std := math.Sqrt(square); math.Abs(std-latticeStd) > 0.02 {
		t.Errorf("standard deviation %.3f, want about %g", std, latticeStd)
	}
}

func TestWrongShapesPanicWithShapeError(t *testing.T) {
	e, rng := New(Mix{}, nil), rand.New(rand.NewPCG(1, 1))
	x := nn.NewImage(3, 32, 32)
	for name, f := range map[string]func(){
		"two planes":        func() { e.Corrupt(rng, nn.NewImage(2, 32, 32), nn.NewImage(2, 32, 32), make([]float32, 1024)) },
		"too small":         func() { e.Corrupt(rng, nn.NewImage(3, 15, 32), nn.NewImage(3, 15, 32), make([]float32, 480)) },
		"other destination": func() { e.Corrupt(rng, x, nn.NewImage(3, 32, 31), make([]float32, 1024)) },
		"other mask":        func() { e.Corrupt(rng, x, x.Clone(), make([]float32, 1023)) },
		"augment":           func() { Augment(rng, x, nn.NewImage(1, 32, 32), Jitter{}) },
		"augment smaller":   func() { Augment(rng, x, nn.NewImage(3, 32, 31), Jitter{}) },
		"crop larger":       func() { Crop(rng, x, nn.NewImage(3, 33, 32), Jitter{}) },
		"crop planes":       func() { Crop(rng, x, nn.NewImage(1, 16, 16), Jitter{}) },
	} {
		if nn.Try(f) == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestCorruptDoesNotAllocate(t *testing.T) {
	x := part(3, 64, 64, 1)
	e := New(Components(), []*nn.Image{x})
	rng := rand.New(rand.NewPCG(1, 1))
	dst, mask := x.Clone(), make([]float32, 64*64)
	for range 100 {
		e.Corrupt(rng, x, dst, mask)
	}
	if n := testing.AllocsPerRun(300, func() { e.Corrupt(rng, x, dst, mask) }); n > 0 {
		t.Errorf("%g allocations per picture", n)
	}
}

func BenchmarkCorrupt(b *testing.B) {
	x := part(3, 128, 128, 1)
	pool := []*nn.Image{part(3, 128, 128, 2), part(3, 128, 128, 3)}
	bench := func(name string, m Mix) {
		b.Run(name, func(b *testing.B) {
			e, rng := New(m, pool), rand.New(rand.NewPCG(1, 1))
			dst, mask := x.Clone(), make([]float32, 128*128)
			b.ReportAllocs()
			for b.Loop() {
				e.Corrupt(rng, x, dst, mask)
			}
		})
	}
	bench("default", Mix{})
	bench("components", Components())
	for _, k := range kinds {
		bench(string(k), only(k))
	}
}

func TestPresets(t *testing.T) {
	if (Mix{Clean: 0.1, Noise: 0.2}).resolve() != (Mix{Perlin: 0.35, Scar: 0.2, CutPaste: 0.2, Stain: 0.25, Clean: 0.1, Noise: 0.2}) {
		t.Error("a Mix without weights is not Material")
	}
	for name, m := range map[string]Mix{"Material": Material(), "Components": Components()} {
		if math.Abs(m.total()-1) > 1e-9 {
			t.Errorf("%s: weights add up to %g", name, m.total())
		}
	}
	count := map[Kind]int{}
	rng := rand.New(rand.NewPCG(1, 2))
	for range 5000 {
		count[Components().resolve().draw(rng)]++
	}
	for _, k := range kinds {
		if count[k] == 0 {
			t.Errorf("Components never drew %s", k)
		}
	}
}
