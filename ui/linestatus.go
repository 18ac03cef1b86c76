package ui

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"agurscope/ui/desk"
	"agurscope/ui/line"
)

// svgLine is the status bar's for the line: a belt with a part on it.
const svgLine = `M9 5H15V11H9ZM4.5 13H19.5A3.5 3.5 0 0 1 19.5 20H4.5A3.5 3.5 0 0 1 4.5 13ZM5 15A1.5 1.5 0 1 0 5 18A1.5 1.5 0 1 0 5 15Z` +
	`M12 15A1.5 1.5 0 1 0 12 18A1.5 1.5 0 1 0 12 15ZM19 15A1.5 1.5 0 1 0 19 18A1.5 1.5 0 1 0 19 15Z`

// followLine shows how the peers of the line are doing, where there is a line.
func (w *Window) followLine() {
	l := w.Session.Line()
	if l == nil {
		return
	}
	latest := &desk.Latest{Thread: w.Thread}
	w.Job(func(ctx context.Context) {
		look := time.NewTicker(time.Second)
		defer look.Stop()
		for {
			c, peers := l.Condition(), l.Status()
			latest.PostLatest(func() { w.status.setLine(c, peers) })
			select {
			case <-look.C:
			case <-ctx.Done():
				return
			}
		}
	})
}

// setLine says what the line is told, and which of its peers cannot be reached.
func (b *statusBar) setLine(c line.Condition, peers []line.Status) {
	troubled := func(s line.Status) bool { return s.Problem != "" }
	text := "line: " + string(c.State)
	if slices.ContainsFunc(peers, troubled) {
		n := 0
		for _, s := range peers {
			if troubled(s) {
				n++
			}
		}
		text = fmt.Sprintf("line: %d of %d not reached", n, len(peers))
	}
	b.line.set(text, lineTip(c, peers), c.State == line.Fault || slices.ContainsFunc(peers, troubled))
}

// lineTip is all that is known of the line, a peer per line.
func lineTip(c line.Condition, peers []line.Status) string {
	var t strings.Builder
	fmt.Fprintf(&t, "The line is told that %s is %s", c.Station, c.State)
	if c.Reason != "" {
		fmt.Fprintf(&t, ": %s", c.Reason)
	}
	t.WriteString(".")
	for _, s := range peers {
		fmt.Fprintf(&t, "\n%s: ", s.Peer)
		switch {
		case s.Problem != "" && s.Waiting:
			fmt.Fprintf(&t, "%s; verdicts wait for it in the history", s.Problem)
		case s.Problem != "":
			t.WriteString(s.Problem)
		case s.Connected:
			t.WriteString("connected")
		case s.Listens:
			t.WriteString("nobody is connected")
		default:
			t.WriteString("connecting")
		}
	}
	return t.String()
}
