package onnxtest

import (
	"fmt"
	"math"
	"slices"

	"agurscope/nn/onnx"
)

// Tensor is a value: extents and elements in row-major order. Truth values are
// 0 and 1.
type Tensor struct {
	Dims []int
	Data []float64
}

func size(dims []int) int {
	n := 1
	for _, d := range dims {
		n *= d
	}
	return n
}

func zeros(dims ...int) Tensor {
	return Tensor{slices.Clone(dims), make([]float64, size(dims))}
}

// Run computes the outputs of a model for the given inputs, after a check that
// the graph is well formed.
func Run(m *onnx.Model, inputs map[string]Tensor) (map[string]Tensor, error) {
	if err := Check(m); err != nil {
		return nil, err
	}
	values := map[string]Tensor{}
	for _, t := range m.Graph.Initializers {
		values[t.Name] = constant(t)
	}
	for _, v := range m.Graph.Inputs {
		x, ok := inputs[v.Name]
		if !ok || !fits(x, v) {
			return nil, fmt.Errorf("input %s of %v is missing or has other extents", v.Name, v.Dims)
		}
		values[v.Name] = x
	}
	for _, n := range m.Graph.Nodes {
		y, err := apply(n, values)
		if err != nil {
			return nil, fmt.Errorf("%s %q: %w", n.Op, n.Name, err)
		}
		values[n.Out[0]] = y
	}
	out := map[string]Tensor{}
	for _, v := range m.Graph.Outputs {
		if !fits(values[v.Name], v) {
			return nil, fmt.Errorf("output %s has extents %v, not %v", v.Name, values[v.Name].Dims, v.Dims)
		}
		out[v.Name] = values[v.Name]
	}
	return out, nil
}

func fits(t Tensor, v onnx.Value) bool {
	if len(t.Dims) != len(v.Dims) || len(t.Data) != size(t.Dims) {
		return false
	}
	for i, d := range v.Dims {
		if d.Name == "" && d.Size != int64(t.Dims[i]) {
			return false
		}
	}
	return true
}

// Check reports what makes a graph no valid one: names that stand for two values
// or for none, nodes before their inputs, constants that nobody reads.
func Check(m *onnx.Model) error {
	there, read := map[string]bool{}, map[string]bool{"": true}
	add := func(name string) error {
		if there[name] || name == "" {
			return fmt.Errorf("the name %q stands for two values or for none", name)
		}
		there[name] = true
		return nil
	}
	for _, v := range m.Graph.Inputs {
		if err := add(v.Name); err != nil {
			return err
		}
	}
	for _, t := range m.Graph.Initializers {
		if err := add(t.Name); err != nil {
			return err
		}
	}
	for _, n := range m.Graph.Nodes {
		for _, in := range n.In {
			if in != "" && !there[in] {
				return fmt.Errorf("%s %q reads %q, which is not there yet", n.Op, n.Name, in)
			}
			read[in] = true
		}
		if len(n.Out) != 1 {
			return fmt.Errorf("%s %q has %d results", n.Op, n.Name, len(n.Out))
		}
		if err := add(n.Out[0]); err != nil {
			return err
		}
	}
	for _, v := range m.Graph.Outputs {
		if !there[v.Name] {
			return fmt.Errorf("the output %q is not there", v.Name)
		}
		read[v.Name] = true
	}
	for name := range there {
		if !read[name] {
			return fmt.Errorf("nobody reads %q", name)
		}
	}
	return nil
}

func constant(t onnx.Tensor) Tensor {
	var out Tensor
	for _, d := range t.Dims {
		out.Dims = append(out.Dims, int(d))
	}
	for _, v := range t.Floats {
		out.Data = append(out.Data, float64(v))
	}
	for _, v := range t.Ints {
		out.Data = append(out.Data, float64(v))
	}
	out.Data = append(out.Data, t.Doubles...)
	return out
}

// attributes of a node, by name.
type attributes map[string]any

func (a attributes) ints(name string, otherwise ...int) []int {
	vs, ok := a[name].([]int64)
	if !ok {
		return otherwise
	}
	out := make([]int, len(vs))
	for i, v := range vs {
		out[i] = int(v)
	}
	return out
}

func (a attributes) int(name string, otherwise int) int {
	if v, ok := a[name].(int64); ok {
		return int(v)
	}
	return otherwise
}

func (a attributes) float(name string) float64 {
	v, _ := a[name].(float32)
	return float64(v)
}

// apply computes one node. A graph that is not well formed may panic.
func apply(n onnx.Node, values map[string]Tensor) (Tensor, error) {
	a := attributes{}
	for _, v := range n.Attributes {
		a[v.Name] = v.Value
	}
	in := make([]Tensor, len(n.In))
	for i, name := range n.In {
		in[i] = values[name]
	}
	if f := unaries[n.Op]; f != nil {
		return each(in[0], f), nil
	}
	if f := binaries[n.Op]; f != nil {
		return broadcast(in[:2], func(v []float64) float64 { return f(v[0], v[1]) }), nil
	}
	switch n.Op {
	case "Identity", "Cast":
		return in[0], nil
	case "LeakyRelu":
		slope := a.float("alpha")
		return each(in[0], func(v float64) float64 { return max(v, 0) + slope*min(v, 0) }), nil
	case "Where":
		return broadcast(in, func(v []float64) float64 {
			if v[0] != 0 {
				return v[1]
			}
			return v[2]
		}), nil
	case "Expand":
		dims := make([]int, len(in[1].Data))
		for i, v := range in[1].Data {
			dims[i] = int(v)
		}
		return broadcast([]Tensor{in[0], zeros(dims...)}, func(v []float64) float64 { return v[0] }), nil
	case "Conv":
		return conv(a, in), nil
	case "ConvTranspose":
		return convTranspose(a, in), nil
	case "BatchNormalization":
		return normalise(in, a.float("epsilon")), nil
	case "Concat":
		return concat(in), nil
	case "Slice":
		return slice(in), nil
	case "Reshape":
		return reshape(in[0], in[1].Data)
	case "GlobalAveragePool":
		return pool(in[0]), nil
	case "ReduceMean":
		return channelMean(in[0]), nil
	case "Transpose":
		if perm := a.ints("perm"); len(in[0].Dims) != 3 || !slices.Equal(perm, []int{0, 2, 1}) {
			return Tensor{}, fmt.Errorf("extents in the order %v are not known here", perm)
		}
		return transpose(in[0]), nil
	case "Softmax":
		return softmax(in[0]), nil
	case "MatMul":
		return matmul(in[0], in[1])
	case "Resize":
		return double(in[0]), nil
	}
	return Tensor{}, fmt.Errorf("the operator is not known here")
}

var unaries = map[string]func(float64) float64{
	"Relu": func(v float64) float64 { return max(v, 0) }, "Abs": math.Abs, "Neg": func(v float64) float64 { return -v },
	"Sigmoid": func(v float64) float64 { return 1 / (1 + math.Exp(-v)) },
	"Tanh":    math.Tanh,
	"Sqrt":    math.Sqrt, "Log": math.Log, "Exp": math.Exp, "Atan": math.Atan,
}

var binaries = map[string]func(a, b float64) float64{
	"Add": func(a, b float64) float64 { return a + b }, "Sub": func(a, b float64) float64 { return a - b },
	"Mul": func(a, b float64) float64 { return a * b }, "Div": func(a, b float64) float64 { return a / b },
	"Equal": func(a, b float64) float64 { return truth(a == b) }, "Less": func(a, b float64) float64 { return truth(a < b) },
}

func truth(v bool) float64 {
	if v {
		return 1
	}
	return 0
}
