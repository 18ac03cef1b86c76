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

	"agurscope/assets/words"
	"agurscope/nn/segment"
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
		return words.Write("%.1f", v)
	}
	return words.Write("%.2f", v)
}

// Figures writes two numbers that differ so that it is seen.
func Figures(a, b float64) (string, string) {
	x, y := Figure(a), Figure(b)
	for digits := 3; x == y && a != b && digits < 10; digits++ {
		x, y = words.Write("%.*f", digits, a), words.Write("%.*f", digits, b)
	}
	return x, y
}

// Plural says in English how many there are of a thing; see [words.N].
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
		return words.T("almost done")
	case sec < 90:
		return words.T("%.0f s left", sec)
	case sec < 90*60:
		return words.T("%.0f min left", math.Round(sec/60))
	}
	return words.T("%.1f h left", sec/3600)
}

// Clock writes a duration as minutes and seconds.
func Clock(d time.Duration) string {
	sec := int(d.Round(time.Second).Seconds())
	if sec >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", sec/3600, sec/60%60, sec%60)
	}
	return fmt.Sprintf("%d:%02d", sec/60, sec%60)
}

// MinuteForm is how a moment is written, and read where people type one: the
// same in every language, and in the order of time.
const MinuteForm = "2006-01-02 15:04"

// Day writes the day here of a moment.
func Day(t time.Time) string { return t.Local().Format(time.DateOnly) }

// Minute writes a moment with its day.
func Minute(t time.Time) string { return t.Local().Format(MinuteForm) }

// polarities say how a region differs from what should be there.
var polarities = map[string]words.Text{
	segment.Bright: words.Text("bright"), segment.Dark: words.Text("dark"), segment.Mixed: words.Text("mixed"),
}

// Polarity says how a region differs; one that nobody knows stays as it is.
func Polarity(p string) string {
	if word, ok := polarities[p]; ok {
		return word.String()
	}
	return p
}

// Milliseconds writes a latency, from a second on in seconds.
func Milliseconds(d time.Duration) string {
	ms := float64(d) / float64(time.Millisecond)
	switch {
	case ms < 10:
		return words.Write("%.1f ms", ms)
	case ms >= 999.5:
		return words.Write("%.1f s", ms/1000)
	}
	return fmt.Sprintf("%.0f ms", ms)
}

// Count writes a large number with its unit.
func Count(v float64) string {
	switch {
	case v >= 1e9:
		return words.Write("%.2f G", v/1e9)
	case v >= 1e6:
		return words.Write("%.2f M", v/1e6)
	}
	return fmt.Sprintf("%.0f k", v/1e3)
}

// Sentence says what an error or another package says, in the language in use,
// with a capital at the beginning and a full stop at the end. A path or a word with
// figures at the beginning stays as it is.
func Sentence(s string) string {
	s = strings.TrimSpace(words.Retold(s))
	if s == "" {
		return s
	}
	first, _, _ := strings.Cut(s, " ")
	if !strings.ContainsAny(first, `/\.0123456789`) {
		s = UpperFirst(s)
	}
	if last, _ := utf8.DecodeLastRuneInString(s); !strings.ContainsRune(".!?。！？", last) {
		if strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
			return s + "。"
		}
		s += "."
	}
	return s
}

// Sentences puts one behind another, as the language writes it.
func Sentences(a, b string) string {
	if a == "" || strings.HasSuffix(a, "。") {
		return a + b
	}
	return a + " " + b
}

// UpperFirst begins a line with a word that stood inside one.
func UpperFirst(s string) string {
	if s == "" {
		return s
	}
	r, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)) + s[n:]
}

// LowerFirst makes a title part of a sentence, where the language writes it so.
func LowerFirst(s string) string {
	if s == "" || words.Current() != words.English {
		return s
	}
	return strings.ToLower(s[:1]) + s[1:]
}

// failures say what could not be done, by what was being done.
var failures = map[string]words.Text{
	"open set": words.Text("Could not open the parts"), "open recipe": words.Text("Could not open the recipe"),
	"inspect": words.Text("Could not inspect"), "train": words.Text("Could not train"), "calibrate": words.Text("Could not calibrate"),
	"override": words.Text("Could not record your verdict"), "open verdict": words.Text("Could not open the verdict"),
	"save the recipe": words.Text("Could not save the recipe"), "estimate the training": words.Text("Could not estimate the training"),
	"log the verdict": words.Text("Could not log the verdict"), "log the run": words.Text("Could not log the run"),
	"log the thresholds": words.Text("Could not log the thresholds"), "explain the part": words.Text("Could not explain the part"),
	"draw the map": words.Text("Could not draw the map"), "open the map": words.Text("Could not open the map"),
	"open the folder": words.Text("Could not open the folder"), "remove the checkpoint": words.Text("Could not remove the checkpoint"),
	"open the golden set": words.Text("Could not open the golden set"),
	"inspect again":       words.Text("Could not inspect again"), "write a note": words.Text("Could not write the note"),
	"copy the pictures of the golden set": words.Text("Could not copy the pictures of the golden set"),
	"export":                              words.Text("Could not export"), "start the engine": words.Text("Could not start the engine"),
}

// Problem turns an error into a title and a sentence with the way out.
func Problem(err error) (title, body string) {
	var p *session.Problem
	if !errors.As(err, &p) {
		return words.T("Something went wrong"), Sentence(err.Error())
	}
	body = Sentence(p.Err.Error())
	if p.Hint != "" {
		body = Sentences(body, Sentence(p.Hint))
	}
	if said, ok := failures[p.Op]; ok {
		return said.String(), body
	}
	return words.T("Could not %s", words.Retold(p.Op)), body
}
