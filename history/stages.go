package history

import (
	"fmt"
	"strings"
	"time"
)

// Stage is one part of a verdict's latency.
type Stage struct {
	Name string // such as decode, prepare, detect, judge
	Took time.Duration
}

// Stages says what a verdict's latency was spent on, in the order of the work.
type Stages []Stage

// Total is what all of them took.
func (s Stages) Total() (all time.Duration) {
	for _, g := range s {
		all += g.Took
	}
	return all
}

// String writes the stages as "decode 1.5ms, detect 20ms", the way the file
// keeps them.
func (s Stages) String() string {
	var b strings.Builder
	for i, g := range s {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(g.Name + " " + g.Took.String())
	}
	return b.String()
}

// parseStages is the inverse of String; what it does not understand it leaves out.
func parseStages(text string) (out Stages) {
	for part := range strings.SplitSeq(text, ", ") {
		name, took, ok := strings.Cut(part, " ")
		if d, err := time.ParseDuration(took); ok && err == nil {
			out = append(out, Stage{name, d})
		}
	}
	return out
}

func (s Stages) validate() error {
	for _, g := range s {
		if g.Name == "" || strings.ContainsAny(g.Name, ", \x00") || g.Took < 0 {
			return fmt.Errorf("a stage of latency cannot be called %q and take %v", g.Name, g.Took)
		}
	}
	return nil
}
