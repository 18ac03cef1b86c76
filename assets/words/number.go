package words

import (
	"fmt"
	"io"
	"regexp"
	"strings"
)

// Write is fmt.Sprintf for people: a number has the decimal sign of the language in
// use, as it has in what T and N say. Files, logs and other programs are written to
// by package fmt.
func Write(format string, args ...any) string { return fmt.Sprintf(format, localised(args)...) }

// commas reports whether the language in use writes 0,5 for a half.
func commas() bool {
	c := current.Load()
	return c != nil && c.code == "de"
}

// localised are arguments of a format whose numbers are written as the language does.
func localised(args []any) []any {
	if !commas() {
		return args
	}
	out := make([]any, len(args))
	for i, a := range args {
		switch a.(type) {
		case float64, float32:
			a = decimal{a}
		}
		out[i] = a
	}
	return out
}

// decimal is a number with a comma.
type decimal struct{ v any }

// Format implements fmt.Formatter.
func (d decimal) Format(f fmt.State, verb rune) {
	_, _ = io.WriteString(f, comma(fmt.Sprintf(fmt.FormatString(f, verb), d.v))) // fmt's state takes all
}

func comma(s string) string { return strings.Replace(s, ".", ",", 1) }

// figure is a number among other words, written elsewhere with a decimal point.
var figure = regexp.MustCompile(`(^|[\s(±])([-+−]?\d+)\.(\d+)([\s,;:%)]|$)`)

// number writes figures with the language's decimal sign.
func number(s string) string {
	if !commas() {
		return s
	}
	for range 2 { // of two with one blank between them, the second has none left
		s = figure.ReplaceAllString(s, "$1$2,$3$4")
	}
	return s
}
