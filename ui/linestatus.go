package ui

import (
	"context"
	"strings"
	"time"

	"agurscope/assets/words"
	"agurscope/ui/desk"
	"agurscope/ui/line"
	"agurscope/ui/phrase"
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
			latest.PostLatest(func() { w.setLine(c, peers) })
			select {
			case <-look.C:
			case <-ctx.Done():
				return
			}
		}
	})
}

// setLine shows how the line is doing wherever that is shown.
func (w *Window) setLine(c line.Condition, peers []line.Status) {
	w.status.setLine(c, peers)
	if w.line != nil && w.dialog() == w.line.d {
		w.line.set(c, peers)
	}
}

// setLine says what the line is told, and which of its peers cannot be reached.
func (b *statusBar) setLine(c line.Condition, peers []line.Status) {
	n := 0
	for _, s := range peers {
		if s.Problem != "" {
			n++
		}
	}
	text := words.T("line: %s", lineState(c.State))
	if n > 0 {
		text = words.T("line: %d of %d not reached", n, len(peers))
	}
	b.line.set(text, lineTip(c, peers), n > 0 || c.State == line.Fault)
}

// lineTip is all that is known of the line, a peer per line.
func lineTip(c line.Condition, peers []line.Status) string {
	lines := []string{words.T("The line is told: %s is %s.", c.Station, lineState(c.State))}
	if c.Reason != "" {
		lines = append(lines, phrase.Sentence(c.Reason))
	}
	for _, s := range peers {
		lines = append(lines, words.Retold(s.Peer)+words.Mark(": ")+peerState(s))
	}
	return strings.Join(append(lines, words.T("Click for each peer, and to check now.")), "\n")
}
