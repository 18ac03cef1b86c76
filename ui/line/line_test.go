package line

import (
	"context"
	"fmt"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"agurscope/history"
)

// bench is a station with a real history.
type bench struct {
	t     testing.TB
	store *history.Store
	run   history.Run
	dir   string
}

func newBench(t testing.TB) *bench {
	t.Helper()
	dir := t.TempDir()
	s, err := history.Open(filepath.Join(dir, "history.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	run, err := s.StartRun(context.Background(), history.Run{Source: "test"})
	if err != nil {
		t.Fatal(err)
	}
	return &bench{t, s, run, dir}
}

// open opens a line whose configuration is given as JSON.
func (b *bench) open(config string) *Line {
	b.t.Helper()
	l := b.prepare(config)
	l.start()
	return l
}

// prepare is open without serving the peers yet.
func (b *bench) prepare(config string) *Line {
	b.t.Helper()
	c, err := Parse([]byte(config))
	if err != nil {
		b.t.Fatal(err)
	}
	l, err := prepare(c, Options{Log: b.store, Folder: filepath.Join(b.dir, "line")})
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { l.Close() })
	return l
}

// judge stores a verdict and tells the line.
func (b *bench) judge(l *Line, v history.Verdict, name string) *history.Record {
	b.t.Helper()
	started := time.Now()
	r := &history.Record{Run: b.run.ID, Name: name, Path: name, Verdict: v, Score: 0.5, Index: 40, Latency: time.Millisecond}
	if v == history.ERROR {
		r.Score, r.Index, r.Error = math.NaN(), math.NaN(), "no picture"
	}
	if v == history.NG {
		r.Regions = []history.Region{{X: 1, Y: 2, W: 3, H: 4, Area: 9, Peak: 2, Mean: 1, Polarity: "dark"}}
	}
	if err := b.store.Add(context.Background(), r); err != nil {
		b.t.Fatal(err)
	}
	l.Tell(r, started)
	return r
}

// inbox collects the ids that a peer has accepted.
type inbox struct {
	mu  sync.Mutex
	ids []int64
}

func (i *inbox) add(id int64) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.ids = append(i.ids, id)
}

// missing returns which of the ids from 1 to last have not come, and whether
// those that came were in order when repetitions do not count.
func (i *inbox) missing(last int64) (lost []int64, ordered bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	seen, highest := map[int64]bool{}, int64(0)
	ordered = true
	for _, id := range i.ids {
		if !seen[id] && id < highest {
			ordered = false
		}
		seen[id] = true
		highest = max(highest, id)
	}
	for id := int64(1); id <= last; id++ {
		if !seen[id] {
			lost = append(lost, id)
		}
	}
	return lost, ordered
}

// arrive waits until everything up to last has come.
func (i *inbox) arrive(t *testing.T, last int64) {
	t.Helper()
	eventually(t, func() bool { lost, _ := i.missing(last); return len(lost) == 0 }, func() string {
		lost, _ := i.missing(last)
		return fmt.Sprintf("%d of %d verdicts have not arrived: %v", len(lost), last, lost[:min(len(lost), 10)])
	})
	if _, ordered := i.missing(last); !ordered {
		t.Error("the verdicts did not arrive in order")
	}
}

// eventually fails only where something never happens; how long it takes on a
// busy machine is no matter.
func eventually(t *testing.T, ok func() bool, what func() string) {
	t.Helper()
	for end := time.Now().Add(60 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal(what())
		}
	}
}

// freePort returns a port that nobody uses.
func freePort(t testing.TB) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

func TestNilLineTellsNobody(t *testing.T) {
	var l *Line
	l.Tell(&history.Record{}, time.Now())
	l.SetState(Inspecting, "")
	l.SetTrigger(nil)
	if l.Status() != nil || l.Close() != nil {
		t.Error("a nil line does something")
	}
}

func TestReportSaysNothingForWhatIsNotANumber(t *testing.T) {
	r := reportOf("bench", &history.Record{ID: 3, Verdict: history.ERROR, Score: math.NaN(), Index: math.NaN(), Error: "x"})
	if r.OK || r.Score != nil || r.Index != nil || r.Regions == nil {
		t.Errorf("report on an error: %+v", r)
	}
	if got := string(message(r)); !strings.Contains(got, `"score":null`) || !strings.Contains(got, `"ok":false`) {
		t.Error(got)
	}
	for _, v := range []history.Verdict{history.REVIEW, history.NG, history.ERROR, "", "ok"} {
		if reportOf("bench", &history.Record{Verdict: v}).OK {
			t.Errorf("%q may pass", v)
		}
	}
}

func TestOpenWithoutHistory(t *testing.T) {
	if _, err := Open(Config{Station: "a", Folder: &Folder{"x"}}, Options{}); err == nil || !strings.Contains(err.Error(), "--db") {
		t.Errorf("without a history: %v", err)
	}
}

// A peer that is new hears nothing of the past; one that comes back hears all
// that it has missed, and one whose history was replaced does not wait for ids
// that never come.
func TestCursor(t *testing.T) {
	ctx := context.Background()
	b := newBench(t)
	for i := range 5 {
		b.judge(nil, history.OK, fmt.Sprint(i))
	}
	path := filepath.Join(b.dir, "peer.json")
	c := cursor{path: path}
	if err := c.ready(ctx, b.store); err != nil || c.at() != 5 {
		t.Fatalf("a new peer begins after %d, %v", c.at(), err)
	}
	if err := c.move(3); err != nil {
		t.Fatal(err)
	}
	again := cursor{path: path}
	if err := again.ready(ctx, b.store); err != nil || again.at() != 3 {
		t.Errorf("a peer that comes back goes on after %d, %v", again.at(), err)
	}
	if err := c.move(1000); err != nil {
		t.Fatal(err)
	}
	replaced := cursor{path: path}
	if err := replaced.ready(ctx, b.store); err != nil || replaced.at() != 5 {
		t.Errorf("with a younger history: after %d, %v", replaced.at(), err)
	}
	if err := writeFile(path, []byte("not json")); err != nil {
		t.Fatal(err)
	}
	damaged := cursor{path: path}
	if err := damaged.ready(ctx, b.store); err != nil || damaged.at() != 5 {
		t.Errorf("with a damaged file: after %d, %v", damaged.at(), err)
	}
}

func TestBackoffIsBounded(t *testing.T) {
	var b backoff
	for i := range 100 {
		if d := b.next(); d <= 0 || d > longest*5/4 {
			t.Fatalf("attempt %d waits %v", i, d)
		}
	}
}

// Opening and closing leaves nothing behind, whether peers are there or not.
func TestCloseLeavesNothing(t *testing.T) {
	m := newMosquitto(t)
	m.start()
	b := newBench(t)
	hook := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer hook.Close()
	config := func(broker string) string {
		return fmt.Sprintf(`{"station":"bench-3","mqtt":{"broker":%q},"webhook":{"url":%q},"folder":{"dir":%q},
			"tcp":{"listen":"127.0.0.1:0"},"modbus":{"listen":"127.0.0.1:%d"}}`, broker, hook.URL, b.dir, freePort(t))
	}
	cycle := func(broker string) {
		l := b.open(config(broker))
		l.SetState(Inspecting, "")
		b.judge(l, history.OK, "part")
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	}
	cycle(m.url())
	before := runtime.NumGoroutine()
	for i := range 10 {
		cycle([]string{m.url(), fmt.Sprintf("tcp://127.0.0.1:%d", freePort(t))}[i%2])
	}
	eventually(t, func() bool { return runtime.NumGoroutine() <= before+2 }, func() string {
		buf := make([]byte, 1<<20)
		return fmt.Sprintf("%d goroutines were %d:\n%s", runtime.NumGoroutine(), before, buf[:runtime.Stack(buf, true)])
	})
}

// Retry does not wait for the next attempt.
func TestRetryTriesAtOnce(t *testing.T) {
	b := newBench(t)
	dir := filepath.Join(b.dir, "not there yet")
	l := b.open(fmt.Sprintf(`{"station":"bench-3","folder":{"dir":%q}}`, dir))
	for range 6 { // until the waits are at their longest
		was := l.Status()[0].Tried
		eventually(t, func() bool { return l.Status()[0].Tried.After(was) }, func() string { return "it is not tried" })
		l.Retry()
	}
	if s := l.Status()[0]; s.Kind != "folder" || s.Problem == "" || s.Since.After(s.Tried) {
		t.Errorf("%+v", s)
	}
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() bool { l.Retry(); return l.Status()[0].Problem == "" }, func() string { return fmt.Sprintf("%+v", l.Status()) })
}
