// Package datasets brings pictures of parts into the program.
//
// A [Source] yields frames: a folder, a published data set, a camera. [Open]
// recognises the layout of a folder and says in a [Report] what goes where and
// what was left out. [Decode] is the border: whatever a file claims to be, only
// four kinds of upright, opaque, tightly packed pictures come through it, and a
// file that cannot be used is refused with one sentence naming it, the reason
// and the remedy. Nothing behind the border needs to distrust a picture.
//
// The procedural set for tests and demonstrations is in datasets/synthec.
package datasets

import (
	"context"
	"image"
	"iter"
	"time"
)

// Label is what is known about a part before anybody inspects it.
type Label int8

// The labels a part can carry.
const (
	Unknown   Label = iota // nobody said
	Normal                 // a good part
	Anomalous              // a defective part
)

// String returns the label as a lower-case word.
func (l Label) String() string {
	switch l {
	case Normal:
		return "normal"
	case Anomalous:
		return "anomalous"
	default:
		return "unknown"
	}
}

// Good is the Type of a normal part.
const Good = "good"

// Frame is one picture with where it came from and, if known, its truth.
type Frame struct {
	Path  string      // file as found; empty for a picture that is no file
	Name  string      // path relative to the set's root, slash separated: the stable short name
	Seq   uint64      // position in the source, from 0
	Time  time.Time   // capture time, or the file's modification time
	Image image.Image // *image.Gray, *image.Gray16, *image.RGBA or *image.RGBA64; opaque, upright, bounds at 0,0, rows packed
	Label Label       // truth, if known
	Type  string      // defect type such as "cut_lead"; Good for a normal part; "" if unknown
	Mask  *image.Gray // ground truth 0 or 255 at the size of Image; nil when there is none, as for a normal part
}

// Source yields frames, from a disk or from a device.
type Source interface {
	// Name returns what people call this source.
	Name() string
	// Live reports whether the source lets go of the oldest frames itself to keep
	// up with a device; a recorded one waits.
	Live() bool
	// Frames yields frames until the source ends or ctx does. An error belongs
	// to its frame alone (Path, Name and Seq are set); iteration goes on.
	Frames(ctx context.Context) iter.Seq2[Frame, error]
}
