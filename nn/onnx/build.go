package onnx

import "fmt"

// Builder collects the nodes of a graph. Its methods return the name of the
// value that they add.
type Builder struct {
	Graph

	constants map[string]bool
	names     map[string]int
}

// NewBuilder returns an empty graph of that name.
func NewBuilder(name string) *Builder {
	return &Builder{Graph: Graph{Name: name}, constants: map[string]bool{}, names: map[string]int{}}
}

// unique numbers a name that is there already.
func (b *Builder) unique(name string) string {
	b.names[name]++
	if n := b.names[name]; n > 1 {
		return fmt.Sprintf("%s#%d", name, n)
	}
	return name
}

// Input adds an input of images: (batch, dims...).
func (b *Builder) Input(name, doc string, dims ...int) string {
	b.Inputs = append(b.Inputs, value(name, doc, dims))
	return b.unique(name)
}

// Output gives a value (batch, dims...) a name of its own and makes it an output.
func (b *Builder) Output(name, doc, x string, dims ...int) {
	b.Nodes = append(b.Nodes, Node{Name: name, Op: "Identity", In: []string{x}, Out: []string{name}})
	b.Outputs = append(b.Outputs, value(name, doc, dims))
}

func value(name, doc string, dims []int) Value {
	v := Value{Name: name, Doc: doc, Dims: []Dim{{Name: Batch}}}
	for _, d := range dims {
		v.Dims = append(v.Dims, Dim{Size: int64(d)})
	}
	return v
}

// Node adds an operator with one result.
func (b *Builder) Node(name, op string, attributes []Attribute, in ...string) string {
	name = b.unique(name)
	b.Nodes = append(b.Nodes, Node{Name: name, Op: op, In: in, Out: []string{name}, Attributes: attributes})
	return name
}

// op adds an operator without attributes, called after what it does.
func (b *Builder) op(op string, in ...string) string { return b.Node(op, op, nil, in...) }

// Add, Sub, Mul and Div work element by element and repeat extents of 1.
func (b *Builder) Add(x, y string) string { return b.op("Add", x, y) }
func (b *Builder) Sub(x, y string) string { return b.op("Sub", x, y) }
func (b *Builder) Mul(x, y string) string { return b.op("Mul", x, y) }
func (b *Builder) Div(x, y string) string { return b.op("Div", x, y) }

// Op adds an operator that needs no attributes.
func (b *Builder) Op(op string, in ...string) string { return b.op(op, in...) }

// Cast changes the type of the elements.
func (b *Builder) Cast(x string, to int64) string {
	return b.Node("Cast", "Cast", []Attribute{{"to", to}}, x)
}

// Concat joins along the channels.
func (b *Builder) Concat(xs ...string) string {
	return b.Node("Concat", "Concat", []Attribute{{"axis", int64(1)}}, xs...)
}

// Channels is the mean over the channels: (N,1,H,W).
func (b *Builder) Channels(x string) string {
	return b.Node("ReduceMean", "ReduceMean", []Attribute{{"axes", []int64{1}}, {"keepdims", int64(1)}}, x)
}

// Reshape gives x other extents; 0 keeps the one in its place.
func (b *Builder) Reshape(x string, dims ...int64) string {
	return b.op("Reshape", x, b.Ints(dims...))
}

// Floats adds a constant. The same name stands for the same constant.
func (b *Builder) Floats(name string, data []float32, dims ...int) string {
	return b.constant(Tensor{Name: name, Dims: extents(dims), Floats: data})
}

// Doubles adds a constant in double precision.
func (b *Builder) Doubles(name string, data []float64, dims ...int) string {
	return b.constant(Tensor{Name: name + " in double precision", Dims: extents(dims), Doubles: data})
}

// Narrow adds a constant that is rounded to single precision.
func (b *Builder) Narrow(name string, data []float64, dims ...int) string {
	narrow := make([]float32, len(data))
	for i, v := range data {
		narrow[i] = float32(v)
	}
	return b.Floats(name, narrow, dims...)
}

// Scalar adds a number.
func (b *Builder) Scalar(v float32) string { return b.Floats(fmt.Sprint("const ", v), []float32{v}) }

// Ints adds a list of numbers.
func (b *Builder) Ints(v ...int64) string {
	return b.constant(Tensor{Name: fmt.Sprint("ints ", v), Dims: []int64{int64(len(v))}, Ints: v})
}

func (b *Builder) constant(t Tensor) string {
	if !b.constants[t.Name] {
		b.constants[t.Name] = true
		b.Initializers = append(b.Initializers, t)
	}
	return t.Name
}

func extents(dims []int) []int64 {
	out := make([]int64, len(dims))
	for i, d := range dims {
		out[i] = int64(d)
	}
	return out
}

// Matrix adds a constant matrix.
func (b *Builder) Matrix(name string, rows, cols int, at func(r, c int) float64) string {
	data := make([]float64, rows*cols)
	for i := range data {
		data[i] = at(i/cols, i%cols)
	}
	return b.Narrow(name, data, rows, cols)
}

// Along applies a linear map to the columns of every plane of x (N,C,H,W) and
// one to the rows: left·X·right.
func (b *Builder) Along(x, left, right string) string {
	return b.op("MatMul", left, b.op("MatMul", x, right))
}
