package thumb

import (
	"bytes"
	"container/list"
	"context"
	"image"
	"image/draw"
	_ "image/jpeg" // thumbnails are JPEG
	"sync"

	"agurscope/ui/desk"
)

// Kept reads the small pictures that the history keeps of verdicts, on one
// goroutine at a time, the ones asked for last first.
type Kept struct {
	desk  *desk.Desk
	renew func() // on Fyne's goroutine, when pictures have come
	show  desk.Latest

	mu     sync.Mutex
	have   map[string]*list.Element
	recent *list.List // of kept, newest first
	want   []string   // newest last
	busy   bool
}

type kept struct {
	sha string
	m   *image.RGBA // nil: there is none
}

const (
	keptPictures   = 500
	wantedPictures = 40
	maxSide        = 512 // of a thumbnail; ours have 96
)

// NewKept returns the pictures of the session's history; renew is called on
// Fyne's goroutine when some have come.
func NewKept(d *desk.Desk, renew func()) *Kept {
	p := &Kept{desk: d, renew: renew, have: map[string]*list.Element{}, recent: list.New()}
	p.show.Thread = d.Thread
	return p
}

// Get returns a picture, or asks for it; known without one says that there is
// none.
func (p *Kept) Get(sha string) (m *image.RGBA, known bool) {
	if sha == "" {
		return nil, false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if e := p.have[sha]; e != nil {
		p.recent.MoveToFront(e)
		return e.Value.(kept).m, true
	}
	p.want = append(p.want, sha)
	if len(p.want) > wantedPictures {
		p.want = append(p.want[:0], p.want[len(p.want)-wantedPictures:]...)
	}
	if !p.busy && p.desk.Session.Store() != nil {
		p.busy = true
		p.desk.Job(p.read)
	}
	return nil, false
}

// next takes the picture that was asked for last, "" where none is left.
func (p *Kept) next() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.want) > 0 {
		sha := p.want[len(p.want)-1]
		p.want = p.want[:len(p.want)-1]
		if p.have[sha] == nil {
			return sha
		}
	}
	p.busy = false
	return ""
}

func (p *Kept) read(ctx context.Context) {
	for sha := p.next(); sha != ""; sha = p.next() {
		var m *image.RGBA
		if data, err := p.desk.Session.Store().Thumbnail(ctx, sha); err == nil {
			m = Decode(data)
		}
		if ctx.Err() != nil {
			return
		}
		p.mu.Lock()
		if p.have[sha] == nil {
			p.have[sha] = p.recent.PushFront(kept{sha, m})
		}
		for p.recent.Len() > keptPictures {
			last := p.recent.Back()
			delete(p.have, last.Value.(kept).sha)
			p.recent.Remove(last)
		}
		p.mu.Unlock()
		p.show.PostLatest(p.renew)
	}
}

// Decode reads a thumbnail of the history, nil where it cannot be.
func Decode(data []byte) *image.RGBA {
	c, _, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil || c.Width > maxSide || c.Height > maxSide {
		return nil
	}
	m, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return nil
	}
	out := image.NewRGBA(image.Rect(0, 0, m.Bounds().Dx(), m.Bounds().Dy()))
	draw.Draw(out, out.Rect, m, m.Bounds().Min, draw.Src)
	return out
}
