package anomaly

import (
	"context"
	"math/rand/v2"

	"agurscope/nn"
	"agurscope/nn/defect"
)

// batch is one training step's data, N,C,H,W each.
type batch struct {
	clean, damaged, mask []float32
}

// feeder prepares batches ahead of the training loop, on other goroutines.
// Every image's damage depends on seed, step and place in the batch alone:
// not on the number of goroutines, and not on where training was resumed.
type feeder struct {
	normals []*nn.Image
	mix     defect.Mix
	jitter  defect.Jitter
	seed    uint64
	size    int // images in a batch
	lanes   []chan *batch
}

// start begins with the given step, counted from 0, and ends with ctx.
func (f *feeder) start(ctx context.Context, step int) {
	const workers = 2
	f.lanes = make([]chan *batch, workers)
	for i := range workers {
		f.lanes[i] = make(chan *batch, 1)
		go f.work(ctx, step+(i-step%workers+workers)%workers, workers, f.lanes[i])
	}
}

// next returns the batch of a step; steps must be asked for in order.
func (f *feeder) next(ctx context.Context, step int) (*batch, error) {
	if err := ctx.Err(); err != nil { // also when a batch is ready
		return nil, err
	}
	select {
	case b := <-f.lanes[step%len(f.lanes)]:
		return b, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (f *feeder) work(ctx context.Context, step, stride int, out chan<- *batch) {
	engine := defect.New(f.mix, f.normals)
	shape := f.normals[0]
	n, hw := shape.C*shape.H*shape.W, shape.H*shape.W
	// Three are in use at most: one being made, one waiting, one in training.
	var ring [3]*batch
	for i := range ring {
		ring[i] = &batch{make([]float32, f.size*n), make([]float32, f.size*n), make([]float32, f.size*hw)}
	}
	for i := 0; ; i++ {
		b := ring[i%len(ring)]
		for k := range f.size {
			rng := rand.New(rand.NewPCG(f.seed, scatter(uint64(step*f.size+k))))
			clean := &nn.Image{C: shape.C, H: shape.H, W: shape.W, Pix: b.clean[k*n : (k+1)*n]}
			damaged := &nn.Image{C: shape.C, H: shape.H, W: shape.W, Pix: b.damaged[k*n : (k+1)*n]}
			defect.Augment(rng, f.normals[rng.IntN(len(f.normals))], clean, f.jitter)
			engine.Corrupt(rng, clean, damaged, b.mask[k*hw:(k+1)*hw])
		}
		select {
		case out <- b:
		case <-ctx.Done():
			return
		}
		step += stride
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
