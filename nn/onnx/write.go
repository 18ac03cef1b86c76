package onnx

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// message is a protocol buffer under construction.
type message []byte

func (m *message) bytes(field protowire.Number, v []byte) {
	*m = protowire.AppendBytes(protowire.AppendTag(*m, field, protowire.BytesType), v)
}

// text leaves an empty string out, as protocol buffers do.
func (m *message) text(field protowire.Number, v string) {
	if v != "" {
		m.bytes(field, []byte(v))
	}
}

func (m *message) int(field protowire.Number, v int64) {
	*m = protowire.AppendVarint(protowire.AppendTag(*m, field, protowire.VarintType), uint64(v))
}

func (m *message) float(field protowire.Number, v float32) {
	*m = protowire.AppendFixed32(protowire.AppendTag(*m, field, protowire.Fixed32Type), math.Float32bits(v))
}

func (m *message) ints(field protowire.Number, vs []int64) {
	var packed []byte
	for _, v := range vs {
		packed = protowire.AppendVarint(packed, uint64(v))
	}
	m.bytes(field, packed)
}

// open begins a message whose length is known and whose content follows.
func (m *message) open(field protowire.Number, length int) {
	*m = protowire.AppendVarint(protowire.AppendTag(*m, field, protowire.BytesType), uint64(length))
}

// part is a piece of the graph's message: some bytes and behind them the raw
// data of a tensor. The weights are never copied.
type part struct {
	head message
	data *Tensor
}

func (p part) size() int {
	if p.data == nil {
		return len(p.head)
	}
	return len(p.head) + p.data.bytes()
}

// WriteTo implements io.WriterTo.
func (m *Model) WriteTo(w io.Writer) (int64, error) {
	parts, size := m.Graph.parts(), 0
	for _, p := range parts {
		size += p.size()
	}
	var head message
	head.int(1, irVersion)
	head.text(2, m.Producer)
	head.text(3, m.Version)
	head.text(6, m.Doc)
	var opset message
	opset.int(2, Opset)
	head.bytes(8, opset)
	for _, p := range m.Metadata {
		var entry message
		entry.text(1, p.Key)
		entry.text(2, p.Value)
		head.bytes(14, entry)
	}
	head.open(7, size)
	out := bufio.NewWriterSize(w, 1<<16)
	written := int64(0)
	for _, p := range append([]part{{head: head}}, parts...) {
		written += int64(p.size())
		if _, err := out.Write(p.head); err != nil {
			return 0, fmt.Errorf("write ONNX: %w", err)
		}
		if p.data != nil {
			if err := p.data.write(out); err != nil {
				return 0, fmt.Errorf("write ONNX: %w", err)
			}
		}
	}
	if err := out.Flush(); err != nil {
		return 0, fmt.Errorf("write ONNX: %w", err)
	}
	return written, nil
}

// parts encodes GraphProto.
func (g *Graph) parts() []part {
	var head message
	head.text(2, g.Name)
	for _, v := range g.Inputs {
		head.bytes(11, v.encode())
	}
	for _, v := range g.Outputs {
		head.bytes(12, v.encode())
	}
	for _, n := range g.Nodes {
		head.bytes(1, n.encode())
	}
	parts := []part{{head: head}}
	for i := range g.Initializers {
		parts = append(parts, g.Initializers[i].part())
	}
	return parts
}

func (n Node) encode() message {
	var m message
	for _, v := range n.In {
		m.bytes(1, []byte(v)) // an empty one counts, too
	}
	for _, v := range n.Out {
		m.bytes(2, []byte(v))
	}
	m.text(3, n.Name)
	m.text(4, n.Op)
	for _, a := range n.Attributes {
		m.bytes(5, a.encode())
	}
	return m
}

// encode ends with the attribute's type, of AttributeProto.AttributeType.
func (a Attribute) encode() message {
	var m message
	m.text(1, a.Name)
	switch v := a.Value.(type) {
	case float32:
		m.float(2, v)
		m.int(20, 1)
	case int64:
		m.int(3, v)
		m.int(20, 2)
	case string:
		m.bytes(4, []byte(v))
		m.int(20, 3)
	case []int64:
		m.ints(8, v)
		m.int(20, 7)
	default:
		panic(fmt.Sprintf("onnx: attribute %s is a %T", a.Name, a.Value))
	}
	return m
}

func (v Value) encode() message {
	var shape message
	for _, d := range v.Dims {
		var dim message
		if d.Name != "" {
			dim.text(2, d.Name)
		} else {
			dim.int(1, d.Size)
		}
		shape.bytes(1, dim)
	}
	var tensor, kind, m message
	tensor.int(1, Float)
	tensor.bytes(2, shape)
	kind.bytes(1, tensor)
	m.text(1, v.Name)
	m.bytes(2, kind)
	m.text(3, v.Doc)
	return m
}

// part is the tensor as field 5 of the graph, its data last.
func (t *Tensor) part() part {
	var m message
	m.ints(1, t.Dims)
	m.int(2, t.kind())
	m.text(8, t.Name)
	m.open(9, t.bytes())
	var head message
	head.open(5, len(m)+t.bytes())
	return part{append(head, m...), t}
}

func (t *Tensor) kind() int64 {
	switch {
	case t.Ints != nil:
		return Int64
	case t.Doubles != nil:
		return Double
	}
	return Float
}

func (t *Tensor) bytes() int { return 4*len(t.Floats) + 8*len(t.Doubles) + 8*len(t.Ints) }

func (t *Tensor) write(w *bufio.Writer) error {
	for _, v := range t.Floats {
		if _, err := w.Write(binary.LittleEndian.AppendUint32(w.AvailableBuffer(), math.Float32bits(v))); err != nil {
			return err
		}
	}
	for _, v := range t.Doubles {
		if _, err := w.Write(binary.LittleEndian.AppendUint64(w.AvailableBuffer(), math.Float64bits(v))); err != nil {
			return err
		}
	}
	for _, v := range t.Ints {
		if _, err := w.Write(binary.LittleEndian.AppendUint64(w.AvailableBuffer(), uint64(v))); err != nil {
			return err
		}
	}
	return nil
}
