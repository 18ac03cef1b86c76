package feature

import (
	"fmt"
	"math"
)

// Tensor is a table of a fitted model, as a recipe stores it.
type Tensor struct {
	Shape []int     // outermost first
	Data  []float32 // as many numbers as Shape multiplies to
}

// read returns the table called name after checking that its numbers are as
// many as its shape says, finite, and in one of the given numbers of
// dimensions.
func read(tables map[string]Tensor, name string, dims ...int) (Tensor, error) {
	t, ok := tables[name]
	if !ok {
		return t, fmt.Errorf("table %q is missing", name)
	}
	known := false
	for _, d := range dims {
		known = known || len(t.Shape) == d
	}
	if !known {
		return t, fmt.Errorf("table %q has shape %v", name, t.Shape)
	}
	n := 1
	for _, s := range t.Shape {
		if s < 1 || n > len(t.Data)/s {
			return t, fmt.Errorf("table %q has shape %v and %d numbers", name, t.Shape, len(t.Data))
		}
		n *= s
	}
	if n != len(t.Data) {
		return t, fmt.Errorf("table %q has shape %v and %d numbers", name, t.Shape, len(t.Data))
	}
	if !finite(t.Data) {
		return t, fmt.Errorf("table %q holds numbers that are not finite", name)
	}
	return t, nil
}

func finite(data []float32) bool {
	for _, v := range data {
		if v-v != 0 {
			return false
		}
	}
	return true
}

// starts turns the lengths of consecutive blocks into where each begins, with
// the end of the last one appended. The lengths are whole numbers in [0,most]
// that sum to total.
func starts(lengths []float32, most, total int) ([]int, error) {
	out := make([]int, 1, len(lengths)+1)
	sum := 0
	for _, v := range lengths {
		if v < 0 || v > float32(most) || v != float32(math.Trunc(float64(v))) {
			return nil, fmt.Errorf("a block of %g vectors", v)
		}
		if sum += int(v); sum > total {
			break
		}
		out = append(out, sum)
	}
	if sum != total {
		return nil, fmt.Errorf("the blocks do not add up to %d vectors", total)
	}
	return out, nil
}

// floats is the table of such lengths.
func floats(lengths []int32) []float32 {
	out := make([]float32, len(lengths))
	for i, n := range lengths {
		out[i] = float32(n)
	}
	return out
}

// positive returns the n numbers of the table called name, all above 0.
func positive(tables map[string]Tensor, name string, n int) ([]float32, error) {
	t, err := read(tables, name, 1)
	if err != nil {
		return nil, err
	}
	if len(t.Data) != n {
		return nil, fmt.Errorf("table %q has %d numbers, not %d", name, len(t.Data), n)
	}
	for _, v := range t.Data {
		if v <= 0 {
			return nil, fmt.Errorf("table %q holds %g", name, v)
		}
	}
	return t.Data, nil
}

// whole returns v as a whole number from 1 to most.
func whole(v float32, most int) (int, error) {
	if !(v >= 1 && v <= float32(most)) || v != float32(int(v)) {
		return 0, fmt.Errorf("%g is no whole number from 1 to %d", v, most)
	}
	return int(v), nil
}
