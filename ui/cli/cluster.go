package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"agurscope/history"
	"agurscope/nn/anomaly"
	"agurscope/ui/session"
)

type clusterFlags struct {
	db, recipe string
	perplexity float64
	minSize    int
	newest     int
	out, by    string
	replace    bool
	json       bool
}

func (p *program) cluster() *cobra.Command {
	var f clusterFlags
	cmd := &cobra.Command{
		Use:   "cluster [--db F]",
		Short: "Map inspected parts by what they look like, and find clusters",
		Long: `Lays out the parts of a history in the plane so that parts that look alike to the
network lie together (t-SNE), finds clusters among them, and keeps map and
clusters in the history. The window shows them on its Clusters screen, and puts
new parts into the map as they are inspected. The same parts give the same map.

Names given to clusters stay with the parts when a map is drawn anew. While the
window is open it holds the history: then the map is drawn but not kept.`,
		Example: `  agurscope cluster
  agurscope cluster --recipe board --out map.svg --colour type
  agurscope cluster --db line3.db --perplexity 50 --json`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return p.runCluster(cmd.Context(), f) },
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	fs.StringVar(&f.recipe, "recipe", "", "map the parts of this recipe, by its `NAME`, SHA-256 or file (default: that of the newest part)")
	fs.Float64Var(&f.perplexity, "perplexity", 0, "count about `N` parts as neighbours (default 30)")
	fs.IntVar(&f.minSize, "min-size", 0, "a cluster has at least `N` parts (default: by the number of parts)")
	fs.IntVar(&f.newest, "newest", 0, "map the newest `N` parts (default 20000)")
	fs.StringVar(&f.out, "out", "", "draw the map into `FILE`.png or .svg")
	fs.StringVar(&f.by, "colour", "", "colour it by `WHAT`: verdict, type, cluster or time (default: type where it is known, else cluster)")
	fs.BoolVar(&f.replace, "replace", false, "replace FILE if it is there")
	addDatabase(fs, &f.db)
	fs.BoolVar(&f.json, "json", false, "print one JSON object")
	return cmd
}

func (f *clusterFlags) check() error {
	switch {
	case f.perplexity != 0 && !(f.perplexity >= 1 && f.perplexity < 1e6):
		return usage("--perplexity is %v: choose a number from 1 on, such as 30", f.perplexity)
	case f.minSize < 0 || f.minSize == 1:
		return usage("--min-size is %d: a cluster has at least 2 parts", f.minSize)
	case f.newest < 0:
		return usage("--newest cannot be negative")
	case f.by != "" && !slices.Contains(session.MapColours, session.MapColour(f.by)):
		return usage("--colour is %q: choose from verdict, type, cluster, time", f.by)
	}
	if f.out == "" {
		return nil
	}
	if ext := strings.ToLower(filepath.Ext(f.out)); ext != ".png" && ext != ".svg" {
		return usage("--out is %q: the name ends in .png or .svg", f.out)
	}
	if _, err := os.Lstat(f.out); err == nil && !f.replace {
		return fmt.Errorf("%s is there already; choose another name, or give --replace", f.out)
	}
	return nil
}

func (p *program) runCluster(ctx context.Context, f clusterFlags) (err error) {
	if err := f.check(); err != nil {
		return err
	}
	started := time.Now()
	s, kept, err := p.openToKeep(database(f.db))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	o := session.MapOptions{Perplexity: f.perplexity, MinSize: f.minSize, Newest: f.newest, Discard: !kept}
	if o.Recipes, err = recipesNamed(ctx, s, f.recipe); err != nil {
		return err
	}
	bar := p.progress()
	o.On = func(g session.MapProgress) {
		detail := ""
		if !math.IsNaN(g.KL) {
			detail = fmt.Sprintf("KL %.3f", g.KL)
		}
		bar.step(g.Stage, g.Done, max(g.Of, 1), 0, detail)
	}
	r, err := session.DrawMap(ctx, s, o)
	bar.clear()
	if errors.Is(err, context.Canceled) {
		return &stopped{"nothing was changed"}
	}
	if err != nil {
		return err
	}
	if err := writeMap(r, f); err != nil {
		return err
	}
	if f.json {
		return p.printJSON(clusterView(r, f.out, kept, time.Since(started)))
	}
	p.printMap(r, f.out, time.Since(started))
	return nil
}

// openToKeep opens a history for writing, or only for reading while another
// program writes to it.
func (p *program) openToKeep(path string) (*history.Store, bool, error) {
	if _, err := os.Stat(path); err != nil { // do not make an empty one
		s, err := history.OpenReadOnly(path)
		return s, false, err
	}
	s, err := history.Open(path)
	if errors.Is(err, history.ErrLocked) {
		p.note("another program holds the history: the map is drawn, but not kept in it")
		s, err = history.OpenReadOnly(path)
		return s, false, err
	}
	return s, true, err
}

// recipesNamed returns the hashes of what --recipe names; nil for "".
func recipesNamed(ctx context.Context, s *history.Store, name string) ([]string, error) {
	if name == "" {
		return nil, nil
	}
	if strings.EqualFold(filepath.Ext(name), ".agur") {
		if _, err := os.Stat(name); err == nil {
			r, err := anomaly.LoadRecipe(name)
			return session.Lineage(r), err
		}
	}
	all, err := s.Embedders(ctx)
	if err != nil {
		return nil, err
	}
	var known []string
	for _, e := range all {
		if e.Named(name) {
			return []string{e.RecipeSHA256}, nil
		}
		if !slices.Contains(known, e.Recipe) {
			known = append(known, e.Recipe)
		}
	}
	if len(known) == 0 {
		return nil, nil // DrawMap says that there is nothing
	}
	return nil, fmt.Errorf("no part in %s was inspected with a recipe called %q; there are %s", display(s.Path()), name, strings.Join(known, ", "))
}

// writeMap draws the picture that --out asks for.
func writeMap(r *session.MapReport, f clusterFlags) error {
	if f.out == "" {
		return nil
	}
	by := session.MapColour(f.by)
	if by == "" {
		by = session.ByType
		if r.Truth != "type" {
			by = session.ByCluster
		}
	}
	draw := session.MapPicture(r.Map, by).PNG
	if strings.EqualFold(filepath.Ext(f.out), ".svg") {
		draw = session.MapPicture(r.Map, by).SVG
	}
	data, err := draw()
	if err != nil {
		return err
	}
	return replaceWith(f.out, true, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}

// clusterJSON is what --json prints.
type clusterJSON struct {
	Map          int64  `json:"map"` // 0: not kept
	Kept         bool   `json:"kept"`
	Recipe       string `json:"recipe"`
	RecipeSHA256 string `json:"recipe_sha256"`
	Parts        int    `json:"parts"`
	Skipped      int    `json:"skipped"`
	Outside      int    `json:"outside"`

	Perplexity       session.Number `json:"perplexity"`
	KL               session.Number `json:"kl"`
	Silhouette       session.Number `json:"silhouette"`
	Agreement        session.Number `json:"neighbour_agreement"`
	Trustworthiness  session.Number `json:"trustworthiness"`
	Truth            string         `json:"truth"`
	TruthSilhouette  session.Number `json:"truth_silhouette"`
	SilhouetteBefore session.Number `json:"embedding_silhouette"`
	AgreementBefore  session.Number `json:"embedding_neighbour_agreement"`
	Clusters         []clusterEntry `json:"clusters"`
	Picture          *string        `json:"picture"`
	Seconds          float64        `json:"seconds"`
}

type clusterEntry struct {
	ID     int64               `json:"id"`
	Kind   history.ClusterKind `json:"kind"`
	Name   string              `json:"name"`
	Author string              `json:"author,omitempty"`
	Parts  int                 `json:"parts"`
}

func clusterView(r *session.MapReport, out string, kept bool, took time.Duration) clusterJSON {
	v := clusterJSON{
		Map: r.ID, Kept: kept, Recipe: r.Recipe, RecipeSHA256: r.RecipeSHA256, Parts: len(r.Points), Skipped: r.Skipped, Outside: outsiders(r.Map),
		Perplexity: session.Number(r.Perplexity), KL: session.Number(r.KL), Silhouette: session.Number(r.Silhouette),
		Agreement: session.Number(r.Agreement), Trustworthiness: session.Number(r.Trustworthiness), Truth: r.Truth,
		TruthSilhouette: session.Number(r.TruthSilhouette), SilhouetteBefore: session.Number(r.SilhouetteBefore),
		AgreementBefore: session.Number(r.AgreementBefore), Clusters: []clusterEntry{}, Seconds: took.Seconds(),
	}
	for _, c := range r.Clusters {
		v.Clusters = append(v.Clusters, clusterEntry{c.ID, c.Kind, c.Name, c.Author, len(c.Members)})
	}
	if out != "" {
		v.Picture = &out
	}
	return v
}

func outsiders(m *history.Map) int {
	n := 0
	for _, p := range m.Points {
		if p.Outside {
			n++
		}
	}
	return n
}

func (p *program) printMap(r *session.MapReport, out string, took time.Duration) {
	rows := [][2]string{
		{"recipe", joinNonEmpty([]string{r.Recipe, r.RecipeSHA256}, "  ")},
		{"parts", fmt.Sprintf("%d, %d of them unlike anything else", len(r.Points), outsiders(r.Map))},
		{"silhouette", fmt.Sprintf("%s of the clusters in the map, %s among the embeddings; %s of the %ss",
			figure(session.Number(r.Silhouette)), figure(session.Number(r.SilhouetteBefore)), figure(session.Number(r.TruthSilhouette)), r.Truth)},
		{"neighbours", fmt.Sprintf("%s of the nearest have the same %s, %s among the embeddings",
			figure(session.Number(r.Agreement)), r.Truth, figure(session.Number(r.AgreementBefore)))},
		{"trust", figure(session.Number(r.Trustworthiness)) + " of the map's neighbourhoods"},
		{"layout", fmt.Sprintf("perplexity %.3g, KL %.4f, %.1f s", r.Perplexity, r.KL, took.Seconds())},
	}
	if r.Skipped > 0 {
		rows = append(rows, [2]string{"left out", fmt.Sprintf("%d parts of another network", r.Skipped)})
	}
	for k, c := range r.Clusters {
		rows = append(rows, [2]string{string(c.Kind), fmt.Sprintf("%s: %d parts", session.ClusterName(r.Map, k), len(c.Members))})
	}
	if out != "" {
		rows = append(rows, [2]string{"picture", out})
	}
	p.printRows(rows)
}
