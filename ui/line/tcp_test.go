package line

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"agurscope/history"
)

// dialTCP connects to the line's first peer.
func dialTCP(t *testing.T, l *Line) (net.Conn, *bufio.Reader) {
	t.Helper()
	c, err := net.Dial("tcp", l.peers[0].(*tcpServer).listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if err := c.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	return c, bufio.NewReader(c)
}

// expect reads lines until one begins with want.
func expect(t *testing.T, r *bufio.Reader, want string) string {
	t.Helper()
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			t.Fatalf("waiting for %q: %v", want, err)
		}
		if strings.HasPrefix(line, want) {
			return strings.TrimSuffix(line, "\n")
		}
	}
}

func TestTCP(t *testing.T) {
	b := newBench(t)
	b.judge(nil, history.OK, "before")
	l := b.open(`{"station":"bench-3","tcp":{"listen":"127.0.0.1:0"}}`)
	c, r := dialTCP(t, l)
	expect(t, r, "HELLO\tagurscope\tbench-3")
	expect(t, r, "STATE\tidle\t-")
	l.SetState(Inspecting, "")
	expect(t, r, "STATE\tinspecting\t-")
	b.judge(l, history.NG, "a\tname\nof two lines")
	got := strings.Split(expect(t, r, "VERDICT\t2\tNG\t"), "\t")
	if len(got) != 9 || got[4] != "0.5" || got[6] != "1" || got[8] != "a name of two lines" {
		t.Errorf("verdict %q", got)
	}
	b.judge(l, history.ERROR, "unread")
	if got := strings.Split(expect(t, r, "VERDICT\t3\tERROR\t"), "\t"); got[4] != "-" || got[5] != "-" {
		t.Errorf("error %q", got)
	}
	fmt.Fprint(c, "SINCE 0\n")
	expect(t, r, "VERDICT\t1\tOK\t")
	expect(t, r, "VERDICT\t3\tERROR\t")
	fmt.Fprint(c, "PING\r\n")
	expect(t, r, "PONG")
	fmt.Fprint(c, "TRIGGER\n")
	expect(t, r, "ERROR\tthe source runs freely")
	fmt.Fprint(c, "GET / HTTP/1.1\n")
	expect(t, r, "ERROR\tunderstood are")
	fmt.Fprint(c, "STATE\n")
	expect(t, r, "STATE\tinspecting")
	l.SetTrigger(func() error { return errors.New("no camera") })
	fmt.Fprint(c, "TRIGGER\n")
	expect(t, r, "ERROR\tno camera")
}

// Whoever sends a line without end, comes too often or does not read is shown out,
// and the others do not notice.
func TestTCPHostile(t *testing.T) {
	b := newBench(t)
	l := b.open(`{"station":"bench-3","tcp":{"listen":"127.0.0.1:0"}}`)
	endless, r := dialTCP(t, l)
	expect(t, r, "HELLO")
	go func() { _, _ = io.Copy(endless, strings.NewReader(strings.Repeat("x", 1<<20))) }()
	if _, err := io.Copy(io.Discard, r); err == nil {
		t.Log("closed")
	}
	var crowd []net.Conn
	for range 3 * maxClients {
		c, _ := dialTCP(t, l)
		crowd = append(crowd, c)
	}
	for _, c := range crowd {
		c.Close()
	}
	// Those of the crowd that are still to be accepted may take the places once more.
	eventually(t, func() bool {
		_, r = dialTCP(t, l)
		hello, err := r.ReadString('\n')
		return err == nil && strings.HasPrefix(hello, "HELLO")
	}, func() string { return "places are not given back" })
	b.judge(l, history.OK, "a")
	expect(t, r, "VERDICT\t1\tOK")
}

func TestPortInUse(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	b := newBench(t)
	free := freePort(t)
	for _, config := range []string{
		fmt.Sprintf(`{"station":"a","tcp":{"listen":%q}}`, taken.Addr()),
		fmt.Sprintf(`{"station":"a","tcp":{"listen":"127.0.0.1:%d"},"modbus":{"listen":%q}}`, free, taken.Addr()),
	} {
		c, err := Parse([]byte(config))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Open(c, Options{Log: b.store, Folder: b.dir}); err == nil || !strings.Contains(err.Error(), taken.Addr().String()) {
			t.Errorf("%s: %v", config, err)
		}
	}
	// What was opened before the failure is closed again.
	again, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", free))
	if err != nil {
		t.Fatal(err)
	}
	again.Close()
}

func FuzzCommand(f *testing.F) {
	for _, s := range []string{"SINCE 5", "STATE", "PING", "TRIGGER", "SINCE -1", "SINCE 99999999999999999999", "", "\x00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		q, err := parseCommand(s)
		if err == nil && (q.id < 0 || !strings.Contains("SINCE STATE PING TRIGGER", q.word)) {
			t.Errorf("%q is understood as %+v", s, q)
		}
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		listen(ctx, strings.NewReader(s), make(chan command))
	})
}
