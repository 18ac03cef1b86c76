package session

import (
	"bytes"
	"fmt"
	"image"
	"image/png"

	"agurscope/history"
)

// Keep says of which parts the full picture and the maps are kept, so that the
// verdict can be opened again exactly as it was judged.
type Keep string

// What is kept in full. The empty Keep is KeepNone.
const (
	KeepNone  Keep = "none"
	KeepNotOK Keep = "not-ok" // REVIEW, NG and ERROR
	KeepAll   Keep = "all"
)

// ParseKeep reads a Keep as people write it; "" is KeepNone.
func ParseKeep(s string) (Keep, error) {
	switch k := Keep(s); k {
	case "":
		return KeepNone, nil
	case KeepNone, KeepNotOK, KeepAll:
		return k, nil
	}
	return "", fmt.Errorf("%q is nothing that can be kept: choose none, not-ok or all", s)
}

// keeps reports whether a part with the verdict v is kept in full.
func (k Keep) keeps(v history.Verdict) bool {
	return k == KeepAll || k == KeepNotOK && v != history.OK
}

// keep puts the picture and the maps of res into rec.
func (k Keep) keep(rec *history.Record, res *Result) error {
	if !k.keeps(res.Verdict) || res.Frame.Image == nil {
		return nil
	}
	var b bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&b, res.Frame.Image); err != nil {
		return fmt.Errorf("keep the picture: %w", err)
	}
	rec.Image = b.Bytes()
	if res.Prediction == nil || res.Verdict == history.ERROR {
		return nil // what was computed is not finite
	}
	var err error
	rec.Maps, err = encodeMaps(res)
	return err
}

// maxKept bounds the pixels of a picture read back; more was never inspected.
const maxKept = 1 << 28

// decodePicture reads a picture that was kept.
func decodePicture(data []byte) (image.Image, error) {
	c, err := png.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("read the picture: %w", err)
	}
	if c.Width > maxKept/max(1, c.Height) {
		return nil, fmt.Errorf("read the picture: %d x %d pixels are too many", c.Width, c.Height)
	}
	m, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("read the picture: %w", err)
	}
	return m, nil
}
