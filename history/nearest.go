package history

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
)

// Neighbour is a record that looks like another one.
type Neighbour struct {
	ID       int64
	Distance float64 // Euclidean, between the embeddings
}

// galleryBytes bounds the embeddings that are kept in memory to look among: the
// newest 100,000 of 160 numbers.
const galleryBytes = 64 << 20

// gallery holds the newest embeddings of one recipe; those of different ones
// cannot be compared.
type gallery struct {
	mu   sync.Mutex
	sha  string
	dim  int
	ids  []int64
	data []float32
	last int64 // the newest verdict that was read
}

// Nearest returns the n records that look most like the record id, nearest
// first, among those that f chooses (nil: any) of the same recipe. It looks at
// the newest that fit into memory, which the first call reads.
func (s *Store) Nearest(ctx context.Context, id int64, among *View, n int) ([]Neighbour, error) {
	var out []Neighbour
	err := s.reading("read history", func() error {
		var sha string
		var data []byte
		err := s.in().readers.QueryRowContext(ctx, "SELECT v.recipe_sha256, e.vector FROM verdicts v JOIN embeddings e ON e.verdict = v.id WHERE v.id = ?", id).Scan(&sha, &data)
		if errors.Is(err, sql.ErrNoRows) {
			return fmt.Errorf("embedding of verdict %d: %w", id, ErrNotFound)
		}
		if err != nil {
			return err
		}
		g := &s.gallery
		g.mu.Lock()
		defer g.mu.Unlock()
		query := decodeVector(data)
		if err := g.refresh(ctx, s.in().readers, sha, len(query)); err != nil {
			return err
		}
		out = g.nearest(query, id, among, n)
		return nil
	})
	return out, cancelled(ctx, err)
}

// refresh reads the embeddings that are new, all where the recipe is another.
func (g *gallery) refresh(ctx context.Context, db querier, sha string, dim int) error {
	if g.sha != sha || g.dim != dim {
		g.sha, g.dim, g.ids, g.data, g.last = sha, dim, nil, nil, 0
	}
	most := max(1, galleryBytes/(4*max(1, dim)))
	var ids []int64
	var data []float32
	for v, err := range rowsOf(ctx, db, `SELECT e.verdict, e.vector FROM verdicts v JOIN embeddings e ON e.verdict = v.id
		WHERE v.recipe_sha256 = ? AND v.id > ? ORDER BY v.id DESC LIMIT ?`, scanOwnedVector, sha, g.last, most) {
		if err != nil {
			return err
		}
		if len(v.vector) == dim {
			ids, data = append(ids, v.verdict), append(data, v.vector...)
		}
	}
	// Newest first so far.
	for i := len(ids) - 1; i >= 0; i-- {
		g.ids, g.data = append(g.ids, ids[i]), append(g.data, data[i*dim:(i+1)*dim]...)
	}
	if extra := len(g.ids) - most; extra > 0 {
		g.ids, g.data = slices.Clone(g.ids[extra:]), slices.Clone(g.data[extra*dim:])
	}
	if len(g.ids) > 0 {
		g.last = g.ids[len(g.ids)-1]
	}
	return nil
}

// nearest looks at every embedding, which is exact and takes milliseconds.
func (g *gallery) nearest(query []float32, id int64, among *View, n int) []Neighbour {
	var allowed map[int64]bool
	if among != nil {
		allowed = make(map[int64]bool, among.Len())
		for i := range among.Len() {
			allowed[among.ID(i)] = true
		}
	}
	if n < 1 {
		return nil
	}
	var out []Neighbour
	worst := float32(math.Inf(1))
	for i, other := range g.ids {
		if other == id || allowed != nil && !allowed[other] {
			continue
		}
		d := distance(query, g.data[i*g.dim:(i+1)*g.dim], worst)
		if d >= worst && len(out) == n {
			continue
		}
		at, _ := slices.BinarySearchFunc(out, float64(d), func(o Neighbour, d float64) int { return cmp.Compare(o.Distance, d) })
		out = slices.Insert(out, at, Neighbour{other, float64(d)})
		if len(out) > n {
			out = out[:n]
		}
		if len(out) == n {
			worst = float32(out[n-1].Distance)
		}
	}
	for i := range out {
		out[i].Distance = math.Sqrt(out[i].Distance)
	}
	return out
}

// distance returns the squared distance of a and b, or early some number that
// is not below enough.
func distance(a, b []float32, enough float32) float32 {
	b = b[:len(a)]
	var sum float32
	for len(a) >= 16 {
		var s0, s1, s2, s3 float32
		for i := 0; i < 16; i += 4 {
			d0, d1, d2, d3 := a[i]-b[i], a[i+1]-b[i+1], a[i+2]-b[i+2], a[i+3]-b[i+3]
			s0, s1, s2, s3 = s0+d0*d0, s1+d1*d1, s2+d2*d2, s3+d3*d3
		}
		if sum += s0 + s1 + s2 + s3; sum >= enough {
			return sum
		}
		a, b = a[16:], b[16:]
	}
	for i := range a {
		d := a[i] - b[i]
		sum += d * d
	}
	return sum
}
