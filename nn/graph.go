package nn

import "fmt"

// Shape is a tensor's extent: batch, channels, rows, columns.
type Shape [4]int

// Size returns the number of elements.
func (s Shape) Size() int { return s[0] * s[1] * s[2] * s[3] }

// String implements fmt.Stringer as NxCxHxW.
func (s Shape) String() string { return fmt.Sprintf("%dx%dx%dx%d", s[0], s[1], s[2], s[3]) }

// Node is one value of a graph: the result of Op applied to In.
type Node struct {
	ID    int // position in Graph.Nodes
	Op    Op
	In    []*Node
	Shape Shape
	Keep  bool // an engine must leave the value readable by Program.Get

	// WantGradient: an engine must compute the gradient with respect to this
	// value, an input's too, and leave it readable by Program.Gradient.
	WantGradient bool
}

// Op is one operation. Engines switch on its type; the operations are the
// types of this package that have a Graph method building them.
type Op interface {
	// String names the operation for errors and profiles.
	String() string
}

// Loss is a scalar term that training minimises: Weight times the value of
// Node, whose shape is 1x1x1x1.
type Loss struct {
	Name   string
	Node   *Node
	Weight float32
}

// Graph is a network for one input shape. See the package documentation.
type Graph struct {
	Params *Params
	Nodes  []*Node
	Inputs []*Node
	Losses []Loss
}

// NewGraph returns an empty graph over the given parameters.
func NewGraph(ps *Params) *Graph { return &Graph{Params: ps} }

func (g *Graph) add(op Op, shape Shape, in ...*Node) *Node {
	n := &Node{ID: len(g.Nodes), Op: op, In: in, Shape: shape}
	g.Nodes = append(g.Nodes, n)
	return n
}

// Input adds a value that the caller provides with Program.Set.
func (g *Graph) Input(name string, s Shape) *Node {
	if s[0] < 1 || s[1] < 1 || s[2] < 1 || s[3] < 1 {
		panic(&ShapeError{Op: "input " + name, Want: "positive extents", Got: []Shape{s}})
	}
	n := g.add(Input{Name: name}, s)
	g.Inputs = append(g.Inputs, n)
	return n
}

// Keep marks nodes as readable after Forward and returns the first.
func (g *Graph) Keep(ns ...*Node) *Node {
	for _, n := range ns {
		n.Keep = true
	}
	return ns[0]
}

// Minimise adds a loss term.
func (g *Graph) Minimise(name string, n *Node, weight float32) {
	g.Losses = append(g.Losses, Loss{Name: name, Node: n, Weight: weight})
}

// MACs returns the multiply-adds of one forward pass in convolutions, the
// unit of method tables (1 MAC = 2 FLOP).
func (g *Graph) MACs() int64 {
	var sum int64
	for _, n := range g.Nodes {
		if c, ok := n.Op.(Conv); ok {
			sum += int64(n.Shape.Size()) * int64(n.In[0].Shape[1]*c.Kernel*c.Kernel)
		}
	}
	return sum
}

// Bytes returns the sum of all values' sizes in float32, an upper bound of
// what inference needs.
func (g *Graph) Bytes() int64 {
	var sum int64
	for _, n := range g.Nodes {
		sum += 4 * int64(n.Shape.Size())
	}
	return sum
}

func needs(op, want string, ok bool, in ...*Node) {
	if ok {
		return
	}
	e := &ShapeError{Op: op, Want: want}
	for _, n := range in {
		e.Got = append(e.Got, n.Shape)
	}
	panic(e)
}
