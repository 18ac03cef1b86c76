package history

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// asNobody runs fn as a user who owns nothing, so that permissions count even
// where tests run as root. Only the thread of fn changes its user.
func asNobody(t *testing.T, fn func()) {
	t.Helper()
	if os.Geteuid() != 0 {
		fn()
		return
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // for good: the thread ends with this goroutine
		const nobody = 65534
		syscall.RawSyscall(syscall.SYS_SETFSUID, nobody, 0, 0)
		fn()
	}()
	<-done
}

// readOnlyHistory returns a history with one record in a folder that nobody may
// write, and makes the way to it passable.
func readOnlyHistory(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "history.db")
	s := mustReopen(t, path)
	run := mustRun(t, s)
	mustAdd(t, s, sample(run.ID, 3))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for name, mode := range map[string]os.FileMode{path: 0o444, path + ".lock": 0o444, dir: 0o555, filepath.Dir(dir): 0o755} {
		if err := os.Chmod(name, mode); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() { _ = os.Chmod(dir, 0o755) })
	return path
}

func TestReadOnlyFolderIsSaidAndCanBeRead(t *testing.T) {
	path := readOnlyHistory(t)
	before := sum(t, path)
	asNobody(t, func() {
		_, err := Open(path)
		var fault *StorageError
		if !errors.Is(err, ErrDenied) || !errors.As(err, &fault) || fault.Hint == "" {
			t.Errorf("open: %v", err)
		}
		s, err := OpenReadOnly(path)
		if err != nil {
			t.Errorf("read: %v", err)
			return
		}
		if r, err := s.Verdict(context.Background(), 1); err != nil || len(r.Regions) != 3 {
			t.Errorf("read %+v, %v", r, err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	if sum(t, path) != before {
		t.Error("the file was changed")
	}
}

func TestNewHistoryInAReadOnlyFolderIsDenied(t *testing.T) {
	dir := filepath.Dir(readOnlyHistory(t))
	asNobody(t, func() {
		for _, path := range []string{filepath.Join(dir, "new.db"), filepath.Join(dir, "sub", "new.db")} {
			if _, err := Open(path); !errors.Is(err, ErrDenied) {
				t.Errorf("%s: %v", path, err)
			}
		}
	})
}

func TestWriteProtectedFileIsDenied(t *testing.T) {
	path := readOnlyHistory(t)
	if err := os.Chmod(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path+".lock", 0o666); err != nil {
		t.Fatal(err)
	}
	asNobody(t, func() {
		if _, err := Open(path); !errors.Is(err, ErrDenied) {
			t.Errorf("got %v", err)
		}
	})
}

// Where nothing beside the history may be written, a station keeps its verdicts in
// the user's cache, and brings them home when it may.
func TestAStationBesideAReadOnlyFolderKeepsVerdictsInTheCache(t *testing.T) {
	path := readOnlyHistory(t)
	cache := t.TempDir()
	if err := errors.Join(os.Chmod(cache, 0o777), os.Chmod(filepath.Dir(cache), 0o755)); err != nil {
		t.Fatal(err)
	}
	t.Setenv("XDG_CACHE_HOME", cache)
	var s *Store
	asNobody(t, func() {
		var err error
		if s, err = OpenStation(path); err != nil {
			t.Error(err)
		}
	})
	if s == nil {
		return
	}
	if why, _ := s.Away(); !errors.Is(why, ErrDenied) || s.Replaceable() {
		t.Errorf("away because of %v", why)
	}
	rec := newRecorder(s, time.Hour)
	ctx := context.Background()
	run, err := rec.StartRun(ctx, Run{Source: "meanwhile"})
	if err == nil {
		err = rec.Add(ctx, sample(run.ID, 1))
	}
	if err != nil {
		t.Fatal(err)
	}
	if h := rec.Health(); h.Waiting != 1 || !strings.HasPrefix(h.Journal, cache) {
		t.Errorf("%v", h)
	}
	if err := errors.Join(os.Chmod(filepath.Dir(path), 0o755), os.Chmod(path, 0o644), os.Chmod(path+".lock", 0o644)); err != nil {
		t.Fatal(err)
	}
	untilOK(t, rec)
	if n, err := s.Count(ctx, Filter{}); n != 2 || err != nil {
		t.Errorf("%d verdicts, %v", n, err)
	}
	if err := errors.Join(rec.Close(), s.Close()); err != nil {
		t.Fatal(err)
	}
}
