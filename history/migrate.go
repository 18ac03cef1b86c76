package history

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
)

//go:embed migrations/*.sql
var embedded embed.FS

// migrations holds the numbered steps of the schema.
var migrations fs.FS = embedded

// follow holds what SQL cannot do: it runs after the step of its number, in the
// same transaction.
var follow = map[int]func(context.Context, *sql.Tx) error{2: adopt}

// migration is one numbered step.
type migration struct {
	version int
	file    string
}

// steps lists the migrations in fsys, which are numbered 1, 2, 3 without gaps.
func steps(fsys fs.FS) ([]migration, error) {
	files, err := fs.Glob(fsys, "migrations/*.sql")
	if err != nil {
		return nil, err
	}
	slices.Sort(files)
	var out []migration
	for i, file := range files {
		digits, _, _ := strings.Cut(strings.TrimPrefix(file, "migrations/"), "_")
		version, err := strconv.Atoi(digits)
		if err != nil || version != i+1 {
			return nil, fmt.Errorf("migration %s is not number %d", file, i+1)
		}
		out = append(out, migration{version, file})
	}
	return out, nil
}

// newestSchema returns the schema version that fsys leads to.
func newestSchema(fsys fs.FS) (int, error) {
	all, err := steps(fsys)
	return len(all), err
}

// migrate brings the database of conn to the newest schema in fsys. Each step
// is a transaction of its own: a database is always at one whole version.
func migrate(ctx context.Context, conn *sql.Conn, fsys fs.FS) error {
	all, err := steps(fsys)
	if err != nil {
		return err
	}
	var version int
	if err := conn.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return err
	}
	for _, m := range all[min(version, len(all)):] {
		if err := m.apply(ctx, conn, fsys); err != nil {
			return fmt.Errorf("bring to schema %d: %w", m.version, err)
		}
	}
	return nil
}

func (m migration) apply(ctx context.Context, conn *sql.Conn, fsys fs.FS) error {
	script, err := fs.ReadFile(fsys, m.file)
	if err != nil {
		return err
	}
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, string(script)); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	if after := follow[m.version]; after != nil {
		if err := after(ctx, tx); err != nil {
			return errors.Join(err, tx.Rollback())
		}
	}
	if _, err := tx.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version = %d", m.version)); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}
