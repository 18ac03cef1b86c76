package datasets

import (
	"math"
	"math/rand/v2"
	"slices"
)

// DefaultShare is the share of normal items that Split sets aside for
// calibration where none is given.
const DefaultShare = 0.2

// Split divides the normal items into training and calibration by a seed; share
// is the part that goes to calibration, [DefaultShare] if not positive. Items
// that are not normal are dropped: no threshold may see them. The result
// depends on the set of items, the seed and the share alone, not on their
// order; both parts come in natural order, neither is empty when there are at
// least two normal items, and no item is in both.
func Split(items []Item, seed uint64, share float64) (train, calibration []Item) {
	var normal []Item
	for _, it := range items {
		if it.Label == Normal {
			normal = append(normal, it)
		}
	}
	sortItems(normal)
	if !(share > 0) {
		share = DefaultShare
	}
	n := int(math.Round(min(share, 1) * float64(len(normal))))
	n = max(min(n, len(normal)-1), min(1, len(normal)-1), 0)
	const stream = 0x5b117 // any constant: the seed chooses the division
	rng := rand.New(rand.NewPCG(seed, stream))
	rng.Shuffle(len(normal), func(i, j int) { normal[i], normal[j] = normal[j], normal[i] })
	calibration, train = slices.Clone(normal[:n]), slices.Clone(normal[n:])
	sortItems(calibration)
	sortItems(train)
	return train, calibration
}
