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
func freeMemory() int64 { return freeUnder("/") }

// freeUnder is freeMemory by what the system says in files under root.
func freeUnder(root string) int64 {
	free := int64(math.MaxInt64)
	if kib, ok := number(root+"proc/meminfo", "MemAvailable:"); ok {
		free = kib << 10
	}
	group := root + "sys/fs/cgroup/memory."
	if limit, ok := number(group+"max", ""); ok {
		if used, ok := number(group+"current", ""); ok {
			// Files that were read and are not in use count as used until somebody
			// else wants the memory.
			idle, _ := number(group+"stat", "inactive_file ")
			free = min(free, max(limit-used+idle, 0))
		}
	}
	return free
}

// number reads the number that follows key in a file.
func number(file, key string) (int64, bool) {
	b, err := os.ReadFile(file)
	if err != nil {
		return 0, false
	}
	_, b, _ = bytes.Cut(b, []byte(key))
	b = bytes.TrimLeft(b, " ")
	n := 0
	for n < len(b) && b[n] >= '0' && b[n] <= '9' {
		n++
	}
	v, err := strconv.ParseInt(string(b[:n]), 10, 64)
	return v, err == nil
}
