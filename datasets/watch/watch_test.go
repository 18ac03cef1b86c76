package watch

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"agurscope/datasets/live"
	"agurscope/datasets/live/livetest"
)

func picture(i int) []byte {
	m := image.NewGray(image.Rect(0, 0, 64, 48))
	for k := range m.Pix {
		m.Pix[k] = byte(k * (i + 3))
	}
	var b bytes.Buffer
	_ = png.Encode(&b, m)
	return b.Bytes()
}

func put(t testing.TB, path string, b []byte) {
	t.Helper()
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

func source(d *Driver) *live.Source {
	d.Settle, d.Rescan = 20*time.Millisecond, 200*time.Millisecond
	return live.New(live.Options{Name: "watch", Driver: d, Recorded: true, Repeats: true, Stall: -1})
}

// filler puts files into a folder until the test ends.
func filler(t *testing.T, dir string) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	t.Cleanup(func() { cancel(); <-done })
	go func() {
		defer close(done)
		for i := 0; ctx.Err() == nil; i++ {
			_ = os.WriteFile(filepath.Join(dir, fmt.Sprintf("%05d.png", i)), picture(i), 0o600) // the folder may be away
			time.Sleep(20 * time.Millisecond)
		}
	}()
}

// share is a folder that can go away.
type share struct{ dir string }

func (s share) Stop()  { _ = os.Rename(s.dir, s.dir+".away") }
func (s share) Start() { _ = os.Rename(s.dir+".away", s.dir) }

func TestContract(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "in")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	filler(t, dir)
	livetest.Run(t, livetest.Kind{Waits: true, Peer: share{dir}, Open: func(*testing.T) *live.Source {
		return source(&Driver{Dir: dir})
	}})
}

// names takes n pictures and returns what they are called.
func names(t *testing.T, s *live.Source, n int, during func(i int)) []string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	var out []string
	go during(-1)
	for f, err := range s.Frames(ctx) {
		name := f.Name
		if err != nil {
			name = "error " + name
		}
		out = append(out, name)
		if len(out) == n {
			return out
		}
		during(len(out))
	}
	t.Fatalf("only %v", out)
	return nil
}

func TestFilesAreTakenOnceAndWhenTheyAreComplete(t *testing.T) {
	dir := t.TempDir()
	put(t, filepath.Join(dir, "old.png"), picture(0))
	s := source(&Driver{Dir: dir})
	var failed atomic.Bool
	got := names(t, s, 4, func(i int) {
		if i != -1 {
			failed.Store(failed.Load() || i == 3)
			return
		}
		livetest.Until(t, "it is open", func() bool { return s.Status().State == live.Streaming })
		put(t, filepath.Join(dir, "note.txt"), []byte("no picture"))
		put(t, filepath.Join(dir, ".hidden.png"), picture(1))
		// Written slowly, in five pieces.
		f, err := os.Create(filepath.Join(dir, "slow.png"))
		if err != nil {
			t.Error(err)
			return
		}
		b := picture(2)
		for k := range 5 {
			_, _ = f.Write(b[k*len(b)/5 : (k+1)*len(b)/5])
			time.Sleep(15 * time.Millisecond)
		}
		f.Close()
		livetest.Until(t, "the slow one is taken", func() bool { return s.Status().Delivered == 1 })
		put(t, filepath.Join(dir, "x.part"), picture(3))
		_ = os.Rename(filepath.Join(dir, "x.part"), filepath.Join(dir, "renamed.png"))
		livetest.Until(t, "the renamed one is taken", func() bool { return s.Status().Delivered == 2 })
		put(t, filepath.Join(dir, "half.png"), picture(4)[:40]) // for ever
		livetest.Until(t, "the half one is an error", func() bool { return failed.Load() })
		put(t, filepath.Join(dir, "slow.png"), picture(5)) // another part of the same name
	})
	want := []string{"slow.png", "renamed.png", "error half.png", "slow.png"}
	for i := range want {
		if got[i] != want[i] {
			t.Fatalf("got %v, want %v", got, want)
		}
	}
}

func TestExistingFilesComeInOrderOfTime(t *testing.T) {
	dir := t.TempDir()
	for i, name := range []string{"c.png", "b.png", "a.png"} {
		path := filepath.Join(dir, name)
		put(t, path, picture(i))
		at := time.Now().Add(time.Duration(i-10) * time.Minute)
		if err := os.Chtimes(path, at, at); err != nil {
			t.Fatal(err)
		}
	}
	got := names(t, source(&Driver{Dir: dir, Existing: true}), 3, func(int) {})
	if fmt.Sprint(got) != "[c.png b.png a.png]" {
		t.Errorf("got %v", got)
	}
}

// A share that was away brings what came meanwhile, and nothing twice.
func TestShareThatComesBackBringsOnlyWhatIsNew(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "in")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	put(t, filepath.Join(dir, "1.png"), picture(1))
	s := source(&Driver{Dir: dir, Existing: true})
	var got []string
	losses := 0
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for f, err := range s.Frames(ctx) {
		switch {
		case err != nil:
			if losses++; losses > 1 {
				continue
			}
			if err := os.Mkdir(dir, 0o700); err != nil { // mounted, and empty for a moment
				t.Fatal(err)
			}
			go func() {
				livetest.Until(t, "it is back", func() bool { return s.Status().State == live.Streaming })
				_ = os.Remove(dir)
				share{dir}.Start()
				put(t, filepath.Join(dir, "2.png"), picture(2))
			}()
		default:
			got = append(got, f.Name)
			if len(got) == 1 {
				share{dir}.Stop()
			}
		}
		if len(got) == 2 {
			break
		}
	}
	if fmt.Sprint(got) != "[1.png 2.png]" {
		t.Errorf("got %v", got)
	}
}

// Without events, as on a network share, looking again is enough.
func TestWithoutEvents(t *testing.T) {
	dir := t.TempDir()
	d := &Driver{Dir: dir, Existing: true, Settle: 20 * time.Millisecond, Rescan: 50 * time.Millisecond}
	st, err := d.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s := st.(*stream)
	if s.events != nil {
		s.events.Close()
		s.events = nil
	}
	put(t, filepath.Join(dir, "1.png"), picture(1))
	if f, err := s.Next(t.Context()); err != nil || f.Name != "1.png" {
		t.Errorf("got %v %v", f.Name, err)
	}
}
