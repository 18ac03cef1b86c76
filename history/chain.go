package history

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// The kinds of links: what a row of the chain stands for.
const (
	linkRun      = "run"
	linkEnd      = "end" // of a run
	linkVerdict  = "verdict"
	linkOverride = "override"
	linkNote     = "note"
	linkChange   = "change"
	linkGolden   = "golden"
	linkRetain   = "retention"
)

// digest is a SHA-256.
type digest = [sha256.Size]byte

// link is one row of the chain. content is the hash of what the row said when
// it was written; hash covers this link and, through prev, all before it. The
// content stands by itself so that the chain can still be followed when
// retention has taken the row away.
type link struct {
	n            int64
	kind         string
	row, verdict int64
	content      digest
	hash         digest
}

// seal returns the hash of l behind a link with the hash prev.
func (l *link) seal(prev digest) digest {
	var c canon
	c.text("agurscope link")
	c.int(l.n)
	c.text(l.kind)
	c.int(l.row)
	c.int(l.verdict)
	c = append(append(c, l.content[:]...), prev[:]...)
	return sha256.Sum256(c)
}

// Head names a place in the chain: a link and the hash of everything up to it.
// Whoever notes the newest one elsewhere can later prove that nothing before it
// was changed; exports and reports carry it.
type Head struct {
	N    int64
	Hash digest
}

// String writes h as N:HEX, the way ParseHead reads it.
func (h Head) String() string { return fmt.Sprintf("%d:%x", h.N, h.Hash) }

// ParseHead reads what Head.String wrote.
func ParseHead(s string) (Head, error) {
	number, code, _ := strings.Cut(strings.TrimSpace(s), ":")
	n, err := strconv.ParseInt(number, 10, 64)
	sum, err2 := hex.DecodeString(code)
	if err != nil || err2 != nil || n < 0 || len(sum) != sha256.Size {
		return Head{}, fmt.Errorf("%q names no place in a chain: write NUMBER:HASH as an export shows it", s)
	}
	return Head{n, digest(sum)}, nil
}

// Head returns the newest place in the chain.
func (s *Store) Head(ctx context.Context) (h Head, err error) {
	err = s.reading("read history", func() error {
		h, err = readHead(ctx, s.in().readers)
		return err
	})
	return h, cancelled(ctx, err)
}

// querier is a database, a connection or a transaction.
type querier interface {
	QueryRowContext(context.Context, string, ...any) *sql.Row
	QueryContext(context.Context, string, ...any) (*sql.Rows, error)
}

func readHead(ctx context.Context, db querier) (Head, error) {
	var h Head
	var hash []byte
	if err := db.QueryRowContext(ctx, "SELECT n, hash FROM head WHERE id = 1").Scan(&h.N, &hash); err != nil {
		return h, err
	}
	if len(hash) != len(h.Hash) {
		return h, fmt.Errorf("%w: the head of the chain has %d bytes", ErrDamaged, len(hash))
	}
	h.Hash = digest(hash)
	return h, nil
}

const insertLink = `INSERT INTO links (n, kind, row, verdict, content, hash) VALUES (?, ?, ?, ?, ?, ?)`

// chain appends a link for a row that has just been written. The head itself
// follows once per transaction.
func (w *writer) chain(ctx context.Context, kind string, row, verdict int64, content canon) error {
	l := link{n: w.head.N + 1, kind: kind, row: row, verdict: verdict, content: sha256.Sum256(content)}
	l.hash = l.seal(w.head.Hash)
	if _, err := w.link.ExecContext(ctx, l.n, l.kind, l.row, l.verdict, l.content[:], l.hash[:]); err != nil {
		return err
	}
	w.head = Head{l.n, l.hash}
	return nil
}

// canon is a row in the one form in which it is hashed: each value with its
// type and, where it has one, its length, so that no two rows look alike.
type canon []byte

func (c *canon) int(v int64) { *c = binary.BigEndian.AppendUint64(append(*c, 'i'), uint64(v)) }

// float writes v as SQLite gives it back: NaN is NULL, and zero has no sign.
func (c *canon) float(v float64) {
	if math.IsNaN(v) {
		*c = append(*c, 'n')
		return
	}
	if v == 0 {
		v = 0
	}
	*c = binary.BigEndian.AppendUint64(append(*c, 'f'), math.Float64bits(v))
}

func (c *canon) text(v string) {
	*c = append(binary.AppendUvarint(append(*c, 's'), uint64(len(v))), v...)
}

func (c *canon) ints(vs ...int64) {
	for _, v := range vs {
		c.int(v)
	}
}

func (c *canon) floats(vs ...float64) {
	for _, v := range vs {
		c.float(v)
	}
}

func (c *canon) texts(vs ...string) {
	for _, v := range vs {
		c.text(v)
	}
}

// content is what the chain holds of a run: what it was started with.
func (r *Run) content() (c canon) {
	c.ints(r.ID, micros(r.Started), int64(r.PID))
	c.texts(r.Kind, r.Source, r.Recipe, r.RecipeSHA256, r.RecipeVersion, r.Engine, r.Program, r.Operator, r.Mode, r.Note)
	c.floats(r.Low, r.High, r.Review, r.Reject)
	return c
}

// endContent is what the chain holds of a run's end.
func endContent(run, ended int64, status, note string) (c canon) {
	c.ints(run, ended)
	c.texts(status, note)
	return c
}

// content is what the chain holds of a verdict with its regions and embedding;
// its pictures are in it by their hashes.
func (r *Record) content() canon {
	c := make(canon, 0, 512)
	c.ints(r.ID, r.Run, int64(r.Seq), micros(r.Time), int64(r.Latency), int64(r.MinArea), int64(len(r.Regions)))
	c.texts(r.Path, r.Name, r.Part, r.Label, r.Type, string(r.Verdict), r.Mode, r.Error, r.Operator, r.Stages.String(),
		r.Recipe, r.RecipeSHA256, r.ThumbnailSHA256, r.ImageSHA256, r.MapsSHA256)
	c.floats(r.Score, r.Index, r.Low, r.High, r.Review, r.Reject)
	for _, g := range r.Regions {
		c.ints(int64(g.X), int64(g.Y), int64(g.W), int64(g.H), int64(g.Area))
		c.floats(g.Peak, g.Mean)
		c.text(g.Polarity)
	}
	sum := sha256.Sum256(encodeVector(r.Embedding))
	return append(c, sum[:]...)
}

func (o *Override) content() (c canon) {
	c.ints(o.ID, o.Verdict, micros(o.Time))
	c.texts(string(o.Reviewed), o.Reviewer, o.Reason)
	return c
}

func (n *Note) content() (c canon) {
	c.ints(n.ID, n.Verdict, micros(n.Time))
	c.texts(n.Author, n.Text)
	return c
}

func (g *Change) content() (c canon) {
	c.ints(g.ID, micros(g.Time))
	c.texts(g.Operator, g.Setting, g.Before, g.After, g.Reason)
	return c
}

func (g *GoldenSet) content() (c canon) {
	c.ints(g.ID, micros(g.Time), int64(len(g.Members)))
	c.texts(g.Name, g.Author, g.Note)
	for _, m := range g.Members {
		c.int(m.Verdict)
		c.text(string(m.Expected))
	}
	return c
}

func (t *Tombstone) content() (c canon) {
	c.ints(t.ID, micros(t.Time), t.Through)
	c.texts(t.Operator, t.Reason, t.What)
	return c
}
