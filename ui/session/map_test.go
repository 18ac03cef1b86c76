package session

import (
	"context"
	"errors"
	"fmt"
	"image"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"agurscope/history"
	"agurscope/nn/anomaly"
)

// kinds are the centres of what embed makes.
var kinds = []string{"good", "bent", "scratch"}

// embed returns an embedding of one of the kinds.
func embed(rng *rand.Rand, kind int) []float32 {
	v := make([]float32, 12)
	for i := range v {
		v[i] = float32(rng.NormFloat64())
		if i%len(kinds) == kind {
			v[i] += 9
		}
	}
	return v
}

const mappedSHA = "ab"

// embeddedRecord is a verdict with an embedding of a kind.
func embeddedRecord(rng *rand.Rand, run int64, i, kind int) *history.Record {
	verdict := history.OK
	if kind > 0 {
		verdict = history.NG
	}
	return &history.Record{
		Run: run, Seq: uint64(i), Path: fmt.Sprintf("/p/%d.png", i), Verdict: verdict, Score: 1, Index: math.NaN(),
		Low: math.NaN(), High: math.NaN(), Review: math.NaN(), Reject: math.NaN(),
		Type: kinds[kind], Recipe: "board", RecipeSHA256: mappedSHA, Embedding: embed(rng, kind),
	}
}

// mappable is a history with n embedded parts of each kind.
func mappable(t *testing.T, n int) (*history.Store, history.Run) {
	t.Helper()
	store, err := history.Open(filepath.Join(t.TempDir(), "h.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	run, err := store.StartRun(context.Background(), history.Run{Kind: history.Inspect, Source: "p", Recipe: "board"})
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(4, 5))
	var all []*history.Record
	for i := range n * len(kinds) {
		all = append(all, embeddedRecord(rng, run.ID, i, i%len(kinds)))
	}
	if err := store.Add(context.Background(), all...); err != nil {
		t.Fatal(err)
	}
	return store, run
}

func TestDrawMap(t *testing.T) {
	ctx := context.Background()
	store, run := mappable(t, 30)
	far := embeddedRecord(rand.New(rand.NewPCG(1, 1)), run.ID, 99, 0)
	for i := range far.Embedding {
		far.Embedding[i] -= 40
	}
	if err := store.Add(ctx, far); err != nil {
		t.Fatal(err)
	}
	stages := map[string]int{}
	r, err := DrawMap(ctx, store, MapOptions{On: func(p MapProgress) { stages[p.Stage] = max(stages[p.Stage], p.Done) }})
	if err != nil {
		t.Fatal(err)
	}
	if r.ID == 0 || len(r.Points) != 91 || r.Agreement < 0.97 || r.Trustworthiness < 0.8 || r.Silhouette < 0.4 || r.Truth != "type" {
		t.Errorf("%+v", *r)
	}
	if len(stages) != 4 || stages["layout"] != 750 {
		t.Errorf("%v", stages)
	}
	var found, classes []history.Cluster
	for _, c := range r.Clusters {
		if c.Kind == history.FoundCluster {
			found = append(found, c)
		} else {
			classes = append(classes, c)
		}
	}
	if len(found) != 3 || len(classes) != 3 || classes[0].Name != "good" || len(classes[0].Members) != 31 {
		t.Errorf("found %v, classes %v", found, classes)
	}
	for i, p := range r.Points {
		if p.Outside != (i == 90) {
			t.Errorf("part %d is %.1f from its nearest, %.1f is usual", i, p.Distance, r.Scale)
		}
	}
	kept, err := store.MapOf(ctx, mappedSHA)
	if err != nil || len(kept.Points) != 91 || len(kept.Clusters) != 6 {
		t.Errorf("%+v, %v", kept, err)
	}

	// What people say stays with the parts.
	bent := slices.IndexFunc(found, func(c history.Cluster) bool { return c.Members[0] == 2 })
	if err := store.NameCluster(ctx, found[bent].ID, "leads", "Ann"); err != nil {
		t.Fatal(err)
	}
	if err := store.AddCluster(ctx, r.ID, &history.Cluster{Kind: history.NamedCluster, Name: "dust", Author: "Bob", Members: []int64{3, 7}}); err != nil {
		t.Fatal(err)
	}
	again, err := DrawMap(ctx, store, MapOptions{Perplexity: 12})
	if err != nil {
		t.Fatal(err)
	}
	names := map[string][]int64{}
	for _, c := range again.Clusters {
		names[c.Name] = c.Members
	}
	if !slices.Contains(names["leads"], 2) || !slices.Equal(names["dust"], []int64{3, 7}) || again.ID == r.ID {
		t.Errorf("%v", names)
	}
	// The map was turned towards the one before: kinds stay where they were.
	middle := func(m *history.Map, kind int) (x, y float64) {
		for i := kind; i < 90; i += 3 {
			x, y = x+m.Points[i].X/30, y+m.Points[i].Y/30
		}
		return x, y
	}
	for kind := range kinds {
		x, y := middle(r.Map, kind)
		u, v := middle(again.Map, kind)
		if x*u+y*v < 0.8*math.Hypot(x, y)*math.Hypot(u, v) {
			t.Errorf("%s went from %.1f, %.1f to %.1f, %.1f", kinds[kind], x, y, u, v)
		}
	}

	if d, err := DrawMap(ctx, store, MapOptions{Discard: true, Newest: 40}); err != nil || d.ID != 0 || len(d.Points) != 40 {
		t.Error(d, err)
	}
}

func TestNoMap(t *testing.T) {
	ctx := context.Background()
	empty, _ := mappable(t, 0)
	few, _ := mappable(t, 2)
	for name, err := range map[string]error{
		"empty": second(DrawMap(ctx, empty, MapOptions{})),
		"few":   second(DrawMap(ctx, few, MapOptions{})),
		"other": second(DrawMap(ctx, few, MapOptions{Recipes: []string{"cd"}})),
	} {
		var p *Problem
		if !errors.As(err, &p) || !strings.Contains(err.Error(), "Inspect") {
			t.Errorf("%s: %v", name, err)
		}
	}
	enough, _ := mappable(t, 10)
	stop, cancel := context.WithCancel(ctx)
	_, err := DrawMap(stop, enough, MapOptions{On: func(p MapProgress) {
		if p.Stage == "layout" && p.Done > 3 {
			cancel()
		}
	}})
	if !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if _, err := enough.MapOf(ctx); !errors.Is(err, history.ErrNotFound) {
		t.Error("half a map was kept", err)
	}
	s := New(Options{})
	defer s.Close()
	if _, err := s.DrawMap(ctx, MapOptions{}); err == nil {
		t.Error("a map without a history")
	}
	if _, err := s.Map(ctx); !errors.Is(err, history.ErrNotFound) {
		t.Error(err)
	}
}

func second[T any](_ T, err error) error { return err }

// await collects n placed parts.
func await(t *testing.T, placed <-chan Placed, n int) []Placed {
	t.Helper()
	var out []Placed
	for len(out) < n {
		select {
		case p := <-placed:
			out = append(out, p)
		case <-time.After(20 * time.Second):
			t.Fatalf("%d of %d parts were placed", len(out), n)
		}
	}
	return out
}

func TestNewPartsAreMappedLive(t *testing.T) {
	ctx := context.Background()
	store, run := mappable(t, 30)
	r, err := DrawMap(ctx, store, MapOptions{})
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(8, 9))
	add := func(n int) (out []*history.Record) {
		for i := range n {
			rec := embeddedRecord(rng, run.ID, i, i%3)
			if i == 4 {
				for j := range rec.Embedding {
					rec.Embedding[j] += 50
				}
			}
			if err := store.Add(ctx, rec); err != nil {
				t.Fatal(err)
			}
			out = append(out, rec)
		}
		return out
	}
	early := add(5) // before anybody looks
	s := New(Options{Store: store})
	placed := make(chan Placed, 100)
	s.OnPlaced(func(p Placed) { placed <- p })
	late := add(1)[0]
	s.mapper.offer(embeddedPart{late.ID, []string{mappedSHA}, late.Embedding, partOf(late)})
	got := await(t, placed, 6)
	for i, p := range got[:5] {
		if p.Verdict != early[i].ID || p.Map != r.ID || !p.Placed || p.Outside != (i == 4) {
			t.Errorf("%+v of %d", p, early[i].ID)
		}
		if i < 4 && p.Cluster != r.Clusters[slices.IndexFunc(r.Clusters, func(c history.Cluster) bool {
			return c.Kind == history.FoundCluster && slices.Contains(c.Members, int64(1+i%3))
		})].ID {
			t.Errorf("part %d of kind %d came to cluster %d", i, i%3, p.Cluster)
		}
	}
	if got[4].Cluster != 0 {
		t.Error("an outsider has a cluster")
	}
	s.mapper.missed.Store(true) // as when too many come at a time
	more := add(2)
	if p := await(t, placed, 2); p[1].Verdict != more[1].ID {
		t.Errorf("%+v", p)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	kept, err := store.MapOf(ctx)
	if err != nil || len(kept.Points) != 98 || !kept.Points[97].Placed {
		t.Errorf("%d points, %v", len(kept.Points), err)
	}
	// Opened again, it goes on where it was.
	s = New(Options{Store: store})
	defer s.Close()
	s.OnPlaced(func(p Placed) { placed <- p })
	last := add(1)[0]
	s.mapper.offer(embeddedPart{last.ID, []string{mappedSHA}, last.Embedding, partOf(last)})
	if p := await(t, placed, 1); p[0].Verdict != last.ID || len(placed) > 0 {
		t.Errorf("%+v", p)
	}
}

func TestInspectedPartsAreMapped(t *testing.T) {
	b := newBench(t)
	var pictures []image.Image
	for i := range 24 {
		pictures = append(pictures, grey(uint8(20+200*(i%2)+i%5)))
	}
	if _, err := b.Inspect(context.Background(), source{pictures: pictures}, nil); err != nil {
		t.Fatal(err)
	}
	r, err := b.DrawMap(context.Background(), MapOptions{})
	if err != nil || len(r.Points) != 24 || r.Truth != "verdict" {
		t.Fatal(r, err)
	}
	placed := make(chan Placed, 10)
	b.OnPlaced(func(p Placed) { placed <- p })
	if _, err := b.Inspect(context.Background(), source{pictures: pictures[:3]}, nil); err != nil {
		t.Fatal(err)
	}
	for _, p := range await(t, placed, 3) {
		if p.Outside || p.Part.Name == "" || p.Part.Final == "" {
			t.Errorf("%+v", p)
		}
	}
	if m, err := b.Map(context.Background()); err != nil || m.ID != r.ID {
		t.Error(m, err)
	}
}

func TestOffersNeverWait(t *testing.T) {
	m := &mapper{store: &history.Store{}, queue: make(chan embeddedPart)}
	m.offer(embeddedPart{1, []string{"x"}, []float32{1}, history.MapPart{}}) // nobody takes it
	if !m.missed.Load() {
		t.Error("not marked as left out")
	}
}

func TestLineage(t *testing.T) {
	r := &anomaly.Recipe{SHA256: "c", Versions: []anomaly.Version{
		{From: "0"}, {From: "a", Setting: &anomaly.Setting{}}, {From: "b", Setting: &anomaly.Setting{}},
	}}
	if got := Lineage(r); !slices.Equal(got, []string{"c", "b", "a"}) {
		t.Error(got)
	}
	if Lineage(nil) != nil {
		t.Error("of no recipe")
	}
}
