package feature

import (
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"agurscope/nn"

	"gonum.org/v1/gonum/mat"
)

// samples returns the vectors of cell p of all grids, or of all cells if p is
// negative, each number divided by its deviation over everything.
func samples(grids []*Grid, p int) *mat.Dense {
	_, unit := moments(grids)
	var data []float64
	for _, g := range grids {
		for i := range g.W * g.H {
			if p < 0 || p == i {
				for d, v := range g.At(i) {
					data = append(data, float64(v)/float64(unit[d]))
				}
			}
		}
	}
	return mat.NewDense(len(data)/grids[0].D, grids[0].D, data)
}

// mahalanobis is the distance of v to the rows of x by the direct inverse of
// their covariance + λI. If rank is above 0, the smaller eigenvalues are first
// replaced by their mean.
func mahalanobis(x *mat.Dense, v []float32, unit []float32, lambda float64, rank int) float64 {
	n, d := x.Dims()
	mean := mat.NewVecDense(d, nil)
	for i := range n {
		mean.AddScaledVec(mean, 1/float64(n), x.RowView(i))
	}
	cov := mat.NewSymDense(d, nil)
	diff := mat.NewVecDense(d, nil)
	for i := range n {
		diff.SubVec(x.RowView(i), mean)
		cov.SymRankOne(cov, 1/float64(n-1), diff)
	}
	if rank > 0 {
		var e mat.EigenSym
		e.Factorize(cov, true)
		var u mat.Dense
		e.VectorsTo(&u)
		l := e.Values(nil)
		rest := 0.0
		for _, v := range l[:d-rank] {
			rest += v / float64(d-rank)
		}
		cov = mat.NewSymDense(d, nil)
		for k := range d {
			if k < d-rank {
				l[k] = rest
			}
			cov.SymRankOne(cov, l[k], u.ColView(k))
		}
	}
	for k := range d {
		cov.SetSym(k, k, cov.At(k, k)+lambda)
		diff.SetVec(k, float64(v[k])/float64(unit[k])-mean.AtVec(k))
	}
	var inv mat.Dense
	if err := inv.Inverse(cov); err != nil {
		panic(err)
	}
	return math.Sqrt(mat.Inner(diff, &inv, diff))
}

func TestDistanceIsTheDirectMahalanobisDistance(t *testing.T) {
	for _, c := range []struct {
		name      string
		n, w, h   int
		d         int
		o         GaussianOptions
		lambda    float64
		reference int // rank of the reference, 0: full
	}{
		{"more pictures than numbers", 40, 3, 2, 12, GaussianOptions{Rank: 100}, .1, 0},
		{"fewer pictures than numbers", 8, 3, 2, 12, GaussianOptions{Rank: 100}, .1, 0},
		{"as many", 12, 2, 2, 12, GaussianOptions{Rank: 100}, .1, 0},
		{"two pictures", 2, 2, 2, 5, GaussianOptions{Rank: 100}, .1, 0},
		{"other shrinkage", 40, 2, 2, 12, GaussianOptions{Rank: 100, Shrink: .02}, .02, 0},
		{"low rank", 40, 2, 2, 12, GaussianOptions{Rank: 4}, .1, 4},
		{"low rank, fewer pictures", 10, 2, 2, 12, GaussianOptions{Rank: 4}, .1, 4},
		{"one number", 10, 2, 2, 1, GaussianOptions{Rank: 1}, .1, 0},
		{"global", 10, 4, 3, 12, GaussianOptions{Rank: 100, Global: true}, .1, 0},
	} {
		rng := rand.New(rand.NewPCG(3, 3))
		all := correlated(rng, c.n+3, c.w, c.h, c.d)
		grids, fresh := all[:c.n], all[c.n:]
		g, err := FitGaussian(grids, c.o)
		if err != nil {
			t.Fatal(err)
		}
		_, unit := moments(grids)
		for _, x := range append(fresh, grids[0]) {
			m := g.Distance(x)
			if m.C != 1 || m.H != c.h || m.W != c.w {
				t.Fatalf("%s: map of %dx%dx%d", c.name, m.C, m.H, m.W)
			}
			for i, got := range m.Pix {
				p := i
				if c.o.Global {
					p = -1
				}
				want := mahalanobis(samples(grids, p), x.At(i), unit, c.lambda, c.reference)
				if math.Abs(float64(got)-want) > 1e-4*(1+want) {
					t.Fatalf("%s, cell %d: %g, want %g", c.name, i, got, want)
				}
			}
		}
	}
}

// What the default drops hardly shows.
func TestDefaultRankIsNearTheFullOne(t *testing.T) {
	all := correlated(rand.New(rand.NewPCG(4, 4)), 60, 2, 2, 40)
	grids, fresh := all[:50], all[50:]
	few, err := FitGaussian(grids, GaussianOptions{})
	if err != nil {
		t.Fatal(err)
	}
	full, err := FitGaussian(grids, GaussianOptions{Rank: 40})
	if err != nil {
		t.Fatal(err)
	}
	if few.Rank >= full.Rank || full.Rank != 40 {
		t.Errorf("ranks %d and %d", few.Rank, full.Rank)
	}
	for _, x := range fresh {
		a, b := few.Distance(x), full.Distance(x)
		for i := range a.Pix {
			if r := a.Pix[i] / b.Pix[i]; r < .9 || r > 1.1 {
				t.Errorf("cell %d: %g, full %g", i, a.Pix[i], b.Pix[i])
			}
		}
	}
}

func TestDistanceKnowsNoUnits(t *testing.T) {
	grids := correlated(rand.New(rand.NewPCG(5, 5)), 20, 2, 2, 6)
	scaled := make([]*Grid, len(grids))
	for i, g := range grids {
		scaled[i] = NewGrid(g.W, g.H, g.D)
		for k, v := range g.Data {
			scaled[i].Data[k] = v*[]float32{1, 10, 1e-3, 1e4, 3, .5}[k%6] + float32(k%6)
		}
	}
	for name, d := range distances(t, grids) {
		other := distances(t, scaled)[name](scaled[3])
		for i, v := range d(grids[3]).Pix {
			if math.Abs(float64(v-other.Pix[i])) > 2e-3*float64(1+v) {
				t.Errorf("%s, cell %d: %g, in other units %g", name, i, v, other.Pix[i])
			}
		}
	}
}

// distances fits every kind of model.
func distances(t testing.TB, grids []*Grid) map[string]func(*Grid) *nn.Image {
	t.Helper()
	out := map[string]func(*Grid) *nn.Image{}
	for name, global := range map[string]bool{"local": false, "global": true} {
		g, err := FitGaussian(grids, GaussianOptions{Global: global})
		if err != nil {
			t.Fatal(err)
		}
		m, err := FitMemory(grids, MemoryOptions{Global: global, PerCell: 5, Total: 20})
		if err != nil {
			t.Fatal(err)
		}
		out[name+" Gaussian"], out[name+" memory"] = g.Distance, m.Distance
	}
	return out
}

func TestSameBitsOnAnyNumberOfProcessors(t *testing.T) {
	grids := correlated(rand.New(rand.NewPCG(6, 6)), 30, 5, 4, 20)
	want := distances(t, grids)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	for name, d := range distances(t, grids) {
		if !slices.Equal(d(grids[1]).Pix, want[name](grids[1]).Pix) {
			t.Errorf("%s differs", name)
		}
	}
}

func TestGoodPartsThatNeverChange(t *testing.T) {
	g := random(1, 2, 2, 3)
	for name, d := range distances(t, []*Grid{g, g, g}) {
		for i, v := range d(g).Pix {
			if !(v >= 0 && v < 10) {
				t.Errorf("%s, cell %d: %g", name, i, v)
			}
		}
	}
	flat := NewGrid(2, 2, 3)
	for name, d := range distances(t, []*Grid{flat, flat}) {
		if v := d(flat).Pix; slices.Max(v) != 0 {
			t.Errorf("%s: %v", name, v)
		}
	}
}

// What is not a number, or too large for one, must not pass as good.
func TestDistanceOfWhatIsNoNumberIsNone(t *testing.T) {
	grids := correlated(rand.New(rand.NewPCG(7, 7)), 10, 2, 2, 6)
	fit := distances(t, grids)
	bad := random(1, 2, 2, 6)
	bad.Data[3] = float32(math.NaN())
	huge := random(1, 2, 2, 6)
	for i := range huge.Data {
		huge.Data[i] = 2e38
	}
	for name, d := range fit {
		if v := slices.Min(d(huge).Pix); v < 1e15 {
			t.Errorf("%s: %g for huge numbers", name, v)
		}
		if v := d(bad).Pix; v[0] == v[0] || v[1] != v[1] {
			t.Errorf("%s: %v", name, v)
		}
	}
}

func TestFitRefuses(t *testing.T) {
	good := random(1, 3, 2, 4)
	bad := random(2, 3, 2, 4)
	bad.Data[5] = float32(math.Inf(1))
	for name, grids := range map[string][]*Grid{
		"none":         nil,
		"one":          {good},
		"other shape":  {good, random(1, 2, 3, 4)},
		"other length": {good, random(1, 3, 2, 5)},
		"infinity":     {good, bad},
		"no cells":     {NewGrid(0, 0, 4), NewGrid(0, 0, 4)},
	} {
		if _, err := FitGaussian(grids, GaussianOptions{}); err == nil {
			t.Errorf("%s: a Gaussian was fitted", name)
		}
		if _, err := FitMemory(grids, MemoryOptions{}); err == nil {
			t.Errorf("%s: a memory was fitted", name)
		}
	}
	two := []*Grid{good, random(3, 3, 2, 4)}
	for _, o := range []GaussianOptions{{Rank: -1}, {Shrink: -1}, {Shrink: 1e-9}, {Shrink: math.NaN()}, {Shrink: math.Inf(1)}} {
		if _, err := FitGaussian(two, o); err == nil {
			t.Errorf("%+v was accepted", o)
		}
	}
	for _, o := range []MemoryOptions{{Radius: -1}, {Neighbours: -1}, {PerCell: -1}, {Total: -1}, {Neighbours: 1 << 20}} {
		if _, err := FitMemory(two, o); err == nil {
			t.Errorf("%+v was accepted", o)
		}
	}
}
