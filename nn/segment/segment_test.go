package segment

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"agurscope/nn"
)

var modes = []Mode{HalfPeak, Hysteresis, TwoSided, Both}

func TestSegmentEqualsFloodFillOracle(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 2))
	var s Segmenter
	found := map[Mode]int{}
	for i := range 1000 {
		m, signed := randomMap(rng, 16, 16, false), randomMap(rng, 16, 16, true)
		// Powers of two keep Low/High exact in either precision.
		high := float64(int(4+rng.IntN(20))) / 16
		o := Options{
			High: high, Low: high * float64(1+rng.IntN(4)) / 4, MinArea: 1 + rng.IntN(8),
			Bright: float64(4+rng.IntN(20)) / 16, Dark: float64(4+rng.IntN(20)) / 16,
			NoMorphology: i%3 == 0,
		}
		for _, o.Mode = range modes {
			want := oracle(m, signed, o)
			got := s.Segment(m, signed, o)
			compare(t, fmt.Sprintf("map %d, %+v", i, o), &got, want, m, signed)
			found[o.Mode] += len(got.Regions)
		}
	}
	for _, m := range modes {
		if found[m] < 200 {
			t.Errorf("mode %s found only %d regions: the maps prove little", m, found[m])
		}
	}
}

// compare checks a result against the mask it should have and its regions
// against sums over their pixels.
func compare(t *testing.T, what string, got *Result, want grid, m, signed *nn.Image) {
	t.Helper()
	mask := got.Mask()
	for i, on := range want.on {
		if on != (mask[i] == 1) {
			t.Fatalf("%s: pixel %d,%d is %d, want %v", what, i%want.w, i/want.w, mask[i], on)
		}
	}
	comps := want.flood(Eight)
	if len(comps) != len(got.Regions) {
		t.Fatalf("%s: %d regions, want %d", what, len(got.Regions), len(comps))
	}
	for _, comp := range comps {
		label := got.Labels[comp[0]]
		r := got.Regions[label-1]
		box := [4]int{math.MaxInt, math.MaxInt, 0, 0}
		var sum, sx, sy float64
		peak, bright, dark := math.Inf(-1), 0, 0
		for _, p := range comp {
			if got.Labels[p] != label {
				t.Fatalf("%s: one component carries labels %d and %d", what, label, got.Labels[p])
			}
			x, y := p%want.w, p/want.w
			box = [4]int{min(box[0], x), min(box[1], y), max(box[2], x+1), max(box[3], y+1)}
			v := float64(m.Pix[p])
			sum, sx, sy, peak = sum+v, sx+float64(x), sy+float64(y), max(peak, v)
			if signed.Pix[p] > 0 {
				bright++
			} else if signed.Pix[p] < 0 {
				dark++
			}
		}
		n := float64(len(comp))
		polarity := Mixed
		if 3*bright >= 2*len(comp) {
			polarity = Bright
		} else if 3*dark >= 2*len(comp) {
			polarity = Dark
		}
		if r.Area != len(comp) || [4]int{r.X, r.Y, r.X + r.W, r.Y + r.H} != box || r.Peak != peak || r.Polarity != polarity ||
			math.Abs(r.Mean-sum/n) > 1e-9 || math.Abs(r.CX-sx/n) > 1e-9 || math.Abs(r.CY-sy/n) > 1e-9 {
			t.Fatalf("%s: region %+v, want box %v, area %d, peak %g, mean %g, %s", what, r, box, len(comp), peak, sum/n, polarity)
		}
	}
	if !slices.IsSortedFunc(got.Regions, func(a, b Region) int { return cmp.Compare(b.Peak, a.Peak) }) {
		t.Fatalf("%s: regions are not sorted by falling peak", what)
	}
}

func TestBitFiltersEqualPixelLoops(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	for i := range 300 {
		g := randomGrid(rng)
		var next bitmap
		for _, c := range []struct {
			name string
			bits func(*bitmap)
			want func() grid
		}{
			{"dilate", (*bitmap).dilate, g.dilate},
			{"erode", (*bitmap).erode, g.erode},
			{"thin", func(b *bitmap) { b.thin(&next) }, g.thin},
			{"open", func(b *bitmap) { s := Segmenter{mask: *b}; s.open(); *b = s.mask }, g.open},
			{"close", func(b *bitmap) { s := Segmenter{mask: *b}; s.close(); *b = s.mask }, g.close},
			{"fill holes", func(b *bitmap) { s := Segmenter{mask: *b}; s.fillHoles(); *b = s.mask }, g.fillHoles},
		} {
			b := bitmapOf(g)
			c.bits(b)
			if got, want := b.words, bitmapOf(c.want()).words; !slices.Equal(got, want) {
				t.Fatalf("%s of mask %d (%d x %d) differs from the pixel loop", c.name, i, g.w, g.h)
			}
		}
	}
}

func TestComponentsEqualFloodFill(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 5))
	var c components
	for i := range 300 {
		g := randomGrid(rng)
		for _, conn := range []Connectivity{Four, Eight} {
			c.find(bitmapOf(g), conn)
			want := g.flood(conn)
			if c.n != len(want) {
				t.Fatalf("mask %d, connectivity %d: %d components, want %d", i, conn, c.n, len(want))
			}
			label := make([]int, len(g.on))
			for k, comp := range want {
				for _, p := range comp {
					label[p] = k + 1
				}
			}
			for _, r := range c.runs {
				for x := r.lo; x < r.hi; x++ {
					p := int(r.y)*g.w + int(x)
					if label[p] != int(r.id)+1 {
						t.Fatalf("mask %d, connectivity %d: pixel %d in component %d, want %d", i, conn, p, r.id+1, label[p])
					}
					label[p] = 0
				}
			}
			if slices.Max(label) != 0 {
				t.Fatalf("mask %d, connectivity %d: pixels without a component", i, conn)
			}
		}
	}
}

// hysteresisMask is the double threshold and nothing after it; low above high counts
// as high.
func hysteresisMask(m *nn.Image, low, high float64, seeds int, conn Connectivity) []uint8 {
	var s Segmenter
	s.mask.resize(m.W, m.H)
	s.hysteresis(m, float32(min(low, high)), float32(high), seeds, conn)
	return s.mask.bytes()
}

// bytes returns the mask with one byte of 0 or 1 to a pixel.
func (b *bitmap) bytes() []uint8 {
	out := make([]uint8, b.w*b.h)
	for y := range b.h {
		for x := range b.w {
			if b.row(y)[x>>6]>>(x&63)&1 != 0 {
				out[y*b.w+x] = 1
			}
		}
	}
	return out
}

func TestHysteresisShrinksAsEitherThresholdRises(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 1))
	for i := range 200 {
		m := randomMap(rng, 16, 16, false)
		low, high := rng.Float64(), 0.5+rng.Float64()
		base := hysteresisMask(m, low, high, seeds, Eight)
		for _, step := range [][2]float64{{0.1, 0}, {0, 0.1}, {0.3, 0.2}} {
			for p, v := range hysteresisMask(m, low+step[0], high+step[1], seeds, Eight) {
				if v > base[p] {
					t.Fatalf("map %d: pixel %d appears when thresholds %g, %g rise by %v", i, p, low, high, step)
				}
			}
		}
	}
}

func TestValueAtThresholdCountsAsAbove(t *testing.T) {
	// 0.7 is not exact in binary: the value stored in a map is a little below
	// the number a person typed.
	const limit = 0.7
	block := func(v float32) *nn.Image {
		m := nn.NewImage(1, 8, 8)
		for y := 2; y < 6; y++ {
			for x := 2; x < 6; x++ {
				m.Pix[y*8+x] = v
			}
		}
		return m
	}
	below := math.Nextafter32(limit, 0)
	for _, c := range []struct {
		o        Options
		m, minus float32 // values of map and signed residual
		want     int
	}{
		{Options{High: limit}, limit, 0, 1},
		{Options{High: limit}, below, 0, 0},
		{Options{Mode: Hysteresis, High: limit, Low: limit}, limit, 0, 1},
		{Options{Mode: Hysteresis, High: limit, Low: limit}, below, 0, 0},
		{Options{Mode: TwoSided, High: limit, Low: limit}, 0, limit, 1},
		{Options{Mode: TwoSided, High: limit, Low: limit}, 0, below, 0},
		{Options{Mode: TwoSided, High: limit, Low: limit}, 0, -limit, 1},
		{Options{Mode: TwoSided, High: limit, Low: limit}, 0, -below, 0},
		{Options{Mode: Both, High: limit}, 0, 3, 1},
		{Options{Mode: Both, High: limit}, 0, math.Nextafter32(3, 0), 0},
	} {
		r := Segment(block(c.m), block(c.minus), c.o)
		if len(r.Regions) != c.want {
			t.Errorf("%+v at %g / %g: %d regions, want %d", c.o, c.m, c.minus, len(r.Regions), c.want)
		}
	}
}

func TestHalfPeakOutlineRunsAtHalfThePeak(t *testing.T) {
	m := nn.NewImage(1, 1, 9)
	copy(m.Pix, []float32{0, 1, 1.99, 2, 4, 2, 1.99, 1, 0})
	r := Segment(m, nil, Options{High: 1, MinArea: -1, NoMorphology: true})
	if got, want := fmt.Sprint(r.Labels), "[0 0 0 1 1 1 0 0 0]"; got != want {
		t.Errorf("labels %s, want %s", got, want)
	}
	r = Segment(m, nil, Options{High: 2.5, MinArea: -1, NoMorphology: true})
	if len(r.Regions) != 0 {
		t.Error("fewer than three pixels at the threshold made a region")
	}
}

func TestNotANumberIsNeverARegion(t *testing.T) {
	nan := float32(math.NaN())
	for _, mode := range modes {
		m, signed := nn.NewImage(1, 32, 32), nn.NewImage(1, 32, 32)
		for i := range m.Pix {
			m.Pix[i], signed.Pix[i] = nan, nan
		}
		if r := Segment(m, signed, Options{Mode: mode, High: 0.5}); len(r.Regions) != 0 {
			t.Errorf("mode %s: a map of NaN has regions", mode)
		}
		// A ring of damage around a hole of NaN, which filling takes in.
		for y := 8; y < 24; y++ {
			for x := 8; x < 24; x++ {
				if y < 12 || y >= 20 || x < 12 || x >= 20 {
					m.Pix[y*32+x], signed.Pix[y*32+x] = 2, 5
				}
			}
		}
		r := Segment(m, signed, Options{Mode: mode, High: 0.5})
		if len(r.Regions) != 1 || r.Regions[0].Area != 256 || r.Regions[0].Peak != 2 || r.Regions[0].Mean != 2 {
			t.Errorf("mode %s: ring around NaN gives %+v", mode, r.Regions)
		}
	}
}

func TestThresholdThatIsNotANumberMarksEverything(t *testing.T) {
	m, signed := nn.NewImage(1, 16, 16), nn.NewImage(1, 16, 16)
	for _, mode := range modes {
		r := Segment(m, signed, Options{Mode: mode, High: math.NaN(), Low: math.NaN()})
		if len(r.Regions) != 1 || r.Regions[0].Area != 256 {
			t.Errorf("mode %s: %+v", mode, r.Regions)
		}
	}
}

func TestLineSurvivesOpeningAndSpeckDoesNot(t *testing.T) {
	m := nn.NewImage(1, 64, 64)
	for x := 5; x < 50; x++ { // a line two pixels wide
		m.Pix[10*64+x], m.Pix[11*64+x] = 1, 1
	}
	for y := 30; y < 50; y++ { // a body with a spur one pixel wide
		for x := 20; x < 40; x++ {
			m.Pix[y*64+x] = 1
		}
	}
	for x := 40; x < 50; x++ {
		m.Pix[40*64+x] = 1
	}
	m.Pix[60*64+60], m.Pix[60*64+61], m.Pix[60*64+62] = 3, 3, 3
	r := Segment(m, nil, Options{High: 1, MinArea: 4})
	if len(r.Regions) != 2 || r.Regions[0].Area != 90 || r.Regions[1].Area != 400 {
		t.Errorf("regions %+v, want the line of 90 and the body of 400 without its spur", r.Regions)
	}
}

func TestSmallestAreaGrowsWithTheMap(t *testing.T) {
	for _, c := range []struct{ w, h, want int }{{256, 256, 12}, {128, 128, 3}, {512, 512, 48}, {192, 512, 18}, {16, 16, 1}} {
		if got := (Options{}).Resolve(c.w, c.h).MinArea; got != c.want {
			t.Errorf("%d x %d: %d, want %d", c.w, c.h, got, c.want)
		}
	}
}

func TestAxesOfABar(t *testing.T) {
	for _, c := range []struct{ dx, dy, angle float64 }{{1, 0, 0}, {0, 1, 90}, {1, 1, 45}, {1, -1, -45}} {
		m := nn.NewImage(1, 64, 64)
		length := math.Hypot(c.dx, c.dy)
		for i := range m.Pix {
			x, y := float64(i%64)-31.5, float64(i/64)-31.5
			along, across := (x*c.dx+y*c.dy)/length, (y*c.dx-x*c.dy)/length
			if math.Abs(along) < 20 && math.Abs(across) < 4 {
				m.Pix[i] = 1
			}
		}
		r := Segment(m, nil, Options{High: 1}).Regions[0]
		// A rectangle's ellipse of the same moments is 2/sqrt(3) as long.
		if math.Abs(r.Angle-c.angle) > 1e-6 || math.Abs(r.Major-40*2/math.Sqrt(3)) > 1.5 || math.Abs(r.Minor-8*2/math.Sqrt(3)) > 1 ||
			math.Abs(r.Elongation-r.Major/r.Minor) > 1e-9 || math.Abs(r.CX-31.5) > 0.01 || math.Abs(r.CY-31.5) > 0.01 {
			t.Errorf("bar along %g,%g: %+v", c.dx, c.dy, r)
		}
	}
}

func TestHysteresisEqualsScikitImage(t *testing.T) {
	data, err := os.ReadFile("testdata/hysteresis.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		W, H      int
		Map       []float32
		Low, High float64
		Four      string // scikit-image, components connected over sides
		Eight     string // the same with corners, from scipy.ndimage
	}
	if err := json.Unmarshal(data, &cases); err != nil {
		t.Fatal(err)
	}
	if len(cases) < 20 {
		t.Fatalf("only %d fixtures", len(cases))
	}
	differ := 0
	for i, c := range cases {
		m := &nn.Image{C: 1, W: c.W, H: c.H, Pix: c.Map}
		for conn, want := range map[Connectivity]string{Four: c.Four, Eight: c.Eight} {
			got := hysteresisMask(m, c.Low, c.High, 1, conn)
			for p := range got {
				got[p] += '0'
			}
			if string(got) != want {
				t.Errorf("fixture %d, connectivity %d: mask differs", i, conn)
			}
		}
		if c.Four != c.Eight {
			differ++
		}
	}
	if differ == 0 {
		t.Error("no fixture tells the two connectivities apart")
	}
}

func TestNoRegionsAreAnEmptyListInJSON(t *testing.T) {
	r := Segment(nn.NewImage(1, 16, 16), nil, Options{High: 1})
	if text, err := json.Marshal(r.Regions); err != nil || string(text) != "[]" {
		t.Errorf("got %s, %v", text, err)
	}
}

func TestWrongShapesPanicWithShapeError(t *testing.T) {
	m := nn.NewImage(1, 16, 16)
	for name, f := range map[string]func(){
		"three planes":     func() { Segment(nn.NewImage(3, 16, 16), nil, Options{}) },
		"other size":       func() { Segment(m, nn.NewImage(1, 8, 8), Options{}) },
		"no signed map":    func() { Segment(m, nil, Options{Mode: TwoSided}) },
		"no signed, both":  func() { Segment(m, nil, Options{Mode: Both}) },
		"truncated pixels": func() { Segment(&nn.Image{C: 1, W: 4, H: 4, Pix: make([]float32, 3)}, nil, Options{}) },
	} {
		if nn.Try(f) == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestReusedSegmenterDoesNotAllocate(t *testing.T) {
	m, signed := damaged(256), damaged(256)
	var s Segmenter
	for _, mode := range modes {
		o := Options{Mode: mode, High: 1}
		s.Segment(m, signed, o)
		if n := testing.AllocsPerRun(10, func() { s.Segment(m, signed, o) }); n != 0 {
			t.Errorf("mode %s: %g allocations", mode, n)
		}
	}
}

// damaged returns a map of side x side with noise below 0.6 and a dozen
// defects above 1.
func damaged(side int) *nn.Image {
	rng := rand.New(rand.NewPCG(1, 1))
	m := nn.NewImage(1, side, side)
	for i := range m.Pix {
		m.Pix[i] = rng.Float32() * 0.6
	}
	for range 12 {
		cx, cy, a, b := rng.IntN(side), rng.IntN(side), 1+rng.Float64()*8, 3+rng.Float64()*20
		for i := range m.Pix {
			dx, dy := float64(i%side-cx)/a, float64(i/side-cy)/b
			m.Pix[i] += float32(3 * math.Exp(-dx*dx-dy*dy))
		}
	}
	return m
}

func BenchmarkSegment256(b *testing.B) {
	m := damaged(256)
	for _, mode := range modes {
		b.Run(string(mode), func(b *testing.B) {
			var s Segmenter
			b.ReportAllocs()
			for b.Loop() {
				s.Segment(m, m, Options{Mode: mode, High: 1})
			}
		})
	}
	b.Run("everything above", func(b *testing.B) {
		var s Segmenter
		for b.Loop() {
			s.Segment(m, m, Options{Mode: Hysteresis, High: 1e-9})
		}
	})
	b.Run("half of the noise above", func(b *testing.B) {
		var s Segmenter
		for b.Loop() {
			s.Segment(m, m, Options{Mode: Hysteresis, High: 0.3, Low: 0.3})
		}
	})
}
