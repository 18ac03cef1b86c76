//go:build onednn

package onednn

import (
	"math"
	"os"
	"path/filepath"
	"testing"
)

// Files that the program has read stay in memory until it is wanted: in a container
// they must not make every network too large.
func TestFreeMemory(t *testing.T) {
	const (
		machine = "MemTotal:       8000 kB\nMemFree:         100 kB\nMemAvailable:   3000 kB\n"
		stat    = "anon 1000\nfile 700000\ninactive_anon 9\ninactive_file 600000\n"
	)
	for name, c := range map[string]struct {
		files map[string]string
		want  int64
	}{
		"nothing is said": {nil, math.MaxInt64},
		"a machine":       {map[string]string{"proc/meminfo": machine}, 3000 << 10},
		"no limit":        {map[string]string{"proc/meminfo": machine, "max": "max\n", "current": "5000\n"}, 3000 << 10},
		"a group": {map[string]string{"proc/meminfo": machine, "max": "1000000\n", "current": "900000\n", "stat": stat},
			700000},
		"a group of an old kernel": {map[string]string{"proc/meminfo": machine, "max": "1000000\n", "current": "900000\n"}, 100000},
		"a large group":            {map[string]string{"proc/meminfo": machine, "max": "9000000\n", "current": "1\n"}, 3000 << 10},
		"more than is allowed":     {map[string]string{"max": "1000\n", "current": "2000\n"}, 0},
		"a service": {map[string]string{"proc/self/cgroup": "0::/system.slice/a.service\n",
			"sys/fs/cgroup/system.slice/a.service/memory.max": "5000\n", "sys/fs/cgroup/system.slice/a.service/memory.current": "1000\n"}, 4000},
		"a service of a slice with less": {map[string]string{"proc/self/cgroup": "0::/system.slice/a.service\n",
			"sys/fs/cgroup/system.slice/a.service/memory.max": "max\n", "sys/fs/cgroup/system.slice/a.service/memory.current": "1000\n",
			"sys/fs/cgroup/system.slice/memory.max": "3000\n", "sys/fs/cgroup/system.slice/memory.current": "1000\n"}, 2000},
		"a group outside of what is seen": {map[string]string{"proc/self/cgroup": "0::/../../a\n", "max": "3000\n", "current": "1000\n"}, 2000},
	} {
		root := t.TempDir()
		for file, text := range c.files {
			if filepath.Dir(file) == "." {
				file = "sys/fs/cgroup/memory." + file
			}
			file = filepath.Join(root, file)
			if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if got := freeUnder(root + "/"); got != c.want {
			t.Errorf("%s: %d bytes are free, not %d", name, got, c.want)
		}
	}
}
