package anomaly

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"agurscope/nn"
	"agurscope/nn/gorgonia"
	"agurscope/nn/onnx"
	"agurscope/nn/onnx/onnxtest"
)

// random is a recipe of random weights whose normalisations do something.
func random(t testing.TB, n Network) *Recipe {
	t.Helper()
	m, err := NewModel(n, 1)
	if err != nil {
		t.Fatal(err)
	}
	m.Denoiser.Strength = .7
	rng := rand.New(rand.NewPCG(8, 9))
	for _, p := range m.Params.All {
		for i := range p.Data() {
			switch {
			case strings.HasSuffix(p.Name, ".var"), strings.HasSuffix(p.Name, ".gamma"):
				p.Data()[i] = .5 + rng.Float32()
			case p.Role != nn.Weight:
				p.Data()[i] += .1 * (rng.Float32() - .5)
			}
		}
	}
	return &Recipe{Name: "random", Model: m, SHA256: "0123"}
}

// maps lists an output by the names that ONNX gives its parts.
func (o *output) named() map[string][]float32 {
	out := map[string][]float32{
		"reconstruction": o.reconstruction.Pix, "residual": o.residual.Pix, "plain_residual": o.plain.Pix, "embedding": o.embedding,
	}
	if o.logits != nil {
		out["score"] = o.logits.Pix
	}
	if o.frequency != nil {
		out["frequency_residual"] = o.frequency.Pix
	}
	for i, f := range o.features {
		out[fmt.Sprint("features.", i)] = f.Pix
	}
	return out
}

// differ returns by how much two maps differ, in units of the range of the
// second.
func differ[F float32 | float64](got []F, want []float32) float64 {
	if len(got) != len(want) {
		return math.Inf(1)
	}
	d := 0.0
	for i, v := range want {
		d = max(d, math.Abs(float64(got[i])-float64(v)))
		if math.IsNaN(float64(got[i])) {
			return math.NaN()
		}
	}
	return d / max(float64(slices.Max(want))-float64(slices.Min(want)), 1e-30)
}

// parsed exports a recipe and reads the file back.
func parsed(t testing.TB, r *Recipe) *onnx.Model {
	t.Helper()
	m, err := r.ONNX("test")
	if err != nil {
		t.Fatal(err)
	}
	var buf bytes.Buffer
	if _, err := m.WriteTo(&buf); err != nil {
		t.Fatal(err)
	}
	m, _, _, err = onnxtest.Parse(buf.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// tileOf cuts what the network sees first out of a picture.
func (d *Detector) tileOf(x *nn.Image) *nn.Image { return d.tiles.cut(nil, x, image.Point{}) }

// testExport compares what an export computes, by plain loops, with an engine.
func testExport(t *testing.T, e nn.Engine, n Network) {
	t.Helper()
	r := random(t, n)
	m := parsed(t, r)
	d, err := newDetector(e, r)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	x := d.tileOf(noises(4, 1, n.Width, n.Height)[0])
	o := &output{}
	if err := d.pass(context.Background(), nil, o, x); err != nil {
		t.Fatal(err)
	}
	data := make([]float64, len(x.Pix))
	for i, v := range x.Pix {
		data[i] = float64(v)
	}
	got, err := onnxtest.Run(m, map[string]onnxtest.Tensor{"image": {Dims: []int{1, 3, x.H, x.W}, Data: data}})
	if err != nil {
		t.Fatal(err)
	}
	want := o.named()
	if len(got) != len(want) {
		t.Errorf("%d outputs, the detector has %d", len(got), len(want))
	}
	for name, v := range want {
		if by := differ(got[name].Data, v); !(by <= 1e-4) {
			t.Errorf("%s: differs by %.2g", name, by)
		}
	}
}

// exports are networks of every variant and size, one of them in tiles.
func exports() map[string]Network {
	out := map[string]Network{
		"size B":   Variants[0].Network("B", 64, 80),
		"little":   Variants[0].Network("T", 32, 48),
		"in tiles": Variants[0].Network("T", 528, 32),
	}
	for _, v := range Variants {
		out["variant "+v.Name] = v.Network("T", 64, 80)
	}
	return out
}

func TestExportComputesWhatTheDetectorDoes(t *testing.T) {
	e, err := gorgonia.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	for name, n := range exports() {
		t.Run(name, func(t *testing.T) { testExport(t, e, n) })
	}
}

func TestExportSaysWhatAPictureMustLookLike(t *testing.T) {
	meta := func(w, h int) map[string]string {
		r := random(t, Variants[0].Network("T", w, h))
		m := map[string]string{}
		for _, p := range parsed(t, r).Metadata {
			m[p.Key] = p.Value
		}
		return m
	}
	m := meta(96, 64)
	for key, says := range map[string]string{
		"recipe": "random", "recipe_sha256": "0123", "size": "T", "input": "96 x 64 pixels", "tiles": "none", "network": `"width":96`, "preparation": "{",
	} {
		if !strings.Contains(m["agurscope."+key], says) {
			t.Errorf("%s is %q", key, m["agurscope."+key])
		}
	}
	if v := meta(528, 64)["agurscope.tiles"]; !strings.Contains(v, "512 x 64 pixels") || !strings.Contains(v, "[0 16]") {
		t.Errorf("tiles: %q", v)
	}
}

func TestExportRefusesWeightsThatAreNoNumbers(t *testing.T) {
	r := random(t, little)
	r.Model.Params.All[0].Data()[0] = float32(math.NaN())
	if _, err := r.ONNX("test"); err == nil {
		t.Error("NaN was exported")
	}
}
