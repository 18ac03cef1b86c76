package ui

import (
	"agurscope/nn/anomaly"
	"agurscope/ui/scene"
	"agurscope/ui/session"
	"agurscope/viewer"
)

// shown is a result ready to be put on the screen.
type shown struct {
	item  int
	res   *session.Result
	frame viewer.Frame
	bytes int64
}

// newShown prepares a result for the viewer. It takes milliseconds for a large
// picture and runs on the goroutine that inspected.
func newShown(item int, res *session.Result, c *anomaly.Calibration) *shown {
	s := &shown{item: item, res: res}
	if res.Frame.Image == nil {
		return s
	}
	s.frame = scene.Frame(res, c)
	s.bytes = int64(len(s.frame.Original.Pix)) * 4 / 3
	s.slim()
	return s
}

// askew reports whether the part could not be put upright: its score compares what
// does not lie alike.
func (s *shown) askew() bool { return s.res.Prediction != nil && s.res.Prediction.Doubt != nil }

// slim lets go of what is not needed to show the result and to judge it again:
// a screen of these is what the window's memory consists of.
func (s *shown) slim() {
	s.res.Frame.Image, s.res.Frame.Mask = s.frame.Original, nil
	if p := s.res.Prediction; p != nil {
		kept := *p
		kept.Input, kept.Reconstruction, kept.Embedding = nil, nil, nil
		s.res.Prediction = &kept
		// Map and signed residual in float32, labels and core, the reconstruction.
		s.bytes += int64(len(p.Map.Pix)) * (4 + 4 + 4 + 1 + 4*4/3)
	}
}

// segment puts map, regions and thresholds of the result's judgement into the
// frame. It is cheap: a slider calls it on every move.
func (s *shown) segment(c *anomaly.Calibration) { scene.Cut(&s.frame, s.res, c) }

const (
	keepShown      = 60
	keepShownBytes = 24 << 20
)

// shownCache keeps the results looked at last, bounded in number and bytes.
type shownCache struct {
	byItem map[int]*shown
	order  []int // least recently used first
	bytes  int64
}

func (c *shownCache) get(item int) *shown {
	s := c.byItem[item]
	if s != nil {
		c.touch(item)
	}
	return s
}

func (c *shownCache) put(s *shown) {
	if c.byItem == nil {
		c.byItem = map[int]*shown{}
	}
	if old := c.byItem[s.item]; old != nil {
		c.drop(s.item)
	}
	c.byItem[s.item] = s
	c.order = append(c.order, s.item)
	c.bytes += s.bytes
	for len(c.order) > 1 && (len(c.order) > keepShown || c.bytes > keepShownBytes) {
		c.drop(c.order[0])
	}
}

func (c *shownCache) touch(item int) {
	for k, i := range c.order {
		if i == item {
			c.order = append(append(c.order[:k], c.order[k+1:]...), item)
			return
		}
	}
}

func (c *shownCache) drop(item int) {
	c.bytes -= c.byItem[item].bytes
	delete(c.byItem, item)
	for k, i := range c.order {
		if i == item {
			c.order = append(c.order[:k], c.order[k+1:]...)
			return
		}
	}
}

// remove drops an item that may not be there.
func (c *shownCache) remove(item int) {
	if c.byItem[item] != nil {
		c.drop(item)
	}
}

func (c *shownCache) clear() { *c = shownCache{} }
