package mgan

import (
	"cmp"
	"fmt"
)

// Config describes the module. The zero value is size T on bands.
type Config struct {
	Size string `json:"size,omitempty"` // T, B or L; empty means T
	Form Form   `json:"form,omitempty"`
}

// Form says what the frequency generator works on.
type Form string

// The forms.
const (
	ByBand     Form = ""         // the high band of the picture
	BySpectrum Form = "spectrum" // log-amplitude and phase of the luminance: the paper's letter
)

// String implements fmt.Stringer.
func (f Form) String() string { return cmp.Or(string(f), "band") }

// size holds the widths: of the three stages of the frequency generator and of
// the critic's three layers. They are the method's, rounded up to multiples of
// 16, to which the engine's layouts would pad them anyway. The frequency
// generator of T has 0.17 GMAC at 256 x 256, of B 0.33 and of L 1.47, the critic
// 0.04, 0.08 and 0.30. T's bottleneck stays as narrow as the method's: it is the
// filter, and twice its width would add a seventh to the cost.
type size struct{ generator, critic [3]int }

var sizes = map[string]size{
	"T": {generator: [3]int{16, 16, 16}, critic: [3]int{16, 16, 32}},
	"B": {generator: [3]int{16, 32, 48}, critic: [3]int{16, 32, 64}},
	"L": {generator: [3]int{32, 64, 128}, critic: [3]int{32, 64, 128}},
}

// Validate reports what makes the description unusable.
func (c Config) Validate() error {
	if _, ok := sizes[cmp.Or(c.Size, "T")]; !ok {
		return fmt.Errorf("adversarial module: size %q is not one of T, B, L", c.Size)
	}
	if c.Form != ByBand && c.Form != BySpectrum {
		return fmt.Errorf("adversarial module: form %q is neither empty nor spectrum", string(c.Form))
	}
	return nil
}

// widths returns the size of a valid description.
func (c Config) widths() size {
	if err := c.Validate(); err != nil {
		panic(err)
	}
	return sizes[cmp.Or(c.Size, "T")]
}
