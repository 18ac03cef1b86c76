// Package v4l2 takes pictures from webcams and capture cards by the Video4Linux
// interface of the kernel.
//
// It is a thin binding: the structures and calls of linux/videodev2.h that a
// camera needs. What is asked of the system goes through one seam, so that tests
// play the kernel; no camera of this kind was there to try it on.
package v4l2

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"strconv"
	"strings"
	"sync"

	"agurscope/datasets/live"
)

// Device is a camera that was found.
type Device struct{ Path, Name, Bus string }

// Driver reaches one camera.
type Driver struct {
	Path   string // such as /dev/video0
	kernel kernel // nil: the real one

	settings live.Settings
}

// order is how settings are put in force.
var order = []string{"format", "size", "rate", "exposure", "gain"}

// Settings lists the names that With takes.
func Settings() []string { return order }

// With returns the driver with settings that are put in force at every
// connection.
func (d *Driver) With(settings map[string]string) *Driver {
	d.settings.Replace(settings)
	return d
}

// size reads "640x480".
func size(s string) (w, h uint32, err error) {
	a, b, ok := strings.Cut(s, "x")
	x, e1 := strconv.ParseUint(a, 10, 15)
	y, e2 := strconv.ParseUint(b, 10, 15)
	if !ok || e1 != nil || e2 != nil || x == 0 || y == 0 {
		return 0, 0, errors.New("a size is width x height, such as 640x480")
	}
	return uint32(x), uint32(y), nil
}

// fourcc is a pixel format as the kernel names it: four letters.
func fourcc(name string) (uint32, error) {
	name = (name + "    ")[:max(4, len(name))]
	if len(name) != 4 {
		return 0, fmt.Errorf("a pixel format has four letters, such as YUYV or MJPG")
	}
	return uint32(name[0]) | uint32(name[1])<<8 | uint32(name[2])<<16 | uint32(name[3])<<24, nil
}

func letters(f uint32) string {
	return strings.TrimRight(string([]byte{byte(f), byte(f >> 8), byte(f >> 16), byte(f >> 24)}), " ")
}

// preferred are the pixel formats from the best on: grey and raw ones have no
// losses, MJPG is what most webcams bring at full size.
var preferred = []string{"Y16", "Y12", "Y10", "GREY", "RGGB", "GRBG", "GBRG", "BA81", "YUYV", "UYVY", "RGB3", "BGR3", "MJPG", "JPEG"}

func compressed(name string) bool { return name == "MJPG" || name == "JPEG" }

// standardTables are the Huffman tables that webcams leave out of their pictures:
// those of the standard, as every encoder without its own writes them.
var standardTables = sync.OnceValue(func() []byte {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewRGBA(image.Rect(0, 0, 8, 8)), nil); err != nil {
		return nil
	}
	i := bytes.Index(b.Bytes(), []byte{0xff, 0xc4})
	if i < 0 {
		return nil
	}
	n := 2 + int(b.Bytes()[i+2])<<8 + int(b.Bytes()[i+3])
	return b.Bytes()[i : i+n]
})

// complete puts the standard Huffman tables into a picture without any.
func complete(b []byte) []byte {
	scan := bytes.Index(b, []byte{0xff, 0xda})
	if scan < 0 || bytes.Contains(b[:scan], []byte{0xff, 0xc4}) {
		return b
	}
	out := make([]byte, 0, len(b)+len(standardTables()))
	out = append(append(out, b[:scan]...), standardTables()...)
	return append(out, b[scan:]...)
}
