package anomaly

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"agurscope/nn"
	"agurscope/nn/feature"
)

// fitted returns a recipe with statistics of pictures of its network's size.
func fitted(t *testing.T, n Network, normals []*nn.Image, position float64) *Recipe {
	t.Helper()
	m, err := NewModel(n, 1)
	if err != nil {
		t.Fatal(err)
	}
	r := &Recipe{Model: m}
	if err := FitStatistics(context.Background(), &fakeEngine{}, r, normals, position); err != nil {
		t.Fatal(err)
	}
	return r
}

func TestStatisticsFitTheirNetwork(t *testing.T) {
	for _, n := range []Network{
		little, rich,
		{Size: "T", Width: 64, Height: 96},
		{Size: "T", Width: 64, Height: 64, Without: Without{Score: true, ASPP: true}},
		{Size: "T", Width: 80, Height: 32},
		{Size: "B", Width: 64, Height: 64, MGAN: "spectrum"},
	} {
		for _, position := range []float64{0, 1} {
			t.Run(fmt.Sprintf("%s %dx%d %g", n.Size, n.Width, n.Height, position), func(t *testing.T) {
				normals := noises(4, 2, n.Width, n.Height)
				e := &fakeEngine{}
				r := fitted(t, n, normals, position)
				if !r.Statistics.fit(r.Model) {
					t.Error("the statistics do not fit the network that they come from")
				}
				names := r.Statistics.names()
				if !slices.Equal(names, []string{FeaturesTerm, HandcraftedTerm}) {
					t.Errorf("terms %v", names)
				}
				if s := r.Statistics; s.Features.Global != (position < perPosition) || s.Handcrafted.Global {
					t.Errorf("at R² %g: features global %t, handcrafted global %t", position, s.Features.Global, s.Handcrafted.Global)
				}
				if again := fitted(t, n, normals, position); !reflect.DeepEqual(r.Statistics, again.Statistics) {
					t.Error("the same pictures give other statistics")
				}
				d, err := newDetector(e, r)
				if err != nil {
					t.Fatal(err)
				}
				defer d.Close()
				x, err := d.run(context.Background(), normals[0])
				if err != nil {
					t.Fatal(err)
				}
				x.compare(r.Statistics)
				for _, name := range names {
					if m := x.shown(name, false); m.C != 1 || m.W != n.Width || m.H != n.Height || !finite(m.Pix) {
						t.Errorf("the map of %s is %dx%dx%d, or not finite", name, m.C, m.H, m.W)
					}
				}
			})
		}
	}
}

// TestWideInputsHaveCoarserCells: the number of covariances is bounded.
func TestWideInputsHaveCoarserCells(t *testing.T) {
	for _, c := range []struct{ w, h, k int }{
		{32, 32, 1}, {256, 512, 1}, {512, 512, 2}, {640, 640, 2}, {1024, 1024, 4}, {2048, 2048, 8}, {2048, 32, 1}, {2048, 80, 2},
	} {
		if k := (Network{Width: c.w, Height: c.h}).coarse(); k != c.k {
			t.Errorf("%d x %d: cells of %d, want %d", c.w, c.h, k*cell, c.k*cell)
		}
	}
	n := Network{Size: "T", Width: 512, Height: 288, Without: Without{Score: true, ASPP: true, Gates: true}}
	r := fitted(t, n, noises(5, 2, n.Width, n.Height), 1)
	if s := r.Statistics; s.Handcrafted.W != 32 || s.Handcrafted.H != 18 || !s.fit(r.Model) {
		t.Errorf("%d x %d cells of 512 x 288", s.Handcrafted.W, s.Handcrafted.H)
	}
}

// TestTilesDoNotShow: what is seen in tiles is what is seen at once.
func TestTilesDoNotShow(t *testing.T) {
	n := little
	n.Width, n.Height = 640, 544
	m, err := NewModel(n, 1)
	if err != nil {
		t.Fatal(err)
	}
	d, err := newDetector(&fakeEngine{}, &Recipe{Model: m})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	d.describe = true
	x := noises(5, 1, n.Width, n.Height)[0]
	r, err := d.run(context.Background(), x)
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range x.Plane(0) { // the fake engine's maps
		for _, got := range []float32{r.residual.Pix[i], r.plain.Pix[i], r.logits.Pix[i], 2 * r.reconstruction.Pix[i], 2 * r.signed.Pix[i]} {
			if math.Abs(float64(got-v)) > 1e-5 {
				t.Fatalf("pixel %d is %g, want %g", i, got, v)
			}
		}
	}
	if k := n.coarse(); r.features.W != n.Width/cell/k || r.features.H != n.Height/cell/k || !finite(r.features.Data) {
		t.Errorf("features of %d x %d cells", r.features.W, r.features.H)
	}
}

func TestFitStatisticsRefuses(t *testing.T) {
	m, err := NewModel(little, 1)
	if err != nil {
		t.Fatal(err)
	}
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	broken := errors.New("broken")
	for _, c := range []struct {
		name    string
		ctx     context.Context
		e       *fakeEngine
		normals int
		want    error // nil: any
	}{
		{"no pictures", context.Background(), &fakeEngine{}, 0, nil},
		{"an engine that cannot", context.Background(), &fakeEngine{refuse: broken}, 2, broken},
		{"an engine that breaks", context.Background(), &fakeEngine{fail: broken}, 2, broken},
		{"cancellation", cancelled, &fakeEngine{}, 2, context.Canceled},
		{"features that are not numbers", context.Background(), &fakeEngine{poison: func(n *nn.Node, v []float32) {
			if n.Shape[1] > 3 && n.Shape[2] > 1 {
				v[0] = float32(math.NaN())
			}
		}}, 2, nil},
	} {
		r := &Recipe{Model: m}
		err := FitStatistics(c.ctx, c.e, r, noises(1, c.normals, 32, 48), 1)
		if err == nil || c.want != nil && !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
		if r.Statistics != nil || c.e.open.Load() != 0 {
			t.Errorf("%s: statistics %v, %d programs left open", c.name, r.Statistics, c.e.open.Load())
		}
	}
}

// TestMapIsTheSharpenedSumOfItsTerms computes every term from the engine's
// output by itself.
func TestMapIsTheSharpenedSumOfItsTerms(t *testing.T) {
	for _, alignment := range []Alignment{Free, Registered} {
		r := withStatistics(t, rich, CalibrateOptions{Alignment: alignment, Position: .6})
		c := r.Calibration
		for k := range c.Terms { // all of them decide
			c.Terms[k].Weight = .3 + .2*float64(k)
		}
		d := detector(t, &fakeEngine{}, r)
		x := noises(9, 1, 32, 48)[0]
		p, err := detect(d, x)
		if err != nil {
			t.Fatal(err)
		}
		raw, err := d.run(context.Background(), x)
		if err != nil {
			t.Fatal(err)
		}
		first := &nn.Image{C: 1, H: 48, W: 32, Pix: x.Plane(0)} // the fake engine's maps
		s := r.Statistics
		own, hand, fine := s.grid(FeaturesTerm, raw), s.grid(HandcraftedTerm, raw), s.grid(MemoryTerm, raw)
		for i, want := range feature.Stack(feature.Handcrafted(x), feature.Cells(x, 16).Resize(4, 6)).Data {
			if math.Abs(float64(hand.Data[i]-want)) > 1e-5 {
				t.Fatalf("handcrafted number %d is %g, want %g", i, hand.Data[i], want)
			}
		}
		of := map[string][]float64{
			ResidualTerm:    inUnits(first, c.Residual),
			ScoreTerm:       inUnits(first, c.Logits),
			FrequencyTerm:   inUnits(raw.frequency, c.Frequency),
			TemplateTerm:    offTemplate(s.Template, x),
			FeaturesTerm:    enlarged(s.Features.Distance(own), 32, 48, blurSigma(32, 48)),
			HandcraftedTerm: enlarged(s.Handcrafted.Distance(hand), 32, 48, blurSigma(32, 48)),
			MemoryTerm:      enlarged(s.Memory.Distance(fine), 32, 48, blurSigma(32, 48)),
		}
		if len(c.Terms) != len(of) || c.Logits == nil || (c.Frequency != nil) != (alignment == Registered) {
			t.Fatalf("%s: %d terms, maps %v %v", alignment, len(c.Terms), c.Logits, c.Frequency)
		}
		raw.compare(s)
		maps := c.maps(raw, c)
		fused := c.fuse(nil, maps)
		drawn := fused.Clone()
		c.sharpen(nil, drawn, maps, s.reach())
		for i, v := range fused.Pix {
			want := 0.0
			for _, term := range c.Terms {
				want += term.Weight * (of[term.Name][i] - term.Median) / (term.Q999 - term.Median)
			}
			if math.Abs(float64(v)-want) > 1e-3*(1+math.Abs(want)) {
				t.Fatalf("%s: pixel %d is %g, want %g", alignment, i, v, want)
			}
		}
		if !slices.Equal(p.Map.Pix, drawn.Pix) || p.Score != topMean(fused.Pix) {
			t.Errorf("%s: the map is not the sharpened sum, or the score %g not that of the sum", alignment, p.Score)
		}
		for k, term := range p.Terms {
			s := of[term.Name]
			slices.Sort(s)
			top := 0.0
			for _, v := range s[len(s)-3:] { // 0.2 % of 1,536
				top += v / 3
			}
			want := (top - c.Terms[k].Median) / (c.Terms[k].Q999 - c.Terms[k].Median)
			if term.Weight != c.Terms[k].Weight || math.Abs(term.Score-want) > 1e-3*(1+math.Abs(want)) {
				t.Errorf("%s: %+v, want a score of %g", alignment, term, want)
			}
		}
	}
}

// inUnits returns a map in units of its deviation; as it is without any.
func inUnits(m *nn.Image, p *positional) []float64 {
	out := make([]float64, len(m.Pix))
	for i, v := range m.Pix {
		out[i] = float64(v)
		if p != nil {
			out[i] = (out[i] - float64(p.Mean.Pix[i])) / float64(p.Std.Pix[i])
		}
	}
	return out
}

// TestFrequencyTermIsWhatTheBranchLeaves: e_F = |x − Î_F| with Î_F the low band
// plus the branch's answer.
func TestFrequencyTermIsWhatTheBranchLeaves(t *testing.T) {
	for _, form := range []string{"band", "spectrum"} {
		n := rich
		n.MGAN = form
		d := detector(t, &fakeEngine{}, calibrated(t, n, CalibrateOptions{}))
		x := noises(9, 1, 32, 48)[0]
		raw, err := d.run(context.Background(), x)
		if err != nil {
			t.Fatal(err)
		}
		view := n.game().View(32, 48)
		in, out := view.Channels()
		high, low, rebuilt := make([]float32, in*32*48), make([]float32, len(x.Pix)), make([]float32, len(x.Pix))
		view.Prepare(x.Pix, high, low)
		answer := make([]float32, out*32*48) // of the fake engine
		for i := range answer {
			if answer[i] = x.Pix[i]; form == "band" {
				answer[i] /= 2
			}
		}
		view.Finish(high, answer, low, rebuilt)
		e := nn.NewImage(1, 48, 32)
		for i := range e.Pix {
			for c := range 3 {
				e.Pix[i] += float32(math.Abs(float64(x.Plane(c)[i]-rebuilt[c*len(e.Pix)+i]))) / 3
			}
		}
		for i, want := range enlarged(e, 32, 48, blurSigma(32, 48)) {
			if math.Abs(float64(raw.frequency.Pix[i])-want) > 1e-5*(1+want) {
				t.Fatalf("%s: pixel %d is %g, want %g", form, i, raw.frequency.Pix[i], want)
			}
		}
	}
}

// enlarged resizes bilinearly, then blurs with a Gaussian of 3σ each way whose
// edges are mirrored: the plain definition of enlarger.
func enlarged(m *nn.Image, w, h int, sigma float64) []float64 {
	sample := func(x, y int) float64 {
		axis := func(i, n, to int) (a, b int, t float64) {
			at := (float64(i)+.5)*float64(n)/float64(to) - .5
			f := math.Floor(at)
			return min(max(int(f), 0), n-1), min(max(int(f)+1, 0), n-1), at - f
		}
		x0, x1, tx := axis(x, m.W, w)
		y0, y1, ty := axis(y, m.H, h)
		v := func(x, y int) float64 { return float64(m.Pix[y*m.W+x]) }
		return (1-ty)*((1-tx)*v(x0, y0)+tx*v(x1, y0)) + ty*((1-tx)*v(x0, y1)+tx*v(x1, y1))
	}
	mirror := func(i, n int) int {
		for i < 0 || i >= n {
			if i < 0 {
				i = -1 - i
			} else {
				i = 2*n - 1 - i
			}
		}
		return i
	}
	r := int(math.Ceil(3 * sigma))
	out := make([]float64, w*h)
	for y := range h {
		for x := range w {
			sum, total := 0.0, 0.0
			for dy := -r; dy <= r; dy++ {
				for dx := -r; dx <= r; dx++ {
					g := math.Exp(-float64(dx*dx+dy*dy) / (2 * sigma * sigma))
					sum += g * sample(mirror(x+dx, w), mirror(y+dy, h))
					total += g
				}
			}
			out[y*w+x] = sum / total
		}
	}
	return out
}

func TestEnlargerIsAResizeAndABlur(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 8))
	for _, c := range []struct {
		cw, ch, w, h int
		sigma        float64
	}{
		{4, 6, 32, 48, .5},
		{4, 4, 32, 32, 2},
		{5, 3, 40, 24, 1.3},
		{2, 2, 16, 16, 4}, // reaches over the whole side
		{1, 1, 16, 32, 1},
		{16, 8, 16, 8, 1.5}, // blurs only
		{3, 5, 47, 33, 1},   // ragged
	} {
		m := nn.NewImage(1, c.ch, c.cw)
		for i := range m.Pix {
			m.Pix[i] = rng.Float32()
		}
		got := newEnlarger(c.cw, c.ch, c.w, c.h, c.sigma).apply(nil, m)
		if got.C != 1 || got.W != c.w || got.H != c.h {
			t.Fatalf("%+v: %dx%dx%d", c, got.C, got.H, got.W)
		}
		for i, want := range enlarged(m, c.w, c.h, c.sigma) {
			if math.Abs(float64(got.Pix[i])-want) > 1e-5 {
				t.Fatalf("%+v: sample %d is %g, want %g", c, i, got.Pix[i], want)
			}
		}
	}
}

func TestMoved(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 9))
	m := nn.NewImage(3, 5, 7)
	for i := range m.Pix {
		m.Pix[i] = rng.Float32()
	}
	if moved(m, 0, 0) != m {
		t.Error("a picture that does not move was copied")
	}
	for _, d := range [][2]int{{2, 0}, {-2, 0}, {0, 2}, {0, -2}, {1, -3}, {9, 9}} {
		got := moved(m, d[0], d[1])
		for c := range 3 {
			for y := range 5 {
				for x := range 7 {
					want := m.At(c, min(max(x-d[0], 0), 6), min(max(y-d[1], 0), 4))
					if got.At(c, x, y) != want {
						t.Fatalf("moved by %v: plane %d at %d,%d is %g, want %g", d, c, x, y, got.At(c, x, y), want)
					}
				}
			}
		}
	}
}
