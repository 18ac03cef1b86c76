package cli

import (
	"fmt"
	"os"
	"strings"
)

// residentMB returns the program's memory in MB (10^6 bytes) as Linux tells it,
// 0 elsewhere.
func residentMB() float64 {
	b, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(b)) {
		var kib float64
		if _, err := fmt.Sscanf(line, "VmRSS: %f", &kib); err == nil {
			return kib * 1024 / 1e6
		}
	}
	return 0
}
