package history

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Full pictures and maps are files in the folder NAME.files beside the
// database, each named by its SHA-256. In the database they would be written
// twice (log and file), push everything else out of its cache and hold up the
// one writer; as files they are synced before the verdict is and outside its
// turn, and dropping them gives the disk back at once. They are as safe from
// tampering as the rows: their hashes are on the chain.

// maxFile bounds one stored file in bytes.
const maxFile = 1 << 30

const insertFile = `INSERT INTO files (sha256, size, verdict) VALUES (?, ?, ?) ON CONFLICT (sha256) DO UPDATE SET verdict = excluded.verdict`

// hashFiles names the picture and the maps of r by their content.
func (r *Record) hashFiles() error {
	for _, f := range []struct {
		what string
		data []byte
		sha  *string
	}{{"picture", r.Image, &r.ImageSHA256}, {"file of maps", r.Maps, &r.MapsSHA256}} {
		if len(f.data) == 0 {
			*f.sha = "" // what is not there cannot be named
			continue
		}
		if len(f.data) > maxFile {
			return fmt.Errorf("the %s has %d bytes, more than %d", f.what, len(f.data), maxFile)
		}
		sum := sha256.Sum256(f.data)
		*f.sha = hex.EncodeToString(sum[:])
	}
	return nil
}

// keepFiles makes the pictures and maps of records durable. A program that dies
// before their verdicts are leaves files behind that nobody names; retention
// clears them away.
func (s *Store) keepFiles(records []*Record) error {
	for _, r := range records {
		if err := s.keepFile(r.ImageSHA256, r.Image); err != nil {
			return err
		}
		if err := s.keepFile(r.MapsSHA256, r.Maps); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) keepFile(sha string, data []byte) error {
	if len(data) == 0 {
		return nil
	}
	name := s.file(sha)
	if info, err := os.Stat(name); err == nil && info.Size() == int64(len(data)) {
		return nil
	}
	folder := filepath.Dir(name)
	_, missing := os.Stat(s.folder())
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return err
	}
	if missing != nil {
		if err := syncFolder(filepath.Dir(s.folder())); err != nil {
			return err
		}
	}
	f, err := os.CreateTemp(folder, ".new-*")
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return errors.Join(syncFolder(folder), syncFolder(filepath.Dir(folder)))
}

// folder holds the files.
func (s *Store) folder() string { return s.in().path + ".files" }

func (s *Store) file(sha string) string { return filepath.Join(s.folder(), sha[:2], sha) }

// insertFiles notes which files r names.
func (w *writer) insertFiles(ctx context.Context, r *Record) error {
	for _, f := range []struct {
		sha  string
		size int
	}{{r.ImageSHA256, max(len(r.Image), r.imageSize)}, {r.MapsSHA256, max(len(r.Maps), r.mapsSize)}} {
		if f.sha == "" {
			continue
		}
		if _, err := w.file.ExecContext(ctx, f.sha, f.size, r.ID); err != nil {
			return err
		}
	}
	return nil
}

// File returns a full picture or maps by their hash, and makes sure that they
// are what was stored. The error matches [ErrNotFound] where they are no longer
// kept, [ErrDamaged] where they are something else.
func (s *Store) File(sha string) ([]byte, error) {
	if !isSHA256(sha) {
		return nil, fmt.Errorf("file %q: %w", sha, ErrNotFound)
	}
	var data []byte
	err := s.reading("read pictures beside", func() (err error) {
		data, err = os.ReadFile(s.file(sha))
		if errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("file %s: %w", sha, ErrNotFound)
		}
		if sum := sha256.Sum256(data); err == nil && hex.EncodeToString(sum[:]) != sha {
			return fmt.Errorf("%w: file %s is not what was stored", ErrDamaged, sha)
		}
		return err
	})
	return data, err
}

// fileSize returns the bytes of a stored file; one that retention has taken
// counts as one byte, so that its row says that it was there.
func (s *Store) fileSize(sha string) int {
	if sha == "" {
		return 0
	}
	info, err := os.Stat(s.file(sha))
	if err != nil {
		return 1
	}
	return int(info.Size())
}
