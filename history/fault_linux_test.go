package history

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// sufferEnv names the history that a child of this test fills while its disk
// fails.
const sufferEnv = "AGURSCOPE_HISTORY_SUFFERER"

func init() {
	suffering = func() bool {
		path := os.Getenv(sufferEnv)
		if path != "" {
			suffer(path)
		}
		return path != ""
	}
}

// suffer stores records one by one and says which were acknowledged, and each
// time the state changes.
func suffer(path string) {
	s, err := Open(path)
	if err != nil {
		fmt.Println("refused:", err)
		return
	}
	ctx := context.Background()
	run, err := s.StartRun(ctx, Run{Source: "fault test"})
	if err != nil {
		fmt.Println("refused:", err)
		return
	}
	rec := NewRecorder(s)
	rec.pause = 1 // no need to wait
	rec.Watch(func(h Health) { fmt.Println("state:", h.OK(), h.Waiting, h.Reason()) })
	for n := range 40 {
		r := sample(run.ID, n)
		if err := rec.Add(ctx, r); err != nil {
			fmt.Println("not stored:", n, err)
			continue
		}
		fmt.Println("stored:", r.ID, n)
		if n == 20 && rec.Health().OK() {
			time.Sleep(time.Millisecond) // let the journal be emptied in between, too
		}
	}
	fmt.Println("closed:", rec.Close(), s.Close())
}

// shim builds the library that makes calls fail.
func shim(t *testing.T) string {
	t.Helper()
	lib := filepath.Join(t.TempDir(), "fault.so")
	if out, err := exec.Command("cc", "-shared", "-fPIC", "-O1", "-o", lib, "testdata/fault.c", "-ldl", "-lpthread").CombinedOutput(); err != nil {
		t.Fatalf("cc: %v: %s", err, out)
	}
	return lib
}

// Write errors, short writes, a full disk and syncs that fail, at any call:
// nothing that was acknowledged is lost or stored twice, the state says at once
// what is wrong, and the chain holds.
func TestFaultsBelowSQLite(t *testing.T) {
	lib := shim(t)
	reasons := map[string]error{"write": errIO, "sync": errIO, "full": ErrFull, "short": ErrFull}
	calls := []int{1, 6, 15, 30, 100}
	if os.Getenv("AGURSCOPE_KILLS") != "" {
		for n := 2; n < 120; n += 4 {
			calls = append(calls, n)
		}
	}
	faulty, journaled := 0, 0
	for op, reason := range reasons {
		for _, at := range calls {
			for _, times := range []int{1, 7, 0} {
				path := filepath.Join(t.TempDir(), "history.db")
				mustReopen(t, path).Close() // made in peace
				child := exec.Command(os.Args[0])
				child.Env = append(os.Environ(), sufferEnv+"="+path, "LD_PRELOAD="+lib,
					"FAULT_OP="+op, "FAULT_FILE=history.db", fmt.Sprint("FAULT_AT=", at), fmt.Sprint("FAULT_FOR=", times))
				out, err := child.CombinedOutput()
				if err != nil {
					t.Fatalf("%s at %d: %v\n%s", op, at, err, out)
				}
				if bytes.Contains(out, []byte("state: false")) {
					journaled++
					if !bytes.Contains(out, []byte(reason.Error())) {
						t.Errorf("%s at %d for %d: the state does not say %q:\n%s", op, at, times, reason, out)
					}
				}
				if bytes.Contains(out, []byte("refused:")) || bytes.Contains(out, []byte("state: false")) {
					faulty++
				}
				if bytes.Contains(out, []byte("not stored:")) {
					t.Errorf("%s at %d for %d: a verdict was refused while the journal works:\n%s", op, at, times, out)
				}
				checkSufferer(t, path, out)
			}
		}
	}
	t.Logf("%d of %d children met a fault, %d of them went on with the journal", faulty, len(reasons)*3*len(calls), journaled)
	if journaled < 20 {
		t.Error("the faults were hardly met: nothing was shown")
	}
}

// checkSufferer opens the history in peace and looks for what was acknowledged.
func checkSufferer(t *testing.T, path string, out []byte) {
	t.Helper()
	s := mustReopen(t, path)
	defer s.Close()
	if err := s.Check(context.Background()); err != nil {
		t.Fatal(err)
	}
	mustVerify(t, s)
	found := map[int64]Record{}
	byNumber := map[uint64]int{}
	for _, r := range collect(t, s, Filter{}) {
		found[r.ID] = r
		byNumber[r.Seq]++
	}
	lines := bufio.NewScanner(bytes.NewReader(out))
	for lines.Scan() {
		var id int64
		var n int
		if _, err := fmt.Sscanf(lines.Text(), "stored: %d %d", &id, &n); err != nil {
			continue
		}
		if r, ok := found[id]; !ok || r.Seq != uint64(n) || byNumber[uint64(n)] != 1 {
			t.Errorf("acknowledged %d as %d: there are %d, %+v\n%s", n, id, byNumber[uint64(n)], r, out)
		}
	}
	if n, err := s.Waiting(); n != 0 || err != nil {
		t.Errorf("%d still wait, %v", n, err)
	}
}

// The program dies while its disk fails now and then, so that verdicts are on
// their way through the journal: none that was acknowledged is lost.
func TestKilledWithAFailingDisk(t *testing.T) {
	lib := shim(t)
	path := ""
	total, pending := 0, 0
	for n := range max(4, kills()/2) {
		if n%anew == 0 {
			path = filepath.Join(t.TempDir(), "history.db")
			mustReopen(t, path).Close()
		}
		acks := acknowledged{}
		op := []string{"write", "sync", "full", "short"}[n%4]
		killOne(t, path, time.Duration(n*37%150)*time.Millisecond, acks, "LD_PRELOAD="+lib, "FAULT_OP="+op, "FAULT_FILE=history.db-wal", fmt.Sprint("FAULT_EVERY=", 30+n%50))
		total += len(acks)
		if data, err := os.ReadFile(path + ".pending"); err == nil && len(strings.Trim(string(data[journalHeader:]), "\x00")) > 0 {
			pending++
		}
		run := int64(0)
		for id := range acks {
			s := mustReopen(t, path)
			r, err := s.Verdict(context.Background(), id)
			if err != nil {
				t.Fatalf("acknowledged verdict %d: %v", id, err)
			}
			run = r.Run
			s.Close()
			break
		}
		if len(acks) > 0 {
			checkSurvivors(t, path, run, acks)
		}
	}
	t.Logf("%d acknowledged verdicts, none lost; %d times the journal had been used", total, pending)
	if total == 0 || pending == 0 {
		t.Error("nothing was shown")
	}
}

// Where neither database nor journal takes anything, each verdict is told why, in
// the same words however long that lasts.
func TestAFaultOfBothIsSaidAsBriefTheThousandthTime(t *testing.T) {
	s := mustOpen(t)
	run := mustRun(t, s)
	rec := NewRecorder(s)
	rec.pause = time.Hour
	limitPages(t, s, 0)
	for i := 0; rec.Health().OK(); i++ {
		r := sample(run.ID, i)
		r.Thumbnail = bytes.Repeat(fmt.Appendf(nil, "%d", i), 9000)
		if err := rec.Add(context.Background(), r); err != nil {
			t.Fatal(err)
		}
	}
	full, err := os.OpenFile("/dev/full", os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer full.Close()
	good := s.in().writer.journal.f
	s.in().writer.journal.f = full
	var first string
	for i := range 1000 {
		err := rec.Add(context.Background(), sample(run.ID, i))
		if err == nil {
			t.Fatal("it was acknowledged and is nowhere")
		}
		if first == "" {
			first = err.Error()
		}
		if err.Error() != first || rec.Health().Reason() != ErrFull.Error() {
			t.Fatalf("after %d: %d letters, %q", i, len(err.Error()), rec.Health().Reason())
		}
	}
	s.in().writer.journal.f = good
	limitPages(t, s, 1<<20)
	if err := rec.Close(); err != nil {
		t.Error(err)
	}
}
