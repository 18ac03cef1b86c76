package history

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
)

// maxThumbnail bounds one stored picture in bytes; a thumbnail has a few thousand.
const maxThumbnail = 16 << 20

const insertThumbnail = `INSERT INTO thumbnails (sha256, bytes, verdict) VALUES (?, ?, ?) ON CONFLICT (sha256) DO UPDATE SET verdict = excluded.verdict`

// hashThumbnail names the picture of r by its content.
func (r *Record) hashThumbnail() error {
	if len(r.Thumbnail) > maxThumbnail {
		return fmt.Errorf("the thumbnail has %d bytes, more than %d", len(r.Thumbnail), maxThumbnail)
	}
	if len(r.Thumbnail) > 0 {
		sum := sha256.Sum256(r.Thumbnail)
		name := hex.EncodeToString(sum[:])
		if r.ThumbnailSHA256 != "" && r.ThumbnailSHA256 != name {
			return errors.New("the thumbnail is not the one that its hash names")
		}
		r.ThumbnailSHA256 = name
	}
	if r.ThumbnailSHA256 != "" && !isSHA256(r.ThumbnailSHA256) {
		return fmt.Errorf("%q is no SHA-256", r.ThumbnailSHA256)
	}
	return nil
}

// isSHA256 reports whether s is a SHA-256 as we write it: 64 hex digits.
func isSHA256(s string) bool {
	return len(s) == 2*sha256.Size && strings.Trim(s, "0123456789abcdef") == ""
}

// insertThumbnail stores the picture of r once, however many records share it.
func (w *writer) insertThumbnail(ctx context.Context, r *Record) error {
	if len(r.Thumbnail) == 0 {
		return nil
	}
	_, err := w.thumbnail.ExecContext(ctx, r.ThumbnailSHA256, r.Thumbnail, r.ID)
	return err
}

// Thumbnail returns the encoded picture with the given hash. The error matches
// [ErrNotFound] where it was never stored or is no longer kept.
func (s *Store) Thumbnail(ctx context.Context, sha string) ([]byte, error) {
	var data []byte
	err := s.reading("read thumbnail from", func() error {
		err := s.in().readers.QueryRowContext(ctx, "SELECT bytes FROM thumbnails WHERE sha256 = ?", sha).Scan(&data)
		if errors.Is(err, sql.ErrNoRows) {
			return fmt.Errorf("thumbnail %s: %w", sha, ErrNotFound)
		}
		return err
	})
	return data, cancelled(ctx, err)
}
