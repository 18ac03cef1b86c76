package line

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"agurscope/history"
)

// Log is where verdicts are read from: the history.
type Log interface {
	// After returns at most n verdicts stored after the one with this id,
	// oldest first.
	After(ctx context.Context, id int64, n int) ([]history.Record, error)
	// Latest returns the id of the newest verdict, 0 for none.
	Latest(ctx context.Context) (int64, error)
}

// Status is how one peer is doing, for people.
type Status struct {
	Kind      string // its key in the configuration, such as "mqtt"
	Peer      string // such as "MQTT broker tcp://10.0.0.5:1883"
	Connected bool
	Listens   bool      // whether it comes to the station instead of the station to it
	Last      int64     // id of the last verdict that it has accepted
	Waiting   bool      // whether there are verdicts that it has not accepted
	Problem   string    // what is wrong, "" for nothing
	Since     time.Time // of Problem
	Tried     time.Time // when it was found last
}

// Line tells peers what the station decides. A nil Line tells nobody. Its
// methods may be called from any goroutine and do not wait for peers.
type Line struct {
	station string
	file    string
	log     Log
	news    bell // there is a verdict, or another state
	again   bell // whoever waits before the next attempt is to try now
	cancel  context.CancelFunc
	done    sync.WaitGroup
	close   sync.Once
	peers   []peer

	mu        sync.Mutex
	condition Condition
	trigger   func() error
}

// peer is one way out.
type peer interface {
	// run serves until ctx ends and then leaves nothing behind.
	run(ctx context.Context)
	status() Status
}

// told is a peer that hears verdicts at once, not from the history.
type told interface {
	tell(history.Record, time.Time)
}

// conditioned is a peer that hears how the station is doing.
type conditioned interface{ condition(Condition) }

// Options are what a Line needs of the station.
type Options struct {
	Log    Log    // the history
	Folder string // where a Line remembers what its peers have accepted
}

// Open connects the peers of c. What cannot be reached yet is retried; the
// error is a port that cannot be opened or a folder that cannot be written.
func Open(c Config, o Options) (*Line, error) {
	l, err := prepare(c, o)
	if err == nil {
		l.start()
	}
	return l, err
}

// prepare makes a Line whose peers are not served yet.
func prepare(c Config, o Options) (*Line, error) {
	if o.Log == nil {
		return nil, errors.New("open the line: verdicts are sent from the history: start with --db")
	}
	l := &Line{station: c.Station, file: c.file, log: o.Log}
	l.condition = Condition{Station: l.station, State: Idle, Time: time.Now().UTC()}
	peers, err := c.peers(l, o.Folder)
	if err != nil {
		return nil, err
	}
	l.peers = peers
	return l, nil
}

func (l *Line) start() {
	ctx, cancel := context.WithCancel(context.Background())
	l.cancel = cancel
	for _, p := range l.peers {
		l.done.Go(func() { p.run(ctx) })
	}
}

// Close gives the peers that are there a moment to take what is left, tells
// them that the station is offline and disconnects them. What they have not
// accepted is sent when the line is opened the next time. Closing twice does
// nothing.
func (l *Line) Close() error {
	if l == nil {
		return nil
	}
	l.close.Do(func() {
		l.drain()
		l.SetState(Offline, "the program has ended")
		l.cancel()
		l.done.Wait()
	})
	return nil
}

// drain waits, not for long, until every peer that is there has taken everything.
func (l *Line) drain() {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	latest, err := l.log.Latest(ctx)
	if err != nil {
		return
	}
	behind := func(s Status) bool { return !s.Listens && s.Connected && s.Last < latest }
	for ctx.Err() == nil && slices.ContainsFunc(l.Status(), behind) {
		sleep(ctx, nil, 10*time.Millisecond)
	}
}

// Tell announces a verdict that is on disk; started is when its picture arrived.
func (l *Line) Tell(r *history.Record, started time.Time) {
	if l == nil {
		return
	}
	for _, p := range l.peers {
		if t, ok := p.(told); ok {
			t.tell(*r, started)
		}
	}
	l.news.ring()
}

// SetState says what the station is doing.
func (l *Line) SetState(s State, reason string) {
	if l == nil {
		return
	}
	c := Condition{Station: l.station, State: s, OK: s == Inspecting, Reason: reason, Time: time.Now().UTC()}
	l.mu.Lock()
	l.condition = c
	l.mu.Unlock()
	for _, p := range l.peers {
		if t, ok := p.(conditioned); ok {
			t.condition(c)
		}
	}
	l.news.ring()
}

// Condition returns what the station is doing.
func (l *Line) Condition() Condition {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.condition
}

// File is the configuration's, "" where it was not read from one.
func (l *Line) File() string { return l.file }

// Retry has peers that cannot be reached tried at once instead of after a wait.
func (l *Line) Retry() { l.again.ring() }

// Status returns how every peer is doing.
func (l *Line) Status() []Status {
	if l == nil {
		return nil
	}
	out := make([]Status, 0, len(l.peers))
	for _, p := range l.peers {
		out = append(out, p.status())
	}
	return out
}

// Faults returns the peers that have a problem.
func (l *Line) Faults() []Status {
	return slices.DeleteFunc(l.Status(), func(s Status) bool { return s.Problem == "" })
}

// SetTrigger says how a picture is taken for a peer that triggers; nil: the
// source runs freely.
func (l *Line) SetTrigger(take func() error) {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.trigger = take
}

var errRunsFreely = errors.New("the source runs freely and takes no trigger")

// pull takes a picture.
func (l *Line) pull() error {
	l.mu.Lock()
	take := l.trigger
	l.mu.Unlock()
	if take == nil {
		return errRunsFreely
	}
	return take()
}

// after reads what peers are told next.
func (l *Line) after(ctx context.Context, id int64, n int) ([]Report, error) {
	rs, err := l.log.After(ctx, id, n)
	if err != nil {
		return nil, fmt.Errorf("read the verdicts to send: %w", err)
	}
	out := make([]Report, len(rs))
	for i := range rs {
		out[i] = reportOf(l.station, &rs[i])
	}
	return out, nil
}
