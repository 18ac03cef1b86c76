// Package rival is the seam for methods that AGUR-Net is measured against. Each
// is a package below this one; its comment names the paper that it comes from and
// everything in which it differs.
//
// A method says what is unusual about a prepared picture. Everything else, the
// preparation before and scales, thresholds, verdict, panes and the recipe's file
// behind, is the same for all methods, AGUR-Net included: package anomaly's. What
// a method has learned and measured is in [nn.Params] and nowhere else, so that
// saving, loading and checking are the same for all, too.
package rival

import (
	"context"
	"math"

	"agurscope/nn"
	"agurscope/nn/optim"
)

// Site is where a method works.
type Site struct {
	Engine        nn.Engine
	Params        *nn.Params // of the method; what it measures is of role [nn.Statistic]
	Width, Height int        // of the pictures, multiples of 16

	// Encoder adds a trained AGUR-Net's encoder to a graph over Params and
	// returns its levels, finest first; nil unless the method is registered as
	// standing on one.
	Encoder func(g *nn.Graph, x *nn.Node) []*nn.Node
}

// Method is a way of inspecting, without state of its own.
type Method interface {
	// Build makes all parameters of the method for the site's pictures.
	Build(s Site) error
	// Train sets them from pictures of good parts.
	Train(ctx context.Context, s Site, t *Training) error
	// Open prepares the trained method for inspecting.
	Open(s Site) (Eye, error)
}

// Eye looks at one picture after the other.
type Eye interface {
	// Look says what is unusual about x. What it puts into f is its own until
	// the next call.
	Look(x *nn.Image, f *Finding) error
	// Bytes is the memory that it holds.
	Bytes() int64
	// Close frees it.
	Close() error
}

// Finding is what a method finds in one picture, before any comparison with
// held-out good parts.
type Finding struct {
	Map            *nn.Image // one plane of the picture's extent or coarser; higher is worse
	Score          float64   // of the picture, where the method has one of its own; NaN: the map decides
	Reconstruction *nn.Image // the part as it should be; nil where the method has none
	Embedding      []float32 // what the picture looks like to the method
}

// Training is what a method learns from.
type Training struct {
	Normals []*nn.Image // of the site's extent
	Seed    uint64
	Crop    int // side of the windows to learn from where pictures are larger; 0: whole pictures
	Loop    Loop
}

// Loop makes a training's steps: budget, checkpoints and progress are its
// business.
type Loop interface {
	// Run calls step until the budget is spent, def steps where none was given.
	// Between two steps, parameters and optimisers are all that is to be kept;
	// what else a step does must follow from its number.
	Run(ctx context.Context, def int, state []*optim.AdamW, step func(Step) (Terms, error)) error
}

// Step is one step of a training.
type Step struct {
	Number int     // from 0
	Share  float64 // of the budget that is spent, 0 to 1
}

// Terms are the losses of a step by name; the sum is what is shown.
type Terms map[string]float64

// None is the score of a method that has no score of its own.
func None() float64 { return math.NaN() }
