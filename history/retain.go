package history

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// The things that retention removes, each with all that hangs on it.
const (
	RetainFiles      = "files"      // full pictures and maps
	RetainThumbnails = "thumbnails" // small pictures
	RetainVerdicts   = "verdicts"   // everything but their links
)

// Tombstone says what retention removed: everything of its kind up to the
// verdict Through, except golden parts. It is on the chain, so that what is
// missing can be told from what was taken.
type Tombstone struct {
	ID       int64
	Time     time.Time
	Operator string
	Reason   string
	What     string // RetainFiles, RetainThumbnails or RetainVerdicts
	Through  int64
}

const selectTombstones = "SELECT id, time, operator, reason, what, through FROM retentions ORDER BY id"

func scanTombstone(row scanner) (t Tombstone, err error) {
	var at int64
	err = row.Scan(&t.ID, &at, &t.Operator, &t.Reason, &t.What, &t.Through)
	t.Time = fromMicros(at)
	return t, err
}

// Retention says how much is kept; zero keeps everything. Golden parts stay
// whatever it says.
type Retention struct {
	Files, Thumbnails, Verdicts time.Duration // how old each may become
	Bytes                       int64         // of database and files together: full pictures go first, then small ones, then verdicts, the oldest first
	Operator                    string
}

// slice bounds how many verdicts go in one transaction, so that a verdict
// never waits long for retention.
const slice = 500

// Retain removes what is older, or more, than r keeps, and returns the
// tombstones it set. The newest verdict always stays.
func (s *Store) Retain(ctx context.Context, r Retention) ([]Tombstone, error) {
	// What waits in the journal names pictures by no row yet.
	if w := s.in().writer; w == nil {
		return nil, ErrReadOnly
	} else if w.journal.waiting.Load() > 0 {
		return nil, storage("retire rows of", s.in().path, ErrWaiting)
	}
	var out []Tombstone
	now := s.Now()
	for _, a := range []struct {
		what string
		age  time.Duration
	}{{RetainFiles, r.Files}, {RetainThumbnails, r.Thumbnails}, {RetainVerdicts, r.Verdicts}} {
		if a.age <= 0 {
			continue
		}
		through, err := s.olderThan(ctx, now.Add(-a.age))
		if err != nil {
			return out, err
		}
		if out, err = s.bury(ctx, out, Tombstone{Operator: r.Operator, Reason: "older than " + a.age.String(), What: a.what}, through); err != nil {
			return out, err
		}
	}
	out, err := s.fit(ctx, out, r)
	if err != nil {
		return out, err
	}
	return out, s.sweep(ctx)
}

// fit removes the oldest until the rest has the room that r gives it.
func (s *Store) fit(ctx context.Context, out []Tombstone, r Retention) ([]Tombstone, error) {
	for r.Bytes > 0 {
		size, err := s.Size(ctx)
		if err != nil || size <= r.Bytes {
			return out, err
		}
		what, through, err := s.oldest(ctx)
		if err != nil || what == "" {
			return out, err
		}
		if out, err = s.bury(ctx, out, Tombstone{Operator: r.Operator, Reason: "more than the room given to the history", What: what}, through); err != nil {
			return out, err
		}
	}
	return out, nil
}

// olderThan returns the last verdict of the unbroken row of those before t from
// the beginning, so that a clock that was set back takes nothing young away.
func (s *Store) olderThan(ctx context.Context, t time.Time) (through int64, err error) {
	err = s.reading("read history", func() error {
		return s.in().readers.QueryRowContext(ctx, `SELECT min(coalesce((SELECT min(id) FROM verdicts WHERE time >= ?), 1 << 62), coalesce((SELECT max(id) FROM verdicts), 0)) - 1`,
			micros(t)).Scan(&through)
	})
	return through, cancelled(ctx, err)
}

// oldest returns what is to go next for the sake of room.
func (s *Store) oldest(ctx context.Context) (what string, through int64, err error) {
	err = s.reading("read history", func() error {
		for _, q := range []struct{ what, query string }{
			{RetainFiles, "SELECT coalesce(max(verdict), 0) FROM (SELECT verdict FROM files WHERE " + noGoldenFile + " ORDER BY verdict LIMIT 100)"},
			{RetainThumbnails, "SELECT coalesce(max(verdict), 0) FROM (SELECT verdict FROM thumbnails WHERE " + noGoldenThumbnail + " ORDER BY verdict LIMIT 500)"},
			{RetainVerdicts, "SELECT coalesce(max(id), 0) FROM (SELECT id FROM verdicts WHERE id NOT IN (SELECT verdict FROM golden_members) AND id < (SELECT max(id) FROM verdicts) ORDER BY id LIMIT 500)"},
		} {
			if err := s.in().readers.QueryRowContext(ctx, q.query).Scan(&through); err != nil || through > 0 {
				what = q.what
				return err
			}
		}
		return nil
	})
	return what, through, cancelled(ctx, err)
}

// bury sets a tombstone, unless one reaches as far, and removes what lies under it:
// also what a program that died on the way has left there.
func (s *Store) bury(ctx context.Context, out []Tombstone, t Tombstone, through int64) ([]Tombstone, error) {
	t.Through = through
	var before int64
	err := s.writing(ctx, "retire rows of", func(ctx context.Context, w *writer) error {
		err := w.conn.QueryRowContext(ctx, "SELECT coalesce(max(through), 0) FROM retentions WHERE what = ?", t.What).Scan(&before)
		if err != nil || through <= before {
			return err
		}
		t.Time = s.stamp(time.Time{})
		t.ID, err = w.add(ctx, "INSERT INTO retentions (time, operator, reason, what, through) VALUES (?, ?, ?, ?, ?)",
			micros(t.Time), text(t.Operator), t.Reason, t.What, t.Through)
		if err != nil {
			return err
		}
		t.Operator = text(t.Operator)
		return w.chain(ctx, linkRetain, t.ID, 0, t.content())
	})
	if err != nil {
		return out, err
	}
	if t.ID != 0 {
		out = append(out, t)
	}
	for from := int64(0); from < through; {
		if from, err = s.remove(ctx, t.What, from, through); err != nil {
			return out, err
		}
	}
	return out, nil
}

// Pictures are stored once and belong to the newest verdict that shows them: those
// of golden parts are told by their content.
const (
	goldenParts       = "FROM verdicts WHERE id IN (SELECT verdict FROM golden_members)"
	noGoldenThumbnail = "sha256 NOT IN (SELECT thumbnail_sha256 " + goldenParts + " AND thumbnail_sha256 IS NOT NULL)"
	noGoldenFile      = "sha256 NOT IN (SELECT image_sha256 " + goldenParts + " AND image_sha256 IS NOT NULL UNION ALL SELECT maps_sha256 " + goldenParts + " AND maps_sha256 IS NOT NULL)"
)

const (
	releaseFiles     = "DELETE FROM files WHERE verdict > ? AND verdict <= ? AND " + noGoldenFile + " RETURNING sha256" // which are to be removed from the disk
	removeThumbnails = "DELETE FROM thumbnails WHERE verdict > ? AND verdict <= ? AND " + noGoldenThumbnail
)

// removals are the statements that take one slice away, by what. Each takes the
// slice's first (excluded) and last verdict.
var removals = map[string][]string{
	RetainFiles:      {releaseFiles},
	RetainThumbnails: {removeThumbnails},
	RetainVerdicts: {
		releaseFiles,
		removeThumbnails,
		"DELETE FROM notes WHERE verdict > ? AND verdict <= ? AND verdict NOT IN (SELECT verdict FROM golden_members)",
		"DELETE FROM overrides WHERE verdict > ? AND verdict <= ? AND verdict NOT IN (SELECT verdict FROM golden_members)",
		"DELETE FROM embeddings WHERE verdict > ? AND verdict <= ? AND verdict NOT IN (SELECT verdict FROM golden_members)",
		"DELETE FROM regions WHERE verdict > ? AND verdict <= ? AND verdict NOT IN (SELECT verdict FROM golden_members)",
		"DELETE FROM verdicts WHERE id > ? AND id <= ? AND id NOT IN (SELECT verdict FROM golden_members)",
	},
}

// ranges find the verdicts of a slice by the column that leads to them.
var ranges = map[string]string{
	RetainFiles:      "SELECT verdict AS v FROM files WHERE verdict > ?1 AND verdict <= ?2 ORDER BY verdict LIMIT ?3",
	RetainThumbnails: "SELECT verdict AS v FROM thumbnails WHERE verdict > ?1 AND verdict <= ?2 ORDER BY verdict LIMIT ?3",
	RetainVerdicts:   "SELECT id AS v FROM verdicts WHERE id > ?1 AND id <= ?2 ORDER BY id LIMIT ?3",
}

// remove takes one slice of what lies behind from and returns where it ended.
func (s *Store) remove(ctx context.Context, what string, from, through int64) (to int64, err error) {
	// No verdict may rely on a file that is being removed.
	s.keeping.Lock()
	defer s.keeping.Unlock()
	err = s.writing(ctx, "retire rows of", func(ctx context.Context, w *writer) error {
		err := w.conn.QueryRowContext(ctx, "SELECT coalesce(max(v), ?2) FROM ("+ranges[what]+")", from, through, slice).Scan(&to)
		if err != nil {
			return err
		}
		for _, q := range removals[what] {
			for sha, err := range rowsOf(ctx, w.conn, q, scanText, from, to) {
				if err == nil {
					// Before the commit: what is under a tombstone may be missing.
					if err = os.Remove(s.file(sha)); errors.Is(err, fs.ErrNotExist) {
						err = nil
					}
				}
				if err != nil {
					return err
				}
			}
		}
		return nil
	})
	return to, err
}

// Size returns how many bytes the history takes: what is in use of the
// database, and the files beside it. Pages that retention has freed are used
// again before the file grows.
func (s *Store) Size(ctx context.Context) (n int64, err error) {
	err = s.reading("read history", func() error {
		return s.in().readers.QueryRowContext(ctx, `SELECT (page_count - freelist_count) * page_size + (SELECT coalesce(sum(size), 0) FROM files)
			FROM pragma_page_count, pragma_freelist_count, pragma_page_size`).Scan(&n)
	})
	return n, cancelled(ctx, err)
}

// sweep removes the files that no row names: those of a program that died
// before their verdict was stored.
func (s *Store) sweep(ctx context.Context) error {
	return s.reading("remove pictures beside", func() error {
		strays, err := s.strays(ctx)
		if err != nil {
			return err
		}
		for _, name := range strays {
			if err := s.removeStray(ctx, name); err != nil {
				return err
			}
		}
		return nil
	})
}

// strays lists the files that no row names and that are too old to belong to a
// verdict that is on its way.
func (s *Store) strays(ctx context.Context) (out []string, err error) {
	named := map[string]bool{}
	young := time.Now().Add(-time.Hour)
	for sha, err := range rowsOf(ctx, s.in().readers, "SELECT sha256 FROM files", scanText) {
		if err != nil {
			return nil, err
		}
		named[sha] = true
	}
	err = filepath.WalkDir(s.folder(), func(name string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil || d.IsDir() {
			return err
		}
		base := filepath.Base(name)
		if named[base] || !isSHA256(base) && !strings.HasPrefix(base, ".new-") {
			return ctx.Err()
		}
		info, err := d.Info()
		if err == nil && info.ModTime().Before(young) {
			out = append(out, name)
		}
		if errors.Is(err, fs.ErrNotExist) { // a new one has its name by now
			return nil
		}
		return err
	})
	return out, err
}

// removeStray removes a file, unless a verdict has come meanwhile that shows the
// same picture and relies on it.
func (s *Store) removeStray(ctx context.Context, name string) error {
	s.keeping.Lock()
	defer s.keeping.Unlock()
	if s.in().writer.journal.waiting.Load() > 0 {
		return nil
	}
	var named int
	err := s.in().readers.QueryRowContext(ctx, "SELECT count(*) FROM files WHERE sha256 = ?", filepath.Base(name)).Scan(&named)
	if err != nil || named > 0 {
		return err
	}
	if err := os.Remove(name); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

func scanText(row scanner) (s string, err error) {
	err = row.Scan(&s)
	return s, err
}
