//go:build unix

package camera

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"agurscope/datasets/aravis"
	"agurscope/datasets/ffmpeg"
	"agurscope/datasets/live"
	"agurscope/datasets/live/livetest"
)

// returned is how long a camera may take to stream again after its program is
// back.
const returned = 5 * time.Second

// kills is how often a camera dies: once in every test run, more often by
// AGURSCOPE_KILLS.
func kills() int {
	if n, err := strconv.Atoi(os.Getenv("AGURSCOPE_KILLS")); err == nil {
		return n
	}
	return 1
}

func TestKillGigE(t *testing.T) {
	if err := aravis.Available(); err != nil {
		t.Skip(err)
	}
	g := livetest.NewGigE(t)
	killing(t, g, "gige://"+livetest.GigEAddress+"?region=0,0,128,128&rate=50")
}

// server is ffmpeg as a network camera with Motion JPEG. It serves one client and
// ends then; a shell starts it anew until both are killed.
type server struct {
	t    testing.TB
	addr string
	cmd  *exec.Cmd
}

func (s *server) Start() {
	s.cmd = exec.Command("sh", "-c", "while :; do ffmpeg -loglevel quiet -re -f lavfi -i testsrc2=size=320x240:rate=30 -vf noise=alls=20:allf=t"+
		" -c:v mjpeg -q:v 4 -pix_fmt yuvj420p -f mpjpeg -content_type 'multipart/x-mixed-replace;boundary=ffmpeg' -listen 1 http://"+s.addr+"/; sleep 0.05; done")
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := s.cmd.Start(); err != nil {
		s.t.Error(err)
	}
}

func (s *server) Stop() {
	_ = syscall.Kill(-s.cmd.Process.Pid, syscall.SIGKILL)
	_ = s.cmd.Wait()
}

func TestKillFFmpeg(t *testing.T) {
	if _, err := ffmpeg.Available(); err != nil {
		t.Skip(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &server{t: t, addr: l.Addr().String()}
	l.Close()
	s.Start()
	t.Cleanup(s.Stop)
	killing(t, s, "http://"+s.addr+"/")
}

// killing kills the peer of a camera again and again at random moments, and holds
// the camera to coming back in time, telling each loss once, and leaving nothing
// behind.
func killing(t *testing.T, peer livetest.Peer, address string) {
	src, err := Open(address)
	if err != nil {
		t.Fatal(err)
	}
	livetest.Take(t, src.(*live.Source), 1)
	held := livetest.Held()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	fresh, done := make(chan uint64, 1), make(chan struct{})
	go func() {
		defer close(done)
		var last uint64
		first := true
		for f, err := range src.Frames(ctx) {
			if !first && f.Seq <= last {
				t.Errorf("frame %d after %d", f.Seq, last)
			}
			first, last = false, f.Seq
			if err == nil {
				select {
				case fresh <- f.Seq:
				default:
				}
			}
		}
	}()
	next := func(within time.Duration) error {
		select {
		case <-fresh: // perhaps from before
		default:
		}
		select {
		case <-fresh:
			return nil
		case <-time.After(within):
			return fmt.Errorf("no picture within %v: %+v", within, src.Status())
		}
	}
	if err := next(30 * time.Second); err != nil {
		t.Fatal(err)
	}
	var took []time.Duration
	n := kills()
	for range n {
		time.Sleep(time.Duration(rand.Int64N(int64(300 * time.Millisecond))))
		peer.Stop()
		time.Sleep(200*time.Millisecond + time.Duration(rand.Int64N(int64(3*time.Second))))
		peer.Start()
		start := time.Now()
		if err := next(30 * time.Second); err != nil {
			t.Fatal(err)
		}
		took = append(took, time.Since(start))
	}
	cancel()
	<-done
	held.Released(t)
	slices.Sort(took)
	t.Logf("%d kills: streaming again after %v in the middle, %v at most; %+v", n, took[len(took)/2].Round(time.Millisecond), took[len(took)-1].Round(time.Millisecond), src.Status())
	if n > 1 && took[len(took)-1] > returned { // a time: held to it only where it is asked for
		t.Errorf("it took %v to come back", took[len(took)-1])
	}
}
