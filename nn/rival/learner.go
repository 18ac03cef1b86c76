package rival

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"

	"agurscope/nn"
	"agurscope/nn/optim"
)

// Learner moves some parameters against the losses of a graph.
type Learner struct {
	Graph   *nn.Graph
	Program nn.Program
	Params  []*nn.Param
	Adam    *optim.AdamW
	Rate    optim.Cosine
	Clip    float64 // of the gradients' norm; 0: none
}

// NewLearner compiles g, whose losses are set, to move the trained parameters that
// move accepts; nil means all.
func NewLearner(e nn.Engine, g *nn.Graph, move func(*nn.Param) bool, rate float64, clip float64) (*Learner, error) {
	l := &Learner{Graph: g, Adam: &optim.AdamW{}, Rate: optim.Cosine{Peak: rate, Warmup: 10}, Clip: clip}
	for _, p := range optim.Trained(g.Params) {
		if move == nil || move(p) {
			l.Params = append(l.Params, p)
		}
	}
	var err error
	if l.Program, err = e.Compile(g, nn.Training); err != nil {
		return nil, err
	}
	return l, nil
}

// Step makes one step; the inputs are set.
func (l *Learner) Step(s Step) (Terms, error) {
	if err := l.Program.Forward(); err != nil {
		return nil, err
	}
	terms := Terms{}
	var one []float32
	for _, t := range l.Graph.Losses {
		one = l.Program.Get(t.Node, one)
		terms[t.Name] += float64(t.Weight) * float64(one[0])
	}
	if err := l.Program.Backward(); err != nil {
		return nil, err
	}
	if l.Clip > 0 {
		optim.Clip(l.Params, l.Clip)
	}
	l.Adam.Step(l.Params, l.Rate.Rate(s.Number+1, s.Share))
	return terms, nil
}

// Named accepts parameters by the beginning of their names.
func Named(prefix string) func(*nn.Param) bool {
	return func(p *nn.Param) bool { return strings.HasPrefix(p.Name, prefix) }
}

// Close frees the program.
func (l *Learner) Close() error { return l.Program.Close() }

// CloseAll closes what is open.
func CloseAll(learners ...*Learner) error {
	var errs []error
	for _, l := range learners {
		if l != nil {
			errs = append(errs, l.Close())
		}
	}
	return errors.Join(errs...)
}

// Rand returns the generator of item k of a step: it depends on nothing else, so
// that a resumed training draws the same.
func Rand(seed uint64, step, k int) *rand.Rand {
	return rand.New(rand.NewPCG(seed, scatter(uint64(step)<<20|uint64(k))))
}

// scatter spreads neighbouring numbers over all 64 bits (splitmix64's finaliser).
func scatter(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// Resize brings an image to w x h: by area where it shrinks, bilinearly where it
// grows.
func Resize(m *nn.Image, w, h int) *nn.Image {
	if m.W == w && m.H == h {
		return m
	}
	cols, rows := spans(m.W, w), spans(m.H, h)
	out := nn.NewImage(m.C, h, w)
	line := make([]float32, m.H*w)
	for c := range m.C {
		src, dst := m.Plane(c), out.Plane(c)
		for y := range m.H {
			for x, s := range cols {
				sum := float32(0)
				for k, v := range s.weights {
					sum += v * src[y*m.W+s.from+k]
				}
				line[y*w+x] = sum
			}
		}
		for y, s := range rows {
			to := dst[y*w : (y+1)*w]
			for k, v := range s.weights {
				for x, a := range line[(s.from+k)*w : (s.from+k+1)*w] {
					to[x] += v * a
				}
			}
		}
	}
	return out
}

// span is the share of source samples in one of the destination.
type span struct {
	from    int
	weights []float32
}

func spans(n, m int) []span {
	out := make([]span, m)
	for i := range out {
		if m > n { // bilinear about the sample's centre
			at := (float64(i)+.5)*float64(n)/float64(m) - .5
			from := min(max(int(at+1)-1, 0), n-1)
			t := float32(min(max(at-float64(from), 0), 1))
			if from == n-1 || t == 0 {
				out[i] = span{from, []float32{1}}
			} else {
				out[i] = span{from, []float32{1 - t, t}}
			}
			continue
		}
		lo, hi := i*n, (i+1)*n // in units of 1/m source samples
		s := span{from: lo / m}
		for j := s.from; j*m < hi; j++ {
			s.weights = append(s.weights, float32(min(hi, (j+1)*m)-max(lo, j*m))/float32(n))
		}
		out[i] = s
	}
	return out
}

// ErrSize is wrapped where pictures are of a size that a method cannot take.
var ErrSize = errors.New("pictures of this size are not for this method")

// Unfit reports pictures of an extent that a method cannot take, and why.
func Unfit(s Site, why string) error {
	return fmt.Errorf("%w: %d x %d: %s", ErrSize, s.Width, s.Height, why)
}
