package history

import (
	"context"
	"database/sql"
	"iter"
)

// rowsOf yields what scan makes of each row of query.
func rowsOf[T any](ctx context.Context, db querier, query string, scan func(scanner) (T, error), args ...any) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		rows, err := db.QueryContext(ctx, query, args...)
		if err != nil {
			yield(none, err)
			return
		}
		defer rows.Close()
		for rows.Next() {
			v, err := scan(rows)
			if !yield(v, err) || err != nil {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(none, err)
		}
	}
}

// list is rowsOf on the readers of s.
func list[T any](ctx context.Context, s *Store, query string, scan func(scanner) (T, error), args ...any) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		err := s.reading("read history", func() error {
			for v, err := range rowsOf(ctx, s.in().readers, query, scan, args...) {
				if err != nil {
					return err
				}
				if !yield(v, nil) {
					return nil
				}
			}
			return nil
		})
		if err != nil {
			var none T
			yield(none, cancelled(ctx, err))
		}
	}
}

// wholeRecord is a record with its regions and embedding, as the file has them.
type wholeRecord struct {
	Record
	regions int // that the row itself counts
}

// wholeRecords yields every record by rising id, each table read once from end
// to end. What belongs to no record is yielded as a record without a verdict,
// so that nothing in the file goes unseen.
func wholeRecords(ctx context.Context, db querier) iter.Seq2[*wholeRecord, error] {
	return func(yield func(*wholeRecord, error) bool) {
		regions, stopRegions := iter.Pull2(rowsOf(ctx, db, "SELECT verdict, n, x, y, w, h, area, peak, mean, polarity FROM regions ORDER BY verdict, n", scanOwnedRegion))
		defer stopRegions()
		vectors, stopVectors := iter.Pull2(rowsOf(ctx, db, "SELECT verdict, vector FROM embeddings ORDER BY verdict", scanOwnedVector))
		defer stopVectors()
		region, err, moreRegions := regions()
		if err != nil {
			yield(nil, err)
			return
		}
		vector, err, moreVectors := vectors()
		if err != nil {
			yield(nil, err)
			return
		}
		// upTo takes what belongs to the ids below or at id.
		upTo := func(id int64, r *wholeRecord) (stray int64, err error) {
			for moreRegions && region.verdict <= id {
				if region.verdict < id {
					stray = region.verdict
				} else {
					r.Regions = append(r.Regions, region.Region)
				}
				if region, err, moreRegions = regions(); err != nil {
					return 0, err
				}
			}
			for moreVectors && vector.verdict <= id {
				if vector.verdict < id {
					stray = vector.verdict
				} else {
					r.Embedding = vector.vector
				}
				if vector, err, moreVectors = vectors(); err != nil {
					return 0, err
				}
			}
			return stray, nil
		}
		const last = 1<<63 - 1
		for r, err := range rowsOf(ctx, db, "SELECT "+verdictColumns+", NULL, NULL, NULL, NULL FROM verdicts v ORDER BY v.id", func(row scanner) (*wholeRecord, error) {
			r, n, err := scanRecord(row)
			return &wholeRecord{r, n}, err
		}) {
			if err != nil {
				yield(nil, err)
				return
			}
			stray, err := upTo(r.ID, r)
			if err == nil && stray != 0 && !yield(&wholeRecord{Record: Record{ID: stray}}, nil) {
				return
			}
			if !yield(r, err) || err != nil {
				return
			}
		}
		if stray, err := upTo(last, &wholeRecord{}); err != nil || stray != 0 {
			yield(&wholeRecord{Record: Record{ID: stray}}, err)
		}
	}
}

type ownedRegion struct {
	verdict int64
	Region
}

func scanOwnedRegion(row scanner) (g ownedRegion, err error) {
	var n int
	err = row.Scan(&g.verdict, &n, &g.X, &g.Y, &g.W, &g.H, &g.Area, &g.Peak, &g.Mean, &g.Polarity)
	return g, err
}

type ownedVector struct {
	verdict int64
	vector  []float32
}

func scanOwnedVector(row scanner) (v ownedVector, err error) {
	var data sql.RawBytes
	if err = row.Scan(&v.verdict, &data); err == nil {
		v.vector = decodeVector(data)
	}
	return v, err
}
