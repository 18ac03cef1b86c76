// Package live is what all cameras have in common: a connection that may break
// at any time, frames that nobody waits for, and the duty to say so.
//
// A [Driver] knows how to reach one device and nothing else. [Source] makes a
// datasets.Source of it: it connects, watches that something new keeps coming,
// reconnects with back-off, drops what the inspection is too slow for, counts,
// and turns every loss into an error of one frame, so that it becomes a verdict
// ERROR and is on record. livetest is the contract, run by every kind of camera.
package live

import (
	"context"
	"errors"
	"fmt"
	"time"

	"agurscope/datasets"
)

// Driver knows how to reach one device.
type Driver interface {
	// Open connects, at the latest until ctx ends. Whoever opened a stream
	// closes it. After any error it is tried again.
	Open(ctx context.Context) (Stream, error)
}

// Stream is one connection to a device. Next and Close are called by one
// goroutine; what else it has may be called beside them and after them, and fails
// then.
type Stream interface {
	// Next waits for the next picture, at the latest until ctx ends. Frames need
	// Image and Time; Name, Path and truth belong to files. [ErrIncomplete] and
	// a *[PictureError] concern one picture; io.EOF is the end of a recording;
	// any other error ends the connection.
	Next(ctx context.Context) (datasets.Frame, error)
	Close() error
}

// Triggerer is a Stream whose device takes a picture when told to.
type Triggerer interface {
	Trigger(ctx context.Context) error
}

// Skipper is a Stream that lets go of pictures itself, before they are decoded,
// because newer ones are there.
type Skipper interface {
	Skipped() uint64 // since it was opened
}

// Controller is a Stream whose device has controls.
type Controller interface {
	Controls() ([]Control, error)
	Set(name, value string) error
}

// ErrIncomplete is a picture of which a part was lost on the way. It is counted
// and never shown to anybody: half a part has no verdict.
var ErrIncomplete = errors.New("a part of the picture was lost on the way")

// PictureError is a picture that is there and cannot be read, such as a damaged
// file in a watched folder: it becomes a verdict ERROR, and the source goes on.
type PictureError struct{ Err error }

// Error implements error.
func (e *PictureError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *PictureError) Unwrap() error { return e.Err }

// LostError says that a source brings no pictures, once per loss.
type LostError struct {
	Source string
	Reason string
}

// Error implements error.
func (e *LostError) Error() string {
	return fmt.Sprintf("%s brings no pictures: %s", e.Source, e.Reason)
}

// State is what a source is doing.
type State int8

// The states of a source.
const (
	Idle       State = iota // nobody asks for frames
	Connecting              // for the first time
	Streaming               // pictures come
	Stalled                 // connected, but nothing new comes
	Lost                    // not connected; it is tried again and again
)

// String returns the state as a lower-case word.
func (s State) String() string {
	switch s {
	case Connecting:
		return "connecting"
	case Streaming:
		return "streaming"
	case Stalled:
		return "stalled"
	case Lost:
		return "lost"
	default:
		return "idle"
	}
}

// MarshalText writes the state as its word.
func (s State) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Status is the state of a source with its counters, which run from the first
// frame on and over reconnections.
type Status struct {
	State  State     `json:"state"`
	Reason string    `json:"reason,omitempty"` // why it is stalled or lost
	Since  time.Time `json:"since"`            // of the state

	Received   uint64 `json:"received"`   // complete pictures from the device
	Delivered  uint64 `json:"delivered"`  // of these, taken by the inspection
	Dropped    uint64 `json:"dropped"`    // of these, replaced by a newer one before anybody took them
	Stale      uint64 `json:"stale"`      // of these, the picture before once more, or one that nobody asked for
	Incomplete uint64 `json:"incomplete"` // pictures of which a part was lost
	Losses     uint64 `json:"losses"`     // times that pictures ceased to come

	Rate   float64   `json:"rate"` // pictures per second from the device
	Last   time.Time `json:"last"` // capture of the newest picture
	Width  int       `json:"width"`
	Height int       `json:"height"`
}

// Control is one setting of a device.
type Control struct {
	Name     string   `json:"name"` // such as "exposure"
	Unit     string   `json:"unit,omitempty"`
	Value    string   `json:"value"`
	Min      float64  `json:"min"` // of a number
	Max      float64  `json:"max"`
	Choices  []string `json:"choices,omitempty"` // of a choice
	ReadOnly bool     `json:"read_only,omitempty"`
}

// Mode is what makes a device take a picture.
type Mode int8

// The modes.
const (
	Free     Mode = iota // the device's own clock
	Software             // Source.Trigger: a key, the line
	Hardware             // a signal at the device
)

// String returns the mode as in an address.
func (m Mode) String() string {
	switch m {
	case Software:
		return "software"
	case Hardware:
		return "hardware"
	default:
		return "free"
	}
}

// ParseMode reads a mode; "" is Free.
func ParseMode(s string) (Mode, error) {
	for _, m := range []Mode{Free, Software, Hardware} {
		if s == m.String() || s == "" {
			return m, nil
		}
	}
	return Free, fmt.Errorf("trigger %q: choose free, software or hardware", s)
}

// Options describe a Source.
type Options struct {
	Name     string // what people call it; no secrets
	Driver   Driver
	Mode     Mode
	Recorded bool // frames wait for the inspection instead of being replaced
	Repeats  bool // two equal pictures in a row are two parts, as in a set

	// Stall is how long nothing new may come before the source is stalled; after
	// twice as long the connection is made anew. 0: 1.5 s; negative: for ever, as
	// for folders. It does not count while pictures wait for a trigger.
	Stall time.Duration
	// Still is how long equal pictures pass for a quiet scene: 0 where each has
	// its own noise, longer for video compression, which repeats bit for bit what
	// does not move.
	Still time.Duration
	// Open is how long connecting may take. 0: 4 s.
	Open time.Duration
	// Answer is how long a trigger may wait for its picture. 0: 2 s.
	Answer time.Duration
}

// The defaults of Options.
const (
	defaultStall  = 1500 * time.Millisecond
	defaultOpen   = 4 * time.Second
	defaultAnswer = 2 * time.Second
)

func or(d, fallback time.Duration) time.Duration {
	if d == 0 {
		return fallback
	}
	return d
}
