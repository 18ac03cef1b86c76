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
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/mattn/go-sqlite3"
)

// noon is the present in tests.
var noon = time.Date(2026, 3, 1, 12, 0, 0, 123_456_000, time.UTC)

// mustOpen opens a new history whose clock stands at noon.
func mustOpen(tb testing.TB) *Store {
	tb.Helper()
	return mustReopen(tb, filepath.Join(tb.TempDir(), "history.db"))
}

func mustReopen(tb testing.TB, path string) *Store {
	tb.Helper()
	s, err := Open(path)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Error(err)
		}
	})
	s.Now = func() time.Time { return noon }
	return s
}

func mustRun(tb testing.TB, s *Store) Run {
	tb.Helper()
	run, err := s.StartRun(context.Background(), Run{Source: "parts", Recipe: "board", Engine: "onednn", Program: "1.0"})
	if err != nil {
		tb.Fatal(err)
	}
	return run
}

func mustAdd(tb testing.TB, s *Store, records ...*Record) {
	tb.Helper()
	if err := s.Add(context.Background(), records...); err != nil {
		tb.Fatal(err)
	}
}

// sample is a record with every field set, different for every n.
func sample(run int64, n int) *Record {
	rng := rand.New(rand.NewPCG(7, uint64(n)))
	r := &Record{
		Run: run, Seq: uint64(n), Time: noon.Add(time.Duration(n) * time.Second),
		Path: fmt.Sprintf("/parts/lot %d/part-%05d.png", n%7, n), Label: "defective", Type: "scratch",
		Verdict: []Verdict{OK, OK, OK, REVIEW, NG}[n%5], Score: rng.Float64(), Index: 100 * rng.Float64(),
		Low: 0.1, High: 0.4, Review: 0.6, Reject: 0.8, Mode: "half-peak", Latency: time.Duration(1 + rng.IntN(1e9)),
		Recipe: "board.agur", RecipeSHA256: fmt.Sprintf("%064x", n%3),
		Thumbnail: fmt.Appendf(nil, "picture %d", n%50), Embedding: []float32{rng.Float32(), -rng.Float32(), float32(n)},
	}
	for i := range n % 4 {
		r.Regions = append(r.Regions, Region{i, n, 3 + i, 4, 11 * i, rng.Float64(), rng.Float64() / 2, "dark"})
	}
	return r
}

// collect reads every record that f chooses.
func collect(tb testing.TB, s *Store, f Filter) []Record {
	tb.Helper()
	var out []Record
	for r, err := range s.Verdicts(context.Background(), f) {
		if err != nil {
			tb.Fatal(err)
		}
		out = append(out, r)
	}
	return out
}

// same reports whether two records are equal where NaN equals NaN.
func same(a, b Record) bool { return fmt.Sprintf("%#v", a) == fmt.Sprintf("%#v", b) }

func TestRecordComesBackAsItWasStored(t *testing.T) {
	s := mustOpen(t)
	run := mustRun(t, s)
	records := []*Record{
		sample(run.ID, 3),
		{Run: run.ID, Path: "a/b/broken.png", Verdict: ERROR, Score: 0.5, Error: "unexpected end of file"},
		{Run: run.ID, Path: "caf\xe9\xff.png", Verdict: OK, Index: math.NaN(), Low: math.NaN(), Reject: math.NaN()},
		{Run: run.ID, Verdict: NG, Score: -math.MaxFloat64, Index: 100, Seq: math.MaxInt64},
		{Run: run.ID, Verdict: REVIEW, Score: math.SmallestNonzeroFloat64},
	}
	mustAdd(t, s, records...)
	for i, want := range records {
		got, err := s.Verdict(context.Background(), want.ID)
		if err != nil {
			t.Fatal(err)
		}
		if !same(got, *want) {
			t.Errorf("record %d:\n got %#v\nwant %#v", i, got, *want)
		}
		if i > 0 && want.ID <= records[i-1].ID {
			t.Errorf("id %d does not rise", want.ID)
		}
	}
	if e := records[1]; !math.IsNaN(e.Score) || !math.IsNaN(e.Index) || e.Name != "broken.png" || !e.Time.Equal(noon) {
		t.Errorf("error record was completed to %+v", e)
	}
	sum := sha256.Sum256(records[0].Thumbnail)
	if records[0].ThumbnailSHA256 != hex.EncodeToString(sum[:]) {
		t.Errorf("thumbnail is called %s", records[0].ThumbnailSHA256)
	}
}

func TestListedRecordsHaveRegionsButNoPictures(t *testing.T) {
	s := mustOpen(t)
	run := mustRun(t, s)
	want := sample(run.ID, 3)
	mustAdd(t, s, want)
	got := collect(t, s, Filter{})[0]
	if len(got.Regions) != 3 || got.Thumbnail != nil || got.Embedding != nil || got.ThumbnailSHA256 != want.ThumbnailSHA256 {
		t.Errorf("got %+v", got)
	}
}

func TestThumbnailIsStoredOnce(t *testing.T) {
	s := mustOpen(t)
	run := mustRun(t, s)
	a, b := sample(run.ID, 0), sample(run.ID, 50)
	mustAdd(t, s, a, b)
	if a.ThumbnailSHA256 != b.ThumbnailSHA256 {
		t.Fatal("the samples should share a picture")
	}
	n := 0
	if err := s.in().readers.QueryRow("SELECT count(*) FROM thumbnails").Scan(&n); err != nil || n != 1 {
		t.Errorf("%d thumbnails, %v", n, err)
	}
	data, err := s.Thumbnail(context.Background(), a.ThumbnailSHA256)
	if err != nil || !bytes.Equal(data, a.Thumbnail) {
		t.Errorf("thumbnail is %q, %v", data, err)
	}
	if _, err := s.Thumbnail(context.Background(), strings.Repeat("0", 64)); !errors.Is(err, ErrNotFound) {
		t.Errorf("unknown thumbnail: %v", err)
	}
}

func TestAddRefusesWhatNoInspectionProduces(t *testing.T) {
	s := mustOpen(t)
	run := mustRun(t, s)
	good := func() *Record { return &Record{Run: run.ID, Path: "p.png", Verdict: OK, Score: 0.1} }
	for name, spoil := range map[string]func(*Record){
		"NaN score":           func(r *Record) { r.Score = math.NaN() },
		"infinite score":      func(r *Record) { r.Score = math.Inf(1) },
		"infinite threshold":  func(r *Record) { r.Reject = math.Inf(-1) },
		"index above 100":     func(r *Record) { r.Index = 100.5 },
		"no verdict":          func(r *Record) { r.Verdict = "" },
		"unknown verdict":     func(r *Record) { r.Verdict = "ok" },
		"unknown run":         func(r *Record) { r.Run = 99 },
		"stored before":       func(r *Record) { r.ID = 1 },
		"huge sequence":       func(r *Record) { r.Seq = math.MaxUint64 },
		"negative latency":    func(r *Record) { r.Latency = -1 },
		"overridden at birth": func(r *Record) { r.Reviewed = OK },
		"ancient":             func(r *Record) { r.Time = time.Unix(-1e10, 0) },
		"NaN peak":            func(r *Record) { r.Regions = []Region{{Peak: math.NaN()}} },
		"infinite mean":       func(r *Record) { r.Regions = []Region{{Mean: math.Inf(1)}} },
		"negative box":        func(r *Record) { r.Regions = []Region{{W: -1}} },
		"NaN embedding":       func(r *Record) { r.Embedding = []float32{0, float32(math.NaN())} },
		"endless embedding":   func(r *Record) { r.Embedding = make([]float32, maxEmbedding+1) },
		"endless thumbnail":   func(r *Record) { r.Thumbnail = make([]byte, maxThumbnail+1) },
		"foreign hash":        func(r *Record) { r.Thumbnail, r.ThumbnailSHA256 = []byte("x"), strings.Repeat("a", 64) },
		"short hash":          func(r *Record) { r.ThumbnailSHA256 = "abc" },
	} {
		bad := good()
		spoil(bad)
		// The good record in front must not be stored alone.
		if err := s.Add(context.Background(), good(), bad); err == nil {
			t.Errorf("%s: stored", name)
		}
	}
	if n, err := s.Count(context.Background(), Filter{}); n != 0 || err != nil {
		t.Errorf("%d records stored, %v", n, err)
	}
}

func TestFileRefusesWhatThePackageForbids(t *testing.T) {
	s := mustOpen(t)
	run := mustRun(t, s)
	r := sample(run.ID, 3)
	mustAdd(t, s, r)
	if err := s.Override(context.Background(), r.ID, OK, "anna", "dust"); err != nil {
		t.Fatal(err)
	}
	if err := s.EndRun(context.Background(), run.ID, Done, ""); err != nil {
		t.Fatal(err)
	}
	before := collect(t, s, Filter{})
	for _, q := range []string{
		"UPDATE verdicts SET score = 0", "UPDATE verdicts SET id = id + 1", "DELETE FROM verdicts",
		"INSERT OR REPLACE INTO verdicts SELECT * FROM verdicts",
		"UPDATE regions SET area = 0", "DELETE FROM regions", "INSERT OR REPLACE INTO regions SELECT * FROM regions",
		"UPDATE overrides SET reason = ''", "DELETE FROM overrides", "INSERT OR REPLACE INTO overrides SELECT * FROM overrides",
		"UPDATE runs SET status = 'running', ended = NULL", "UPDATE runs SET recipe = 'x'", "DELETE FROM runs",
		"INSERT OR REPLACE INTO runs SELECT * FROM runs",
		"UPDATE thumbnails SET bytes = x'00'", "UPDATE embeddings SET vector = x'00000000'",
		"INSERT INTO verdicts SELECT 9, run, seq, time, path, name, label, type, 'OK', NULL, NULL, low, high, review, reject, mode, 0, 0, '', '', '', NULL, '', '', '', 0, NULL, NULL FROM verdicts",
		"INSERT INTO verdicts SELECT 9, run, seq, time, path, name, label, type, 'OK', 9e999, idx, low, high, review, reject, mode, 0, 0, '', '', '', NULL, '', '', '', 0, NULL, NULL FROM verdicts",
		"INSERT INTO verdicts SELECT 9, 77, seq, time, path, name, label, type, 'OK', 1, idx, low, high, review, reject, mode, 0, 0, '', '', '', NULL, '', '', '', 0, NULL, NULL FROM verdicts",
		"INSERT INTO verdicts SELECT 9, run, 'x', time, path, name, label, type, 'OK', 1, idx, low, high, review, reject, mode, 0, 0, '', '', '', NULL, '', '', '', 0, NULL, NULL FROM verdicts",
		"INSERT INTO overrides VALUES (9, 1, 0, 'ERROR', 'anna', '')", "INSERT INTO overrides VALUES (9, 1, 0, 'OK', '', '')",
	} {
		if _, err := s.in().writer.conn.ExecContext(context.Background(), q); err == nil {
			t.Errorf("allowed: %s", q)
		}
	}
	if after := collect(t, s, Filter{}); len(after) != 1 || !same(after[0], before[0]) {
		t.Errorf("records changed to %+v", after)
	}
}

func TestSettingsThatDurabilityRestsOnTook(t *testing.T) {
	s := mustOpen(t)
	for _, d := range durable {
		var got string
		err := s.in().writer.conn.QueryRowContext(context.Background(), "PRAGMA "+d.pragma).Scan(&got)
		if err != nil || got != d.want {
			t.Errorf("writer has %s = %s, %v", d.pragma, got, err)
		}
	}
	for _, q := range []string{"DELETE FROM runs", "CREATE TABLE x (y)", "PRAGMA user_version = 9"} {
		if _, err := s.in().readers.Exec(q); err == nil {
			t.Errorf("a reader could %s", q)
		}
	}
}

func TestCancelledAddStoresNothing(t *testing.T) {
	s := mustOpen(t)
	run := mustRun(t, s)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	r := sample(run.ID, 1)
	if err := s.Add(ctx, r); !errors.Is(err, context.Canceled) || r.ID != 0 {
		t.Errorf("id %d, %v", r.ID, err)
	}
	// Someone else is writing: waiting for the turn ends with the context.
	s.in().writer.turn <- struct{}{}
	ctx, cancel = context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	if err := s.Add(ctx, r); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	<-s.in().writer.turn
	// The context ends between two records of one transaction.
	ctx, cancel = context.WithCancel(context.Background())
	defer cancel()
	err := s.writing(ctx, "test", func(steady context.Context, w *writer) error {
		r.ID = 77
		err := w.insert(steady, r)
		r.ID = 0
		cancel()
		return err
	})
	if !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if n, err := s.Count(context.Background(), Filter{}); n != 0 || err != nil {
		t.Errorf("%d records stored, %v", n, err)
	}
	mustAdd(t, s, r)
}

func TestCancelledReadSaysSo(t *testing.T) {
	s := mustOpen(t)
	run := mustRun(t, s)
	mustAdd(t, s, sample(run.ID, 1), sample(run.ID, 2), sample(run.ID, 3))
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	n := 0
	var last error
	for _, err := range s.Verdicts(ctx, Filter{}) {
		n++
		last = err
		cancel()
	}
	if !errors.Is(last, context.Canceled) || n > 3 {
		t.Errorf("%d records, then %v", n, last)
	}
}

func TestReaderMayWriteWhileItReads(t *testing.T) {
	s := mustOpen(t)
	run := mustRun(t, s)
	mustAdd(t, s, sample(run.ID, 1), sample(run.ID, 2), sample(run.ID, 3))
	seen := 0
	for r, err := range s.Verdicts(context.Background(), Filter{}) {
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Override(context.Background(), r.ID, NG, "anna", ""); err != nil {
			t.Fatal(err)
		}
		mustAdd(t, s, sample(run.ID, 10+seen))
		if _, err := s.Verdict(context.Background(), r.ID); err != nil {
			t.Fatal(err)
		}
		seen++
	}
	if seen != 3 {
		t.Errorf("the listing saw %d records, not the 3 of when it began", seen)
	}
}

func TestClosedStoreSaysSo(t *testing.T) {
	s := mustOpen(t)
	run := mustRun(t, s)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	_, startErr := s.StartRun(ctx, Run{})
	_, countErr := s.Count(ctx, Filter{})
	var listErr error
	for _, err := range s.Verdicts(ctx, Filter{}) {
		listErr = err
	}
	for what, err := range map[string]error{
		"add": s.Add(ctx, sample(run.ID, 1)), "override": s.Override(ctx, 1, OK, "anna", ""),
		"end": s.EndRun(ctx, run.ID, Done, ""), "check": s.Check(ctx), "start": startErr, "count": countErr, "list": listErr,
	} {
		if !errors.Is(err, ErrClosed) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if err := s.Close(); err != nil {
		t.Errorf("second close: %v", err)
	}
	if !alone(s.Path()) {
		t.Error("the log was left behind")
	}
}

func TestSecondWriterIsToldWhoHoldsTheHistory(t *testing.T) {
	s := mustOpen(t)
	link := filepath.Join(t.TempDir(), "link.db")
	if err := os.Symlink(s.Path(), link); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{s.Path(), link} {
		_, err := Open(path)
		var fault *StorageError
		if !errors.Is(err, ErrLocked) || !errors.As(err, &fault) || !strings.Contains(err.Error(), fmt.Sprintf("process %d", os.Getpid())) {
			t.Errorf("second writer: %v", err)
		}
	}
	run := mustRun(t, s)
	mustAdd(t, s, sample(run.ID, 1))
	reader, err := OpenReadOnly(link)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	if n, err := reader.Count(context.Background(), Filter{}); n != 1 || err != nil {
		t.Errorf("reader beside the writer sees %d, %v", n, err)
	}
	mustAdd(t, s, sample(run.ID, 2))
	if n, err := reader.Count(context.Background(), Filter{}); n != 2 || err != nil {
		t.Errorf("reader sees %d after another record, %v", n, err)
	}
	if err := reader.Add(context.Background(), sample(run.ID, 3)); !errors.Is(err, ErrReadOnly) {
		t.Errorf("reader adds: %v", err)
	}
}

func TestPathsWithMeaningForURIsAreJustPaths(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "a b?mode=ro&x#y%41;é")
	path := filepath.Join(dir, "h?i%20.db")
	s := mustReopen(t, path)
	run := mustRun(t, s)
	mustAdd(t, s, sample(run.ID, 1))
	if _, err := os.Stat(path); err != nil {
		t.Error(err)
	}
}

func TestReadOnlyNeedsAFile(t *testing.T) {
	dir := t.TempDir()
	_, err := OpenReadOnly(filepath.Join(dir, "no", "history.db"))
	if !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Error("a folder was made")
	}
}

func TestFullDiskIsSaidAndLosesNothing(t *testing.T) {
	s := mustOpen(t)
	run := mustRun(t, s)
	mustAdd(t, s, sample(run.ID, 1))
	var pages int
	if err := s.in().writer.conn.QueryRowContext(context.Background(), "PRAGMA page_count").Scan(&pages); err != nil {
		t.Fatal(err)
	}
	limit := func(n int) {
		if _, err := s.in().writer.conn.ExecContext(context.Background(), fmt.Sprintf("PRAGMA max_page_count = %d", n)); err != nil {
			t.Fatal(err)
		}
	}
	limit(pages)
	big := sample(run.ID, 2)
	big.Thumbnail = bytes.Repeat([]byte("x"), 100_000)
	err := s.Add(context.Background(), big)
	var fault *StorageError
	if !errors.Is(err, ErrFull) || !errors.As(err, &fault) || fault.Path != s.Path() || fault.Hint == "" || big.ID != 0 {
		t.Errorf("full disk: %v", err)
	}
	rec := NewRecorder(s)
	if err := rec.Add(context.Background(), big); err != nil || big.ID != 2 {
		t.Errorf("full disk through the recorder: id %d, %v", big.ID, err)
	}
	if h := rec.Health(); h.OK() || !errors.Is(h.Fault, ErrFull) || h.Reason() != ErrFull.Error() || h.Remedy() == "" || h.Waiting != 1 {
		t.Errorf("full disk: %v", h)
	}
	limit(1 << 30)
	if err := rec.Close(); err != nil {
		t.Errorf("with room again: %v", err)
	}
	if got := collect(t, s, Filter{}); len(got) != 2 || got[1].ID != 2 {
		t.Errorf("%d records", len(got))
	}
	mustVerify(t, s)
}

// sum returns the content hash of a file.
func sum(t *testing.T, path string) [32]byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return sha256.Sum256(data)
}

func TestDamagedFileIsNamedAndLeftAlone(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	noise := make([]byte, 20_000)
	for i := range noise {
		noise[i] = byte(rng.Uint32())
	}
	whole := filepath.Join(t.TempDir(), "whole.db")
	s := mustReopen(t, whole)
	run := mustRun(t, s)
	for i := range 300 {
		mustAdd(t, s, sample(run.ID, i))
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(whole)
	if err != nil {
		t.Fatal(err)
	}
	garbled := bytes.Clone(data)
	copy(garbled[100:], noise[:4096])
	for name, c := range map[string]struct {
		data []byte
		want error
	}{
		"noise":              {noise, ErrNotDatabase},
		"text":               {[]byte("id,run,time\n"), ErrNotDatabase},
		"header cut off":     {data[:60], ErrNotDatabase},
		"magic, then noise":  {append([]byte("SQLite format 3\x00"), noise...), ErrNotDatabase},
		"half":               {data[:len(data)/8192*4096], ErrDamaged},
		"odd length":         {data[:5000], ErrDamaged},
		"noise in the first": {garbled, ErrDamaged},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "history.db")
			if err := os.WriteFile(path, c.data, 0o666); err != nil {
				t.Fatal(err)
			}
			before := sum(t, path)
			for _, open := range []func(string) (*Store, error){Open, OpenReadOnly} {
				s, err := open(path)
				if err == nil {
					s.Close()
					t.Fatal("opened")
				}
				var fault *StorageError
				if !errors.Is(err, c.want) || !errors.As(err, &fault) || !strings.Contains(err.Error(), path) || fault.Hint == "" {
					t.Errorf("got %v", err)
				}
			}
			if sum(t, path) != before {
				t.Error("the file was changed")
			}
		})
	}
}

func TestCheckFindsDamageInTheMiddle(t *testing.T) {
	path := filepath.Join(t.TempDir(), "history.db")
	s := mustReopen(t, path)
	run := mustRun(t, s)
	for i := range 300 {
		mustAdd(t, s, sample(run.ID, i))
	}
	if err := s.Check(context.Background()); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 4096 { // the last page belongs to some table or index
		data[len(data)-4096+i] ^= 0x55
	}
	if err := os.WriteFile(path, data, 0o666); err != nil {
		t.Fatal(err)
	}
	reader, err := OpenReadOnly(path)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	if err := reader.Check(context.Background()); !errors.Is(err, ErrDamaged) {
		t.Errorf("check: %v", err)
	}
}

func TestForeignFilesAreLeftAlone(t *testing.T) {
	dir := t.TempDir()
	if _, err := Open(dir); !errors.Is(err, ErrNotDatabase) {
		t.Errorf("a folder: %v", err)
	}
	for name, script := range map[string]string{
		"other tables":      "CREATE TABLE songs (title)",
		"other application": "PRAGMA application_id = 5; CREATE TABLE verdicts (x)",
	} {
		path := filepath.Join(dir, name+".db")
		if err := script1(path, script); err != nil {
			t.Fatal(err)
		}
		before := sum(t, path)
		if _, err := Open(path); !errors.Is(err, ErrForeign) {
			t.Errorf("%s: %v", name, err)
		}
		if sum(t, path) != before {
			t.Errorf("%s: the file was changed", name)
		}
	}
}

func TestNoiseBesideAJournalIsLeftAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "history.db")
	for _, name := range []string{path, path + "-journal"} {
		if err := os.WriteFile(name, bytes.Repeat([]byte("noise "), 2000), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	before := sum(t, path)
	for _, open := range []func(string) (*Store, error){Open, OpenReadOnly} {
		if _, err := open(path); !errors.Is(err, ErrNotDatabase) {
			t.Errorf("got %v", err)
		}
	}
	if sum(t, path) != before {
		t.Error("the file was changed")
	}
}

// A program that dies while it makes the file leaves pages and a journal to
// undo them by; a history with only SQLite's first page is as good as none.
func TestHalfMadeFileBecomesAHistory(t *testing.T) {
	dir := t.TempDir()
	bare := filepath.Join(dir, "bare.db")
	if err := script1(bare, "PRAGMA journal_mode = WAL"); err != nil {
		t.Fatal(err)
	}
	mustRun(t, mustReopen(t, bare))

	conn := mustConn(t, filepath.Join(dir, "making.db"))
	_, err := conn.ExecContext(context.Background(), `PRAGMA cache_size = 1; BEGIN; CREATE TABLE half (x);
		WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500) INSERT INTO half SELECT randomblob(1000) FROM n`)
	if err != nil {
		t.Fatal(err)
	}
	for _, side := range []string{"", "-journal"} {
		data, err := os.ReadFile(filepath.Join(dir, "making.db"+side))
		if err != nil || len(data) == 0 {
			t.Fatalf("there is no %s to copy: %v", side, err)
		}
		if err := os.WriteFile(filepath.Join(dir, "half.db"+side), data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	mustRun(t, mustReopen(t, filepath.Join(dir, "half.db")))
}

func TestVerdictOutlivesItsThumbnail(t *testing.T) {
	s := mustOpen(t)
	run := mustRun(t, s)
	r := sample(run.ID, 3)
	mustAdd(t, s, r)
	mustAdd(t, s, sample(run.ID, 4)) // the newest verdict stays whole
	s.Now = func() time.Time { return noon.Add(48 * time.Hour) }
	if _, err := s.Retain(context.Background(), Retention{Thumbnails: time.Hour}); err != nil {
		t.Fatal(err)
	}
	got, err := s.Verdict(context.Background(), r.ID)
	if err != nil || got.Thumbnail != nil || got.ThumbnailSHA256 != r.ThumbnailSHA256 {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestUnknownRunIsSaid(t *testing.T) {
	s := mustOpen(t)
	err := s.Add(context.Background(), &Record{Run: 5, Path: "a.png", Verdict: OK})
	if !errors.Is(err, ErrNotFound) || err.Error() != `"a.png" of run 5: not in the history` {
		t.Errorf("got %v", err)
	}
}

// People read these; each names the file and what helps.
func TestSentences(t *testing.T) {
	const path = "/data/history.db"
	for want, err := range map[string]error{
		"open history /data/history.db: another program is writing to it (process 7); close the other program, or open the history for reading":                                 fmt.Errorf("%w (process 7)", ErrLocked),
		"open history /data/history.db: the file is not a database; choose another file, or move this one away to start a new history; it was left as it is":                    ErrNotDatabase,
		"open history /data/history.db: the database is damaged (database disk image is malformed); copy the file to a safe place, then restore a backup; it was left as it is": sqlite3.Error{Code: sqlite3.ErrCorrupt},
		"open history /data/history.db: the disk is full (no space left on device); make room on the disk, then try again; nothing already stored is lost":                      syscall.ENOSPC,
		"open history /data/history.db: strange": errors.New("strange"),
	} {
		if got := storage("open history", path, err).Error(); got != want {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
	}
	if storage("open history", path, nil) != nil {
		t.Error("a fault was made of nothing")
	}
}
