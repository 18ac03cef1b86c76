package optim

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"agurscope/nn"
)

// params returns a small network's parameters, all with gradients that later
// calls of fill change: two weights, a bias, and the statistics of a Norm.
func params(seed uint64) *nn.Params {
	ps := nn.NewParams(rand.New(rand.NewPCG(seed, 1)))
	g := nn.NewGraph(ps)
	x := g.Input("x", nn.Shape{1, 3, 8, 8})
	h := g.Norm("norm", g.Conv("a", x, 4, 3, nn.ConvOptions{}), true)
	g.Conv("b", h, 2, 1, nn.ConvOptions{Bias: true, BiasInit: .5})
	return ps
}

// fill draws new gradients, some exactly zero and of very different sizes.
func fill(rng *rand.Rand, ps []*nn.Param) {
	for _, p := range ps {
		for i := range p.GradData() {
			p.GradData()[i] = float32(rng.NormFloat64() * math.Pow(10, rng.Float64()*6-4))
			if rng.IntN(10) == 0 {
				p.GradData()[i] = 0
			}
		}
	}
}

// textbook is AdamW of https://arxiv.org/abs/1711.05101, algorithm 2, value by
// value in float64.
type textbook struct {
	beta1, beta2, eps, decay float64
	m, v                     [][]float64
	t                        int
}

func (o *textbook) step(w, g [][]float64, decays []bool, lr float64) {
	if o.m == nil {
		for i := range w {
			o.m = append(o.m, make([]float64, len(w[i])))
			o.v = append(o.v, make([]float64, len(w[i])))
		}
	}
	o.t++
	for i := range w {
		for k := range w[i] {
			o.m[i][k] = o.beta1*o.m[i][k] + (1-o.beta1)*g[i][k]
			o.v[i][k] = o.beta2*o.v[i][k] + (1-o.beta2)*g[i][k]*g[i][k]
			mHat := o.m[i][k] / (1 - math.Pow(o.beta1, float64(o.t)))
			vHat := o.v[i][k] / (1 - math.Pow(o.beta2, float64(o.t)))
			step := mHat / (math.Sqrt(vHat) + o.eps)
			if decays[i] {
				step += o.decay * w[i][k]
			}
			w[i][k] -= lr * step
		}
	}
}

func wide(v []float32) []float64 {
	out := make([]float64, len(v))
	for i, x := range v {
		out[i] = float64(x)
	}
	return out
}

func TestAdamWIsTheTextbook(t *testing.T) {
	for _, c := range []struct {
		name string
		o    AdamW
		want textbook
	}{
		{"defaults", AdamW{}, textbook{beta1: .9, beta2: .999, eps: 1e-8, decay: 1e-4}},
		{"own values", AdamW{Beta1: .8, Beta2: .95, Eps: 1e-3, Decay: .1}, textbook{beta1: .8, beta2: .95, eps: 1e-3, decay: .1}},
		{"no decay", AdamW{Decay: -1}, textbook{beta1: .9, beta2: .999, eps: 1e-8}},
	} {
		t.Run(c.name, func(t *testing.T) {
			all := Trained(params(1))
			rng := rand.New(rand.NewPCG(2, 2))
			var w [][]float64
			var decays []bool
			for _, p := range all {
				w = append(w, wide(p.Data()))
				decays = append(decays, p.Role == nn.Weight)
			}
			for step := range 20 {
				fill(rng, all)
				var g [][]float64
				for _, p := range all {
					g = append(g, wide(p.GradData()))
				}
				lr := .01 * float64(step+1)
				c.o.Step(all, lr)
				c.want.step(w, g, decays, lr)
			}
			for i, p := range all {
				for k, v := range p.Data() {
					if d := math.Abs(float64(v) - w[i][k]); d > 2e-5*(1+math.Abs(w[i][k])) {
						t.Fatalf("%s[%d] = %g after 20 steps, the textbook says %g", p.Name, k, v, w[i][k])
					}
				}
			}
			if c.o.Steps != 20 {
				t.Errorf("%d steps counted, want 20", c.o.Steps)
			}
		})
	}
}

func TestDecayShrinksWeightsOnly(t *testing.T) {
	ps := params(3)
	all := Trained(ps)
	before := ps.Snapshot(nil)
	for _, p := range all {
		clear(p.GradData())
	}
	const lr, decay = .1, .5
	(&AdamW{Decay: decay}).Step(all, lr)
	for i, p := range ps.All {
		want := float32(1)
		if p.Role == nn.Weight {
			want = 1 - lr*decay
		}
		for k, v := range p.Data() {
			if math.Abs(float64(v-want*before[i][k])) > 1e-7 {
				t.Errorf("%s (role %d): %g became %g, want the %g-fold", p.Name, p.Role, before[i][k], v, want)
				break
			}
		}
	}
}

func TestTrainedLeavesStatisticsOut(t *testing.T) {
	var names []string
	for _, p := range Trained(params(1)) {
		names = append(names, p.Name)
	}
	if want := []string{"a.weight", "norm.gamma", "norm.beta", "b.weight", "b.bias"}; !slices.Equal(names, want) {
		t.Errorf("trained %v, want %v", names, want)
	}
}

func TestStepsRepeatBitForBit(t *testing.T) {
	run := func() [][]float32 {
		ps := params(5)
		all, rng := Trained(ps), rand.New(rand.NewPCG(6, 6))
		var o AdamW
		for range 10 {
			fill(rng, all)
			Clip(all, 1)
			o.Step(all, 1e-2)
		}
		return ps.Snapshot(nil)
	}
	a, b := run(), run()
	for i := range a {
		if !slices.Equal(a[i], b[i]) {
			t.Fatalf("parameter %d differs between two equal runs", i)
		}
	}
}

func TestClip(t *testing.T) {
	for _, c := range []struct {
		name  string
		grads []float32 // of b.bias; everything else zero
		limit float64
		norm  float64
		want  []float32
	}{
		{"below stays", []float32{.3, .4}, 1, .5, []float32{.3, .4}},
		{"at the limit stays", []float32{3, 4}, 5, 5, []float32{3, 4}},
		{"above shrinks to the limit", []float32{30, -40}, 5, 50, []float32{3, -4}},
		{"zero stays", []float32{0, 0}, 5, 0, []float32{0, 0}},
	} {
		t.Run(c.name, func(t *testing.T) {
			ps := params(1)
			all := Trained(ps)
			for _, p := range all {
				clear(p.GradData())
			}
			bias := ps.Get("b.bias")
			copy(bias.GradData(), c.grads)
			if got := Clip(all, c.limit); math.Abs(got-c.norm) > 1e-6*(1+c.norm) {
				t.Errorf("norm %g, want %g", got, c.norm)
			}
			for i, v := range bias.GradData() {
				if math.Abs(float64(v-c.want[i])) > 1e-6 {
					t.Errorf("gradient %d is %g, want %g", i, v, c.want[i])
				}
			}
		})
	}
}

func TestClipTakesTheNormOverAllParameters(t *testing.T) {
	all := Trained(params(7))
	fill(rand.New(rand.NewPCG(8, 8)), all)
	norm := func() float64 {
		s := 0.0
		for _, p := range all {
			for _, g := range p.GradData() {
				s += float64(g) * float64(g)
			}
		}
		return math.Sqrt(s)
	}
	before := norm()
	if got := Clip(all, before/3); got != before {
		t.Errorf("norm before %g, want %g", got, before)
	}
	if got := norm(); math.Abs(got-before/3) > 1e-5*before {
		t.Errorf("norm after %g, want %g", got, before/3)
	}
}

func TestCosine(t *testing.T) {
	c := Cosine{Peak: 2, Warmup: 50}
	for _, x := range []struct {
		name     string
		c        Cosine
		step     int
		progress float64
		want     float64
	}{
		{"first step is a fiftieth", c, 1, 0, 2. / 50},
		{"half of the warm-up", c, 25, 0, 1},
		{"end of the warm-up is the peak", c, 50, 0, 2},
		{"half of the budget", c, 1000, .5, 2 * .51},
		{"end is 2 %", c, 1000, 1, 2 * .02},
		{"beyond the end stays", c, 1000, 7, 2 * .02},
		{"before the start is the start", c, 1000, -1, 2},
		{"no warm-up", Cosine{Peak: 3}, 1, 0, 3},
		{"warm-up cut by a short budget", c, 10, 1, 2 * .2 * .02},
	} {
		if got := x.c.Rate(x.step, x.progress); math.Abs(got-x.want) > 1e-12 {
			t.Errorf("%s: rate %g, want %g", x.name, got, x.want)
		}
	}
	last := math.Inf(1)
	for p := 0.0; p <= 1; p += .01 {
		r := c.Rate(1000, p)
		if r > last || r < .04-1e-12 || r > 2 {
			t.Fatalf("rate %g at %g after %g: it must fall from the peak to 2 %%", r, p, last)
		}
		last = r
	}
}

func TestEMAIsTheWeightedMean(t *testing.T) {
	ps := params(9)
	all, rng := Trained(ps), rand.New(rand.NewPCG(10, 10))
	e := EMA{Decay: .9}
	var want []float64
	for step := 1; step <= 200; step++ {
		for _, p := range all {
			for i := range p.Data() {
				p.Data()[i] = float32(rng.NormFloat64())
			}
		}
		w := wide(all[0].Data())
		d := min(.9, (1+float64(step))/(10+float64(step)))
		if want == nil {
			want = w
		}
		for i := range want {
			want[i] = d*want[i] + (1-d)*w[i]
		}
		e.Update(all)
	}
	for i, v := range e.Avg[0] {
		if math.Abs(float64(v)-want[i]) > 1e-5 {
			t.Fatalf("average %d is %g, want %g", i, v, want[i])
		}
	}
}

func TestEMAOfAConstantIsTheConstantFromTheFirstStep(t *testing.T) {
	ps := params(9)
	all := Trained(ps)
	e := EMA{Decay: .999}
	for step := range 3 {
		e.Update(all)
		for i, p := range all {
			if !slices.Equal(e.Avg[i], p.Data()) {
				t.Fatalf("step %d: the average of %s is not its constant value", step+1, p.Name)
			}
		}
	}
}

func TestSwapTwiceIsTheIdentity(t *testing.T) {
	ps := params(11)
	all, rng := Trained(ps), rand.New(rand.NewPCG(12, 12))
	e := EMA{Decay: .5}
	var o AdamW
	for range 3 {
		fill(rng, all)
		o.Step(all, .1)
		e.Update(all)
	}
	weights := ps.Snapshot(nil)
	var average [][]float32
	for _, a := range e.Avg {
		average = append(average, slices.Clone(a))
	}
	e.Swap(all)
	for i, p := range all {
		if !slices.Equal(p.Data(), average[i]) {
			t.Fatalf("%s is not the average after one swap", p.Name)
		}
	}
	e.Swap(all)
	for i, w := range ps.Snapshot(nil) {
		if !slices.Equal(w, weights[i]) {
			t.Fatalf("%s changed by two swaps", ps.All[i].Name)
		}
	}
	for i, a := range e.Avg {
		if !slices.Equal(a, average[i]) {
			t.Fatalf("average %d changed by two swaps", i)
		}
	}
}
