package datasets

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"io/fs"
	"os"
	"strings"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"
	"golang.org/x/image/webp"
)

// Caps at the border. A header is believed only up to these, before anything
// is allocated.
const (
	MaxPixels    = 100_000_000            // pixels of one picture at 8 bits: 100 megapixels, 400 MB
	MaxSide      = 32768                  // pixels along one side
	MaxFileBytes = 512 << 20              // bytes of one file
	maxBytes     = MaxPixels * 4          // bytes of one decoded picture: half the pixels at 16-bit colour
	copyAgain    = "copy it again"        // the remedy for what was lost on the way
	exportAgain  = "save it again as PNG" // the remedy for what this program does not read
)

// Decode reads a picture file through the border: it returns an upright, opaque
// *image.Gray, *image.Gray16, *image.RGBA or *image.RGBA64 with bounds at 0,0
// and packed rows, or a *[DecodeError]. PNG, JPEG, BMP, WebP and TIFF are told
// by their content, not by their name; 16-bit depth is kept.
func Decode(path string) (image.Image, error) {
	f, err := openRegular(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return DecodeReader(path, f)
}

// DecodeBytes is [Decode] for a picture already in memory; name is used in
// errors.
func DecodeBytes(name string, b []byte) (image.Image, error) {
	return DecodeReader(name, bytes.NewReader(b))
}

// DecodeReader is [Decode] for a stream; name is used in errors.
func DecodeReader(name string, r io.ReadSeeker) (image.Image, error) {
	m, _, err := decode(name, r)
	return m, err
}

// openRegular opens a regular file for reading. A pipe or a device by the name
// of a picture or a table would keep the program waiting for ever.
func openRegular(path string) (*os.File, error) {
	unreadable := func(err error) error {
		e := refusal(ErrUnreadable, err, fmt.Sprintf("it cannot be opened (%v)", plain(err)), "check that it exists and may be read")
		e.Path = path
		return e
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, unreadable(err)
	}
	if !info.Mode().IsRegular() {
		return nil, unreadable(errors.New("it is no regular file"))
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, unreadable(err)
	}
	return f, nil
}

// plain strips the operation and the path from a file error: the sentence
// around it names the file already.
func plain(err error) string {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err.Error()
	}
	return err.Error()
}

// decode is the border. Whatever a decoder does, panics included, becomes a
// *DecodeError.
func decode(name string, r io.ReadSeeker) (m image.Image, f format, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = refusal(ErrDamaged, fmt.Errorf("decoder panic: %v", p), "its content is damaged", copyAgain)
		}
		if err != nil {
			m, err = nil, named(err, name)
		}
	}()
	size, err := r.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, "", refusal(ErrUnreadable, err, fmt.Sprintf("it cannot be read (%v)", plain(err)), copyAgain)
	}
	if f, err = identify(r, size); err != nil {
		return nil, f, err
	}
	cfg, err := inspectHeader(r, f, size)
	if err != nil {
		return nil, f, err
	}
	raw, err := decodeAs(r, f)
	if err != nil {
		return nil, f, because(err)
	}
	if raw.Bounds().Size() != image.Pt(cfg.Width, cfg.Height) {
		return nil, f, refusal(ErrDamaged, nil, "its header and its content disagree about its size", copyAgain)
	}
	palette, _ := cfg.ColorModel.(color.Palette)
	m, err = sanitise(raw, len(palette))
	if err != nil {
		return nil, f, err
	}
	return turn(m, orientationOf(r, f)), f, nil
}

// named puts the file's name on a refusal.
func named(err error, name string) error {
	var d *DecodeError
	if !errors.As(err, &d) {
		d = because(err)
	}
	d.Path = name
	return d
}

// identify tells the format by the first bytes, or says what the file is.
func identify(r io.ReadSeeker, size int64) (format, error) {
	switch {
	case size == 0:
		return "", refusal(ErrEmpty, nil, "the file is empty (0 bytes)", copyAgain)
	case size > MaxFileBytes:
		return "", refusal(ErrTooLarge, nil,
			fmt.Sprintf("it has %d MiB and the cap is %d MiB", size>>20, MaxFileBytes>>20), "save it smaller")
	}
	head := make([]byte, min(size, sniffLen))
	if err := rewindRead(r, head); err != nil {
		return "", because(err)
	}
	if f, ok := sniffFormat(head); ok {
		return f, nil
	}
	what, picture := describe(head)
	if picture {
		return "", refusal(ErrUnsupported, nil, fmt.Sprintf("it looks like %v, which is not supported", what), exportAgain)
	}
	return "", refusal(ErrNotImage, nil, fmt.Sprintf("it is not an image; it looks like %v", what), "take it out of the folder or replace it by the picture")
}

func rewindRead(r io.ReadSeeker, b []byte) error {
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return err
	}
	_, err := io.ReadFull(r, b)
	return err
}

// inspectHeader reads the header alone and holds it against the caps.
func inspectHeader(r io.ReadSeeker, f format, size int64) (image.Config, error) {
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return image.Config{}, because(err)
	}
	var cfg image.Config
	var err error
	switch f {
	case formatPNG:
		cfg, err = png.DecodeConfig(bufio.NewReader(r))
	case formatJPEG:
		cfg, err = jpeg.DecodeConfig(bufio.NewReader(r))
	case formatBMP:
		cfg, err = bmp.DecodeConfig(bufio.NewReader(r))
	case formatWebP:
		cfg, err = webp.DecodeConfig(bufio.NewReader(r))
	case formatTIFF:
		cfg, err = tiff.DecodeConfig(r)
	}
	if err != nil {
		return cfg, because(err)
	}
	return cfg, checkSize(cfg, f, size)
}

// checkSize refuses a header that is over a cap, or that promises more pixels
// than a file of this size can hold, before the decoder allocates for it.
func checkSize(cfg image.Config, f format, size int64) error {
	w, h := int64(cfg.Width), int64(cfg.Height)
	if w <= 0 || h <= 0 {
		return refusal(ErrDamaged, nil, "its header says that it has no pixels", copyAgain)
	}
	if w > MaxSide || h > MaxSide {
		return refusal(ErrTooLarge, nil,
			fmt.Sprintf("it is %d x %d pixels and the cap is %d along a side", w, h, MaxSide), "save it smaller or cut it into pieces")
	}
	most := int64(maxBytes) / max(4, pixelBytes(cfg.ColorModel))
	if w*h > most {
		return refusal(ErrTooLarge, nil,
			fmt.Sprintf("it is %d x %d pixels (%d megapixels) and the cap is %d megapixels", w, h, w*h/1e6, most/1e6),
			"save it smaller or cut it into pieces")
	}
	if w*h > densest(f)*size {
		return refusal(ErrTruncated, nil,
			fmt.Sprintf("it is truncated: the header says %d x %d pixels but the file has only %d bytes", w, h, size), copyAgain)
	}
	return nil
}

// pixelBytes returns how many bytes a decoded pixel takes.
func pixelBytes(m color.Model) int64 {
	switch m {
	case color.RGBA64Model, color.NRGBA64Model:
		return 8
	default:
		return 4
	}
}

// densest returns more pixels per byte than a format can possibly pack: deflate
// shrinks at most 1032-fold, a JPEG block of 64 pixels takes at least a bit.
// WebP and TIFF have no such bound that is worth stating.
func densest(f format) int64 {
	switch f {
	case formatPNG:
		return 8 * 1100 // at one bit per pixel
	case formatJPEG:
		return 64 * 8
	case formatBMP:
		return 8
	default:
		return 1 << 24
	}
}

// decodeAs runs the decoder of a format over the whole stream.
func decodeAs(r io.ReadSeeker, f format) (image.Image, error) {
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	switch f {
	case formatPNG:
		return png.Decode(bufio.NewReader(r))
	case formatJPEG:
		return jpeg.Decode(bufio.NewReader(r))
	case formatBMP:
		return bmp.Decode(bufio.NewReader(r))
	case formatWebP:
		return webp.Decode(bufio.NewReader(r))
	default:
		return tiff.Decode(r)
	}
}

// orientationOf reads how the camera was held.
func orientationOf(r io.ReadSeeker, f format) orientation {
	if f != formatJPEG && f != formatTIFF {
		return upright
	}
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return upright
	}
	if f == formatJPEG {
		return jpegOrientation(r)
	}
	if ra, ok := r.(io.ReaderAt); ok {
		return tiffOrientation(ra)
	}
	return upright
}

// because turns an error of a decoder into a refusal of the right kind.
func because(err error) *DecodeError {
	var (
		d      *DecodeError
		pngU   png.UnsupportedError
		jpegU  jpeg.UnsupportedError
		tiffU  tiff.UnsupportedError
		osFail *fs.PathError
	)
	switch {
	case errors.As(err, &d):
		return d
	case errors.As(err, &pngU), errors.As(err, &jpegU), errors.As(err, &tiffU), errors.Is(err, bmp.ErrUnsupported),
		strings.Contains(err.Error(), "wrong number of samples"): // more channels than colour and alpha
		return refusal(ErrUnsupported, err, fmt.Sprintf("it uses a variant that is not supported (%v)", err), exportAgain)
	case endsEarly(err):
		return refusal(ErrTruncated, err, "it is truncated: the picture ends in the middle", copyAgain)
	case errors.As(err, &osFail):
		return refusal(ErrUnreadable, err, fmt.Sprintf("it cannot be read (%v)", plain(err)), "check the disk and copy it again")
	default:
		return refusal(ErrDamaged, err, fmt.Sprintf("its content is damaged (%v)", err), copyAgain)
	}
}

// shortData lists what decoders say instead of io.ErrUnexpectedEOF.
var shortData = []string{"short chunk data", "missing RIFF chunk header", "not enough pixel data", "short segment length", "short Huffman data"}

// endsEarly reports whether a decoder ran out of bytes.
func endsEarly(err error) bool {
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return true
	}
	for _, s := range shortData {
		if strings.Contains(err.Error(), s) {
			return true
		}
	}
	return false
}
