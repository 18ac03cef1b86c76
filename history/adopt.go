package history

import (
	"context"
	"database/sql"
)

// adopt links the rows of a file from before the chain, in the order of their
// kinds and ids. What happened to them until then nobody can tell.
func adopt(ctx context.Context, tx *sql.Tx) error {
	var rows int
	err := tx.QueryRowContext(ctx, "SELECT (SELECT count(*) FROM runs) + (SELECT count(*) FROM verdicts) + (SELECT count(*) FROM overrides)").Scan(&rows)
	if err != nil || rows == 0 {
		return err
	}
	w := &writer{}
	if w.link, err = tx.PrepareContext(ctx, insertLink); err != nil {
		return err
	}
	defer w.link.Close()
	for r, err := range rowsOf(ctx, tx, "SELECT "+runColumns+" FROM runs ORDER BY id", scanEndedRun) {
		if err == nil {
			err = w.chain(ctx, linkRun, r.ID, 0, r.content())
		}
		if err == nil && r.Status != Running {
			err = w.chain(ctx, linkEnd, r.ID, 0, endContent(r.ID, micros(r.Ended), r.Status, r.end))
		}
		if err != nil {
			return err
		}
	}
	for r, err := range wholeRecords(ctx, tx) {
		if err == nil {
			err = w.chain(ctx, linkVerdict, r.ID, r.ID, r.content())
		}
		if err != nil {
			return err
		}
	}
	for o, err := range rowsOf(ctx, tx, selectOverrides+" ORDER BY id", scanOverride) {
		if err == nil {
			err = w.chain(ctx, linkOverride, o.ID, o.Verdict, o.content())
		}
		if err != nil {
			return err
		}
	}
	_, err = tx.ExecContext(ctx, "UPDATE head SET n = ?, hash = ?", w.head.N, w.head.Hash[:])
	return err
}
