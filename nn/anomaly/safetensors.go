package anomaly

import (
	"cmp"
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
// checked before it is used, and the ranges must fill the data side by side.
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
	headers, ranges := make(map[string]tensorHeader, len(header)), make([][2]int, 0, len(header))
	for name, raw := range header {
		if name == "__metadata__" {
			continue
		}
		h, err := readHeader(raw, len(data))
		if err != nil {
			return nil, fmt.Errorf("tensor %q: %w", name, err)
		}
		headers[name], ranges = h, append(ranges, h.Offsets)
	}
	if !tiles(ranges, len(data)) {
		return nil, errors.New("tensors overlap or leave gaps")
	}
	out := make(tensorMap, len(headers))
	for name, h := range headers {
		b := data[h.Offsets[0]:h.Offsets[1]]
		v := make([]float32, len(b)/4)
		for i := range v {
			v[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
		}
		if !finite(v) {
			return nil, fmt.Errorf("tensor %q holds something that is not a number", name)
		}
		out[name] = namedTensor{h.Shape, v}
	}
	return out, nil
}

// readHeader reads a tensor's type, shape and range in size bytes of data.
func readHeader(raw json.RawMessage, size int) (h tensorHeader, err error) {
	if err := json.Unmarshal(raw, &h); err != nil {
		return h, err
	}
	n, err := elements(h.Shape)
	lo, hi := h.Offsets[0], h.Offsets[1]
	switch {
	case err != nil:
		return h, err
	case h.DType != "F32":
		return h, fmt.Errorf("type %q, want F32", h.DType)
	case lo < 0 || hi < lo || hi > size || hi-lo != 4*n:
		return h, errors.New("lies outside the file")
	}
	return h, nil
}

// tiles reports whether the ranges cover 0 to n without gap or overlap.
func tiles(ranges [][2]int, n int) bool {
	slices.SortFunc(ranges, func(a, b [2]int) int { return cmp.Or(a[0]-b[0], a[1]-b[1]) })
	end := 0
	for _, r := range ranges {
		if r[0] != end {
			return false
		}
		end = r[1]
	}
	return end == n
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
