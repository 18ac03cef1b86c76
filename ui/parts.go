package ui

import (
	"math"
	"path"
	"slices"
	"time"

	"agurscope/datasets"
	"agurscope/history"
	"agurscope/ui/session"
)

// part is what the screen remembers of one item of the set.
type part struct {
	verdict  history.Verdict // the machine's; "" before inspection
	score    float64
	index    float64
	id       int64 // in the history; 0 without one
	latency  time.Duration
	at       time.Time
	err      error
	doubt    error           // why a person must look whatever the score; nil for no reason
	spot     float64         // where the strongest region lies, as a share of the width; NaN without one
	reviewed history.Verdict // a person's; "" for none
	reason   string
}

// final is the verdict that counts: a person's, or else the machine's.
func (p *part) final() history.Verdict {
	if p.reviewed != "" {
		return p.reviewed
	}
	return p.verdict
}

// filter chooses parts by the verdict that counts; "" chooses all.
type filter = history.Verdict

// overridden is the filter for parts on which a person has said something.
const overridden filter = "overridden"

// parts is the set as the inspection screen sees it: its items, their verdicts,
// and which of them a filter lets through. It belongs to Fyne's goroutine.
type parts struct {
	set     *datasets.Set // of items; nil: none
	items   []datasets.Item
	state   []part
	only    filter
	visible []int // indices of items that the filter lets through, ascending
	log     []int // indices in the order of their inspection
}

// newParts returns the inspectable part of a set: its test part, or everything
// where there is none.
func newParts(set *datasets.Set) *parts {
	if set == nil {
		return &parts{}
	}
	items := set.Test()
	if len(items) == 0 {
		items = set.Items
	}
	p := &parts{set: set, items: items, state: make([]part, len(items))}
	p.show("")
	return p
}

func (p *parts) len() int { return len(p.items) }

// show applies a filter.
func (p *parts) show(f filter) {
	p.only = f
	p.visible = p.visible[:0]
	for i := range p.items {
		if p.passes(i) {
			p.visible = append(p.visible, i)
		}
	}
}

func (p *parts) passes(i int) bool {
	switch p.only {
	case "":
		return true
	case overridden:
		return p.state[i].reviewed != ""
	}
	return p.state[i].final() == p.only
}

// forget drops all verdicts, as for another recipe.
func (p *parts) forget() {
	p.state = make([]part, len(p.items))
	p.log = nil
	p.show(p.only)
}

// record keeps the verdict of item i.
func (p *parts) record(i int, res *session.Result, at time.Time) {
	if p.state[i].verdict != "" {
		p.unlog(i)
	}
	s := part{verdict: res.Final(), score: math.NaN(), index: res.Index, id: res.ID, latency: res.Latency, err: res.Err, at: at}
	s.spot = math.NaN()
	if res.Prediction != nil {
		s.score, s.doubt = res.Prediction.Score, res.Doubt
	}
	if len(res.Regions) > 0 && res.Frame.Image != nil {
		r := res.Regions[0]
		s.spot = (float64(r.X) + float64(r.W)/2) / float64(res.Frame.Image.Bounds().Dx())
	}
	p.state[i] = s
	p.log = append(p.log, i)
	p.refilter(i)
}

// unlog takes item i out of the order of inspection.
func (p *parts) unlog(i int) {
	if k := slices.Index(p.log, i); k >= 0 {
		p.log = slices.Delete(p.log, k, k+1)
	}
}

// review keeps a person's verdict on item i.
func (p *parts) review(i int, v history.Verdict, reason string) {
	p.state[i].reviewed, p.state[i].reason = v, reason
	p.refilter(i)
}

// refilter brings the visible list up to date with one changed item.
func (p *parts) refilter(i int) {
	if p.only == "" {
		return
	}
	at := p.place(i)
	there := at < len(p.visible) && p.visible[at] == i
	switch {
	case p.passes(i) && !there:
		p.visible = append(p.visible, 0)
		copy(p.visible[at+1:], p.visible[at:])
		p.visible[at] = i
	case !p.passes(i) && there:
		p.visible = append(p.visible[:at], p.visible[at+1:]...)
	}
}

// place is where item i stands, or would stand, in the visible list.
func (p *parts) place(i int) int {
	lo, hi := 0, len(p.visible)
	for lo < hi {
		m := (lo + hi) / 2
		if p.visible[m] < i {
			lo = m + 1
		} else {
			hi = m
		}
	}
	return lo
}

// row is the row of item i in the list, or -1.
func (p *parts) row(i int) int {
	if at := p.place(i); at < len(p.visible) && p.visible[at] == i {
		return at
	}
	return -1
}

// step returns the visible item by steps after item i (before it for negative
// ones), or -1 when there is none.
func (p *parts) step(i, by int) int {
	if len(p.visible) == 0 {
		return -1
	}
	at := p.place(i)
	there := at < len(p.visible) && p.visible[at] == i
	switch {
	case i < 0:
		at = 0
	case there:
		at += by
	case by < 0:
		at += by // place is one past what comes before
	}
	return p.visible[min(max(at, 0), len(p.visible)-1)]
}

// pending returns the items that have no verdict yet.
func (p *parts) pending() []int {
	var out []int
	for i := range p.state {
		if p.state[i].verdict == "" {
			out = append(out, i)
		}
	}
	return out
}

// tally counts the verdicts that count.
type tally struct{ ok, review, ng, err, overridden int }

func (t tally) total() int { return t.ok + t.review + t.ng + t.err }

// yield is the share of parts that are OK, NaN before the first.
func (t tally) yield() float64 {
	if t.total() == 0 {
		return math.NaN()
	}
	return float64(t.ok) / float64(t.total())
}

func (t tally) of(v history.Verdict) int {
	switch v {
	case history.OK:
		return t.ok
	case history.REVIEW:
		return t.review
	case history.NG:
		return t.ng
	case history.ERROR:
		return t.err
	case overridden:
		return t.overridden
	}
	return t.total()
}

func (p *parts) tally() tally {
	var t tally
	for i := range p.state {
		switch p.state[i].final() {
		case history.OK:
			t.ok++
		case history.REVIEW:
			t.review++
		case history.NG:
			t.ng++
		case history.ERROR:
			t.err++
		}
		if p.state[i].reviewed != "" {
			t.overridden++
		}
	}
	return t
}

// title and place of an item, for two lines of a list.
func itemTitle(it datasets.Item) (name, folder string) {
	name = path.Base(it.Name)
	folder = path.Dir(it.Name)
	if folder == "." {
		folder = ""
	}
	return name, folder
}
