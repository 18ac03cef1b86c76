package history

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"
)

// event is what is recorded besides verdicts, by the journal too where the
// database does not take it. Exactly one field is set.
type event struct {
	Start    *Run
	End      *runEnd
	Override *Override
	Note     *Note
	Change   *Change
}

// runEnd is how a run ended.
type runEnd struct {
	Run          int64
	At           time.Time
	Status, Note string
}

// op says what is being done.
func (e *event) op() string {
	switch {
	case e.Start != nil:
		return "start run in"
	case e.End != nil:
		return "end run in"
	case e.Override != nil:
		return "override verdict in"
	case e.Note != nil:
		return "annotate verdict in"
	}
	return "record a change in"
}

// record stores an event in the database.
func (s *Store) record(ctx context.Context, e *event) error {
	return s.writing(ctx, e.op(), func(ctx context.Context, w *writer) error {
		e.address(s)
		return w.apply(ctx, e)
	})
}

// address gives what e is about the ID by which s knows it now.
func (e *event) address(s *Store) {
	switch {
	case e.End != nil:
		e.End.Run = s.run(e.End.Run)
	case e.Override != nil:
		e.Override.Verdict = s.verdict(e.Override.Verdict)
	case e.Note != nil:
		e.Note.Verdict = s.verdict(e.Note.Verdict)
	}
}

// apply stores an event within a transaction and gives it its ID.
func (w *writer) apply(ctx context.Context, e *event) error {
	switch {
	case e.Start != nil:
		return w.start(ctx, e.Start)
	case e.End != nil:
		return w.end(ctx, e.End)
	case e.Override != nil:
		return w.override(ctx, e.Override)
	case e.Note != nil:
		return w.note(ctx, e.Note)
	case e.Change != nil:
		return w.change(ctx, e.Change)
	}
	return errors.New("an event of no kind")
}

// reapply stores an event of the journal, unless it is there: a program may have
// died between storing it and emptying the journal. What it is about may have gone
// meanwhile; then there is nothing to say of it.
func (w *writer) reapply(ctx context.Context, e *event) error {
	var query string
	var args []any
	switch {
	case e.Start != nil:
		query, args = "SELECT 1 FROM runs WHERE id = ?", []any{e.Start.ID}
	case e.End != nil:
		query, args = "SELECT 1 FROM runs WHERE id = ? AND status <> 'running'", []any{e.End.Run}
	case e.Override != nil:
		o := e.Override
		query, args = "SELECT 1 FROM overrides WHERE verdict = ? AND time = ? AND reviewed = ? AND reviewer = ?", []any{o.Verdict, micros(o.Time), string(o.Reviewed), o.Reviewer}
	case e.Note != nil:
		n := e.Note
		query, args = "SELECT 1 FROM notes WHERE verdict = ? AND time = ? AND author = ? AND text = ?", []any{n.Verdict, micros(n.Time), n.Author, n.Text}
	case e.Change != nil:
		c := e.Change
		query, args = "SELECT 1 FROM changes WHERE time = ? AND setting = ? AND after = ?", []any{micros(c.Time), c.Setting, c.After}
	}
	var there int
	switch err := w.conn.QueryRowContext(ctx, query, args...).Scan(&there); {
	case err == nil:
		return nil
	case !errors.Is(err, sql.ErrNoRows):
		return err
	}
	err := w.apply(ctx, e)
	if errors.Is(err, ErrNotFound) || errors.Is(err, ErrWaiting) {
		return nil
	}
	return err
}

// pendEvent keeps an event in the journal. What it is about must be known, for on
// its way into the database nobody could be told that it is not.
func (s *Store) pendEvent(e *event) error {
	w := s.in().writer
	if w == nil {
		return ErrReadOnly
	}
	w.turn <- struct{}{}
	defer func() { <-w.turn }()
	if s.closed.Load() {
		return ErrClosed
	}
	e.address(s)
	switch {
	case e.Start != nil:
		e.Start.ID = w.nextRun
	case e.End != nil && !w.knows(e.End.Run):
		return fmt.Errorf("run %d: %w", e.End.Run, ErrNotFound)
	case e.Override != nil && !w.saw(e.Override.Verdict):
		return fmt.Errorf("verdict %d: %w", e.Override.Verdict, ErrNotFound)
	case e.Note != nil && !w.saw(e.Note.Verdict):
		return fmt.Errorf("verdict %d: %w", e.Note.Verdict, ErrNotFound)
	}
	err := w.journal.append(entry{Event: e})
	if e.Start != nil {
		if err != nil {
			e.Start.ID = 0
		} else {
			w.runs[e.Start.ID] = true
			w.nextRun++
		}
	}
	return storage("keep in the journal of", s.in().path, err)
}

// saw reports whether there is such a verdict, in the database or on its way to
// it. A database that cannot be asked is believed to have those that it was given.
func (w *writer) saw(id int64) bool {
	if id <= 0 || id >= w.next {
		return false
	}
	if slices.Contains(w.journal.ids, id) {
		return true
	}
	var there int
	err := w.conn.QueryRowContext(context.Background(), "SELECT 1 FROM verdicts WHERE id = ?", id).Scan(&there)
	return !errors.Is(err, sql.ErrNoRows)
}

// StartRun is [Store.StartRun], kept in the journal where the database does not
// take it.
func (r *Recorder) StartRun(ctx context.Context, run Run) (Run, error) {
	e, err := r.store.starting(run)
	if err == nil {
		err = r.do(ctx, e)
	}
	if err != nil {
		return Run{}, err
	}
	return *e.Start, nil
}

// EndRun is [Store.EndRun], kept in the journal where the database does not take it.
func (r *Recorder) EndRun(ctx context.Context, id int64, status, note string) error {
	e, err := r.store.ending(id, status, note)
	if err != nil {
		return err
	}
	return r.do(ctx, e)
}

// Override is [Store.Override], kept in the journal where the database does not
// take it.
func (r *Recorder) Override(ctx context.Context, id int64, v Verdict, reviewer, reason string) error {
	e, err := r.store.overriding(id, v, reviewer, reason)
	if err != nil {
		return err
	}
	return r.do(ctx, e)
}

// Annotate is [Store.Annotate], kept in the journal where the database does not
// take it.
func (r *Recorder) Annotate(ctx context.Context, id int64, author, words string) error {
	e, err := r.store.annotating(id, author, words)
	if err != nil {
		return err
	}
	return r.do(ctx, e)
}

// Change is [Store.Change], kept in the journal where the database does not take it.
func (r *Recorder) Change(ctx context.Context, c Change) error {
	e, err := r.store.changing(c)
	if err != nil {
		return err
	}
	return r.do(ctx, e)
}

// do records an event behind what is in the queue.
func (r *Recorder) do(ctx context.Context, e *event) error {
	return r.await(ctx, &request{event: e, result: make(chan error, 1)})
}
