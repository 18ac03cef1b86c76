package anomaly

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"sort"
)

// tensorMap is what a safetensors file holds here: named float32 tensors.
// Format: 8 bytes of little-endian header length, a JSON header that gives
// type, shape and byte range of each tensor, then the data.
type tensorMap map[string]namedTensor

type namedTensor struct {
	Shape []int
	Data  []float32
}

const maxHeader = 4 << 20

type tensorHeader struct {
	DType   string `json:"dtype"`
	Shape   []int  `json:"shape"`
	Offsets [2]int `json:"data_offsets"`
}

// encode writes the tensors in the order of their names.
func (t tensorMap) encode() ([]byte, error) {
	names := make([]string, 0, len(t))
	for n := range t {
		names = append(names, n)
	}
	sort.Strings(names)
	header, at := map[string]tensorHeader{}, 0
	for _, n := range names {
		size := 4 * len(t[n].Data)
		header[n] = tensorHeader{"F32", t[n].Shape, [2]int{at, at + size}}
		at += size
	}
	h, err := json.Marshal(header)
	if err != nil {
		return nil, err
	}
	for len(h)%8 != 0 {
		h = append(h, ' ')
	}
	out := make([]byte, 0, 8+len(h)+at)
	out = binary.LittleEndian.AppendUint64(out, uint64(len(h)))
	out = append(out, h...)
	for _, n := range names {
		for _, v := range t[n].Data {
			out = binary.LittleEndian.AppendUint32(out, math.Float32bits(v))
		}
	}
	return out, nil
}

// decodeTensors reads what encode wrote, trusting nothing: every range is
// checked before it is used, and all ranges together must fill the data.
func decodeTensors(b []byte) (tensorMap, error) {
	if len(b) < 8 {
		return nil, errors.New("shorter than its header")
	}
	n := binary.LittleEndian.Uint64(b)
	if n > maxHeader || n > uint64(len(b)-8) {
		return nil, errors.New("header longer than the file")
	}
	var header map[string]json.RawMessage
	if err := json.Unmarshal(b[8:8+n], &header); err != nil {
		return nil, fmt.Errorf("header: %w", err)
	}
	data := b[8+n:]
	out, used := tensorMap{}, 0
	for name, rawHeader := range header {
		if name == "__metadata__" {
			continue
		}
		var h tensorHeader
		if err := json.Unmarshal(rawHeader, &h); err != nil {
			return nil, fmt.Errorf("tensor %q: %w", name, err)
		}
		elements, err := elements(h.Shape)
		lo, hi := h.Offsets[0], h.Offsets[1]
		switch {
		case err != nil:
			return nil, fmt.Errorf("tensor %q: %w", name, err)
		case h.DType != "F32":
			return nil, fmt.Errorf("tensor %q has type %q, want F32", name, h.DType)
		case lo < 0 || hi < lo || hi > len(data) || hi-lo != 4*elements:
			return nil, fmt.Errorf("tensor %q lies outside the file", name)
		}
		used += hi - lo
		if used > len(data) {
			return nil, errors.New("tensors overlap")
		}
		v := make([]float32, elements)
		for i := range v {
			v[i] = math.Float32frombits(binary.LittleEndian.Uint32(data[lo+4*i:]))
		}
		if !finite(v) {
			return nil, fmt.Errorf("tensor %q holds something that is not a number", name)
		}
		out[name] = namedTensor{slices.Clone(h.Shape), v}
	}
	if used != len(data) {
		return nil, errors.New("tensors do not fill the file")
	}
	return out, nil
}

func elements(shape []int) (int, error) {
	n := 1
	for _, d := range shape {
		if d < 0 || d > 1<<24 || n*d > 1<<28 {
			return 0, fmt.Errorf("shape %v is out of bounds", shape)
		}
		n *= d
	}
	return n, nil
}
