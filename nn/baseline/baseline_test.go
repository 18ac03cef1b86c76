package baseline

import (
	"image"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"agurscope/datasets/synthec"
	"agurscope/nn"
	"agurscope/nn/metrics"
)

// random returns n pictures of noise around a common picture.
func random(seed uint64, n, w, h int, sd float64) []*nn.Image {
	rng := rand.New(rand.NewPCG(seed, 1))
	common := nn.NewImage(3, h, w)
	for i := range common.Pix {
		common.Pix[i] = .2 + .6*rng.Float32()
	}
	out := make([]*nn.Image, n)
	for k := range out {
		out[k] = common.Clone()
		for i := range out[k].Pix {
			out[k].Pix[i] += float32(sd * rng.NormFloat64())
		}
	}
	return out
}

func fit(t *testing.T, name string, normals []*nn.Image) Detector {
	t.Helper()
	d, err := Fit(name, normals)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestFitRefusesWhatCannotBeFitted(t *testing.T) {
	ok := random(1, 3, 32, 32, .1)
	other := random(1, 1, 32, 48, .1)[0]
	for name, c := range map[string]struct {
		control string
		normals []*nn.Image
	}{
		"unknown name": {"dagan", ok},
		"no pictures":  {"template", nil},
		"one picture":  {"template", ok[:1]},
		"two sizes":    {"template", []*nn.Image{ok[0], other}},
		"one plane":    {"template", []*nn.Image{nn.NewImage(1, 32, 32), nn.NewImage(1, 32, 32)}},
		"no pixels":    {"pca", []*nn.Image{nn.NewImage(3, 0, 0), nn.NewImage(3, 0, 0)}},
	} {
		if d, err := Fit(c.control, c.normals); err == nil {
			t.Errorf("%s: fitted %T", name, d)
		}
	}
}

// Whatever the control: maps have the picture's size, everything is a number
// also for pictures that are all alike, and fitting twice gives the same bits.
func TestEveryControlGivesAMapOfThePictureSize(t *testing.T) {
	noisy := random(2, 12, 48, 32, .05)
	alike := []*nn.Image{noisy[0], noisy[0], noisy[0]}
	for _, name := range Names {
		for _, normals := range [][]*nn.Image{noisy, alike} {
			d, again := fit(t, name, normals), fit(t, name, normals)
			for _, x := range []*nn.Image{noisy[0], noisy[5], nn.NewImage(3, 32, 48)} {
				before := slices.Clone(x.Pix)
				score, m := d.Detect(x)
				if m.C != 1 || m.W != 48 || m.H != 32 || len(m.Pix) != 48*32 {
					t.Errorf("%s: a map of %d x %d x %d", name, m.C, m.H, m.W)
				}
				for _, v := range append([]float32{float32(score)}, m.Pix...) {
					if f := float64(v); math.IsNaN(f) || math.IsInf(f, 0) {
						t.Fatalf("%s: %v is no number", name, v)
					}
				}
				if !slices.Equal(x.Pix, before) {
					t.Errorf("%s changed its input", name)
				}
				if s, n := again.Detect(x); s != score || !slices.Equal(n.Pix, m.Pix) {
					t.Errorf("%s: two fits differ", name)
				}
			}
		}
	}
}

func TestDetectPanicsOnAnotherShape(t *testing.T) {
	normals := random(3, 4, 32, 32, .05)
	for _, name := range Names {
		func() {
			defer func() {
				if _, ok := recover().(*nn.ShapeError); !ok {
					t.Errorf("%s took a picture of another size", name)
				}
			}()
			fit(t, name, normals).Detect(nn.NewImage(3, 32, 48))
		}()
	}
}

func TestMeanGreyIsTheDistanceToTheMean(t *testing.T) {
	even := func(v float32) *nn.Image {
		m := nn.NewImage(3, 4, 4)
		for i := range m.Pix {
			m.Pix[i] = v
		}
		return m
	}
	score, m := fit(t, "mean-grey", []*nn.Image{even(.2), even(.4)}).Detect(even(.75))
	if math.Abs(score-.45) > 1e-6 || m.Pix[7] != float32(score) {
		t.Errorf("score %v, map %v, want .45", score, m.Pix[7])
	}
}

// gaussian is the two-dimensional convolution, point by point.
func gaussian(m []float64, w, h int, sigma float64) []float64 {
	r := int(math.Ceil(3 * sigma))
	out := make([]float64, len(m))
	for y := range h {
		for x := range w {
			sum, all := 0.0, 0.0
			for v := max(0, y-r); v <= min(h-1, y+r); v++ {
				for u := max(0, x-r); u <= min(w-1, x+r); u++ {
					g := math.Exp(-float64((u-x)*(u-x)+(v-y)*(v-y)) / (2 * sigma * sigma))
					sum += g * m[v*w+u]
					all += g
				}
			}
			out[y*w+x] = sum / all
		}
	}
	return out
}

func near(t *testing.T, what string, got []float32, want []float64, tolerance float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d values, want %d", what, len(got), len(want))
	}
	for i, v := range got {
		if d := math.Abs(float64(v) - want[i]); !(d <= tolerance*max(1, math.Abs(want[i]))) {
			t.Fatalf("%s: value %d is %v, want %v", what, i, v, want[i])
		}
	}
}

// highest is the mean of the highest 0.2 % by sorting.
func highest(m []float64) float64 {
	s := slices.Sorted(slices.Values(m))
	k := max(1, len(s)/500)
	sum := 0.0
	for _, v := range s[len(s)-k:] {
		sum += v
	}
	return sum / float64(k)
}

func TestTemplateIsItsFormula(t *testing.T) {
	const w, h = 48, 32
	normals := random(4, 7, w, h, .05)
	x := random(5, 1, w, h, .1)[0]
	z := make([]float64, w*h)
	for i := range z {
		for c := range 3 {
			mean, square := 0.0, 0.0
			for _, n := range normals {
				mean += float64(n.Plane(c)[i]) / 7
			}
			for _, n := range normals {
				square += math.Pow(float64(n.Plane(c)[i])-mean, 2)
			}
			z[i] += math.Abs(float64(x.Plane(c)[i])-mean) / (math.Sqrt(square/6) + .03) / 3
		}
	}
	want := gaussian(z, w, h, 2*math.Sqrt(w*h)/128)
	score, m := fit(t, "template", normals).Detect(x)
	near(t, "template", m.Pix, want, 1e-4)
	near(t, "score", []float32{float32(score)}, []float64{highest(want)}, 1e-4)
}

func TestHOGIsItsFormula(t *testing.T) {
	const w, h = 40, 24
	normals := random(8, 6, w, h, .05)
	x := random(9, 1, w, h, .1)[0]
	spread := 0.0
	var mean, std []float64
	for k := range orientations(x).Data {
		var values []float64
		for _, n := range normals {
			values = append(values, float64(orientations(n).Data[k]))
		}
		m, s := metrics.MeanStd(values)
		mean, std = append(mean, m), append(std, s)
		spread += s * s
	}
	floor := math.Sqrt(spread/float64(len(std)))/4 + 1e-6
	cells := make([]float64, len(std)/8)
	for k, v := range orientations(x).Data {
		cells[k/8] += math.Abs(float64(v)-mean[k]) / (std[k] + floor) / 8
	}
	// Bilinear between the centres of cells of 8 x 8 pixels.
	big := make([]float64, w*h)
	for i := range big {
		u := min(max((float64(i%w)+.5)/8-.5, 0), w/8-1)
		v := min(max((float64(i/w)+.5)/8-.5, 0), h/8-1)
		for y := range h / 8 {
			for c := range w / 8 {
				big[i] += cells[y*w/8+c] * max(0, 1-math.Abs(u-float64(c))) * max(0, 1-math.Abs(v-float64(y)))
			}
		}
	}
	want := gaussian(big, w, h, 2*math.Sqrt(w*h)/128)
	score, m := fit(t, "hog", normals).Detect(x)
	near(t, "hog", m.Pix, want, 1e-4)
	near(t, "score", []float32{float32(score)}, []float64{highest(want)}, 1e-4)
}

// svdResidual rebuilds x from the first k right singular vectors of the
// centred pictures and returns the blurred mean over planes of what is left.
func svdResidual(t *testing.T, pictures []*nn.Image, k int, x *nn.Image) []float64 {
	t.Helper()
	n, length := len(pictures), len(x.Pix)
	mean := make([]float64, length)
	for _, p := range pictures {
		for i, v := range p.Pix {
			mean[i] += float64(v) / float64(n)
		}
	}
	a := mat.NewDense(n, length, nil)
	for r, p := range pictures {
		for i, v := range p.Pix {
			a.Set(r, i, float64(v)-mean[i])
		}
	}
	var svd mat.SVD
	if !svd.Factorize(a, mat.SVDThin) {
		t.Fatal("no singular values")
	}
	var v mat.Dense
	svd.VTo(&v)
	rest := make([]float64, length)
	for i := range rest {
		rest[i] = float64(x.Pix[i]) - mean[i]
	}
	for c := range k {
		dot := 0.0
		for i := range rest {
			dot += (float64(x.Pix[i]) - mean[i]) * v.At(i, c)
		}
		for i := range rest {
			rest[i] -= dot * v.At(i, c)
		}
	}
	px := x.W * x.H
	out := make([]float64, px)
	for i, r := range rest {
		out[i%px] += math.Abs(r) / 3
	}
	return gaussian(out, x.W, x.H, 2*math.Sqrt(float64(px))/128)
}

// The pictures are too small to be shrunk. Ten make folds of eight and two, so
// bases of four components, and one of five in the end.
func TestPCAIsItsFormula(t *testing.T) {
	const w, h = 24, 16
	normals := random(10, 10, w, h, .05)
	x := random(11, 1, w, h, .1)[0]
	values := make([][]float64, w*h)
	for k := range 5 {
		var seen []*nn.Image
		for i, n := range normals {
			if i%5 != k {
				seen = append(seen, n)
			}
		}
		for _, i := range []int{k, k + 5} {
			for p, v := range svdResidual(t, seen, 4, normals[i]) {
				values[p] = append(values[p], v)
			}
		}
	}
	want := svdResidual(t, normals, 5, x)
	spread := 0.0
	for _, v := range values {
		_, sd := metrics.MeanStd(v)
		spread += sd * sd / (w * h)
	}
	for p, v := range values {
		mean, sd := metrics.MeanStd(v)
		want[p] = (want[p] - mean) / (sd + math.Sqrt(spread)/4 + 1e-6)
	}
	score, m := fit(t, "pca", normals).Detect(x)
	near(t, "pca", m.Pix, want, 1e-3)
	near(t, "score", []float32{float32(score)}, []float64{highest(want)}, 1e-3)
}

func TestShrinkAveragesAreas(t *testing.T) {
	m := nn.NewImage(1, 2, 5)
	copy(m.Pix, []float32{1, 2, 3, 4, 5, 10, 20, 30, 40, 50})
	// Two columns of 2.5 samples: (1+2+3/2)/2.5 and (3/2+4+5)/2.5.
	near(t, "5 x 2 to 2 x 1", shrink(m, 2, 1).Pix, []float64{(4.5 + 45) / 5, (10.5 + 105) / 5}, 1e-6)
	near(t, "the same size", shrink(m, 5, 2).Pix, []float64{1, 2, 3, 4, 5, 10, 20, 30, 40, 50}, 1e-6)
	big := random(6, 1, 47, 61, .1)[0]
	sum := func(p []float32) float64 {
		s := 0.0
		for _, v := range p {
			s += float64(v)
		}
		return s / float64(len(p))
	}
	if a, b := sum(big.Pix), sum(shrink(big, 13, 7).Pix); math.Abs(a-b) > 1e-5 {
		t.Errorf("the mean changes from %v to %v", a, b)
	}
}

// The basis spans what the vectors were made of; the rest is orthogonal to it.
func TestBasisFindsTheSpace(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 7))
	const length, n, rank = 40, 20, 3
	var directions [rank][length]float64
	for r := range directions {
		for i := range directions[r] {
			directions[r][i] = rng.NormFloat64()
		}
	}
	draw := func() []float32 {
		v := make([]float32, length)
		for r := range directions {
			a := rng.NormFloat64()
			for i := range v {
				v[i] += float32(a * directions[r][i])
			}
		}
		return v
	}
	vectors := make([][]float32, n)
	for k := range vectors {
		vectors[k] = draw()
	}
	b, err := newBasis(vectors, 30)
	if err != nil {
		t.Fatal(err)
	}
	if k, _ := b.axes.Dims(); k != rank {
		t.Fatalf("%d axes, want %d", k, rank)
	}
	for i := range rank {
		for j := range rank {
			dot, want := 0.0, 0.0
			for k := range length {
				dot += b.axes.At(i, k) * b.axes.At(j, k)
			}
			if i == j {
				want = 1
			}
			if math.Abs(dot-want) > 1e-6 {
				t.Errorf("axes %d and %d: product %v", i, j, dot)
			}
		}
	}
	for _, x := range b.rest(draw()) {
		if math.Abs(x) > 1e-5 {
			t.Fatalf("a vector of the space leaves %v", x)
		}
	}
	foreign := make([]float32, length)
	foreign[4] = 1
	rest := b.rest(foreign)
	for r := range directions {
		dot := 0.0
		for i, v := range rest {
			dot += v * directions[r][i]
		}
		if math.Abs(dot) > 1e-4 {
			t.Errorf("the rest holds %v of direction %d", dot, r)
		}
	}
	few, err := newBasis(vectors[:4], 30)
	if err != nil {
		t.Fatal(err)
	}
	if k, _ := few.axes.Dims(); k != 2 {
		t.Errorf("%d axes from four vectors, want half as many", k)
	}
}

// One spot of damage is where the map is highest, for every control that
// looks at places.
func TestMapsPointAtTheDamage(t *testing.T) {
	const w, h = 64, 64
	var normals []*nn.Image
	for i := range 24 {
		normals = append(normals, picture(synthec.Options{Size: w}, i, ""))
	}
	x := picture(synthec.Options{Size: w}, 100, "")
	for c := range 3 {
		for y := 44; y < 52; y++ {
			for u := 12; u < 20; u++ {
				x.Plane(c)[y*w+u] = float32((u + y) % 2)
			}
		}
	}
	for _, name := range Names[1:] {
		_, m := fit(t, name, normals).Detect(x)
		at := slices.Index(m.Pix, slices.Max(m.Pix))
		if u, y := at%w, at/w; u < 8 || u >= 24 || y < 40 || y >= 56 {
			t.Errorf("%s points at %d,%d, the damage is at 12..20,44..52", name, u, y)
		}
	}
}

// picture draws a part.
func picture(o synthec.Options, i int, defect string) *nn.Image {
	p, _ := synthec.Part(o, i, defect)
	return planes(p)
}

func planes(p *image.RGBA) *nn.Image {
	b := p.Bounds()
	m := nn.NewImage(3, b.Dy(), b.Dx())
	for i := range b.Dx() * b.Dy() {
		for c := range 3 {
			m.Plane(c)[i] = float32(p.Pix[4*i+c]) / 255
		}
	}
	return m
}

// On aligned drawn parts every control but the grey level tells good from bad
// clearly better than chance.
func TestControlsBeatChanceOnAlignedParts(t *testing.T) {
	o := synthec.Options{Size: 64, Seed: 3}
	var normals, test []*nn.Image
	var labels []bool
	for i := range 60 {
		normals = append(normals, picture(o, i, ""))
	}
	for i := range 24 {
		test, labels = append(test, picture(o, 1000+i, "")), append(labels, false)
	}
	for k, defect := range synthec.Defects() {
		for i := range 4 {
			test, labels = append(test, picture(o, 2000+100*k+i, defect)), append(labels, true)
		}
	}
	for name, least := range map[string]float64{"mean-grey": 0, "template": .6, "pca": .65, "hog": .65, "handcrafted": .65} {
		d := fit(t, name, normals)
		var scores []float64
		for _, x := range test {
			s, _ := d.Detect(x)
			scores = append(scores, s)
		}
		got := metrics.AUROC(scores, labels)
		t.Logf("%s: image AUROC %.3f", name, got)
		if got < least {
			t.Errorf("%s: image AUROC %.3f, want at least %.2f", name, got, least)
		}
	}
}
