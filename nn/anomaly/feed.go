package anomaly

import (
	"context"
	"math/rand/v2"

	"agurscope/nn"
	"agurscope/nn/defect"
	"agurscope/nn/mgan"
)

// batch is one training step's data, N,C,H,W each.
type batch struct {
	clean, damaged, mask []float32
	high, target, low    []float32 // of the frequency branch; nil without
	marked               []bool    // by image: whether damage shows
	images               []uint64  // their numbers
}

// feeder prepares batches ahead of the training loop, on other goroutines.
// Every image depends on seed and its number alone: not on the number of
// goroutines, and not on where training was resumed.
type feeder struct {
	normals []*nn.Image
	network Network
	mix     defect.Mix
	jitter  defect.Jitter
	seed    uint64
	size    int // images in a batch
	lanes   [ahead]lane
}

// ahead is the number of batches that are asked for before they are needed.
const ahead = 2

// lane is one goroutine: numbers of images in, batches out.
type lane struct {
	in  chan []uint64
	out chan *batch
}

// start begins to wait for what is asked, and ends with ctx.
func (f *feeder) start(ctx context.Context) {
	for i := range f.lanes {
		f.lanes[i] = lane{make(chan []uint64, 1), make(chan *batch, 1)}
		go f.work(ctx, f.lanes[i])
	}
}

// ask orders the batch of a step, which must be at most ahead steps away.
func (f *feeder) ask(step int, images []uint64) { f.lanes[step%ahead].in <- images }

// next returns the batch of a step, which must have been asked for; steps come
// in order.
func (f *feeder) next(ctx context.Context, step int) (*batch, error) {
	if err := ctx.Err(); err != nil { // also when a batch is ready
		return nil, err
	}
	select {
	case b := <-f.lanes[step%ahead].out:
		return b, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (f *feeder) work(ctx context.Context, l lane) {
	engine := defect.New(f.mix, f.normals)
	const planes = 3
	w, h := f.network.Width, f.network.Height
	hw := w * h
	n := planes * hw
	// Three are in use at most: one being made, one waiting, one in training.
	var ring [3]*batch
	for i := range ring {
		ring[i] = &batch{
			clean: make([]float32, f.size*n), damaged: make([]float32, f.size*n), mask: make([]float32, f.size*hw), marked: make([]bool, f.size),
		}
	}
	var views *bands
	if f.network.MGAN != "" {
		views = newBands(f.network, f.size)
		for i := range ring {
			views.grow(ring[i])
		}
	}
	for i := 0; ; i++ {
		b := ring[i%len(ring)]
		select {
		case b.images = <-l.in:
		case <-ctx.Done():
			return
		}
		for k, number := range b.images {
			rng := rand.New(rand.NewPCG(f.seed, scatter(number)))
			clean := &nn.Image{C: planes, H: h, W: w, Pix: b.clean[k*n : (k+1)*n]}
			damaged := &nn.Image{C: planes, H: h, W: w, Pix: b.damaged[k*n : (k+1)*n]}
			defect.Crop(rng, f.normals[rng.IntN(len(f.normals))], clean, f.jitter)
			b.marked[k] = engine.Corrupt(rng, clean, damaged, b.mask[k*hw:(k+1)*hw]) != defect.Clean
			if views != nil {
				views.split(b, k)
			}
		}
		select {
		case l.out <- b:
		case <-ctx.Done():
			return
		}
	}
}

// scatter spreads neighbouring numbers over all 64 bits (the finaliser of
// splitmix64), so that neighbouring images do not get related generators.
func scatter(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// bands prepares what the frequency branch sees; it serves one goroutine.
type bands struct {
	view          mgan.View
	n, in, out    int // samples of a plane, planes of the branch's input and answer
	size          int
	whole, unused []float32
}

func newBands(n Network, size int) *bands {
	b := &bands{view: n.game().View(n.Width, n.Height), n: n.Width * n.Height, size: size}
	b.in, b.out = b.view.Channels()
	b.whole, b.unused = make([]float32, b.in*b.n), make([]float32, 3*b.n)
	return b
}

// grow gives a batch room for the bands.
func (s *bands) grow(b *batch) {
	b.high, b.target = make([]float32, s.size*s.in*s.n), make([]float32, s.size*s.out*s.n)
	b.low = make([]float32, s.size*3*s.n)
}

// split fills in the bands of image k.
func (s *bands) split(b *batch, k int) {
	n := s.n
	s.view.Prepare(b.damaged[3*k*n:3*(k+1)*n], b.high[s.in*k*n:s.in*(k+1)*n], s.unused)
	s.view.Prepare(b.clean[3*k*n:3*(k+1)*n], s.whole, b.low[3*k*n:3*(k+1)*n])
	copy(b.target[s.out*k*n:s.out*(k+1)*n], s.whole)
}
