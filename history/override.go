package history

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"
)

// Override is a person's opinion on a verdict.
type Override struct {
	ID       int64
	Verdict  int64 // the Record it is about
	Time     time.Time
	Reviewed Verdict
	Reviewer string
	Reason   string
}

// Override records that reviewer, for reason (which may be empty), says v of
// the record id: OK, REVIEW or NG. The machine's answer and earlier opinions
// stay; the newest opinion counts.
func (s *Store) Override(ctx context.Context, id int64, v Verdict, reviewer, reason string) error {
	e, err := s.overriding(id, v, reviewer, reason)
	if err != nil {
		return err
	}
	return s.record(ctx, e)
}

// overriding is the event of an override.
func (s *Store) overriding(id int64, v Verdict, reviewer, reason string) (*event, error) {
	if !slices.Contains([]Verdict{OK, REVIEW, NG}, v) {
		return nil, fmt.Errorf("override verdict %d: a person says OK, REVIEW or NG, not %q", id, v)
	}
	reviewer = strings.TrimSpace(text(reviewer))
	if reviewer == "" {
		return nil, fmt.Errorf("override verdict %d: say who overrides it", id)
	}
	return &event{Override: &Override{Verdict: id, Time: s.stamp(time.Time{}), Reviewed: v, Reviewer: reviewer, Reason: text(reason)}}, nil
}

func (w *writer) override(ctx context.Context, o *Override) error {
	var found int64
	err := w.conn.QueryRowContext(ctx, "SELECT id FROM verdicts WHERE id = ?", o.Verdict).Scan(&found)
	if errors.Is(err, sql.ErrNoRows) {
		return w.missing(o.Verdict)
	}
	if err != nil {
		return err
	}
	o.ID, err = w.add(ctx, "INSERT INTO overrides (verdict, time, reviewed, reviewer, reason) VALUES (?, ?, ?, ?, ?)",
		o.Verdict, micros(o.Time), string(o.Reviewed), o.Reviewer, o.Reason)
	if err != nil {
		return err
	}
	return w.chain(ctx, linkOverride, o.ID, o.Verdict, o.content())
}

const selectOverrides = "SELECT id, verdict, time, reviewed, reviewer, reason FROM overrides"

func scanOverride(row scanner) (o Override, err error) {
	var at int64
	err = row.Scan(&o.ID, &o.Verdict, &at, &o.Reviewed, &o.Reviewer, &o.Reason)
	o.Time = fromMicros(at)
	return o, err
}

// Overrides yields every opinion on the record id, oldest first.
func (s *Store) Overrides(ctx context.Context, id int64) iter.Seq2[Override, error] {
	return list(ctx, s, selectOverrides+" WHERE verdict = ? ORDER BY id", scanOverride, s.verdict(id))
}
