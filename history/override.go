package history

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"
)

// Override is a person's opinion on a verdict.
type Override struct {
	ID       int64
	Verdict  int64 // the Record it is about
	Time     time.Time
	Reviewed Verdict
	Reviewer string
	Reason   string
}

// Override records that reviewer, for reason (which may be empty), says v of
// the record id: OK, REVIEW or NG. The machine's answer and earlier opinions
// stay; the newest opinion counts.
func (s *Store) Override(ctx context.Context, id int64, v Verdict, reviewer, reason string) error {
	if !slices.Contains([]Verdict{OK, REVIEW, NG}, v) {
		return fmt.Errorf("override verdict %d: a person says OK, REVIEW or NG, not %q", id, v)
	}
	reviewer = strings.TrimSpace(text(reviewer))
	if reviewer == "" {
		return fmt.Errorf("override verdict %d: say who overrides it", id)
	}
	return s.writing(ctx, "override verdict in", func(ctx context.Context, w *writer) error {
		var found int64
		err := w.conn.QueryRowContext(ctx, "SELECT id FROM verdicts WHERE id = ?", id).Scan(&found)
		if errors.Is(err, sql.ErrNoRows) {
			return fmt.Errorf("verdict %d: %w", id, ErrNotFound)
		}
		if err != nil {
			return err
		}
		_, err = w.conn.ExecContext(ctx, "INSERT INTO overrides (verdict, time, reviewed, reviewer, reason) VALUES (?, ?, ?, ?, ?)",
			id, micros(s.Now()), string(v), reviewer, text(reason))
		return err
	})
}

// Overrides yields every opinion on the record id, oldest first.
func (s *Store) Overrides(ctx context.Context, id int64) iter.Seq2[Override, error] {
	return func(yield func(Override, error) bool) {
		err := s.reading("read history", func() error {
			rows, err := s.readers.QueryContext(ctx,
				"SELECT id, verdict, time, reviewed, reviewer, reason FROM overrides WHERE verdict = ? ORDER BY id", id)
			if err != nil {
				return err
			}
			defer rows.Close()
			for rows.Next() {
				var o Override
				var at int64
				if err := rows.Scan(&o.ID, &o.Verdict, &at, &o.Reviewed, &o.Reviewer, &o.Reason); err != nil {
					return err
				}
				o.Time = fromMicros(at)
				if !yield(o, nil) {
					return nil
				}
			}
			return rows.Err()
		})
		if err != nil {
			yield(Override{}, cancelled(ctx, err))
		}
	}
}
