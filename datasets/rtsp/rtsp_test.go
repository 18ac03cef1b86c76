package rtsp

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"net"
	"net/url"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bluenviron/gortsplib/v4"
	"github.com/bluenviron/gortsplib/v4/pkg/base"
	"github.com/bluenviron/gortsplib/v4/pkg/description"
	"github.com/bluenviron/gortsplib/v4/pkg/format"
	"github.com/pion/rtp"

	"agurscope/datasets/ffmpeg"
	"agurscope/datasets/live"
	"agurscope/datasets/live/livetest"
)

// camera is an RTSP server that sends what is published to it: Motion JPEG by a
// goroutine, or H.264 by ffmpeg.
type camera struct {
	t    testing.TB
	addr string
	h264 bool

	mu     sync.Mutex
	srv    *gortsplib.Server
	stream *gortsplib.ServerStream
	stop   context.CancelFunc
	tasks  sync.WaitGroup
	cmd    *exec.Cmd
}

func newCamera(t testing.TB, h264 bool) *camera {
	t.Helper()
	if _, err := ffmpeg.Available(); h264 && err != nil {
		t.Skip(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &camera{t: t, addr: l.Addr().String(), h264: h264}
	l.Close()
	c.Start()
	t.Cleanup(c.Stop)
	return c
}

// Start implements livetest.Peer.
func (c *camera) Start() {
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		c.srv = &gortsplib.Server{Handler: c, RTSPAddress: c.addr}
		err := c.srv.Start()
		if err == nil {
			break
		}
		if time.Now().After(end) {
			c.t.Error(err)
			return
		}
	}
	if c.h264 {
		c.cmd = exec.Command("ffmpeg", "-loglevel", "error", "-re", "-f", "lavfi", "-i", "testsrc2=size=320x240:rate=30", "-vf", "noise=alls=20:allf=t",
			"-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-g", "15", "-f", "rtsp", "-rtsp_transport", "tcp", "rtsp://"+c.addr+"/cam")
		if err := c.cmd.Start(); err != nil {
			c.t.Error(err)
		}
		return
	}
	c.publishJPEG()
}

// Stop implements livetest.Peer.
func (c *camera) Stop() {
	if c.cmd != nil {
		_ = c.cmd.Process.Kill()
		_ = c.cmd.Wait()
		c.cmd = nil
	}
	if c.stop != nil {
		c.stop()
		c.tasks.Wait()
		c.stop = nil
	}
	c.mu.Lock()
	if c.stream != nil {
		c.stream.Close()
	}
	c.stream = nil
	c.mu.Unlock()
	c.srv.Close()
}

// publishJPEG sends a picture that changes, 50 times a second.
func (c *camera) publishJPEG() {
	f := &format.MJPEG{}
	m := &description.Media{Type: description.MediaTypeVideo, Formats: []format.Format{f}}
	c.mu.Lock()
	c.stream = gortsplib.NewServerStream(c.srv, &description.Session{Medias: []*description.Media{m}})
	st := c.stream
	c.mu.Unlock()
	enc, err := f.CreateEncoder()
	if err != nil {
		c.t.Error(err)
		return
	}
	ctx, stop := context.WithCancel(context.Background())
	c.stop = stop
	c.tasks.Add(1)
	go func() {
		defer c.tasks.Done()
		for i := 0; ctx.Err() == nil; i++ {
			packets, err := enc.Encode(coded(i))
			if err != nil {
				c.t.Error(err)
				return
			}
			for _, p := range packets {
				p.Timestamp = uint32(i * 1800)
				_ = st.WritePacketRTP(m, p)
			}
			time.Sleep(20 * time.Millisecond)
		}
	}()
}

func coded(i int) []byte {
	m := image.NewRGBA(image.Rect(0, 0, 64, 48))
	for k := range 64 * 48 {
		m.Set(k%64, k/64, color.RGBA{uint8(k*3 + i*7), uint8(k + i*5), uint8(i * 11), 255})
	}
	var b bytes.Buffer
	_ = jpeg.Encode(&b, m, nil)
	return b.Bytes()
}

// What gortsplib calls: one publisher, many readers.

func (c *camera) OnDescribe(*gortsplib.ServerHandlerOnDescribeCtx) (*base.Response, *gortsplib.ServerStream, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stream == nil {
		return &base.Response{StatusCode: base.StatusNotFound}, nil, nil
	}
	return &base.Response{StatusCode: base.StatusOK}, c.stream, nil
}

func (c *camera) OnAnnounce(ctx *gortsplib.ServerHandlerOnAnnounceCtx) (*base.Response, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stream = gortsplib.NewServerStream(c.srv, ctx.Description)
	return &base.Response{StatusCode: base.StatusOK}, nil
}

func (c *camera) OnSetup(ctx *gortsplib.ServerHandlerOnSetupCtx) (*base.Response, *gortsplib.ServerStream, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if ctx.Session.State() == gortsplib.ServerSessionStatePreRecord {
		return &base.Response{StatusCode: base.StatusOK}, nil, nil
	}
	return &base.Response{StatusCode: base.StatusOK}, c.stream, nil
}

func (c *camera) OnPlay(*gortsplib.ServerHandlerOnPlayCtx) (*base.Response, error) {
	return &base.Response{StatusCode: base.StatusOK}, nil
}

func (c *camera) OnRecord(ctx *gortsplib.ServerHandlerOnRecordCtx) (*base.Response, error) {
	c.mu.Lock()
	st := c.stream
	c.mu.Unlock()
	ctx.Session.OnPacketRTPAny(func(m *description.Media, _ format.Format, p *rtp.Packet) {
		_ = st.WritePacketRTP(m, p)
	})
	return &base.Response{StatusCode: base.StatusOK}, nil
}

func (c *camera) source(udp bool) *live.Source {
	u, err := url.Parse("rtsp://" + c.addr + "/cam")
	if err != nil {
		c.t.Fatal(err)
	}
	return live.New(live.Options{Name: "rtsp", Driver: &Driver{URL: u, UDP: udp}})
}

func TestContractMJPEG(t *testing.T) {
	c := newCamera(t, false)
	livetest.Run(t, livetest.Kind{Peer: c, Open: func(*testing.T) *live.Source { return c.source(false) }})
}

func TestContractH264(t *testing.T) {
	c := newCamera(t, true)
	livetest.Run(t, livetest.Kind{Peer: c, Open: func(*testing.T) *live.Source { return c.source(false) }})
}

// hostile peers speak to the client by hand.
var hostile = map[string]struct {
	speak func(c net.Conn)
	words string
}{
	"says nothing":    {func(c net.Conn) { _, _ = io.Copy(io.Discard, c) }, ""},
	"closes at once":  {func(c net.Conn) {}, "closed"},
	"hangs up":        {func(c net.Conn) { request(c) }, "closed"},
	"endless headers": {func(c net.Conn) { request(c); endless(c, "RTSP/1.0 200 OK\r\n", "X-Header: one more\r\n") }, ""},
	"endless line":    {func(c net.Conn) { request(c); endless(c, "RTSP/1.0 200 OK\r\n", strings.Repeat("x", 1000)) }, ""},
	"huge body": {func(c net.Conn) {
		request(c)
		endless(c, "RTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Length: 2000000000\r\n\r\n", strings.Repeat("x", 1000))
	}, ""},
	"wrong protocol": {func(c net.Conn) { request(c); fmt.Fprint(c, "HTTP/1.1 200 OK\r\n\r\n<html>") }, ""},
	"slow drip": {func(c net.Conn) {
		request(c)
		for _, b := range []byte("RTSP/1.0 200 OK\r\nCSeq: 1\r\nPublic: DESCRIBE\r\n\r\n") {
			if _, err := c.Write([]byte{b}); err != nil {
				return
			}
			time.Sleep(300 * time.Millisecond)
		}
	}, ""},
	"sends elsewhere": {func(c net.Conn) { moved(c, "rtsp://127.0.0.1:9/cam") }, "another address"},
	"sends to itself": {func(c net.Conn) { moved(c, "rtsp://"+c.LocalAddr().String()+"/cam") }, "another address"},
	"asks for a password": {func(c net.Conn) {
		for {
			seq := request(c)
			if _, err := fmt.Fprintf(c, "RTSP/1.0 401 Unauthorized\r\nCSeq: %s\r\nWWW-Authenticate: Basic realm=\"x\"\r\n\r\n", seq); err != nil || seq == "" {
				return
			}
		}
	}, "name"},
}

// moved answers what is asked for with another address.
func moved(c net.Conn, to string) {
	seq := request(c)
	fmt.Fprintf(c, "RTSP/1.0 200 OK\r\nCSeq: %s\r\nPublic: DESCRIBE\r\n\r\n", seq)
	seq = request(c)
	fmt.Fprintf(c, "RTSP/1.0 302 Moved\r\nCSeq: %s\r\nLocation: %s\r\n\r\n", seq, to)
	request(c)
}

// request reads one request and returns its number.
func request(c net.Conn) (seq string) {
	r := bufio.NewReader(c)
	for {
		line, err := r.ReadString('\n')
		if err != nil || line == "\r\n" {
			return seq
		}
		if v, ok := strings.CutPrefix(line, "CSeq: "); ok {
			seq = strings.TrimSpace(v)
		}
	}
}

func endless(c net.Conn, head, s string) {
	if _, err := io.WriteString(c, head); err != nil {
		return
	}
	for {
		if _, err := io.WriteString(c, s); err != nil {
			return
		}
	}
}

func TestHostilePeersAreAClearStateInBoundedMemory(t *testing.T) {
	for name, h := range hostile {
		t.Run(name, func(t *testing.T) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			go func() {
				for {
					c, err := l.Accept()
					if err != nil {
						return
					}
					go func() { defer c.Close(); h.speak(c) }()
				}
			}()
			u, _ := url.Parse("rtsp://eye:s3cret@" + l.Addr().String() + "/cam")
			s := live.New(live.Options{Name: "rtsp", Driver: &Driver{URL: u}})
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			defer cancel()
			told := false
			for _, err := range s.Frames(ctx) {
				told = true
				var lost *live.LostError
				if !errors.As(err, &lost) || lost.Reason == "" || strings.Contains(lost.Reason, "s3cret") || !strings.Contains(lost.Reason, h.words) {
					t.Errorf("got %v", err)
				}
				t.Log(err)
				break
			}
			if !told {
				t.Error("the source ended and told nobody")
			}
			runtime.ReadMemStats(&after)
			if grown := int64(after.Sys) - int64(before.Sys); grown > 200<<20 {
				t.Errorf("took %d MB", grown>>20)
			}
		})
	}
}

// After a loss nothing reaches the decoder before the next key picture.
func TestAfterALossOnlyAKeyPictureGoesOn(t *testing.T) {
	h := &h264{pictures: live.NewNewest[shot](), units: make(chan [][]byte, mostWaiting)}
	key, other := [][]byte{{0x65, 1}}, [][]byte{{0x41, 2}}
	h.needKey.Store(true)
	h.give(other)
	h.give(key)
	h.give(other)
	h.lost()
	h.give(other)
	h.give(key)
	if n := len(h.units); n != 3 {
		t.Errorf("%d pictures reached the decoder", n)
	}
	for range mostWaiting {
		h.give(other)
	}
	if !h.needKey.Load() || h.pictures.Skipped() == 0 {
		t.Error("a decoder that is behind goes on with a gap")
	}
}
