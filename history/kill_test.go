package history

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"
)

// suffering is what another kind of child does, where there is one.
var suffering func() bool

// victimEnv names the history that a child of this test fills until it is killed.
const victimEnv = "AGURSCOPE_HISTORY_VICTIM"

func TestMain(m *testing.M) {
	if path := os.Getenv(victimEnv); path != "" {
		victim(path)
	}
	if suffering != nil && suffering() {
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// victim adds records in every way there is and says which were acknowledged,
// one line "id number" each, until somebody kills it.
func victim(path string) {
	s, err := Open(path)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	ctx := context.Background()
	run, err := s.StartRun(ctx, Run{Source: "kill test"})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	rec := NewRecorder(s)
	base := int(run.ID) * 10_000_000
	for g := range 4 {
		go fill(base+g*1_000_000, run.ID, func(r ...*Record) error { return rec.Add(ctx, r...) }, []int{1, 1, 40, 7}[g])
	}
	go fill(base+4_000_000, run.ID, func(r ...*Record) error { return s.Add(ctx, r...) }, 3)
	select {}
}

// fill adds batches for ever; the number of a record tells its whole content.
func fill(number int, run int64, add func(...*Record) error, batch int) {
	for {
		records := make([]*Record, batch)
		for i := range records {
			records[i] = sample(run, number+i)
		}
		if err := add(records...); err != nil && os.Getenv("FAULT_OP") != "" {
			time.Sleep(time.Millisecond) // what was not acknowledged is tried again
			continue
		} else if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		var lines []byte
		for i, r := range records {
			lines = fmt.Appendf(lines, "%d %d\n", r.ID, number+i)
		}
		// One write of less than PIPE_BUF is never torn, however many of us write.
		if _, err := os.Stdout.Write(lines); err != nil {
			os.Exit(1)
		}
		number += batch
	}
}

// acknowledged maps ids to record numbers.
type acknowledged map[int64]int

// killOne lets a child write until some moment after its first acknowledged
// record, kills it and adds what it acknowledged to acks.
func killOne(t *testing.T, path string, after time.Duration, acks acknowledged, env ...string) {
	t.Helper()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), victimEnv+"="+path)
	child.Env = append(child.Env, env...)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	var reading sync.WaitGroup
	first := make(chan struct{})
	reading.Go(func() { listen(out, acks, first) })
	<-first
	time.Sleep(after)
	if err := child.Process.Kill(); err != nil { // SIGKILL
		t.Error(err)
	}
	reading.Wait()
	_ = child.Wait() // "signal: killed"
}

// listen reads acknowledgements to the end and closes first at the first.
func listen(out io.Reader, acks acknowledged, first chan struct{}) {
	once := sync.OnceFunc(func() { close(first) })
	defer once()
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		var id int64
		var number int
		if _, err := fmt.Sscanf(lines.Text(), "%d %d", &id, &number); err == nil {
			acks[id] = number
			once()
		}
	}
}

// anew is how often a test dies in one history before it begins another, for
// every death is followed by a look at all of it.
const anew = 25

// kills is how often the program dies in a test.
func kills() int {
	if v, err := strconv.Atoi(os.Getenv("AGURSCOPE_KILLS")); err == nil && v > 0 {
		return v
	}
	return 10
}

// What was acknowledged survives the death of the program at any moment, and
// the file is whole. AGURSCOPE_KILLS sets how often it dies.
func TestKilledProgramLosesNothingAcknowledged(t *testing.T) {
	path, rng := "", rand.New(rand.NewPCG(9, 9))
	total := 0
	for n := range kills() {
		if n%anew == 0 {
			path = filepath.Join(t.TempDir(), "history.db")
		}
		acks := acknowledged{}
		killOne(t, path, time.Duration(rng.Int64N(int64(150*time.Millisecond))), acks)
		if len(acks) == 0 {
			t.Fatal("the child acknowledged nothing")
		}
		total += len(acks)
		checkSurvivors(t, path, int64(n%anew+1), acks)
	}
	t.Logf("%d kills, %d acknowledged verdicts, none lost", kills(), total)
}

func checkSurvivors(t *testing.T, path string, run int64, acks acknowledged) {
	t.Helper()
	ctx := context.Background()
	s, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Check(ctx); err != nil {
		t.Fatal(err)
	}
	mustVerify(t, s)
	found := map[int64]Record{}
	for _, r := range collect(t, s, Filter{Run: run}) {
		found[r.ID] = r
	}
	for id, number := range acks {
		want := *sample(run, number)
		want.ID, want.Name = id, filepath.Base(want.Path)
		if err := want.hashThumbnail(); err != nil {
			t.Fatal(err)
		}
		want.Thumbnail, want.Embedding = nil, nil
		if got, ok := found[id]; !ok || !same(got, want) {
			t.Errorf("acknowledged verdict %d is %+v, want %+v", id, got, want)
		}
	}
	// Whole records only: every thumbnail and embedding is there, too.
	for id := range acks {
		if full, err := s.Verdict(ctx, id); err != nil || len(full.Thumbnail) == 0 || len(full.Embedding) != 3 {
			t.Errorf("verdict %d came back with %d bytes and %d numbers, %v", id, len(full.Thumbnail), len(full.Embedding), err)
		}
		break
	}
	if got, err := s.Run(ctx, run); err != nil || got.Status != Interrupted {
		t.Errorf("run %d is %s, %v", run, got.Status, err)
	}
}
