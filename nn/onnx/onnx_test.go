package onnx_test

import (
	"bytes"
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"agurscope/nn"
	"agurscope/nn/internal/naive"
	"agurscope/nn/onnx"
	"agurscope/nn/onnx/onnxtest"
)

// network is every operation of inference, in awkward shapes.
func network(batch int) (g *nn.Graph, x, y *nn.Node, want []*nn.Node) {
	rng := rand.New(rand.NewPCG(5, 6))
	g = nn.NewGraph(nn.NewParams(rng))
	x, y = g.Input("x", nn.Shape{batch, 3, 12, 20}), g.Input("y", nn.Shape{batch, 3, 12, 20})
	z := g.Norm("before", g.ScoreInput(x, y), true)
	a := g.Norm("folded", g.Conv("wide", z, 17, 3, nn.ConvOptions{Dilation: 2}), true)
	a = g.Norm("biased", g.Conv("bias", a, 17, 1, nn.ConvOptions{Bias: true}), false)
	both := g.Conv("read twice", a, 17, 3, nn.ConvOptions{})
	a = g.Add(g.Norm("not folded", both, true), both)
	a = g.Add(a, g.Broadcast(g.ReLU(g.Conv("mean", g.GlobalAvgPool(a), 17, 1, nn.ConvOptions{Bias: true})), 12, 20))
	a = g.Gate(g.ECA("eca", a), g.Sigmoid(g.Conv("gate", a, 1, 1, nn.ConvOptions{})))
	even := g.LeakyReLU(g.Conv("even", a, 32, 4, nn.ConvOptions{Stride: 2}), .2)
	folded := g.Fold(g.Conv("patches", even, 3*16, 1, nn.ConvOptions{Bias: true}), 4, 2)
	side := g.Fold(g.Conv("more patches", x, 2*9, 1, nn.ConvOptions{}), 3, 1)
	up := g.Sigmoid(g.Upsample(even))
	attended := g.Attend(g.Slice(even, 0, 8), g.Slice(even, 8, 8), g.Slice(even, 3, 17), nn.Attend{Factor: .3})
	attended = g.Add(attended, g.Attend(attended, attended, attended, nn.Attend{Channels: true, Factor: -.2}))
	up = g.Concat(up, g.Tanh(g.Upsample(attended)), g.Mul(folded, g.Exp(g.Sigmoid(folded))))
	all := g.Concat(up, folded, side, a)
	r := g.Sigmoid(g.Conv("picture", all, 3, 3, nn.ConvOptions{Bias: true}))
	want = []*nn.Node{
		r, all, g.Blur(g.Residual(x, r, false), 1.3), g.Blur(g.Residual(x, r, true), 0), g.GlobalAvgPool(all), a,
	}
	g.Conv("nobody asks", r, 4, 3, nn.ConvOptions{})
	for _, p := range g.Params.All {
		if p.Role == nn.Weight {
			continue
		}
		for i := range p.Data() {
			p.Data()[i] = .5 + rng.Float32()
		}
	}
	return g, x, y, want
}

func model(t *testing.T) *onnx.Model {
	t.Helper()
	g, x, y, want := network(1)
	b := onnx.NewBuilder("test")
	at, err := b.Translate(g, want, map[*nn.Node]string{
		x: b.Input("x", "a picture", x.Shape[1:]...), y: b.Input("y", "another", y.Shape[1:]...),
	})
	if err != nil {
		t.Fatal(err)
	}
	for i, n := range want {
		b.Output(string(rune('a'+i)), "", at[n], n.Shape[1:]...)
	}
	return &onnx.Model{Producer: "test", Version: "1", Metadata: []onnx.Property{{"key", "value"}, {"none", ""}}, Graph: b.Graph}
}

func written(t *testing.T, m *onnx.Model) []byte {
	t.Helper()
	var buf bytes.Buffer
	n, err := m.WriteTo(&buf)
	if err != nil || n != int64(buf.Len()) {
		t.Fatalf("%d of %d bytes: %v", n, buf.Len(), err)
	}
	return buf.Bytes()
}

func picture(seed uint64, n int) []float32 {
	rng := rand.New(rand.NewPCG(seed, 1))
	x := make([]float32, n)
	for i := range x {
		x[i] = rng.Float32()
	}
	return x
}

func TestWhatWasWrittenMeansTheSameAsTheGraph(t *testing.T) {
	const plane = 3 * 12 * 20
	m, ir, opset, err := onnxtest.Parse(written(t, model(t)))
	if err != nil {
		t.Fatal(err)
	}
	if ir != 8 || opset != onnx.Opset {
		t.Errorf("IR %d, opset %d", ir, opset)
	}
	for _, batch := range []int{1, 3} {
		dims := []int{batch, 3, 12, 20}
		x, y := naive.Widen(picture(2, batch*plane)), naive.Widen(picture(3, batch*plane))
		got, err := onnxtest.Run(m, map[string]onnxtest.Tensor{"x": {Dims: dims, Data: x}, "y": {Dims: dims, Data: y}})
		if err != nil {
			t.Fatal(err)
		}
		g, first, second, want := network(batch)
		r := naive.Run(g, nn.Inference, map[*nn.Node][]float64{first: x, second: y}, nil)
		for i, n := range want {
			name := string(rune('a' + i))
			for k, v := range r.Of(n) {
				// Weights, folded ones too, are rounded to single precision.
				if d := math.Abs(got[name].Data[k] - v); !(d <= 2e-6*max(1, math.Abs(v))) {
					t.Fatalf("%d images: %v, element %d is %g, want %g", batch, n.Op, k, got[name].Data[k], v)
				}
			}
		}
	}
}

func TestParsingGivesBackWhatWasWritten(t *testing.T) {
	want := written(t, model(t))
	m, _, _, err := onnxtest.Parse(want)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(written(t, m), want) {
		t.Error("what was read is written otherwise")
	}
}

// A convolution's only reader is a normalisation: one node is left of both.
func TestNormalisationIsFolded(t *testing.T) {
	nodes := map[string]int{}
	for _, n := range model(t).Graph.Nodes {
		nodes[n.Op]++
		if n.Name == "nobody asks" {
			t.Error("what nobody asks for is written")
		}
	}
	if nodes["BatchNormalization"] != 2 { // before any convolution, and after one that is read twice
		t.Errorf("%d normalisations", nodes["BatchNormalization"])
	}
}

func TestTrainingIsNotTranslated(t *testing.T) {
	g := nn.NewGraph(nn.NewParams(rand.New(rand.NewPCG(1, 1))))
	x := g.Input("x", nn.Shape{1, 1, 4, 4})
	for _, want := range []*nn.Node{g.L2Loss(x, x), g.ReLU(g.Input("unbound", x.Shape))} {
		b := onnx.NewBuilder("")
		if _, err := b.Translate(g, []*nn.Node{want}, map[*nn.Node]string{x: "x"}); err == nil {
			t.Errorf("%v has been translated", want.Op)
		}
	}
}

// full is a disk with little room.
type full struct{ left int }

var errFull = errors.New("no space left")

func (f *full) Write(b []byte) (int, error) {
	if f.left -= len(b); f.left < 0 {
		return 0, errFull
	}
	return len(b), nil
}

func TestFullDiskIsAnError(t *testing.T) {
	m := model(t)
	for _, room := range []int{0, 70000} {
		m.Graph.Initializers = append(m.Graph.Initializers, onnx.Tensor{Name: "large", Dims: []int64{1 << 16}, Floats: make([]float32, 1<<16)})
		if _, err := m.WriteTo(&full{room}); !errors.Is(err, errFull) {
			t.Errorf("room for %d bytes: %v", room, err)
		}
	}
}
