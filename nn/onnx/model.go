package onnx

// Opset is the version of the operators, irVersion of the file format that goes
// with it.
const (
	Opset     = 17
	irVersion = 8
)

// Batch is the name of the number of images, which a graph leaves open.
const Batch = "batch"

// Model is an ONNX file.
type Model struct {
	Producer, Version string // the program and its version
	Doc               string
	Metadata          []Property
	Graph             Graph
}

// Property is a line of a model's metadata.
type Property struct{ Key, Value string }

// Graph is a list of nodes in an order in which they can be computed.
type Graph struct {
	Name            string
	Nodes           []Node
	Initializers    []Tensor // constants
	Inputs, Outputs []Value
}

// Node applies one operator to values by name. An empty name stands for an
// optional input that is left out.
type Node struct {
	Name, Op   string
	In, Out    []string
	Attributes []Attribute
}

// Attribute is a detail of an operator: an int64, a float32, a string or a
// []int64.
type Attribute struct {
	Name  string
	Value any
}

// Tensor is a constant: exactly one of its slices is set.
type Tensor struct {
	Name    string
	Dims    []int64
	Floats  []float32
	Doubles []float64
	Ints    []int64
}

// Value is an input or an output, of float32.
type Value struct {
	Name string
	Doc  string
	Dims []Dim
}

// Dim is an extent: a size, or where that is open a name.
type Dim struct {
	Name string
	Size int64
}

// The types of elements, of TensorProto.DataType.
const (
	Float  = 1
	Int64  = 7
	Double = 11
)
