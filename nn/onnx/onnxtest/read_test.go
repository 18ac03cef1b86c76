package onnxtest

import (
	"bytes"
	"testing"

	"agurscope/nn/onnx"
)

// Whatever is read, nothing is allocated that the file does not hold, and nothing
// panics.
func FuzzParse(f *testing.F) {
	b := onnx.NewBuilder("seed")
	x := b.Input("x", "a picture", 2, 1, 1)
	x = b.Add(x, b.Reshape(b.Floats("numbers", []float32{1, 2}, 2), 1, 2, 1, 1))
	b.Output("y", "", b.Cast(b.Cast(x, onnx.Double), onnx.Float), 2, 1, 1)
	m := &onnx.Model{Producer: "p", Version: "v", Doc: "d", Metadata: []onnx.Property{{Key: "k", Value: "v"}}, Graph: b.Graph}
	var buf bytes.Buffer
	if _, err := m.WriteTo(&buf); err != nil {
		f.Fatal(err)
	}
	f.Add(buf.Bytes())
	f.Add(buf.Bytes()[:buf.Len()/2])
	f.Fuzz(func(t *testing.T, data []byte) {
		m, _, _, err := Parse(data)
		if err != nil {
			return
		}
		_ = Check(m)
		if _, err := m.WriteTo(&buf); err != nil {
			t.Error(err)
		}
		buf.Reset()
	})
}

// A check that passes everything would prove nothing.
func TestCheckRefusesGraphsThatAreNotWellFormed(t *testing.T) {
	for name, change := range map[string]func(*onnx.Graph){
		"as it is":               func(*onnx.Graph) {},
		"a name twice":           func(g *onnx.Graph) { g.Nodes = append(g.Nodes, g.Nodes[0]) },
		"read before it is made": func(g *onnx.Graph) { g.Nodes[0].In[0] = "y" },
		"an output of nothing":   func(g *onnx.Graph) { g.Outputs[0].Name = "z" },
		"a constant unread":      func(g *onnx.Graph) { g.Initializers = append(g.Initializers, onnx.Tensor{Name: "idle"}) },
		"two results":            func(g *onnx.Graph) { g.Nodes[0].Out = append(g.Nodes[0].Out, "more") },
	} {
		b := onnx.NewBuilder("g")
		b.Output("y", "", b.Add(b.Input("x", "", 1, 1, 1), b.Scalar(2)), 1, 1, 1)
		change(&b.Graph)
		if err := Check(&onnx.Model{Graph: b.Graph}); (err == nil) != (name == "as it is") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
