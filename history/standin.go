package history

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"
)

// A station whose history cannot be opened goes on with a stand-in: a history of
// its own beside it, or in the user's cache where that folder may not be written.
// What is kept there is as safe as in the history itself. The state is not OK
// meanwhile, and as soon as the history opens, everything is brought home, once.

// base is a database that is open.
type base struct {
	path    string
	readers *sql.DB
	writer  *writer // nil: for reading only
	away    *away   // nil: it is the one that was asked for
}

// away is what a stand-in knows of the history in whose place it is.
type away struct {
	path string
	why  atomic.Pointer[error]
	held atomic.Int64 // verdicts
}

// in is the database in which the history is now.
func (s *Store) in() *base { return s.base.Load() }

// standIns is how many stations may have one for the same history at a time.
const standIns = 4

// standInIDs is where the IDs of a stand-in begin, so that they are never taken
// for those of the history. A PLC has 32 bits for one.
const standInIDs = 1 << 30

// OpenStation is Open for a program that must go on: where the history cannot be
// opened, a stand-in is, and Away says why. The error is that of the history, where
// there is no place for a stand-in either; or where another station has it, for
// two of them would be one too many.
func OpenStation(path string) (*Store, error) {
	s, err := Open(path)
	if err == nil {
		return s, s.in().writer.lock.sign(stationSign)
	}
	var fault *StorageError
	if !errors.As(err, &fault) || errors.Is(err, ErrStation) {
		return nil, err
	}
	main, _, lerr := locate(path)
	if lerr != nil {
		if main, lerr = filepath.Abs(path); lerr != nil {
			return nil, err
		}
	}
	for _, at := range standInPaths(main) {
		if s, e := open(at); e == nil {
			return s, s.standIn(main, err)
		}
	}
	return nil, err
}

// standInPaths is where stand-ins of the history at path may lie.
func standInPaths(path string) []string {
	places := []string{path + ".standin"}
	if cache, err := os.UserCacheDir(); err == nil {
		sum := sha256.Sum256([]byte(path))
		places = append(places, filepath.Join(cache, "agurscope", "standin-"+hex.EncodeToString(sum[:6])+".db"))
	}
	var out []string
	for _, p := range places {
		out = append(out, p)
		for n := 2; n <= standIns; n++ {
			out = append(out, fmt.Sprintf("%s-%d", p, n))
		}
	}
	return out
}

// standIn makes s the stand-in for the history at path.
func (s *Store) standIn(path string, why error) error {
	b := s.in()
	b.writer.next, b.writer.nextRun = max(b.writer.next, standInIDs), max(b.writer.nextRun, standInIDs)
	a := &away{path: path}
	a.why.Store(&why)
	n, err := s.Count(context.Background(), Filter{})
	if err != nil {
		return errors.Join(err, s.Close())
	}
	a.held.Store(int64(n))
	s.base.Store(&base{b.path, b.readers, b.writer, a})
	return nil
}

// Away says why s is a stand-in, and for which history; nil where it is not.
func (s *Store) Away() (why error, path string) {
	if a := s.in().away; a != nil {
		return *a.why.Load(), a.path
	}
	return nil, ""
}

// home is what has become of the IDs of a stand-in that was brought home.
type home struct{ runs, verdicts map[int64]int64 }

// run is the ID by which a run is known now.
func (s *Store) run(id int64) int64 {
	if h := s.home.Load(); h != nil && h.runs[id] != 0 {
		return h.runs[id]
	}
	return id
}

// verdict is the ID by which a verdict is known now.
func (s *Store) verdict(id int64) int64 {
	if h := s.home.Load(); h != nil && h.verdicts[id] != 0 {
		return h.verdicts[id]
	}
	return id
}

// comeHome opens the history in whose place s is, goes on there, and brings
// everything into it. The error is why it is not possible yet.
func (s *Store) comeHome(ctx context.Context) error {
	there := s.in()
	// Nobody writes on the way.
	there.writer.turn <- struct{}{}
	defer func() { <-there.writer.turn }()
	if s.closed.Load() {
		return ErrClosed
	}
	to, err := open(there.away.path)
	if err != nil {
		err = storage("open history", there.away.path, err)
		there.away.why.Store(&err)
		return err
	}
	// Before the way back is closed: what is in the log alone would stay behind.
	err = storage("close history", there.path, there.writer.checkpoint())
	if err == nil {
		err = to.takeIn(ctx)
	}
	if err != nil {
		return errors.Join(err, to.Close())
	}
	s.base.Store(to.in())
	s.columns.mu.Lock()
	s.columns.take(&columns{})
	s.columns.mu.Unlock()
	s.gallery.mu.Lock()
	s.gallery.sha, s.gallery.dim = "", 0
	s.gallery.mu.Unlock()
	if err = there.leave(); err == nil {
		err = s.bringFrom(ctx, there.path+leaving, true)
	}
	s.left = err
	return errors.Join(err, to.in().writer.lock.sign(stationSign))
}

// leaving ends the name of a stand-in to which nothing is added any more.
const leaving = ".leaving"

// leave closes a stand-in, of which the caller has the turn, and gives it its last
// name, so that no station goes on with one of which a part is at home already. Its
// log is empty, see checkpoint. All is done under its lock, whose file goes last.
func (b *base) leave() error {
	return errors.Join(b.readers.Close(), b.writer.shut(func() error {
		if err := os.Rename(b.path+".files", b.path+leaving+".files"); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
		return errors.Join(os.Rename(b.path, b.path+leaving), os.Remove(b.path+".lock"))
	}))
}

// takeIn brings what stand-ins of earlier programs hold into s. One that a living
// program uses is left to it.
func (s *Store) takeIn(ctx context.Context) error {
	for _, at := range standInPaths(s.in().path) {
		for _, err := range []error{s.takeLeaving(ctx, at), s.takeLeft(ctx, at)} {
			if err != nil {
				hint := "copy this file to a safe place, then move it away"
				if errors.Is(err, errBeingRead) {
					_, hint = reasonOf(err)
				}
				return &StorageError{Op: "bring home what was kept in", Path: at, Err: err, Hint: hint}
			}
		}
	}
	return nil
}

func (s *Store) takeLeaving(ctx context.Context, at string) error {
	if _, err := os.Stat(at + leaving); err != nil {
		return nil
	}
	return s.bringFrom(ctx, at+leaving, false)
}

func (s *Store) takeLeft(ctx context.Context, at string) error {
	if _, err := os.Stat(at); err != nil {
		return nil
	}
	// Asked first, for open looks into the file: to close it again there would take
	// away the locks by which SQLite holds one that is open in this program.
	l, err := acquire(at + ".lock")
	if err == nil {
		err = l.Close()
	}
	var from *Store
	if err == nil {
		from, err = open(at) // which empties its journal and ends its runs
	}
	if errors.Is(err, ErrLocked) {
		return nil
	}
	if err != nil {
		return err
	}
	b := from.in()
	if err := b.writer.checkpoint(); err != nil {
		return errors.Join(err, from.Close())
	}
	b.writer.turn <- struct{}{} // nobody knows of it but us
	if err := b.leave(); err != nil {
		return err
	}
	return s.takeLeaving(ctx, at)
}

// bringFrom brings everything that the stand-in at path holds into s, and removes it.
// alive says that its runs may still go on.
func (s *Store) bringFrom(ctx context.Context, path string, alive bool) error {
	from, err := openReadOnly(path)
	if err != nil {
		return err
	}
	h, err := bring(ctx, from, s, alive)
	if err = errors.Join(err, from.Close()); err != nil {
		return err
	}
	if before := s.home.Load(); before != nil {
		maps.Copy(h.runs, before.runs)
		maps.Copy(h.verdicts, before.verdicts)
	}
	s.home.Store(h)
	for _, side := range []string{"", "-wal", "-shm"} {
		if e := os.Remove(path + side); e != nil && !errors.Is(e, os.ErrNotExist) {
			err = errors.Join(err, e)
		}
	}
	return errors.Join(err, os.RemoveAll(path+".files"))
}

// broughtHome is the setting whose changes say which stand-ins were taken in.
const broughtHome = "stand-in"

// bring stores everything that from holds in to, all or nothing and once: a change
// on the chain of to says that it was done, for a program that dies before it has
// removed from. Only maps are left: they are drawn again.
func bring(ctx context.Context, from, to *Store, alive bool) (*home, error) {
	h := &home{map[int64]int64{}, map[int64]int64{}}
	var first []byte
	err := from.in().readers.QueryRowContext(ctx, "SELECT hash FROM links ORDER BY n LIMIT 1").Scan(&first)
	if errors.Is(err, sql.ErrNoRows) {
		return h, nil // nothing happened
	}
	if err != nil {
		return nil, err
	}
	name := hex.EncodeToString(first)
	err = to.writing(ctx, "bring home into", func(ctx context.Context, w *writer) error {
		var there int
		switch err := w.conn.QueryRowContext(ctx, "SELECT 1 FROM changes WHERE setting = ? AND after = ?", broughtHome, name).Scan(&there); {
		case err == nil:
			return nil
		case !errors.Is(err, sql.ErrNoRows):
			return err
		}
		m := &mover{from, to, w, h, alive}
		for _, step := range []func(context.Context) error{m.runs, m.verdicts, m.said, m.golden} {
			if err := step(ctx); err != nil {
				return err
			}
		}
		return w.change(ctx, &Change{Time: to.stamp(time.Time{}), Setting: broughtHome, After: name,
			Reason: fmt.Sprintf("%d verdicts were kept beside the history while it could not be written", len(h.verdicts))})
	})
	return h, err
}

// mover copies one history into another within a transaction.
type mover struct {
	from, to *Store
	w        *writer
	h        *home
	alive    bool
}

func (m *mover) runs(ctx context.Context) error {
	for run, err := range m.from.Runs(ctx, RunFilter{}) {
		if err != nil {
			return err
		}
		old := run.ID
		run.ID = 0
		status := run.Status
		run.Status = Running
		if err := m.w.start(ctx, &run); err != nil {
			return err
		}
		m.h.runs[old] = run.ID
		if status == Running && !m.alive {
			status, run.Ended = Interrupted, run.Started
		}
		if status != Running {
			if err := m.w.endRun(ctx, run.ID, micros(run.Ended), status, ""); err != nil {
				return err
			}
		}
	}
	return nil
}

func (m *mover) verdicts(ctx context.Context) error {
	for short, err := range m.from.Verdicts(ctx, Filter{}) {
		if err != nil {
			return err
		}
		r, err := m.from.Verdict(ctx, short.ID) // with its small picture and embedding
		if err != nil {
			return err
		}
		old := r.ID
		r.ID, r.Run = m.w.next, m.h.runs[r.Run]
		m.w.next++
		for _, f := range []struct {
			sha  *string
			size *int
		}{{&r.ImageSHA256, &r.imageSize}, {&r.MapsSHA256, &r.mapsSize}} {
			if *f.sha == "" {
				continue
			}
			data, err := m.from.File(*f.sha)
			if err == nil {
				err = m.to.keepFile(*f.sha, data)
			}
			if err != nil && !errors.Is(err, ErrNotFound) {
				return err
			}
			*f.size = max(len(data), 1)
		}
		if err := m.w.insert(ctx, &r); err != nil {
			return err
		}
		m.h.verdicts[old] = r.ID
	}
	return nil
}

// said copies what people said, and the settings that were changed.
func (m *mover) said(ctx context.Context) error {
	for o, err := range list(ctx, m.from, selectOverrides+" ORDER BY id", scanOverride) {
		if err == nil {
			o.Verdict = m.h.verdicts[o.Verdict]
			err = m.w.override(ctx, &o)
		}
		if err != nil {
			return err
		}
	}
	for n, err := range list(ctx, m.from, selectNotes+" ORDER BY id", scanNote) {
		if err == nil {
			n.Verdict = m.h.verdicts[n.Verdict]
			err = m.w.note(ctx, &n)
		}
		if err != nil {
			return err
		}
	}
	for c, err := range m.from.Changes(ctx, time.Time{}, time.Time{}) {
		if err == nil {
			err = m.w.change(ctx, &c)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (m *mover) golden(ctx context.Context) error {
	for g, err := range m.from.GoldenSets(ctx) {
		if err == nil {
			for i := range g.Members {
				g.Members[i].Verdict = m.h.verdicts[g.Members[i].Verdict]
			}
			err = m.w.golden(ctx, &g)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Replaceable reports whether s stands in for a history that SetAside can move: no
// other program has it, and time alone will not mend it.
func (s *Store) Replaceable() bool {
	why, _ := s.Away()
	for _, e := range []error{ErrDamaged, ErrNotDatabase, ErrForeign, ErrNewerSchema, errJournal} {
		if errors.Is(why, e) {
			return true
		}
	}
	return false
}

// SetAside moves the history that cannot be opened out of the way, with all that
// lies beside it, so that a new one can begin in its place. It returns where to;
// nothing of it is changed.
func (s *Store) SetAside() (moved string, err error) {
	a := s.in().away
	if a == nil {
		return "", errors.New("set the history aside: it is in use and well")
	}
	if !s.Replaceable() {
		return "", *a.why.Load()
	}
	l, err := acquire(a.path + ".lock")
	if err != nil {
		return "", storage("set aside history", a.path, err)
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	moved = a.path + ".aside-" + s.Now().Format("20060102-150405")
	// What belongs to it first: the file itself is moved last, so that a new history
	// never finds another one's log.
	for _, side := range []string{"-wal", "-shm", "-journal", ".pending", ".files", ""} {
		if err := os.Rename(a.path+side, moved+side); err != nil && !errors.Is(err, os.ErrNotExist) {
			return "", storage("set aside history", a.path, err)
		}
	}
	return moved, nil
}
