package datasets

import (
	"cmp"
	"strings"
)

// CompareNatural orders names as people count: img2 before img10, and case
// aside. It returns a negative number, 0 or a positive number.
func CompareNatural(a, b string) int {
	x, y := a, b
	for x != "" && y != "" {
		cx, restX := chunk(x)
		cy, restY := chunk(y)
		if c := compareChunk(cx, cy); c != 0 {
			return c
		}
		x, y = restX, restY
	}
	if c := cmp.Compare(len(x), len(y)); c != 0 {
		return c
	}
	return strings.Compare(a, b) // equal but for case or leading zeros
}

// chunk splits off a run of digits or a single other character.
func chunk(s string) (head, rest string) {
	n := 0
	for n < len(s) && isDigit(s[n]) {
		n++
	}
	n = max(n, 1)
	return s[:n], s[n:]
}

func compareChunk(a, b string) int {
	if !isDigit(a[0]) || !isDigit(b[0]) {
		return cmp.Compare(rank(a[0]), rank(b[0]))
	}
	a, b = strings.TrimLeft(a, "0"), strings.TrimLeft(b, "0")
	return cmp.Or(cmp.Compare(len(a), len(b)), strings.Compare(a, b))
}

// rank puts a folder's contents together: the slash comes before any character.
func rank(c byte) int {
	switch {
	case c == '/':
		return -1
	case 'A' <= c && c <= 'Z':
		return int(c - 'A' + 'a')
	}
	return int(c)
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
