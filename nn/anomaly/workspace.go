package anomaly

import (
	"agurscope/nn"
	"agurscope/nn/feature"
)

// workspace is the memory of one inspection after the other: what it hands out
// is handed out again, in the same order, after reset, so that a steady stream of
// pictures allocates nothing. A nil workspace hands out new memory.
type workspace struct {
	images    []*nn.Image
	next      int
	describer *feature.Describer
	cells     [2]feature.Grid // before and after pooling
	planes    []*nn.Image     // the network's, for pool
	pool      func(lo, hi int)
	meters    map[string]*feature.Meter
	enlargers map[[4]int]*enlarger
	maps      []*nn.Image
	embedding []float32
	top       []float32
}

func (k *workspace) reset() { k.next = 0 }

// image returns a zeroed image of c planes of h x w.
func (k *workspace) image(c, h, w int) *nn.Image {
	if k == nil {
		return nn.NewImage(c, h, w)
	}
	if k.next == len(k.images) {
		k.images = append(k.images, &nn.Image{})
	}
	m := k.images[k.next]
	k.next++
	if n := c * h * w; cap(m.Pix) < n {
		m.Pix = make([]float32, n)
	} else {
		m.Pix = m.Pix[:n]
		clear(m.Pix)
	}
	m.C, m.H, m.W = c, h, w
	return m
}

// enlarger returns one for maps of cw x ch to w x h.
func (k *workspace) enlarger(cw, ch, w, h int) *enlarger {
	if k == nil {
		return newEnlarger(cw, ch, w, h, blurSigma(w, h))
	}
	key := [4]int{cw, ch, w, h}
	e := k.enlargers[key]
	if e == nil {
		if k.enlargers == nil {
			k.enlargers = map[[4]int]*enlarger{}
		}
		e = newEnlarger(cw, ch, w, h, blurSigma(w, h))
		k.enlargers[key] = e
	}
	return e
}

// meter returns one for the named term of s.
func (k *workspace) meter(s *Statistics, name string) *feature.Meter {
	if k == nil {
		return s.meter(name)
	}
	m := k.meters[name]
	if m == nil {
		if k.meters == nil {
			k.meters = map[string]*feature.Meter{}
		}
		m = s.meter(name)
		k.meters[name] = m
	}
	return m
}

// terms returns room for the maps of n terms.
func (k *workspace) terms(n int) []*nn.Image {
	if k == nil {
		return make([]*nn.Image, n)
	}
	if cap(k.maps) < n {
		k.maps = make([]*nn.Image, n)
	}
	return k.maps[:n]
}
