package cli

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"
	"unicode/utf8"
)

// progress tells people how far a work is: on a terminal by a bar with the
// remaining time in one line that is drawn over, elsewhere by a plain line
// once in a while.
type progress struct {
	w     io.Writer // nil: say nothing
	bar   bool
	every time.Duration

	what    string
	started time.Time
	told    time.Time
	drawn   bool
}

const (
	barEvery   = 100 * time.Millisecond
	plainEvery = 15 * time.Second
	barWidth   = 28
)

func (p *program) progress() *progress {
	if p.quiet {
		return &progress{}
	}
	g := &progress{w: p.Stderr, bar: isTerminal(p.Stderr), every: plainEvery}
	if g.bar {
		g.every = barEvery
	}
	return g
}

// isTerminal reports whether people read what is written to w as it comes.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok || f.Name() == os.DevNull {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0 && os.Getenv("TERM") != "dumb"
}

// step tells how far the work called what is. Without a remaining time it is
// estimated from the share that is done.
func (g *progress) step(what string, done, total int, remaining time.Duration, detail string) {
	if g.w == nil {
		return
	}
	now := time.Now()
	if what != g.what {
		g.what, g.started, g.told = what, now, time.Time{}
		if !g.bar {
			g.told = now // short stages need no line
		}
	}
	if now.Sub(g.told) < g.every && (done < total || !g.bar) {
		return
	}
	g.told = now
	share := 0.0
	if total > 0 {
		share = min(float64(done)/float64(total), 1)
	}
	if remaining <= 0 && share > 0 && share < 1 && now.Sub(g.started) > time.Second {
		remaining = time.Duration(float64(now.Sub(g.started)) * (1 - share) / share)
	}
	g.draw(share, countOf(done, total), remaining, detail)
}

// spend tells how much of a budget of time is spent.
func (g *progress) spend(what string, share float64, count string, remaining time.Duration, detail string) {
	if g.w == nil {
		return
	}
	now := time.Now()
	if what != g.what {
		g.what, g.started, g.told = what, now, now
	}
	if now.Sub(g.told) < g.every {
		return
	}
	g.told = now
	g.draw(share, count, remaining, detail)
}

func countOf(done, total int) string {
	if total <= 0 {
		return fmt.Sprint(done)
	}
	return fmt.Sprintf("%d/%d", done, total)
}

func (g *progress) draw(share float64, count string, remaining time.Duration, detail string) {
	rest := ""
	if remaining > 0 {
		rest = clock(remaining) + " left"
	}
	if !g.bar {
		parts := []string{g.what, count, fmt.Sprintf("%.0f %%", 100*share), rest, detail}
		fmt.Fprintln(g.w, joinNonEmpty(parts, ", "))
		return
	}
	full := min(int(share*barWidth+.5), barWidth)
	line := fmt.Sprintf("%s %s%s %3.0f %%  %s", g.what, strings.Repeat("█", full), strings.Repeat("░", barWidth-full),
		100*share, joinNonEmpty([]string{count, rest, detail}, "  "))
	// One line must stay one line: a wrapped one cannot be drawn over.
	if limit := 79; utf8.RuneCountInString(line) > limit {
		line = string([]rune(line)[:limit])
	}
	fmt.Fprint(g.w, "\r\x1b[K"+line)
	g.drawn = true
}

// clear takes the bar away, so that something else can be written.
func (g *progress) clear() {
	if g.drawn {
		fmt.Fprint(g.w, "\r\x1b[K")
		g.drawn, g.told = false, time.Time{}
	}
}

func joinNonEmpty(parts []string, sep string) string {
	var out []string
	for _, s := range parts {
		if s != "" {
			out = append(out, s)
		}
	}
	return strings.Join(out, sep)
}

// clock writes a duration as people read it from afar: 0:42, 12:05, 1:02:05.
func clock(d time.Duration) string {
	s := int(d.Round(time.Second) / time.Second)
	if s < 3600 {
		return fmt.Sprintf("%d:%02d", s/60, s%60)
	}
	return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
}
