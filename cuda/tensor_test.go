//go:build nvidia && onednn

package cuda

import (
	"math"
	"testing"

	"agurscope/nn"
	"agurscope/nn/nntest"
)

// On tensor cores the whole table of layers stays as near to the processor as
// rounding the factors allows: 2⁻¹² of each in TF32, 2⁻⁹ in bf16.
func TestTensorCores(t *testing.T) {
	cpu := processor(t)
	for p, within := range map[Precision]float64{TF32: 2e-3, BF16: 2e-2} {
		t.Run(string(p), func(t *testing.T) { nntest.TestInference(t, startIn(t, p), cpu, within) })
	}
}

// Factors round to the nearest of the numbers that a precision has, halves away
// from zero in TF32 and to even in bf16, as the card's own instructions do.
func TestTensorCoresRound(t *testing.T) {
	for p, c := range map[Precision]struct {
		bits   int
		halves [2]float32 // what 1/2 and 3/2 of the last bit become
	}{TF32: {10, [2]float32{1, 2}}, BF16: {7, [2]float32{0, 2}}} {
		t.Run(string(p), func(t *testing.T) {
			e := startIn(t, p)
			last := float32(math.Ldexp(1, -c.bits))
			for from, to := range map[float32]float32{
				1 + last: 1 + last, -1 - 3*last: -1 - 3*last, 1 + last*.49: 1, 1 + last*1.51: 1 + 2*last,
				1 + last/2: 1 + c.halves[0]*last, -1 - last*1.5: -1 - c.halves[1]*last,
				float32(math.Inf(1)): float32(math.Inf(1)),
			} {
				if got := through(t, e, from); got != to {
					t.Errorf("%v becomes %v, not %v", from, got, to)
				}
			}
			if got := through(t, e, float32(math.NaN())); got == got {
				t.Errorf("what is not a number becomes %v", got)
			}
		})
	}
}

// through is v after a convolution by 1.
func through(t *testing.T, e nn.Engine, v float32) float32 {
	t.Helper()
	g := nn.NewGraph(nn.NewParams(checkRandom()))
	x := g.Input("x", nn.Shape{1, 1, 1, 1})
	y := g.Keep(g.Conv("one", x, 1, 1, nn.ConvOptions{}))
	g.Params.All[0].Data()[0] = 1
	p, err := e.Compile(g, nn.Inference)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	p.Set(x, []float32{v})
	if err := p.Forward(); err != nil {
		t.Fatal(err)
	}
	return p.Get(y, nil)[0]
}
