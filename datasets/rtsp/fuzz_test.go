package rtsp

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"testing"
	"time"

	"agurscope/datasets/live/livetest"
)

// turnOf separates what a peer answers to one request and to the next; $SEQ is
// the request's number.
const turnOf = "\n---\n"

const sdp = "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=x\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\nm=video 0 RTP/AVP 26\r\na=control:trackID=0\r\n"

// FuzzPeer has a peer answer anything: the client must come back, with an error
// or a stream, whose pictures are whole ones, and leave nothing behind.
func FuzzPeer(f *testing.F) {
	ok := "RTSP/1.0 200 OK\r\nCSeq: $SEQ\r\n"
	describe := ok + fmt.Sprintf("Content-Base: rtsp://127.0.0.1/cam/\r\nContent-Type: application/sdp\r\nContent-Length: %d\r\n\r\n", len(sdp)) + sdp
	setup := ok + "Session: 1\r\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n\r\n"
	packet := "$\x00\x00\x20\x80\x9a\x00\x01\x00\x00\x00\x00\x00\x00\x00\x01" + "\x00\x00\x00\x00\x01\x50\x02\x02" + "\xff\xd8\xff\xd9abcd"
	for _, s := range []string{
		"",
		ok + "Public: DESCRIBE\r\n\r\n",
		ok + "Public: DESCRIBE\r\n\r\n" + turnOf + describe,
		ok + "Public: DESCRIBE\r\n\r\n" + turnOf + describe + turnOf + setup + turnOf + ok + "Session: 1\r\n\r\n" + packet,
		ok + "Public: DESCRIBE\r\n\r\n" + turnOf + describe + turnOf + setup + turnOf + ok + "Session: 1\r\n\r\n$\x00\xff\xff",
		ok + "Public: DESCRIBE\r\n\r\n" + turnOf + strings.ReplaceAll(describe, "Length: ", "Length: 99999"),
		"RTSP/1.0 401 Unauthorized\r\nCSeq: $SEQ\r\nWWW-Authenticate: Digest realm=\"x\"\r\n\r\n",
		"RTSP/1.0 302 Moved\r\nCSeq: $SEQ\r\nLocation: rtsp://127.0.0.1:1/\r\n\r\n",
	} {
		f.Add([]byte(s))
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { l.Close() })
	u, err := url.Parse("rtsp://eye:s3cret@" + l.Addr().String() + "/cam")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if strings.Contains(strings.ToUpper(string(data)), "H264") {
			return // starts a decoder, which is a process
		}
		served := make(chan struct{})
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		go func() {
			defer close(served)
			c, err := l.Accept()
			if err != nil {
				return
			}
			defer c.Close()
			defer context.AfterFunc(ctx, func() { c.Close() })()
			for _, turn := range strings.Split(string(data), turnOf) {
				seq := request(c)
				if _, err := io.WriteString(c, strings.ReplaceAll(turn, "$SEQ", seq)); err != nil {
					return
				}
			}
		}()
		s, err := (&Driver{URL: u}).Open(ctx)
		if err == nil {
			for range 3 {
				f, err := s.Next(ctx)
				if err == nil {
					livetest.Border(t, f.Image)
				} else if ctx.Err() != nil {
					t.Error("the end of the connection goes unnoticed")
				}
			}
			s.Close()
		} else if strings.Contains(err.Error(), "s3cret") {
			t.Errorf("the password is told: %v", err)
		}
		cancel()
		<-served
	})
}
