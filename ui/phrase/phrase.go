// Package phrase puts numbers, times and errors into the words that people read.
package phrase

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"agurscope/ui/session"
)

// Figure writes a number with three significant digits and no exponent.
func Figure(v float64) string {
	a := math.Abs(v)
	switch {
	case math.IsNaN(v):
		return "–"
	case a >= 100:
		return fmt.Sprintf("%.0f", v)
	case a >= 10:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.2f", v)
}

// Plural says how many there are of a thing.
func Plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// Remaining says a duration as people do.
func Remaining(d time.Duration) string {
	sec := math.Round(d.Seconds())
	switch {
	case sec < 1:
		return "almost done"
	case sec < 90:
		return fmt.Sprintf("%.0f s left", sec)
	case sec < 90*60:
		return fmt.Sprintf("%.0f min left", math.Round(sec/60))
	}
	return fmt.Sprintf("%.1f h left", sec/3600)
}

// Clock writes a duration as minutes and seconds.
func Clock(d time.Duration) string {
	sec := int(d.Round(time.Second).Seconds())
	if sec >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", sec/3600, sec/60%60, sec%60)
	}
	return fmt.Sprintf("%d:%02d", sec/60, sec%60)
}

// Milliseconds writes a latency.
func Milliseconds(d time.Duration) string {
	ms := float64(d) / float64(time.Millisecond)
	if ms < 10 {
		return fmt.Sprintf("%.1f ms", ms)
	}
	return fmt.Sprintf("%.0f ms", ms)
}

// Count writes a large number with its unit.
func Count(v float64) string {
	switch {
	case v >= 1e9:
		return fmt.Sprintf("%.2f G", v/1e9)
	case v >= 1e6:
		return fmt.Sprintf("%.2f M", v/1e6)
	}
	return fmt.Sprintf("%.0f k", v/1e3)
}

// Sentence begins with a capital and ends with a full stop. A path or a word
// with figures at the beginning stays as it is.
func Sentence(s string) string {
	s = strings.TrimSpace(s)
	if s == "" {
		return s
	}
	first, _, _ := strings.Cut(s, " ")
	if !strings.ContainsAny(first, `/\.0123456789`) {
		r, n := utf8.DecodeRuneInString(s)
		s = string(unicode.ToUpper(r)) + s[n:]
	}
	if !strings.ContainsAny(s[len(s)-1:], ".!?") {
		s += "."
	}
	return s
}

// LowerFirst makes a title part of a sentence.
func LowerFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToLower(s[:1]) + s[1:]
}

// Problem turns an error into a title and a sentence with the way out.
func Problem(err error) (title, body string) {
	var p *session.Problem
	if !errors.As(err, &p) {
		return "Something went wrong", Sentence(err.Error())
	}
	body = Sentence(p.Err.Error())
	if p.Hint != "" {
		body += " " + Sentence(p.Hint)
	}
	return "Could not " + p.Op, body
}
