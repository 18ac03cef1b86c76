package rtsp

import (
	"bytes"
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bluenviron/gortsplib/v4/pkg/description"
	"github.com/bluenviron/gortsplib/v4/pkg/format"
	"github.com/bluenviron/gortsplib/v4/pkg/format/rtph264"
	"github.com/pion/rtp"

	"agurscope/datasets/ffmpeg"
	"agurscope/datasets/live"
)

// h264 feeds a decoder with whole pictures, from a key picture on. After a loss
// nothing is given to it until the next key picture: what it would make up in
// between looks like a part.
type h264 struct {
	dec      *ffmpeg.Decoder
	to       io.WriteCloser
	pictures *live.Newest[shot]
	format   *format.H264

	needKey atomic.Bool
	units   chan [][]byte
	end     chan struct{}
	once    sync.Once
	tasks   sync.WaitGroup

	mu    sync.Mutex
	times []time.Time // arrivals of what is in the decoder
}

// The types of network abstraction layer units that matter, ITU-T H.264 table 7-1.
const (
	nalIDR = 5
	nalSPS = 7
)

// mostWaiting bounds what waits for a decoder that is too slow; mostWithin what
// is in one, which reorders a few.
const (
	mostWaiting = 32
	mostWithin  = 16
)

func (s *stream) playH264(desc *description.Session, m *description.Media, f *format.H264) error {
	rtpDec, err := f.CreateDecoder()
	if err != nil {
		return err
	}
	// The small probe and no delay: the first picture is there at once.
	dec, to, err := ffmpeg.Start(nil, "-fflags", "nobuffer+discardcorrupt", "-flags", "low_delay", "-probesize", "32", "-analyzeduration", "0", "-f", "h264", "-i", "pipe:0")
	if err != nil {
		return err
	}
	h := &h264{dec: dec, to: to, pictures: s.pictures, format: f, units: make(chan [][]byte, mostWaiting), end: make(chan struct{})}
	h.needKey.Store(true)
	s.h264 = h
	h.tasks.Add(2)
	go h.write()
	go h.read()
	if err := s.start(desc, m); err != nil {
		return err
	}
	s.client.OnPacketRTP(m, f, func(p *rtp.Packet) {
		unit, err := rtpDec.Decode(p)
		switch {
		case err == nil:
			h.give(unit)
		case errors.Is(err, rtph264.ErrMorePacketsNeeded), errors.Is(err, rtph264.ErrNonStartingPacketAndNoPrevious):
		default:
			s.lost()
		}
	})
	_, err = s.client.Play(nil)
	return err
}

func (h *h264) lost() { h.needKey.Store(true) }

func has(unit [][]byte, kind byte) bool {
	for _, n := range unit {
		if len(n) > 0 && n[0]&0x1f == kind {
			return true
		}
	}
	return false
}

// give hands a picture to the writer, which may be behind.
func (h *h264) give(unit [][]byte) {
	if has(unit, nalIDR) {
		h.needKey.Store(false)
	}
	if h.needKey.Load() {
		h.pictures.Skip()
		return
	}
	own := make([][]byte, len(unit)) // the library may use its memory again
	for i, n := range unit {
		own[i] = bytes.Clone(n)
	}
	select {
	case h.units <- own:
	default:
		h.needKey.Store(true)
		h.pictures.Skip()
	}
}

var startCode = []byte{0, 0, 0, 1}

// delimiter begins the next picture, so that the decoder need not wait for it to
// know that this one is complete.
var delimiter = []byte{0, 0, 0, 1, 9, 0xf0}

func (h *h264) write() {
	defer h.tasks.Done()
	var b []byte
	for {
		var unit [][]byte
		select {
		case unit = <-h.units:
		case <-h.end:
			return
		}
		b = b[:0]
		if has(unit, nalIDR) && !has(unit, nalSPS) {
			sps, pps := h.format.SafeParams()
			for _, n := range [][]byte{sps, pps} {
				if len(n) > 0 {
					b = append(append(b, startCode...), n...)
				}
			}
		}
		for _, n := range unit {
			b = append(append(b, startCode...), n...)
		}
		b = append(b, delimiter...)
		h.mu.Lock()
		h.times = append(h.times, time.Now())
		h.times = h.times[max(len(h.times)-mostWithin, 0):]
		h.mu.Unlock()
		if _, err := h.to.Write(b); err != nil {
			return // the reader tells why
		}
	}
}

func (h *h264) read() {
	defer h.tasks.Done()
	for {
		f, err := h.dec.Next()
		if err != nil {
			if errors.Is(err, io.EOF) {
				err = errors.New("ffmpeg has ended")
			}
			h.pictures.End(err)
			return
		}
		h.mu.Lock()
		if len(h.times) > 0 {
			f.Time, h.times = h.times[0], h.times[1:]
		}
		h.mu.Unlock()
		h.pictures.Put(shot{frame: f})
	}
}

func (h *h264) stop() {
	h.once.Do(func() {
		close(h.end)
		h.dec.Close()
		h.to.Close()
		h.tasks.Wait()
	})
}
