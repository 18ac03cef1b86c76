package cli

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"agurscope/datasets/camera"
	"agurscope/history"
	"agurscope/ui/station"
)

type windowFlags struct {
	Window
	db     string
	engine engineFlags
	keep   keepFlags
	line   lineFlags
	fresh  bool
}

func (p *program) root() *cobra.Command {
	var f windowFlags
	cmd := &cobra.Command{
		Use:   "agurscope",
		Short: "Learn what good parts look like, and find what does not belong",
		Long: `Agurscope inspects parts. It learns what good ones look like from pictures of
good parts only; from then on it shows, for every part, the original, the
reconstruction, the anomaly heat map and the segmented defect, decides OK,
REVIEW or NG, and logs the verdict.

Without a command it opens the window.`,
		Example: `  agurscope
  agurscope --recipe bracket.agur --set photos/today
  agurscope --kiosk --camera rtsp://bench-3/stream
  agurscope train --set photos/good --out bracket.agur --max-time 10m`,
		Version:       p.Version,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			text := ""
			if s := cmd.SuggestionsFor(args[0]); len(s) > 0 {
				text = ": did you mean " + strings.Join(s, " or ") + "?"
			}
			return usage("there is no command %q%s", args[0], text)
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return p.openWindow(cmd, f) },
	}
	cmd.SuggestionsMinimumDistance = 2
	fs := cmd.Flags()
	fs.SortFlags = false
	fs.StringVar(&f.Recipe, "recipe", "", "open the recipe `F.agur`")
	fs.StringVar(&f.Set, "set", "", "open the pictures in `DIR`")
	fs.StringVar(&f.Camera, "camera", "", "open the camera at `URL`; see “agurscope camera --help”")
	fs.BoolVar(&f.Demo, "demo", false, "open the demonstration")
	fs.BoolVar(&f.Kiosk, "kiosk", false, "show parts or a camera on the full screen, with nothing to change; Ctrl+Shift+Q leaves")
	fs.Float64Var(&f.Rate, "rate", 1, "with --kiosk, show `N` parts of a set per second")
	addDatabase(fs, &f.db)
	f.keep.add(fs)
	f.line.add(fs)
	f.engine.add(fs)
	fs.StringVar(&f.Script, "script", "", "what the window does by itself")
	fs.StringVar(&f.Screenshot, "screenshot", "", "file for a picture of the window")
	fs.BoolVar(&f.fresh, "fresh", false, "forget what was open last time")
	fs.BoolVar(&f.Startup, "startup", false, "print the time to the first frame and the memory, then quit")
	for _, hidden := range []string{"script", "screenshot", "fresh", "startup"} {
		_ = fs.MarkHidden(hidden) // the flags are defined above
	}
	return cmd
}

func (p *program) openWindow(cmd *cobra.Command, f windowFlags) (err error) {
	if f.Rate <= 0 || f.Rate > 1000 {
		return usage("--rate: %g is no number of parts per second", f.Rate)
	}
	if f.Camera != "" {
		if _, err := camera.Open(f.Camera); err != nil {
			return usage("--camera: %v", err)
		}
	}
	if p.Env.Window == nil {
		return errors.New("this program was built without its window; use a command such as “agurscope inspect”")
	}
	if why := noDisplay(); why != nil {
		return why
	}
	if !f.fresh && !f.Startup {
		f.SettingsFile = station.DefaultSettingsFile()
		var err error
		if f.Settings, err = station.LoadSettings(f.SettingsFile); err != nil {
			f.Trouble = append(f.Trouble, err)
		}
		f.MemoryFile = filepath.Join(filepath.Dir(database(f.db)), "window.json")
	}
	if !cmd.Flags().Changed("keep") {
		f.keep.keep = f.Settings.Keep
	}
	s, err := p.openLenient(f.engine, database(f.db))
	if errors.Is(err, history.ErrLocked) {
		err = fmt.Errorf("Agurscope is open already with the data in %s: go on in its window, or start this one with a history of its own, --db FILE", //nolint:staticcheck // a name
			display(filepath.Dir(database(f.db))))
		if p.Tell != nil { // whoever started it from the desktop sees no terminal
			p.Tell(cmd.Context(), f.Settings, display(filepath.Dir(database(f.db))))
		}
		return err
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if err := f.keep.apply(s.Session); err != nil {
		return err
	}
	if err := f.line.connectDefault(s); err != nil {
		return err
	}
	f.Session, f.Version, f.Out, f.Resident = s.Session, p.Version, p.Stdout, residentMB
	return p.Env.Window(cmd.Context(), f.Window)
}
