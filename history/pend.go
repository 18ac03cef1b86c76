package history

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
)

// A verdict that the database does not take goes to the journal under the ID
// that it would have had, and from there to the database as soon as that works
// again: in order, and exactly once, since an ID that is there already is not
// stored again. That also covers a commit that failed on its way to the disk
// and turns out, after a crash, to have arrived.

// ErrWaiting means that earlier verdicts wait in the journal.
var ErrWaiting = errors.New("earlier verdicts wait in the journal for the database")

// pend keeps completed records in the journal and gives them their IDs.
func (s *Store) pend(records []*Record) error {
	w := s.in().writer
	if w == nil {
		return ErrReadOnly
	}
	s.keeping.RLock() // before the turn, as everywhere
	defer s.keeping.RUnlock()
	w.turn <- struct{}{}
	defer func() { <-w.turn }()
	if s.closed.Load() {
		return ErrClosed
	}
	next := w.next
	for _, r := range records {
		r.Run = s.run(r.Run)
		if !w.knows(r.Run) {
			return fmt.Errorf("%q of run %d: %w", r.Path, r.Run, ErrNotFound)
		}
	}
	for _, r := range records {
		r.ID = w.next
		w.next++
		// The journal is for verdicts: full pictures that do not get a file of
		// their own are not kept, and the verdict does not name them.
		if err := s.keepFile(r.ImageSHA256, r.Image); err != nil {
			r.Image, r.ImageSHA256 = nil, ""
		}
		if err := s.keepFile(r.MapsSHA256, r.Maps); err != nil {
			r.Maps, r.MapsSHA256 = nil, ""
		}
	}
	err := w.journal.append(entry{Records: slim(records)})
	if err != nil {
		w.next = next
		for _, r := range records {
			r.ID = 0
		}
	}
	return storage("keep verdict in the journal of", s.in().path, err)
}

// missing says why there is no verdict id: it may be on its way.
func (w *writer) missing(id int64) error {
	if w.journal.waiting.Load() > 0 && id > 0 && id < w.next {
		return fmt.Errorf("verdict %d: %w", id, ErrWaiting)
	}
	return fmt.Errorf("verdict %d: %w", id, ErrNotFound)
}

// slim returns the records without what lies in files of their own.
func slim(records []*Record) []*Record {
	out := make([]*Record, len(records))
	for i, r := range records {
		c := *r
		c.Image, c.Maps = nil, nil
		out[i] = &c
	}
	return out
}

// knows reports whether there is such a run: one that is not there could never
// be stored, and would hold up the journal for ever.
func (w *writer) knows(run int64) bool {
	if w.runs[run] {
		return true
	}
	var n int
	err := w.conn.QueryRowContext(context.Background(), "SELECT 1 FROM runs WHERE id = ?", run).Scan(&n)
	return err == nil
}

// replay brings what is in the journal into the database.
func (s *Store) replay(ctx context.Context) error {
	err := s.writing(ctx, "bring the journal into", func(ctx context.Context, w *writer) error {
		if w.journal.waiting.Load() == 0 {
			return nil
		}
		next := w.next
		err := w.journal.each(func(e entry) error {
			if e.Event != nil {
				return w.reapply(ctx, e.Event)
			}
			for _, r := range e.Records {
				r.imageSize, r.mapsSize = s.fileSize(r.ImageSHA256), s.fileSize(r.MapsSHA256)
				if err := w.replay(ctx, r); err != nil {
					return err
				}
			}
			return nil
		})
		w.next = max(w.next, next)
		return err
	})
	if err != nil {
		return err
	}
	w := s.in().writer
	w.turn <- struct{}{}
	defer func() { <-w.turn }()
	if w.journal.waiting.Load() == 0 {
		return nil
	}
	return storage("empty the journal of", s.in().path, w.journal.reset())
}

// recover tries to empty the journal, with a new connection where the old one
// fails, and makes sure that the database takes something again.
func (s *Store) recover() error {
	if s.closed.Load() {
		return ErrClosed
	}
	err := s.replay(context.Background())
	if err == nil && s.in().away != nil {
		return s.comeHome(context.Background())
	}
	if err == nil && s.left != nil {
		s.left = s.takeIn(context.Background())
		err = s.left
	}
	if err == nil {
		return s.writing(context.Background(), "write to", func(ctx context.Context, w *writer) error {
			version, err := newestSchema(migrations)
			if err == nil { // what it is already, but it is written
				_, err = w.conn.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version = %d", version))
			}
			return err
		})
	}
	if !errors.Is(err, errIO) && !errors.Is(err, ErrDenied) {
		return err
	}
	w := s.in().writer
	w.turn <- struct{}{}
	again := w.reopen(s.in().path)
	<-w.turn
	if again != nil {
		return err
	}
	return s.replay(context.Background())
}

// replay stores r under its ID, unless it is there.
func (w *writer) replay(ctx context.Context, r *Record) error {
	var content []byte
	err := w.conn.QueryRowContext(ctx, `SELECT content FROM links WHERE kind = 'verdict' AND row = ?1
		AND EXISTS (SELECT 1 FROM verdicts WHERE id = ?1) ORDER BY n DESC LIMIT 1`, r.ID).Scan(&content)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return w.insert(ctx, r)
	case err != nil:
		return err
	}
	if sum := sha256.Sum256(r.content()); string(content) != string(sum[:]) {
		return fmt.Errorf("%w: verdict %d is another one in the journal", ErrDamaged, r.ID)
	}
	return nil
}
