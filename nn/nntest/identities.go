package nntest

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"agurscope/nn"
	"agurscope/nn/internal/naive"
)

// testIdentities proves equations that need no reference: the engine is
// compared with itself and with exact values.
func testIdentities(t *testing.T, e nn.Engine) {
	t.Helper()
	for name, test := range map[string]func(*testing.T, nn.Engine){
		"dilation is a kernel stuffed with zeros":    dilationStuffs,
		"an open gate is the identity, a shut one 0": gateExtremes,
		"attention with kernel 0 halves":             attentionHalves,
		"the spectrum ignores circular shifts":       spectrumShifts,
		"an image resembles itself":                  similarItself,
		"the gradient of upsampling is its adjoint":  upsampleAdjoint,
		"inference equals training after full moves": statisticsMeet,
	} {
		t.Run(name, func(t *testing.T) { test(t, e) })
	}
}

func emptyNet() *net {
	rng := rand.New(rand.NewPCG(11, 13))
	return &net{g: nn.NewGraph(nn.NewParams(rng)), rng: rng, data: map[*nn.Node][]float32{}}
}

// infer runs b once and returns the value of n.
func infer(t *testing.T, e nn.Engine, b *net, n *nn.Node) []float32 {
	t.Helper()
	p := compile(t, e, b, nn.Inference)
	if err := p.Forward(); err != nil {
		t.Fatal(err)
	}
	return p.Get(n, nil)
}

// dilationStuffs is Eq. 1 of the paper.
func dilationStuffs(t *testing.T, e nn.Engine) {
	for _, d := range []int{2, 3, 6} {
		b := emptyNet()
		x := b.fixed(1, 5, 11, 9)
		spread := b.g.Keep(b.g.Conv("spread", x, 8, 3, nn.ConvOptions{Dilation: d}))
		stuffed := b.g.Keep(b.g.Conv("stuffed", x, 8, 2*d+1, nn.ConvOptions{}))
		w, z := b.g.Params.Get("spread.weight").Data(), b.g.Params.Get("stuffed.weight").Data()
		clear(z)
		for i, v := range w {
			plane, r, c := i/9, i%9/3, i%3
			z[(plane*(2*d+1)+r*d)*(2*d+1)+c*d] = v
		}
		p := compile(t, e, b, nn.Inference)
		if err := p.Forward(); err != nil {
			t.Fatal(err)
		}
		if diff := difference(naive.Widen(p.Get(spread, nil)), naive.Widen(p.Get(stuffed, nil)), 0); !(diff < 1e-5) {
			t.Errorf("dilation %d differs by %.2g", d, diff)
		}
	}
}

// gateExtremes is Eq. 2 with the bias of ψ at both ends.
func gateExtremes(t *testing.T, e nn.Engine) {
	for _, bias := range []float64{math.Inf(1), 1e4, -1e4, math.Inf(-1)} {
		b := emptyNet()
		x := b.fixed(1, 17, 5, 3)
		psi := b.g.Conv("psi", x, 1, 1, nn.ConvOptions{Bias: true, BiasInit: float32(bias)})
		y := b.g.Keep(b.g.Gate(x, b.g.Sigmoid(psi)))
		for i, v := range infer(t, e, b, y) {
			if want := float64(b.data[x][i]); bias > 0 && math.Abs(float64(v)-want) > 1e-6 ||
				bias < 0 && math.Abs(float64(v)) > 1e-30 {
				t.Fatalf("bias %g turns %g into %g", bias, want, v)
			}
		}
	}
}

// attentionHalves: σ(0) is one half, exactly.
func attentionHalves(t *testing.T, e nn.Engine) {
	for _, c := range []int{3, 17, 96} {
		b := emptyNet()
		x := b.fixed(3, c, 3, 5)
		y := b.g.Keep(b.g.ECA("eca", x))
		clear(b.g.Params.Get("eca.weight").Data())
		for i, v := range infer(t, e, b, y) {
			if v != b.data[x][i]/2 {
				t.Fatalf("%d channels: half of %g is %g", c, b.data[x][i], v)
			}
		}
	}
}

func spectrumShifts(t *testing.T, e nn.Engine) {
	const h, w = 6, 10
	b := emptyNet()
	x, y := b.target(1, 3, h, w), b.target(1, 3, h, w)
	for i := range b.data[x] {
		plane, r, c := i/(h*w), i/w%h, i%w
		b.data[y][i] = b.data[x][(plane*h+(r+2)%h)*w+(c+3)%w]
	}
	if v := infer(t, e, b, b.g.SpectrumLoss(y, x))[0]; !(v < 1e-5) {
		t.Errorf("a shift by (2,3) costs %g", v)
	}
}

func similarItself(t *testing.T, e nn.Engine) {
	b := emptyNet()
	x := b.target(3, 3, 13, 12)
	loss, map_ := b.g.SSIMLoss(x, x), b.g.Keep(b.g.Residual(x, x, false))
	p := compile(t, e, b, nn.Inference)
	if err := p.Forward(); err != nil {
		t.Fatal(err)
	}
	if v := p.Get(loss, nil)[0]; math.Abs(float64(v)) > 1e-6 {
		t.Errorf("1 - SSIM(x,x) = %g", v)
	}
	for _, v := range p.Get(map_, nil) {
		if v != 0 {
			t.Fatalf("x differs from x by %g", v)
		}
	}
}

// upsampleAdjoint: ⟨U x, s⟩ = ⟨x, Uᵀ s⟩ for the sign pattern s of an L1 loss.
func upsampleAdjoint(t *testing.T, e nn.Engine) {
	for _, s := range [][2]int{{1, 1}, {1, 4}, {5, 3}} {
		b := emptyNet()
		x := b.input(1, 3, s[0], s[1])
		up := b.g.Upsample(x)
		b.probe(up)
		target := b.g.Nodes[up.ID+1]
		p := compile(t, e, b, nn.Training)
		if err := p.Forward(); err != nil {
			t.Fatal(err)
		}
		if err := p.Backward(); err != nil {
			t.Fatal(err)
		}
		left, right, size := 0.0, 0.0, 0.0
		for i, v := range p.Get(up, nil) {
			sign := math.Copysign(1, float64(v-b.data[target][i]))
			left += float64(v) * sign / float64(up.Shape.Size())
			size += math.Abs(float64(v)) / float64(up.Shape.Size())
		}
		for i, g := range p.Gradient(x, nil) {
			right += float64(g) * float64(b.data[x][i])
		}
		if !(math.Abs(left-right) < 1e-5*size) {
			t.Errorf("%v: ⟨Ux,s⟩ = %g, ⟨x,Uᵀs⟩ = %g", s, left, right)
		}
	}
}

// statisticsMeet: with momentum 1 the running statistics are the batch's, and
// but for the unbiased variance inference repeats what training computed.
func statisticsMeet(t *testing.T, e nn.Engine) {
	b := emptyNet()
	y := b.g.Keep(b.g.Norm("norm", b.fixed(3, 17, 20, 21), true))
	p := compile(t, e, b, nn.Training)
	p.SetMomentum(1)
	if err := p.Forward(); err != nil {
		t.Fatal(err)
	}
	trained := naive.Widen(p.Get(y, nil))
	if d := difference(naive.Widen(infer(t, e, b, y)), trained, 0); !(d < 1e-3) {
		t.Errorf("differs by %.2g", d)
	}
}

// TestPromises proves what nn.Engine and nn.Program say about their use.
func TestPromises(t *testing.T, e nn.Engine) {
	t.Helper()
	for name, test := range map[string]func(*testing.T, nn.Engine){
		"many goroutines use one engine":         manyGoroutines,
		"misuse is told":                         misuse,
		"programs share parameters":              sharedParams,
		"Get and Gradient fill a given slice":    fillsSlice,
		"a loss of an inference program is read": inferenceLoss,
		"a closed program says so":               closedProgram,
	} {
		t.Run(name, func(t *testing.T) { test(t, e) })
	}
}

func caseNamed(name string) testCase {
	for _, c := range cases() {
		if c.name == name {
			return c
		}
	}
	panic("no case " + name)
}

func manyGoroutines(t *testing.T, e nn.Engine) {
	c := caseNamed("block 17 to 24 stride 2")
	want := step(t, e, newNet(c))
	results := make(chan error)
	const users = 6
	for range users {
		go func() {
			results <- func() error {
				b := newNet(c)
				p, err := e.Compile(b.g, nn.Training)
				if err != nil {
					return err
				}
				defer p.Close()
				for n, x := range b.data {
					p.Set(n, x)
				}
				if err := p.Forward(); err != nil {
					return err
				}
				if err := p.Backward(); err != nil {
					return err
				}
				if name, ok := same(want, b.outcomes(p)); !ok {
					return fmt.Errorf("other bits in %s", name)
				}
				return nil
			}()
		}()
	}
	for range users {
		if err := <-results; err != nil {
			t.Error(err)
		}
	}
}

func misuse(t *testing.T, e nn.Engine) {
	b := emptyNet()
	x := b.fixed(1, 3, 4, 4)
	y := b.g.ReLU(x)
	b.g.Keep(b.g.Sigmoid(y))
	p := compile(t, e, b, nn.Inference)
	if p.Backward() == nil {
		t.Error("Backward of an inference program is not refused")
	}
	if err := p.Forward(); err != nil {
		t.Fatal(err)
	}
	for what, f := range map[string]func(){
		"Set of a wrong length":       func() { p.Set(x, make([]float32, 5)) },
		"Get of a value not kept":     func() { p.Get(y, nil) },
		"Gradient that is not wanted": func() { p.Gradient(x, nil) },
	} {
		if nn.Try(f) == nil {
			t.Errorf("%s is not refused with a shape error", what)
		}
	}
	for i := range 2 { // and once more by the clean-up of compile
		if err := p.Close(); err != nil {
			t.Errorf("close %d: %v", i+1, err)
		}
	}
}

// closedProgram: what was not computed must not look as if it were.
func closedProgram(t *testing.T, e nn.Engine) {
	for _, m := range []nn.Mode{nn.Inference, nn.Training} {
		b := newNet(caseNamed("few planes"))
		p := compile(t, e, b, m)
		if err := p.Forward(); err != nil {
			t.Fatal(err)
		}
		if err := p.Close(); err != nil {
			t.Fatal(err)
		}
		for n, x := range b.data {
			p.Set(n, x)
		}
		for name, f := range map[string]func() error{"Forward": p.Forward, "Backward": p.Backward, "Reload": p.Reload} {
			if f() == nil {
				t.Errorf("%s of a closed program (mode %d) is no error", name, m)
			}
		}
	}
}

// sharedParams: a training program reads weights at each Forward, an inference
// program when told to.
func sharedParams(t *testing.T, e nn.Engine) {
	c := caseNamed("conv norm relu 24 to 17")
	b := newNet(c)
	p := compile(t, e, b, nn.Training)
	for i := range b.g.Params.All[0].Data() {
		b.g.Params.All[0].Data()[i] *= -0.5
	}
	want := naive.Run(b.g, nn.Training, b.wide(), nil)
	if err := p.Forward(); err != nil {
		t.Fatal(err)
	}
	for _, n := range b.readable() {
		if d := difference(naive.Widen(p.Get(n, nil)), want.Of(n), 0); !(d < Single.Forward) {
			t.Errorf("%v differs by %.2g: weights are not read at Forward", n.Op, d)
		}
	}
}

func fillsSlice(t *testing.T, e nn.Engine) {
	b := emptyNet()
	x := b.input(1, 17, 3, 3)
	b.probe(x)
	p := compile(t, e, b, nn.Training)
	if err := p.Forward(); err != nil {
		t.Fatal(err)
	}
	if err := p.Backward(); err != nil {
		t.Fatal(err)
	}
	for name, f := range map[string]func(*nn.Node, []float32) []float32{"Get": p.Get, "Gradient": p.Gradient} {
		long := make([]float32, x.Shape.Size()+9)
		if got := f(x, long); len(got) != x.Shape.Size() || &got[0] != &long[0] {
			t.Errorf("%s of %d values into room for %d returns %d, elsewhere", name, x.Shape.Size(), len(long), len(got))
		}
		if got := f(x, make([]float32, 2)); len(got) != x.Shape.Size() {
			t.Errorf("%s into a short slice returns %d of %d values", name, len(got), x.Shape.Size())
		}
	}
}

func inferenceLoss(t *testing.T, e nn.Engine) {
	b := newNet(caseNamed("tiny U-net"))
	p := compile(t, e, b, nn.Inference)
	if err := p.Forward(); err != nil {
		t.Fatal(err)
	}
	want := naive.Run(b.g, nn.Inference, b.wide(), nil)
	for _, l := range b.g.Losses {
		if got := p.Get(l.Node, nil); len(got) != 1 || math.Abs(float64(got[0])-want.Of(l.Node)[0]) > 1e-4 {
			t.Errorf("%s is %v, want %g", l.Name, got, want.Of(l.Node)[0])
		}
	}
}
