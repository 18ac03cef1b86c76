// Package words says what people read in the window in their language.
//
// The English sentence is the key: where it is written is where it is used, and
// a sentence that has no translation is still a sentence. Everything else begins
// in English (the command line, the log, the history), and stays there: only the
// window calls [Use].
package words

import (
	"embed"
	"os"
	"strings"
	"sync/atomic"
)

// Language is one that the window speaks.
type Language struct {
	Code string // as in LANG
	Name string // as its speakers call it
}

// English is what the keys are written in.
const English = "en"

// Languages are all that there are, English first.
var Languages = []Language{{English, "English"}, {"de", "Deutsch"}, {"zh", "简体中文"}}

//go:embed catalog/*.txt
var files embed.FS

// current is the catalog in use; nil for English.
var current atomic.Pointer[catalog]

type catalog struct {
	code  string
	texts map[string]string
	ones  map[string]string // for one of a thing, by the key of many

	retold  map[string]string // what other packages say
	formats []retoldFormat    // of it what has gaps, the fullest first
}

// Use makes the window speak a language; one that there is not is English. What
// is on the screen already stays as it is.
func Use(code string) {
	if code == English || !known(code) {
		current.Store(nil)
		return
	}
	c := &catalog{code: code, texts: map[string]string{}, ones: map[string]string{}, retold: map[string]string{}}
	// The files are part of the program, and a test reads them.
	entries, _ := readCatalog()
	for _, e := range entries {
		switch t := e.texts[code]; {
		case t != "" && strings.HasPrefix(e.file, retoldFiles):
			c.learn(e.key, t)
		case t != "":
			c.texts[e.key] = t
		}
		if t := e.ones[code]; t != "" {
			c.ones[e.key] = t
		}
	}
	current.Store(c)
}

// Current is the code of the language in use.
func Current() string {
	if c := current.Load(); c != nil {
		return c.code
	}
	return English
}

// System is the language of the environment, or English when the window does
// not speak that.
func System() string {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		// The first that is set decides, as in every other program.
		if v := os.Getenv(name); v != "" {
			if code, _, _ := strings.Cut(v, "_"); known(strings.ToLower(code)) {
				return strings.ToLower(code)
			}
			return English
		}
	}
	return English
}

func known(code string) bool {
	for _, l := range Languages {
		if l.Code == code {
			return true
		}
	}
	return false
}

// T says a sentence. With arguments the key is a format as of package fmt;
// translations that need another order number them, as in %[2]s. What follows
// ## in a key tells apart what is one word in English and two elsewhere; it is
// not shown.
func T(key string, args ...any) string {
	return format(lookup(key), args)
}

// N says a sentence about n things: one and many are formats whose first
// argument is n. The key is many.
func N(n int, one, many string, args ...any) string {
	args = append([]any{n}, args...)
	c := current.Load()
	switch {
	case c == nil && n == 1:
		return format(cut(one), args)
	case c != nil && n == 1 && c.ones[many] != "":
		return format(c.ones[many], args)
	}
	return format(lookup(many), args)
}

// Text is a sentence written where the language is not known yet, such as in a
// table; String says it.
type Text string

// String says the text in the language in use.
func (t Text) String() string { return T(string(t)) }

func lookup(key string) string {
	if c := current.Load(); c != nil {
		if t, ok := c.texts[key]; ok {
			return t
		}
	}
	return cut(key)
}

func cut(key string) string {
	s, _, _ := strings.Cut(key, "##")
	return s
}

func format(s string, args []any) string {
	if len(args) == 0 {
		return s
	}
	return Write(s, args...)
}
