//go:build onednn

package anomaly

import (
	"context"
	"errors"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"agurscope/nn"
	"agurscope/nn/mgan"
	"agurscope/nn/optim"
	"agurscope/nn/ssdae"
)

// staged is trained with a denoiser in front and the adversarial module beside.
func staged(form ssdae.Form, game string) Network {
	return Network{Size: "T", Width: 32, Height: 32, SSDAE: form, MGAN: game}
}

func TestStagesTrainToFiniteLosses(t *testing.T) {
	e := oneThread(t)
	for _, c := range []struct {
		name string
		n    Network
	}{
		{"denoiser", staged("conv", "")},
		{"denoiser of patches", staged("literal", "")},
		{"bands", staged("", "band")},
		{"spectra", staged("", "spectrum")},
		{"everything", Network{Size: "T", Width: 64, Height: 64, SSDAE: "conv", MGAN: "band"}},
		{"without the rest", Network{Size: "T", Width: 32, Height: 48, SSDAE: "conv", MGAN: "spectrum", Without: plainUNet}},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := TrainOptions{Steps: 5, Batch: 2, Seed: 7}
			var seen []map[string]float64
			m, s, err := Train(context.Background(), e, c.n, noises(3, 3, c.n.Width, c.n.Height), o, func(p Progress) {
				for name, v := range p.Terms {
					if math.IsNaN(v) || math.IsInf(v, 0) {
						t.Errorf("step %d: %s is %g", p.Step, name, v)
					}
				}
				seen = append(seen, p.Terms)
			})
			if err != nil {
				t.Fatal(err)
			}
			if s.Steps != 5 || m.Network != c.n {
				t.Errorf("%+v of %+v", s, m.Network)
			}
			for i, terms := range seen {
				_, judged := terms["realism.spatial"]
				_, both := terms["realism.frequency"]
				// From three tenths on, that is after the second of five steps.
				if want := c.n.MGAN != "" && i >= 2; judged != want || both != (want && c.n.MGAN == "band") {
					t.Errorf("step %d of %q has the losses %v", i+1, c.n.MGAN, terms)
				}
				if _, frequency := terms["frequency"]; frequency != (c.n.MGAN != "") {
					t.Errorf("step %d of %q has the losses %v", i+1, c.n.MGAN, terms)
				}
			}
			if strength := m.Denoiser.Strength; c.n.SSDAE == "" && strength != 0 || strength < 0 || strength > 1 {
				t.Errorf("denoiser of strength %g", strength)
			}
			whole(t, e, m)
		})
	}
}

// whole takes a trained model all the way: statistics, calibration, file and
// prediction.
func whole(t *testing.T, e nn.Engine, m *Model) {
	t.Helper()
	n := m.Network
	normals := noises(5, 4, n.Width, n.Height)
	r := &Recipe{Model: m}
	if !n.Without.Features {
		if err := FitStatistics(context.Background(), e, r, normals, 1); err != nil {
			t.Fatal(err)
		}
	}
	if err := Calibrate(context.Background(), e, r, AsIs(normals), CalibrateOptions{Alignment: Registered, Position: .6}); err != nil {
		t.Fatal(err)
	}
	es, err := r.entries()
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(es, func(e entry) bool { return e.name == "weights.safetensors" })
	tensors, err := decodeTensors(es[i].data)
	if err != nil {
		t.Fatal(err)
	}
	for name := range tensors {
		if strings.HasPrefix(name, "critic.") {
			t.Errorf("the recipe holds %s", name)
		}
	}
	fresh, err := NewModel(n, 0)
	if err != nil {
		t.Fatal(err)
	}
	if m.Cost() != fresh.Cost() {
		t.Errorf("trained, the model costs %+v, as new %+v", m.Cost(), fresh.Cost())
	}
	loaded, err := ParseRecipe(packed(t, es))
	if err != nil {
		t.Fatal(err)
	}
	x := noises(6, 2, n.Width, n.Height)
	var first []*Prediction
	for _, r := range []*Recipe{r, loaded} {
		d := detector(t, e, r)
		for i := range 4 {
			p, err := detect(d, x[i%2])
			if err != nil {
				t.Fatal(err)
			}
			if len(p.Terms) != len(r.terms()) || p.Map.W != n.Width || p.Map.H != n.Height {
				t.Errorf("%d terms of %v, map of %d x %d", len(p.Terms), r.terms(), p.Map.W, p.Map.H)
			}
			if len(first) < 2 {
				first = append(first, p)
			} else if want := first[i%2]; p.Score != want.Score || !sameBits([][]float32{p.Map.Pix}, [][]float32{want.Map.Pix}) || !slices.Equal(p.Terms, want.Terms) {
				t.Errorf("picture %d, again: score %v, want %v, or another map", i%2, p.Score, want.Score)
			}
		}
	}
	if first[0].Score == first[1].Score {
		t.Error("different pictures have the same score")
	}
}

// TestResumeAroundTheCritic: it joins after four of twelve steps.
func TestResumeAroundTheCritic(t *testing.T) {
	e := oneThread(t)
	for _, c := range []struct {
		n     Network
		stops [][]int
	}{
		{staged("conv", "band"), [][]int{{4}, {2, 7}}},
		{staged("", "spectrum"), [][]int{{7}}},
	} {
		n := c.n
		normals := noises(3, 4, n.Width, n.Height)
		run := func(o TrainOptions, until int) (*Model, error) {
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			m, _, err := Train(ctx, e, n, normals, o, func(p Progress) {
				if p.Step == until {
					cancel()
				}
			})
			return m, err
		}
		want, err := run(trainOptions(""), 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, stops := range c.stops {
			o := trainOptions(filepath.Join(t.TempDir(), "c"))
			for _, k := range stops {
				if _, err := run(o, k); !errors.Is(err, context.Canceled) {
					t.Fatal(err)
				}
				o.Resume = true
			}
			got, err := run(o, 0)
			if err != nil {
				t.Fatal(err)
			}
			// The critic's weights are among them.
			if !sameBits(want.Params.Snapshot(nil), got.Params.Snapshot(nil)) || want.Denoiser != got.Denoiser {
				t.Errorf("%s, stopped after %v: the weights differ from those of a straight run", n.MGAN, stops)
			}
		}
	}
}

// TestTheCriticSurvivesALongerSchedule: with more steps to go than the first
// time it may not yet be its turn again, and is not forgotten.
func TestTheCriticSurvivesALongerSchedule(t *testing.T) {
	e := oneThread(t)
	n := staged("", "band")
	normals := noises(3, 4, n.Width, n.Height)
	o := trainOptions(filepath.Join(t.TempDir(), "c"))
	stop := func(o TrainOptions, at int) {
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		_, _, err := Train(ctx, e, n, normals, o, func(p Progress) {
			if p.Step == at {
				cancel()
			}
		})
		if !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
	}
	stop(o, 6)
	o.Resume, o.Steps = true, 1000
	stop(o, 8)
	m, err := NewModel(n, o.Seed)
	if err != nil {
		t.Fatal(err)
	}
	tr := &trainer{o: o.resolve(Sizes[0]), m: m, all: learnt(m.Params)}
	if ok, err := tr.restore(); !ok || err != nil || tr.played == nil || tr.played.Steps == 0 {
		t.Errorf("%t, %v: the critic's state %v", ok, err, tr.played)
	}
}

// TestOptimisersKeepToTheirOwn: the reconstruction's moves neither the denoiser
// nor the critic, the game moves nothing else.
func TestOptimisersKeepToTheirOwn(t *testing.T) {
	e := oneThread(t)
	n := staged("conv", "band")
	m, err := NewModel(n, 3)
	if err != nil {
		t.Fatal(err)
	}
	o := TrainOptions{Steps: 10, Batch: 2, Seed: 3}
	tr := &trainer{o: o.resolve(Sizes[0]), m: m, all: learnt(m.Params), step: 6, started: time.Now()}
	tr.groups[0] = tr.all
	tr.rate = optim.Cosine{Peak: .01}
	normals := noises(3, 2, 32, 32)
	if err := tr.denoiser(context.Background(), e, normals); err != nil {
		t.Fatal(err)
	}
	if err := tr.prepare(context.Background(), e, normals); err != nil {
		t.Fatal(err)
	}
	defer tr.close()
	f := &feeder{normals: normals, network: n, seed: 3, size: 2}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	f.start(ctx)
	game := tr.game
	if game == nil {
		t.Fatal("after six of ten steps there is no critic")
	}
	defer func() { tr.game = game }()
	for _, c := range []struct {
		name   string
		game   *mgan.Game
		critic bool // moves
	}{{"without the game's step", nil, false}, {"with it", game, true}} {
		before := m.Params.Snapshot(nil)
		f.ask(tr.step, tr.replay.draw(3, tr.step, 2, 0))
		b, err := f.next(ctx, tr.step)
		if err != nil {
			t.Fatal(err)
		}
		tr.game = c.game
		if _, err := tr.advance(b); err != nil {
			t.Fatal(err)
		}
		count := map[string]int{}
		for i, p := range m.Params.All {
			moved := !slices.Equal(before[i], p.Data())
			part, want := "reconstruction", true
			switch {
			case strings.HasPrefix(p.Name, "ssdae."):
				part, want = "denoiser", false
			case mgan.IsCritic(p):
				part, want = "critic", c.critic
			}
			if count[part]++; moved != want {
				t.Errorf("%s, %s: moved %t, want %t", c.name, p.Name, moved, want)
			}
		}
		if len(count) != 3 {
			t.Errorf("parameters of %v", count)
		}
	}
}

// TestTheDenoiserStaysAsItWasLearnt through all of the other training.
func TestTheDenoiserStaysAsItWasLearnt(t *testing.T) {
	e := oneThread(t)
	n := staged("conv", "")
	normals := noises(3, 4, 32, 32)
	got, _, err := Train(context.Background(), e, n, normals, trainOptions(""), nil)
	if err != nil {
		t.Fatal(err)
	}
	want, err := NewModel(n, trainOptions("").Seed)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ssdae.Train(context.Background(), e, want.Params, n.denoiser(), normals, ssdae.TrainOptions{Seed: 7, Steps: trainSteps}, nil); err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, p := range want.Params.All {
		if strings.HasPrefix(p.Name, "ssdae.") {
			if found++; !slices.Equal(p.Data(), got.Params.Get(p.Name).Data()) {
				t.Errorf("%s moved after the denoiser was learnt", p.Name)
			}
		}
	}
	if found == 0 {
		t.Error("there is no denoiser")
	}
}

func TestCropTraining(t *testing.T) {
	e := oneThread(t)
	for _, c := range []struct {
		n    Network
		crop int
	}{
		{Network{Size: "T", Width: 48, Height: 48}, 32},
		{Network{Size: "T", Width: 96, Height: 32}, 48}, // narrower than a window is high
		{Network{Size: "T", Width: 80, Height: 96, SSDAE: "conv", MGAN: "band"}, 64},
		{Network{Size: "T", Width: 32, Height: 32}, 64}, // pictures smaller than windows
	} {
		o := TrainOptions{Steps: 5, Batch: 2, Seed: 7, Crop: c.crop}
		m, _, err := Train(context.Background(), e, c.n, noises(3, 3, c.n.Width, c.n.Height), o, func(p Progress) {
			if p.Clean != nil && (p.Clean.W != min(c.n.Width, c.crop) || p.Clean.H != min(c.n.Height, c.crop)) {
				t.Errorf("%d x %d in windows of %d: trained on %d x %d", c.n.Width, c.n.Height, c.crop, p.Clean.W, p.Clean.H)
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		if m.Network != c.n {
			t.Errorf("the model is for %+v, want %+v", m.Network, c.n)
		}
		whole(t, e, m) // no parameter may be missing at the whole extent
	}
}

func TestCropsThatDoNotFitAreRefused(t *testing.T) {
	for _, c := range []struct {
		name string
		n    Network
		crop int
		want string
	}{
		// Under 64 pixels a stage is dropped, which the whole picture would have.
		{"fewer stages", Network{Size: "T", Width: 96, Height: 96}, 48, "64 or more"},
		{"broken side", Network{Size: "T", Width: 96, Height: 96}, 72, "multiples of 16"},
		{"the whole broken", Network{Size: "T", Width: 100, Height: 100}, 64, "100 x 100"},
		{"tiny", Network{Size: "T", Width: 48, Height: 48}, 16, "16 x 16"},
	} {
		_, _, err := Train(context.Background(), &fakeEngine{}, c.n, noises(3, 2, c.n.Width, c.n.Height), TrainOptions{Crop: c.crop}, nil)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
}

// TestLooksAtHeldPartsTeachNothing: the weights are those of a training that
// does not look, also when it is resumed where it looks.
func TestLooksAtHeldPartsTeachNothing(t *testing.T) {
	e := oneThread(t)
	n := staged("", "band")
	normals := noises(3, 4, n.Width, n.Height)
	path := filepath.Join(t.TempDir(), "c")
	run := func(o TrainOptions, until int) (*Model, Summary, error) {
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		return Train(ctx, e, n, normals, o, func(p Progress) {
			if p.Step == until {
				cancel()
			}
		})
	}
	o := TrainOptions{Steps: lookEvery + 3, Batch: 1, Seed: 7}
	want, s, err := run(o, 0)
	if err != nil || s.Stopped != BySteps {
		t.Fatal(s, err)
	}
	o.Held, o.Checkpoint = noises(4, 3, n.Width, n.Height), path
	if _, _, err := run(o, lookEvery); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	o.Resume = true
	got, _, err := run(o, 0)
	if err != nil {
		t.Fatal(err)
	}
	if !sameBits(want.Params.Snapshot(nil), got.Params.Snapshot(nil)) {
		t.Error("the weights differ from those of a training that does not look")
	}
	m, err := NewModel(n, o.Seed)
	if err != nil {
		t.Fatal(err)
	}
	tr := &trainer{o: o.resolve(Sizes[0]), m: m, all: learnt(m.Params)}
	if ok, err := tr.restore(); !ok || err != nil || len(tr.plateau.Losses) != 1 || !(tr.plateau.Losses[0] > 0) {
		t.Errorf("%t, %v: losses %v, want that after the fiftieth step", ok, err, tr.plateau.Losses)
	}
	// Flat: it ends where it is.
	tr.started = time.Now()
	tr.plateau.Losses = slices.Repeat([]float64{1}, early+patience+1)
	if err := tr.save(); err != nil {
		t.Fatal(err)
	}
	o.Steps *= 2
	if _, s, err = run(o, 0); err != nil || s.Stopped != ByFlat || s.Steps != lookEvery+3 {
		t.Errorf("%+v, %v: want an end by flatness", s, err)
	}
}

// TestTimeSpentBeforeTheFirstStep: the denoiser may take all of it.
func TestTimeSpentBeforeTheFirstStep(t *testing.T) {
	o := trainOptions("")
	o.MaxTime = time.Nanosecond
	n := staged("conv", "band")
	m, s, err := Train(context.Background(), oneThread(t), n, noises(3, 2, 32, 32), o, nil)
	if err != nil || m == nil || s.Steps != 1 {
		t.Errorf("%v, %+v, %v: want one step", m, s, err)
	}
}
