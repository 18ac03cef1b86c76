package mjpeg

import (
	"bufio"
	"errors"
	"fmt"
	"io"

	"agurscope/datasets/live"
)

// Splitter finds JPEG pictures in a stream by their own structure. What stands
// between them, boundaries and headers of parts with their lengths, is not
// believed: cameras get it wrong in every possible way.
type Splitter struct {
	r     *bufio.Reader
	buf   []byte
	begun bool // the marker that begins a picture is read already
	ff    bool // the first byte of the next marker is
}

// The bounds of what a peer can make this program keep.
const (
	mostBetween = 64 << 10 // bytes without the beginning of a picture
	mostPicture = 64 << 20 // bytes of one picture
)

// NewSplitter returns a splitter of r.
func NewSplitter(r io.Reader) *Splitter { return &Splitter{r: bufio.NewReaderSize(r, 64<<10)} }

// Markers of JPEG, ITU-T T.81 table B.1.
const (
	markSOI = 0xd8
	markEOI = 0xd9
	markSOS = 0xda
	markTEM = 0x01
	markRST = 0xd0 // to 0xd7
)

// errNoPictures is a stream of something else.
var errNoPictures = fmt.Errorf("it sends no JPEG pictures: nothing like one in %d kB", mostBetween>>10)

// Next returns the next picture, which is valid until the call after it.
// live.ErrIncomplete is a picture that breaks off; the stream goes on.
func (s *Splitter) Next() ([]byte, error) {
	if err := s.begin(); err != nil {
		return nil, err
	}
	s.buf = append(s.buf[:0], 0xff, markSOI)
	for {
		m, err := s.marker()
		if err != nil {
			return nil, err
		}
		switch {
		case m == markEOI:
			s.buf = append(s.buf, 0xff, markEOI)
			return s.buf, nil
		case m == markSOI: // the one before was cut off
			s.begun = true
			return nil, live.ErrIncomplete
		case m >= markRST && m < markSOI || m == markTEM:
			s.buf = append(s.buf, 0xff, m)
			continue
		}
		s.buf = append(s.buf, 0xff, m)
		if err := s.segment(); err != nil {
			return nil, err
		}
		if m == markSOS {
			if err := s.entropy(); err != nil {
				return nil, err
			}
		}
	}
}

// begin reads up to the marker that begins a picture.
func (s *Splitter) begin() error {
	if s.begun {
		s.begun = false
		return nil
	}
	for n := 0; n < mostBetween; n++ {
		c, err := s.r.ReadByte()
		if err != nil {
			return ended(err)
		}
		if c != 0xff {
			continue
		}
		if next, err := s.r.Peek(2); err == nil && next[0] == markSOI && next[1] == 0xff {
			_, _ = s.r.Discard(1)
			return nil
		} else if err != nil {
			return ended(err)
		}
	}
	return errNoPictures
}

// marker reads the next marker; between segments nothing else may stand.
func (s *Splitter) marker() (byte, error) {
	c, err := byte(0xff), error(nil)
	if !s.ff {
		c, err = s.r.ReadByte()
	}
	s.ff = false
	if err != nil {
		return 0, ended(err)
	}
	if c != 0xff {
		return 0, live.ErrIncomplete
	}
	for n := 0; c == 0xff; n++ { // fill bytes
		if n > mostBetween {
			return 0, errNoPictures
		}
		if c, err = s.r.ReadByte(); err != nil {
			return 0, ended(err)
		}
	}
	if c == 0 {
		return 0, live.ErrIncomplete
	}
	return c, nil
}

// segment copies a length and what it counts.
func (s *Splitter) segment() error {
	var head [2]byte
	if _, err := io.ReadFull(s.r, head[:]); err != nil {
		return ended(err)
	}
	n := int(head[0])<<8 | int(head[1])
	if n < 2 {
		return live.ErrIncomplete
	}
	if err := s.room(n); err != nil {
		return err
	}
	s.buf = append(s.buf, head[:]...)
	at := len(s.buf)
	s.buf = append(s.buf, make([]byte, n-2)...)
	if _, err := io.ReadFull(s.r, s.buf[at:]); err != nil {
		return ended(err)
	}
	return nil
}

// entropy copies coded data up to the next marker, of which it reads the first
// byte.
func (s *Splitter) entropy() error {
	for {
		piece, err := s.r.ReadSlice(0xff)
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return ended(err)
		}
		if e := s.room(len(piece) + 1); e != nil {
			return e
		}
		s.buf = append(s.buf, piece...)
		if err != nil {
			continue
		}
		next, err := s.r.Peek(1)
		if err != nil {
			return ended(err)
		}
		if c := next[0]; c == 0 || c >= markRST && c < markSOI {
			_, _ = s.r.Discard(1)
			s.buf = append(s.buf, c)
			continue
		}
		s.buf = s.buf[:len(s.buf)-1]
		s.ff = true
		return nil
	}
}

func (s *Splitter) room(n int) error {
	if len(s.buf)+n > mostPicture {
		return fmt.Errorf("it sends a picture of more than %d MB", mostPicture>>20)
	}
	return nil
}

// ended says that a stream of a camera has no end.
func ended(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("the camera has closed the connection")
	}
	return err
}
