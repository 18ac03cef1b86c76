package datasets

import (
	"bytes"
	"path"
	"strings"
	"unicode/utf8"
)

// format is a picture format that passes the border.
type format string

const (
	formatPNG  format = "PNG"
	formatJPEG format = "JPEG"
	formatBMP  format = "BMP"
	formatWebP format = "WebP"
	formatTIFF format = "TIFF"
)

// sniffLen is how much of a file's beginning is looked at to tell what it is.
const sniffLen = 512

// extensions lists the file name endings of the formats that can be read.
var extensions = map[string]format{
	".png": formatPNG, ".jpg": formatJPEG, ".jpeg": formatJPEG, ".jpe": formatJPEG, ".jfif": formatJPEG,
	".bmp": formatBMP, ".dib": formatBMP, ".webp": formatWebP, ".tif": formatTIFF, ".tiff": formatTIFF,
}

// ImageName reports whether a file's name says that it is a readable picture.
func ImageName(name string) bool {
	_, ok := extensions[strings.ToLower(path.Ext(name))]
	return ok
}

// sniffFormat tells a readable format by its first bytes; names lie.
func sniffFormat(head []byte) (format, bool) {
	has := func(magic string) bool { return bytes.HasPrefix(head, []byte(magic)) }
	switch {
	case has("\x89PNG\r\n\x1a\n"):
		return formatPNG, true
	case has("\xff\xd8\xff"):
		return formatJPEG, true
	case len(head) >= 18 && has("BM") && bytes.Equal(head[6:10], []byte{0, 0, 0, 0}):
		return formatBMP, true
	case len(head) >= 12 && has("RIFF") && string(head[8:12]) == "WEBP":
		return formatWebP, true
	case has("II*\x00"), has("MM\x00*"):
		return formatTIFF, true
	}
	return "", false
}

// foreign lists beginnings of files that are not readable here, at an offset,
// with what they are and whether that is a picture after all.
var foreign = []struct {
	at      int
	magic   string
	what    string
	picture bool
}{
	{0, "GIF8", "a GIF picture", true},
	{0, "II+\x00", "a BigTIFF picture", true},
	{0, "MM\x00+", "a BigTIFF picture", true},
	{4, "ftypheic", "a HEIC picture", true},
	{4, "ftypheix", "a HEIC picture", true},
	{4, "ftypmif1", "a HEIF picture", true},
	{4, "ftypavif", "an AVIF picture", true},
	{4, "ftypcrx ", "a camera raw picture", true},
	{0, "\x00\x00\x00\x0cjP  ", "a JPEG 2000 picture", true},
	{0, "\xff\x0a", "a JPEG XL picture", true},
	{0, "8BPS", "a Photoshop document", true},
	{0, "\x00\x00\x01\x00", "an icon", true},
	{0, "P4\n", "a PBM picture", true},
	{0, "P5\n", "a PGM picture", true},
	{0, "P6\n", "a PPM picture", true},
	{0, "SIMPLE  =", "a FITS picture", true},
	{0, "%PDF", "a PDF document", false},
	{0, "PK\x03\x04", "a ZIP archive or office document", false},
	{0, "\x1f\x8b", "gzip data", false},
	{0, "7z\xbc\xaf", "a 7-Zip archive", false},
	{0, "Rar!", "a RAR archive", false},
	{0, "\x7fELF", "a program", false},
	{0, "MZ", "a Windows program", false},
	{0, "SQLite format 3", "a database", false},
	{4, "ftyp", "a video", false},
	{0, "RIFF", "a sound or video file", false},
	{257, "ustar", "a tar archive", false},
}

// describe says in words what a file that is no readable picture looks like.
func describe(head []byte) (what string, picture bool) {
	for _, f := range foreign {
		if len(head) >= f.at && bytes.HasPrefix(head[f.at:], []byte(f.magic)) {
			return f.what, f.picture
		}
	}
	text := strings.ToLower(strings.TrimSpace(string(head)))
	switch {
	case isBlank(head):
		return "a file of zero bytes only", false
	case !isText(head):
		return "unknown binary data", false
	case strings.HasPrefix(text, "<!doctype html"), strings.HasPrefix(text, "<html"):
		return "a web page", false
	case strings.Contains(text, "<svg"):
		return "an SVG drawing", true
	case strings.HasPrefix(text, "version https://git-lfs"):
		return "a Git LFS pointer, not the file itself", false
	}
	return "text", false
}

func isBlank(b []byte) bool { return len(bytes.Trim(b, "\x00")) == 0 }

// isText reports whether b reads as UTF-8 text; the last rune may be cut off.
func isText(b []byte) bool {
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		if r == utf8.RuneError && n == 1 {
			return !utf8.FullRune(b)
		}
		if r < ' ' && r != '\t' && r != '\n' && r != '\r' && r != '\f' {
			return false
		}
		b = b[n:]
	}
	return true
}
