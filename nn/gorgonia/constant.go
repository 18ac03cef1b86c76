package gorgonia

import (
	"fmt"
	"hash"
	"hash/fnv"

	"github.com/chewxy/hm"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// constant computes a value that differentiation takes for given: no gradient
// flows through it. The library has no such operation.
type constant struct {
	name string
	dims int
	f    func(dst, src []float32)
}

// apply adds f of x as a constant.
func apply(name string, x *G.Node, f func(dst, src []float32)) *G.Node {
	return G.Must(G.ApplyOp(&constant{name: name, dims: x.Dims(), f: f}, x))
}

// DiffWRT implements gorgonia.SDOp.
func (c *constant) DiffWRT(int) []bool { return []bool{false} }

// SymDiff implements gorgonia.SDOp; it is never asked.
func (c *constant) SymDiff(G.Nodes, *G.Node, *G.Node) (G.Nodes, error) {
	return nil, fmt.Errorf("differentiate %v: it is a constant", c)
}

// Do implements gorgonia.Op.
func (c *constant) Do(in ...G.Value) (G.Value, error) {
	out := tensor.New(tensor.Of(tensor.Float32), tensor.WithShape(in[0].Shape().Clone()...))
	c.f(out.Data().([]float32), in[0].Data().([]float32))
	return out, nil
}

// Type implements gorgonia.Op.
func (c *constant) Type() hm.Type {
	t := G.TensorType{Dims: c.dims, Of: hm.TypeVariable('a')}
	return hm.NewFnType(t, t)
}

// InferShape implements gorgonia.Op.
func (c *constant) InferShape(in ...G.DimSizer) (tensor.Shape, error) {
	return in[0].(tensor.Shape).Clone(), nil
}

// WriteHash implements gorgonia.Op: equal hashes would be merged.
func (c *constant) WriteHash(h hash.Hash) { fmt.Fprintf(h, "%s %p", c.name, c) }

// Hashcode implements gorgonia.Op.
func (c *constant) Hashcode() uint32 {
	h := fnv.New32a()
	c.WriteHash(h)
	return h.Sum32()
}

// Arity, ReturnsPtr, CallsExtern, OverwritesInput and String implement
// gorgonia.Op.
func (c *constant) Arity() int           { return 1 }
func (c *constant) ReturnsPtr() bool     { return true }
func (c *constant) CallsExtern() bool    { return false }
func (c *constant) OverwritesInput() int { return -1 }
func (c *constant) String() string       { return c.name }
