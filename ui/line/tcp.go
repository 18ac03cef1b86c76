package line

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"
)

// The line protocol: text in UTF-8, one message per line, fields separated by
// tabs. The station says
//
//	HELLO    agurscope  STATION
//	STATE    STATE      REASON
//	VERDICT  ID  VERDICT  TIME  SCORE  INDEX  REGIONS  LATENCY_MS  NAME
//	ERROR    what was not understood
//	PONG
//
// with "-" for what is not known. A client hears verdicts from now on, or after
// a certain one that it asks for, as fast as it reads. It may say
//
//	SINCE ID     verdicts after that id, again if need be
//	STATE        the state now
//	PING
//	TRIGGER      take a picture and inspect it, where the source waits for that
type tcpServer struct {
	line     *Line
	listener net.Listener
	clients  chan struct{} // a place for each

	health
	count int // of clients, under the same lock
}

const (
	maxClients = 16
	maxCommand = 128             // bytes of a client's line
	writeTime  = 5 * time.Second // for a client to take what it is told
)

func newTCP(l *Line, address string) (*tcpServer, error) {
	at, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("open the TCP port for clients: %w", err)
	}
	t := &tcpServer{line: l, listener: at, clients: make(chan struct{}, maxClients)}
	t.s.Kind, t.s.Peer, t.s.Listens = "tcp", fmt.Sprintf("TCP clients at %s", at.Addr()), true
	return t, nil
}

func (t *tcpServer) run(ctx context.Context) {
	stop := context.AfterFunc(ctx, func() { t.listener.Close() })
	defer stop()
	var all sync.WaitGroup
	defer all.Wait()
	for {
		c, err := t.listener.Accept()
		if ctx.Err() != nil {
			if err == nil {
				c.Close()
			}
			return
		}
		if err != nil { // such as too many open files: it passes
			t.failed(err)
			sleep(ctx, nil, time.Second)
			continue
		}
		select {
		case t.clients <- struct{}{}:
			all.Go(func() {
				defer func() { <-t.clients }()
				t.serve(ctx, c)
			})
		default:
			c.Close()
		}
	}
}

// serve speaks with one client until it leaves or does not keep up.
func (t *tcpServer) serve(ctx context.Context, c net.Conn) {
	ctx, cancel := context.WithCancel(ctx)
	defer context.AfterFunc(ctx, func() { c.Close() })()
	defer cancel()
	defer c.Close()
	t.here(1)
	defer t.here(-1)
	since, err := t.line.log.Latest(ctx)
	if err != nil {
		return
	}
	asked := make(chan command, 8)
	go func() {
		defer cancel() // the client has left
		listen(ctx, c, asked)
	}()
	w := client{c: c}
	w.say("HELLO", "agurscope", t.line.station)
	var state Condition
	for ctx.Err() == nil && w.err == nil {
		news := t.line.news.next()
		if now := t.line.Condition(); now != state {
			state = now
			w.say("STATE", string(state.State), state.Reason)
		}
		rs, err := t.line.after(ctx, since, 100)
		if err != nil && ctx.Err() == nil {
			w.say("ERROR", err.Error())
		}
		for _, r := range rs {
			w.say(verdictLine(r)...)
			since = r.ID
		}
		if len(rs) > 0 {
			continue
		}
		select {
		case <-ctx.Done():
		case <-news:
		case <-time.After(idle):
		case q := <-asked:
			switch q.word {
			case "SINCE":
				since = q.id
			case "STATE":
				state = Condition{}
			case "PING":
				w.say("PONG")
			case "TRIGGER":
				if err := t.line.pull(); err != nil {
					w.say("ERROR", err.Error())
				}
			default:
				w.say("ERROR", q.word)
			}
		}
	}
}

func (t *tcpServer) here(n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.count += n
	t.s.Connected, t.s.Problem, t.s.Since = t.count > 0, "", time.Time{}
}

// client writes messages; its first error is kept and the rest are dropped.
type client struct {
	c   net.Conn
	err error
}

func (w *client) say(fields ...string) {
	if w.err != nil {
		return
	}
	for i, f := range fields {
		if fields[i] = oneLine.Replace(f); fields[i] == "" {
			fields[i] = "-"
		}
	}
	if w.err = w.c.SetWriteDeadline(time.Now().Add(writeTime)); w.err == nil {
		_, w.err = io.WriteString(w.c, strings.Join(fields, "\t")+"\n")
	}
}

// oneLine keeps a field inside its line, whatever a file is called.
var oneLine = strings.NewReplacer("\t", " ", "\n", " ", "\r", " ", "\x00", " ")

func verdictLine(r Report) []string {
	decimal := func(v *float64) string {
		if v == nil {
			return ""
		}
		return strconv.FormatFloat(*v, 'g', 6, 64)
	}
	return []string{"VERDICT", strconv.FormatInt(r.ID, 10), string(r.Verdict), r.Time.UTC().Format(time.RFC3339Nano),
		decimal(r.Score), decimal(r.Index), strconv.Itoa(len(r.Regions)), strconv.FormatFloat(r.Latency, 'f', 1, 64), r.Name}
}

// command is what a client asks for. A word that is none carries the reason.
type command struct {
	word string
	id   int64
}

// listen reads a client's commands until it leaves or sends a line without end.
func listen(ctx context.Context, r io.Reader, out chan<- command) {
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 0, maxCommand), maxCommand)
	for lines.Scan() {
		q, err := parseCommand(lines.Text())
		if err != nil {
			q = command{word: err.Error()}
		}
		select {
		case out <- q:
		case <-ctx.Done():
			return
		}
	}
}

func parseCommand(line string) (command, error) {
	f := strings.Fields(line)
	switch {
	case len(f) == 1 && (f[0] == "STATE" || f[0] == "PING" || f[0] == "TRIGGER"):
		return command{word: f[0]}, nil
	case len(f) == 2 && f[0] == "SINCE":
		id, err := strconv.ParseInt(f[1], 10, 64)
		if err != nil || id < 0 {
			return command{}, errors.New("SINCE needs the id of a verdict")
		}
		return command{f[0], id}, nil
	}
	return command{}, errors.New("understood are SINCE ID, STATE, PING and TRIGGER")
}
