//go:build onednn

package onednn

import (
	"bytes"
	"math"
	"os"
	"strconv"
)

// manyBytes is the size from which memory is asked for only if it is free.
const manyBytes = 64 << 20

// freeMemory is how much memory may still be used, by the machine and by the
// group that the program is confined to; as much as there can be where that
// cannot be told.
func freeMemory() int64 {
	free := int64(math.MaxInt64)
	if b, err := os.ReadFile("/proc/meminfo"); err == nil {
		if _, rest, ok := bytes.Cut(b, []byte("MemAvailable:")); ok {
			if kib, ok := number(rest); ok {
				free = kib << 10
			}
		}
	}
	if limit, ok := readNumber("/sys/fs/cgroup/memory.max"); ok {
		if used, ok := readNumber("/sys/fs/cgroup/memory.current"); ok {
			free = min(free, max(limit-used, 0))
		}
	}
	return free
}

func readNumber(file string) (int64, bool) {
	b, err := os.ReadFile(file)
	if err != nil {
		return 0, false
	}
	return number(b)
}

// number reads the digits that b begins with, after spaces.
func number(b []byte) (int64, bool) {
	b = bytes.TrimLeft(b, " ")
	n := 0
	for n < len(b) && b[n] >= '0' && b[n] <= '9' {
		n++
	}
	v, err := strconv.ParseInt(string(b[:n]), 10, 64)
	return v, err == nil
}
