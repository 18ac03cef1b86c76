// Package control makes methods of the classical controls of package baseline,
// so that they can be used like any other: a recipe that a network does not beat
// is the better recipe. They differ from the controls of accuracy tables only in
// their tables' precision, which is that of the file.
package control

import (
	"context"

	"agurscope/nn"
	"agurscope/nn/baseline"
	"agurscope/nn/rival"
)

// The controls: a template of every pixel's mean and deviation, and 30 principal
// components (Turk and Pentland 1991).
var (
	Template rival.Method = method("template")
	PCA      rival.Method = method("pca")
)

// method is a control by its name in package baseline.
type method string

// Build implements [rival.Method].
func (m method) Build(s rival.Site) error {
	_, err := m.params(s)
	return err
}

// params returns the parameters that hold the control's tables, in order.
func (m method) params(s rival.Site) ([]*nn.Param, error) {
	tables, err := baseline.Shapes(string(m), s.Width, s.Height)
	if err != nil {
		return nil, err
	}
	out := make([]*nn.Param, len(tables))
	for i, t := range tables {
		fill := float32(0)
		if t.Name == "std" {
			fill = 1
		}
		out[i] = s.Params.Statistic(string(m)+"."+t.Name, fill, t.Shape...)
	}
	return out, nil
}

// Train implements [rival.Method].
func (m method) Train(ctx context.Context, s rival.Site, t *rival.Training) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	d, err := baseline.Fit(string(m), t.Normals)
	if err != nil {
		return err
	}
	params, err := m.params(s)
	if err != nil {
		return err
	}
	for i, t := range d.(baseline.Stored).Tables() {
		copy(params[i].Data(), t.Data)
	}
	return ctx.Err()
}

// Open implements [rival.Method].
func (m method) Open(s rival.Site) (rival.Eye, error) {
	params, err := m.params(s)
	if err != nil {
		return nil, err
	}
	e := eye{}
	data := make([][]float32, len(params))
	for i, p := range params {
		data[i] = p.Data()
		e.bytes += 4 * int64(len(data[i]))
	}
	e.d, err = baseline.FromTables(string(m), s.Width, s.Height, data...)
	return e, err
}

// eye looks through a control.
type eye struct {
	d     baseline.Stored
	bytes int64
}

// Look implements [rival.Eye].
func (e eye) Look(x *nn.Image, f *rival.Finding) error {
	_, f.Map = e.d.Detect(x)
	f.Score, f.Reconstruction = rival.None(), e.d.Expected(x)
	f.Embedding = rival.Thumbnail(f.Embedding, f.Map)
	return nil
}

// Bytes implements [rival.Eye].
func (e eye) Bytes() int64 { return e.bytes }

// Close implements [rival.Eye].
func (e eye) Close() error { return nil }
