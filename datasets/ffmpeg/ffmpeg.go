// Package ffmpeg decodes compressed video with the program of that name, where it
// is installed: files, and H.264 for network cameras. It runs as a process beside
// this one, and its pictures come through a pipe.
package ffmpeg

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"agurscope/datasets"
	"agurscope/datasets/live"
)

// ErrUnavailable is a machine without the program.
var ErrUnavailable = errors.New("video files and H.264 cameras need ffmpeg: install it with “sudo apt install ffmpeg”")

// Available returns where the program is, or ErrUnavailable.
func Available() (string, error) {
	path, err := exec.LookPath("ffmpeg")
	if err != nil {
		return "", ErrUnavailable
	}
	return path, nil
}

// Decoder is a process that turns video into pictures.
type Decoder struct {
	cmd     *exec.Cmd
	out     *Pictures
	said    tail
	closing sync.Once
}

// Start starts a process with its input options; in may be nil.
func Start(in io.Reader, input ...string) (*Decoder, io.WriteCloser, error) {
	path, err := Available()
	if err != nil {
		return nil, nil, err
	}
	args := append([]string{"-nostdin", "-hide_banner", "-loglevel", "error", "-threads", "1"}, input...)
	args = append(args, "-an", "-sn", "-dn", "-map", "0:v:0", "-vsync", "passthrough", "-f", "image2pipe", "-c:v", "ppm", "-pix_fmt", "rgb24", "pipe:1")
	d := &Decoder{cmd: exec.Command(path, args...)}
	d.cmd.Stderr = &d.said
	out, err := d.cmd.StdoutPipe()
	if err != nil {
		return nil, nil, fmt.Errorf("start ffmpeg: %w", err)
	}
	var to io.WriteCloser
	if in == nil {
		if to, err = d.cmd.StdinPipe(); err != nil {
			return nil, nil, fmt.Errorf("start ffmpeg: %w", err)
		}
	} else {
		d.cmd.Stdin = in
	}
	if err := d.cmd.Start(); err != nil {
		return nil, nil, fmt.Errorf("start ffmpeg: %w", err)
	}
	d.out = NewPictures(out)
	return d, to, nil
}

// Next waits for the next picture; io.EOF is the end of what was to be decoded.
func (d *Decoder) Next() (datasets.Frame, error) {
	m, err := d.out.Next()
	if err != nil {
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			d.Close() // what it has said is here then
			if words := d.said.last(); words != "" {
				return datasets.Frame{}, fmt.Errorf("ffmpeg: %s", words)
			}
		}
		return datasets.Frame{}, err
	}
	return datasets.Frame{Image: m, Time: time.Now()}, nil
}

// Close ends the process.
func (d *Decoder) Close() {
	d.closing.Do(func() {
		_ = d.cmd.Process.Kill()
		_ = d.cmd.Wait() // killed is what it was meant to be
	})
}

// tail keeps the end of what a process says.
type tail struct {
	mu sync.Mutex
	b  []byte
}

const mostSaid = 4096

// Write implements io.Writer.
func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.b = append(t.b, b...)
	t.b = t.b[max(len(t.b)-mostSaid, 0):]
	return len(b), nil
}

// last is the last line.
func (t *tail) last() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	lines := bytes.Split(bytes.TrimSpace(t.b), []byte("\n"))
	return strings.TrimSpace(string(lines[len(lines)-1]))
}

// File plays a video file, picture by picture, as fast as they are inspected.
type File struct{ Path string }

// Open implements live.Driver.
func (f *File) Open(context.Context) (live.Stream, error) {
	info, err := os.Stat(f.Path)
	if err != nil || !info.Mode().IsRegular() {
		return nil, fmt.Errorf("open %s: there is no such file", f.Path)
	}
	full, err := filepath.Abs(f.Path)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", f.Path, err)
	}
	// A name that begins like a protocol or an option is still a file.
	d, _, err := Start(strings.NewReader(""), "-i", "file:"+full)
	if err != nil {
		return nil, err
	}
	return &fileStream{d: d, name: filepath.Base(f.Path), path: full, time: info.ModTime()}, nil
}

type fileStream struct {
	d    *Decoder
	name string
	path string
	time time.Time
	n    int
	over bool // it broke off, and that is told
}

// Next implements live.Stream. Where a file breaks off after some pictures, that is
// told once and is its end: to connect anew would be to play it from its beginning.
func (s *fileStream) Next(ctx context.Context) (datasets.Frame, error) {
	if s.over {
		return datasets.Frame{}, io.EOF
	}
	stop := context.AfterFunc(ctx, s.d.Close)
	defer stop()
	f, err := s.d.Next()
	switch {
	case err == nil:
	case s.n == 0 && errors.Is(err, io.EOF):
		return f, errors.New("the file has no pictures")
	case s.n == 0 || errors.Is(err, io.EOF):
		return f, err
	default:
		s.over, err = true, &live.PictureError{Err: err}
	}
	s.n++
	f.Path, f.Name, f.Time = s.path, fmt.Sprintf("%s/%06d", s.name, s.n), s.time
	return f, err
}

// Close implements live.Stream.
func (s *fileStream) Close() error { s.d.Close(); return nil }
