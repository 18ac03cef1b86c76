package line

import (
	"crypto/hmac"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"agurscope/history"
)

func TestWebhook(t *testing.T) {
	b := newBench(t)
	secretFile := filepath.Join(b.dir, "secret")
	if err := os.WriteFile(secretFile, []byte("between us\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var got inbox
	var calls atomic.Int64
	peer := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		body, err := io.ReadAll(q.Body)
		if err != nil {
			return
		}
		stamp, err := strconv.ParseInt(q.Header.Get(HeaderTime), 10, 64)
		want := Sign([]byte("between us"), time.Unix(stamp, 0), body)
		if err != nil || !hmac.Equal([]byte(want), []byte(q.Header.Get(HeaderSignature))) {
			t.Errorf("signature %q at %q, want %q", q.Header.Get(HeaderSignature), q.Header.Get(HeaderTime), want)
		}
		// Every kind of refusal and failure, before the verdict is accepted.
		switch calls.Add(1) % 7 {
		case 1:
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		case 3:
			w.WriteHeader(http.StatusUnprocessableEntity)
			return
		case 4:
			http.Redirect(w, q, "http://127.0.0.1:1/", http.StatusTemporaryRedirect)
			return
		case 6:
			panic(http.ErrAbortHandler)
		}
		var r Report
		if err := json.Unmarshal(body, &r); err != nil || q.Header.Get(HeaderID) != fmt.Sprint(r.ID) {
			t.Errorf("body %s with id %q: %v", body, q.Header.Get(HeaderID), err)
		}
		got.add(r.ID)
	}))
	defer peer.Close()
	l := b.open(fmt.Sprintf(`{"station":"bench-3","webhook":{"url":%q,"secret_file":%q}}`, peer.URL, secretFile))
	eventually(t, func() bool { return l.Status()[0].Connected }, func() string { return "not connected" })
	for i := range 10 {
		b.judge(l, history.NG, fmt.Sprint(i))
	}
	got.arrive(t, 10)
	eventually(t, func() bool { s := l.Status()[0]; return s.Problem == "" && s.Last == 10 && !s.Waiting },
		func() string { return fmt.Sprintf("%+v", l.Status()) })
}

// A peer that is away says so in its state, and gets everything when it is back,
// also when the program has been started anew meanwhile.
func TestWebhookComesBack(t *testing.T) {
	b := newBench(t)
	port := freePort(t)
	config := fmt.Sprintf(`{"station":"bench-3","webhook":{"url":"http://127.0.0.1:%d/hook"}}`, port)
	l := b.open(config)
	eventually(t, func() bool { return l.Status()[0].Connected }, func() string { return "cursor not set" })
	b.judge(l, history.OK, "a")
	eventually(t, func() bool { return len(l.Faults()) == 1 }, func() string { return "an absent peer is no problem" })
	if p := l.Faults()[0]; !p.Waiting || !strings.Contains(p.Problem, "refused") {
		t.Errorf("state %+v", p)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	b.judge(nil, history.REVIEW, "b")
	l = b.open(config)
	b.judge(l, history.NG, "c")
	var got inbox
	peer := &http.Server{Addr: fmt.Sprintf("127.0.0.1:%d", port), Handler: http.HandlerFunc(func(_ http.ResponseWriter, q *http.Request) {
		id, _ := strconv.ParseInt(q.Header.Get(HeaderID), 10, 64)
		got.add(id)
	})}
	go func() { _ = peer.ListenAndServe() }()
	defer peer.Close()
	got.arrive(t, 3)
}

func TestFolder(t *testing.T) {
	b := newBench(t)
	dir := filepath.Join(b.dir, "outbox")
	l := b.open(fmt.Sprintf(`{"station":"bench-3","folder":{"dir":%q}}`, dir))
	eventually(t, func() bool { return len(l.Faults()) == 1 }, func() string { return "an absent folder is no problem" })
	b.judge(l, history.OK, "a")
	if err := os.Mkdir(dir, 0o755); err != nil { // the share is mounted
		t.Fatal(err)
	}
	b.judge(l, history.NG, "b")
	want := []string{"0000000001_OK.json", "0000000002_NG.json"}
	eventually(t, func() bool { _, err := os.Stat(filepath.Join(dir, want[1])); return err == nil }, func() string { return "no file" })
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != 2 {
		t.Fatalf("files %v, %v", files, err)
	}
	for i, f := range files {
		var r Report
		data, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil || json.Unmarshal(data, &r) != nil || r.ID != int64(i+1) || f.Name() != want[i] {
			t.Errorf("%s: %s, %v", f.Name(), data, err)
		}
		if info, err := f.Info(); err != nil || info.Mode().Perm() != 0o644 {
			t.Errorf("%s can be read by %v, %v", f.Name(), info.Mode(), err)
		}
	}
}

// What people are told of a peer holds no password.
func TestPasswordsOfAddressesAreNotShown(t *testing.T) {
	b := newBench(t)
	port := freePort(t)
	l := b.open(fmt.Sprintf(`{"station":"bench-3","webhook":{"url":"http://station:between-us@127.0.0.1:%d/"},"mqtt":{"broker":"tcp://station:between-us@127.0.0.1:%d"}}`, port, port))
	b.judge(l, history.OK, "a")
	eventually(t, func() bool { return len(l.Faults()) == 2 }, func() string { return fmt.Sprint(l.Status()) })
	for _, s := range l.Status() {
		if strings.Contains(fmt.Sprint(s), "between-us") || !strings.Contains(s.Peer, "127.0.0.1") {
			t.Errorf("%+v", s)
		}
	}
}
