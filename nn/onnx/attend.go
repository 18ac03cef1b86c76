package onnx

import "agurscope/nn"

// attend is two products and a softmax between.
func (t *translation) attend(op nn.Attend, in []string, n *nn.Node) string {
	many, inner, each := op.Extents(n.In[0].Shape, n.Shape)
	turned := func(x string) string {
		return t.Node("Transpose", "Transpose", []Attribute{{"perm", []int64{0, 2, 1}}}, x)
	}
	rows := func(x string, numbers int) string {
		if op.Channels {
			return t.Reshape(x, 0, int64(many), int64(numbers))
		}
		return turned(t.Reshape(x, 0, int64(numbers), int64(many)))
	}
	z := t.Mul(t.op("MatMul", rows(in[0], inner), turned(rows(in[1], inner))), t.Scalar(op.Factor))
	y := t.op("MatMul", t.Node("Softmax", "Softmax", []Attribute{{"axis", int64(-1)}}, z), rows(in[2], each))
	if !op.Channels {
		y = turned(y)
	}
	return t.Reshape(y, 0, int64(n.Shape[1]), int64(n.Shape[2]), int64(n.Shape[3]))
}
