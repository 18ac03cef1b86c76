package session

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"agurscope/datasets"
	"agurscope/nn"
	"agurscope/nn/anomaly"
	"agurscope/nn/defect"
	"agurscope/nn/feature"
)

// plan is what a training decides before it begins, from good parts alone: how
// pictures are prepared and at which size they are seen.
type plan struct {
	anomaly.Preparation
	network anomaly.Network
	crop    int
	mix     defect.Mix
	replay  float64
}

// looked is the number of good parts that are looked at for the plan.
const looked = 100

// plan looks how the first good parts lie.
func (s *Session) plan(ctx context.Context, items []datasets.Item, o TrainOptions, on func(done int)) (*plan, error) {
	var looks []*nn.Image
	var shapes [][2]int
	var last error
	for i := range min(len(items), looked) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if f, err := items[i*len(items)/min(len(items), looked)].Load(); err != nil {
			last = err
		} else {
			b := f.Image.Bounds()
			shapes = append(shapes, [2]int{b.Dx(), b.Dy()})
			looks = append(looks, anomaly.Look(f.Image))
		}
		on(i + 1)
	}
	if len(shapes) == 0 {
		return nil, fmt.Errorf("no picture can be read: %w", last)
	}
	slices.SortFunc(shapes, func(a, b [2]int) int { return a[0]*b[1] - b[0]*a[1] })
	shape := shapes[len(shapes)/2]
	p := &plan{}
	p.Preparation = anomaly.Propose(looks, anomaly.ProposeOptions{NoExposure: o.NoExposure, NoFixture: o.NoFixture || o.Alignment == anomaly.Registered})
	if f := p.Fixture; f != nil {
		shape = [2]int{f.W, f.H}
	}
	// Parts that lie alike are told apart by where things are, textures by
	// what they look like close up.
	whole := wholeInput(o.Size)
	window := whole
	at := func(n int) [2]int { w, h := anomaly.FitInput(shape[0], shape[1], n); return [2]int{w, h} }
	if o.Input == 0 && !p.alike(looks, at(128), o.Alignment) {
		whole = whole * 5 / 2
	}
	// Enlarging adds cost and nothing to see; what is tiny is enlarged a little
	// for the sake of the network's strides.
	native := math.Sqrt(float64(shape[0]) * float64(shape[1]))
	size := at(cmp.Or(o.Input, min(whole, int(2*native+.5))))
	v, err := anomaly.VariantByName(o.Variant)
	if err != nil {
		return nil, err
	}
	p.network, p.mix, p.replay = v.Network(o.Size, size[0], size[1]), v.Mix, v.Replay
	p.network.Method = o.Method
	m, err := anomaly.MethodByName(o.Method)
	if err != nil {
		return nil, err
	}
	switch {
	case !m.Trained: // it is computed from whole pictures
	case o.Crop > 0:
		p.crop = o.Crop
	case o.Crop == 0 && size[0]*size[1] > 2*window*window:
		p.crop = window
	}
	return p, p.network.Validate()
}

// wholeInput is the side of a square of the input's area for parts that are
// looked at as wholes.
func wholeInput(size string) int {
	if size == "T" {
		return 128
	}
	return 256
}

// alike reports whether parts lie alike in the pictures as prepared.
func (p *plan) alike(looks []*nn.Image, size [2]int, a anomaly.Alignment) bool {
	if a == anomaly.Registered || a == anomaly.Free {
		return a == anomaly.Registered
	}
	var small []*nn.Image
	for _, m := range looks {
		if x := p.ApplyTo(m, size[0], size[1]); x.Doubt == nil {
			small = append(small, x.Input)
		}
	}
	return feature.PositionShare(small, nil) >= alikeFrom
}

// alikeFrom is the share of variance explained by position from which parts are
// looked at as wholes.
const alikeFrom = .3

// read loads pictures at the network's input; what cannot be read or put
// upright is skipped and listed.
func (s *Session) read(ctx context.Context, p *plan, items []datasets.Item, total, done int, res *TrainResult, on func(TrainEvent)) ([]*anomaly.Prepared, error) {
	var out []*anomaly.Prepared
	each := 3 * 4 * p.network.Width * p.network.Height
	for i, it := range items {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if (len(out)+1)*each > normalsBudget {
			res.Skipped = append(res.Skipped, fmt.Errorf("%d pictures beyond the first %d were left out: they would need more than %d MB of memory",
				len(items)-i, len(out), normalsBudget>>20))
			break
		}
		if f, err := it.Load(); err != nil {
			res.Skipped = append(res.Skipped, err)
		} else if x := p.Apply(f.Image, p.network.Width, p.network.Height); x.Doubt != nil {
			res.Skipped = append(res.Skipped, fmt.Errorf("%s %w", it.Name, &DoubtError{x.Doubt}))
		} else {
			out = append(out, x)
			res.taken = append(res.taken, it)
		}
		on(TrainEvent{Stage: Reading, Done: done + i + 1, Total: total})
	}
	return out, nil
}

// inputs are the network's inputs of prepared pictures.
func inputs(of []*anomaly.Prepared) []*nn.Image {
	out := make([]*nn.Image, len(of))
	for i, x := range of {
		out[i] = x.Input
	}
	return out
}
