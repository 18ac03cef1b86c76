package session

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"agurscope/assets/words"
)

// Verdicts on a claim of the paper.
const (
	Reproduced    = words.Text("reproduced")
	NotReproduced = words.Text("not reproduced")
	Open          = words.Text("open")            // what was measured does not tell
	Illustration  = words.Text("an illustration") // one value each: it shows something, and tells nothing
)

// Verdicts on a rule of our own.
const (
	Holds       = words.Text("holds")
	DoesNotHold = words.Text("does not hold")
)

// Claim is something the paper says, and whether our figures say it, too.
type Claim struct {
	Text    words.Said
	Verdict words.Text
	Why     []words.Said // the figures it rests on, then what is to be said of them
}

// Because says why, in the language in use.
func (c Claim) Because() string { return because(c.Why, words.Said.String, words.Mark("; ")) }

func because(why []words.Said, say func(words.Said) string, mark string) string {
	all := make([]string, len(why))
	for i, w := range why {
		all[i] = say(w)
	}
	return strings.Join(all, mark)
}

// String returns the claim's verdict and the figures, in English.
func (c Claim) String() string {
	return c.Verdict.English() + ": " + because(c.Why, words.Said.English, "; ")
}

// Markdown writes the claim as an item of a list, in English.
func (c Claim) Markdown(w io.Writer) {
	fmt.Fprintf(w, "- %s\n  **%s**: %s.\n", c.Text.English(), c.Verdict.English(), because(c.Why, words.Said.English, "; "))
}

// claimFile is a claim in a file: in English, and as it was said, so that a window
// can say it in its language.
type claimFile struct {
	Claim   string       `json:"claim"`
	Verdict words.Text   `json:"verdict"`
	Why     string       `json:"why"`
	Said    []words.Said `json:"said,omitempty"` // the claim, then why
}

// MarshalJSON implements json.Marshaler.
func (c Claim) MarshalJSON() ([]byte, error) {
	return json.Marshal(claimFile{c.Text.English(), c.Verdict, because(c.Why, words.Said.English, "; "), append([]words.Said{c.Text}, c.Why...)})
}

// UnmarshalJSON implements json.Unmarshaler.
func (c *Claim) UnmarshalJSON(b []byte) error {
	var f claimFile
	if err := json.Unmarshal(b, &f); err != nil {
		return err
	}
	if len(f.Said) == 0 {
		f.Said = []words.Said{words.Plain(f.Claim), words.Plain(f.Why)}
	}
	*c = Claim{f.Said[0], f.Verdict, f.Said[1:]}
	return nil
}

// Ruled is a claim with its verdict by an order: it holds, or its opposite does, or
// neither can be told. Empty reasons are left out.
func Ruled(text words.Said, order int, why ...words.Said) Claim {
	why = slices.DeleteFunc(why, func(w words.Said) bool { return w.Key == "" })
	c := Claim{Text: text, Verdict: Open, Why: why}
	switch {
	case order > 0:
		c.Verdict = Reproduced
	case order < 0:
		c.Verdict = NotReproduced
	}
	return c
}

// What [Rule] says in numbers.
const (
	seedsToTell = 2
	sdsToTell   = 2
)

// Rule says in a page how claims are judged.
const Rule = "A figure is above another when each rests on two seeds or more and their means are more than two pooled standard deviations apart. A claim that needs one figure above another is reproduced only then, not reproduced when it is the other way round by the same rule, and open otherwise."

// Order tells whether a is above b (1) or below it (-1). It is 0, with the reason,
// where that cannot be told. Every claim that one thing is better than another
// rests on it.
func Order(a, b Spread) (order int, doubt words.Text) {
	switch n := min(a.N, b.N); {
	case n == 0:
		return 0, words.Text("not measured")
	case n < seedsToTell:
		return 0, words.Text("one seed")
	}
	gap, least := float64(a.Mean-b.Mean), sdsToTell*pooled(a, b)
	switch {
	case gap > least:
		return 1, ""
	case gap < -least:
		return -1, ""
	}
	return 0, words.Text("within two pooled standard deviations")
}

// pooled is the standard deviation of two samples around their own means.
func pooled(a, b Spread) float64 {
	x, y := float64(a.SD), float64(b.SD)
	n, m := float64(a.N-1), float64(b.N-1)
	return math.Sqrt((n*x*x + m*y*y) / (n + m))
}
