package defect

import "math/rand/v2"

// Kind names a way of damaging a picture.
type Kind string

// The kinds of damage. Those of material make up the default [Mix]; the others
// take part where a Mix gives them weight.
const (
	Clean Kind = "clean" // undamaged

	// Material.
	Perlin   Kind = "perlin"   // noise-shaped patch of foreign texture
	Scar     Kind = "scar"     // thick scratch or fibre along a random walk
	CutPaste Kind = "cutpaste" // rectangle of another normal picture
	Stain    Kind = "stain"    // soft blob, opaque or a discoloration

	// Surfaces.
	Crack   Kind = "crack"   // thin branching line of uneven width and contrast
	Scratch Kind = "scratch" // faint, nearly straight hairlines side by side
	Pit     Kind = "pit"     // group of small dots
	Smear   Kind = "smear"   // streaky film that drags the surface along

	// Components.
	Shift  Kind = "shift"  // part moved and turned, the hole filled
	Erase  Kind = "erase"  // part missing
	Bend   Kind = "bend"   // lead bent out of its place
	Cut    Kind = "cut"    // lead interrupted or shortened
	Solder Kind = "solder" // shiny drops with highlight and dark rim
	Blur   Kind = "blur"   // patch out of focus
)

// rearranges tells the kinds that lay pieces of a picture, or what is computed
// from them, in another place.
func (k Kind) rearranges() bool {
	switch k {
	case CutPaste, Shift, Erase, Bend, Cut, Blur:
		return true
	}
	return false
}

// Mix says how often each kind of damage is drawn, by weights that need not
// add up to one. A Mix without any weight stands for the weights of [Material].
type Mix struct {
	Perlin, Scar, CutPaste, Stain         float64 // material
	Crack, Scratch, Pit, Smear            float64 // surfaces
	Shift, Erase, Bend, Cut, Solder, Blur float64 // components

	// Clean is the share of pictures left undamaged: 0 stands for 0.25, a
	// negative number for none.
	Clean float64
	// Noise is the upper bound of the standard deviation of the noise, which
	// is drawn evenly below it for each picture, damaged or not: 0 stands for
	// 0.06, a negative number for no noise.
	Noise float64
}

// Material returns the default proportions: 0.35 Perlin, 0.2 Scar, 0.2
// CutPaste, 0.25 Stain. It asks least of the parts and is right for most.
func Material() Mix {
	return Mix{Perlin: 0.35, Scar: 0.2, CutPaste: 0.2, Stain: 0.25}
}

// Components returns the proportions for parts with bodies, leads and joints:
// material damage three times out of five, otherwise the faults of components
// and fine damage of their surfaces. Such mixes are known to sharpen the
// outlines of what is found; that more is found has not been shown.
func Components() Mix {
	return Mix{
		Perlin: 0.21, Scar: 0.12, CutPaste: 0.12, Stain: 0.15,
		Crack: 0.05, Scratch: 0.04, Pit: 0.02, Smear: 0.02,
		Shift: 0.06, Erase: 0.06, Bend: 0.05, Cut: 0.05, Solder: 0.04, Blur: 0.01,
	}
}

// weight pairs a kind with how often it is drawn.
type weight struct {
	kind Kind
	w    float64
}

func (m Mix) weights() [14]weight {
	return [...]weight{
		{Perlin, max(0, m.Perlin)}, {Scar, max(0, m.Scar)},
		{CutPaste, max(0, m.CutPaste)}, {Stain, max(0, m.Stain)},
		{Crack, max(0, m.Crack)}, {Scratch, max(0, m.Scratch)},
		{Pit, max(0, m.Pit)}, {Smear, max(0, m.Smear)},
		{Shift, max(0, m.Shift)}, {Erase, max(0, m.Erase)},
		{Bend, max(0, m.Bend)}, {Cut, max(0, m.Cut)},
		{Solder, max(0, m.Solder)}, {Blur, max(0, m.Blur)},
	}
}

func (m Mix) total() (sum float64) {
	for _, k := range m.weights() {
		sum += k.w
	}
	return sum
}

// resolve fills in the defaults.
func (m Mix) resolve() Mix {
	if m.total() == 0 {
		d := Material()
		d.Clean, d.Noise = m.Clean, m.Noise
		m = d
	}
	if m.Clean == 0 {
		m.Clean = 0.25
	}
	if m.Noise == 0 {
		m.Noise = 0.06
	}
	return m
}

// draw picks a kind from a resolved mix.
func (m Mix) draw(rng *rand.Rand) Kind {
	if rng.Float64() < m.Clean {
		return Clean
	}
	left := rng.Float64() * m.total()
	last := Clean
	for _, k := range m.weights() {
		if k.w == 0 {
			continue
		}
		if left < k.w {
			return k.kind
		}
		left -= k.w
		last = k.kind // rounding may carry left past the end
	}
	return last
}
