package history

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// maxClusterName bounds a name in bytes.
const maxClusterName = 200

func (c *Cluster) validate() error {
	switch {
	case c.ID != 0:
		return fmt.Errorf("cluster %d is kept already", c.ID)
	case !slices.Contains([]ClusterKind{FoundCluster, NamedCluster, ClassCluster}, c.Kind):
		return fmt.Errorf("no kind of cluster is called %q", c.Kind)
	case len(c.Name) > maxClusterName:
		return fmt.Errorf("the name of a cluster has %d bytes, more than %d", len(c.Name), maxClusterName)
	case c.Kind != FoundCluster && strings.TrimSpace(c.Name) == "":
		return errors.New("a cluster needs a name")
	case len(c.Members) == 0:
		return errors.New("a cluster has no parts")
	}
	return nil
}

func (w *writer) insertCluster(ctx context.Context, id int64, c *Cluster) error {
	c.Name, c.Author = strings.TrimSpace(text(c.Name)), strings.TrimSpace(text(c.Author))
	done, err := w.conn.ExecContext(ctx, "INSERT INTO clusters (map, kind, name, author, time) VALUES (?, ?, ?, ?, ?)",
		id, string(c.Kind), c.Name, c.Author, micros(c.Time))
	if isForeignKey(err) {
		return fmt.Errorf("map %d: %w", id, ErrNotFound)
	}
	if err != nil {
		return err
	}
	if c.ID, err = done.LastInsertId(); err != nil {
		return err
	}
	stmt, err := w.conn.PrepareContext(ctx, "INSERT OR IGNORE INTO cluster_members (cluster, verdict) VALUES (?, ?)")
	if err != nil {
		return err
	}
	defer stmt.Close()
	for _, v := range c.Members {
		_, err := stmt.ExecContext(ctx, c.ID, v)
		if isForeignKey(err) {
			return fmt.Errorf("verdict %d: %w", v, ErrNotFound)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// AddCluster stores a cluster that a person has drawn in the map id and sets its
// ID.
func (s *Store) AddCluster(ctx context.Context, id int64, c *Cluster) error {
	if err := c.validate(); err != nil {
		return fmt.Errorf("keep a cluster: %w", err)
	}
	c.Time = s.stamp(c.Time)
	return s.writing(ctx, "keep a cluster in", func(ctx context.Context, w *writer) error {
		return w.insertCluster(ctx, id, c)
	})
}

// NameCluster gives a cluster a name; "" takes that of one that was found away.
func (s *Store) NameCluster(ctx context.Context, id int64, name, author string) error {
	name, author = strings.TrimSpace(text(name)), strings.TrimSpace(text(author))
	if len(name) > maxClusterName {
		return fmt.Errorf("name cluster %d: the name has %d bytes, more than %d", id, len(name), maxClusterName)
	}
	return s.writing(ctx, "name a cluster in", func(ctx context.Context, w *writer) error {
		done, err := w.conn.ExecContext(ctx, "UPDATE clusters SET name = ?, author = ?, time = ? WHERE id = ? AND (? <> '' OR kind = 'found')",
			name, author, micros(s.Now()), id, name)
		if err != nil {
			return err
		}
		if n, err := done.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, fmt.Errorf("cluster %d: %w", id, ErrNotFound))
		}
		return nil
	})
}

// DropCluster removes a cluster that a person has drawn; its parts stay.
func (s *Store) DropCluster(ctx context.Context, id int64) error {
	return s.writing(ctx, "remove a cluster from", func(ctx context.Context, w *writer) error {
		done, err := w.conn.ExecContext(ctx, "DELETE FROM clusters WHERE id = ? AND kind = 'named'", id)
		if err != nil {
			return err
		}
		if n, err := done.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, fmt.Errorf("cluster %d: %w", id, ErrNotFound))
		}
		return nil
	})
}

func (s *Store) clusters(ctx context.Context, id int64) ([]Cluster, error) {
	rows, err := s.in().readers.QueryContext(ctx, `SELECT c.id, c.kind, c.name, c.author, c.time, m.verdict
		FROM clusters c LEFT JOIN cluster_members m ON m.cluster = c.id WHERE c.map = ? ORDER BY c.id, m.verdict`, id)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []Cluster
	for rows.Next() {
		var c Cluster
		var at int64
		var member *int64
		if err := rows.Scan(&c.ID, &c.Kind, &c.Name, &c.Author, &at, &member); err != nil {
			return nil, err
		}
		if len(out) == 0 || out[len(out)-1].ID != c.ID {
			c.Time = fromMicros(at)
			out = append(out, c)
		}
		if member != nil {
			last := &out[len(out)-1]
			last.Members = append(last.Members, *member)
		}
	}
	return out, rows.Err()
}
