package history

import (
	"os"
	"path/filepath"
	"testing"
)

// A lock on a file that has lost its name keeps nobody out: it is not taken for one.
func TestALockIsHeldByName(t *testing.T) {
	path := filepath.Join(t.TempDir(), "h.db.lock")
	gone, err := lockFile(path)
	if err != nil {
		t.Fatal(err)
	}
	defer gone.Close()
	if !gone.named(path) {
		t.Error("it has its name")
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if gone.named(path) {
		t.Error("nothing is called so")
	}
	held, err := acquire(path)
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	if gone.named(path) || !held.named(path) {
		t.Error("the name is the other's")
	}
	if _, err := acquire(path); err == nil {
		t.Error("held twice")
	}
}
