package history

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func mustVerify(t *testing.T, s *Store) *Verification {
	t.Helper()
	v, err := s.Verify(context.Background(), Head{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range v.Faults {
		t.Error(f)
	}
	return v
}

func TestChainHoldsWhateverIsStored(t *testing.T) {
	s := mustOpen(t)
	run := mustRun(t, s)
	mustAdd(t, s,
		&Record{Run: run.ID, Path: "caf\xe9\xff.png", Verdict: OK, Score: math.Copysign(0, -1), Index: math.NaN(), Low: math.NaN(), Reject: math.NaN()},
		&Record{Run: run.ID, Verdict: NG, Score: 3, Index: 100, Mode: "x\x00y", Regions: []Region{{Polarity: "da\x00rk", Peak: 2, Mean: -1e-300}}},
		&Record{Run: run.ID, Path: "broken.png", Verdict: ERROR, Error: "unexpected\nend", Stages: Stages{{"decode", 1500 * time.Microsecond}, {"detect", 0}}},
	)
	if v := mustVerify(t, s); v.Verdicts != 3 || v.Links != 4 {
		t.Errorf("%+v", v)
	}
	got, err := s.Verdict(context.Background(), 3)
	if err != nil || got.Stages.String() != "decode 1.5ms, detect 0s" {
		t.Errorf("stages %v, %v", got.Stages, err)
	}
}

func TestNoTwoRowsLookAlike(t *testing.T) {
	var a, b, c, d canon
	a.texts("ab", "c")
	b.texts("a", "bc")
	c.text("")
	d.float(math.NaN())
	all := []canon{a, b, c, d}
	for i := range all {
		for j := range i {
			if bytes.Equal(all[i], all[j]) {
				t.Errorf("%d and %d are both %q", i, j, all[i])
			}
		}
	}
}

// A failed transaction leaves no link and takes no number.
func TestFailureLeavesTheChainAlone(t *testing.T) {
	s := mustOpen(t)
	run := mustRun(t, s)
	if err := s.Add(context.Background(), sample(run.ID, 1), sample(99, 2)); err == nil {
		t.Fatal("stored")
	}
	r := sample(run.ID, 3)
	mustAdd(t, s, r)
	if v := mustVerify(t, s); v.Links != 2 || r.ID != 1 {
		t.Errorf("%+v, id %d", v, r.ID)
	}
}

func TestFilesAreKeptBesideTheHistory(t *testing.T) {
	s := mustOpen(t)
	run := mustRun(t, s)
	a, b := sample(run.ID, 1), sample(run.ID, 2)
	a.Image, a.Maps, b.Image = []byte("picture"), []byte("maps"), []byte("picture")
	mustAdd(t, s, a, b)
	if a.ImageSHA256 != b.ImageSHA256 || a.ImageSHA256 == "" || b.MapsSHA256 != "" {
		t.Fatalf("named %q %q %q", a.ImageSHA256, b.ImageSHA256, b.MapsSHA256)
	}
	got, err := s.Verdict(context.Background(), a.ID)
	if err != nil || got.MapsSHA256 != a.MapsSHA256 {
		t.Errorf("%+v, %v", got, err)
	}
	for sha, want := range map[string]string{a.ImageSHA256: "picture", a.MapsSHA256: "maps"} {
		if data, err := s.File(sha); err != nil || string(data) != want {
			t.Errorf("%q, %v", data, err)
		}
	}
	if _, err := s.File("../../etc/passwd"); !errors.Is(err, ErrNotFound) {
		t.Errorf("a foreign file: %v", err)
	}
	if err := os.WriteFile(s.file(a.MapsSHA256), []byte("other"), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := s.File(a.MapsSHA256); !errors.Is(err, ErrDamaged) {
		t.Errorf("a changed file: %v", err)
	}
}

// Retention removes by age, and the chain tells what it took from what is missing.
func TestRetentionKeepsTheChainVerifiable(t *testing.T) {
	s := mustOpen(t)
	ctx := context.Background()
	run := mustRun(t, s)
	var all []*Record
	for i := range 1300 { // three slices
		r := sample(run.ID, i)
		r.Time = noon.Add(time.Duration(i) * time.Minute)
		r.Thumbnail = fmt.Appendf(nil, "picture %d", i)
		if i%100 == 0 {
			r.Image = fmt.Appendf(nil, "large %d", i)
		}
		all = append(all, r)
	}
	mustAdd(t, s, all...)
	if err := s.Override(ctx, 30, OK, "anna", "dust"); err != nil {
		t.Fatal(err)
	}
	if err := s.Annotate(ctx, 31, "anna", "hm"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.MakeGolden(ctx, GoldenSet{Name: "g", Members: []Golden{{1, OK}, {101, OK}}}); err != nil {
		t.Fatal(err)
	}
	s.Now = func() time.Time { return noon.Add(1300 * time.Minute) }
	tombs, err := s.Retain(ctx, Retention{Files: 100 * time.Minute, Thumbnails: 200 * time.Minute, Verdicts: 300 * time.Minute, Operator: "anna"})
	if err != nil || len(tombs) != 3 {
		t.Fatalf("%v, %v", tombs, err)
	}
	v := mustVerify(t, s)
	if n, err := s.Count(ctx, Filter{}); n != 302 || err != nil || v.Verdicts != 302 || v.Retired != 998 {
		t.Errorf("%d kept, %v; %+v", n, err, v)
	}
	if v.Thumbnails != 202 || v.Files != 3 { // golden ones and the newest
		t.Errorf("%d thumbnails, %d files", v.Thumbnails, v.Files)
	}
	files, err := filepath.Glob(s.folder() + "/*/*")
	if err != nil || len(files) != 3 {
		t.Errorf("%d files on the disk, %v", len(files), err)
	}
	// Twice removes nothing more; what is added afterwards has new numbers.
	if again, err := s.Retain(ctx, Retention{Verdicts: 300 * time.Minute}); err != nil || len(again) != 0 {
		t.Errorf("again %v, %v", again, err)
	}
	path := s.Path()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = mustReopen(t, path)
	r := sample(run.ID, 9)
	mustAdd(t, s, r)
	if r.ID != 1301 {
		t.Errorf("id %d", r.ID)
	}
	mustVerify(t, s)
	// What goes without a tombstone shows, and so does a golden part under one.
	untriggered(t, path, "DELETE FROM regions WHERE verdict IN (101, 1200); DELETE FROM embeddings WHERE verdict IN (101, 1200); DELETE FROM verdicts WHERE id IN (101, 1200)")
	v, err = s.Verify(ctx, Head{}, nil)
	if err != nil || len(v.Faults) < 2 || v.Faults[0].Row != 101 || v.Faults[1].Row != 1200 {
		t.Errorf("%v, %v", v.Faults, err)
	}
}

func TestRetentionBySize(t *testing.T) {
	s := mustOpen(t)
	ctx := context.Background()
	run := mustRun(t, s)
	var all []*Record
	for i := range 300 {
		r := sample(run.ID, i)
		r.Image, r.Thumbnail = bytes.Repeat(fmt.Appendf(nil, "%04d", i), 5000), bytes.Repeat(fmt.Appendf(nil, "%04d", i), 1000)
		all = append(all, r)
	}
	mustAdd(t, s, all...)
	for _, room := range []int64{5 << 20, 1 << 20, 1} {
		if _, err := s.Retain(ctx, Retention{Bytes: room}); err != nil {
			t.Fatal(err)
		}
		size, err := s.Size(ctx)
		if n, _ := s.Count(ctx, Filter{}); err != nil || size > room && room > 1 || room == 5<<20 && n != 300 || n < 1 {
			t.Errorf("%d bytes and %d verdicts in room for %d, %v", size, n, room, err)
		}
		mustVerify(t, s)
	}
}

// kept stores records with a picture and maps of the given content, an hour apart.
func kept(t *testing.T, s *Store, content ...string) []*Record {
	t.Helper()
	run := mustRun(t, s)
	var all []*Record
	for i, c := range content {
		r := sample(run.ID, i)
		r.Time = noon.Add(time.Duration(i) * time.Hour)
		r.Image, r.Maps, r.Thumbnail = []byte("picture "+c), []byte("maps "+c), []byte("small "+c)
		all = append(all, r)
	}
	mustAdd(t, s, all...)
	return all
}

// A program may die between a tombstone and what it stands for: the next retention,
// by age or by size, takes that along and comes to an end.
func TestRetentionGoesOnWhereAProgramDied(t *testing.T) {
	for name, r := range map[string]Retention{"age": {Files: time.Hour}, "size": {Bytes: 1}} {
		t.Run(name, func(t *testing.T) {
			s := mustOpen(t)
			kept(t, s, "a", "b", "c")
			ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
			defer cancel()
			err := s.writing(ctx, "retire rows of", func(ctx context.Context, w *writer) (err error) {
				b := Tombstone{Time: noon, Reason: "died", What: RetainFiles, Through: 3}
				b.ID, err = w.add(ctx, "INSERT INTO retentions (time, operator, reason, what, through) VALUES (?, '', ?, ?, ?)", micros(b.Time), b.Reason, b.What, b.Through)
				return errors.Join(err, w.chain(ctx, linkRetain, b.ID, 0, b.content()))
			})
			if err != nil {
				t.Fatal(err)
			}
			s.Now = func() time.Time { return noon.Add(3 * time.Hour) }
			if _, err := s.Retain(ctx, r); err != nil {
				t.Fatal(err)
			}
			if files, err := filepath.Glob(s.folder() + "/*/*"); err != nil || len(files) > 2 {
				t.Errorf("left: %v, %v", files, err)
			}
			mustVerify(t, s)
		})
	}
}

// Golden parts keep their pictures, also where a later verdict shows the same.
func TestGoldenPartsKeepWhatOthersShowToo(t *testing.T) {
	ctx := context.Background()
	for name, r := range map[string]Retention{
		"age": {Files: time.Hour, Thumbnails: time.Hour}, "verdicts": {Verdicts: time.Hour}, "size": {Bytes: 1},
	} {
		t.Run(name, func(t *testing.T) {
			s := mustOpen(t)
			all := kept(t, s, "same", "other", "same", "newest")
			if _, err := s.MakeGolden(ctx, GoldenSet{Name: "g", Members: []Golden{{1, OK}}}); err != nil {
				t.Fatal(err)
			}
			s.Now = func() time.Time { return noon.Add(10 * time.Hour) }
			if _, err := s.Retain(ctx, r); err != nil {
				t.Fatal(err)
			}
			got, err := s.Verdict(ctx, 1)
			if err != nil || string(got.Thumbnail) != "small same" {
				t.Errorf("%q, %v", got.Thumbnail, err)
			}
			for _, sha := range []string{all[0].ImageSHA256, all[0].MapsSHA256} {
				if _, err := s.File(sha); err != nil {
					t.Error(err)
				}
			}
			if _, err := s.File(all[1].ImageSHA256); !errors.Is(err, ErrNotFound) {
				t.Errorf("what no golden part shows: %v", err)
			}
			mustVerify(t, s)
		})
	}
}

// A golden set may be made of parts that have lost their pictures before; what is
// lost after that shows.
func TestGoldenPartsWithoutPicturesAreNoFault(t *testing.T) {
	s := mustOpen(t)
	ctx := context.Background()
	kept(t, s, "a", "b", "c", "d")
	s.Now = func() time.Time { return noon.Add(10 * time.Hour) }
	if _, err := s.Retain(ctx, Retention{Files: 8 * time.Hour, Thumbnails: 8 * time.Hour}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.MakeGolden(ctx, GoldenSet{Name: "g", Members: []Golden{{1, OK}, {3, OK}}}); err != nil {
		t.Fatal(err)
	}
	mustVerify(t, s)
	if _, err := s.Retain(ctx, Retention{Files: time.Hour, Thumbnails: time.Hour, Verdicts: time.Hour}); err != nil {
		t.Fatal(err)
	}
	mustVerify(t, s)
	got, err := s.Verdict(ctx, 3)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(s.file(got.ImageSHA256)); err != nil {
		t.Fatal(err)
	}
	if v, err := s.Verify(ctx, Head{}, nil); err != nil || len(v.Faults) != 1 || v.Faults[0].Row != 3 {
		t.Errorf("%+v, %v", v, err)
	}
}

// Files that no row names go, whatever retention is asked for; what a verdict that
// has come meanwhile relies on stays.
func TestStrayPicturesGo(t *testing.T) {
	s := mustOpen(t)
	ctx := context.Background()
	stray := func(content string) string {
		t.Helper()
		sum := sha256.Sum256([]byte(content))
		sha := hex.EncodeToString(sum[:])
		if err := s.keepFile(sha, []byte(content)); err != nil {
			t.Fatal(err)
		}
		old := time.Now().Add(-2 * time.Hour)
		if err := os.Chtimes(s.file(sha), old, old); err != nil {
			t.Fatal(err)
		}
		return s.file(sha)
	}
	for _, r := range []Retention{{}, {Bytes: 1 << 40}, {Files: 1000 * time.Hour}} {
		name := stray("nobody's")
		if _, err := s.Retain(ctx, r); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(name); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("with %+v it stays: %v", r, err)
		}
	}
	name := stray("picture a")
	strays, err := s.strays(ctx)
	if err != nil || len(strays) != 1 {
		t.Fatal(strays, err)
	}
	kept(t, s, "a")
	if err := s.removeStray(ctx, name); err != nil {
		t.Fatal(err)
	}
	mustVerify(t, s)
}

func TestRetentionWaitsForTheJournal(t *testing.T) {
	s := mustOpen(t)
	run := mustRun(t, s)
	r := sample(run.ID, 1)
	r.Image = []byte("waits")
	if err := errors.Join(s.complete([]*Record{r}), s.pend([]*Record{r})); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Retain(context.Background(), Retention{Bytes: 1}); !errors.Is(err, ErrWaiting) {
		t.Errorf("got %v", err)
	}
	if err := s.replay(context.Background()); err != nil {
		t.Fatal(err)
	}
	mustVerify(t, s)
}

// A copy that takes the place of a history that was not closed would find its log.
func TestBackupLeavesAHistoryWithALogAlone(t *testing.T) {
	s, other := mustOpen(t), mustOpen(t)
	mustRun(t, other)
	if err := s.Backup(context.Background(), other.Path(), true, nil); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("got %v", err)
	}
	mustVerify(t, other)
}

func TestBackupWhileWriting(t *testing.T) {
	s := mustOpen(t)
	ctx := context.Background()
	run := mustRun(t, s)
	for i := range 200 {
		r := sample(run.ID, i)
		r.Image = fmt.Appendf(nil, "large %d", i%20)
		mustAdd(t, s, r)
	}
	stop, done := make(chan struct{}), make(chan error)
	go func() {
		for i := 200; ; i++ {
			select {
			case <-stop:
				done <- nil
				return
			default:
			}
			if err := s.Add(ctx, sample(run.ID, i)); err != nil {
				done <- err
				return
			}
		}
	}()
	dst := filepath.Join(t.TempDir(), "backup.db")
	err := s.Backup(ctx, dst, false, nil)
	close(stop)
	if err := errors.Join(err, <-done); err != nil {
		t.Fatal(err)
	}
	copied := mustReopen(t, dst)
	if v := mustVerify(t, copied); v.Verdicts < 200 || v.Files != 200 {
		t.Errorf("%+v", v)
	}
	if err := s.Backup(ctx, dst, false, nil); !errors.Is(err, fs.ErrExist) {
		t.Errorf("over an existing file: %v", err)
	}
	if err := s.Backup(ctx, s.Path(), true, nil); err == nil {
		t.Error("over itself")
	}
	ctx, cancel := context.WithCancel(ctx)
	cancel()
	if err := s.Backup(ctx, filepath.Join(t.TempDir(), "x.db"), false, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestNotesChangesAndGoldenSetsComeBack(t *testing.T) {
	s := mustOpen(t)
	ctx := context.Background()
	run := mustRun(t, s)
	mustAdd(t, s, sample(run.ID, 3), sample(run.ID, 4), &Record{Run: run.ID, Verdict: ERROR, Error: "x"})
	if err := s.Override(ctx, 2, OK, "anna", ""); err != nil {
		t.Fatal(err)
	}
	if err := s.Annotate(ctx, 2, " anna ", " seen\n"); err != nil {
		t.Fatal(err)
	}
	for n, err := range s.Notes(ctx, 2) {
		if err != nil || n != (Note{1, 2, noon, "anna", "seen"}) {
			t.Errorf("%+v, %v", n, err)
		}
	}
	want := Change{Setting: "thresholds", Before: "1", After: "2", Operator: "anna"}
	if err := s.Change(ctx, want); err != nil {
		t.Fatal(err)
	}
	want.ID, want.Time = 1, noon
	for c, err := range s.Changes(ctx, noon, time.Time{}) {
		if err != nil || c != want {
			t.Errorf("%+v, %v", c, err)
		}
	}
	g, err := s.MakeGolden(ctx, GoldenSet{Name: "release", Members: []Golden{{Verdict: 2}, {Verdict: 1}}})
	if err != nil || g.Members[0] != (Golden{1, REVIEW}) || g.Members[1] != (Golden{2, OK}) {
		t.Errorf("%+v, %v", g, err)
	}
	for got, err := range s.GoldenSets(ctx) {
		if err != nil || fmt.Sprint(got) != fmt.Sprint(g) {
			t.Errorf("%+v, %v", got, err)
		}
	}
	for what, err := range map[string]error{
		"no author":   s.Annotate(ctx, 1, " ", "x"),
		"no text":     s.Annotate(ctx, 1, "anna", ""),
		"no verdict":  s.Annotate(ctx, 99, "anna", "x"),
		"no setting":  s.Change(ctx, Change{}),
		"empty":       second(s.MakeGolden(ctx, GoldenSet{Name: "x"})),
		"no name":     second(s.MakeGolden(ctx, GoldenSet{Members: []Golden{{Verdict: 1}}})),
		"twice":       second(s.MakeGolden(ctx, GoldenSet{Name: "x", Members: []Golden{{1, OK}, {1, NG}}})),
		"nowhere":     second(s.MakeGolden(ctx, GoldenSet{Name: "x", Members: []Golden{{99, OK}}})),
		"uninspected": second(s.MakeGolden(ctx, GoldenSet{Name: "x", Members: []Golden{{Verdict: 3}}})),
	} {
		if err == nil {
			t.Errorf("%s: accepted", what)
		}
	}
	mustVerify(t, s)
}

func second[T any](_ T, err error) error { return err }

func TestHeadReadsBack(t *testing.T) {
	s := mustOpen(t)
	mustRun(t, s)
	h, err := s.Head(context.Background())
	if err != nil || h.N != 1 {
		t.Fatal(h, err)
	}
	if got, err := ParseHead(h.String()); err != nil || got != h {
		t.Errorf("%v, %v", got, err)
	}
	for _, bad := range []string{"", "1", "x:00", "1:00", "-1:" + h.String()[2:]} {
		if _, err := ParseHead(bad); err == nil {
			t.Errorf("%q read", bad)
		}
	}
}
