package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/pflag"

	"agurscope/history"
	"agurscope/ui/session"
	"agurscope/ui/station"
)

// DefaultDatabase returns where the history lies unless told otherwise: in
// the user's data folder (XDG_DATA_HOME, or ~/.local/share).
func DefaultDatabase() string {
	base := os.Getenv("XDG_DATA_HOME")
	if base == "" || !filepath.IsAbs(base) { // the specification: relative ones are ignored
		home, err := os.UserHomeDir()
		if err != nil {
			home = os.TempDir()
		}
		base = filepath.Join(home, ".local", "share")
	}
	return filepath.Join(base, "agurscope", "history.db")
}

func addDatabase(fs *pflag.FlagSet, path *string) {
	fs.StringVar(path, "db", "", "keep the history in `FILE` (default "+display(DefaultDatabase())+")")
}

// database resolves the value of --db: without one the history lies in the data
// folder of the settings, or where a new station has it.
func database(path string) string {
	if path != "" {
		return path
	}
	if s, err := station.LoadSettings(station.DefaultSettingsFile()); err == nil && s.Data != "" {
		return filepath.Join(s.Data, filepath.Base(DefaultDatabase()))
	}
	return DefaultDatabase()
}

// display writes a path as people know it, with ~ for their home.
func display(path string) string {
	home, err := os.UserHomeDir()
	if err != nil {
		return path
	}
	if rel, err := filepath.Rel(home, path); err == nil && filepath.IsLocal(rel) {
		return filepath.Join("~", rel)
	}
	return path
}

// workplace is a session with what it stands on.
type workplace struct {
	*session.Session
	close []func() error
}

// Close ends the session, then the history, then the engine.
func (w *workplace) Close() error {
	var errs []error
	for i := len(w.close) - 1; i >= 0; i-- {
		errs = append(errs, w.close[i]())
	}
	return errors.Join(errs...)
}

// open makes a session on an engine and, unless db is empty, a history.
func (p *program) open(f engineFlags, db string) (*workplace, error) {
	e, err := p.openEngine(f)
	if err != nil {
		return nil, err
	}
	return p.openWith(session.Options{Engine: e}, db, history.Open)
}

// openLenient is open for the window, which starts without an engine, too, and
// beside a history that cannot be opened, and says so.
func (p *program) openLenient(f engineFlags, db string) (*workplace, error) {
	e, err := p.openEngine(f)
	var u *usageError
	if errors.As(err, &u) {
		return nil, err
	}
	return p.openWith(session.Options{Engine: e, Why: err}, db, history.OpenStation)
}

func (p *program) openWith(o session.Options, db string, history func(string) (*history.Store, error)) (_ *workplace, err error) {
	w := &workplace{}
	defer func() {
		if err != nil {
			err = errors.Join(err, w.Close())
		}
	}()
	o.Program = p.Version
	if o.Engine != nil {
		w.close = append(w.close, o.Engine.Close)
	}
	if db != "" {
		if o.Store, err = history(db); err != nil {
			return nil, locked(err)
		}
		w.close = append(w.close, o.Store.Close)
	}
	w.Session = session.New(o)
	w.close = append(w.close, w.Session.Close)
	return w, nil
}

// locked adds to an error of opening the history what helps on the command
// line.
func locked(err error) error {
	if errors.Is(err, history.ErrLocked) {
		return fmt.Errorf("%w (an open Agurscope window holds its history: close it, or give this command another one with --db FILE)", err)
	}
	return err
}
