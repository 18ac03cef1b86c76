package datasets

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

// ManifestHash returns the SHA-256, in hexadecimal, of what items hold: the
// names in byte order, each with the SHA-256 of its picture's content. It
// changes when a picture is added, removed, renamed or altered in a single
// byte, and not with the order of items, the place of the set or file times.
// Files are streamed, not held in memory.
func ManifestHash(ctx context.Context, items []Item) (string, error) {
	sorted := slices.Clone(items)
	slices.SortFunc(sorted, func(a, b Item) int { return strings.Compare(a.Name, b.Name) })
	all := sha256.New()
	for _, it := range sorted {
		if err := ctx.Err(); err != nil {
			return "", err
		}
		sum, err := it.ContentHash()
		if err != nil {
			return "", fmt.Errorf("hash %s: %w", it.Path, err)
		}
		// Names cannot hold a zero byte, so no two manifests read alike.
		fmt.Fprintf(all, "%s\x00%s\n", it.Name, sum)
	}
	return hex.EncodeToString(all.Sum(nil)), nil
}

// ContentHash returns the SHA-256, in hexadecimal, of what the picture holds.
func (it Item) ContentHash() (string, error) {
	h := sha256.New()
	if it.idx != nil {
		pix, err := it.idx.pixels(it.record)
		if err != nil {
			return "", err
		}
		h.Write(pix)
		return hex.EncodeToString(h.Sum(nil)), nil
	}
	info, err := os.Stat(it.Path)
	if err != nil {
		return "", err
	}
	if !info.Mode().IsRegular() {
		return "", fmt.Errorf("it is no regular file")
	}
	f, err := os.Open(it.Path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
