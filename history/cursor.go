package history

import (
	"crypto/sha256"
	"fmt"
	"iter"
)

// chained is a row as the chain knows it.
type chained struct {
	row     int64
	content digest
	broken  string // why it cannot be right, whatever the chain says
}

// cursor reads one table by rising id, one row ahead.
type cursor struct {
	next  func() (chained, error, bool)
	ahead chained
	err   error
	ok    bool
	read  bool

	byRow map[int64]chained // for the ends of runs, which come in any order
}

func (c *cursor) peek() (chained, bool, error) {
	if c.byRow != nil {
		for _, got := range c.byRow {
			return got, true, nil
		}
		return chained{}, false, nil
	}
	if !c.read {
		c.ahead, c.err, c.ok = c.next()
		c.read = true
	}
	return c.ahead, c.ok && c.err == nil, c.err
}

func (c *cursor) skip() {
	if c.byRow != nil {
		for row := range c.byRow {
			delete(c.byRow, row)
			return
		}
	}
	c.read = false
}

// take removes a row by its id.
func (c *cursor) take(row int64) *chained {
	got, ok := c.byRow[row]
	if !ok {
		return nil
	}
	delete(c.byRow, row)
	return &got
}

// cursors opens one per kind of link.
func (v *verifier) cursors() (map[string]*cursor, func()) {
	out, stops := map[string]*cursor{}, []func(){}
	open := func(kind string, seq iter.Seq2[chained, error]) {
		next, stop := iter.Pull2(seq)
		out[kind] = &cursor{next: next}
		stops = append(stops, stop)
	}
	ends := map[int64]chained{}
	open(linkRun, as(rowsOf(v.ctx, v.tx, "SELECT "+runColumns+" FROM runs ORDER BY id", scanEndedRun), func(r endedRun) chained {
		if r.Status != Running {
			ends[r.ID] = chained{row: r.ID, content: sha256.Sum256(endContent(r.ID, micros(r.Ended), r.Status, r.end))}
		}
		return chained{row: r.ID, content: sha256.Sum256(r.content())}
	}))
	out[linkEnd] = &cursor{byRow: ends}
	open(linkVerdict, as(wholeRecords(v.ctx, v.tx), func(r *wholeRecord) chained {
		c := chained{row: r.ID}
		switch {
		case r.Verdict == "":
			c.broken = "regions or an embedding belong to it, but there is no such verdict"
		case r.regions != len(r.Regions):
			c.broken = fmt.Sprintf("it counts %d regions and has %d", r.regions, len(r.Regions))
		default:
			c.content = sha256.Sum256(r.content())
		}
		return c
	}))
	open(linkOverride, as(rowsOf(v.ctx, v.tx, selectOverrides+" ORDER BY id", scanOverride), func(o Override) chained {
		return chained{row: o.ID, content: sha256.Sum256(o.content())}
	}))
	open(linkNote, as(rowsOf(v.ctx, v.tx, selectNotes+" ORDER BY id", scanNote), func(n Note) chained {
		return chained{row: n.ID, content: sha256.Sum256(n.content())}
	}))
	open(linkChange, as(rowsOf(v.ctx, v.tx, selectChanges+" ORDER BY id", scanChange), func(c Change) chained {
		return chained{row: c.ID, content: sha256.Sum256(c.content())}
	}))
	open(linkGolden, as(rowsOf(v.ctx, v.tx, selectGolden+" ORDER BY id", scanGolden), func(g GoldenSet) chained {
		var err error
		if g.Members, err = goldenMembers(v.ctx, v.tx, g.ID); err != nil {
			return chained{row: g.ID, broken: err.Error()}
		}
		return chained{row: g.ID, content: sha256.Sum256(g.content())}
	}))
	open(linkRetain, as(rowsOf(v.ctx, v.tx, selectTombstones, scanTombstone), func(t Tombstone) chained {
		return chained{row: t.ID, content: sha256.Sum256(t.content())}
	}))
	return out, func() {
		for _, stop := range stops {
			stop()
		}
	}
}

// as changes what a sequence yields.
func as[T any](seq iter.Seq2[T, error], fn func(T) chained) iter.Seq2[chained, error] {
	return func(yield func(chained, error) bool) {
		for t, err := range seq {
			if err != nil {
				yield(chained{}, err)
				return
			}
			if !yield(fn(t), nil) {
				return
			}
		}
	}
}
