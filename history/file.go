package history

import (
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"
)

// locate returns the absolute path with links resolved (two names for one file
// must share one lock) and whether there is nothing yet. It makes the folder.
func locate(path string) (resolved string, fresh bool, err error) {
	if path == "" {
		return "", false, errors.New("no file was named")
	}
	if path, err = filepath.Abs(path); err != nil {
		return "", false, err
	}
	if resolved, err = filepath.EvalSymlinks(path); err == nil {
		fresh, err = peek(resolved)
		return resolved, fresh, err
	}
	if !errors.Is(err, os.ErrNotExist) {
		return "", false, err
	}
	folder := filepath.Dir(path)
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return "", false, err
	}
	if folder, err = filepath.EvalSymlinks(folder); err != nil {
		return "", false, err
	}
	return filepath.Join(folder, filepath.Base(path)), true, nil
}

// peek reads the first bytes of the file at path, so that SQLite is never let
// loose on something else.
func peek(path string) (empty bool, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return false, err
	}
	if !info.Mode().IsRegular() {
		return false, ErrNotDatabase
	}
	f, err := os.Open(path)
	if err != nil {
		return false, err
	}
	defer f.Close()
	if halfMade(path) {
		return false, nil // SQLite decides once the lock is ours
	}
	const magic, header = "SQLite format 3\x00", 100
	head := make([]byte, header)
	n, err := io.ReadFull(f, head)
	if n == 0 && err == io.EOF {
		return true, nil
	}
	if err == io.ErrUnexpectedEOF || err == nil && string(head[:len(magic)]) != magic {
		return false, ErrNotDatabase
	}
	return false, err
}

// halfMade reports whether there is a journal of the time before write-ahead
// logging beside the file: a program died while it was making the history.
func halfMade(path string) bool {
	_, err := os.Lstat(path + "-journal")
	return err == nil
}

// undo lets SQLite take back what was left half made.
func undo(path string) error {
	if !halfMade(path) {
		return nil
	}
	db, err := openPool(path, "mode=rw")
	if err != nil {
		return err
	}
	return db.Close()
}

// probe looks at the database without changing it. It returns whether the
// database is empty, or why it is not for us.
func probe(path string) (empty bool, err error) {
	db, err := openReaders(path)
	if err != nil {
		return false, err
	}
	defer db.Close()
	var application, version, objects int
	err = db.QueryRow(`SELECT application_id, user_version, (SELECT count(*) FROM sqlite_master)
		FROM pragma_application_id, pragma_user_version`).Scan(&application, &version, &objects)
	if err != nil {
		return false, err
	}
	newest, err := newestSchema(migrations)
	switch {
	case err != nil:
		return false, err
	case application == 0 && version == 0 && objects == 0:
		return true, nil
	case application != applicationID:
		return false, ErrForeign
	case version > newest:
		return false, fmt.Errorf("%w (schema %d, this program knows %d)", ErrNewerSchema, version, newest)
	}
	return false, nil
}

// applicationID marks a database as a history of ours ("Agur").
const applicationID = 0x41677572

// address returns the URI under which SQLite opens path.
func address(path string, settings ...string) string {
	return "file:" + (&url.URL{Path: filepath.ToSlash(path)}).EscapedPath() + "?" + strings.Join(settings, "&")
}

// openReaders opens a pool of connections that cannot write.
func openReaders(path string) (*sql.DB, error) {
	db, err := openPool(path, "mode=ro", "_query_only=on")
	if err == nil || !alone(path) {
		return db, err
	}
	// To read a history SQLite puts two side files next to it. Where it may
	// not, a history that was closed cleanly can still be read as it stands.
	if still, err := openPool(path, "mode=ro", "_query_only=on", "immutable=1"); err == nil {
		return still, nil
	}
	return nil, err
}

// openPool opens a pool of connections and makes sure that they can read.
func openPool(path string, settings ...string) (*sql.DB, error) {
	db, err := sql.Open("sqlite3", address(path, append(settings, "_busy_timeout=5000")...))
	if err != nil {
		return nil, err
	}
	db.SetMaxIdleConns(4)
	var objects int
	if err := db.QueryRow("SELECT count(*) FROM sqlite_master").Scan(&objects); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// alone reports whether the database has no side files, so that nobody is
// writing to it and no rows wait in a log.
func alone(path string) bool {
	for _, side := range []string{"-wal", "-shm"} {
		if _, err := os.Lstat(path + side); !errors.Is(err, os.ErrNotExist) {
			return false
		}
	}
	return true
}

// syncFolder makes a new file's name in folder durable.
func syncFolder(folder string) error {
	f, err := os.Open(folder)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
