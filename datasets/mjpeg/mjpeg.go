// Package mjpeg takes pictures from network cameras that send one JPEG after the
// other over HTTP.
package mjpeg

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"syscall"
	"time"

	"agurscope/datasets"
	"agurscope/datasets/live"
)

// Driver reaches a camera at an address; a name and password in it are sent as
// basic authentication.
type Driver struct{ URL *url.URL }

const (
	connectTime = 3 * time.Second
	mostHeader  = 64 << 10
)

// Open implements live.Driver.
func (d *Driver) Open(ctx context.Context) (live.Stream, error) {
	transport := &http.Transport{
		DialContext:            (&net.Dialer{Timeout: connectTime, KeepAlive: time.Second}).DialContext,
		TLSHandshakeTimeout:    connectTime,
		ResponseHeaderTimeout:  connectTime,
		MaxResponseHeaderBytes: mostHeader,
		DisableKeepAlives:      true,
		DisableCompression:     true,
	}
	life, end := context.WithCancel(context.Background())
	late := context.AfterFunc(ctx, end) // until the answer is here
	req, err := http.NewRequestWithContext(life, http.MethodGet, d.URL.String(), nil)
	if err != nil {
		end()
		return nil, plain(err)
	}
	resp, err := (&http.Client{Transport: transport}).Do(req)
	if err != nil {
		end()
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		return nil, plain(err)
	}
	if !late() {
		resp.Body.Close()
		end()
		return nil, ctx.Err()
	}
	if err := answered(resp); err != nil {
		resp.Body.Close()
		end()
		return nil, err
	}
	return newStream(resp.Body, end), nil
}

// answered says why an answer is not a stream of pictures.
func answered(r *http.Response) error {
	switch {
	case r.StatusCode == http.StatusUnauthorized:
		return errors.New("the camera asks for a name and password: write them as http://name:password@address")
	case r.StatusCode != http.StatusOK:
		return fmt.Errorf("the camera answers “%s”", r.Status)
	}
	if kind := r.Header.Get("Content-Type"); strings.HasPrefix(kind, "text/html") {
		return errors.New("the camera answers with a web page: its manual names the address of the MJPEG stream")
	}
	return nil
}

// plain strips what net/http writes around an error, the address with its
// password above all.
func plain(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	var op *net.OpError
	if errors.As(err, &op) {
		err = op.Err
	}
	var call *os.SyscallError
	if errors.As(err, &call) {
		err = call.Err
	}
	var late net.Error
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return fmt.Errorf("%w: nothing answers at this address and port", err)
	case errors.As(err, &late) && late.Timeout():
		return fmt.Errorf("it does not answer within %v", connectTime)
	}
	return err
}

// stream reads as fast as the camera sends and keeps the newest picture.
type stream struct {
	body     io.ReadCloser
	end      context.CancelFunc
	done     chan struct{}
	pictures *live.Newest[shot]
}

// shot is a picture that is not decoded yet.
type shot struct {
	jpeg []byte
	at   time.Time
}

func newStream(body io.ReadCloser, end context.CancelFunc) *stream {
	s := &stream{body: body, end: end, done: make(chan struct{}), pictures: live.NewNewest[shot]()}
	go s.read()
	return s
}

func (s *stream) read() {
	defer close(s.done)
	split := NewSplitter(s.body)
	for {
		b, err := split.Next()
		switch {
		case err == nil:
			s.pictures.Put(shot{bytes.Clone(b), time.Now()})
		case errors.Is(err, live.ErrIncomplete):
			s.pictures.Break()
		default:
			s.pictures.End(err)
			return
		}
	}
}

// Next implements live.Stream.
func (s *stream) Next(ctx context.Context) (datasets.Frame, error) {
	p, err := s.pictures.Take(ctx)
	if err != nil {
		return datasets.Frame{}, err
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
	s.end()
	err := s.body.Close()
	<-s.done
	return err
}
