package datasets

import (
	"bytes"
	"encoding/binary"
	"errors"
	"path/filepath"
	"testing"
)

// FuzzDecode proves that whatever bytes come in, either a picture that keeps
// the promise of the border comes out, or a DecodeError that says why.
func FuzzDecode(f *testing.F) {
	for _, h := range hostile(f) {
		f.Add(h.content)
	}
	f.Add(pngBytes(f, shade(5, 4)))
	f.Add(jpegBytes(f, spot(9, 9, true)))
	f.Add(exifJPEG(jpegBytes(f, shade(8, 8)), 5, binary.BigEndian))
	f.Add(tiffBytes(f, deep(5, 4)))
	f.Add(bmpBytes(f, shade(5, 4)))
	f.Add(cmykJPEG())
	f.Fuzz(func(t *testing.T, b []byte) {
		if cfg, ok := header(b); ok && cfg > 1<<22 {
			t.Skip("allowed, but too slow to try thousands of times")
		}
		m, err := DecodeBytes("fuzz", b)
		if err == nil {
			checkBorder(t, m)
			return
		}
		var d *DecodeError
		if !errors.As(err, &d) || d.Reason == "" || d.Path != "fuzz" || d.Err == nil {
			t.Fatalf("got %#v", err)
		}
	})
}

// header returns how many pixels a file claims.
func header(b []byte) (int, bool) {
	defer func() { _ = recover() }()
	r := bytes.NewReader(b)
	kind, err := identify(r, int64(len(b)))
	if err != nil {
		return 0, false
	}
	cfg, err := inspectHeader(r, kind, int64(len(b)))
	return cfg.Width * cfg.Height, err == nil
}

func FuzzIDX(f *testing.F) {
	f.Add(idxBytes(3, 2, 2))
	f.Add(idxBytes(3, 2, 2)[:17])
	f.Add(idxLabelBytes(1, 2, 3))
	f.Add([]byte("\x00\x00\x08\x03\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if labels, err := parseIDXLabels(bytes.NewReader(b)); err == nil && len(labels) != len(b)-8 && len(labels) > len(b) {
			t.Fatalf("%d labels from %d bytes", len(labels), len(b))
		}
		h, err := parseIDXHeader(bytes.NewReader(b))
		if err != nil {
			return
		}
		if h.n > maxIDXRecords || h.rows > maxIDXSide || h.cols > maxIDXSide {
			t.Fatalf("the header promises %d of %d x %d", h.n, h.rows, h.cols)
		}
		h.path = filepath.Join(t.TempDir(), "x")
		put(t, filepath.Dir(h.path), "x", b)
		for _, i := range []int{0, h.n - 1} {
			if i < 0 {
				continue
			}
			m, err := h.image(i)
			if err != nil {
				continue
			}
			checkBorder(t, m)
			if len(b) < idxHead+(i+1)*h.rows*h.cols && !bytes.HasPrefix(b, []byte("\x1f\x8b")) {
				t.Fatalf("picture %d came out of %d bytes", i, len(b))
			}
		}
	})
}

func FuzzVisACSV(f *testing.F) {
	f.Add([]byte(visaCSV))
	f.Add([]byte("\ufeffmask,image,label,split,object\n,a.png,normal,train,nut\n"))
	f.Add([]byte("object,split,label,image,mask\n\"unclosed,train"))
	f.Add([]byte("object,split,label,image,mask\nx,test,anomaly,../../secret.png,\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		rows, err := parseVisA(bytes.NewReader(b))
		if err != nil && rows != nil {
			t.Fatal("rows beside an error")
		}
		for _, r := range rows {
			if r.image == "" || r.object == "" || !filepath.IsLocal(r.object) {
				t.Fatalf("got %+v", r)
			}
		}
	})
}
