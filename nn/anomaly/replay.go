package anomaly

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
)

// replay shows the scoring network again what it got most wrong. An image of the
// training is known by its number, from which it can be drawn again.
type replay struct {
	Hard  []hardImage // by number
	Ahead [][]uint64  // the images of the steps that are being prepared
}

type hardImage struct {
	Number uint64
	Loss   float64
}

// remembered is the number of hard images that are kept.
const remembered = 32

// draw chooses the images of a step: new ones, of which the given share is
// exchanged for hard ones once there are enough to choose from. The choice
// depends on seed, step and what is remembered alone.
func (r *replay) draw(seed uint64, step, size int, share float64) []uint64 {
	out := make([]uint64, size)
	for k := range out {
		out[k] = uint64(step*size + k)
	}
	if len(r.Hard) < remembered {
		return out
	}
	rng := rand.New(rand.NewPCG(seed, ^scatter(uint64(step))))
	for k := range int(share*float64(size) + .5) {
		out[size-1-k] = r.Hard[rng.IntN(len(r.Hard))].Number
	}
	return out
}

// learn remembers the worst of what was kept and what was just seen.
func (r *replay) learn(numbers []uint64, losses []float64) {
	for k, n := range numbers {
		i, known := slices.BinarySearchFunc(r.Hard, n, func(h hardImage, n uint64) int { return cmp.Compare(h.Number, n) })
		switch {
		case known:
			r.Hard[i].Loss = losses[k]
		default:
			r.Hard = slices.Insert(r.Hard, i, hardImage{n, losses[k]})
		}
	}
	for len(r.Hard) > remembered {
		easiest := 0
		for i, h := range r.Hard {
			if h.Loss < r.Hard[easiest].Loss {
				easiest = i
			}
		}
		r.Hard = slices.Delete(r.Hard, easiest, easiest+1)
	}
}

// focal is the focal loss of every image of a batch of logits against masks, of
// hw pixels each: the scoring network's own loss, one image at a time.
func focal(logits, masks []float32, hw int) []float64 {
	out := make([]float64, len(logits)/hw)
	for b := range out {
		sum := 0.0
		for i := b * hw; i < (b+1)*hw; i++ {
			s, m := float64(logits[i]), float64(masks[i])
			if m < .5 {
				s = -s
			}
			// s is now the logit of being right.
			wrong := 1 / (1 + math.Exp(s))
			sum += wrong * wrong * math.Log1p(math.Exp(-s)) * (1 + focalWeight*m)
		}
		out[b] = sum / float64(hw)
	}
	return out
}
