package history

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/mattn/go-sqlite3"
)

// pagesAtATime bounds one step of a backup, between which it can be cancelled.
const pagesAtATime = 2000

// Backup writes a copy of the history as it is at this moment to the file dst,
// and of the pictures beside it to dst.files, while verdicts go on being
// stored: it reads one snapshot, which in write-ahead logging holds nobody up.
// The copy is checked before it gets its name; a file that is there already
// stays unless replace is set. progress may be nil.
func (s *Store) Backup(ctx context.Context, dst string, replace bool, progress func(done, total int)) (err error) {
	if _, err := os.Lstat(dst); err == nil && !replace {
		return fmt.Errorf("back up history to %s: %w", dst, fs.ErrExist)
	}
	if same, err := filepath.EvalSymlinks(dst); err == nil && same == s.in().path {
		return fmt.Errorf("back up history to %s: this is the history itself", dst)
	}
	// A copy under the name of another history must not find that one's log.
	if info, err := os.Stat(dst + "-wal"); err == nil && info.Size() > 0 {
		return fmt.Errorf("back up history to %s: the history there is in use, or was not closed; choose another file", dst)
	}
	err = s.reading("back up history", func() error { return s.backup(ctx, dst, progress) })
	return cancelled(ctx, err)
}

func (s *Store) backup(ctx context.Context, dst string, progress func(done, total int)) (err error) {
	part := dst + ".part"
	if err := os.Remove(part); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(part)
		}
	}()
	head, err := s.copyPages(ctx, part, progress)
	if err != nil {
		return err
	}
	if err := checkCopy(ctx, part, head); err != nil {
		return err
	}
	if err := s.copyFiles(ctx, dst+".files"); err != nil {
		return err
	}
	if err := syncTree(dst + ".files"); err != nil {
		return err
	}
	f, err := os.OpenFile(part, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	if err := errors.Join(f.Sync(), f.Close(), os.Rename(part, dst)); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(dst))
}

// copyPages copies the database and returns the head of its chain.
func (s *Store) copyPages(ctx context.Context, dst string, progress func(done, total int)) (head Head, err error) {
	src, err := s.in().readers.Conn(ctx)
	if err != nil {
		return head, err
	}
	defer src.Close()
	// An open transaction pins the snapshot; without one the copy would begin
	// anew with every verdict that is stored meanwhile.
	tx, err := src.BeginTx(ctx, nil)
	if err != nil {
		return head, err
	}
	defer func() { _ = tx.Rollback() }() // nothing was written
	if head, err = readHead(ctx, tx); err != nil {
		return head, err
	}
	db, err := sql.Open("sqlite3", address(dst))
	if err != nil {
		return head, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	out, err := db.Conn(ctx)
	if err != nil {
		return head, err
	}
	defer out.Close()
	err = raw(out, func(to *sqlite3.SQLiteConn) error {
		return raw(src, func(from *sqlite3.SQLiteConn) error { return step(ctx, to, from, progress) })
	})
	return head, err
}

// raw hands the driver's own connection to fn.
func raw(conn *sql.Conn, fn func(*sqlite3.SQLiteConn) error) error {
	return conn.Raw(func(c any) error { return fn(c.(*sqlite3.SQLiteConn)) })
}

func step(ctx context.Context, to, from *sqlite3.SQLiteConn, progress func(done, total int)) error {
	b, err := to.Backup("main", from, "main")
	if err != nil {
		return err
	}
	for {
		done, err := b.Step(pagesAtATime)
		if progress != nil {
			progress(b.PageCount()-b.Remaining(), b.PageCount())
		}
		if err == nil {
			err = ctx.Err()
		}
		if done || err != nil {
			return errors.Join(err, b.Finish())
		}
	}
}

// checkCopy makes sure that a copy is whole and ends where the original did.
func checkCopy(ctx context.Context, path string, want Head) error {
	db, err := openPool(path, "mode=ro", "_query_only=on", "immutable=1")
	if err != nil {
		return err
	}
	defer db.Close()
	faults, err := column(ctx, db, "PRAGMA quick_check(1)")
	if err != nil {
		return err
	}
	head, err := readHead(ctx, db)
	if err != nil {
		return err
	}
	if len(faults) != 1 || faults[0] != "ok" || head != want {
		return fmt.Errorf("%w: the copy is not what was copied", ErrDamaged)
	}
	return nil
}

// copyFiles copies the files beside the history that dst lacks.
func (s *Store) copyFiles(ctx context.Context, dst string) error {
	err := filepath.WalkDir(s.folder(), func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !isSHA256(d.Name()) {
			return err
		}
		to := filepath.Join(dst, d.Name()[:2], d.Name())
		if _, err := os.Lstat(to); err == nil {
			return ctx.Err()
		}
		if err := copyFile(to, name); err != nil && !errors.Is(err, fs.ErrNotExist) { // retention may be at work
			return err
		}
		return ctx.Err()
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// syncTree makes the names of all files in a folder durable, if there is one.
func syncTree(dir string) error {
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() {
			err = syncFolder(name)
		}
		return err
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

func copyFile(dst, src string) error {
	in, err := os.Open(src)
	if err != nil {
		return err
	}
	defer in.Close()
	if err := os.MkdirAll(filepath.Dir(dst), 0o777); err != nil {
		return err
	}
	out, err := os.CreateTemp(filepath.Dir(dst), ".new-*")
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	if err = errors.Join(err, out.Sync(), out.Close()); err == nil {
		err = os.Rename(out.Name(), dst)
	}
	if err != nil {
		_ = os.Remove(out.Name())
	}
	return err
}
