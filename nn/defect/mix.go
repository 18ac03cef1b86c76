package defect

import "math/rand/v2"

// Kind names a way of damaging a picture.
type Kind string

// The kinds of damage. Perlin, Scar, CutPaste and Stain are material damage
// and make up the default [Mix]; Shift, Erase and Blur are faults of
// components and take part only where a Mix gives them weight.
const (
	Clean    Kind = "clean"    // undamaged
	Perlin   Kind = "perlin"   // noise-shaped patch of foreign texture
	Scar     Kind = "scar"     // scratch or fibre along a random walk
	CutPaste Kind = "cutpaste" // rectangle of another normal picture
	Stain    Kind = "stain"    // soft blob, opaque or a discoloration
	Shift    Kind = "shift"    // patch displaced by a few pixels
	Erase    Kind = "erase"    // part replaced by its surroundings
	Blur     Kind = "blur"     // patch out of focus
)

// Mix says how often each kind of damage is drawn, by weights that need not
// add up to one. A Mix without any weight stands for the default proportions
// 0.35 Perlin, 0.2 Scar, 0.2 CutPaste, 0.25 Stain.
type Mix struct {
	Perlin, Scar, CutPaste, Stain float64
	Shift, Erase, Blur            float64

	// Clean is the share of pictures left undamaged: 0 stands for 0.25, a
	// negative number for none.
	Clean float64
	// Noise is the upper bound of the standard deviation of the noise, which
	// is drawn evenly below it for each picture, damaged or not: 0 stands for
	// 0.06, a negative number for no noise.
	Noise float64
}

// weight pairs a kind with how often it is drawn.
type weight struct {
	kind Kind
	w    float64
}

func (m Mix) weights() [7]weight {
	return [...]weight{
		{Perlin, max(0, m.Perlin)}, {Scar, max(0, m.Scar)},
		{CutPaste, max(0, m.CutPaste)}, {Stain, max(0, m.Stain)},
		{Shift, max(0, m.Shift)}, {Erase, max(0, m.Erase)}, {Blur, max(0, m.Blur)},
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
		m.Perlin, m.Scar, m.CutPaste, m.Stain = 0.35, 0.2, 0.2, 0.25
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
