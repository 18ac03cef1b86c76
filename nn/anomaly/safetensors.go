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
	Half  bool // stored in half precision: for large tables that need no more
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
		kind, size := "F32", 4*len(t[n].Data)
		if t[n].Half {
			kind, size = "F16", 2*len(t[n].Data)
		}
		header[n] = tensorHeader{kind, t[n].Shape, [2]int{at, at + size}}
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
			if t[n].Half {
				out = binary.LittleEndian.AppendUint16(out, toHalf(v))
				continue
			}
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
		half := h.DType == "F16"
		v := make([]float32, len(b)/h.bytes())
		for i := range v {
			if half {
				v[i] = fromHalf(binary.LittleEndian.Uint16(b[2*i:]))
			} else {
				v[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
			}
		}
		if !finite(v) {
			return nil, fmt.Errorf("tensor %q holds something that is not a number", name)
		}
		out[name] = namedTensor{h.Shape, v, half}
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
	case h.DType != "F32" && h.DType != "F16":
		return h, fmt.Errorf("type %q, want F32 or F16", h.DType)
	case lo < 0 || hi < lo || hi > size || hi-lo != h.bytes()*n:
		return h, errors.New("lies outside the file")
	}
	return h, nil
}

// bytes is the size of one number.
func (h tensorHeader) bytes() int {
	if h.DType == "F16" {
		return 2
	}
	return 4
}

// toHalf rounds to IEEE 754 half precision, to even; what is too large becomes
// the largest number there is, for a table must stay finite.
func toHalf(v float32) uint16 {
	b := math.Float32bits(v)
	sign := uint16(b >> 16 & 0x8000)
	exp := int(b>>23&0xff) - 127 + 15
	frac := b & 0x7fffff
	switch {
	case exp >= 31:
		return sign | 0x7bff
	case exp <= 0: // subnormal: the leading one becomes visible
		if exp < -10 {
			return sign
		}
		frac |= 0x800000
		shift := uint(14 - exp)
		h := frac >> shift
		rest, half := frac&(1<<shift-1), uint32(1)<<(shift-1)
		if rest > half || rest == half && h&1 == 1 {
			h++
		}
		return sign | uint16(h)
	}
	h := uint32(exp)<<10 | frac>>13
	if rest := frac & 0x1fff; rest > 0x1000 || rest == 0x1000 && h&1 == 1 {
		h++
	}
	return sign | uint16(min(h, 0x7bff))
}

// fromHalf is exact.
func fromHalf(h uint16) float32 {
	sign, exp, frac := uint32(h&0x8000)<<16, uint32(h>>10&31), uint32(h&0x3ff)
	switch exp {
	case 0:
		v := float32(frac) / (1 << 24)
		return math.Float32frombits(math.Float32bits(v) | sign)
	case 31: // infinite or not a number: refused by the reader
		return math.Float32frombits(sign | 0xff<<23 | frac<<13)
	}
	return math.Float32frombits(sign | (exp+112)<<23 | frac<<13)
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
