package cli

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"unicode"
	"unicode/utf8"

	"agurscope/history"
)

// printJSON writes one JSON object in one line.
func (p *program) printJSON(v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("write JSON: %w", err)
	}
	if _, err := p.Stdout.Write(append(b, '\n')); err != nil {
		return fmt.Errorf("write output: %w", err)
	}
	return nil
}

// printRows writes names with their values, aligned.
func (p *program) printRows(rows [][2]string) {
	wide := 0
	for _, r := range rows {
		wide = max(wide, len(r[0]))
	}
	for _, r := range rows {
		fmt.Fprintf(p.Stdout, "%-*s  %s\n", wide, r[0], r[1])
	}
}

// pad fills text with spaces to n letters, or cuts it in front: the end of a
// path tells more than its beginning.
func pad(text string, n int) string {
	text = visible(text)
	switch k := utf8.RuneCountInString(text); {
	case k < n:
		return text + strings.Repeat(" ", n-k)
	case k > n:
		return "…" + string([]rune(text)[k-n+1:])
	}
	return text
}

// visible shows the controls in a text as a mark: names of files may hold anything,
// also what moves the cursor of a terminal or begins a line.
func visible(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return unicode.ReplacementChar
		}
		return r
	}, text)
}

// ink colours verdicts where people read them.
type ink bool

func (p *program) ink() ink { return ink(isTerminal(p.Stdout) && os.Getenv("NO_COLOR") == "") }

// verdict writes a verdict to n letters, in its colour.
func (i ink) verdict(v history.Verdict, n int) string {
	text := pad(string(v), n)
	if !i {
		return text
	}
	tone := map[history.Verdict]string{
		history.OK: "32", history.REVIEW: "33", history.NG: "1;31", history.ERROR: "1;35",
	}[v]
	return "\x1b[" + tone + "m" + text + "\x1b[0m"
}

// plural writes a count with its noun.
func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
