// Package watch takes pictures from a folder that somebody else fills: each file
// once, and only when it is complete.
//
// Events of the file system make it quick; looking again every few seconds makes
// it right, for network shares send no events and queues of events overflow.
package watch

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/fsnotify/fsnotify"

	"agurscope/datasets"
	"agurscope/datasets/live"
)

// Driver watches a folder, sub-folders not included. What it has seen it
// remembers over connections, so that a share that comes back brings only what
// is new.
type Driver struct {
	Dir      string
	Existing bool // take what lies there at the start, too

	Settle time.Duration // how long a file must not change; 0: 250 ms
	Rescan time.Duration // 0: 2 s

	mu   sync.Mutex
	seen map[string]stamp
}

// stamp tells whether a file is the one that was there before.
type stamp struct {
	size int64
	time time.Time
}

// The defaults, and how much longer a file that cannot be read may still be
// under way.
const (
	defaultSettle = 250 * time.Millisecond
	defaultRescan = 2 * time.Second
	unreadable    = 10
	mostSeen      = 200_000
)

// Open implements live.Driver.
func (d *Driver) Open(context.Context) (live.Stream, error) {
	info, err := os.Stat(d.Dir)
	if err != nil {
		return nil, fmt.Errorf("watch %s: the folder is not there", d.Dir)
	}
	if !info.IsDir() {
		return nil, fmt.Errorf("watch %s: it is no folder", d.Dir)
	}
	s := &stream{d: d, settle: d.Settle, rescan: d.Rescan, pending: map[string]pending{}}
	if s.settle == 0 {
		s.settle = defaultSettle
	}
	if s.rescan == 0 {
		s.rescan = defaultRescan
	}
	// Without events, because of a limit of the system, looking again still works.
	if w, err := fsnotify.NewWatcher(); err == nil {
		if w.Add(d.Dir) == nil {
			s.events = w
		} else {
			w.Close()
		}
	}
	d.mu.Lock()
	first := d.seen == nil
	if first {
		d.seen = map[string]stamp{}
	}
	d.mu.Unlock()
	if first && !d.Existing {
		if err := s.scan(true); err != nil {
			s.Close()
			return nil, err
		}
	}
	return s, nil
}

// pending is a file that may still be growing.
type pending struct {
	stamp stamp
	since time.Time
}

type stream struct {
	d              *Driver
	settle, rescan time.Duration
	events         *fsnotify.Watcher // nil: none here
	pending        map[string]pending
	scanned        time.Time
	cost           time.Duration // of looking through the folder
}

// Close implements live.Stream.
func (s *stream) Close() error {
	if s.events == nil {
		return nil
	}
	return s.events.Close()
}

// Next implements live.Stream.
func (s *stream) Next(ctx context.Context) (datasets.Frame, error) {
	for {
		if time.Since(s.scanned) >= max(s.rescan, 10*s.cost) || s.events == nil && time.Since(s.scanned) >= s.settle {
			if err := s.scan(false); err != nil {
				return datasets.Frame{}, err
			}
		}
		f, err, there := s.ripe(ctx)
		if there {
			return f, err
		}
		if err := s.wait(ctx); err != nil {
			return datasets.Frame{}, err
		}
	}
}

// scan looks through the folder. known marks everything as seen.
func (s *stream) scan(known bool) error {
	start := time.Now()
	entries, err := os.ReadDir(s.d.Dir)
	if err != nil {
		return fmt.Errorf("watch %s: the folder cannot be read", s.d.Dir)
	}
	there := make(map[string]bool, len(entries))
	for _, e := range entries {
		if name := e.Name(); !e.IsDir() && wanted(name) {
			there[name] = true
			if known {
				s.know(name)
			} else {
				s.look(name, start)
			}
		}
	}
	for name := range s.pending {
		if !there[name] {
			delete(s.pending, name)
		}
	}
	s.prune(there)
	s.scanned = time.Now()
	s.cost = s.scanned.Sub(start)
	return nil
}

// prune forgets names that are gone, but only when there are very many: a share
// that is gone for a moment shows an empty folder.
func (s *stream) prune(there map[string]bool) {
	s.d.mu.Lock()
	defer s.d.mu.Unlock()
	if len(s.d.seen) <= mostSeen {
		return
	}
	for name := range s.d.seen {
		if !there[name] {
			delete(s.d.seen, name)
		}
	}
}

// wanted reports whether a file's name is that of a finished picture.
func wanted(name string) bool {
	return !strings.HasPrefix(name, ".") && !strings.HasPrefix(name, "~") && datasets.ImageName(name)
}

func stampOf(path string) (stamp, bool) {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() {
		return stamp{}, false
	}
	return stamp{info.Size(), info.ModTime()}, true
}

func (s *stream) know(name string) {
	if st, ok := stampOf(filepath.Join(s.d.Dir, name)); ok {
		s.d.mu.Lock()
		s.d.seen[name] = st
		s.d.mu.Unlock()
	}
}

// look notes a file that is new or has changed. Those of one look through the
// folder are equally old, so that they ripen together and come in order.
func (s *stream) look(name string, now time.Time) {
	st, ok := stampOf(filepath.Join(s.d.Dir, name))
	if !ok {
		delete(s.pending, name)
		return
	}
	s.d.mu.Lock()
	old, known := s.d.seen[name]
	s.d.mu.Unlock()
	if known && old == st {
		return
	}
	if p, ok := s.pending[name]; !ok || p.stamp != st {
		s.pending[name] = pending{st, now}
	}
}

// ripe takes the oldest file that has not changed for a while and can be read.
func (s *stream) ripe(ctx context.Context) (f datasets.Frame, err error, there bool) {
	names := make([]string, 0, len(s.pending))
	for name := range s.pending {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int {
		if c := s.pending[a].stamp.time.Compare(s.pending[b].stamp.time); c != 0 {
			return c
		}
		return datasets.CompareNatural(a, b)
	})
	for _, name := range names {
		s.look(name, time.Now()) // it may have grown since
		p, ok := s.pending[name]
		age := time.Since(p.since)
		if !ok || age < s.settle {
			continue
		}
		if ctx.Err() != nil {
			return f, ctx.Err(), true
		}
		path := filepath.Join(s.d.Dir, name)
		f, err := datasets.Item{Path: path, Name: name}.Load()
		if st, ok := stampOf(path); !ok || st != p.stamp {
			continue // changed while it was read
		}
		if err != nil && age < unreadable*s.settle {
			continue // perhaps its writer pauses
		}
		delete(s.pending, name)
		s.d.mu.Lock()
		s.d.seen[name] = p.stamp
		s.d.mu.Unlock()
		if err != nil {
			err = &live.PictureError{Err: err}
		}
		return f, err, true
	}
	return f, nil, false
}

// wait waits for an event, or until it is time to look again.
func (s *stream) wait(ctx context.Context) error {
	d := max(s.rescan, 10*s.cost) - time.Since(s.scanned)
	if len(s.pending) > 0 || s.events == nil {
		d = min(d, s.settle/4+time.Millisecond)
	}
	t := time.NewTimer(max(d, time.Millisecond))
	defer t.Stop()
	var events chan fsnotify.Event
	var failed chan error
	if s.events != nil {
		events, failed = s.events.Events, s.events.Errors
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
	case e := <-events:
		if name := filepath.Base(e.Name); filepath.Dir(e.Name) == filepath.Clean(s.d.Dir) && wanted(name) {
			s.look(name, time.Now())
		} else if e.Name == s.d.Dir || filepath.Clean(e.Name) == filepath.Clean(s.d.Dir) { // it was moved or removed
			s.scanned = time.Time{}
		}
	case <-failed: // events were lost
		s.scanned = time.Time{}
	}
	return nil
}
