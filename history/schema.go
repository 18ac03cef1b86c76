package history

import (
	"context"
	"database/sql"
	"maps"
	"slices"
)

// schema compares tables, indices and triggers with those of a new history.
func (v *verifier) schema() error {
	want, err := freshSchema(v.ctx)
	if err != nil {
		return err
	}
	got, err := readSchema(v.ctx, v.tx)
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(want)) {
		switch have, ok := got[name]; {
		case !ok:
			err = v.fault(0, name, 0, "it is missing from the schema")
		case have != want[name]:
			err = v.fault(0, name, 0, "its definition was changed")
		}
		delete(got, name)
		if err != nil {
			return err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(got)) {
		if err := v.fault(0, name, 0, "it does not belong to the schema"); err != nil {
			return err
		}
	}
	return nil
}

func readSchema(ctx context.Context, db querier) (map[string]string, error) {
	out := map[string]string{}
	for kv, err := range rowsOf(ctx, db, "SELECT type || ' ' || name, coalesce(sql, '') FROM sqlite_master WHERE name NOT LIKE 'sqlite_stat%'", func(row scanner) (kv [2]string, err error) {
		err = row.Scan(&kv[0], &kv[1])
		return kv, err
	}) {
		if err != nil {
			return nil, err
		}
		out[kv[0]] = kv[1]
	}
	return out, nil
}

// freshSchema is the schema of a history that has just been made.
func freshSchema(ctx context.Context) (map[string]string, error) {
	db, err := sql.Open("sqlite3", ":memory:")
	if err != nil {
		return nil, err
	}
	defer db.Close()
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	if err := migrate(ctx, conn, migrations); err != nil {
		return nil, err
	}
	return readSchema(ctx, conn)
}
