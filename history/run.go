package history

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"math"
	"os"
	"slices"
	"strings"
	"time"
)

// The kinds of a Run.
const (
	Inspect  = "inspect"
	Train    = "train"
	Evaluate = "evaluate"
)

// The states of a Run. A run is Running until EndRun gives it one of the next
// three, or until Open finds that its program is gone.
const (
	Running     = "running"
	Done        = "done"
	Cancelled   = "cancelled"
	Failed      = "failed"
	Interrupted = "interrupted"
)

// Run is one inspection, training or evaluation from start to end; it groups
// verdicts.
type Run struct {
	ID                        int64
	Kind                      string    // Inspect (also for ""), Train or Evaluate
	Started                   time.Time // UTC; the present for zero
	Ended                     time.Time // UTC; zero while running
	Source                    string    // what was inspected: a folder, a camera
	Recipe, RecipeSHA256      string
	RecipeVersion             string // when and by which program it was made
	Engine                    string
	Program                   string  // version of the program
	Operator                  string  // who started it
	Low, High, Review, Reject float64 // thresholds at the start; NaN: none
	Mode                      string  // of the double threshold
	Status                    string
	Note                      string
	PID                       int     // process that wrote the run
	Summary                   Summary // what the run came to so far
}

// Summary counts verdicts by what the machine answered.
type Summary struct {
	OK, Review, NG, Error int
	Overridden            int // how many of them people have overridden
}

// Total returns the number of verdicts.
func (s Summary) Total() int { return s.OK + s.Review + s.NG + s.Error }

// RunFilter chooses runs; its zero value chooses all, oldest first.
type RunFilter struct {
	Kind         string    // "": any
	Status       string    // "": any
	Since, Until time.Time // of the start; Since is included, Until is not
	Limit        int       // 0: no limit
	Offset       int
	Newest       bool // newest first
}

// StartRun records that run begins now and returns it with its ID, Started,
// Status and PID filled in.
func (s *Store) StartRun(ctx context.Context, run Run) (Run, error) {
	e, err := s.starting(run)
	if err == nil {
		err = s.record(ctx, e)
	}
	if err != nil {
		return Run{}, err
	}
	return *e.Start, nil
}

// starting is the event of a run that begins; it has no ID yet.
func (s *Store) starting(run Run) (*event, error) {
	if run.Kind == "" {
		run.Kind = Inspect
	}
	if !slices.Contains([]string{Inspect, Train, Evaluate}, run.Kind) {
		return nil, fmt.Errorf("start run: no kind %q", run.Kind)
	}
	if err := finite("thresholds", run.Low, run.High, run.Review, run.Reject); err != nil {
		return nil, fmt.Errorf("start run: %w", err)
	}
	run.ID, run.Started, run.Ended = 0, s.stamp(run.Started), time.Time{}
	run.Status, run.PID, run.Summary = Running, os.Getpid(), Summary{}
	for _, s := range []*string{&run.Source, &run.Recipe, &run.RecipeSHA256, &run.RecipeVersion, &run.Engine, &run.Program, &run.Operator, &run.Mode, &run.Note} {
		*s = text(*s)
	}
	return &event{Start: &run}, nil
}

// start stores a run under its ID, or the next one where it has none.
func (w *writer) start(ctx context.Context, run *Run) error {
	if run.ID == 0 {
		run.ID = w.nextRun
	}
	w.nextRun = max(w.nextRun, run.ID+1)
	_, err := w.conn.ExecContext(ctx, `INSERT INTO runs (id, kind, started, source, recipe, recipe_sha256,
		engine, program, low, high, review, reject, mode, status, note, pid, recipe_version, operator)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		run.ID, run.Kind, micros(run.Started), run.Source, run.Recipe, run.RecipeSHA256,
		run.Engine, run.Program, measured(run.Low), measured(run.High), measured(run.Review),
		measured(run.Reject), run.Mode, run.Status, run.Note, run.PID, run.RecipeVersion, run.Operator)
	if err != nil {
		return err
	}
	w.runs[run.ID] = true
	return w.chain(ctx, linkRun, run.ID, 0, run.content())
}

// EndRun records how the run ended: Done, Cancelled or Failed, with a note for
// people (kept beside the note of the start). It returns an error that matches
// [ErrEnded] if the run has ended before. Give it a context that outlives the
// run's own.
func (s *Store) EndRun(ctx context.Context, id int64, status, note string) error {
	e, err := s.ending(id, status, note)
	if err != nil {
		return err
	}
	return s.record(ctx, e)
}

// ending is the event of a run's end.
func (s *Store) ending(id int64, status, note string) (*event, error) {
	if !slices.Contains([]string{Done, Cancelled, Failed}, status) {
		return nil, fmt.Errorf("end run %d: a run cannot end as %q", id, status)
	}
	return &event{End: &runEnd{id, s.stamp(time.Time{}), status, text(note)}}, nil
}

func (w *writer) end(ctx context.Context, e *runEnd) error {
	var before string
	var started int64
	err := w.conn.QueryRowContext(ctx, "SELECT status, started FROM runs WHERE id = ?", e.Run).Scan(&before, &started)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return fmt.Errorf("run %d: %w", e.Run, ErrNotFound)
	case err != nil:
		return err
	case before != Running:
		return fmt.Errorf("run %d is %s: %w", e.Run, before, ErrEnded)
	}
	// A clock that was set back must not make a run end before it began.
	return w.endRun(ctx, e.Run, max(started, micros(e.At)), e.Status, e.Note)
}

func (w *writer) endRun(ctx context.Context, id, ended int64, status, note string) error {
	_, err := w.conn.ExecContext(ctx, "UPDATE runs SET status = ?, ended = ?, end_note = ? WHERE id = ?", status, ended, note, id)
	if err != nil {
		return err
	}
	return w.chain(ctx, linkEnd, id, 0, endContent(id, ended, status, note))
}

// interruptRuns marks the runs that are still running although the lock is
// ours. They ended, as far as anyone can tell, with their last verdict.
func (s *Store) interruptRuns() error {
	return s.writing(context.Background(), "open history", func(ctx context.Context, w *writer) error {
		type left struct{ id, ended, pid int64 }
		var all []left
		for l, err := range rowsOf(ctx, w.conn, `SELECT id, pid, max(started, coalesce((SELECT time FROM verdicts WHERE run = runs.id ORDER BY id DESC LIMIT 1), started))
			FROM runs WHERE status = 'running' ORDER BY id`, func(row scanner) (l left, err error) { err = row.Scan(&l.id, &l.pid, &l.ended); return l, err }) {
			if err != nil {
				return err
			}
			all = append(all, l)
		}
		for _, l := range all {
			if err := w.endRun(ctx, l.id, l.ended, Interrupted, fmt.Sprintf("process %d ended without closing the run", l.pid)); err != nil {
				return err
			}
		}
		return nil
	})
}

func joinNotes(notes ...string) string {
	return strings.Join(slices.DeleteFunc(notes, func(n string) bool { return n == "" }), "; ")
}

// runColumns names what scanRun reads before the summary.
const runColumns = `id, kind, started, ended, source, recipe, recipe_sha256, engine, program,
	low, high, review, reject, mode, status, note, pid, recipe_version, operator, end_note`

const selectRuns = "SELECT " + runColumns + `,
	(SELECT count(*) FROM verdicts v WHERE v.run = r.id AND v.verdict = 'OK'),
	(SELECT count(*) FROM verdicts v WHERE v.run = r.id AND v.verdict = 'REVIEW'),
	(SELECT count(*) FROM verdicts v WHERE v.run = r.id AND v.verdict = 'NG'),
	(SELECT count(*) FROM verdicts v WHERE v.run = r.id AND v.verdict = 'ERROR'),
	(SELECT count(DISTINCT o.verdict) FROM overrides o JOIN verdicts v ON v.id = o.verdict WHERE v.run = r.id)
	FROM runs r`

// Runs yields the runs that f chooses, each with its Summary.
func (s *Store) Runs(ctx context.Context, f RunFilter) iter.Seq2[Run, error] {
	return func(yield func(Run, error) bool) {
		err := s.reading("read history", func() error {
			query, args := f.query()
			rows, err := s.in().readers.QueryContext(ctx, query, args...)
			if err != nil {
				return err
			}
			defer rows.Close()
			for rows.Next() {
				run, err := scanRun(rows)
				if err != nil {
					return err
				}
				if !yield(run, nil) {
					return nil
				}
			}
			return rows.Err()
		})
		if err != nil {
			yield(Run{}, cancelled(ctx, err))
		}
	}
}

// Run returns one run with its Summary.
func (s *Store) Run(ctx context.Context, id int64) (Run, error) {
	var run Run
	err := s.reading("read history", func() (err error) {
		run, err = scanRun(s.in().readers.QueryRowContext(ctx, selectRuns+" WHERE id = ?", id))
		if errors.Is(err, sql.ErrNoRows) {
			return fmt.Errorf("run %d: %w", id, ErrNotFound)
		}
		return err
	})
	return run, cancelled(ctx, err)
}

// Summary counts the verdicts of a run, or of all runs for 0.
func (s *Store) Summary(ctx context.Context, run int64) (Summary, error) {
	var sum Summary
	if run != 0 {
		r, err := s.Run(ctx, run)
		return r.Summary, err
	}
	err := s.reading("read history", func() error {
		return s.in().readers.QueryRowContext(ctx, `SELECT
			(SELECT count(*) FROM verdicts WHERE verdict = 'OK'),
			(SELECT count(*) FROM verdicts WHERE verdict = 'REVIEW'),
			(SELECT count(*) FROM verdicts WHERE verdict = 'NG'),
			(SELECT count(*) FROM verdicts WHERE verdict = 'ERROR'),
			(SELECT count(DISTINCT verdict) FROM overrides)`).
			Scan(&sum.OK, &sum.Review, &sum.NG, &sum.Error, &sum.Overridden)
	})
	return sum, cancelled(ctx, err)
}

func (f RunFilter) query() (string, []any) {
	var c conditions
	if f.Kind != "" {
		c.add("kind = ?", f.Kind)
	}
	if f.Status != "" {
		c.add("status = ?", f.Status)
	}
	c.span("started", f.Since, f.Until)
	return selectRuns + c.where() + c.page("id", f.Newest, f.Limit, f.Offset), c.args
}

// scanner is a row to be read.
type scanner interface{ Scan(...any) error }

func scanRun(row scanner) (Run, error) {
	var c Summary
	r, end, err := scanRunColumns(row, &c.OK, &c.Review, &c.NG, &c.Error, &c.Overridden)
	r.Summary, r.Note = c, joinNotes(r.Note, end)
	return r, err
}

// scanRunColumns reads runColumns and what follows them; end is the note of the
// run's end.
func scanRunColumns(row scanner, more ...any) (r Run, end string, err error) {
	var started int64
	var ended sql.NullInt64
	var low, high, review, reject sql.NullFloat64
	err = row.Scan(append([]any{&r.ID, &r.Kind, &started, &ended, &r.Source, &r.Recipe, &r.RecipeSHA256, &r.Engine, &r.Program,
		&low, &high, &review, &reject, &r.Mode, &r.Status, &r.Note, &r.PID, &r.RecipeVersion, &r.Operator, &end}, more...)...)
	if err != nil {
		return Run{}, "", err
	}
	r.Started = fromMicros(started)
	if ended.Valid {
		r.Ended = fromMicros(ended.Int64)
	}
	r.Low, r.High, r.Review, r.Reject = number(low), number(high), number(review), number(reject)
	return r, end, nil
}

// endedRun is a run with the note of its end apart from that of its start.
type endedRun struct {
	Run
	end string
}

func scanEndedRun(row scanner) (r endedRun, err error) {
	r.Run, r.end, err = scanRunColumns(row)
	return r, err
}

// cancelled returns the error of ctx in place of what it caused.
func cancelled(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// finite returns an error if one of fs is infinite. NaN stands for absent.
func finite(what string, fs ...float64) error {
	for _, f := range fs {
		if math.IsInf(f, 0) {
			return fmt.Errorf("%s hold an infinite number", what)
		}
	}
	return nil
}
