package history

import "context"

// After returns at most n verdicts stored after the one with the given id,
// oldest first, for who passes them on and remembers how far.
func (s *Store) After(ctx context.Context, id int64, n int) ([]Record, error) {
	var out []Record
	for r, err := range s.Verdicts(ctx, Filter{After: id, Limit: n}) {
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, nil
}

// Latest returns the id of the newest verdict, 0 for none.
func (s *Store) Latest(ctx context.Context) (int64, error) {
	var id int64
	err := s.reading("read history", func() error {
		return s.in().readers.QueryRowContext(ctx, "SELECT coalesce(max(id), 0) FROM verdicts").Scan(&id)
	})
	return id, cancelled(ctx, err)
}
