// Package assets carries what the program needs at hand wherever it is
// installed: its icon and a demonstration of drawn parts with a recipe trained
// on them, made by programs of this repository (`make demo` draws the parts and
// trains the recipe anew), and a font for Chinese.
package assets

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Icon is the program's icon, 512 x 512 PNG.
//
//go:embed icon.png
var Icon []byte

// HanRegular and HanBold have the Chinese characters of the window: subsets of
// Noto Sans CJK SC under the SIL Open Font License; fonts/subset.sh makes them.
//
//go:embed fonts/han-regular.otf
var HanRegular []byte

//go:embed fonts/han-bold.otf
var HanBold []byte

//go:embed demo demo.agur
var demo embed.FS

// ExtractDemo writes the demonstration below dir, in a folder named after its
// content, and returns the paths of its image set and its recipe. What is
// there already is left alone: a second start costs one look.
func ExtractDemo(dir string) (set, recipe string, err error) {
	name, err := fingerprint()
	if err != nil {
		return "", "", fmt.Errorf("read the demonstration: %w", err)
	}
	root := filepath.Join(dir, "demo-"+name)
	set, recipe = filepath.Join(root, "demo"), filepath.Join(root, "demo.agur")
	if _, err := os.Stat(root); err == nil {
		return set, recipe, nil
	}
	if err := extract(dir, root); err != nil {
		return "", "", fmt.Errorf("unpack the demonstration to %s: %w", dir, err)
	}
	return set, recipe, nil
}

// extract unpacks beside the goal and renames, so that a half-written
// demonstration is never taken for a whole one.
func extract(dir, root string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	tmp, err := os.MkdirTemp(dir, ".demo-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	if err := os.CopyFS(tmp, demo); err != nil {
		return err
	}
	if err := os.Chmod(tmp, 0o755); err != nil {
		return err
	}
	err = os.Rename(tmp, root)
	if _, there := os.Stat(root); err != nil && there == nil {
		return nil // another instance was faster
	}
	return err
}

// directory is how much of the recipe's end is looked at: a recipe is an archive,
// and there its directory has the checksums of all that is in it. Reading it whole
// at every start would keep the program larger by it.
const directory = 4096

// fingerprint identifies the demonstration by its file list and its recipe's
// directory.
func fingerprint() (string, error) {
	h := sha256.New()
	err := fs.WalkDir(demo, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		fmt.Fprintln(h, path, info.Size())
		return nil
	})
	return hex.EncodeToString(h.Sum(nil))[:12], errors.Join(err, addEnd(h, "demo.agur"))
}

// addEnd writes the end of a file of the demonstration.
func addEnd(to io.Writer, name string) error {
	f, err := demo.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	s := f.(io.ReadSeeker) // as files of embed.FS are
	size, err := s.Seek(0, io.SeekEnd)
	if err == nil {
		_, err = s.Seek(max(0, size-directory), io.SeekStart)
	}
	if err == nil {
		_, err = io.Copy(to, s)
	}
	return err
}
