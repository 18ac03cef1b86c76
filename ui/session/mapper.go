package session

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"agurscope/history"
	"agurscope/nn/tsne"
	"agurscope/nn/vectors"
)

// Placed is a part that was put into the map.
type Placed struct {
	Map     int64
	Cluster int64 // that was found; 0 for none
	history.MapPoint
}

// mapper puts parts into the finished map as they are inspected, on a goroutine
// of its own. The verdict never waits for it: what comes too fast is left out
// and caught up on later, from the embeddings in the history.
type mapper struct {
	store *history.Store
	queue chan embeddedPart
	news  chan struct{} // another map may be there
	stop  context.CancelFunc
	ended chan struct{}

	mu sync.Mutex
	on func(Placed)

	missed atomic.Bool // something was left out

	// Of the goroutine.
	open    *openMap
	missing map[string]bool // recipes known to have no map
	placed  []Placed        // not yet stored
}

// embeddedPart is a verdict on its way into the map.
type embeddedPart struct {
	id      int64
	recipes []string
	vector  []float32
	part    history.MapPart
}

// openMap is a map with what placing needs.
type openMap struct {
	*history.Map
	recipes []string
	basis   vectors.Basis
	placer  *tsne.Placer
	points  []history.MapPoint // those of the placer
	cluster map[int64]int64    // found, by verdict
	in      map[int64]bool     // verdicts that it holds
	through int64              // up to which verdict nothing is left to place
}

const (
	mapperQueue = 256
	storeEvery  = 2 * time.Second // how often placed parts are stored, at most
)

// newMapper starts a mapper on a history, which may be nil.
func newMapper(s *history.Store) *mapper {
	m := &mapper{store: s, queue: make(chan embeddedPart, mapperQueue), news: make(chan struct{}, 1), ended: make(chan struct{}), missing: map[string]bool{}}
	ctx, stop := context.WithCancel(context.Background())
	m.stop = stop
	if s == nil {
		close(m.ended)
		return m
	}
	go m.run(ctx)
	return m
}

// close ends the mapper and waits for it.
func (m *mapper) close() {
	m.stop()
	<-m.ended
}

// offer hands over a verdict without ever waiting.
func (m *mapper) offer(p embeddedPart) {
	if m.store == nil || len(p.vector) == 0 || p.id == 0 {
		return
	}
	p.vector = slices.Clone(p.vector) // the prediction's memory is used again
	select {
	case m.queue <- p:
	default:
		m.missed.Store(true)
	}
}

// renew makes the mapper look for another map.
func (m *mapper) renew() {
	select {
	case m.news <- struct{}{}:
	default:
	}
}

// OnPlaced has on called for every part that is put into the map, on a goroutine
// that must not be held up; nil ends that.
func (s *Session) OnPlaced(on func(Placed)) {
	s.mapper.mu.Lock()
	defer s.mapper.mu.Unlock()
	s.mapper.on = on
}

func (m *mapper) run(ctx context.Context) {
	defer close(m.ended)
	tick := time.NewTicker(storeEvery)
	defer tick.Stop()
	for {
		select {
		case p := <-m.queue:
			m.take(ctx, p)
		case <-m.news:
			m.flush()
			m.open = nil
			clear(m.missing)
		case <-tick.C:
			m.flush() // which may close the map
			if m.open != nil && m.missed.Swap(false) {
				m.catchUp(ctx)
			}
		case <-ctx.Done():
			m.flush()
			return
		}
	}
}

// take puts one part into the map of its recipe, if there is one.
func (m *mapper) take(ctx context.Context, p embeddedPart) {
	if m.missing[p.recipes[0]] {
		return
	}
	if m.open == nil || !slices.Equal(m.open.recipes, p.recipes) {
		m.flush()
		o, err := openMapOf(ctx, m.store, p.recipes)
		if err != nil {
			// Without a map there is nothing to do; one that cannot be read is
			// said on the Clusters screen, where somebody wants to see it.
			m.missing[p.recipes[0]] = true
			return
		}
		m.open = o
		m.catchUp(ctx) // this part, too
		return
	}
	m.place(p)
}

// catchUp places what is in the history but not yet in the map.
func (m *mapper) catchUp(ctx context.Context) {
	o := m.open
	for e, err := range m.store.Embeddings(ctx, history.EmbeddingFilter{Recipes: o.recipes, After: o.through}) {
		if err != nil || m.open == nil {
			return
		}
		m.place(embeddedPart{e.Verdict, o.recipes, e.Vector, e.Part})
		o.through = e.Verdict
	}
}

func (m *mapper) place(p embeddedPart) {
	o := m.open
	if o.in[p.id] || len(p.vector) != len(o.basis.Mean) {
		return
	}
	out, err := o.place(p)
	if err != nil {
		return // an embedding that is no vector of this map
	}
	o.in[p.id] = true
	m.placed = append(m.placed, out)
	m.mu.Lock()
	on := m.on
	m.mu.Unlock()
	if on != nil {
		on(out)
	}
	if len(m.placed) >= mapperQueue {
		m.flush()
	}
}

// flush stores what was placed. What cannot be stored now, as while verdicts wait
// in the journal, is placed again when the map is opened anew.
func (m *mapper) flush() {
	if len(m.placed) == 0 {
		return
	}
	points, clusters := make([]history.MapPoint, len(m.placed)), make([]int64, len(m.placed))
	for i, p := range m.placed {
		points[i], clusters[i] = p.MapPoint, p.Cluster
	}
	if err := m.store.AddPoints(context.Background(), m.placed[0].Map, points, clusters); err != nil {
		m.open = nil
	}
	m.placed = m.placed[:0]
}

// openMapOf reads the map of the recipes and prepares it for placing.
func openMapOf(ctx context.Context, s *history.Store, recipes []string) (*openMap, error) {
	m, err := s.MapOf(ctx, recipes...)
	if err != nil {
		return nil, err
	}
	o := &openMap{Map: m, recipes: recipes, cluster: map[int64]int64{}, in: map[int64]bool{}}
	if err := o.basis.UnmarshalBinary(m.Basis); err != nil {
		return nil, err
	}
	for _, c := range m.Clusters {
		if c.Kind == history.FoundCluster {
			for _, v := range c.Members {
				o.cluster[v] = c.ID
			}
		}
	}
	drawn := map[int64]history.MapPoint{}
	first := int64(0)
	for _, p := range m.Points {
		o.in[p.Verdict] = true
		if !p.Placed {
			drawn[p.Verdict] = p
			o.through = max(o.through, p.Verdict)
			if first == 0 {
				first = p.Verdict
			}
		}
	}
	x := &vectors.Set{D: o.basis.Dims()}
	var at []tsne.Point
	row := make([]float32, o.basis.Dims())
	for e, err := range s.Embeddings(ctx, history.EmbeddingFilter{Recipes: recipes, After: first - 1}) {
		if err != nil {
			return nil, err
		}
		p, ok := drawn[e.Verdict]
		if !ok || len(e.Vector) != len(o.basis.Mean) {
			continue
		}
		o.basis.Project(row, e.Vector)
		x.V = append(x.V, row...)
		at = append(at, tsne.Point{X: float32(p.X), Y: float32(p.Y)})
		o.points = append(o.points, p)
	}
	if len(at) == 0 {
		return nil, errors.New("the embeddings of the map are gone")
	}
	o.placer, err = tsne.NewPlacer(x, at)
	return o, err
}

// place finds the place of a part.
func (o *openMap) place(p embeddedPart) (Placed, error) {
	row := make([]float32, o.basis.Dims())
	o.basis.Project(row, p.vector)
	at, err := o.placer.Place(row)
	if err != nil {
		return Placed{}, err
	}
	out := Placed{Map: o.ID, MapPoint: history.MapPoint{
		Verdict: p.id, X: float64(at.X), Y: float64(at.Y), Distance: at.Distance,
		Outside: outside(at.Distance, o.Scale), Placed: true, Part: p.part,
	}}
	if !out.Outside {
		out.Cluster = o.cluster[o.points[at.Nearest].Verdict]
	}
	return out, nil
}

// partOf is what a map shows of a new verdict.
func partOf(r *history.Record) history.MapPart {
	return history.MapPart{
		Name: r.Name, Path: r.Path, Label: r.Label, Type: r.Type, Verdict: r.Verdict, Final: r.Final(),
		Score: r.Score, Time: r.Time, ThumbnailSHA256: r.ThumbnailSHA256,
	}
}
