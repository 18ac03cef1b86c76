package history

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Verification is what Store.Verify found.
type Verification struct {
	Head       Head
	Links      int64
	Verdicts   int64
	Retired    int64 // verdicts that retention has removed under a tombstone
	Thumbnails int64
	Files      int64
	Faults     []Fault // in the order of the chain; the first is where it broke
}

// Fault is a row that is not what the chain says.
type Fault struct {
	Link  int64  `json:"link"`  // place in the chain; 0: not on it
	Table string `json:"table"` // such as "verdicts"
	Row   int64  `json:"row"`   // its id; 0: the table as a whole
	Why   string `json:"why"`
}

// String says where and what.
func (f Fault) String() string {
	var b strings.Builder
	b.WriteString(f.Table)
	if f.Row != 0 {
		fmt.Fprintf(&b, " row %d", f.Row)
	}
	if f.Link != 0 {
		fmt.Fprintf(&b, " (link %d)", f.Link)
	}
	return b.String() + ": " + f.Why
}

// maxFaults bounds the list of each step: one broken row is enough to distrust a history.
const maxFaults = 20

// tables says where the rows of each kind of link are.
var tables = map[string]string{
	linkRun: "runs", linkEnd: "runs", linkVerdict: "verdicts", linkOverride: "overrides", linkNote: "notes",
	linkChange: "changes", linkGolden: "golden_sets", linkRetain: "retentions",
}

// Verify reads the whole history as it is at one moment and compares every row
// with the chain: what was changed, removed, inserted or moved is found, and
// where. Where witness is not zero, the chain must also pass through that head,
// which somebody noted outside; without one, an end that was cut off together
// with every trace of it cannot be told from a history that is merely older.
// progress may be nil.
func (s *Store) Verify(ctx context.Context, witness Head, progress func(done, total int64)) (*Verification, error) {
	v := &verifier{ctx: ctx, witness: witness, progress: progress, out: &Verification{}}
	err := s.reading("verify history", func() error {
		tx, err := s.in().readers.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		defer func() { _ = tx.Rollback() }() // nothing was written
		v.tx, v.store = tx, s
		for _, step := range []func() error{v.tombstones, v.walk, v.schema, v.thumbnails, v.files} {
			v.before = len(v.out.Faults)
			if err := step(); err != nil && !errors.Is(err, errEnough) {
				return err
			}
		}
		return nil
	})
	return v.out, cancelled(ctx, err)
}

// errEnough ends a step when there are faults enough.
var errEnough = errors.New("too many faults")

type verifier struct {
	ctx      context.Context
	tx       *sql.Tx
	store    *Store
	witness  Head
	progress func(done, total int64)
	out      *Verification

	before  int              // faults of earlier steps
	through map[string]int64 // by what: up to which verdict it was removed
	tombs   []tomb
	golden  map[int64]int64 // verdicts that retention spares, and from which link on
}

// tomb is a tombstone with its place in the chain.
type tomb struct {
	what          string
	through, link int64
}

func (v *verifier) fault(link int64, table string, row int64, format string, a ...any) error {
	v.out.Faults = append(v.out.Faults, Fault{link, table, row, fmt.Sprintf(format, a...)})
	if len(v.out.Faults)-v.before >= maxFaults {
		return errEnough
	}
	return nil
}

// tombstones reads what retention may have removed.
func (v *verifier) tombstones() error {
	v.through, v.golden = map[string]int64{}, map[int64]int64{}
	places := map[string]map[int64]int64{linkRetain: {}, linkGolden: {}} // by kind and row
	for l, err := range rowsOf(v.ctx, v.tx, "SELECT n, kind, row, verdict, content, hash FROM links WHERE kind IN ('retention', 'golden')", scanLink) {
		if err != nil {
			return err
		}
		places[l.kind][l.row] = l.n
	}
	for t, err := range rowsOf(v.ctx, v.tx, selectTombstones, scanTombstone) {
		if err != nil {
			return err
		}
		v.through[t.What] = max(v.through[t.What], t.Through)
		v.tombs = append(v.tombs, tomb{t.What, t.Through, places[linkRetain][t.ID]})
	}
	v.through["thumbnails"] = max(v.through["thumbnails"], v.through["verdicts"])
	v.through["files"] = max(v.through["files"], v.through["verdicts"])
	for m, err := range rowsOf(v.ctx, v.tx, "SELECT golden, verdict FROM golden_members", func(row scanner) (m struct{ set, verdict int64 }, err error) {
		err = row.Scan(&m.set, &m.verdict)
		return m, err
	}) {
		if err != nil {
			return err
		}
		since := places[linkGolden][m.set]
		if before, ok := v.golden[m.verdict]; !ok || since < before {
			v.golden[m.verdict] = since
		}
	}
	return nil
}

func scanInt(row scanner) (n int64, err error) {
	err = row.Scan(&n)
	return n, err
}

// retired reports whether what belongs to the verdict id may be gone. A golden part
// loses nothing from then on; what it had lost before stays lost.
func (v *verifier) retired(what string, id int64) bool {
	if id == 0 || id > v.through[what] {
		return false
	}
	since, golden := v.golden[id]
	return !golden || slices.ContainsFunc(v.tombs, func(t tomb) bool {
		return (t.what == what || t.what == RetainVerdicts) && id <= t.through && t.link < since
	})
}

// walk follows the chain from its first link to its head, with one cursor per
// table beside it.
func (v *verifier) walk() error {
	cursors, stop := v.cursors()
	defer stop()
	head, err := readHead(v.ctx, v.tx)
	if err != nil {
		return v.fault(0, "head", 0, "%v", err)
	}
	v.out.Head = head
	var last Head
	ends := map[int64]bool{}
	newest := int64(0) // verdict
	for l, err := range rowsOf(v.ctx, v.tx, "SELECT n, kind, row, verdict, content, hash FROM links ORDER BY n", scanLink) {
		if err != nil {
			return err
		}
		v.out.Links++
		if v.progress != nil && v.out.Links%1000 == 0 {
			v.progress(v.out.Links, head.N)
		}
		if l.n != last.N+1 {
			if err := v.fault(last.N+1, "links", last.N+1, "links %d to %d were removed", last.N+1, l.n-1); err != nil {
				return err
			}
		} else if l.hash != l.seal(last.Hash) {
			if err := v.fault(l.n, "links", l.n, "the link was changed, or the one before it is another than it was"); err != nil {
				return err
			}
		}
		if l.n == v.witness.N && l.hash != v.witness.Hash {
			if err := v.fault(l.n, "links", l.n, "the hash noted elsewhere is %x: history was rewritten up to here", v.witness.Hash); err != nil {
				return err
			}
		}
		last = Head{l.n, l.hash}
		c := cursors[l.kind]
		switch {
		case c == nil:
			err = v.fault(l.n, "links", l.n, "there is no kind %q", l.kind)
		case l.kind == linkEnd:
			ends[l.row] = true
			err = v.compare(l, c.take(l.row))
		default:
			if l.kind == linkVerdict {
				newest = max(newest, l.row)
			}
			err = v.follow(c, l)
		}
		if err != nil {
			return err
		}
	}
	if last != head {
		if err := v.fault(last.N, "head", 1, "the chain ends with link %d, but %d were written: its end was removed or the head changed", last.N, head.N); err != nil {
			return err
		}
	}
	if v.witness.N > last.N {
		if err := v.fault(last.N, "links", 0, "the chain ends with link %d, but link %d was noted elsewhere: its end was cut off", last.N, v.witness.N); err != nil {
			return err
		}
	}
	return v.rest(cursors, newest)
}

func scanLink(row scanner) (l link, err error) {
	var content, hash sql.RawBytes
	if err = row.Scan(&l.n, &l.kind, &l.row, &l.verdict, &content, &hash); err == nil {
		copy(l.content[:], content)
		copy(l.hash[:], hash)
	}
	return l, err
}

// follow brings a cursor to the row of l. Rows that lie before it have no link.
func (v *verifier) follow(c *cursor, l link) error {
	for {
		got, ok, err := c.peek()
		switch {
		case err != nil:
			return err
		case ok && got.row < l.row:
			c.skip()
			if err := v.fault(0, tables[l.kind], got.row, "%s", inserted(got)); err != nil {
				return err
			}
		case ok && got.row == l.row:
			c.skip()
			return v.compare(l, &got)
		default:
			return v.compare(l, nil)
		}
	}
}

func inserted(c chained) string {
	if c.broken != "" {
		return c.broken
	}
	return "it is not on the chain: it was inserted, or moved"
}

// compare compares a row, nil where it is gone, with its link.
func (v *verifier) compare(l link, got *chained) error {
	if l.kind == linkVerdict {
		v.out.Verdicts++
	}
	switch {
	case got == nil && v.retired("verdicts", l.verdict):
		if l.kind == linkVerdict {
			v.out.Retired++
			v.out.Verdicts--
		}
		return nil
	case got == nil && l.kind == linkEnd:
		return v.fault(l.n, "runs", l.row, "the run's end was removed")
	case got == nil:
		return v.fault(l.n, tables[l.kind], l.row, "it was removed, or moved")
	case got.broken != "":
		return v.fault(l.n, tables[l.kind], l.row, "%s", got.broken)
	case got.content != l.content:
		return v.fault(l.n, tables[l.kind], l.row, "it was changed%s", withParts[l.kind])
	}
	return nil
}

// withParts says what else is in the content of a kind.
var withParts = map[string]string{linkVerdict: ", or its regions or embedding were", linkGolden: ", or its members were"}

// rest reports the rows that lie behind the last link of their kind.
func (v *verifier) rest(cursors map[string]*cursor, newest int64) error {
	for _, kind := range []string{linkRun, linkEnd, linkVerdict, linkOverride, linkNote, linkChange, linkGolden, linkRetain} {
		for {
			got, ok, err := cursors[kind].peek()
			if err != nil {
				return err
			}
			if !ok {
				break
			}
			cursors[kind].skip()
			if err := v.fault(0, tables[kind], got.row, "%s", inserted(got)); err != nil {
				return err
			}
		}
	}
	var given int64
	err := v.tx.QueryRowContext(v.ctx, "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'verdicts'), 0)").Scan(&given)
	if err != nil {
		return err
	}
	if given > newest {
		return v.fault(0, "verdicts", newest+1, "verdicts %d to %d were given, but are nowhere: the end was removed", newest+1, given)
	}
	return nil
}

// thumbnails makes sure that every picture is there, unless retention took it,
// and is the one that its hash names.
func (v *verifier) thumbnails() error {
	for t, err := range rowsOf(v.ctx, v.tx, "SELECT sha256, bytes, verdict FROM thumbnails", func(row scanner) (t struct {
		sha     string
		sum     digest
		verdict int64
	}, err error) {
		var data sql.RawBytes
		if err = row.Scan(&t.sha, &data, &t.verdict); err == nil {
			t.sum = sha256.Sum256(data)
		}
		return t, err
	}) {
		if err != nil {
			return err
		}
		v.out.Thumbnails++
		if hex.EncodeToString(t.sum[:]) != t.sha {
			if err := v.fault(0, "thumbnails", t.verdict, "the small picture of verdict %d is not the one that was stored", t.verdict); err != nil {
				return err
			}
		}
	}
	for id, err := range rowsOf(v.ctx, v.tx, `SELECT id FROM verdicts v WHERE thumbnail_sha256 IS NOT NULL
		AND NOT EXISTS (SELECT 1 FROM thumbnails t WHERE t.sha256 = v.thumbnail_sha256) ORDER BY id`, scanInt) {
		if err != nil {
			return err
		}
		if !v.retired("thumbnails", id) {
			if err := v.fault(0, "thumbnails", id, "the small picture of verdict %d was removed", id); err != nil {
				return err
			}
		}
	}
	return nil
}

// files does the same for the files beside the database.
func (v *verifier) files() error {
	for f, err := range rowsOf(v.ctx, v.tx, `SELECT id, image_sha256 FROM verdicts WHERE image_sha256 IS NOT NULL
		UNION ALL SELECT id, maps_sha256 FROM verdicts WHERE maps_sha256 IS NOT NULL`, func(row scanner) (f struct {
		verdict int64
		sha     string
	}, err error) {
		err = row.Scan(&f.verdict, &f.sha)
		return f, err
	}) {
		if err != nil {
			return err
		}
		_, err := v.store.File(f.sha)
		switch {
		case err == nil:
			v.out.Files++
		case errors.Is(err, ErrNotFound) && v.retired("files", f.verdict):
		case errors.Is(err, ErrNotFound):
			err = v.fault(0, "files", f.verdict, "a picture or the maps of verdict %d were removed", f.verdict)
		default:
			err = v.fault(0, "files", f.verdict, "a picture or the maps of verdict %d: %v", f.verdict, err)
		}
		if errors.Is(err, errEnough) {
			return err
		}
	}
	return nil
}
