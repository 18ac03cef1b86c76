package nn

import (
	"fmt"
	"math"
	"math/rand/v2"

	"gorgonia.org/tensor"
)

// Role says what a parameter is for, which decides how training treats it.
type Role uint8

// The roles.
const (
	Weight    Role = iota // trained, with weight decay
	Bias                  // trained, without weight decay: biases, gamma, beta, attention kernels
	Statistic             // not trained: running mean and variance
)

// Param is a named tensor that a network learns or keeps: a convolution's
// kernel (O, I, K, K), a bias (C), a running mean (C).
type Param struct {
	Name  string
	Role  Role
	Value *tensor.Dense

	grad []float32 // nil until somebody asks: inspecting has no use for it
}

// Data returns the values, shared, in row-major order.
func (p *Param) Data() []float32 { return p.Value.Data().([]float32) }

// GradData returns the gradients of the last Backward, shared, in the order of
// Data; nil for a Statistic.
func (p *Param) GradData() []float32 {
	if p.grad == nil && p.Role != Statistic {
		p.grad = make([]float32, len(p.Data()))
	}
	return p.grad
}

// Params holds a network's parameters by name, in the order of their making.
// The same name asked for twice yields the same parameter: that is how two
// graphs share weights. The zero value is not usable; see [NewParams].
type Params struct {
	All    []*Param
	byName map[string]*Param
	rng    *rand.Rand
}

// NewParams returns an empty set whose initial values are drawn from rng.
func NewParams(rng *rand.Rand) *Params {
	return &Params{byName: map[string]*Param{}, rng: rng}
}

// Get returns the parameter of that name, or nil.
func (ps *Params) Get(name string) *Param { return ps.byName[name] }

// Count returns the number of trained values.
func (ps *Params) Count() int {
	n := 0
	for _, p := range ps.All {
		if p.Role != Statistic {
			n += p.Value.Shape().TotalSize()
		}
	}
	return n
}

// param returns the named parameter and makes it on first use.
func (ps *Params) param(name string, role Role, init func([]float32), shape ...int) *Param {
	if p := ps.byName[name]; p != nil {
		if !p.Value.Shape().Eq(tensor.Shape(shape)) {
			panic(&ShapeError{Op: "param " + name, Want: fmt.Sprint(p.Value.Shape()), Got: []Shape{shapeOf(shape)}})
		}
		return p
	}
	p := &Param{Name: name, Role: role, Value: tensor.New(tensor.Of(tensor.Float32), tensor.WithShape(shape...))}
	init(p.Data())
	ps.All = append(ps.All, p)
	ps.byName[name] = p
	return p
}

// Statistic returns the named parameter of role Statistic, which is kept with the
// others and never trained, and makes it on first use, filled with one value.
func (ps *Params) Statistic(name string, fill float32, shape ...int) *Param {
	return ps.param(name, Statistic, constant(fill), shape...)
}

func shapeOf(dims []int) Shape {
	var s Shape
	copy(s[:], dims)
	return s
}

// he fills w with He et al.'s normal initialisation for a layer of that
// fan-in, times gain (https://arxiv.org/abs/1502.01852).
func (ps *Params) he(fanIn int, gain float64) func([]float32) {
	return func(w []float32) {
		sd := gain * math.Sqrt(2/float64(fanIn))
		for i := range w {
			w[i] = float32(ps.rng.NormFloat64() * sd)
		}
	}
}

// constant fills with v.
func constant(v float32) func([]float32) {
	return func(w []float32) {
		for i := range w {
			w[i] = v
		}
	}
}

// Snapshot copies every value, in order, into dst (grown as needed) and
// returns it.
func (ps *Params) Snapshot(dst [][]float32) [][]float32 {
	for i, p := range ps.All {
		if i == len(dst) {
			dst = append(dst, make([]float32, len(p.Data())))
		}
		copy(dst[i], p.Data())
	}
	return dst
}

// Restore writes back what Snapshot returned.
func (ps *Params) Restore(src [][]float32) {
	for i, p := range ps.All {
		copy(p.Data(), src[i])
	}
}
