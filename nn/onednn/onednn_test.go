//go:build onednn

package onednn

import (
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"agurscope/nn"
	"agurscope/nn/nntest"
)

// start opens the engine for one test.
func start(t *testing.T, o Options) *engine {
	t.Helper()
	e, err := Open(o)
	if err != nil {
		t.Skipf("this machine cannot run the engine: %v", err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return e.(*engine)
}

// compile compiles g and closes the program at the end of the test.
func compile(t *testing.T, e *engine, g *nn.Graph, m nn.Mode) *program {
	t.Helper()
	p, err := e.Compile(g, m)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p.(*program)
}

func newGraph() *nn.Graph { return nn.NewGraph(nn.NewParams(rand.New(rand.NewPCG(1, 2)))) }

// zeros adds an input of zeros.
func zeros(g *nn.Graph, s nn.Shape) *nn.Node { return g.Input("zeros", s) }

// probe minimises the distance of y, mixed down to an image, to zeros.
func probe(g *nn.Graph, y *nn.Node) {
	y = g.Conv("probe", y, 3, 1, nn.ConvOptions{})
	s := y.Shape
	g.Minimise("l1", g.L1Loss(y, zeros(g, s), zeros(g, nn.Shape{s[0], 1, s[2], s[3]}), 0), 1)
}

// One thread: OpenMP's waiting threads spin, which the many small programs of
// the table pay dearly for. All threads are compared with gorgonia.
func TestEngineAgreesWithPlainLoops(t *testing.T) {
	nntest.TestEngine(t, start(t, Options{Threads: 1}))
}

// A processor with AVX-512 runs the kernels for AVX2 too: both are proven here.
func TestBlocksOf8AgreeWithThoseOf16(t *testing.T) {
	wide := start(t, Options{})
	if wide.block == 8 {
		t.Skip("8 is the block of this machine, tested above")
	}
	e, err := open(Options{Threads: 1}, 8)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	nntest.TestParity(t, e, wide, 1e-4)
}

func TestPyramidsOfEverySizeAreFast(t *testing.T) {
	e := start(t, Options{})
	sizes := []struct {
		name     string
		channels int
		rates    []int
	}{{"T", 48, []int{1, 2, 4}}, {"B", 128, []int{2, 4, 6}}, {"L", 384, []int{3, 6, 9}}}
	for _, size := range sizes {
		for _, extent := range []int{8, 16} {
			t.Run(fmt.Sprintf("%s at %d", size.name, extent), func(t *testing.T) {
				g := newGraph()
				x := g.Input("x", nn.Shape{2, size.channels, extent, extent})
				x.WantGradient = true
				var parts []*nn.Node
				for _, r := range size.rates {
					parts = append(parts, g.Conv(fmt.Sprint("rate ", r), x, size.channels/2, 3, nn.ConvOptions{Dilation: r}))
				}
				probe(g, g.Concat(parts...))
				for _, name := range compile(t, e, g, nn.Training).implementations() {
					if name == "" || strings.HasPrefix(name, "ref") {
						t.Errorf("a pass is run by %q", name)
					}
				}
			})
		}
	}
}

func TestWideConvolutionsUseWinogradUnlessToldNotTo(t *testing.T) {
	g := newGraph()
	x := g.Input("x", nn.Shape{1, 64, 32, 32})
	g.Keep(g.Conv("wide", x, 64, 3, nn.ConvOptions{}))
	uses := func(o Options) bool {
		return compile(t, start(t, o), g, nn.Inference).implementations()[0] == "winograd"
	}
	if !uses(Options{}) {
		t.Error("64 to 64 channels at 32x32 do not use Winograd")
	}
	if uses(Options{Direct: true}) {
		t.Error("Direct uses Winograd")
	}
}

// Kernels count on the lanes beyond the channels being zero.
func TestPaddingLanesStayZero(t *testing.T) {
	for _, mode := range []nn.Mode{nn.Inference, nn.Training} {
		g := newGraph()
		x := g.Input("x", nn.Shape{2, 17, 6, 5})
		y := g.Norm("n1", x, false)
		y = g.ReLU(g.Conv("c1", y, 24, 3, nn.ConvOptions{Bias: true, BiasInit: 1}))
		y = g.ECA("eca", g.Norm("n2", g.Upsample(y), true))
		y = g.Add(y, g.Broadcast(g.GlobalAvgPool(y), y.Shape[2], y.Shape[3]))
		y = g.Gate(y, g.Sigmoid(g.Conv("gate", y, 1, 1, nn.ConvOptions{})))
		y = g.LeakyReLU(g.Conv("c2", y, 17, 4, nn.ConvOptions{Stride: 2, Bias: true}), 0.2)
		h := g.Sigmoid(g.Conv("c3", y, 20, 3, nn.ConvOptions{}))
		g.Minimise("sparsity", g.SparsityLoss(h, 0.1), 1)
		g.Minimise("l2", g.L2Loss(h, zeros(g, h.Shape)), 1)
		y = g.Fold(g.Conv("c4", h, 9*9, 1, nn.ConvOptions{}), 3, 1)
		probe(g, g.Concat(y, y))
		for _, n := range g.Nodes {
			n.Keep = true
			n.WantGradient = len(n.In) > 0 && n.Shape != (nn.Shape{1, 1, 1, 1})
		}
		for _, p := range g.Params.All {
			for i := range p.Data() {
				p.Data()[i] += 0.5
			}
		}
		p := compile(t, start(t, Options{}), g, mode)
		data := make([]float32, x.Shape.Size())
		for i := range data {
			data[i] = float32(i%13) - 5
		}
		p.Set(x, data)
		if err := p.Forward(); err != nil {
			t.Fatal(err)
		}
		if mode == nn.Training {
			if err := p.Backward(); err != nil {
				t.Fatal(err)
			}
		}
		checked := 0
		for _, v := range p.values {
			for what, x := range map[string]*_Ctype_float{"value": v.x, "gradient": v.dx} {
				if x == nil || v.block == 1 {
					continue
				}
				lanes := floats(x, v.floats())
				for i, f := range lanes {
					channel := i/(v.hw()*v.block)%v.cb*v.block + i%v.block
					if channel >= v.node.Shape[1] {
						checked++
						if f != 0 {
							t.Fatalf("%s of %v: channel %d of %d holds %g", what, v.node.Op, channel, v.node.Shape[1], f)
						}
					}
				}
			}
		}
		if checked == 0 {
			t.Error("no padding was looked at")
		}
	}
}

// What lies in scratch memory between two passes is another layer's, or nothing.
func TestScratchIsWrittenBeforeItIsRead(t *testing.T) {
	for _, o := range []Options{{}, {Direct: true}, {Plan: filepath.Join(t.TempDir(), "plan.json"), BF16: true}} {
		for _, mode := range []nn.Mode{nn.Inference, nn.Training} {
			e := start(t, o)
			g := newGraph()
			x := g.Input("x", nn.Shape{2, 17, 9, 8})
			x.WantGradient = true
			y := g.Norm("n", g.Conv("wide", x, 40, 3, nn.ConvOptions{Dilation: 6, Bias: true}), true)
			y = g.Conv("point", g.ReLU(g.Conv("3x3", y, 24, 3, nn.ConvOptions{})), 33, 1, nn.ConvOptions{Bias: true})
			y = g.Concat(y, g.Slice(y, 3, 20))
			y = g.Conv("enlarged", g.Upsample(y), 16, 3, nn.ConvOptions{})
			y = g.Keep(g.Conv("stride", g.Attend(y, y, y, nn.Attend{Factor: .1}), 20, 4, nn.ConvOptions{Stride: 2}))
			probe(g, y)
			if e.timings != nil { // as if it were faster
				e.timings.all[e.timings.machine] = rounded(g)
			}
			p := compile(t, e, g, mode)
			data := make([]float32, x.Shape.Size())
			for i := range data {
				data[i] = float32(i*i%29)/29 - .3
			}
			p.Set(x, data)
			step := func() (all []float32) {
				if err := p.Forward(); err != nil {
					t.Fatal(err)
				}
				all = append(all, p.Get(y, nil)...)
				if mode == nn.Inference {
					return all
				}
				if err := p.Backward(); err != nil {
					t.Fatal(err)
				}
				for _, w := range g.Params.All {
					all = append(all, w.GradData()...)
				}
				return append(all, p.Gradient(x, nil)...)
			}
			statistics := g.Params.Snapshot(nil)
			first := step()
			g.Params.Restore(statistics)
			for _, s := range [][]float32{
				floats(p.tempA, p.need.tempA), floats(p.tempB, p.need.tempB), floats(p.scratch, p.need.scratch),
				floats(p.plain, p.need.plain), floats((*_Ctype_float)(p.convScratch), p.need.conv/4),
			} {
				for i := range s {
					s[i] = float32(math.NaN())
				}
			}
			if !slices.Equal(first, step()) {
				t.Errorf("%+v, mode %d: a second pass gives other bits", o, mode)
			}
		}
	}
}

// rounded is a plan in which bf16 is the fastest for every convolution.
func rounded(g *nn.Graph) map[string]timing {
	plan := map[string]timing{}
	for _, n := range g.Nodes {
		if op, ok := n.Op.(nn.Conv); ok {
			x := n.In[0].Shape
			key := fmt.Sprintf("%v-%dx%dx%d k%d s%d d%d", x, n.Shape[1], n.Shape[2], n.Shape[3], op.Kernel, op.Stride, op.Dilation)
			plan[key] = timing{"direct": 2, "winograd": 3, "bf16": 1}
		}
	}
	return plan
}

// oneDNN splits its sums by threads; the kernels of this package do not.
func TestOwnKernelsDoNotDependOnThreads(t *testing.T) {
	run := func(threads int) []float32 {
		g := newGraph()
		x, target := g.Input("x", nn.Shape{3, 5, 40, 40}), g.Input("target", nn.Shape{3, 5, 80, 80})
		x.WantGradient = true
		y := g.LeakyReLU(g.Norm("n", x, true), 0.5)
		wide := g.ReLU(g.Conv("w1", g.Concat(y, y, y, y), 48, 3, nn.ConvOptions{Bias: true}))
		wide = g.Conv("w2", wide, 20, 3, nn.ConvOptions{Bias: true})
		y = g.Keep(g.ECA("e", g.Add(g.Upsample(y), g.Fold(wide, 2, 2))))
		g.Minimise("l1", g.L1Loss(y, target, zeros(g, nn.Shape{3, 1, 80, 80}), 0), 1)
		g.Minimise("ssim", g.SSIMLoss(y, target), 1)
		g.Minimise("spectrum", g.SpectrumLoss(y, target), 1)
		g.Minimise("l2", g.L2Loss(y, target), 1)
		g.Minimise("sparsity", g.SparsityLoss(g.Sigmoid(y), 0.1), 1)
		p := compile(t, start(t, Options{Threads: threads}), g, nn.Training)
		for _, n := range []*nn.Node{x, target} {
			data := make([]float32, n.Shape.Size())
			for i := range data {
				data[i] = float32(i*i%29) / 29
			}
			p.Set(n, data)
		}
		if err := p.Forward(); err != nil {
			t.Fatal(err)
		}
		if err := p.Backward(); err != nil {
			t.Fatal(err)
		}
		return slices.Concat(p.Get(y, nil), p.Gradient(x, nil), g.Params.Get("n.gamma").GradData(),
			g.Params.Get("w2.weight").GradData(), g.Params.Get("w2.bias").GradData())
	}
	one := run(1)
	for _, threads := range []int{2, 3} {
		if !slices.Equal(one, run(threads)) {
			t.Errorf("1 and %d threads give other bits", threads)
		}
	}
}

// OpenMP would end the program.
func TestThreadsAreBounded(t *testing.T) {
	if e := start(t, Options{Threads: 1 << 20}); e.threads > 4*runtime.NumCPU() {
		t.Errorf("%d threads", e.threads)
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1)) // as in a container that has one
	if e := start(t, Options{}); e.threads != 1 {
		t.Errorf("%d threads of one processor", e.threads)
	}
}

func TestClosedEngineRefusesWorkAndClosesAgain(t *testing.T) {
	e, err := Open(Options{})
	if err != nil {
		t.Skipf("this machine cannot run the engine: %v", err)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	e.Close() // must do no harm; it may say that it is closed
	g := newGraph()
	g.Keep(g.ReLU(zeros(g, nn.Shape{1, 3, 2, 2})))
	if p, err := e.Compile(g, nn.Inference); err == nil {
		p.Close()
		t.Error("a closed engine compiles")
	}
}

func TestWhatCannotRunIsNamed(t *testing.T) {
	e := start(t, Options{})
	for want, build := range map[string]func(g *nn.Graph){
		"L1 loss": func(g *nn.Graph) {
			x := zeros(g, nn.Shape{1, 16, 2, 2})
			g.Minimise("l1", g.L1Loss(x, x, zeros(g, nn.Shape{1, 1, 2, 2}), 0), 1)
		},
		"score input": func(g *nn.Graph) { x := zeros(g, nn.Shape{1, 8, 2, 2}); g.ScoreInput(x, x) },
	} {
		g := newGraph()
		build(g)
		if _, err := e.Compile(g, nn.Inference); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}
