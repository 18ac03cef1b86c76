package anomaly

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"agurscope/nn"
	"agurscope/nn/feature"
	"agurscope/nn/fixture"
)

// What of a recipe is neither weights nor words is kept as named tensors
// beside the weights.

// addMap stores a map's mean and deviation as prefix+"mean" and "std".
func (t tensorMap) addMap(prefix string, p *positional) {
	if p == nil {
		return
	}
	t[prefix+"mean"] = namedTensor{Shape: []int{p.Mean.H, p.Mean.W}, Data: p.Mean.Pix}
	t[prefix+"std"] = namedTensor{Shape: []int{p.Std.H, p.Std.W}, Data: p.Std.Pix}
}

// takeMap takes out what addMap stored, for a network's input.
func (t tensorMap) takeMap(prefix string, n Network) (*positional, error) {
	var of [2]*nn.Image
	for i, name := range []string{prefix + "mean", prefix + "std"} {
		v, ok := t[name]
		if !ok {
			return nil, errors.New("maps are missing")
		}
		if !slices.Equal(v.Shape, []int{n.Height, n.Width}) {
			return nil, errors.New("maps are of another size")
		}
		of[i] = &nn.Image{C: 1, H: n.Height, W: n.Width, Pix: v.Data}
		delete(t, name)
	}
	for _, v := range of[1].Pix {
		if v <= 0 {
			return nil, errors.New("maps are out of range")
		}
	}
	return &positional{of[0], of[1]}, nil
}

const statistics = "statistics."

// large names the tables that make up a recipe's size. Half precision moves a
// distance by less than a thousandth.
var large = map[string]bool{"basis": true, "vectors": true}

func (t tensorMap) addStatistics(s *Statistics) {
	if s == nil {
		return
	}
	add := func(term string, tables map[string]feature.Tensor) {
		for name, v := range tables {
			t[statistics+term+"."+name] = namedTensor{v.Shape, v.Data, large[name]}
		}
	}
	if s.Features != nil {
		add(FeaturesTerm, s.Features.Tensors())
	}
	if s.Handcrafted != nil {
		add(HandcraftedTerm, s.Handcrafted.Tensors())
	}
	if s.Memory != nil {
		add(MemoryTerm, s.Memory.Tensors())
	}
	t.addMap(templateTable, s.Template)
}

const templateTable = statistics + TemplateTerm + "."

// takeStatistics takes out what addStatistics stored, of network n; s is nil where
// there is nothing.
func (t tensorMap) takeStatistics(s *Statistics, n Network) error {
	if s == nil {
		return nil
	}
	if !(s.Modes >= 0 && s.Modes <= 1) {
		return errors.New("its share of places with several looks is out of range")
	}
	take := func(term string) map[string]feature.Tensor {
		out := map[string]feature.Tensor{}
		for name, v := range t {
			if key, ok := strings.CutPrefix(name, statistics+term+"."); ok {
				out[key] = feature.Tensor{Shape: v.Shape, Data: v.Data}
				delete(t, name)
			}
		}
		return out
	}
	var err error
	if _, ok := t[templateTable+"mean"]; ok {
		if s.Template, err = t.takeMap(templateTable, n); err != nil {
			return fmt.Errorf("its statistics of grey: %w", err)
		}
	}
	if v := take(FeaturesTerm); len(v) > 0 {
		if s.Features, err = feature.GaussianFrom(v); err != nil {
			return fmt.Errorf("statistics of features: %w", err)
		}
	}
	if v := take(HandcraftedTerm); len(v) > 0 {
		if s.Handcrafted, err = feature.GaussianFrom(v); err != nil {
			return fmt.Errorf("statistics of handcrafted features: %w", err)
		}
	}
	if v := take(MemoryTerm); len(v) > 0 {
		if s.Memory, err = feature.MemoryFrom(v); err != nil {
			return fmt.Errorf("memory of patches: %w", err)
		}
	}
	return nil
}

// rounded returns the statistics as a file holds them: what is calibrated must
// be what is loaded. The tables of s are rounded in place.
func (s *Statistics) rounded(n Network) (*Statistics, error) {
	t := tensorMap{}
	t.addStatistics(s)
	for _, v := range t {
		if !v.Half {
			continue
		}
		for i, x := range v.Data {
			v.Data[i] = fromHalf(toHalf(x))
		}
	}
	out := &Statistics{Surround: s.Surround, Modes: s.Modes}
	return out, t.takeStatistics(out, n)
}

// fit reports whether the statistics, which may be nil, are of grids as the
// model's network gives them, for of others a distance cannot be computed, and
// there where its method has nothing else.
func (s *Statistics) fit(m *Model) bool {
	if m.Network.method().term == HandcraftedTerm && (s == nil || s.Handcrafted == nil) {
		return false
	}
	if s == nil {
		return true
	}
	n, own := m.Network, 0
	if n.own() {
		for _, f := range m.inference(1).features {
			own += f.Shape[1]
		}
	}
	k := n.coarse()
	w, h := (n.Width/cell+k-1)/k, (n.Height/cell+k-1)/k
	r := &raw{features: &feature.Grid{W: w, H: h, D: own + handcrafted(s.Surround)}, own: own}
	fits := func(name string, global bool, w, h, d int) bool {
		from, to := columns(name, r)
		return d == to-from && (global || w == r.features.W && h == r.features.H)
	}
	return (s.Features == nil || fits(FeaturesTerm, s.Features.Global, s.Features.W, s.Features.H, s.Features.D)) &&
		(s.Handcrafted == nil || fits(HandcraftedTerm, s.Handcrafted.Global, s.Handcrafted.W, s.Handcrafted.H, s.Handcrafted.D)) &&
		(s.Memory == nil || fits(MemoryTerm, s.Memory.Global, s.Memory.W, s.Memory.H, s.Memory.D))
}

const fixtureTable = "fixture."

func (t tensorMap) addFixture(f *fixture.Fixture) {
	if f == nil {
		return
	}
	t[fixtureTable+"template"] = namedTensor{Shape: []int{3, f.H, f.W}, Data: f.Template.Pix}
	t[fixtureTable+"mask"] = namedTensor{Shape: []int{1, f.H, f.W}, Data: f.Mask.Pix}
}

// takeFixture fills in the pictures of a fixture read from JSON and makes it
// ready for use.
func (t tensorMap) takeFixture(f *fixture.Fixture) error {
	for name, m := range map[string]**nn.Image{"template": &f.Template, "mask": &f.Mask} {
		v, ok := t[fixtureTable+name]
		if !ok || len(v.Shape) != 3 || v.Shape[1] != f.H || v.Shape[2] != f.W {
			return errors.New("the pictures of its fixture are missing")
		}
		*m = &nn.Image{C: v.Shape[0], H: v.Shape[1], W: v.Shape[2], Pix: v.Data}
		delete(t, fixtureTable+name)
	}
	return f.Validate()
}
