package session

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"math"
	"os"
	"path"
	"path/filepath"
	"strings"

	"agurscope/nn"
	"agurscope/nn/anomaly"
)

// Exporter writes what was seen of inspected pictures as files in one folder:
// NAME_map.tiff, the anomaly map as float32 at the network's input size, or
// under a fixture over the whole picture, 256 pixels on the longer side;
// NAME_mask.png, 255 in every region and 0 elsewhere; NAME_recon.png, the
// reconstruction; and NAME_panes.png where Panes draws one. Two pictures of
// one name get names of their own; a file of an earlier run is replaced.
type Exporter struct {
	// Panes draws the sheet that shows everything side by side; nil for none.
	Panes func(*Result) (image.Image, error)

	dir   string
	stems map[string]int // how many of the pictures to come have it
	taken map[string]bool
}

// NewExporter returns an exporter into dir, which is made if need be. Where the
// names of the pictures to come are known, those that only their folders tell
// apart are called by their folders from the first one on.
func NewExporter(dir string, names ...string) (*Exporter, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, problem("export", err, "Choose another folder.")
	}
	e := &Exporter{dir: dir, stems: map[string]int{}, taken: map[string]bool{}}
	for _, n := range names {
		e.stems[stemKey(n)]++
	}
	return e, nil
}

// stemKey is a file's name without folders and ending. Letter case does not
// tell names apart, since it does not on every disk.
func stemKey(picture string) string {
	base := path.Base(filepath.ToSlash(picture))
	return strings.ToLower(strings.TrimSuffix(base, path.Ext(base)))
}

// Export writes the files of one result and returns their paths; a picture
// that was not inspected has none.
func (e *Exporter) Export(res *Result) ([]string, error) {
	p := res.Prediction
	if p == nil {
		return nil, nil
	}
	type job struct {
		suffix string
		write  func(io.Writer) error
	}
	jobs := []job{
		{"_map.tiff", func(w io.Writer) error { return encodeTIFF(w, p.Map) }},
		{"_mask.png", pngOf(maskImage(res))},
	}
	if m := p.Reconstruction; m != nil {
		jobs = append(jobs, job{"_recon.png", pngOf(anomaly.Picture(m))})
	}
	if e.Panes != nil {
		jobs = append(jobs, job{"_panes.png", func(w io.Writer) error {
			m, err := e.Panes(res)
			if err != nil {
				return err
			}
			return png.Encode(w, m)
		}})
	}
	base := filepath.Join(e.dir, e.name(res.Frame.Name))
	var out []string
	for _, j := range jobs {
		if err := replaceFile(base+j.suffix, j.write); err != nil {
			return out, problem("export", err, "Choose another folder or free some space.")
		}
		out = append(out, base+j.suffix)
	}
	return out, nil
}

// name returns an unused NAME for a picture: the stem of its file, or with its
// folders in front, or its ending behind, or at last a number.
func (e *Exporter) name(picture string) string {
	picture = path.Clean(filepath.ToSlash(picture))
	ext := path.Ext(picture)
	stem := strings.TrimSuffix(picture, ext)
	flat := strings.ReplaceAll(strings.Trim(strings.ReplaceAll(stem, "../", ""), "/"), "/", "_")
	tries := []string{path.Base(stem), flat, flat + "_" + strings.TrimPrefix(ext, ".")}
	if e.stems[stemKey(picture)] > 1 {
		tries = tries[1:]
	}
	for n := 2; ; n++ {
		for _, t := range tries {
			t = short(t)
			if key := strings.ToLower(t); !e.taken[key] {
				e.taken[key] = true
				return t
			}
		}
		tries = []string{fmt.Sprintf("%s-%d", flat, n)}
	}
}

// longestStem leaves room for the endings in the 255 bytes that a name may have.
const longestStem = 200

// short cuts a name in front: its end tells more than its beginning.
func short(stem string) string {
	if len(stem) <= longestStem {
		return stem
	}
	return strings.ToValidUTF8(stem[len(stem)-longestStem:], "_")
}

// maskImage returns the regions as black and white.
func maskImage(res *Result) *image.Gray {
	s := &res.Segmentation
	m := image.NewGray(image.Rect(0, 0, s.W, s.H))
	for i, v := range s.Mask() {
		m.Pix[i] = 255 * v
	}
	return m
}

// pngOf returns the writing of a picture.
func pngOf(m image.Image) func(io.Writer) error {
	return func(w io.Writer) error { return png.Encode(w, m) }
}

// replaceFile writes a file aside and then gives it its name, so that nobody
// ever reads half of it. It is for what can be made again: only a file of keepFile is
// sure to be whole after a power cut.
func replaceFile(name string, write func(io.Writer) error) error {
	return writeAside(name, write, func(*os.File) error { return nil })
}

// keepFile is replaceFile for what is kept: it is on the disk before it has its name.
func keepFile(name string, write func(io.Writer) error) error {
	return writeAside(name, write, (*os.File).Sync)
}

func writeAside(name string, write func(io.Writer) error, settle func(*os.File) error) (err error) {
	f, err := os.CreateTemp(filepath.Dir(name), ".agurscope-*")
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("write %s: %w", name, err), os.Remove(f.Name()))
		}
	}()
	b := bufio.NewWriter(f)
	_ = f.Chmod(0o644) // shares of other systems may not know permissions
	if err = errors.Join(write(b), b.Flush(), settle(f), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}

// The TIFF tags of a grey picture of 32-bit floating-point samples, and their
// types (TIFF 6.0, sections 2, 4 and 19).
const (
	tiffShort    = 3
	tiffLong     = 4
	tiffRational = 5

	tagWidth           = 256
	tagHeight          = 257
	tagBitsPerSample   = 258
	tagCompression     = 259
	tagPhotometric     = 262
	tagStripOffsets    = 273
	tagSamplesPerPixel = 277
	tagRowsPerStrip    = 278
	tagStripBytes      = 279
	tagXResolution     = 282
	tagYResolution     = 283
	tagResolutionUnit  = 296
	tagSampleFormat    = 339
)

// encodeTIFF writes the first plane of m as a TIFF file: one strip of
// little-endian float32, uncompressed.
func encodeTIFF(w io.Writer, m *nn.Image) error {
	const head = 8
	data := uint32(4 * m.W * m.H)
	fields := [][3]uint32{ // tag, type, value
		{tagWidth, tiffLong, uint32(m.W)},
		{tagHeight, tiffLong, uint32(m.H)},
		{tagBitsPerSample, tiffShort, 32},
		{tagCompression, tiffShort, 1}, // none
		{tagPhotometric, tiffShort, 1}, // black is zero
		{tagStripOffsets, tiffLong, head},
		{tagSamplesPerPixel, tiffShort, 1},
		{tagRowsPerStrip, tiffLong, uint32(m.H)},
		{tagStripBytes, tiffLong, data},
		{tagXResolution, tiffRational, 0}, // where the number lies is filled in below
		{tagYResolution, tiffRational, 0},
		{tagResolutionUnit, tiffShort, 1}, // none
		{tagSampleFormat, tiffShort, 3},   // floating point
	}
	end := head + data + uint32(2+12*len(fields)+4)
	le := binary.LittleEndian
	b := make([]byte, 0, int(end)+8)
	b = append(b, "II*\x00"...)
	b = le.AppendUint32(b, head+data)
	for _, v := range m.Plane(0) {
		b = le.AppendUint32(b, math.Float32bits(v))
	}
	b = le.AppendUint16(b, uint16(len(fields)))
	for _, f := range fields {
		if f[1] == tiffRational {
			f[2] = end
		}
		b = le.AppendUint16(b, uint16(f[0]))
		b = le.AppendUint16(b, uint16(f[1]))
		b = le.AppendUint32(b, 1)
		b = le.AppendUint32(b, f[2]) // a short value is left-justified, which is the same here
	}
	b = le.AppendUint32(b, 0) // no further picture
	b = le.AppendUint32(b, 1) // one pixel
	b = le.AppendUint32(b, 1) // per pixel
	_, err := w.Write(b)
	return err
}
