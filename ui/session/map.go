package session

import (
	"context"
	"errors"
	"math"
	"slices"

	"agurscope/assets/words"
	"agurscope/history"
	"agurscope/nn/anomaly"
	"agurscope/nn/cluster"
	"agurscope/nn/tsne"
	"agurscope/nn/vectors"
)

// MapOptions say of which parts a map is drawn, and how. The zero value is the
// usual way.
type MapOptions struct {
	Recipes    []string // SHA-256s whose embeddings can be compared; nil: of the recipe of the newest verdict that has one
	Perplexity float64  // 0: 30
	MinSize    int      // of a cluster; 0: by the number of parts
	Newest     int      // at most so many parts, the newest; 0: 20,000
	Discard    bool     // do not keep the map in the history

	On func(MapProgress) // must not block; may be nil
}

// MapProgress is how far a map is.
type MapProgress struct {
	Stage    string // "reading", "neighbours", "layout", "clusters"
	Done, Of int    // of the stage; 0 of 0 where it cannot be said
	KL       float64
}

// MapReport is a map with figures that are told once.
type MapReport struct {
	*history.Map
	Skipped int    // parts whose embedding has another length than the newest
	Truth   string // what neighbours agree in: "type" or "verdict"

	// The same figures among the embeddings instead of in the map, and those of
	// the truth instead of the clusters; NaN where it cannot be said.
	AgreementBefore                   float64
	TruthSilhouette, SilhouetteBefore float64
}

const (
	mapDims       = 50     // principal axes that are looked at
	mapNewest     = 20_000 // parts in a map unless told otherwise
	leastMapped   = 10
	mapNeighbours = 10 // whose truth is compared
	mapTrust      = 12 // neighbours of trustworthiness
	leastNormals  = 20 // OK parts that say what distance is usual
)

// DrawMap lays out the embeddings of a history, finds the clusters among them,
// and keeps the map unless told not to. Names that people gave to clusters of
// the map before go over to those that hold most of the same parts, and the map
// is turned to lie like that one.
//
// Clusters are looked for in the map, not among the embeddings: there, density
// differs so much between kinds that whole kinds count as noise or as one
// (Fashion-MNIST, 10,000 x 64, clusters from 30 parts on: three clusters, adjusted
// Rand index 0.00, against 39 and 0.44), and the map is what people see and name.
func DrawMap(ctx context.Context, s *history.Store, o MapOptions) (*MapReport, error) {
	r, err := drawMap(ctx, s, o)
	if err != nil {
		return nil, problem("draw the map", err, "")
	}
	return r, nil
}

func drawMap(ctx context.Context, s *history.Store, o MapOptions) (*MapReport, error) {
	tell := func(stage string, done, of int, kl float64) {
		if o.On != nil {
			o.On(MapProgress{stage, done, of, kl})
		}
	}
	tell("reading", 0, 0, math.NaN())
	d, err := readEmbeddings(ctx, s, o)
	if err != nil {
		return nil, err
	}
	tell("neighbours", 0, 0, math.NaN())
	basis, err := vectors.Fit(ctx, d.raw, mapDims, true)
	if err != nil {
		return nil, err
	}
	x, err := basis.Apply(ctx, d.raw)
	if err != nil {
		return nil, err
	}
	near, err := vectors.Nearest(ctx, x, mapNeighbours)
	if err != nil {
		return nil, err
	}
	drawn, err := tsne.Run(ctx, x, tsne.Options{Perplexity: o.Perplexity, Progress: func(p tsne.Progress) {
		tell("layout", p.Iteration, p.Iterations, p.KL)
	}})
	if err != nil {
		return nil, err
	}
	tell("clusters", 0, 0, drawn.KL)
	before, err := s.MapOf(ctx, d.recipes...)
	if err != nil && !errors.Is(err, history.ErrNotFound) {
		return nil, err
	}
	d.align(drawn.Points, before)
	m := &history.Map{Recipe: d.recipe, RecipeSHA256: d.recipes[0], Perplexity: drawn.Perplexity, KL: drawn.KL}
	if m.Basis, err = basis.MarshalBinary(); err != nil {
		return nil, err
	}
	m.Scale = tsne.Scale(near, d.normals())
	for i, p := range drawn.Points {
		distance := math.Sqrt(float64(near.Row(i)[0].Distance2))
		m.Points = append(m.Points, history.MapPoint{
			Verdict: d.ids[i], X: float64(p.X), Y: float64(p.Y), Distance: distance,
			Outside: outside(distance, m.Scale), Part: d.parts[i],
		})
	}
	flat := flatSet(drawn.Points)
	found, err := cluster.Find(ctx, flat, cluster.Options{MinSize: o.MinSize})
	if err != nil {
		return nil, err
	}
	m.Clusters = append(foundClusters(found, d.ids), d.classes()...)
	inherit(m, before)
	report := &MapReport{Map: m, Skipped: d.skipped}
	if err := report.judge(ctx, d, x, flat, found); err != nil {
		return nil, err
	}
	if o.Discard {
		return report, nil
	}
	return report, s.AddMap(ctx, m)
}

// outside is the rule for parts unlike anything mapped.
func outside(distance, scale float64) bool { return distance > tsne.Outside*scale }

func flatSet(points []tsne.Point) *vectors.Set {
	s := vectors.New(len(points), 2)
	for i, p := range points {
		s.Row(i)[0], s.Row(i)[1] = p.X, p.Y
	}
	return s
}

// embedded is what a map is drawn of.
type embedded struct {
	recipe  string
	recipes []string
	raw     *vectors.Set
	ids     []int64
	parts   []history.MapPart
	skipped int
}

func readEmbeddings(ctx context.Context, s *history.Store, o MapOptions) (*embedded, error) {
	all, err := s.Embedders(ctx)
	if err != nil {
		return nil, err
	}
	d := &embedded{recipes: o.Recipes}
	for _, e := range all {
		if len(d.recipes) == 0 {
			d.recipes = []string{e.RecipeSHA256}
		}
		if slices.Contains(d.recipes, e.RecipeSHA256) && d.recipe == "" {
			d.recipe = e.Recipe
		}
	}
	if d.recipe == "" {
		return nil, &Problem{Op: "draw the map", Err: errors.New(words.T("no inspected part of this recipe is in the history")), Hint: words.T("Inspect some parts first.")}
	}
	var rows [][]float32
	f := history.EmbeddingFilter{Recipes: d.recipes, Newest: o.Newest}
	if f.Newest <= 0 {
		f.Newest = mapNewest
	}
	for e, err := range s.Embeddings(ctx, f) {
		if err != nil {
			return nil, err
		}
		rows, d.ids, d.parts = append(rows, e.Vector), append(d.ids, e.Verdict), append(d.parts, e.Part)
	}
	// A recipe of the same name and file has one length; be sure of it.
	kept := 0
	for i, r := range rows {
		if len(r) == len(rows[len(rows)-1]) {
			rows[kept], d.ids[kept], d.parts[kept] = r, d.ids[i], d.parts[i]
			kept++
		}
	}
	d.skipped = len(rows) - kept
	rows, d.ids, d.parts = rows[:kept], d.ids[:kept], d.parts[:kept]
	if kept < leastMapped {
		return nil, &Problem{Op: "draw the map", Err: errors.New(words.N(kept, "only %d inspected part of this recipe is in the history, %d are needed", "only %d inspected parts of this recipe are in the history, %d are needed", leastMapped)), Hint: words.T("Inspect more parts first.")}
	}
	d.raw, err = vectors.FromRows(rows)
	return d, err
}

// normals marks the parts that count as good, nil where they are too few to say
// what is usual.
func (d *embedded) normals() []bool {
	good, n := make([]bool, len(d.parts)), 0
	for i, p := range d.parts {
		if good[i] = p.Final == history.OK; good[i] {
			n++
		}
	}
	if n < leastNormals {
		return nil
	}
	return good
}

// align turns points to lie like the map before.
func (d *embedded) align(points []tsne.Point, before *history.Map) {
	if before == nil {
		return
	}
	was := map[int64]history.MapPoint{}
	for _, p := range before.Points {
		was[p.Verdict] = p
	}
	pairs := map[int]tsne.Point{}
	for i, id := range d.ids {
		if p, ok := was[id]; ok {
			pairs[i] = tsne.Point{X: float32(p.X), Y: float32(p.Y)}
		}
	}
	tsne.Align(points, pairs)
}

// foundClusters lists the members of each label.
func foundClusters(labels []int, ids []int64) []history.Cluster {
	out := make([]history.Cluster, cluster.Count(labels))
	for i, l := range labels {
		if l != cluster.Noise {
			out[l].Kind = history.FoundCluster
			out[l].Members = append(out[l].Members, ids[i])
		}
	}
	return out
}

// classOf is the known type of a part, "" where the set does not tell.
func classOf(p history.MapPart) string {
	if p.Type != "" {
		return p.Type
	}
	return p.Label
}

// classes lists the parts of each known type.
func (d *embedded) classes() []history.Cluster {
	members := map[string][]int64{}
	for i, p := range d.parts {
		if c := classOf(p); c != "" {
			members[c] = append(members[c], d.ids[i])
		}
	}
	var out []history.Cluster
	for name, m := range members {
		out = append(out, history.Cluster{Kind: history.ClassCluster, Name: name, Members: m})
	}
	slices.SortFunc(out, func(a, b history.Cluster) int {
		return compareSizes(a, b)
	})
	return out
}

func compareSizes(a, b history.Cluster) int {
	if n := len(b.Members) - len(a.Members); n != 0 {
		return n
	}
	if a.Name < b.Name {
		return -1
	}
	return 1
}

// inherit takes over from the map before what people have said: names of
// clusters that were found go to the new ones that hold most of their parts and
// consist of them for the most part, those that were drawn stay with the parts
// that are still mapped.
func inherit(m, before *history.Map) {
	if before == nil {
		return
	}
	mapped, was := map[int64]bool{}, map[int64]bool{}
	for _, p := range m.Points {
		mapped[p.Verdict] = true
	}
	for _, p := range before.Points {
		was[p.Verdict] = true
	}
	for _, old := range before.Clusters {
		var still []int64
		for _, v := range old.Members {
			if mapped[v] {
				still = append(still, v)
			}
		}
		switch {
		case len(still) == 0 || old.Kind == history.ClassCluster || old.Name == "":
		case old.Kind == history.NamedCluster:
			m.Clusters = append(m.Clusters, history.Cluster{Kind: old.Kind, Name: old.Name, Author: old.Author, Time: old.Time, Members: still})
		default:
			for i := range m.Clusters {
				c := &m.Clusters[i]
				if c.Kind != history.FoundCluster || c.Name != "" {
					continue
				}
				common, known := 0, 0
				for _, v := range c.Members {
					if was[v] {
						known++
					}
					if _, ok := slices.BinarySearch(old.Members, v); ok {
						common++
					}
				}
				if 2*common > len(still) && 2*common > known {
					c.Name, c.Author, c.Time = old.Name, old.Author, old.Time
				}
			}
		}
	}
}

// judge measures how good the map is.
func (r *MapReport) judge(ctx context.Context, d *embedded, x, flat *vectors.Set, found []int) (err error) {
	truth := make([]int, len(d.parts))
	number := map[string]int{}
	r.Truth = "type"
	typed := slices.ContainsFunc(d.parts, func(p history.MapPart) bool { return classOf(p) != "" })
	if !typed {
		r.Truth = "verdict"
	}
	for i, p := range d.parts {
		name := string(p.Final)
		if typed {
			name = classOf(p)
		}
		if name == "" {
			truth[i] = cluster.Noise
			continue
		}
		if _, ok := number[name]; !ok {
			number[name] = len(number)
		}
		truth[i] = number[name]
	}
	for _, f := range []struct {
		to *float64
		is func() (float64, error)
	}{
		{&r.Silhouette, func() (float64, error) { return cluster.Silhouette(ctx, flat, found) }},
		{&r.SilhouetteBefore, func() (float64, error) { return cluster.Silhouette(ctx, x, found) }},
		{&r.TruthSilhouette, func() (float64, error) { return cluster.Silhouette(ctx, flat, truth) }},
		{&r.Agreement, func() (float64, error) { return cluster.Agreement(ctx, flat, truth, mapNeighbours) }},
		{&r.AgreementBefore, func() (float64, error) { return cluster.Agreement(ctx, x, truth, mapNeighbours) }},
		{&r.Trustworthiness, func() (float64, error) { return cluster.Trustworthiness(ctx, x, flat, mapTrust) }},
	} {
		if *f.to, err = f.is(); err != nil {
			return err
		}
	}
	return nil
}

// Lineage returns the hashes of a recipe's file and of the versions that it was
// made from: other thresholds, but the same network, so their embeddings can be
// compared.
func Lineage(r *anomaly.Recipe) []string {
	if r == nil {
		return nil
	}
	out := []string{r.SHA256}
	for _, v := range slices.Backward(r.Versions) {
		if v.Setting == nil { // as after another training
			break
		}
		if v.From != "" && !slices.Contains(out, v.From) {
			out = append(out, v.From)
		}
	}
	return out
}

// DrawMap draws the map of the recipe that is open, or of that of the newest
// verdict, and puts parts into it from now on.
func (s *Session) DrawMap(ctx context.Context, o MapOptions) (*MapReport, error) {
	if s.o.Store == nil {
		return nil, problem("draw the map", errors.New("there is no history"), "Start with a history database.")
	}
	if o.Recipes == nil {
		o.Recipes = Lineage(s.Recipe())
	}
	r, err := DrawMap(ctx, s.o.Store, o)
	if err == nil {
		s.mapper.renew()
	}
	return r, err
}

// Map returns the newest map of the recipe that is open; the error matches
// history.ErrNotFound where there is none.
func (s *Session) Map(ctx context.Context) (*history.Map, error) {
	if s.o.Store == nil {
		return nil, problem("open the map", history.ErrNotFound, "Start with a history database.")
	}
	m, err := s.o.Store.MapOf(ctx, Lineage(s.Recipe())...)
	if err != nil {
		return nil, problem("open the map", err, "")
	}
	return m, nil
}
