package datasets

import (
	"errors"
	"fmt"
	"strings"
)

// The kinds of refusal at the border; every [DecodeError] is exactly one of
// them under [errors.Is].
var (
	ErrUnreadable  = errors.New("unreadable")         // the file cannot be opened or read
	ErrEmpty       = errors.New("empty file")         // nothing in it
	ErrNotImage    = errors.New("not an image")       // some other kind of file
	ErrTruncated   = errors.New("truncated")          // the end is missing
	ErrTooLarge    = errors.New("too large")          // over a cap of pixels, side or bytes
	ErrUnsupported = errors.New("unsupported format") // an image, but not one this program reads
	ErrDamaged     = errors.New("damaged")            // contradicts itself
)

// DecodeError says why a file was refused. Its Reason and Remedy are written
// for people; its kind is found with [errors.Is].
type DecodeError struct {
	Path   string // the file
	Reason string // what is wrong, such as "the file is empty"
	Remedy string // what to do, such as "copy it again"
	Err    error  // the kind, possibly wrapping the decoder's own error
}

// Error returns one sentence naming the file, the reason and the remedy.
func (e *DecodeError) Error() string {
	s := fmt.Sprintf("%s cannot be used: %s", e.Path, e.Reason)
	if e.Remedy != "" {
		s += "; " + e.Remedy
	}
	return s
}

// Unwrap returns the kind of the error.
func (e *DecodeError) Unwrap() error { return e.Err }

// refusal makes a DecodeError that is both of a kind and, if given, a cause.
func refusal(kind, cause error, reason, remedy string) *DecodeError {
	err := kind
	if cause != nil {
		err = fmt.Errorf("%w: %w", kind, cause)
	}
	return &DecodeError{Reason: reason, Remedy: remedy, Err: err}
}

// Choice is one set among several, as its name and the root that opens it.
type Choice struct {
	Name string // what people call it, such as "transistor"
	Root string // what to give to Open
}

// ChoiceError says that a root holds several sets, or a set with several
// classes, and lists what to open instead.
type ChoiceError struct {
	Root    string   // what was opened
	What    string   // what the choices are, such as "sets"
	Choices []Choice // at least one
}

// Error returns one sentence listing the choices.
func (e *ChoiceError) Error() string {
	names := make([]string, len(e.Choices))
	for i, c := range e.Choices {
		names[i] = c.Name
	}
	const shown = 20
	if len(names) > shown {
		names = append(names[:shown], fmt.Sprintf("and %d more", len(names)-shown))
	}
	return fmt.Sprintf("%s holds several %s (%s); open one of them, for example %s",
		e.Root, e.What, strings.Join(names, ", "), e.Choices[0].Root)
}
