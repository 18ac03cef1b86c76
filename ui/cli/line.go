package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"agurscope/history"
	"agurscope/ui/line"
	"agurscope/ui/session"
)

// lineFlags say whom the station tells its verdicts.
type lineFlags struct{ file string }

func (f *lineFlags) add(fs *pflag.FlagSet) {
	fs.StringVar(&f.file, "line", "", "tell the line's peers that `F.json` names (see “agurscope line example”)")
}

// connect opens the line and has the session tell it; it is closed after the
// session and before the history.
func (f *lineFlags) connect(w *workplace) error {
	if f.file == "" {
		return nil
	}
	c, err := line.Load(f.file)
	if err != nil {
		return err
	}
	return w.connect(c)
}

// connectDefault is connect for a station that keeps its line beside its history.
func (f *lineFlags) connectDefault(w *workplace) error {
	if f.file != "" || w.Store() == nil {
		return f.connect(w)
	}
	c, err := line.Load(filepath.Join(filepath.Dir(w.Store().Path()), line.FileName))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	}
	return w.connect(c)
}

func (w *workplace) connect(c line.Config) error {
	l, err := openLine(w.Session, c)
	if err != nil {
		return err
	}
	w.UseLine(l)
	// Before the session's own: what it still decides while it closes is told.
	last := len(w.close) - 1
	w.close = append(w.close[:last], l.Close, w.close[last])
	return nil
}

func openLine(s *session.Session, c line.Config) (*line.Line, error) {
	if s.Store() == nil {
		return line.Open(c, line.Options{})
	}
	return line.Open(c, line.Options{Log: s.Store(), Folder: filepath.Join(filepath.Dir(s.Store().Path()), "line")})
}

func (p *program) line() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "line",
		Short: "Tell the production line what is decided",
		Long: `A station tells its verdicts to an MQTT broker, a webhook, TCP clients, a folder
and a PLC by Modbus TCP: whichever a configuration file names. The window and
“agurscope inspect” take it with --line; a window also takes the file line.json
beside its history.

Verdicts are sent from the history, in order and at least once: what a peer has not
accepted is sent when it is back, also after a crash. The PLC's handshake is told at
once, and late is a reject. It sets coil 0 to trigger, reads the answer in the input
registers, and takes coil 0 back:
  0     bits: 0 ready, 1 busy, 2 valid, 3 pass, 4 fail, 5 fault, 6 heartbeat
        (discrete inputs 0 to 6 are the same)
  1     1 passed, 2 review, 3 rejected, 4 not readable, 5 late, 6 not ready, 7 failed
  2, 3  index, number of regions
  4, 5  id of the verdict, high word first
  6     latency in ms
  7-10  verdicts OK and all others since the start, two words each
  11    heartbeats, two a second: when they stand still, the station is gone`,
		Example: `  agurscope line example > line.json
  agurscope line check --line line.json
  agurscope --line line.json`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(p.lineExample(), p.lineCheck())
	return cmd
}

func (p *program) lineExample() *cobra.Command {
	return &cobra.Command{
		Use:     "example",
		Short:   "Print a configuration with every kind of peer",
		Example: `  agurscope line example > line.json`,
		Args:    noArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprint(p.Stdout, line.Example)
			return err
		},
	}
}

type lineCheckFlags struct {
	line lineFlags
	db   string
	wait time.Duration
	json bool
}

func (p *program) lineCheck() *cobra.Command {
	var f lineCheckFlags
	cmd := &cobra.Command{
		Use:   "check --line F.json",
		Short: "Connect to every peer and say how it is doing",
		Long: `Connects to every peer that the configuration names and says how it is doing.
Verdicts that wait for a peer are sent. The exit status is 0 when no peer has a
problem.`,
		Example: `  agurscope line check --line line.json`,
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.runLineCheck(cmd.Context(), f)
		},
	}
	fs := cmd.Flags()
	f.line.add(fs)
	addDatabase(fs, &f.db)
	fs.DurationVar(&f.wait, "wait", 5*time.Second, "give the peers `TIME` to answer")
	fs.BoolVar(&f.json, "json", false, "print one JSON object per peer")
	return cmd
}

// peerView is the JSON of one peer.
type peerView struct {
	Peer    string `json:"peer"`
	OK      bool   `json:"ok"`
	Last    int64  `json:"last"` // verdict that it has accepted
	Waiting bool   `json:"waiting"`
	Problem string `json:"problem,omitempty"`
}

func (p *program) runLineCheck(ctx context.Context, f lineCheckFlags) (err error) {
	if err := need("line", f.line.file, "the configuration of the line"); err != nil {
		return err
	}
	w, err := p.openWith(session.Options{}, database(f.db), history.Open)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	if err := f.line.connect(w); err != nil {
		return err
	}
	settle(ctx, w.Line(), f.wait)
	bad := 0
	for _, s := range w.Line().Status() {
		v := peerView{Peer: s.Peer, OK: s.Problem == "" && (s.Connected || s.Listens), Last: s.Last, Waiting: s.Waiting, Problem: s.Problem}
		if !v.OK && v.Problem == "" {
			v.Problem = "no answer yet"
		}
		if !v.OK {
			bad++
		}
		if err := p.tellPeer(v, f.json); err != nil {
			return err
		}
	}
	if bad > 0 {
		return fmt.Errorf("%s of the line cannot be told: mend what is said above; verdicts wait in the history", plural(bad, "peer"))
	}
	return ctx.Err()
}

// settle waits until every peer is connected, or for the given time. A port
// that waits for others to connect has nothing to wait for.
func settle(ctx context.Context, l *line.Line, wait time.Duration) {
	end := time.NewTimer(wait)
	defer end.Stop()
	look := time.NewTicker(50 * time.Millisecond)
	defer look.Stop()
	for {
		settled := true
		for _, s := range l.Status() {
			settled = settled && (s.Listens || s.Connected && !s.Waiting)
		}
		if settled {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-end.C:
			return
		case <-look.C:
		}
	}
}

func (p *program) tellPeer(v peerView, asJSON bool) error {
	if asJSON {
		return p.printJSON(v)
	}
	state := "ok"
	if !v.OK {
		state = v.Problem
	}
	if v.Waiting {
		state += "; verdicts are waiting"
	}
	_, err := fmt.Fprintf(p.Stdout, "%s: %s\n", v.Peer, state)
	return err
}
