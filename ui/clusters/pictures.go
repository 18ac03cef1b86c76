package clusters

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

// pictures reads the small pictures of verdicts from the history, on one
// goroutine at a time, the ones asked for last first.
type pictures struct {
	desk  *desk.Desk
	renew func() // on Fyne's goroutine, when pictures have come
	show  desk.Latest

	mu     sync.Mutex
	have   map[string]*list.Element
	recent *list.List // of picture, newest first
	want   []string   // newest last
	busy   bool
}

type picture struct {
	sha string
	m   *image.RGBA // nil: there is none
}

const (
	keptPictures   = 500
	wantedPictures = 40
	maxSide        = 512 // of a thumbnail; ours have 96
)

func newPictures(d *desk.Desk, renew func()) *pictures {
	p := &pictures{desk: d, renew: renew, have: map[string]*list.Element{}, recent: list.New()}
	p.show.Thread = d.Thread
	return p
}

// get returns a picture, or asks for it; known without one says that there is
// none.
func (p *pictures) get(sha string) (m *image.RGBA, known bool) {
	if sha == "" {
		return nil, false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if e := p.have[sha]; e != nil {
		p.recent.MoveToFront(e)
		return e.Value.(picture).m, true
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
func (p *pictures) next() string {
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

func (p *pictures) read(ctx context.Context) {
	for sha := p.next(); sha != ""; sha = p.next() {
		var m *image.RGBA
		if data, err := p.desk.Session.Store().Thumbnail(ctx, sha); err == nil {
			m = decode(data)
		}
		if ctx.Err() != nil {
			return
		}
		p.mu.Lock()
		if p.have[sha] == nil {
			p.have[sha] = p.recent.PushFront(picture{sha, m})
		}
		for p.recent.Len() > keptPictures {
			last := p.recent.Back()
			delete(p.have, last.Value.(picture).sha)
			p.recent.Remove(last)
		}
		p.mu.Unlock()
		p.show.PostLatest(p.renew)
	}
}

// decode reads a thumbnail, nil where it cannot be.
func decode(data []byte) *image.RGBA {
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
