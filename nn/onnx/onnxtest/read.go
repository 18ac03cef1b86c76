package onnxtest

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"google.golang.org/protobuf/encoding/protowire"

	"agurscope/nn/onnx"
)

// Parse reads a model from the bytes of its file. What nn/onnx does not write is
// an error.
func Parse(data []byte) (m *onnx.Model, ir, opset int64, err error) {
	m = &onnx.Model{}
	err = fields(data, func(f field) error {
		switch f.number {
		case 1:
			ir = f.int()
		case 2:
			m.Producer = f.text()
		case 3:
			m.Version = f.text()
		case 6:
			m.Doc = f.text()
		case 7:
			return graph(f.data, &m.Graph)
		case 8:
			return fields(f.data, func(f field) error {
				if f.number == 2 {
					opset = f.int()
				}
				return nil
			})
		case 14:
			var p onnx.Property
			m.Metadata = append(m.Metadata, p)
			return fields(f.data, func(f field) error {
				last := &m.Metadata[len(m.Metadata)-1]
				if f.number == 1 {
					last.Key = f.text()
				} else {
					last.Value = f.text()
				}
				return nil
			})
		default:
			return f.unknown("model")
		}
		return nil
	})
	return m, ir, opset, err
}

// field is one field of a message.
type field struct {
	number protowire.Number
	kind   protowire.Type
	value  uint64 // of a number
	data   []byte // of everything with a length
}

func (f field) int() int64     { return int64(f.value) }
func (f field) text() string   { return string(f.data) }
func (f field) float() float32 { return math.Float32frombits(uint32(f.value)) }

func (f field) unknown(where string) error {
	return fmt.Errorf("field %d of a %s is not written here", f.number, where)
}

// ints reads a packed list.
func (f field) ints() (out []int64, err error) {
	for b := f.data; len(b) > 0; {
		v, n := protowire.ConsumeVarint(b)
		if n < 0 {
			return nil, protowire.ParseError(n)
		}
		out, b = append(out, int64(v)), b[n:]
	}
	return out, nil
}

// fields calls on for every field of a message.
func fields(b []byte, on func(field) error) error {
	for len(b) > 0 {
		number, kind, n := protowire.ConsumeTag(b)
		if n < 0 {
			return protowire.ParseError(n)
		}
		b = b[n:]
		f := field{number: number, kind: kind}
		switch kind {
		case protowire.VarintType:
			f.value, n = protowire.ConsumeVarint(b)
		case protowire.Fixed32Type:
			var v uint32
			v, n = protowire.ConsumeFixed32(b)
			f.value = uint64(v)
		case protowire.BytesType:
			f.data, n = protowire.ConsumeBytes(b)
		default:
			return fmt.Errorf("wire type %d is not written here", kind)
		}
		if n < 0 {
			return protowire.ParseError(n)
		}
		b = b[n:]
		if err := on(f); err != nil {
			return err
		}
	}
	return nil
}

func graph(b []byte, g *onnx.Graph) error {
	return fields(b, func(f field) error {
		switch f.number {
		case 1:
			n, err := node(f.data)
			g.Nodes = append(g.Nodes, n)
			return err
		case 2:
			g.Name = f.text()
		case 5:
			t, err := tensor(f.data)
			g.Initializers = append(g.Initializers, t)
			return err
		case 11:
			v, err := value(f.data)
			g.Inputs = append(g.Inputs, v)
			return err
		case 12:
			v, err := value(f.data)
			g.Outputs = append(g.Outputs, v)
			return err
		default:
			return f.unknown("graph")
		}
		return nil
	})
}

func node(b []byte) (n onnx.Node, err error) {
	err = fields(b, func(f field) error {
		switch f.number {
		case 1:
			n.In = append(n.In, f.text())
		case 2:
			n.Out = append(n.Out, f.text())
		case 3:
			n.Name = f.text()
		case 4:
			n.Op = f.text()
		case 5:
			a, err := attribute(f.data)
			n.Attributes = append(n.Attributes, a)
			return err
		default:
			return f.unknown("node")
		}
		return nil
	})
	return n, err
}

func attribute(b []byte) (a onnx.Attribute, err error) {
	err = fields(b, func(f field) (err error) {
		switch f.number {
		case 1:
			a.Name = f.text()
		case 2:
			a.Value = f.float()
		case 3:
			a.Value = f.int()
		case 4:
			a.Value = f.text()
		case 8:
			a.Value, err = f.ints()
		case 20: // the type, which the value tells
		default:
			return f.unknown("attribute")
		}
		return err
	})
	return a, err
}

func tensor(b []byte) (t onnx.Tensor, err error) {
	kind, size := int64(0), int64(1)
	var raw []byte
	err = fields(b, func(f field) (err error) {
		switch f.number {
		case 1:
			t.Dims, err = f.ints()
		case 2:
			kind = f.int()
		case 8:
			t.Name = f.text()
		case 9:
			raw = f.data
		default:
			return f.unknown("tensor")
		}
		return err
	})
	if err != nil {
		return t, err
	}
	for _, d := range t.Dims {
		if d < 0 || d > 1<<32 || size > 1<<32 {
			return t, fmt.Errorf("tensor %s has extents %v", t.Name, t.Dims)
		}
		size *= d
	}
	return t, elements(&t, kind, size, raw)
}

func elements(t *onnx.Tensor, kind, size int64, raw []byte) error {
	width := map[int64]int64{onnx.Float: 4, onnx.Int64: 8, onnx.Double: 8}[kind]
	if width == 0 || int64(len(raw)) != width*size {
		return fmt.Errorf("tensor %s of type %d and extents %v has %d bytes", t.Name, kind, t.Dims, len(raw))
	}
	for ; len(raw) > 0; raw = raw[width:] {
		switch kind {
		case onnx.Float:
			t.Floats = append(t.Floats, math.Float32frombits(binary.LittleEndian.Uint32(raw)))
		case onnx.Double:
			t.Doubles = append(t.Doubles, math.Float64frombits(binary.LittleEndian.Uint64(raw)))
		case onnx.Int64:
			t.Ints = append(t.Ints, int64(binary.LittleEndian.Uint64(raw)))
		}
	}
	return nil
}

// value reads name, documentation and the shape within the type.
func value(b []byte) (v onnx.Value, err error) {
	dim := func(f field) error {
		var d onnx.Dim
		err := fields(f.data, func(f field) error {
			switch f.number {
			case 1:
				d.Size = f.int()
			case 2:
				d.Name = f.text()
			}
			return nil
		})
		v.Dims = append(v.Dims, d)
		return err
	}
	shape := func(f field) error {
		switch {
		case f.number == 1 && f.int() != onnx.Float:
			return errors.New("a value is not of float32")
		case f.number == 2:
			return fields(f.data, dim)
		}
		return nil
	}
	err = fields(b, func(f field) error {
		switch f.number {
		case 1:
			v.Name = f.text()
		case 2:
			return fields(f.data, func(f field) error { return fields(f.data, shape) })
		case 3:
			v.Doc = f.text()
		}
		return nil
	})
	return v, err
}
