//go:build onednn

package onednn

import (
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"
)

// timings remembers which algorithm was faster. A file that cannot be read, is
// damaged or too large is as good as none, and one that cannot be written is
// done without: it saves time and decides nothing but speed.
type timings struct {
	file    string
	machine string

	mu      sync.Mutex
	changed bool
	all     map[string]map[string]timing // by machine and layer
}

// timing is how many microseconds each algorithm took.
type timing map[string]float64

// mostPlan bounds the file.
const mostPlan = 4 << 20

func openTimings(file, machine string) *timings {
	p := &timings{file: file, machine: machine, all: map[string]map[string]timing{}}
	if s, err := os.Stat(file); err == nil && s.Mode().IsRegular() && s.Size() <= mostPlan {
		if b, err := os.ReadFile(file); err == nil && (json.Unmarshal(b, &p.all) != nil || p.all == nil) {
			p.all = map[string]map[string]timing{}
		}
	}
	return p
}

// fastest returns the best of the candidates for a layer, measuring those that
// have not been.
func (p *timings) fastest(layer string, candidates []string, measure func([]string) ([]time.Duration, error)) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	t := p.all[p.machine][layer]
	for _, c := range candidates {
		if _, known := t[c]; known {
			continue
		}
		times, err := measure(candidates) // all of them, for times of one moment
		if err != nil {
			return "", err
		}
		t = timing{}
		for i, c := range candidates {
			t[c] = float64(times[i]) / float64(time.Microsecond)
		}
		if p.all[p.machine] == nil {
			p.all[p.machine] = map[string]timing{}
		}
		p.all[p.machine][layer] = t
		p.changed = true
		break
	}
	best := candidates[0]
	for _, c := range candidates {
		if t[c] > 0 && (t[best] <= 0 || t[c] < t[best]) {
			best = c
		}
	}
	return best, nil
}

// save replaces the file in one step, if there is anything new.
func (p *timings) save() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.changed {
		return
	}
	p.changed = false
	b, err := json.MarshalIndent(p.all, "", " ")
	if err != nil || os.MkdirAll(filepath.Dir(p.file), 0o755) != nil {
		return
	}
	f, err := os.CreateTemp(filepath.Dir(p.file), filepath.Base(p.file)+".*")
	if err != nil {
		return
	}
	defer os.Remove(f.Name())
	if _, err = f.Write(b); err == nil {
		err = f.Close()
	} else {
		f.Close()
	}
	if err == nil {
		_ = os.Rename(f.Name(), p.file)
	}
}

// processor names the machine's processor as well as can be told.
func processor() string {
	b, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(b)) {
		if k, v, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(k) == "model name" {
			return strings.TrimSpace(v)
		}
	}
	return runtime.GOARCH
}
