package history

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// writer is the one connection that changes the file.
type writer struct {
	db   *sql.DB
	conn *sql.Conn
	lock *lock
	turn chan struct{} // holds one token while a transaction is under way

	journal *journal
	runs    map[int64]bool // that are known to be there

	head    Head  // the newest link of the chain
	next    int64 // the ID of the next verdict
	nextRun int64

	verdict, region, thumbnail, embedding, file, link *sql.Stmt
}

// durable lists the settings on which every promise of this package rests, and
// what SQLite answers when they took.
var durable = []struct{ pragma, want string }{
	{"journal_mode", "wal"},
	{"synchronous", "2"},
	{"foreign_keys", "1"},
	{"recursive_triggers", "1"},
}

// openWriter opens the file at path, making it where there is none, and brings
// its schema up to date.
func openWriter(path string, l *lock) (_ *writer, err error) {
	db, err := sql.Open("sqlite3", address(path, "mode=rwc", "_journal_mode=WAL", "_synchronous=FULL",
		"_foreign_keys=on", "_recursive_triggers=on", "_busy_timeout=1000", "_txlock=immediate"))
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	ctx := context.Background()
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	// A log that takes several batches before it is worked in. SQLite's own 2 MB
	// of pages are enough: 32 make a verdict that is stored alone no cheaper, also
	// on top of a million, and filling them looks like a leak for twenty minutes.
	if _, err := conn.ExecContext(ctx, "PRAGMA wal_autocheckpoint = 8000"); err != nil {
		return nil, errors.Join(err, conn.Close(), db.Close())
	}
	w := &writer{db: db, conn: conn, lock: l, turn: make(chan struct{}, 1), runs: map[int64]bool{}}
	err = checkDurable(ctx, conn)
	if err == nil {
		err = migrate(ctx, conn, migrations)
	}
	if err == nil {
		err = w.prepare(ctx)
	}
	if err == nil {
		w.head, err = readHead(ctx, conn)
	}
	if err == nil {
		// An ID that retention has freed is not given twice.
		err = conn.QueryRowContext(ctx, `SELECT 1 + max(coalesce((SELECT max(id) FROM verdicts), 0),
			coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'verdicts'), 0)),
			1 + max(coalesce((SELECT max(id) FROM runs), 0), coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'runs'), 0))`).Scan(&w.next, &w.nextRun)
	}
	if err != nil {
		return nil, errors.Join(err, w.release())
	}
	return w, nil
}

// checkDurable makes sure that the settings took: SQLite passes over those that
// a disk or a build cannot do.
func checkDurable(ctx context.Context, conn *sql.Conn) error {
	for _, d := range durable {
		var got string
		if err := conn.QueryRowContext(ctx, "PRAGMA "+d.pragma).Scan(&got); err != nil {
			return err
		}
		if got != d.want {
			return fmt.Errorf("this disk cannot keep a history safely (%s is %s instead of %s); choose a local disk", d.pragma, got, d.want)
		}
	}
	return nil
}

func (w *writer) prepare(ctx context.Context) error {
	for query, stmt := range map[string]**sql.Stmt{
		insertVerdict:   &w.verdict,
		insertRegion:    &w.region,
		insertThumbnail: &w.thumbnail,
		insertEmbedding: &w.embedding,
		insertFile:      &w.file,
		insertLink:      &w.link,
	} {
		var err error
		if *stmt, err = w.conn.PrepareContext(ctx, query); err != nil {
			return err
		}
	}
	return nil
}

// close checkpoints the log and lets go of the file. A reader elsewhere may
// keep the log from shrinking, which loses nothing.
func (w *writer) close(last func() error) error {
	w.turn <- struct{}{} // never returned: nothing is written after this
	return w.shut(last)
}

// shut is close for who has the turn. If all goes well, last is done while the lock
// is still held.
func (w *writer) shut(last func() error) error {
	_, err := w.conn.ExecContext(context.Background(), "PRAGMA busy_timeout = 200")
	if e := w.checkpoint(); !errors.Is(e, errBeingRead) {
		err = errors.Join(err, e)
	}
	if err = errors.Join(err, w.release(), w.journal.close()); err == nil && last != nil {
		err = last()
	}
	return errors.Join(err, w.lock.Close())
}

// errBeingRead means that a reader is in the way of working in the log.
var errBeingRead = errors.New("it is being read")

// checkpoint works all of the log into the main file.
func (w *writer) checkpoint() error {
	var busy, log, moved int
	err := w.conn.QueryRowContext(context.Background(), "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &log, &moved)
	if err == nil && busy != 0 {
		err = errBeingRead
	}
	return err
}

// reopen starts anew with the file, after a fault of the disk that may have left
// the connection with what is no longer true. The caller has the turn.
func (w *writer) reopen(path string) error {
	fresh, err := openWriter(path, w.lock)
	if err != nil {
		return err
	}
	_ = w.release() // it was in doubt already
	w.db, w.conn, w.head, w.next, w.nextRun = fresh.db, fresh.conn, fresh.head, max(fresh.next, w.next), max(fresh.nextRun, w.nextRun)
	w.verdict, w.region, w.thumbnail, w.embedding, w.file, w.link = fresh.verdict, fresh.region, fresh.thumbnail, fresh.embedding, fresh.file, fresh.link
	return nil
}

// release closes the connection. An open statement would keep the file open.
func (w *writer) release() error {
	var err error
	for _, stmt := range []*sql.Stmt{w.verdict, w.region, w.thumbnail, w.embedding, w.file, w.link} {
		if stmt != nil {
			err = errors.Join(err, stmt.Close())
		}
	}
	return errors.Join(err, w.conn.Close(), w.db.Close())
}

// writing runs fn in a transaction that is on the disk when writing returns
// nil. If ctx ends before the commit begins, nothing is stored and its error is
// returned; once the commit has begun it is seen through, so the answer is
// always certain.
func (s *Store) writing(ctx context.Context, op string, fn func(context.Context, *writer) error) error {
	if s.closed.Load() {
		return ErrClosed
	}
	b := s.in()
	w := b.writer
	if w == nil {
		return ErrReadOnly
	}
	select {
	case w.turn <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	if s.in() != b { // it has come home meanwhile
		<-w.turn
		return s.writing(ctx, op, fn)
	}
	defer func() { <-w.turn }()
	if s.closed.Load() {
		return ErrClosed
	}
	return storage(op, b.path, w.transact(ctx, fn))
}

func (w *writer) transact(ctx context.Context, fn func(context.Context, *writer) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	// The statements themselves are not cancelled half-way: they are short, and
	// watching a context costs the driver a goroutine for each.
	steady := context.WithoutCancel(ctx)
	if _, err := w.conn.ExecContext(steady, "BEGIN IMMEDIATE"); err != nil {
		return err
	}
	head, next, nextRun := w.head, w.next, w.nextRun
	err := fn(steady, w)
	if err == nil {
		err = ctx.Err()
	}
	if err == nil && w.head != head {
		_, err = w.conn.ExecContext(steady, "UPDATE head SET n = ?, hash = ?", w.head.N, w.head.Hash[:])
	}
	if err == nil {
		_, err = w.conn.ExecContext(steady, "COMMIT")
	}
	if err != nil {
		// SQLite has rolled back by itself after some errors; this then says so.
		_, _ = w.conn.ExecContext(steady, "ROLLBACK")
		w.head, w.next, w.nextRun = head, next, nextRun
	}
	return err
}

// add inserts a row and returns its ID.
func (w *writer) add(ctx context.Context, query string, args ...any) (int64, error) {
	done, err := w.conn.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, err
	}
	return done.LastInsertId()
}
