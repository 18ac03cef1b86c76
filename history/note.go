package history

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"time"
)

// Note is something a person wrote beside a verdict.
type Note struct {
	ID      int64
	Verdict int64
	Time    time.Time
	Author  string
	Text    string
}

// maxNote bounds a note in bytes.
const maxNote = 64 << 10

// Annotate puts a note beside the verdict id. Notes are only ever added.
func (s *Store) Annotate(ctx context.Context, id int64, author, words string) error {
	e, err := s.annotating(id, author, words)
	if err != nil {
		return err
	}
	return s.record(ctx, e)
}

// annotating is the event of a note.
func (s *Store) annotating(id int64, author, words string) (*event, error) {
	n := &Note{Verdict: id, Time: s.stamp(time.Time{}), Author: strings.TrimSpace(text(author)), Text: strings.TrimSpace(text(words))}
	switch {
	case n.Author == "":
		return nil, fmt.Errorf("annotate verdict %d: say who writes", id)
	case n.Text == "":
		return nil, fmt.Errorf("annotate verdict %d: the note is empty", id)
	case len(n.Text) > maxNote:
		return nil, fmt.Errorf("annotate verdict %d: the note has %d bytes, more than %d", id, len(n.Text), maxNote)
	}
	return &event{Note: n}, nil
}

func (w *writer) note(ctx context.Context, n *Note) (err error) {
	n.ID, err = w.add(ctx, "INSERT INTO notes (verdict, time, author, text) VALUES (?, ?, ?, ?)", n.Verdict, micros(n.Time), n.Author, n.Text)
	if isForeignKey(err) {
		return w.missing(n.Verdict)
	}
	if err != nil {
		return err
	}
	return w.chain(ctx, linkNote, n.ID, n.Verdict, n.content())
}

const selectNotes = "SELECT id, verdict, time, author, text FROM notes"

func scanNote(row scanner) (n Note, err error) {
	var at int64
	err = row.Scan(&n.ID, &n.Verdict, &at, &n.Author, &n.Text)
	n.Time = fromMicros(at)
	return n, err
}

// Notes yields what was written beside the verdict id, oldest first.
func (s *Store) Notes(ctx context.Context, id int64) iter.Seq2[Note, error] {
	return list(ctx, s, selectNotes+" WHERE verdict = ? ORDER BY id", scanNote, s.verdict(id))
}

// Change is a setting that was changed: a threshold, a recipe, a camera.
type Change struct {
	ID            int64
	Time          time.Time // the present for zero
	Operator      string    // who; "" where nobody is signed in
	Setting       string    // what, such as "thresholds"
	Before, After string
	Reason        string
}

// Change records that a setting was changed.
func (s *Store) Change(ctx context.Context, c Change) error {
	e, err := s.changing(c)
	if err != nil {
		return err
	}
	return s.record(ctx, e)
}

// changing is the event of a change.
func (s *Store) changing(c Change) (*event, error) {
	if c.Setting == "" {
		return nil, errors.New("record a change: say of which setting")
	}
	c.Time = s.stamp(c.Time)
	c.Operator, c.Setting, c.Before, c.After, c.Reason = text(c.Operator), text(c.Setting), text(c.Before), text(c.After), text(c.Reason)
	return &event{Change: &c}, nil
}

func (w *writer) change(ctx context.Context, c *Change) (err error) {
	c.ID, err = w.add(ctx, "INSERT INTO changes (time, operator, setting, before, after, reason) VALUES (?, ?, ?, ?, ?, ?)",
		micros(c.Time), c.Operator, c.Setting, c.Before, c.After, c.Reason)
	if err != nil {
		return err
	}
	return w.chain(ctx, linkChange, c.ID, 0, c.content())
}

const selectChanges = "SELECT id, time, operator, setting, before, after, reason FROM changes"

func scanChange(row scanner) (c Change, err error) {
	var at int64
	err = row.Scan(&c.ID, &at, &c.Operator, &c.Setting, &c.Before, &c.After, &c.Reason)
	c.Time = fromMicros(at)
	return c, err
}

// Changes yields what was changed from since on and before until (zero: open),
// oldest first.
func (s *Store) Changes(ctx context.Context, since, until time.Time) iter.Seq2[Change, error] {
	var c conditions
	c.span("time", since, until)
	return list(ctx, s, selectChanges+c.where()+" ORDER BY id", scanChange, c.args...)
}
