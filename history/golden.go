package history

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"
)

// GoldenSet is a selection of verdicts with the answers that a recipe must give
// before it may be used. It is never changed, and retention keeps its parts; a
// better one is a new set of the same name.
type GoldenSet struct {
	ID      int64
	Time    time.Time
	Name    string
	Author  string
	Note    string
	Members []Golden // by rising Verdict
}

// Golden is one part of a golden set.
type Golden struct {
	Verdict  int64
	Expected Verdict // OK, REVIEW or NG; "" takes what counts now
}

// MakeGolden stores a golden set and returns it completed.
func (s *Store) MakeGolden(ctx context.Context, g GoldenSet) (GoldenSet, error) {
	g.Name, g.Author, g.Note = strings.TrimSpace(text(g.Name)), text(g.Author), text(g.Note)
	if g.Name == "" || len(g.Members) == 0 {
		return GoldenSet{}, errors.New("make golden set: it needs a name and at least one part")
	}
	g.Members = slices.Clone(g.Members)
	slices.SortFunc(g.Members, func(a, b Golden) int { return cmp.Compare(a.Verdict, b.Verdict) })
	for i, m := range g.Members {
		if i > 0 && m.Verdict == g.Members[i-1].Verdict {
			return GoldenSet{}, fmt.Errorf("make golden set: verdict %d is in it twice", m.Verdict)
		}
	}
	err := s.writing(ctx, "make golden set in", func(ctx context.Context, w *writer) error {
		g.Time = s.stamp(time.Time{})
		return w.golden(ctx, &g)
	})
	if err != nil {
		return GoldenSet{}, err
	}
	return g, nil
}

func (w *writer) golden(ctx context.Context, g *GoldenSet) (err error) {
	g.ID, err = w.add(ctx, "INSERT INTO golden_sets (time, name, author, note) VALUES (?, ?, ?, ?)", micros(g.Time), g.Name, g.Author, g.Note)
	if err != nil {
		return err
	}
	for i := range g.Members {
		m := &g.Members[i]
		if m.Expected == "" {
			if m.Expected, err = w.final(ctx, m.Verdict); err != nil {
				return err
			}
		}
		if !slices.Contains([]Verdict{OK, REVIEW, NG}, m.Expected) {
			return fmt.Errorf("verdict %d is %s: say what is expected of it, OK, REVIEW or NG", m.Verdict, m.Expected)
		}
		_, err := w.conn.ExecContext(ctx, "INSERT INTO golden_members (golden, verdict, expected) VALUES (?, ?, ?)", g.ID, m.Verdict, string(m.Expected))
		if isForeignKey(err) {
			return fmt.Errorf("verdict %d: %w", m.Verdict, ErrNotFound)
		}
		if err != nil {
			return err
		}
	}
	return w.chain(ctx, linkGolden, g.ID, 0, g.content())
}

// final returns what counts of the verdict id.
func (w *writer) final(ctx context.Context, id int64) (v Verdict, err error) {
	err = w.conn.QueryRowContext(ctx, `SELECT coalesce((SELECT reviewed FROM overrides WHERE verdict = v.id ORDER BY id DESC LIMIT 1), v.verdict)
		FROM verdicts v WHERE v.id = ?`, id).Scan(&v)
	if errors.Is(err, sql.ErrNoRows) {
		err = fmt.Errorf("verdict %d: %w", id, ErrNotFound)
	}
	return v, err
}

const selectGolden = "SELECT id, time, name, author, note FROM golden_sets"

func scanGolden(row scanner) (g GoldenSet, err error) {
	var at int64
	err = row.Scan(&g.ID, &at, &g.Name, &g.Author, &g.Note)
	g.Time = fromMicros(at)
	return g, err
}

func goldenMembers(ctx context.Context, db querier, set int64) (out []Golden, err error) {
	for m, err := range rowsOf(ctx, db, "SELECT verdict, expected FROM golden_members WHERE golden = ? ORDER BY verdict", func(row scanner) (m Golden, err error) {
		err = row.Scan(&m.Verdict, &m.Expected)
		return m, err
	}, set) {
		if err != nil {
			return nil, err
		}
		out = append(out, m)
	}
	return out, nil
}

// GoldenSets yields all golden sets with their members, oldest first.
func (s *Store) GoldenSets(ctx context.Context) iter.Seq2[GoldenSet, error] {
	return func(yield func(GoldenSet, error) bool) {
		for g, err := range list(ctx, s, selectGolden+" ORDER BY id", scanGolden) {
			if err == nil {
				g.Members, err = goldenMembers(ctx, s.in().readers, g.ID)
			}
			if !yield(g, err) || err != nil {
				return
			}
		}
	}
}
