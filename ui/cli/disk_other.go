//go:build !(linux || darwin)

package cli

import "os"

// freeSpace does not know on this system.
func freeSpace(string) (text string, enough bool) { return "free space unknown", true }

// writable reports whether the permissions let somebody write to a file or
// folder.
func writable(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().Perm()&0o222 != 0
}
