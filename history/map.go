package history

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"math"
	"slices"
	"strings"
	"time"
)

// Map is a layout of parts in the plane by what they look like, and the clusters
// in it. It is drawn from embeddings and can be drawn again: it is no evidence
// and no link of the chain.
type Map struct {
	ID                   int64     // given by AddMap
	Time                 time.Time // the present for zero
	Recipe, RecipeSHA256 string    // whose embeddings these are
	Perplexity, KL       float64

	// How good it is: of the found clusters in the map, of what counts as the
	// truth (types, or else verdicts) among nearest neighbours, and of the map as
	// a picture of the embeddings; NaN where it cannot be said.
	Silhouette, Agreement, Trustworthiness float64

	Scale float64 // how far a part usually is from its nearest at most; see MapPoint.Outside
	Basis []byte  // from embeddings to the space in which distances are meant; for the maker

	Points   []MapPoint // by rising Verdict
	Clusters []Cluster  // by rising ID
}

// MapPoint is one part in a Map.
type MapPoint struct {
	Verdict  int64
	X, Y     float64
	Distance float64 // from its nearest in the map, in the space of Map.Basis
	Outside  bool    // unlike anything mapped
	Placed   bool    // put into the finished map later
	Part     MapPart // of Store.Map
}

// MapPart is what a map shows of a part.
type MapPart struct {
	Name, Path      string
	Label, Type     string
	Verdict, Final  Verdict // the machine's answer, and what counts
	Score           float64
	Time            time.Time
	ThumbnailSHA256 string
}

// ClusterKind says how a cluster came about.
type ClusterKind string

// The kinds of clusters.
const (
	FoundCluster ClusterKind = "found" // by density
	NamedCluster ClusterKind = "named" // drawn by a person
	ClassCluster ClusterKind = "class" // the parts of one known type
)

// Cluster is a group of parts in a Map.
type Cluster struct {
	ID      int64
	Kind    ClusterKind
	Name    string    // "" for one that was found and has no name yet
	Author  string    // who named it
	Time    time.Time // when it was made or named last
	Members []int64   // verdicts, rising
}

// keptMaps is how many maps of a recipe are kept.
const keptMaps = 5

// AddMap stores a map with its points and clusters and sets its ID and theirs.
// Only the newest few of a recipe are kept.
func (s *Store) AddMap(ctx context.Context, m *Map) error {
	if err := m.validate(); err != nil {
		return fmt.Errorf("keep a map: %w", err)
	}
	m.Time = s.stamp(m.Time)
	slices.SortFunc(m.Points, func(a, b MapPoint) int { return int(a.Verdict - b.Verdict) })
	return s.writing(ctx, "keep a map in", func(ctx context.Context, w *writer) error {
		done, err := w.conn.ExecContext(ctx, `INSERT INTO maps (time, recipe, recipe_sha256, perplexity, kl,
			silhouette, agreement, trustworthiness, scale, basis) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			micros(m.Time), text(m.Recipe), m.RecipeSHA256, m.Perplexity, m.KL,
			measured(m.Silhouette), measured(m.Agreement), measured(m.Trustworthiness), m.Scale, m.Basis)
		if err != nil {
			return err
		}
		if m.ID, err = done.LastInsertId(); err != nil {
			return err
		}
		if err := w.insertPoints(ctx, m.ID, m.Points); err != nil {
			return err
		}
		for i := range m.Clusters {
			c := &m.Clusters[i]
			if c.Time.IsZero() {
				c.Time = m.Time
			}
			if err := w.insertCluster(ctx, m.ID, c); err != nil {
				return err
			}
		}
		_, err = w.conn.ExecContext(ctx, `DELETE FROM maps WHERE recipe_sha256 = ? AND id NOT IN
			(SELECT id FROM maps WHERE recipe_sha256 = ? ORDER BY id DESC LIMIT ?)`, m.RecipeSHA256, m.RecipeSHA256, keptMaps)
		return err
	})
}

func (m *Map) validate() error {
	if m.ID != 0 {
		return fmt.Errorf("it is kept already, as %d", m.ID)
	}
	if math.IsNaN(m.Perplexity) || math.IsNaN(m.KL) || math.IsNaN(m.Scale) {
		return errors.New("what it was made with is not a number")
	}
	if err := finite("its figures", m.Perplexity, m.KL, m.Scale, m.Silhouette, m.Agreement, m.Trustworthiness); err != nil {
		return err
	}
	for _, c := range m.Clusters {
		if err := c.validate(); err != nil {
			return err
		}
	}
	return validatePoints(m.Points)
}

func validatePoints(points []MapPoint) error {
	for _, p := range points {
		if math.IsNaN(p.X+p.Y) || math.IsInf(p.X+p.Y, 0) || math.IsNaN(p.Distance) || math.IsInf(p.Distance, 0) {
			return fmt.Errorf("verdict %d lies at %v, %v, %v from its nearest", p.Verdict, p.X, p.Y, p.Distance)
		}
	}
	return nil
}

// AddPoints puts parts into a finished map, each into the found cluster with the
// same place in clusters; 0 puts it into none. Parts that are in the map already
// stay where they are.
func (s *Store) AddPoints(ctx context.Context, id int64, points []MapPoint, clusters []int64) error {
	if err := validatePoints(points); err != nil {
		return fmt.Errorf("place into map %d: %w", id, err)
	}
	if len(points) != len(clusters) {
		return fmt.Errorf("place into map %d: %d parts go to %d clusters", id, len(points), len(clusters))
	}
	return s.writing(ctx, "place into a map in", func(ctx context.Context, w *writer) error {
		if err := w.insertPoints(ctx, id, points); err != nil {
			return err
		}
		for i, c := range clusters {
			if c == 0 {
				continue
			}
			_, err := w.conn.ExecContext(ctx, `INSERT OR IGNORE INTO cluster_members (cluster, verdict)
				SELECT id, ? FROM clusters WHERE id = ? AND map = ?`, points[i].Verdict, c, id)
			if err != nil {
				return err
			}
		}
		return nil
	})
}

func (w *writer) insertPoints(ctx context.Context, id int64, points []MapPoint) error {
	stmt, err := w.conn.PrepareContext(ctx, `INSERT OR IGNORE INTO map_points (map, verdict, x, y, distance, outside, placed)
		VALUES (?, ?, ?, ?, ?, ?, ?)`)
	if err != nil {
		return err
	}
	defer stmt.Close()
	for _, p := range points {
		_, err := stmt.ExecContext(ctx, id, p.Verdict, p.X, p.Y, p.Distance, p.Outside, p.Placed)
		if isForeignKey(err) {
			return fmt.Errorf("map %d or verdict %d: %w", id, p.Verdict, ErrNotFound)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// MapOf returns the newest map of the recipes with these SHA-256s, or of any
// recipe where none is named, with its points and clusters. The error matches
// [ErrNotFound] where there is none.
func (s *Store) MapOf(ctx context.Context, recipes ...string) (*Map, error) {
	var m Map
	err := s.reading("read map from", func() error {
		var c conditions
		c.oneOf("recipe_sha256", recipes)
		query := selectMap + c.where() + " ORDER BY id DESC LIMIT 1"
		var at int64
		var sil, agree, trust sql.NullFloat64
		err := s.in().readers.QueryRowContext(ctx, query, c.args...).Scan(&m.ID, &at, &m.Recipe, &m.RecipeSHA256, &m.Perplexity, &m.KL,
			&sil, &agree, &trust, &m.Scale, &m.Basis)
		if errors.Is(err, sql.ErrNoRows) {
			return fmt.Errorf("map: %w", ErrNotFound)
		}
		if err != nil {
			return err
		}
		m.Time, m.Silhouette, m.Agreement, m.Trustworthiness = fromMicros(at), number(sil), number(agree), number(trust)
		if m.Points, err = s.points(ctx, m.ID); err != nil {
			return err
		}
		m.Clusters, err = s.clusters(ctx, m.ID)
		return err
	})
	if err != nil {
		return nil, cancelled(ctx, err)
	}
	return &m, nil
}

const selectMap = `SELECT id, time, recipe, recipe_sha256, perplexity, kl, silhouette, agreement, trustworthiness, scale, basis FROM maps`

func (s *Store) points(ctx context.Context, id int64) ([]MapPoint, error) {
	rows, err := s.in().readers.QueryContext(ctx, "SELECT p.verdict, p.x, p.y, p.distance, p.outside, p.placed, "+partColumns+
		" FROM map_points p JOIN verdicts v ON v.id = p.verdict WHERE p.map = ? ORDER BY p.verdict", id)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []MapPoint
	for rows.Next() {
		var p MapPoint
		if err := p.Part.scan(rows, &p.Verdict, &p.X, &p.Y, &p.Distance, &p.Outside, &p.Placed); err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, rows.Err()
}

// partColumns are what MapPart.scan reads of the verdict v.
const partColumns = `v.name, v.path, v.label, v.type, v.verdict, v.score, v.time, coalesce(v.thumbnail_sha256, ''),
	coalesce((SELECT reviewed FROM overrides o WHERE o.verdict = v.id ORDER BY o.id DESC LIMIT 1), v.verdict)`

// scan reads what stands before partColumns, and them.
func (p *MapPart) scan(rows *sql.Rows, before ...any) error {
	var at int64
	var score sql.NullFloat64
	err := rows.Scan(append(before, &p.Name, &p.Path, &p.Label, &p.Type, &p.Verdict, &score, &at, &p.ThumbnailSHA256, &p.Final)...)
	p.Score, p.Time = number(score), fromMicros(at)
	return err
}

// Embedded is the embedding of one verdict.
type Embedded struct {
	Verdict int64
	Vector  []float32
	Part    MapPart
}

// EmbeddingFilter chooses embeddings; its zero value chooses all.
type EmbeddingFilter struct {
	Recipes []string // SHA-256s; nil: any
	After   int64    // only of later verdicts
	Newest  int      // only so many, the newest; 0: all
}

// Embeddings yields the embeddings of verdicts by rising verdict.
func (s *Store) Embeddings(ctx context.Context, f EmbeddingFilter) iter.Seq2[Embedded, error] {
	return func(yield func(Embedded, error) bool) {
		var c conditions
		c.oneOf("v.recipe_sha256", f.Recipes)
		if f.After > 0 {
			c.add("v.id > ?", f.After)
		}
		from := " FROM verdicts v JOIN embeddings e ON e.verdict = v.id"
		query := "SELECT v.id, e.vector, " + partColumns + from + c.where() + " ORDER BY v.id"
		if f.Newest > 0 {
			query = "SELECT v.id, e.vector, " + partColumns + from + " WHERE v.id IN (SELECT v.id" + from + c.where() +
				" ORDER BY v.id DESC LIMIT ?) ORDER BY v.id"
			c.args = append(c.args, f.Newest)
		}
		err := s.reading("read embeddings from", func() error {
			rows, err := s.in().readers.QueryContext(ctx, query, c.args...)
			if err != nil {
				return err
			}
			defer rows.Close()
			for rows.Next() {
				var e Embedded
				var data sql.RawBytes
				if err := e.Part.scan(rows, &e.Verdict, &data); err != nil {
					return err
				}
				e.Vector = decodeVector(data)
				if !yield(e, nil) {
					return nil
				}
			}
			return rows.Err()
		})
		if err != nil {
			yield(Embedded{}, cancelled(ctx, err))
		}
	}
}

// oneOf demands that column is one of values, unless there are none.
func (c *conditions) oneOf(column string, values []string) {
	if len(values) == 0 {
		return
	}
	args := make([]any, len(values))
	for i, v := range values {
		args[i] = v
	}
	c.add(column+" IN (?"+strings.Repeat(", ?", len(args)-1)+")", args...)
}

// Embedders lists the recipes that have embeddings, that of the newest verdict
// first.
func (s *Store) Embedders(ctx context.Context) ([]Embedder, error) {
	var out []Embedder
	err := s.reading("read embeddings from", func() error {
		rows, err := s.in().readers.QueryContext(ctx, `SELECT recipe, recipe_sha256, count(*), max(id) FROM verdicts v
			WHERE EXISTS (SELECT 1 FROM embeddings e WHERE e.verdict = v.id) GROUP BY recipe_sha256 ORDER BY 4 DESC`)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var e Embedder
			var newest int64
			if err := rows.Scan(&e.Recipe, &e.RecipeSHA256, &e.Parts, &newest); err != nil {
				return err
			}
			out = append(out, e)
		}
		return rows.Err()
	})
	return out, cancelled(ctx, err)
}

// Embedder is a recipe with embeddings.
type Embedder struct {
	Recipe, RecipeSHA256 string
	Parts                int
}

// Named reports whether name is the recipe's name or SHA-256.
func (e Embedder) Named(name string) bool {
	return name == "" || strings.EqualFold(name, e.Recipe) || name == e.RecipeSHA256
}
