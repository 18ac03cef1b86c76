package lab

import (
	"context"
	"errors"
	"fmt"
	"image/color"
	"slices"
	"strings"

	"agurscope/assets/words"
	"agurscope/datasets"
	"agurscope/nn/cluster"
	"agurscope/nn/tsne"
	"agurscope/nn/vectors"
	"agurscope/ui/report"
	"agurscope/ui/session"
	"agurscope/ui/session/ledger"
)

func spreadTasks(r *run) (out []task) {
	out = append(out, task{spread, raw, fourKinds, 0, ledger.LastTick})
	for _, m := range methods[:4] {
		out = append(out, task{spread, m.name, fourKinds, 0, ledger.LastTick})
	}
	return out
}

func showFig9(r *run) (res result) {
	classes := strings.Fields(r.data.get(fourKinds).Category)
	t := table{title: "How well the four hold together", header: []string{"features", "5-NN, features", "5-NN, map", "silhouette, features", "silhouette, map"}}
	votes := map[string]session.Spread{}
	for i, m := range append([]method{{raw, "pixels, nothing learnt"}}, methods[:4]...) {
		f := r.figures(task{spread, m.name, fourKinds, 0, ledger.LastTick})
		if f == nil {
			continue
		}
		s := report.Scatter{Title: "t-SNE of defective parts, by " + m.title}
		for c, name := range classes {
			g := report.Group{Name: r.data.title(name)}
			for k := 0; ; k++ {
				class, ok := f[fmt.Sprintf("class_%04d", k)]
				if !ok {
					break
				}
				if int(class) == c {
					g.Points = append(g.Points, [2]float64{f[fmt.Sprintf("x_%04d", k)], f[fmt.Sprintf("y_%04d", k)]})
				}
			}
			s.Groups = append(s.Groups, g)
		}
		s.Notes = []string{fmt.Sprintf("5-NN %.3f", f["knn5_map"]), fmt.Sprintf("silhouette %.2f", f["silhouette_map"])}
		res.pictures = append(res.pictures, picture{fmt.Sprintf("fig9-%c", 'a'+i), layoutTitle(m.name), s})
		row := []string{m.title}
		for _, k := range []string{"knn5_before", "knn5_map", "silhouette_before", "silhouette_map"} {
			row = append(row, fmt.Sprintf("%.3f", f[k]))
		}
		t.rows = append(t.rows, row)
		if m.name != raw {
			votes[m.name] = session.SpreadOf([]float64{f["knn5_before"]})
		}
	}
	res.tables = append(res.tables, t)
	res.claims = append(res.claims, shown(words.Text("AGUR-Net's features tell the four products apart best (5-NN).").With(), votes, true, "%.3f"))
	res.notes = append(r.standIns(fourKinds), "One model per method is trained on the good parts of all four products. Turn and scale of a map mean nothing; neighbours do.")
	return res
}

// raw is the method of Fig. 9 that has learnt nothing: the pixels themselves.
const raw = "raw"

// spread lays out the defective parts of four products by what a method sees in
// them.
func (r bench) spread(ctx context.Context, t task, on watcher) (f ledger.Figures, err error) {
	set := r.data.get(t.subject).set
	items := slices.DeleteFunc(labelled(set), func(it datasets.Item) bool { return it.Label != datasets.Anomalous })
	var looks [][]float32
	if t.method == raw {
		for i, it := range items {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			v, err := thumbnail(it)
			if err != nil {
				return nil, err
			}
			looks = append(looks, v)
			on(stageReading, .9*float64(i+1)/float64(len(items)))
		}
	} else {
		err := r.trained(ctx, t, r.budget.Input, r.budget.Steps, on, func(s *session.Session, set *datasets.Set) error {
			for _, it := range items {
				res, err := s.Preview(ctx, it)
				if err != nil {
					return err
				}
				if res.Err != nil {
					return res.Err
				}
				looks = append(looks, slices.Clone(res.Prediction.Embedding))
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	classes := strings.Fields(r.data.get(t.subject).Category)
	var labels []int
	for _, it := range items {
		labels = append(labels, slices.IndexFunc(classes, func(c string) bool { return strings.HasPrefix(it.Name, c+"/") }))
	}
	on(stageLayout, .95)
	return layOut(ctx, looks, labels)
}

// thumbnail is a picture as few numbers.
func thumbnail(it datasets.Item) ([]float32, error) {
	f, err := it.Load()
	if err != nil {
		return nil, err
	}
	const side = 16
	b, out := f.Image.Bounds(), make([]float32, 0, 3*side*side)
	for y := range side {
		for x := range side {
			c := color.NRGBAModel.Convert(f.Image.At(b.Min.X+(2*x+1)*b.Dx()/(2*side), b.Min.Y+(2*y+1)*b.Dy()/(2*side))).(color.NRGBA)
			out = append(out, float32(c.R)/255, float32(c.G)/255, float32(c.B)/255)
		}
	}
	return out, nil
}

// Neighbours of which the majority says what a part is, and principal axes.
const (
	neighbours = 5
	axes       = 50
)

// layOut draws a map of vectors and says how well their labels hold together, in
// it and before.
func layOut(ctx context.Context, looks [][]float32, labels []int) (ledger.Figures, error) {
	if len(looks) == 0 || len(looks[0]) == 0 {
		return nil, errors.New("there is nothing to lay out")
	}
	all, err := vectors.FromRows(looks)
	if err != nil {
		return nil, err
	}
	basis, err := vectors.Fit(ctx, all, axes, true)
	if err != nil {
		return nil, err
	}
	x, err := basis.Apply(ctx, all)
	if err != nil {
		return nil, err
	}
	m, err := tsne.Run(ctx, x, tsne.Options{})
	if err != nil {
		return nil, err
	}
	flat := &vectors.Set{D: 2}
	f := ledger.Figures{"kl": m.KL}
	for i, p := range m.Points {
		flat.V = append(flat.V, float32(p.X), float32(p.Y))
		f[fmt.Sprintf("x_%04d", i)], f[fmt.Sprintf("y_%04d", i)] = float64(p.X), float64(p.Y)
		f[fmt.Sprintf("class_%04d", i)] = float64(labels[i])
	}
	for name, s := range map[string]*vectors.Set{"before": x, "map": flat} {
		if f["silhouette_"+name], err = cluster.Silhouette(ctx, s, labels); err != nil {
			return nil, err
		}
		if f["knn5_"+name], err = vote(ctx, s, labels); err != nil {
			return nil, err
		}
	}
	return f, nil
}

// vote is the share of parts whose five nearest others say by majority what they
// are.
func vote(ctx context.Context, s *vectors.Set, labels []int) (float64, error) {
	g, err := vectors.Nearest(ctx, s, neighbours)
	if err != nil {
		return 0, err
	}
	right := 0.
	for i := range labels {
		tally := map[int]int{}
		best := -1
		for _, n := range g.Row(i) {
			l := labels[n.ID]
			if tally[l]++; best < 0 || tally[l] > tally[best] {
				best = l
			}
		}
		if best == labels[i] {
			right++
		}
	}
	return right / float64(max(len(labels), 1)), nil
}
