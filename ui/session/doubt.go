package session

import "strings"

// DoubtError says for people why a part could not be put upright, and what to
// do about it.
type DoubtError struct{ Err error }

// Error implements error.
func (e *DoubtError) Error() string {
	return "could not be put upright: " + strings.TrimPrefix(e.Err.Error(), "locate part: ") +
		"; place one part inside the picture, or train without the fixture"
}

// Unwrap returns the cause.
func (e *DoubtError) Unwrap() error { return e.Err }
