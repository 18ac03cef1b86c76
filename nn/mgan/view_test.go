package mgan

import (
	"slices"
	"testing"
)

// TestFormsReturnThePictureFromItsTarget is Eq. 13's identity for every form: a
// generator without error gives back the picture.
func TestFormsReturnThePictureFromItsTarget(t *testing.T) {
	for _, f := range []Form{ByBand, BySpectrum} {
		for _, e := range [][2]int{{32, 16}, {15, 21}} {
			w, h := e[0], e[1]
			v := Config{Form: f}.View(w, h)
			in, out := v.Channels()
			x := noise(7, 3*w*h)
			seen, rest, got := make([]float32, in*w*h), make([]float32, 3*w*h), make([]float32, 3*w*h)
			v.Prepare(x, seen, rest)
			v.Finish(seen, seen[:out*w*h], rest, got)
			if d := furthest(got, x); d > 1e-5 {
				t.Errorf("%v, %v: the picture comes back with an error of %.2g", f, e, d)
			}
		}
	}
}

// TestBandErrorIsThePictures: I − Î_F equals x_H − Î_H.
func TestBandErrorIsThePictures(t *testing.T) {
	const w, h = 24, 16
	v := Config{}.View(w, h)
	x, out := noise(8, 3*w*h), noise(9, 3*w*h)
	high, low, made := make([]float32, len(x)), make([]float32, len(x)), make([]float32, len(x))
	v.Prepare(x, high, low)
	v.Finish(high, out, low, made)
	for i := range x {
		made[i] = x[i] - made[i]
		high[i] -= out[i]
	}
	if d := furthest(made, high); d > 1e-6 {
		t.Errorf("the errors differ by %.2g", d)
	}
}

// TestSpectrumShowsShiftsInThePhaseAlone: what the generator predicts does not
// know where the part lies.
func TestSpectrumShowsShiftsInThePhaseAlone(t *testing.T) {
	const w, h = 20, 14
	v := Config{Form: BySpectrum}.View(w, h)
	x, moved := noise(10, 3*w*h), make([]float32, 3*w*h)
	for i, p := range x {
		y, c := i/w, i%w
		moved[(y/h*h+(y+3)%h)*w+(c+7)%w] = p
	}
	a, b, rest := make([]float32, 2*w*h), make([]float32, 2*w*h), make([]float32, 3*w*h)
	v.Prepare(x, a, rest)
	v.Prepare(moved, b, rest)
	if d := furthest(a[:w*h], b[:w*h]); d > 1e-5 {
		t.Errorf("the amplitude changes by %.2g", d)
	}
	if at := slices.Index(a[:w*h], slices.Max(a[:w*h])); at != h/2*w+w/2 {
		t.Errorf("the mean lies at %d, not in the middle", at)
	}
}
