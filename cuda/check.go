package cuda

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"

	"agurscope/nn"
)

// The check of a device: a small network with one of every kind of kernel, trained
// for a step, and the results that it must have. They were computed by the portable
// engine; a test compares them with it.

//go:embed check.json
var checkJSON []byte

// checkTolerance bounds the largest difference over the largest magnitude. The
// approximations of a card's exp2 and log2 stay far below it.
const checkTolerance = 1e-3

// checkRun builds the network and returns its results on e by name. Its inputs
// are multiplied by scale: 1, but for a test that no ReLU is at its kink.
func checkRun(e nn.Engine, scale float32) (results map[string][]float32, err error) {
	g := nn.NewGraph(nn.NewParams(checkRandom()))
	x, want := g.Input("x", nn.Shape{2, 3, 16, 12}), g.Input("want", nn.Shape{2, 3, 16, 12})
	mask := g.Input("mask", nn.Shape{2, 1, 16, 12})
	x.WantGradient = true
	y := g.Norm("n1", g.Conv("c1", x, 16, 3, nn.ConvOptions{Bias: true}), true)
	down := g.ReLU(g.Conv("c2", y, 40, 3, nn.ConvOptions{Stride: 2}))
	down = g.ECA("eca", g.Add(down, g.Conv("c3", down, 40, 3, nn.ConvOptions{Dilation: 2})))
	mixed := g.Attend(g.Slice(down, 0, 8), g.Slice(down, 8, 8), g.Slice(down, 16, 24), nn.Attend{Factor: .3})
	down = g.Concat(down, g.Mul(g.Tanh(mixed), g.Exp(g.Tanh(g.Slice(down, 1, 24)))))
	y = g.Concat(g.Upsample(down), y)
	y = g.Gate(y, g.Sigmoid(g.Conv("gate", y, 1, 1, nn.ConvOptions{Bias: true})))
	y = g.Keep(g.Sigmoid(g.Conv("out", y, 3, 3, nn.ConvOptions{Bias: true})))
	logits := g.Conv("s2", g.LeakyReLU(g.Conv("s1", g.ScoreInput(want, y), 16, 4, nn.ConvOptions{Stride: 2}), 0.2), 1, 1, nn.ConvOptions{})
	logits = g.Upsample(logits)
	losses := []*nn.Node{
		g.L1Loss(y, want, mask, 4), g.SSIMLoss(y, want), g.SpectrumLoss(y, want),
		g.FocalLoss(logits, mask, 2), g.DeviationLoss(logits, mask, nn.DeviationLoss{Mu: -3, Margin: 5, Share: 0.1, MinPixels: 8}),
	}
	for _, l := range losses {
		g.Minimise(l.Op.String(), l, 1)
	}
	p, err := e.Compile(g, nn.Training)
	if err != nil {
		return nil, err
	}
	defer p.Close()
	rng := checkRandom()
	fill := func(n *nn.Node, f func() float32) {
		data := make([]float32, n.Shape.Size())
		for i := range data {
			data[i] = f()
		}
		p.Set(n, data)
	}
	image := func() float32 { return scale * rng.Float32() }
	fill(x, image)
	fill(want, image)
	fill(mask, func() float32 { return float32(rng.IntN(8) / 7) })
	if err := p.Forward(); err != nil {
		return nil, err
	}
	if err := p.Backward(); err != nil {
		return nil, err
	}
	results = map[string][]float32{"prediction": p.Get(y, nil), "gradient of the image": p.Gradient(x, nil)}
	for _, l := range losses {
		results["losses"] = append(results["losses"], p.Get(l, nil)...)
	}
	for _, w := range g.Params.All {
		if w.Role == nn.Weight {
			results["gradient of "+w.Name] = w.GradData()
		}
	}
	return results, nil
}

func checkRandom() *rand.Rand { return rand.New(rand.NewPCG(5, 6)) }

// compare compares a device's results with what they must be.
func compare(got map[string][]float32) error {
	want := map[string][]float32{}
	if err := json.Unmarshal(checkJSON, &want); err != nil {
		return fmt.Errorf("read the results to compare with: %w", err)
	}
	for _, name := range slices.Sorted(maps.Keys(want)) { // the same words each time
		if d := largestDifference(thin(got[name]), want[name]); !(d < checkTolerance) {
			return fmt.Errorf("it computes wrong: the %s of a small network %s, so it is not used", name, off(d))
		}
	}
	return nil
}

// off is a difference in words.
func off(d float64) string {
	if math.IsNaN(d) {
		return "is no number"
	}
	return fmt.Sprintf("is off by %.2g %%", 100*d)
}

// thin takes every 31st value: enough to tell.
func thin(x []float32) (out []float32) {
	for i := 0; i < len(x); i += 31 {
		out = append(out, x[i])
	}
	return out
}

// largestDifference is relative to the largest magnitude of want.
func largestDifference(got, want []float32) float64 {
	if len(got) != len(want) {
		return math.Inf(1)
	}
	d, scale := 0.0, 1e-30
	for i, w := range want {
		e := math.Abs(float64(got[i]) - float64(w))
		if math.IsNaN(e) {
			return e
		}
		d, scale = max(d, e), max(scale, math.Abs(float64(w)))
	}
	return d / scale
}
