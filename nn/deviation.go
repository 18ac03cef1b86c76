package nn

import "slices"

// TopK returns the K of the loss for maps of n pixels.
func (o DeviationLoss) TopK(n int) int { return min(n, max(16, int(o.Share*float64(n)))) }

// Value returns the loss over a batch of maps of hw logits each and adds
// weight times its gradient to grad when that is not nil. Engines share it:
// a selection in plain Go is a small part of a step.
func (o DeviationLoss) Value(s, mask []float32, hw int, weight float32, grad []float32) float64 {
	n, k := len(s)/hw, o.TopK(hw)
	top := make([]float32, 0, k)
	total := 0.0
	for b := range n {
		z, m := s[b*hw:(b+1)*hw], mask[b*hw:(b+1)*hw]
		top = Highest(top[:0], z, k)
		sum, damaged := 0.0, 0
		for _, v := range top {
			sum += float64(v)
		}
		for _, v := range m {
			if v > .5 {
				damaged++
			}
		}
		mean := sum / float64(k)
		loss, sign := mean-float64(o.Mu), float32(1)
		if damaged > o.MinPixels {
			loss, sign = float64(o.Mu+o.Margin)-mean, -1
		}
		if loss <= 0 {
			continue
		}
		total += loss
		if grad != nil {
			spread(grad[b*hw:(b+1)*hw], z, top[0], k, sign*weight/float32(n*k))
		}
	}
	return total / float64(n)
}

// spread adds g to the k entries of grad whose logit is highest: all above the
// k-th, and as many equal to it, in order, as are needed.
func spread(grad, z []float32, kth float32, k int, g float32) {
	above := 0
	for _, v := range z {
		if v > kth {
			above++
		}
	}
	for i, v := range z {
		if v > kth {
			grad[i] += g
		} else if v == kth && above < k {
			grad[i] += g
			above++
		}
	}
}

// Highest appends the k highest values of z to the empty buf, ascending. The
// sorted buffer turns most values away after one comparison.
func Highest(buf, z []float32, k int) []float32 {
	for _, v := range z {
		if len(buf) == k && !(v > buf[0]) {
			continue
		}
		if len(buf) == k {
			copy(buf, buf[1:])
			buf = buf[:k-1]
		}
		i, _ := slices.BinarySearch(buf, v)
		buf = slices.Insert(buf, i, v)
	}
	return buf
}
