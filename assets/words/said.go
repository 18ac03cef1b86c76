package words

import "fmt"

// Said is a sentence with its arguments, kept as it was said: a file keeps it in
// English, a window says it in its language. The arguments stand as %s in the
// sentence; one that is itself in the catalog is translated, too.
type Said struct {
	Key  string   `json:"key"`
	Args []string `json:"args,omitempty"`
}

// With is the text with its arguments.
func (t Text) With(args ...any) Said {
	s := Said{Key: string(t)}
	for _, a := range args {
		if said, ok := a.(Text); ok {
			a = string(said) // not in the language in use
		}
		s.Args = append(s.Args, fmt.Sprint(a))
	}
	return s
}

// Plain is what is the same in every language, such as figures.
func Plain(s string) Said { return Said{Key: s} }

// String says it in the language in use.
func (s Said) String() string {
	return s.in(func(key string) string { return number(lookup(key)) })
}

// English says it in English.
func (s Said) English() string { return s.in(cut) }

func (s Said) in(say func(string) string) string {
	args := make([]any, len(s.Args))
	for i, a := range s.Args {
		args[i] = say(a)
	}
	return format(say(s.Key), args)
}

// English says the text in English.
func (t Text) English() string { return cut(string(t)) }
