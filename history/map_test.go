package history

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
)

// mapped is a store with n records of one recipe, and a map of them.
func mapped(t *testing.T, n int) (*Store, *Map) {
	t.Helper()
	s := mustOpen(t)
	run := mustRun(t, s)
	m := &Map{
		Recipe: "board.agur", RecipeSHA256: strings.Repeat("a", 64), Perplexity: 30, KL: 0.5,
		Silhouette: 0.4, Agreement: math.NaN(), Trustworthiness: 0.99, Scale: 2, Basis: []byte("basis"),
	}
	for i := range n {
		r := sample(run.ID, i)
		r.RecipeSHA256 = m.RecipeSHA256
		mustAdd(t, s, r)
		m.Points = append(m.Points, MapPoint{Verdict: r.ID, X: float64(i), Y: 1 - float64(i), Distance: 0.5, Outside: i == 3})
	}
	m.Clusters = []Cluster{
		{Kind: FoundCluster, Members: []int64{m.Points[0].Verdict, m.Points[1].Verdict}},
		{Kind: ClassCluster, Name: "scratch", Members: []int64{m.Points[2].Verdict}},
	}
	if err := s.AddMap(context.Background(), m); err != nil {
		t.Fatal(err)
	}
	return s, m
}

func TestMapComesBack(t *testing.T) {
	ctx := context.Background()
	s, m := mapped(t, 6)
	if err := s.Override(ctx, m.Points[4].Verdict, OK, "Ann", ""); err != nil {
		t.Fatal(err)
	}
	for _, recipes := range [][]string{nil, {m.RecipeSHA256}, {"other", m.RecipeSHA256}} {
		got, err := s.MapOf(ctx, recipes...)
		if err != nil {
			t.Fatal(err)
		}
		want := *m
		want.Points = slices.Clone(m.Points)
		for i := range got.Points {
			part := got.Points[i].Part
			r, _ := s.Verdict(ctx, got.Points[i].Verdict)
			if part.Name != r.Name || part.Type != r.Type || part.Verdict != r.Verdict || part.Final != r.Final() ||
				part.Score != r.Score || !part.Time.Equal(r.Time) || part.ThumbnailSHA256 != r.ThumbnailSHA256 {
				t.Errorf("part %+v of %+v", part, r)
			}
			got.Points[i].Part = MapPart{}
		}
		if fmt.Sprintf("%+v", *got) != fmt.Sprintf("%+v", want) {
			t.Errorf("map came back as\n%+v\nnot\n%+v", *got, want)
		}
	}
	if _, err := s.MapOf(ctx, strings.Repeat("b", 64)); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
}

func TestOnlyTheNewestMapsAreKept(t *testing.T) {
	ctx := context.Background()
	s, m := mapped(t, 4)
	for range keptMaps + 3 {
		m.ID = 0
		for i := range m.Clusters {
			m.Clusters[i].ID = 0
		}
		if err := s.AddMap(ctx, m); err != nil {
			t.Fatal(err)
		}
	}
	for table, want := range map[string]int{"maps": keptMaps, "map_points": 4 * keptMaps, "clusters": 2 * keptMaps, "cluster_members": 3 * keptMaps} {
		var n int
		if err := s.in().readers.QueryRow("SELECT count(*) FROM " + table).Scan(&n); err != nil || n != want {
			t.Errorf("%d rows in %s instead of %d, %v", n, table, want, err)
		}
	}
	if got, err := s.MapOf(ctx); err != nil || got.ID != m.ID {
		t.Error(got, err)
	}
}

func TestPartsArePlaced(t *testing.T) {
	ctx := context.Background()
	s, m := mapped(t, 5)
	r := sample(m.Points[0].Verdict, 9)
	r.Run = 1
	mustAdd(t, s, r)
	old, found := m.Points[1], m.Clusters[0].ID
	old.X = 77 // it stays where it is
	points := []MapPoint{{Verdict: r.ID, X: 4, Y: 5, Distance: 9, Outside: true, Placed: true}, old}
	if err := s.AddPoints(ctx, m.ID, points, []int64{found, 0}); err != nil {
		t.Fatal(err)
	}
	got, err := s.MapOf(ctx)
	if err != nil || len(got.Points) != 6 {
		t.Fatal(got, err)
	}
	if p := got.Points[5]; p.Verdict != r.ID || !p.Placed || !p.Outside || p.X != 4 || got.Points[1].X == 77 {
		t.Errorf("%+v", got.Points)
	}
	if !slices.Contains(got.Clusters[0].Members, r.ID) {
		t.Errorf("%+v", got.Clusters)
	}
	if err := s.AddPoints(ctx, 99, points, []int64{0, 0}); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
	if err := s.AddPoints(ctx, m.ID, points, nil); err == nil {
		t.Error("no clusters")
	}
	points[0].X = math.NaN()
	if err := s.AddPoints(ctx, m.ID, points, []int64{0, 0}); err == nil {
		t.Error("NaN")
	}
}

func TestClustersAreNamed(t *testing.T) {
	ctx := context.Background()
	s, m := mapped(t, 5)
	found := m.Clusters[0].ID
	if err := s.NameCluster(ctx, found, " bent lead ", "Ann"); err != nil {
		t.Fatal(err)
	}
	drawn := &Cluster{Kind: NamedCluster, Name: "dust", Author: "Bob", Members: []int64{m.Points[4].Verdict}}
	if err := s.AddCluster(ctx, m.ID, drawn); err != nil || drawn.ID == 0 {
		t.Fatal(err)
	}
	got, _ := s.MapOf(ctx)
	if c := got.Clusters[0]; c.Name != "bent lead" || c.Author != "Ann" || len(got.Clusters) != 3 || got.Clusters[2].Name != "dust" {
		t.Errorf("%+v", got.Clusters)
	}
	if err := s.DropCluster(ctx, drawn.ID); err != nil {
		t.Error(err)
	}
	if err := s.NameCluster(ctx, found, "", "Ann"); err != nil {
		t.Error(err)
	}
	for name, err := range map[string]error{
		"drop found":    s.DropCluster(ctx, found),
		"drop nothing":  s.DropCluster(ctx, 99),
		"name nothing":  s.NameCluster(ctx, 99, "x", "Ann"),
		"unname class":  s.NameCluster(ctx, m.Clusters[1].ID, " ", "Ann"),
		"map not there": s.AddCluster(ctx, 99, &Cluster{Kind: NamedCluster, Name: "x", Members: []int64{1}}),
		"not a part":    s.AddCluster(ctx, m.ID, &Cluster{Kind: NamedCluster, Name: "x", Members: []int64{99}}),
	} {
		if !errors.Is(err, ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, c := range map[string]Cluster{
		"nameless": {Kind: NamedCluster, Members: []int64{1}},
		"empty":    {Kind: NamedCluster, Name: "x"},
		"kind":     {Kind: "heap", Name: "x", Members: []int64{1}},
		"endless":  {Kind: NamedCluster, Name: strings.Repeat("x", maxClusterName+1), Members: []int64{1}},
		"kept":     {ID: 3, Kind: NamedCluster, Name: "x", Members: []int64{1}},
	} {
		if err := s.AddCluster(ctx, m.ID, &c); err == nil {
			t.Errorf("%s cluster was kept", name)
		}
	}
}

func TestMapsRefused(t *testing.T) {
	s, m := mapped(t, 3)
	for name, change := range map[string]func(*Map){
		"kept":         func(m *Map) { m.ID = 4 },
		"KL":           func(m *Map) { m.KL = math.NaN() },
		"silhouette":   func(m *Map) { m.Silhouette = math.Inf(1) },
		"point":        func(m *Map) { m.Points[0].Y = math.Inf(-1) },
		"other part":   func(m *Map) { m.Points[0].Verdict = 500 },
		"kind":         func(m *Map) { m.Clusters = []Cluster{{Kind: "x", Members: []int64{1}}} },
		"other member": func(m *Map) { m.Clusters = []Cluster{{Kind: FoundCluster, Members: []int64{500}}} },
	} {
		bad := *m
		bad.ID, bad.Points, bad.Clusters = 0, slices.Clone(m.Points), nil
		change(&bad)
		if err := s.AddMap(context.Background(), &bad); err == nil {
			t.Errorf("%s: kept", name)
		}
	}
	if got, _ := s.MapOf(context.Background()); len(got.Points) != 3 {
		t.Errorf("%+v", got)
	}
}

func TestEmbeddings(t *testing.T) {
	ctx := context.Background()
	s := mustOpen(t)
	run := mustRun(t, s)
	var all []*Record
	for i := range 9 {
		r := sample(run.ID, i)
		if i == 4 {
			r.Embedding = nil
		}
		mustAdd(t, s, r)
		all = append(all, r)
	}
	read := func(f EmbeddingFilter) (ids []int64) {
		for e, err := range s.Embeddings(ctx, f) {
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(e.Vector, all[e.Verdict-1].Embedding) {
				t.Errorf("embedding of %d is %v", e.Verdict, e.Vector)
			}
			ids = append(ids, e.Verdict)
		}
		return ids
	}
	sha := all[0].RecipeSHA256
	for _, c := range []struct {
		f    EmbeddingFilter
		want []int64
	}{
		{EmbeddingFilter{}, []int64{1, 2, 3, 4, 6, 7, 8, 9}},
		{EmbeddingFilter{Recipes: []string{sha}}, []int64{1, 4, 7}},
		{EmbeddingFilter{Recipes: []string{sha}, After: 1}, []int64{4, 7}},
		{EmbeddingFilter{Newest: 2}, []int64{8, 9}},
		{EmbeddingFilter{Newest: 50, After: 7}, []int64{8, 9}},
	} {
		if got := read(c.f); !slices.Equal(got, c.want) {
			t.Errorf("%+v: %v instead of %v", c.f, got, c.want)
		}
	}
	found, err := s.Embedders(ctx)
	if err != nil || len(found) != 3 || found[0].RecipeSHA256 != all[8].RecipeSHA256 || found[0].Parts != 3 || found[1].Parts != 2 {
		t.Errorf("%+v, %v", found, err)
	}
	if !found[0].Named("BOARD.agur") || !found[0].Named("") || !found[0].Named(found[0].RecipeSHA256) || found[0].Named("x") {
		t.Error("names")
	}
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	for _, err := range s.Embeddings(cancelled, EmbeddingFilter{}) {
		if !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	}
}

// TestRetentionTakesPartsFromTheMap removes verdicts that a map shows.
func TestRetentionTakesPartsFromTheMap(t *testing.T) {
	s, m := mapped(t, 6)
	if err := s.writing(context.Background(), "test", func(ctx context.Context, w *writer) error {
		for _, q := range []string{
			"INSERT INTO retentions (time, operator, reason, what, through) VALUES (1, '', '', 'verdicts', 2)",
			"DELETE FROM overrides WHERE verdict <= 2", "DELETE FROM embeddings WHERE verdict <= 2",
			"DELETE FROM regions WHERE verdict <= 2", "DELETE FROM verdicts WHERE id <= 2",
		} {
			if _, err := w.conn.ExecContext(ctx, q); err != nil {
				return fmt.Errorf("%s: %w", q, err)
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	got, err := s.MapOf(context.Background())
	if err != nil || len(got.Points) != 4 || got.Points[0].Verdict != m.Points[2].Verdict || len(got.Clusters[0].Members) != 0 {
		t.Errorf("%+v, %v", got, err)
	}
}
