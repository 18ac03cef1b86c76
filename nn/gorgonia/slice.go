package gorgonia

import (
	"fmt"
	"hash"
	"hash/fnv"
	"slices"

	"github.com/chewxy/hm"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// part takes channels of a value into memory of its own, or with back set lays
// them into zeros: each is the gradient of the other. The library's slices are
// views, and what reads a view of several images reads wrong values now and then.
type part struct {
	from, count, all int
	back             bool
}

// slice takes count channels of x, which has all.
func slice(x *G.Node, from, count, all int) *G.Node {
	return G.Must(G.ApplyOp(&part{from: from, count: count, all: all}, x))
}

// DiffWRT implements gorgonia.SDOp.
func (p *part) DiffWRT(int) []bool { return []bool{true} }

// SymDiff implements gorgonia.SDOp.
func (p *part) SymDiff(_ G.Nodes, _ *G.Node, grad *G.Node) (G.Nodes, error) {
	other := *p
	other.back = !p.back
	d, err := G.ApplyOp(&other, grad)
	return G.Nodes{d}, err
}

// Do implements gorgonia.Op.
func (p *part) Do(in ...G.Value) (G.Value, error) {
	x, ok := in[0].(*tensor.Dense)
	if !ok {
		return nil, fmt.Errorf("%v of %T", p, in[0])
	}
	if x.RequiresIterator() {
		x = x.Materialize().(*tensor.Dense)
	}
	shape := p.shape(x.Shape())
	y := tensor.New(tensor.Of(tensor.Float32), tensor.WithShape(shape...))
	src, dst := x.Data().([]float32), y.Data().([]float32)
	hw := shape[2] * shape[3]
	for n := range shape[0] {
		few, many := n*p.count*hw, (n*p.all+p.from)*hw
		if p.back {
			copy(dst[many:], src[few:few+p.count*hw])
		} else {
			copy(dst[few:], src[many:many+p.count*hw])
		}
	}
	return y, nil
}

func (p *part) shape(x tensor.Shape) tensor.Shape {
	s := slices.Clone(x)
	if s[1] = p.count; p.back {
		s[1] = p.all
	}
	return s
}

// Type implements gorgonia.Op.
func (p *part) Type() hm.Type {
	t := G.TensorType{Dims: 4, Of: hm.TypeVariable('a')}
	return hm.NewFnType(t, t)
}

// InferShape implements gorgonia.Op.
func (p *part) InferShape(in ...G.DimSizer) (tensor.Shape, error) {
	return p.shape(in[0].(tensor.Shape)), nil
}

// WriteHash implements gorgonia.Op: equal hashes would be merged.
func (p *part) WriteHash(h hash.Hash) { fmt.Fprintf(h, "%v %p", p, p) }

// Hashcode implements gorgonia.Op.
func (p *part) Hashcode() uint32 {
	h := fnv.New32a()
	p.WriteHash(h)
	return h.Sum32()
}

// Arity, ReturnsPtr, CallsExtern, OverwritesInput and String implement
// gorgonia.Op.
func (p *part) Arity() int           { return 1 }
func (p *part) ReturnsPtr() bool     { return true }
func (p *part) CallsExtern() bool    { return false }
func (p *part) OverwritesInput() int { return -1 }
func (p *part) String() string       { return fmt.Sprintf("slice of %d from %d", p.count, p.from) }
