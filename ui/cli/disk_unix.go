//go:build linux || darwin

package cli

import (
	"fmt"
	"syscall"
)

// leastSpace is the room in bytes under which a disk counts as full.
const leastSpace = 200e6

// freeSpace says how much room there is in a folder, and whether it is enough.
func freeSpace(dir string) (text string, enough bool) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return "unknown", true
	}
	free := float64(s.Bavail) * float64(s.Bsize)
	return fmt.Sprintf("%.1f GB free in %s", free/1e9, display(dir)), free >= leastSpace
}

// writable reports whether this program may write to a file or folder.
func writable(path string) bool {
	const w = 2
	return syscall.Access(path, w) == nil
}
