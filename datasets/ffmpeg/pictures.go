package ffmpeg

import (
	"bufio"
	"errors"
	"fmt"
	"image"
	"io"
	"strconv"

	"agurscope/datasets"
)

// Pictures reads binary PPM pictures, one after the other. Each says its own
// size, so that a video may change it.
type Pictures struct {
	r   *bufio.Reader
	row []byte
}

// NewPictures returns a reader of r.
func NewPictures(r io.Reader) *Pictures { return &Pictures{r: bufio.NewReaderSize(r, 256<<10)} }

var errNotPPM = errors.New("read a decoded picture: it is no PPM of 8 bits")

// Next returns the next picture, or io.EOF.
func (p *Pictures) Next() (*image.RGBA, error) {
	magic, err := p.word()
	if err != nil {
		return nil, err
	}
	if magic != "P6" {
		return nil, errNotPPM
	}
	var v [3]int
	for i := range v {
		s, err := p.word()
		if err != nil {
			return nil, whole(err)
		}
		if v[i], err = strconv.Atoi(s); err != nil || v[i] <= 0 {
			return nil, errNotPPM
		}
	}
	w, h := v[0], v[1]
	if v[2] != 255 {
		return nil, errNotPPM
	}
	if w > datasets.MaxSide || h > datasets.MaxSide || w*h > datasets.MaxPixels {
		return nil, fmt.Errorf("read a decoded picture: %d x %d pixels are more than can be inspected", w, h)
	}
	if len(p.row) < 3*w {
		p.row = make([]byte, 3*w)
	}
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		row, to := p.row[:3*w], m.Pix[y*m.Stride:(y+1)*m.Stride]
		if _, err := io.ReadFull(p.r, row); err != nil {
			return nil, whole(err)
		}
		for x := range w {
			to[4*x], to[4*x+1], to[4*x+2], to[4*x+3] = row[3*x], row[3*x+1], row[3*x+2], 255
		}
	}
	return m, nil
}

// word reads up to the next blank.
func (p *Pictures) word() (string, error) {
	var b []byte
	for {
		c, err := p.r.ReadByte()
		switch {
		case err != nil && len(b) > 0:
			return "", whole(err)
		case err != nil:
			return "", err
		case c == ' ' || c == '\n':
			return string(b), nil
		case len(b) == 16:
			return "", errNotPPM
		}
		b = append(b, c)
	}
}

// whole makes an end in the middle of a picture an error.
func whole(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
