package datasets

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"io"
)

// orientation is the EXIF Orientation value: 1 is upright, 2 to 8 are the other
// ways a camera can be held or mirrored. Anything else counts as upright.
type orientation uint16

const upright orientation = 1

// tagOrientation is the TIFF tag that says how the picture is to be turned.
const tagOrientation = 0x0112

// Bounds on what is looked at, so that no file can keep the parser busy.
const (
	maxSegments = 256 // JPEG segments before the picture data
	maxEntries  = 512 // entries of one TIFF directory
)

// jpegOrientation reads the Orientation tag of a JPEG stream's EXIF segment. A
// missing or broken EXIF segment is no reason to refuse the picture: upright.
func jpegOrientation(r io.Reader) orientation {
	br := bufio.NewReader(r)
	var soi [2]byte
	if _, err := io.ReadFull(br, soi[:]); err != nil || soi != [2]byte{0xff, 0xd8} {
		return upright
	}
	for range maxSegments {
		marker, size, ok := nextSegment(br)
		if !ok {
			return upright
		}
		const app1 = 0xe1
		if marker != app1 {
			if _, err := br.Discard(size); err != nil {
				return upright
			}
			continue
		}
		body := make([]byte, size) // at most 64 KiB
		if _, err := io.ReadFull(br, body); err != nil {
			return upright
		}
		if exif, ok := bytes.CutPrefix(body, []byte("Exif\x00\x00")); ok {
			return tiffOrientation(bytes.NewReader(exif))
		}
	}
	return upright
}

// nextSegment reads a JPEG marker and the length of what follows it; false at
// the picture data, the end or nonsense.
func nextSegment(br *bufio.Reader) (marker byte, size int, ok bool) {
	if b, err := br.ReadByte(); err != nil || b != 0xff {
		return 0, 0, false
	}
	for marker = 0xff; marker == 0xff; { // fill bytes may precede a marker
		b, err := br.ReadByte()
		if err != nil {
			return 0, 0, false
		}
		marker = b
	}
	const startOfScan, endOfImage = 0xda, 0xd9
	if marker == startOfScan || marker == endOfImage || marker == 0 {
		return 0, 0, false
	}
	var n [2]byte
	if _, err := io.ReadFull(br, n[:]); err != nil {
		return 0, 0, false
	}
	size = int(binary.BigEndian.Uint16(n[:])) - 2
	return marker, size, size >= 0
}

// tiffOrientation reads the Orientation tag of the first directory of a TIFF
// structure, which is also what an EXIF segment holds.
func tiffOrientation(r io.ReaderAt) orientation {
	var head [8]byte
	if _, err := r.ReadAt(head[:], 0); err != nil {
		return upright
	}
	var order binary.ByteOrder
	switch string(head[:4]) {
	case "II*\x00":
		order = binary.LittleEndian
	case "MM\x00*":
		order = binary.BigEndian
	default:
		return upright
	}
	at := int64(order.Uint32(head[4:]))
	var count [2]byte
	if _, err := r.ReadAt(count[:], at); err != nil {
		return upright
	}
	for i := range min(int64(order.Uint16(count[:])), maxEntries) {
		var e [12]byte
		if n, _ := r.ReadAt(e[:], at+2+12*i); n < len(e) {
			return upright
		}
		const short = 3
		if order.Uint16(e[:]) != tagOrientation || order.Uint16(e[2:]) != short {
			continue
		}
		if o := orientation(order.Uint16(e[8:])); o >= 1 && o <= 8 {
			return o
		}
		return upright
	}
	return upright
}

// pixels is a packed picture seen as rows of bytes, whatever a pixel means.
type pixels struct {
	pix    []byte
	stride int
	w, h   int
	bytes  int // per pixel
}

// turned returns the size and bytes of p made upright, rows packed.
func (p pixels) turned(o orientation) (w, h int, pix []byte) {
	w, h = p.w, p.h
	if o >= 5 { // 5 to 8 lie on their side
		w, h = h, w
	}
	pix = make([]byte, w*h*p.bytes)
	for y := range h {
		row := pix[y*w*p.bytes:]
		for x := range w {
			sx, sy := p.origin(o, x, y)
			s := sy*p.stride + sx*p.bytes
			copy(row[x*p.bytes:(x+1)*p.bytes], p.pix[s:s+p.bytes])
		}
	}
	return w, h, pix
}

// origin returns where the pixel that belongs at x,y was stored.
func (p pixels) origin(o orientation, x, y int) (sx, sy int) {
	switch o {
	case 2: // mirrored
		return p.w - 1 - x, y
	case 3: // upside down
		return p.w - 1 - x, p.h - 1 - y
	case 4: // upside down, mirrored
		return x, p.h - 1 - y
	case 5: // mirrored along the main diagonal
		return y, x
	case 6: // to be turned clockwise
		return y, p.h - 1 - x
	case 7: // mirrored along the other diagonal
		return p.w - 1 - y, p.h - 1 - x
	case 8: // to be turned counter-clockwise
		return p.w - 1 - y, x
	default:
		return x, y
	}
}
