package line

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// courier brings every verdict of the history to one peer: in order, at least
// once, until the peer has accepted it.
type courier struct {
	line   *Line
	cursor *cursor
	batch  int // how many verdicts deliver takes at once

	// deliver returns how many of the first reports the peer has accepted; an
	// error when that is not all. With none it says whether the peer is there.
	// errAway means that it is not, and that somebody else sees to it.
	deliver func(ctx context.Context, rs []Report) (int, error)
	closed  func() // at the end, if set

	health
}

// errAway is a peer to which there is no connection now.
var errAway = errors.New("not connected")

// idle is after how long a courier looks for itself whether there is news, such
// as verdicts of another program on the same history.
const idle = 5 * time.Second

func (c *courier) run(ctx context.Context) {
	if c.closed != nil {
		defer c.closed()
	}
	var wait backoff
	for ctx.Err() == nil {
		news := c.line.news.next() // before looking, so that nothing is missed
		n, err := c.round(ctx)
		if n > 0 {
			wait = backoff{}
		}
		switch {
		case ctx.Err() != nil:
			return
		case errors.Is(err, errAway):
			c.waits(ctx)
			sleep(ctx, news, idle)
		case err != nil:
			c.failed(err)
			c.waits(ctx)
			sleep(ctx, c.line.again.next(), wait.next())
		default:
			c.well(c.cursor.at(), n == c.batch)
			if n == 0 {
				sleep(ctx, news, idle)
			}
		}
	}
}

// round delivers one batch and returns how many verdicts were accepted.
func (c *courier) round(ctx context.Context) (int, error) {
	rs, err := c.line.after(ctx, c.cursor.at(), c.batch)
	if err != nil {
		return 0, err
	}
	n, err := c.deliver(ctx, rs)
	if n > 0 {
		if e := c.cursor.move(rs[n-1].ID); e != nil && err == nil {
			err = e
		}
	}
	return n, err
}

// waits notes what the peer has accepted, and whether there is more for it.
func (c *courier) waits(ctx context.Context) {
	latest, err := c.line.log.Latest(ctx)
	at := c.cursor.at()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.s.Last, c.s.Waiting = at, err != nil || latest > at
}

// cursor remembers on disk which verdict a peer has accepted last.
type cursor struct {
	path string

	mu sync.Mutex
	id int64
}

// mark is the file of a cursor.
type mark struct {
	After int64 `json:"after"`
}

// ready reads the cursor. A peer that is new hears what comes from now on; so
// does one whose history was replaced by a younger one.
func (c *cursor) ready(ctx context.Context, log Log) error {
	latest, err := log.Latest(ctx)
	if err != nil {
		return fmt.Errorf("read the verdicts to send: %w", err)
	}
	var m mark
	data, err := os.ReadFile(c.path)
	switch {
	case os.IsNotExist(err):
		m.After = latest
	case err != nil:
		return fmt.Errorf("read what was sent: %w", err)
	case json.Unmarshal(data, &m) != nil || m.After < 0 || m.After > latest:
		m.After = latest
	}
	return c.move(m.After)
}

func (c *cursor) at() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.id
}

// move says that everything up to id is accepted, on disk first.
func (c *cursor) move(id int64) error {
	data, err := json.Marshal(mark{After: id})
	if err != nil {
		return err
	}
	if err := writeFile(c.path, append(data, '\n')); err != nil {
		return fmt.Errorf("remember what was sent: %w", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.id = id
	return nil
}

// writeFile replaces a file as a whole: whoever looks sees the old one or the
// new one, also after a crash, and other users of the machine may look.
func writeFile(path string, data []byte) (err error) {
	dir := filepath.Dir(path)
	f, err := os.CreateTemp(dir, ".new-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
		}
	}()
	if _, err = f.Write(data); err != nil {
		return err
	}
	_ = f.Chmod(0o644) // a share may have no permissions of its own
	if err = f.Sync(); err != nil {
		return err
	}
	if err = f.Close(); err != nil {
		return err
	}
	if err = os.Rename(f.Name(), path); err != nil {
		return err
	}
	// The name is to outlast a power failure, too: a cursor that does alone would
	// take for sent what is not there.
	if d, err := os.Open(dir); err == nil {
		_ = d.Sync() // not every file system can
		_ = d.Close()
	}
	return nil
}

// backoff is how long to wait before the next attempt: from 0.2 s on twice as
// long each time, at most longest, a quarter more or less so that stations do
// not come back all at once.
type backoff struct{ tries int }

// longest bounds the wait: who is back hears from the station within 5 s.
const longest = 3 * time.Second

func (b *backoff) next() time.Duration {
	d := min(200*time.Millisecond<<min(b.tries, 10), longest)
	b.tries++
	return time.Duration(float64(d) * (0.75 + 0.5*rand.Float64()))
}

// sleep waits for d, for c or for the end of ctx.
func sleep(ctx context.Context, c <-chan struct{}, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-c:
	case <-ctx.Done():
	}
}

// health is how a peer is doing.
type health struct {
	mu sync.Mutex
	s  Status
}

func (h *health) failed(err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.s.Problem == "" {
		h.s.Since = time.Now()
	}
	h.s.Connected, h.s.Problem, h.s.Tried = false, err.Error(), time.Now()
}

func (h *health) well(last int64, waiting bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.s.Connected, h.s.Problem, h.s.Since, h.s.Last, h.s.Waiting = true, "", time.Time{}, last, waiting
}

func (h *health) status() Status {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.s
}
