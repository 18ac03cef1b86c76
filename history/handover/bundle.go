package handover

import (
	"archive/zip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"strings"
	"time"

	"agurscope/history"
)

// Bundle writes a zip of the records as CSV and JSON with every picture that is
// still kept of them, full and small, and their maps, and a manifest with the
// SHA-256 of each file.
func (s Source) Bundle(ctx context.Context, w io.Writer) error {
	b := &bundle{zip: zip.NewWriter(w), sums: map[string]string{}, made: s.made()}
	err := b.add("verdicts.csv", zip.Deflate, func(w io.Writer) error { return s.CSV(ctx, w) })
	if err == nil {
		err = b.add("verdicts.json", zip.Deflate, func(w io.Writer) error { return s.JSON(ctx, w) })
	}
	if err == nil {
		err = s.pictures(ctx, b)
	}
	if err == nil {
		err = s.manifest(ctx, b)
	}
	if err = errors.Join(err, b.zip.Close()); err != nil {
		return fmt.Errorf("export bundle: %w", err)
	}
	return nil
}

type bundle struct {
	zip  *zip.Writer
	sums map[string]string // by name
	made time.Time
}

func (b *bundle) add(name string, method uint16, write func(io.Writer) error) error {
	f, err := b.zip.CreateHeader(&zip.FileHeader{Name: name, Method: method, Modified: b.made})
	if err != nil {
		return err
	}
	var sum hash.Hash = sha256.New()
	if err := write(io.MultiWriter(f, sum)); err != nil {
		return err
	}
	b.sums[name] = hex.EncodeToString(sum.Sum(nil))
	return nil
}

func (b *bundle) data(name string, data []byte) error {
	return b.add(name, zip.Store, func(w io.Writer) error { // compressed already
		_, err := w.Write(data)
		return err
	})
}

func (s Source) pictures(ctx context.Context, b *bundle) error {
	for r, err := range s.records(ctx) {
		if err != nil {
			return err
		}
		name := fileName(r)
		for _, p := range []struct {
			sha, file string
			read      func(string) ([]byte, error)
		}{
			{r.ThumbnailSHA256, "small/" + name + ".jpg", func(sha string) ([]byte, error) { return s.Store.Thumbnail(ctx, sha) }},
			{r.ImageSHA256, "full/" + name + ".png", s.Store.File},
			{r.MapsSHA256, "maps/" + name + ".zip", s.Store.File},
		} {
			if p.sha == "" {
				continue
			}
			data, err := p.read(p.sha)
			if errors.Is(err, history.ErrNotFound) {
				continue // retention took it; the CSV names it still
			}
			if err == nil {
				err = b.data(p.file, data)
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func (s Source) manifest(ctx context.Context, b *bundle) error {
	head, err := s.Store.Head(ctx)
	if err != nil {
		return err
	}
	return b.add("manifest.json", zip.Deflate, func(w io.Writer) error {
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		return e.Encode(map[string]any{"made": b.made.Format(time.RFC3339), "history": s.Store.Path(), "head": head.String(), "sha256": b.sums})
	})
}

// fileName is a name for the pictures of r that any system takes and that leads
// nowhere: the id, verdict and what is harmless of the picture's name.
func fileName(r history.Record) string {
	base := r.Name[strings.LastIndexAny(r.Name, `/\`)+1:]
	if i := strings.LastIndexByte(base, '.'); i > 0 {
		base = base[:i]
	}
	harmless := strings.Map(func(c rune) rune {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_' {
			return c
		}
		return '_'
	}, base)
	return fmt.Sprintf("%08d_%s_%.60s", r.ID, r.Verdict, harmless)
}
