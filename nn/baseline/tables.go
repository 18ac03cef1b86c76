package baseline

import (
	"fmt"

	"gonum.org/v1/gonum/mat"

	"agurscope/nn"
)

// Table is one of the arrays that a control consists of.
type Table struct {
	Name  string
	Shape []int
	Data  []float32 // in row-major order; as long as the shape says
}

// Stored is a control that can be kept in a file: it is nothing but tables,
// whose shapes follow from the extent of the pictures.
type Stored interface {
	Detector
	// Tables copies the control's numbers.
	Tables() []Table
	// Expected is what a picture that the control looks at should look like.
	Expected(x *nn.Image) *nn.Image
}

// Shapes returns the empty tables of the named control for pictures of w x h.
func Shapes(name string, w, h int) ([]Table, error) {
	switch name {
	case "template":
		return []Table{{Name: "mean", Shape: []int{3, h, w}}, {Name: "std", Shape: []int{3, h, w}}}, nil
	case "pca":
		d := newPCA(size{w, h})
		return []Table{
			{Name: "mean", Shape: []int{h, w}}, {Name: "std", Shape: []int{h, w}},
			{Name: "basis.mean", Shape: []int{3, d.h, d.w}}, {Name: "basis.axes", Shape: []int{pcaComponents, 3 * d.w * d.h}},
		}, nil
	}
	return nil, fmt.Errorf("control %q is not kept in files", name)
}

// FromTables makes the named control for pictures of w x h of the tables that
// Tables returned, in their order. It keeps them.
func FromTables(name string, w, h int, data ...[]float32) (Stored, error) {
	shapes, err := Shapes(name, w, h)
	if err != nil {
		return nil, err
	}
	if len(data) != len(shapes) {
		return nil, fmt.Errorf("%s: %d tables, want %d", name, len(data), len(shapes))
	}
	for i, t := range shapes {
		n := 1
		for _, d := range t.Shape {
			n *= d
		}
		if len(data[i]) != n {
			return nil, fmt.Errorf("%s: table %s has %d numbers, want %d", name, t.Name, len(data[i]), n)
		}
	}
	for _, v := range data[1] {
		if !(v > 0) {
			return nil, fmt.Errorf("%s: a deviation is not positive", name)
		}
	}
	m := moments{data[0], data[1]}
	if name == "template" {
		return &Template{size{w, h}, m}, nil
	}
	d := newPCA(size{w, h})
	d.moments = m
	d.basis = &basis{mean: widen(data[2]), axes: mat.NewDense(pcaComponents, len(data[2]), widen(data[3]))}
	return d, nil
}

// Tables implements [Stored].
func (d *Template) Tables() []Table {
	t, _ := Shapes("template", d.w, d.h)
	t[0].Data, t[1].Data = d.mean, d.std
	return t
}

// Expected implements [Stored]: the mean of the normals.
func (d *Template) Expected(*nn.Image) *nn.Image {
	return &nn.Image{C: 3, H: d.h, W: d.w, Pix: d.mean}
}

// Tables implements [Stored]. Components that there were too few pictures for
// are rows of zeros.
func (d *PCA) Tables() []Table {
	t, _ := Shapes("pca", d.size.w, d.size.h)
	t[0].Data, t[1].Data = d.moments.mean, d.std
	for _, v := range d.basis.mean {
		t[2].Data = append(t[2].Data, float32(v))
	}
	t[3].Data = make([]float32, t[3].Shape[0]*t[3].Shape[1])
	if a := d.basis.axes; a != nil {
		for i, v := range a.RawMatrix().Data {
			t[3].Data[i] = float32(v)
		}
	}
	return t
}

// Expected implements [Stored]: what the components rebuild, enlarged.
func (d *PCA) Expected(x *nn.Image) *nn.Image {
	small := shrink(x, d.w, d.h)
	for i, v := range d.basis.rest(small.Pix) {
		small.Pix[i] -= float32(v)
	}
	out := nn.NewImage(3, x.H, x.W)
	for c := range 3 {
		plane := enlarge(&nn.Image{C: 1, H: d.h, W: d.w, Pix: small.Plane(c)}, x.W, x.H)
		copy(out.Plane(c), plane.Pix)
	}
	return out
}

func widen(v []float32) []float64 {
	out := make([]float64, len(v))
	for i, x := range v {
		out[i] = float64(x)
	}
	return out
}
