package session

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"

	"agurscope/history"
	"agurscope/nn"
	"agurscope/nn/anomaly"
	"agurscope/nn/segment"
)

// mapsHead is what a file of maps says in words; the planes follow as raw
// little-endian numbers, each an entry of the zip.
type mapsHead struct {
	Schema     int                 `json:"schema"`
	Score      float64             `json:"score"`
	Terms      []anomaly.TermScore `json:"terms"`
	Doubt      string              `json:"doubt,omitempty"`
	Confidence *float64            `json:"confidence"`
	Thresholds Thresholds          `json:"thresholds"`
	Planes     map[string][3]int   `json:"planes"` // channels, height, width
	W, H       int                 // of the segmentation
	Regions    []segment.Region    `json:"regions"` // in pixels of the map
}

// maxPlane bounds the numbers of one plane of a file of maps.
const maxPlane = 1 << 26

// encodeMaps writes everything that the four panes show of a result, exactly as
// it was: opened again it needs neither the recipe nor the network.
func encodeMaps(res *Result) ([]byte, error) {
	p := res.Prediction
	head := mapsHead{
		Schema: 1, Score: p.Score, Terms: p.Terms, Thresholds: res.Thresholds,
		Planes: map[string][3]int{}, W: res.Segmentation.W, H: res.Segmentation.H, Regions: res.Segmentation.Regions,
	}
	if !math.IsNaN(res.Confidence) {
		head.Confidence = &res.Confidence
	}
	var doubt *DoubtError
	if errors.As(p.Doubt, &doubt) {
		head.Doubt = doubt.Err.Error()
	}
	planes := map[string]*nn.Image{"map": p.Map, "signed": p.Signed, "input": p.Input, "reconstruction": p.Reconstruction}
	for name, m := range planes {
		if m != nil {
			head.Planes[name] = [3]int{m.C, m.H, m.W}
		}
	}
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	// Planes of floats give little for much time.
	z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestSpeed) })
	w, err := z.Create("maps.json")
	if err == nil {
		err = json.NewEncoder(w).Encode(head)
	}
	for _, name := range []string{"map", "signed", "input", "reconstruction"} {
		if m := planes[name]; err == nil && m != nil {
			if w, err = z.Create(name + ".f32"); err == nil {
				err = binary.Write(w, binary.LittleEndian, m.Pix)
			}
		}
	}
	if err == nil {
		if w, err = z.Create("labels.i32"); err == nil {
			err = binary.Write(w, binary.LittleEndian, res.Segmentation.Labels)
		}
	}
	if err = errors.Join(err, z.Close()); err != nil {
		return nil, fmt.Errorf("keep the maps: %w", err)
	}
	return b.Bytes(), nil
}

// decodeMaps is the inverse of encodeMaps. It fills the Prediction, the
// segmentation, the thresholds and the confidence of res.
func decodeMaps(data []byte, res *Result) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("read the maps: %w", err)
		}
	}()
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return err
	}
	var head mapsHead
	if err := within(z, "maps.json", 1<<24, func(r io.Reader) error { return json.NewDecoder(r).Decode(&head) }); err != nil {
		return err
	}
	if head.Schema != 1 {
		return fmt.Errorf("they were written by a newer Agurscope (schema %d); update it", head.Schema)
	}
	p := &anomaly.Prediction{Score: head.Score, Terms: head.Terms}
	if head.Doubt != "" {
		p.Doubt = &DoubtError{errors.New(head.Doubt)}
	}
	for name, into := range map[string]**nn.Image{"map": &p.Map, "signed": &p.Signed, "input": &p.Input, "reconstruction": &p.Reconstruction} {
		extent, ok := head.Planes[name]
		if !ok {
			continue
		}
		n, err := numbers(extent[:]...)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		m := nn.NewImage(extent[0], extent[1], extent[2])
		if err := within(z, name+".f32", int64(4*n), func(r io.Reader) error { return binary.Read(r, binary.LittleEndian, m.Pix) }); err != nil {
			return err
		}
		*into = m
	}
	n, err := numbers(head.W, head.H)
	if err != nil {
		return fmt.Errorf("labels: %w", err)
	}
	labels := make([]int32, n)
	if err := within(z, "labels.i32", int64(4*n), func(r io.Reader) error { return binary.Read(r, binary.LittleEndian, labels) }); err != nil {
		return err
	}
	if p.Map == nil || p.Map.C < 1 || p.Map.W != head.W || p.Map.H != head.H {
		return errors.New("the labels do not lie over the map")
	}
	res.Prediction, res.Thresholds, res.Confidence = p, head.Thresholds, math.NaN()
	if head.Confidence != nil {
		res.Confidence = *head.Confidence
	}
	res.Segmentation = segment.Result{W: head.W, H: head.H, Labels: labels, Regions: head.Regions}
	res.Doubt = doubt(p, &res.Segmentation, res.Thresholds)
	return nil
}

// numbers multiplies extents within bounds.
func numbers(extents ...int) (int, error) {
	n := 1
	for _, e := range extents {
		if e < 0 || e > maxPlane || e > 0 && n > maxPlane/e {
			return 0, fmt.Errorf("an extent of %v is none", extents)
		}
		n *= e
	}
	return n, nil
}

// within reads one entry of a zip, which must not be longer than said.
func within(z *zip.Reader, name string, most int64, read func(io.Reader) error) error {
	f, err := z.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if info.Size() > most {
		return fmt.Errorf("%s has %d bytes, more than %d", name, info.Size(), most)
	}
	if err := read(io.LimitReader(f, most)); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// Reopen returns a past verdict as it was judged, for the four panes: the
// picture, the maps, the thresholds then in force and the regions. It needs
// what was kept with the verdict (see Keep); the error says what is missing.
func Reopen(rec history.Record, store *history.Store) (*Result, error) {
	res := &Result{
		Judgement: Judgement{Verdict: rec.Verdict, Index: rec.Index}, Regions: rec.Regions,
		Thresholds: Thresholds{Mode: segment.Mode(rec.Mode), Low: rec.Low, High: rec.High, MinArea: rec.MinArea, Review: rec.Review, Reject: rec.Reject},
		Confidence: math.NaN(), Latency: rec.Latency, Stages: rec.Stages, ID: rec.ID,
	}
	f := &res.Frame
	f.Path, f.Name, f.Seq, f.Time, f.Type = rec.Path, rec.Name, rec.Seq, rec.Time, rec.Type
	if rec.Error != "" {
		res.Err = errors.New(rec.Error)
	}
	if rec.ImageSHA256 == "" {
		return res, problem("open verdict", errors.New("its picture was not kept"), "Keep full pictures from now on, or inspect the file again.")
	}
	data, err := store.File(rec.ImageSHA256)
	if err != nil {
		return res, problem("open verdict", err, "")
	}
	if f.Image, err = decodePicture(data); err != nil {
		return res, problem("open verdict", err, "")
	}
	if rec.MapsSHA256 == "" {
		return res, nil // an ERROR has none
	}
	if data, err = store.File(rec.MapsSHA256); err == nil {
		err = decodeMaps(data, res)
	}
	if err != nil {
		return res, problem("open verdict", err, "")
	}
	res.Prediction.Embedding = rec.Embedding
	return res, nil
}
