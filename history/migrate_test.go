package history

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// script1 runs SQL on the database at path, as another program would.
func script1(path, script string) error {
	db, err := sql.Open("sqlite3", address(path))
	if err != nil {
		return err
	}
	_, err = db.Exec(script)
	return errors.Join(err, db.Close())
}

// schema describes every object in the database of conn.
func schema(t *testing.T, conn *sql.Conn) string {
	t.Helper()
	var version int
	if err := conn.QueryRowContext(context.Background(), "PRAGMA user_version").Scan(&version); err != nil {
		t.Fatal(err)
	}
	rows, err := conn.QueryContext(context.Background(), "SELECT type || ' ' || name || ': ' || coalesce(sql, '') FROM sqlite_master ORDER BY type, name")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	out := []string{fmt.Sprintf("version %d", version)}
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			t.Fatal(err)
		}
		out = append(out, s)
	}
	return strings.Join(out, "\n")
}

func mustConn(t *testing.T, path string) *sql.Conn {
	t.Helper()
	db, err := sql.Open("sqlite3", address(path, "_foreign_keys=on"))
	if err != nil {
		t.Fatal(err)
	}
	conn, err := db.Conn(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		conn.Close()
		db.Close()
	})
	return conn
}

// later is the real migrations with one more.
func later(t *testing.T, script string) fstest.MapFS {
	t.Helper()
	out := fstest.MapFS{}
	all, err := steps(migrations)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range all {
		data, err := fs.ReadFile(migrations, m.file)
		if err != nil {
			t.Fatal(err)
		}
		out[m.file] = &fstest.MapFile{Data: data}
	}
	out[fmt.Sprintf("migrations/%04d_test.sql", len(all)+1)] = &fstest.MapFile{Data: []byte(script)}
	return out
}

// Every released schema is kept in testdata; whichever a file has, it ends up
// like a new one, with its rows.
func TestEveryOlderSchemaBecomesTheNewest(t *testing.T) {
	fresh := mustOpen(t)
	want := schema(t, fresh.in().writer.conn)
	files, err := filepath.Glob("testdata/v*.sql")
	if err != nil || len(files) == 0 {
		t.Fatal("no older schemas in testdata", err)
	}
	for _, file := range files {
		script, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "old.db")
		if err := script1(path, string(script)); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		s := mustReopen(t, path)
		if got := schema(t, s.in().writer.conn); got != want {
			t.Errorf("%s became\n%s\nwant\n%s", file, got, want)
		}
		if got := collect(t, s, Filter{}); len(got) != 2 || got[0].Verdict != NG || len(got[0].Regions) != 1 || got[0].Reviewed != OK {
			t.Errorf("%s: rows became %+v", file, got)
		}
		mustVerify(t, s)
	}
}

func TestMigratedSchemaEqualsFreshOne(t *testing.T) {
	next := later(t, "ALTER TABLE runs ADD COLUMN station TEXT NOT NULL DEFAULT ''; CREATE INDEX runs_station ON runs (station);")
	ctx := context.Background()
	fresh := mustConn(t, filepath.Join(t.TempDir(), "fresh.db"))
	if err := migrate(ctx, fresh, next); err != nil {
		t.Fatal(err)
	}
	s := mustOpen(t)
	run := mustRun(t, s)
	mustAdd(t, s, sample(run.ID, 3))
	for range 2 { // the second time changes nothing
		if err := migrate(ctx, s.in().writer.conn, next); err != nil {
			t.Fatal(err)
		}
		if got, want := schema(t, s.in().writer.conn), schema(t, fresh); got != want {
			t.Errorf("migrated\n%s\nfresh\n%s", got, want)
		}
	}
	if got := collect(t, s, Filter{}); len(got) != 1 || len(got[0].Regions) != 3 {
		t.Errorf("rows became %+v", got)
	}
}

func TestFailedMigrationLeavesTheOldSchema(t *testing.T) {
	s := mustOpen(t)
	before := schema(t, s.in().writer.conn)
	broken := later(t, "CREATE TABLE extra (x); CREATE TABLE runs (y);")
	next, _ := newestSchema(broken)
	if err := migrate(context.Background(), s.in().writer.conn, broken); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("schema %d", next)) {
		t.Errorf("got %v", err)
	}
	if got := schema(t, s.in().writer.conn); got != before {
		t.Errorf("left\n%s", got)
	}
	mustRun(t, s)
}

func TestMigrationsAreNumberedWithoutGaps(t *testing.T) {
	for _, files := range [][]string{{"0002_b.sql"}, {"0001_a.sql", "0003_c.sql"}, {"0001_a.sql", "0001_b.sql"}, {"init.sql"}} {
		fsys := fstest.MapFS{}
		for _, f := range files {
			fsys["migrations/"+f] = &fstest.MapFile{}
		}
		if _, err := steps(fsys); err == nil {
			t.Errorf("%v accepted", files)
		}
	}
}

func TestNewerSchemaIsRefusedAndLeftAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "history.db")
	s := mustReopen(t, path)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := script1(path, "PRAGMA user_version = 99"); err != nil {
		t.Fatal(err)
	}
	before := sum(t, path)
	for _, open := range []func(string) (*Store, error){Open, OpenReadOnly} {
		_, err := open(path)
		if !errors.Is(err, ErrNewerSchema) || !strings.Contains(err.Error(), "update Agurscope") || !strings.Contains(err.Error(), path) {
			t.Errorf("got %v", err)
		}
	}
	if sum(t, path) != before {
		t.Error("the file was changed")
	}
}

func TestOlderSchemaIsNotReadUnmigrated(t *testing.T) {
	path := filepath.Join(t.TempDir(), "history.db")
	if err := os.WriteFile(path, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenReadOnly(path); !errors.Is(err, ErrOlderSchema) {
		t.Errorf("got %v", err)
	}
	mustReopen(t, path) // an empty file becomes a history
}

func TestHistoryOpensAgainUnchanged(t *testing.T) {
	path := filepath.Join(t.TempDir(), "history.db")
	s := mustReopen(t, path)
	run := mustRun(t, s)
	mustAdd(t, s, sample(run.ID, 3), sample(run.ID, 4))
	before := collect(t, s, Filter{})
	if err := s.EndRun(context.Background(), run.ID, Done, "all parts"); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = mustReopen(t, path)
	if after := collect(t, s, Filter{}); !slices.EqualFunc(before, after, same) {
		t.Errorf("got %+v, want %+v", after, before)
	}
	if got, err := s.Run(context.Background(), run.ID); err != nil || got.Status != Done || got.Note != "all parts" {
		t.Errorf("run became %+v, %v", got, err)
	}
}
