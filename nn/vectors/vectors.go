// Package vectors is about sets of vectors, such as the embeddings of parts:
// their principal axes and their nearest neighbours. Results are the same to
// the last bit whatever the number of processors.
package vectors

import (
	"fmt"
	"math"
)

// Set is a number of vectors of equal length, one after the other.
type Set struct {
	D int       // numbers per vector
	V []float32 // N x D
}

// New returns a set of n zero vectors of d numbers.
func New(n, d int) *Set { return &Set{d, make([]float32, n*d)} }

// FromRows copies rows, which must have one length and be finite.
func FromRows(rows [][]float32) (*Set, error) {
	if len(rows) == 0 {
		return &Set{}, nil
	}
	s := &Set{len(rows[0]), make([]float32, 0, len(rows)*len(rows[0]))}
	for i, r := range rows {
		if len(r) != s.D {
			return nil, fmt.Errorf("vector %d has %d numbers, the first has %d", i+1, len(r), s.D)
		}
		s.V = append(s.V, r...)
	}
	return s, s.Check()
}

// N returns the number of vectors.
func (s *Set) N() int {
	if s.D == 0 {
		return 0
	}
	return len(s.V) / s.D
}

// Row returns vector i, sharing its memory.
func (s *Set) Row(i int) []float32 { return s.V[i*s.D:][:s.D:s.D] }

// Check refuses a set that holds something else than finite numbers.
func (s *Set) Check() error {
	for i, v := range s.V {
		if f := float64(v); math.IsNaN(f) || math.IsInf(f, 0) {
			return fmt.Errorf("number %d of vector %d is %v", i%s.D+1, i/s.D+1, v)
		}
	}
	return nil
}

// Distance2 returns the squared Euclidean distance of two vectors.
func Distance2(a, b []float32) float32 {
	b = b[:len(a)]
	var s0, s1, s2, s3 float32
	i := 0
	for ; i+4 <= len(a); i += 4 {
		p, q := a[i:i+4:i+4], b[i:i+4:i+4]
		d0, d1, d2, d3 := p[0]-q[0], p[1]-q[1], p[2]-q[2], p[3]-q[3]
		s0 += d0 * d0
		s1 += d1 * d1
		s2 += d2 * d2
		s3 += d3 * d3
	}
	for ; i < len(a); i++ {
		d := a[i] - b[i]
		s0 += d * d
	}
	return (s0 + s1) + (s2 + s3)
}
