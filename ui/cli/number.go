package cli

import (
	"errors"
	"math"
	"strconv"
)

// number is the value of a flag that is a number when it is given, and NaN
// when it is not.
type number float64

// String implements pflag.Value.
func (n *number) String() string {
	if math.IsNaN(float64(*n)) {
		return ""
	}
	return strconv.FormatFloat(float64(*n), 'g', -1, 64)
}

// Set implements pflag.Value.
func (n *number) Set(s string) error {
	v, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
		return errors.New("it must be a number")
	}
	*n = number(v)
	return nil
}

// Type implements pflag.Value.
func (n *number) Type() string { return "X" }
