package session

import (
	"context"
	"fmt"
	"image"

	"agurscope/datasets"
	"agurscope/nn"
	"agurscope/nn/anomaly"
	"agurscope/nn/feature"
	"agurscope/nn/fixture"
)

// Proposal is how a training with the same options would prepare the pictures
// of a set.
type Proposal struct {
	anomaly.Preparation
	Width, Height int // of the network's input
	Crop          int // side of the windows to train on; 0: whole pictures

	Parts    int       // good parts that were prepared to measure Alike
	Doubtful int       // those of them that could not be put upright; training leaves such out
	Alike    float64   // R²: share of the variance among prepared parts that position explains
	Examples []Example // at most 6, spread over the good parts
}

// Evens reports whether brightness is evened out.
func (p *Proposal) Evens() bool { return p.Exposure != fixture.Exposure{} }

// Example is a good part before and after its preparation.
type Example struct {
	Name    string
	Picture *image.RGBA  // as it is, small
	Outline [][2]float64 // what the network sees of it: corners in shares of Picture's sides, the upper left one first; nil for all of it
	Seen    *image.RGBA  // as the network sees it
	Doubt   error        // why it could not be put upright; nil if it could or need not
}

const (
	proposed    = 40  // good parts prepared for a proposal
	examples    = 6   // of them shown
	exampleSide = 256 // longer side of their pictures
)

// Propose looks how the good parts of a set lie and decides, as [Session.Train]
// would, how their pictures are to be prepared. It needs no engine. Between
// pictures it heeds ctx; what is computed from all of them at once takes
// seconds and is not interrupted. on is told of stage Looking, from reading to
// that computation, and then of Reading; it may be nil.
func (s *Session) Propose(ctx context.Context, set *datasets.Set, o TrainOptions, on func(TrainEvent)) (*Proposal, error) {
	if on == nil {
		on = func(TrainEvent) {}
	}
	if o.Size == "" {
		o.Size = "T"
	}
	const op = "look at the parts"
	good := set.Train()
	if len(good) < fewestParts {
		return nil, problem(op, fmt.Errorf("%s has %d good parts to learn from, at least %d are needed", set.Root, len(good), fewestParts),
			"Add pictures of good parts; twenty or more give usable thresholds.")
	}
	train, _ := datasets.Split(good, o.Seed, max(datasets.DefaultShare, 2/float64(len(good))))
	p, err := s.plan(ctx, train, o, func(done int) { on(TrainEvent{Stage: Looking, Done: done, Total: min(len(train), looked)}) })
	if err != nil {
		return nil, problem(op, err, "")
	}
	out := &Proposal{Preparation: p.Preparation, Width: p.network.Width, Height: p.network.Height, Crop: p.crop}
	if err := out.try(ctx, train, on); err != nil {
		return nil, problem(op, err, "")
	}
	return out, nil
}

// try prepares some of the good parts.
func (p *Proposal) try(ctx context.Context, train []datasets.Item, on func(TrainEvent)) error {
	n := min(len(train), proposed)
	var seen []*nn.Image
	for i := range n {
		if err := ctx.Err(); err != nil {
			return err
		}
		it := train[i*len(train)/n]
		on(TrainEvent{Stage: Reading, Done: i + 1, Total: n})
		f, err := it.Load()
		if err != nil {
			continue // the training will list it
		}
		x := p.Apply(f.Image, p.Width, p.Height)
		p.Parts++
		if x.Doubt == nil {
			seen = append(seen, x.Input)
		} else {
			p.Doubtful++
		}
		// Of n the first of every sixth are shown.
		if i*examples/n != (i-1)*examples/n || i == 0 {
			b := f.Image.Bounds()
			k := min(1, exampleSide/float64(max(b.Dx(), b.Dy())))
			p.Examples = append(p.Examples, Example{
				Name: it.Name, Outline: x.Outline(), Doubt: x.Doubt, Seen: anomaly.Picture(x.Input),
				Picture: anomaly.Picture(anomaly.Tensor(f.Image, max(1, int(k*float64(b.Dx()))), max(1, int(k*float64(b.Dy()))))),
			})
		}
	}
	p.Alike = feature.PositionShare(seen, nil)
	return ctx.Err()
}
