// Package rtsp takes pictures from network cameras by RTSP: Motion JPEG by
// itself, H.264 through ffmpeg where that is installed.
package rtsp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"syscall"
	"time"

	"github.com/bluenviron/gortsplib/v4"
	"github.com/bluenviron/gortsplib/v4/pkg/base"
	"github.com/bluenviron/gortsplib/v4/pkg/description"
	"github.com/bluenviron/gortsplib/v4/pkg/format"
	"github.com/bluenviron/gortsplib/v4/pkg/format/rtpmjpeg"
	"github.com/bluenviron/gortsplib/v4/pkg/liberrors"
	"github.com/pion/rtp"

	"agurscope/datasets"
	"agurscope/datasets/live"
)

// Driver reaches a camera at an address; a name and password in it are used when
// the camera asks.
type Driver struct {
	URL *url.URL
	UDP bool // pictures as single packets: quicker, and some are lost
}

const (
	connectTime = 3 * time.Second
	readTime    = 4 * time.Second
)

// mostDials bounds how often a camera may send its client on.
const mostDials = 3

// stay dials one host only: the library follows a camera that sends it elsewhere,
// as often as it is told, and takes the password along.
func stay(d *net.Dialer) func(context.Context, string, string) (net.Conn, error) {
	host, dials := "", 0
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		if dials++; dials > mostDials || host != "" && addr != host {
			return nil, errors.New("the camera names another address as its own: use that one")
		}
		host = addr
		return d.DialContext(ctx, network, addr)
	}
}

// Open implements live.Driver.
func (d *Driver) Open(ctx context.Context) (live.Stream, error) {
	transport := gortsplib.TransportTCP
	if d.UDP {
		transport = gortsplib.TransportUDP
	}
	s := &stream{pictures: live.NewNewest[shot](), done: make(chan struct{})}
	s.client = &gortsplib.Client{
		Transport:    &transport,
		ReadTimeout:  readTime,
		WriteTimeout: connectTime,
		UserAgent:    "agurscope",
		DialContext:  stay(&net.Dialer{Timeout: connectTime}),
		OnPacketLost: func(error) { s.lost() },
		// What cannot be read is a lost picture, nothing to write into a log.
		OnDecodeError: func(error) { s.lost() },
	}
	u := (*base.URL)(d.URL)
	if err := s.client.Start(u.Scheme, u.Host); err != nil {
		return nil, plain(err)
	}
	end := context.AfterFunc(ctx, s.client.Close)
	if err := s.play(u); err != nil {
		s.client.Close()
		s.stopDecoder()
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		return nil, plain(err)
	}
	if !end() {
		s.client.Close()
		s.stopDecoder()
		return nil, ctx.Err()
	}
	go func() {
		defer close(s.done)
		err := s.client.Wait()
		if errors.Is(err, io.EOF) || err == nil {
			err = errors.New("the camera has closed the connection")
		}
		s.pictures.End(plain(err))
	}()
	return s, nil
}

// plain puts an error of the library into words for people.
func plain(err error) error {
	var status liberrors.ErrClientBadStatusCode
	var op *net.OpError
	switch {
	case errors.As(err, &status) && status.Code == base.StatusUnauthorized:
		return errors.New("the camera asks for a name and password, or does not accept them: write them as rtsp://name:password@address")
	case errors.As(err, &status) && status.Code == base.StatusNotFound:
		return errors.New("the camera has no stream of this name: its manual names the address")
	case errors.Is(err, syscall.ECONNREFUSED):
		return fmt.Errorf("%w: nothing answers at this address and port", syscall.ECONNREFUSED)
	case errors.As(err, &op):
		return op.Err
	}
	return err
}

// shot is a picture that is not decoded yet, or just was.
type shot struct {
	jpeg  []byte
	frame datasets.Frame
	at    time.Time
}

type stream struct {
	client   *gortsplib.Client
	pictures *live.Newest[shot]
	h264     *h264 // nil for Motion JPEG
	done     chan struct{}
}

// lost notes that something did not arrive.
func (s *stream) lost() {
	if s.h264 != nil {
		s.h264.lost()
	}
	s.pictures.Break()
}

// play asks what there is, chooses and starts.
func (s *stream) play(u *base.URL) error {
	desc, _, err := s.client.Describe(u)
	if err != nil {
		return err
	}
	var mj *format.MJPEG
	if m := desc.FindFormat(&mj); m != nil {
		return s.playMJPEG(desc, m, mj)
	}
	var f *format.H264
	if m := desc.FindFormat(&f); m != nil {
		return s.playH264(desc, m, f)
	}
	return fmt.Errorf("the camera sends %s: set it to H.264 or Motion JPEG", codecs(desc))
}

// codecs lists what a camera sends.
func codecs(d *description.Session) string {
	text := ""
	for _, m := range d.Medias {
		for _, f := range m.Formats {
			if text != "" {
				text += ", "
			}
			text += f.Codec()
		}
	}
	if text == "" {
		return "nothing"
	}
	return text
}

func (s *stream) start(desc *description.Session, m *description.Media) error {
	if _, err := s.client.Setup(desc.BaseURL, m, 0, 0); err != nil {
		return err
	}
	return nil
}

func (s *stream) playMJPEG(desc *description.Session, m *description.Media, f *format.MJPEG) error {
	dec, err := f.CreateDecoder()
	if err != nil {
		return err
	}
	if err := s.start(desc, m); err != nil {
		return err
	}
	s.client.OnPacketRTP(m, f, func(p *rtp.Packet) {
		b, err := dec.Decode(p)
		switch {
		case err == nil:
			s.pictures.Put(shot{jpeg: b, at: time.Now()})
		case errors.Is(err, rtpmjpeg.ErrMorePacketsNeeded), errors.Is(err, rtpmjpeg.ErrNonStartingPacketAndNoPrevious):
		default:
			s.pictures.Break()
		}
	})
	_, err = s.client.Play(nil)
	return err
}

// Next implements live.Stream.
func (s *stream) Next(ctx context.Context) (datasets.Frame, error) {
	p, err := s.pictures.Take(ctx)
	if err != nil || p.jpeg == nil {
		return p.frame, err
	}
	m, err := datasets.DecodeBytes("the picture", p.jpeg)
	if err != nil {
		return datasets.Frame{}, fmt.Errorf("%w: %w", live.ErrIncomplete, err)
	}
	return datasets.Frame{Image: m, Time: p.at}, nil
}

// Skipped implements live.Skipper.
func (s *stream) Skipped() uint64 { return s.pictures.Skipped() }

// Close implements live.Stream.
func (s *stream) Close() error {
	s.client.Close()
	<-s.done
	s.stopDecoder()
	return nil
}

func (s *stream) stopDecoder() {
	if s.h264 != nil {
		s.h264.stop()
	}
}
