//go:build unix

package datasets

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

func TestWhatIsNoRegularFileIsRefusedWithoutWaiting(t *testing.T) {
	dir := t.TempDir()
	pipe := filepath.Join(dir, "pipe.png")
	if err := syscall.Mkfifo(pipe, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{pipe, dir, filepath.Join(dir, "absent.png")} {
		if _, err := Decode(path); !errors.Is(err, ErrUnreadable) {
			t.Errorf("%s: got %v", path, err)
		}
	}
}

func TestATableThatIsAPipeKeepsNobodyWaiting(t *testing.T) {
	root := t.TempDir()
	plantVisA(t, root)
	table := filepath.Join(root, "nut", "image_anno.csv")
	if err := errors.Join(os.Remove(table), syscall.Mkfifo(table, 0o644)); err != nil {
		t.Skipf("no named pipes here: %v", err)
	}
	set, err := Open(root + "#nut")
	if err != nil || len(set.Items) == 0 {
		t.Fatalf("got %v, %v", set, err)
	}
}
