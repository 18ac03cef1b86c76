package mjpeg

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"io"
	"net"
	"net/http"
	"net/url"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"agurscope/datasets/live"
	"agurscope/datasets/live/livetest"
)

// coded is a picture, different for each i.
func coded(i int) []byte {
	m := image.NewGray(image.Rect(0, 0, 64, 48))
	for k := range m.Pix {
		m.Pix[k] = byte(k*7 + i*13)
	}
	var b bytes.Buffer
	_ = jpeg.Encode(&b, m, nil)
	return b.Bytes()
}

// camera is a peer at a fixed address.
type camera struct {
	t     testing.TB
	addr  string
	serve http.HandlerFunc
	srv   *http.Server
}

// newCamera serves until the test ends.
func newCamera(t testing.TB, serve http.HandlerFunc) *camera {
	c := &camera{t: t, addr: "127.0.0.1:0", serve: serve}
	c.Start()
	t.Cleanup(c.Stop)
	return c
}

// Start implements livetest.Peer.
func (c *camera) Start() {
	var l net.Listener
	livetestUntil(c.t, func() (err error) {
		l, err = net.Listen("tcp", c.addr)
		return err
	})
	c.addr = l.Addr().String()
	c.srv = &http.Server{Handler: c.serve}
	go c.srv.Serve(l)
}

// Stop implements livetest.Peer.
func (c *camera) Stop() { c.srv.Close() }

func livetestUntil(t testing.TB, f func() error) {
	for range 200 {
		if f() == nil {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatal("the address stays taken")
}

func (c *camera) source() *live.Source { return c.patient(0) }

func (c *camera) patient(stall time.Duration) *live.Source {
	u, err := url.Parse("http://" + c.addr + "/video")
	if err != nil {
		c.t.Fatal(err)
	}
	return live.New(live.Options{Name: "camera", Driver: &Driver{u}, Stall: stall})
}

// parts sends pictures as a well-behaved camera does.
func parts(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "multipart/x-mixed-replace; boundary=frame")
	for i := 0; r.Context().Err() == nil; i++ {
		b := coded(i)
		fmt.Fprintf(w, "--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n%s\r\n", len(b), b)
		w.(http.Flusher).Flush()
		time.Sleep(10 * time.Millisecond)
	}
}

func TestContract(t *testing.T) {
	c := newCamera(t, parts)
	livetest.Run(t, livetest.Kind{Peer: c, Open: func(*testing.T) *live.Source { return c.source() }})
}

func TestNameAndPasswordAreSentAndNeverTold(t *testing.T) {
	c := newCamera(t, func(w http.ResponseWriter, r *http.Request) {
		if name, word, _ := r.BasicAuth(); name != "eye" || word != "s3cret" {
			http.Error(w, "no", http.StatusUnauthorized)
			return
		}
		parts(w, r)
	})
	for user, works := range map[string]bool{"eye:s3cret@": true, "": false, "eye:wr0ng@": false} {
		u, _ := url.Parse("http://" + user + c.addr)
		st, err := (&Driver{u}).Open(t.Context())
		if (err == nil) != works {
			t.Errorf("%q: %v", user, err)
		}
		if err != nil && (strings.Contains(err.Error(), "wr0ng") || !strings.Contains(err.Error(), "password")) {
			t.Errorf("says %q", err)
		}
		if st != nil {
			st.Close()
		}
	}
	u, _ := url.Parse("http://eye:s3cret@127.0.0.1:1/")
	if _, err := (&Driver{u}).Open(t.Context()); err == nil || strings.Contains(err.Error(), "s3cret") {
		t.Errorf("says %v", err)
	}
}

// hostile peers: what they do, and the reason that people must be given.
var hostile = map[string]struct {
	serve func(w http.ResponseWriter, r *http.Request)
	words string
}{
	"endless headers": {func(w http.ResponseWriter, r *http.Request) {
		endless(w, r, "X-Header: and another one\r\n")
	}, "no JPEG pictures"},
	"endless part": {func(w http.ResponseWriter, r *http.Request) {
		b := coded(1)
		_, _ = w.Write(b[:len(b)-2])
		endless(w, r, strings.Repeat("\x55", 1<<16))
	}, "more than 64 MB"},
	"endless fill": {func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte{0xff, 0xd8})
		endless(w, r, strings.Repeat("\xff", 1<<10))
	}, "no JPEG pictures"},
	"half pictures": {func(w http.ResponseWriter, r *http.Request) {
		for i := 0; r.Context().Err() == nil; i++ {
			b := coded(i)
			fmt.Fprintf(w, "--frame\r\nContent-Length: %d\r\n\r\n%s\r\n", len(b), b[:len(b)/2])
			w.(http.Flusher).Flush()
			time.Sleep(5 * time.Millisecond)
		}
	}, "incomplete"},
	"pictures cut and closed": {func(w http.ResponseWriter, r *http.Request) {
		for i := 0; r.Context().Err() == nil; i++ {
			b := coded(i)
			_, _ = w.Write(append(b[:len(b)/2:len(b)/2], 0xff, 0xd9))
			w.(http.Flusher).Flush()
			time.Sleep(5 * time.Millisecond)
		}
	}, "incomplete"},
	"slow drip": {func(w http.ResponseWriter, r *http.Request) {
		b := coded(1)
		for i := 0; i < len(b) && r.Context().Err() == nil; i++ {
			_, _ = w.Write(b[i : i+1])
			w.(http.Flusher).Flush()
			time.Sleep(20 * time.Millisecond)
		}
	}, "nothing has come"},
	"says nothing": {func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, "does not answer"},
	"web page":     {func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "<html>welcome") }, "web page"},
	"not found":    {http.NotFound, "404"},
	"hangs up": {func(w http.ResponseWriter, r *http.Request) {
		if c, _, err := w.(http.Hijacker).Hijack(); err == nil {
			c.Close()
		}
	}, "closed"},
	"closes at once": {func(w http.ResponseWriter, r *http.Request) { w.Header().Set("Content-Type", "image/jpeg") }, "closed"},
	"picture bomb": {func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			_, _ = w.Write([]byte{0xff, 0xd8, 0xff, 0xc0, 0, 11, 8, 0x7f, 0xff, 0x7f, 0xff, 1, 1, 0x11, 0, 0xff, 0xda, 0, 2, 1, 2, 3, 0xff, 0xd9})
			w.(http.Flusher).Flush()
			time.Sleep(5 * time.Millisecond)
		}
	}, "incomplete"},
	"huge HTTP header": {func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Big", strings.Repeat("x", 1<<20))
		fmt.Fprint(w, "hello")
	}, "header"},
}

func endless(w io.Writer, r *http.Request, s string) {
	for r.Context().Err() == nil {
		if _, err := io.WriteString(w, s); err != nil {
			return
		}
	}
}

func TestHostilePeersAreAClearStateInBoundedMemory(t *testing.T) {
	for name, h := range hostile {
		t.Run(name, func(t *testing.T) {
			c := newCamera(t, h.serve)
			s := c.source()
			if name == "endless part" { // 64 MB take their time on a busy machine
				s = c.patient(time.Minute)
			}
			held := livetest.Held()
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			defer cancel()
			told := false
			for _, err := range s.Frames(ctx) {
				told = true
				var lost *live.LostError
				if !errors.As(err, &lost) || !strings.Contains(lost.Reason, h.words) {
					t.Errorf("got %v, want something about %q", err, h.words)
				}
				break
			}
			if !told {
				t.Error("the source ended and told nobody")
			}
			runtime.GC()
			runtime.ReadMemStats(&after)
			if grown := int64(after.Sys) - int64(before.Sys); grown > 400<<20 {
				t.Errorf("took %d MB", grown>>20)
			}
			c.Stop()
			held.Released(t)
		})
	}
}

func TestSplitterTakesWhatCamerasSend(t *testing.T) {
	a, b := coded(1), coded(2)
	thumb := append([]byte{0xff, 0xd8, 0xff, 0xe1, 0x00, byte(2 + 8)}, "\xff\xd8\xff\xd9\xff\xd9xx"...) // a picture within a picture
	withThumb := append(thumb, a[2:]...)
	for name, c := range map[string]struct {
		in     string
		want   [][]byte
		broken int
	}{
		"boundaries":         {"--x\r\nA: b\r\n\r\n" + string(a) + "\r\n--x\r\n\r\n" + string(b) + "\r\n--x--", [][]byte{a, b}, 0},
		"nothing between":    {string(a) + string(b), [][]byte{a, b}, 0},
		"wrong lengths":      {"Content-Length: 7\r\n\r\n" + string(a) + "Content-Length: 99999999\r\n\r\n" + string(b), [][]byte{a, b}, 0},
		"a thumbnail within": {string(withThumb) + string(b), [][]byte{withThumb, b}, 0},
		"half, then whole":   {string(a[:len(a)-40]) + "\r\n--x\r\n\r\n" + string(b), [][]byte{b}, 1},
		"padding":            {string(a) + "\x00\x00\xff\x00" + string(b), [][]byte{a, b}, 0},
	} {
		s := NewSplitter(strings.NewReader(c.in))
		broken := 0
		var got [][]byte
		for {
			p, err := s.Next()
			if errors.Is(err, live.ErrIncomplete) {
				broken++
				continue
			}
			if err != nil {
				break
			}
			got = append(got, bytes.Clone(p))
		}
		if len(got) != len(c.want) || broken != c.broken {
			t.Errorf("%s: %d pictures and %d broken", name, len(got), broken)
			continue
		}
		for i := range got {
			if !bytes.Equal(got[i], c.want[i]) {
				t.Errorf("%s: picture %d has %d bytes, want %d", name, i, len(got[i]), len(c.want[i]))
			}
		}
	}
}

func FuzzSplitter(f *testing.F) {
	a := coded(1)
	f.Add([]byte("--x\r\n\r\n" + string(a) + "\r\n--x\r\n\r\n" + string(a[:50])))
	f.Add([]byte{0xff, 0xd8, 0xff, 0xda, 0, 2, 1, 0xff, 0xff, 0xd9})
	f.Fuzz(func(t *testing.T, b []byte) {
		s := NewSplitter(bytes.NewReader(b))
		total := 0
		for range len(b) + 2 {
			p, err := s.Next()
			if err == nil {
				total += len(p)
				if !bytes.HasPrefix(p, []byte{0xff, 0xd8}) || !bytes.HasSuffix(p, []byte{0xff, 0xd9}) {
					t.Fatal("no picture")
				}
				continue
			}
			if !errors.Is(err, live.ErrIncomplete) {
				if total > len(b) {
					t.Fatalf("%d bytes of %d", total, len(b))
				}
				return
			}
		}
		t.Fatal("it does not end")
	})
}

// The peer that a test starts must be gone with it, whatever happens.
func TestCloseInTheMiddleOfAPicture(t *testing.T) {
	var open atomic.Int32
	c := newCamera(t, func(w http.ResponseWriter, r *http.Request) {
		open.Add(1)
		defer open.Add(-1)
		_, _ = w.Write(coded(1)[:100])
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	})
	u, _ := url.Parse("http://" + c.addr)
	st, err := (&Driver{u}).Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := st.Next(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	if err := st.Close(); err != nil {
		t.Error(err)
	}
	livetest.Until(t, "the camera sees the end", func() bool { return open.Load() == 0 })
}
