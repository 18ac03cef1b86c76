// Package thumb shows small pictures of parts, read from their files as they
// come into view.
package thumb

import (
	"container/list"
	"context"
	"image"
	"sync"

	"github.com/disintegration/imaging"

	"agurscope/datasets"
	"agurscope/ui/scene"
)

const (
	thumbSide = 80
	keepThumb = 400
)

// Thumbs reads small pictures of a set on one goroutine. What scrolled into
// view last is read first, and what scrolled out again is not read at all.
type Thumbs struct {
	done func(item int) // called on the worker when a picture is there

	mu     sync.Mutex
	wake   *sync.Cond
	gen    int
	items  []datasets.Item
	want   []int // newest last
	have   map[int]*list.Element
	recent *list.List // of thumb, newest first
	closed bool
}

type thumb struct {
	item int
	m    *image.RGBA // nil: the file cannot be read
}

// maxWanted is more than any list shows at once.
const maxWanted = 40

// New returns the thumbnails of no set yet; done is called on the goroutine of Run
// when a picture is there.
func New(done func(item int)) *Thumbs {
	t := &Thumbs{done: done, have: map[int]*list.Element{}, recent: list.New()}
	t.wake = sync.NewCond(&t.mu)
	return t
}

// Run reads what is wanted until ctx ends.
func (t *Thumbs) Run(ctx context.Context) {
	stop := context.AfterFunc(ctx, func() {
		t.mu.Lock()
		t.closed = true
		t.mu.Unlock()
		t.wake.Broadcast()
	})
	defer stop()
	for {
		t.mu.Lock()
		for len(t.want) == 0 && !t.closed {
			t.wake.Wait()
		}
		if t.closed {
			t.mu.Unlock()
			return
		}
		i := t.want[len(t.want)-1]
		t.want = t.want[:len(t.want)-1]
		it, gen := t.items[i], t.gen
		t.mu.Unlock()
		var m *image.RGBA
		if f, err := it.Load(); err == nil {
			m = Of(f.Image)
		}
		t.keep(gen, i, m)
	}
}

// Reset begins with another set.
func (t *Thumbs) Reset(items []datasets.Item) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.gen++
	t.items, t.want = items, nil
	t.have = map[int]*list.Element{}
	t.recent.Init()
}

// Get returns the picture of an item, or asks for it.
func (t *Thumbs) Get(i int) (m *image.RGBA, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if e := t.have[i]; e != nil {
		t.recent.MoveToFront(e)
		return e.Value.(thumb).m, true
	}
	if i >= len(t.items) {
		return nil, false
	}
	for k, j := range t.want {
		if j == i {
			t.want = append(t.want[:k], t.want[k+1:]...)
			break
		}
	}
	t.want = append(t.want, i)
	if len(t.want) > maxWanted {
		t.want = append(t.want[:0], t.want[len(t.want)-maxWanted:]...)
	}
	t.wake.Signal()
	return nil, false
}

func (t *Thumbs) keep(gen, i int, m *image.RGBA) {
	t.mu.Lock()
	if gen != t.gen {
		t.mu.Unlock()
		return
	}
	if t.have[i] == nil {
		t.have[i] = t.recent.PushFront(thumb{i, m})
	}
	for t.recent.Len() > keepThumb {
		last := t.recent.Back()
		delete(t.have, last.Value.(thumb).item)
		t.recent.Remove(last)
	}
	t.mu.Unlock()
	t.done(i)
}

// Of shrinks a picture into a square.
func Of(m image.Image) *image.RGBA {
	return scene.Opaque(imaging.Fit(m, thumbSide, thumbSide, imaging.Box))
}
