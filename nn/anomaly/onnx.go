package anomaly

import (
	"encoding/json"
	"fmt"
	"strconv"

	"agurscope/nn"
	"agurscope/nn/onnx"
)

// ONNX writes down the recipe's network up to its raw maps, with all weights, as
// others can run it: everything that a Detector computes of a prepared picture
// before it compares that with good parts. A picture with a side above 512 pixels
// is inspected in tiles; the model is then that of one tile.
func (r *Recipe) ONNX(program string) (*onnx.Model, error) {
	if n := r.Model.Network; !n.own() {
		return nil, fmt.Errorf("export %s: only recipes of method %s have a network that can be exported", r.Model, agurnet)
	}
	if err := r.Model.finite(); err != nil {
		return nil, fmt.Errorf("export %s: %w", r.Model, err)
	}
	tile := r.tile()
	g := tile.inference(1)
	n := tile.Network
	w, h := n.Width, n.Height
	b := onnx.NewBuilder(r.Name)
	x := b.Input("image", "prepared pictures: red, green, blue from 0 to 1", 3, h, w)

	bound := map[*nn.Node]string{g.image: x}
	if g.strength != nil {
		v := float32(r.Model.Denoiser.Strength)
		bound[g.strength] = b.Floats("denoiser strength", []float32{v, v, v}, 1, 3, 1, 1)
	}
	want := []*nn.Node{g.reconstruction, g.residual, g.plain}
	want = append(append(want, g.features...), g.embedding...)
	if g.logits != nil {
		want = append(want, g.logits)
	}
	var rebuilt func(answer string) string
	if g.high != nil {
		t := n.game().Trace(b, x, w, h)
		bound[g.high], rebuilt = t.In, t.Finish
		want = append(want, g.frequency)
	}
	at, err := b.Translate(g.Graph, want, bound)
	if err != nil {
		return nil, fmt.Errorf("export %s: %w", r.Model, err)
	}

	out := func(name, doc string, n *nn.Node) { b.Output(name, doc, at[n], n.Shape[1:]...) }
	out("reconstruction", "the picture as the network paints it", g.reconstruction)
	out("residual", "what differs: mean |x−x̂| · mean (1−SSIM), blurred", g.residual)
	out("plain_residual", "mean |x−x̂|, blurred", g.plain)
	if g.logits != nil {
		out("score", "the scoring network's logits", g.logits)
	}
	if rebuilt != nil {
		d := b.Channels(b.Op("Abs", b.Sub(x, rebuilt(at[g.frequency]))))
		left, right := smoothMatrix(b, h, blurSigma(w, h), false), smoothMatrix(b, w, blurSigma(w, h), true)
		b.Output("frequency_residual", "mean |x−x̂| of the frequency branch, blurred", b.Along(d, left, right), 1, h, w)
	}
	for i, f := range g.features {
		out("features."+strconv.Itoa(i), "what statistics of features read", f)
	}
	var parts []string
	size := 0
	for _, e := range g.embedding {
		parts, size = append(parts, at[e]), size+e.Shape[1]
	}
	b.Output("embedding", "pooled deep features", b.Reshape(b.Concat(parts...), 0, int64(size)), size)

	m := &onnx.Model{Producer: "agurscope", Version: program, Graph: b.Graph}
	m.Doc = fmt.Sprintf("The network of the recipe %s (%s), up to its maps before they are compared with good parts. "+
		"The metadata says what a picture must look like.", r.Name, r.Model)
	return m, r.describeONNX(m)
}

// describeONNX adds the metadata.
func (r *Recipe) describeONNX(m *onnx.Model) error {
	whole := r.Model.Network
	network, err := json.Marshal(whole)
	if err != nil {
		return fmt.Errorf("export: %w", err)
	}
	prepare, err := json.Marshal(r.Preparation)
	if err != nil {
		return fmt.Errorf("export: %w", err)
	}
	tiles := newTiling(whole.Width, whole.Height)
	add := func(key, value string) {
		m.Metadata = append(m.Metadata, onnx.Property{Key: "agurscope." + key, Value: value})
	}
	add("recipe", r.Name)
	add("recipe_sha256", r.SHA256)
	add("size", whole.Size)
	add("network", string(network))
	add("input", fmt.Sprintf("%d x %d pixels, resized by area; red, green, blue as planes from 0 to 1, grey repeated; no mean is subtracted", whole.Width, whole.Height))
	add("preparation", string(prepare))
	if places := tiles.at; len(places) > 1 {
		add("tiles", fmt.Sprintf("the picture is inspected in tiles of %d x %d pixels, which overlap by at least %d and are blended there; columns begin at %v, rows at %v",
			tiles.tw, tiles.th, tileOverlap, tiles.xs, tiles.ys))
	} else {
		add("tiles", "none: the model sees the whole picture")
	}
	return nil
}

// smoothMatrix is an enlarger that only blurs n pixels: for columns on the left,
// for rows on the right.
func smoothMatrix(b *onnx.Builder, n int, sigma float64, right bool) string {
	all := make([]float64, n*n)
	for to, s := range smooth(spans(n, n), sigma) {
		for k, v := range s.weights {
			from := s.from + k
			if right {
				all[from*n+to] = float64(v)
			} else {
				all[to*n+from] = float64(v)
			}
		}
	}
	side := "columns"
	if right {
		side = "rows"
	}
	return b.Narrow(fmt.Sprintf("smooth %s %g of %d", side, sigma, n), all, n, n)
}
