package words

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// retoldFiles begin with this: they have the clauses that other packages say, with
// the verbs of package fmt where something is put in.
const retoldFiles = "catalog/retold"

// Retold says in the language in use what another package says in English: an
// error, the name of an engine, where the pictures of a folder go. Those packages
// know no window, and the command line and the log want their English; so it is
// told again here clause by clause, by the formats that it was made with. A clause
// that is in no catalog stays as it is.
func Retold(s string) string {
	c := current.Load()
	if c == nil {
		return s
	}
	lines := strings.Split(s, "\n") // of joined errors
	for i, l := range lines {
		end := worthTelling(l)
		lines[i] = c.retell(l[:end]) + l[end:]
	}
	return strings.Join(lines, "\n")
}

// What is told again of a line is bounded: each clause is tried with all before it,
// and what another program printed may be long.
const (
	mostClauses = 40
	mostLetters = 4096
)

// worthTelling is where that ends.
func worthTelling(s string) int {
	clauses := 0
	for i := range s {
		if slices.ContainsFunc(between, func(mark string) bool { return strings.HasPrefix(s[i:], mark) }) {
			clauses++
		}
		if clauses == mostClauses || i >= mostLetters {
			return i
		}
	}
	return len(s)
}

// between are what clauses are joined by, the strongest first.
var between = []string{". ", ": ", "; "}

// retell says one line: whole if it is in the catalog, or in two parts of which
// the first is as long as can be said.
func (c *catalog) retell(s string) string {
	if said, ok := c.clause(s); ok {
		return said
	}
	for _, mark := range between {
		for at := strings.LastIndex(s, mark); at > 0; at = strings.LastIndex(s[:at], mark) {
			if said, ok := c.clause(s[:at]); ok {
				return strings.TrimRight(said, ".。") + c.mark(mark) + c.retell(s[at+len(mark):])
			}
		}
	}
	for _, mark := range between {
		if a, b, ok := strings.Cut(s, mark); ok {
			return a + mark + c.retell(b)
		}
	}
	return s
}

// mark is what stands between clauses that were said.
func (c *catalog) mark(english string) string {
	if c.code != "zh" {
		return english
	}
	return map[string]string{". ": "。", ": ": "：", "; ": "；", ", ": "，"}[english]
}

// Mark is what stands between clauses: one of ". ", ": ", "; " and ", ", as the
// language in use writes it.
func Mark(english string) string {
	if c := current.Load(); c != nil {
		return c.mark(english)
	}
	return english
}

// clause says what is in the catalog as it stands, or was made by a format there.
func (c *catalog) clause(s string) (string, bool) {
	bare := strings.TrimSuffix(s, ".")
	for _, end := range []string{"", "."} {
		if said, ok := c.retold[bare+end]; ok {
			return said, true
		}
	}
	for i := range c.formats {
		f := &c.formats[i]
		if !strings.HasPrefix(bare, f.head) || !strings.HasSuffix(bare, f.tail) {
			continue // most of them, for a hundredth of the time
		}
		if m := f.made.FindStringSubmatch(bare); m != nil {
			return f.say(c, m), true
		}
	}
	return "", false
}

// retoldFormat is a clause with gaps.
type retoldFormat struct {
	made  *regexp.Regexp
	head  string // before the first gap
	tail  string // after the last one
	verbs string // a letter for each gap
	text  string // the translation, with verbs
	fixed int    // letters of the clause outside of its gaps
}

// verb is a gap of a format: number of the argument, and how it is written.
var verb = regexp.MustCompile(`%(?:%|[-+# 0]*(?:\[(\d+)\])?[0-9*]*(?:\.[0-9*]*)?(?:\[(\d+)\])?([a-zA-Z]))`)

// gaps are what verbs write; others write what is a clause or part of one.
var gaps = map[byte]string{
	'd': `([-+]?\d+)`, 'q': `("(?:[^"\\]|\\.)*")`, 'g': `([-+\d.e]+)`, 'f': `([-+\d.]+)`, 'w': `(.+)`, 'v': `(.+)`,
}

const oneClause = `((?:[^:;]|[:;][^ ])+)`

func newRetoldFormat(key, text string) retoldFormat {
	f := retoldFormat{text: text}
	literal := strings.NewReplacer("%%", "%")
	made, end := "^", 0
	for _, m := range verb.FindAllStringSubmatchIndex(key, -1) {
		made += regexp.QuoteMeta(key[end:m[0]])
		f.fixed += m[0] - end
		end = m[1]
		if m[6] < 0 {
			made += "%"
			continue
		}
		if f.verbs == "" {
			f.head = literal.Replace(key[:m[0]])
		}
		f.tail = literal.Replace(key[m[1]:])
		letter := key[m[6]]
		f.verbs += string(letter)
		if gap, ok := gaps[letter]; ok {
			made += gap
		} else {
			made += oneClause
		}
	}
	f.fixed += len(key) - end
	f.made = regexp.MustCompile(made + regexp.QuoteMeta(key[end:]) + "$")
	return f
}

// say fills the translation's gaps; what was itself said, as an error in an error
// is, is told again.
func (f *retoldFormat) say(c *catalog, gap []string) string {
	next := 0
	return verb.ReplaceAllStringFunc(f.text, func(v string) string {
		m := verb.FindStringSubmatch(v)
		if m[3] == "" {
			return "%"
		}
		for _, index := range m[1:3] {
			if n, err := strconv.Atoi(index); err == nil {
				next = n - 1
			}
		}
		next++
		if next > len(f.verbs) {
			return v
		}
		switch f.verbs[next-1] {
		case 'w', 'v':
			return c.retell(gap[next])
		case 'f', 'g':
			return number(gap[next])
		}
		return gap[next]
	})
}

// learn takes a clause that is retold into the catalog.
func (c *catalog) learn(key, text string) {
	if !strings.Contains(key, "%") {
		c.retold[strings.TrimSuffix(key, ".")] = text
		return
	}
	f := newRetoldFormat(key, text)
	// The one with the most letters says the most of what it was made from.
	at, _ := slices.BinarySearchFunc(c.formats, f, func(a, b retoldFormat) int { return b.fixed - a.fixed })
	c.formats = slices.Insert(c.formats, at, f)
}
