//go:build onednn

package onednn

import (
	"bytes"
	"math"
	"os"
	"path"
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
	// Within a container its group is the root; a service is in a group of groups.
	_, group, _ := bytes.Cut(read(root+"proc/self/cgroup"), []byte("0::"))
	group, _, _ = bytes.Cut(group, []byte("\n"))
	for dir := path.Clean("/" + string(group)); ; dir = path.Dir(dir) {
		free = min(free, freeIn(path.Join(root, "sys/fs/cgroup", dir)))
		if dir == "/" {
			return free
		}
	}
}

// freeIn is what a group's limit leaves.
func freeIn(group string) int64 {
	limit, limited := number(group+"/memory.max", "")
	used, known := number(group+"/memory.current", "")
	if !limited || !known {
		return math.MaxInt64
	}
	// Files that were read and are not in use count as used until somebody else
	// wants the memory.
	idle, _ := number(group+"/memory.stat", "inactive_file ")
	return max(limit-used+idle, 0)
}

// read returns what is in a file; nothing where it cannot be read.
func read(file string) []byte {
	b, _ := os.ReadFile(file)
	return b
}

// number reads the number that follows key in a file.
func number(file, key string) (int64, bool) {
	_, b, _ := bytes.Cut(read(file), []byte(key))
	b = bytes.TrimLeft(b, " ")
	n := 0
	for n < len(b) && b[n] >= '0' && b[n] <= '9' {
		n++
	}
	v, err := strconv.ParseInt(string(b[:n]), 10, 64)
	return v, err == nil
}
