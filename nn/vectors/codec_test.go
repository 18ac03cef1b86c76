package vectors

import (
	"bytes"
	"context"
	"slices"
	"testing"
)

func TestBasisComesBack(t *testing.T) {
	s := random(60, 7)
	for i := range s.N() {
		s.Row(i)[3] = 2
	}
	for _, standardise := range []bool{false, true} {
		b, err := Fit(context.Background(), s, 4, standardise)
		if err != nil {
			t.Fatal(err)
		}
		data, _ := b.MarshalBinary()
		var back Basis
		if err := back.UnmarshalBinary(data); err != nil {
			t.Fatal(err)
		}
		one, two := make([]float32, 4), make([]float32, 4)
		b.Project(one, s.Row(5))
		back.Project(two, s.Row(5))
		if !slices.Equal(one, two) || !slices.Equal(b.Variance, back.Variance) {
			t.Errorf("%v became %v", one, two)
		}
	}
}

func FuzzBasis(f *testing.F) {
	b, _ := Fit(context.Background(), random(20, 3), 2, true)
	data, _ := b.MarshalBinary()
	f.Add(data)
	f.Add(data[:20])
	f.Fuzz(func(t *testing.T, data []byte) {
		var b Basis
		if b.UnmarshalBinary(data) != nil {
			return
		}
		again, err := b.MarshalBinary()
		if err != nil || !bytes.Equal(again, data) {
			t.Errorf("%v, %d bytes became %d", err, len(data), len(again))
		}
		b.Project(make([]float32, b.Dims()), b.Mean)
	})
}
