// Package alarm makes a station heard: a short tone when a part is not OK.
//
// Go has no sound of its own, and a sound library would be a large thing for one
// tone. So the tone is played by whatever player the system has: PipeWire,
// PulseAudio and ALSA bring one each, macOS and Windows theirs. Where there is none,
// the terminal's bell is rung.
package alarm

import (
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"time"
)

// player is a program that plays a file.
type player struct {
	name string
	args func(file string) []string
}

func only(file string) []string { return []string{file} }

// players in the order in which they are tried. Those of a sound server come
// first: they mix with what else is heard.
var players = []player{
	{"pw-play", only},
	{"paplay", only},
	{"aplay", func(f string) []string { return []string{"-q", f} }},
	{"canberra-gtk-play", func(f string) []string { return []string{"-f", f} }},
	{"afplay", only},
	{"powershell", func(f string) []string {
		return []string{"-NoProfile", "-Command", "(New-Object Media.SoundPlayer '" + f + "').PlaySync()"}
	}},
}

// longest is how long a player may take: one that hangs is ended.
const longest = 3 * time.Second

// rest is how long the bell is silent at least between two tones.
const rest = 1200 * time.Millisecond

// Bell rings without anybody waiting for it. Its zero value rings by the system's
// players; it is used by any goroutine.
type Bell struct {
	// Play sounds once and returns when that is over; nil finds a player.
	Play func(ctx context.Context) error

	once  sync.Once
	rings chan struct{}
	stop  context.CancelFunc
	done  chan struct{}
}

// Ring sounds soon. While the bell sounds or rests, further rings are nothing.
func (b *Bell) Ring() {
	b.once.Do(b.begin)
	select {
	case b.rings <- struct{}{}:
	default:
	}
}

func (b *Bell) begin() {
	ctx, stop := context.WithCancel(context.Background())
	b.rings, b.stop, b.done = make(chan struct{}), stop, make(chan struct{})
	play := b.Play
	if play == nil {
		play = system()
	}
	go func() {
		defer close(b.done)
		for {
			select {
			case <-b.rings:
			case <-ctx.Done():
				return
			}
			begun := time.Now()
			one, cancel := context.WithTimeout(ctx, longest)
			_ = play(one) // nothing is left to be done for who does not hear it
			cancel()
			select {
			case <-time.After(rest - time.Since(begun)):
			case <-ctx.Done():
				return
			}
		}
	}()
}

// Close ends a tone that sounds, and the bell.
func (b *Bell) Close() {
	b.once.Do(b.begin)
	b.stop()
	<-b.done
}

// Player names the program that is going to play, "" for the terminal's bell.
func Player() string {
	for _, p := range players {
		if _, err := exec.LookPath(p.name); err == nil {
			return p.name
		}
	}
	return ""
}

// system plays by the first player that there is; one that fails, as where its
// server does not run, leaves it to the next.
func system() func(context.Context) error {
	file, err := toneFile()
	return func(ctx context.Context) error {
		if err == nil {
			for _, p := range players {
				if _, err := exec.LookPath(p.name); err != nil {
					continue
				}
				if exec.CommandContext(ctx, p.name, p.args(file)...).Run() == nil || ctx.Err() != nil {
					return ctx.Err()
				}
			}
		}
		return ring(os.Stderr)
	}
}

// ring rings the terminal's bell, if w is a terminal.
func ring(w *os.File) error {
	info, err := w.Stat()
	if err != nil || info.Mode()&os.ModeCharDevice == 0 || runtime.GOOS == "windows" {
		return err
	}
	_, err = io.WriteString(w, "\a")
	return err
}

// toneFile writes the tone to the user's cache folder, where it stays.
func toneFile() (string, error) {
	dir, err := os.UserCacheDir()
	if err != nil {
		dir = os.TempDir()
	}
	dir = filepath.Join(dir, "agurscope")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	path := filepath.Join(dir, "alarm.wav")
	want := Tone()
	if old, err := os.ReadFile(path); err == nil && string(old) == string(want) {
		return path, nil
	}
	return path, os.WriteFile(path, want, 0o644)
}
