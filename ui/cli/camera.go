package cli

import (
	"context"
	"errors"
	"fmt"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"agurscope/datasets/camera"
	"agurscope/datasets/live"
	"agurscope/history"
	"agurscope/ui/session"
)

func (p *program) camera() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "camera",
		Short: "Find cameras, try them, take a picture, inspect what they see",
		Long: `Cameras are named by addresses:

  gige://192.168.1.20            GigE Vision, by address
  aravis://Vendor-Model-123      GigE Vision or USB3 Vision, by name
  v4l2:///dev/video0             webcam or capture card
  rtsp://name:password@host/path network camera, H.264 or Motion JPEG
  http://host/path               network camera, Motion JPEG
  watch:///folder                pictures that somebody else puts there
  replay:///folder?fps=5         a set of pictures, played like a camera
  file.mp4                       a video

Settings follow behind a question mark, for rtsp and http behind a number sign:
  trigger=free|software|hardware, gate=motion, stall=5s for all;
  exposure (µs), gain, rate, region=x,y,width,height, format, line for GenICam;
  exposure, gain, rate, size=640x480, format for webcams;
  transport=tcp|udp for rtsp; existing=1 for watch; fps, loop=1 for replay.`,
		Example: `  agurscope camera list
  agurscope camera probe gige://192.168.1.20`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usage("there is no command camera %s: use list, probe, grab or inspect", args[0])
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(p.cameraList(), p.cameraProbe(), p.cameraGrab(), p.cameraInspect())
	return cmd
}

// oneAddress asks for exactly one address.
func oneAddress(_ *cobra.Command, args []string) error {
	if len(args) != 1 {
		return usage("name one camera, such as gige://192.168.1.20 or /dev/video0")
	}
	return nil
}

func (p *program) cameraList() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "list", Short: "Look for cameras on networks and buses", Args: noArgs,
		Example: "  agurscope camera list\n  agurscope camera list --json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			found, means := camera.List(cmd.Context())
			if asJSON {
				for _, f := range found {
					if err := p.printJSON(f); err != nil {
						return err
					}
				}
			} else if err := p.printCameras(found); err != nil {
				return err
			}
			for _, m := range means {
				if m.Err != nil {
					p.note("%s: %v", m.Name, m.Err)
				}
			}
			return cmd.Context().Err()
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object per camera")
	return cmd
}

func (p *program) printCameras(found []camera.Found) error {
	if len(found) == 0 {
		p.note("No camera was found. Network cameras (rtsp, http) do not announce themselves: try “agurscope camera probe URL”.")
		return nil
	}
	wide := 0
	for _, f := range found {
		wide = max(wide, len(f.Address))
	}
	for _, f := range found {
		line := fmt.Sprintf("%-*s  %s", wide, f.Address, joinNonEmpty([]string{f.Name, f.Kind, f.Detail}, ", "))
		if _, err := fmt.Fprintln(p.Stdout, line); err != nil {
			return fmt.Errorf("write output: %w", err)
		}
	}
	return nil
}

func (p *program) cameraProbe() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "probe URL", Short: "Connect to a camera and say what it is like", Args: oneAddress,
		Example: "  agurscope camera probe gige://192.168.1.20\n  agurscope camera probe --json 'rtsp://eye:secret@10.0.0.5/cam'",
		RunE: func(cmd *cobra.Command, args []string) error {
			src, err := camera.Open(args[0])
			if err != nil {
				return usage("%v", err)
			}
			s, err := camera.Try(cmd.Context(), src, true)
			if err != nil {
				return err
			}
			if asJSON {
				return p.printJSON(s)
			}
			p.printSample(s)
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return cmd
}

func (p *program) printSample(s *camera.Sample) {
	rows := [][2]string{
		{"camera", s.Name},
		{"picture", fmt.Sprintf("%d x %d, %s", s.Width, s.Height, s.Pixels)},
		{"first picture", fmt.Sprintf("after %.0f ms", s.First)},
	}
	if s.Status.Rate > 0 {
		rows = append(rows, [2]string{"rate", fmt.Sprintf("%.1f pictures/s, %d of %d incomplete", s.Status.Rate, s.Status.Incomplete, s.Status.Received+s.Status.Incomplete)})
	}
	for _, c := range s.Controls {
		rows = append(rows, [2]string{c.Name, controlText(c)})
	}
	p.printRows(rows)
}

func controlText(c live.Control) string {
	text := joinNonEmpty([]string{c.Value, c.Unit}, " ")
	switch {
	case len(c.Choices) > 0:
		text += " (of " + strings.Join(c.Choices, ", ") + ")"
	case c.Max > c.Min && c.Name != "region":
		text += fmt.Sprintf(" (%g to %g)", c.Min, c.Max)
	}
	return text
}

func (p *program) cameraGrab() *cobra.Command {
	var out string
	var asJSON bool
	cmd := &cobra.Command{
		Use: "grab URL --out F.png", Short: "Take one picture", Args: oneAddress,
		Example: "  agurscope camera grab gige://192.168.1.20 --out part.png",
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := need("out", out, "the PNG file to write"); err != nil {
				return err
			}
			if ext := strings.ToLower(filepath.Ext(out)); ext != ".png" {
				return usage("--out %s: pictures are written as PNG, so that nothing of them is lost; call it NAME.png", out)
			}
			src, err := camera.Open(args[0])
			if err != nil {
				return usage("%v", err)
			}
			s, err := camera.Try(cmd.Context(), src, false)
			if err != nil {
				return err
			}
			if err := writePicture(out, s); err != nil {
				return err
			}
			if asJSON {
				return p.printJSON(s)
			}
			p.note("%s: %d x %d, %s, from %s", out, s.Width, s.Height, s.Pixels, s.Name)
			return nil
		},
	}
	cmd.Flags().StringVar(&out, "out", "", "write the picture to `F.png` (required)")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return cmd
}

// writePicture writes a whole file or none.
func writePicture(path string, s *camera.Sample) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".grab-*")
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	defer func() {
		if err != nil {
			os.Remove(f.Name())
			err = fmt.Errorf("write %s: %w", path, err)
		}
	}()
	_ = f.Chmod(0o644) // shares of other systems may not know permissions
	if err := errors.Join(png.Encode(f, s.Frame.Image), f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

type cameraFlags struct {
	recipe, db string
	count      int
	duration   time.Duration
	every      time.Duration
	engine     engineFlags
	keep       keepFlags
	line       lineFlags
	json       bool
}

func (p *program) cameraInspect() *cobra.Command {
	var f cameraFlags
	cmd := &cobra.Command{
		Use: "inspect URL --recipe F", Short: "Inspect what a camera sees, without a window", Args: oneAddress,
		Long: `Inspects the pictures of a camera until it is stopped, one line each, like
“agurscope inspect”. A camera that is faster than the network is inspected at its
newest picture. A loss is a verdict ERROR, and the run goes on when the camera is
back. At the end the counters of the camera are told; with --json in a last line
with the key "camera".

With trigger=software the line's peers that --line names may trigger, such as a PLC.`,
		Example: `  agurscope camera inspect gige://192.168.1.20 --recipe bracket.agur
  agurscope camera inspect 'gige://192.168.1.20?trigger=software' --recipe bracket.agur --every 2s --count 100
  agurscope camera inspect 'gige://192.168.1.20?trigger=software' --recipe bracket.agur --line line.json`,
		RunE: func(cmd *cobra.Command, args []string) error { return p.runCamera(cmd.Context(), f, args[0]) },
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	fs.StringVar(&f.recipe, "recipe", "", "inspect with the recipe `F.agur` (required)")
	addDatabase(fs, &f.db)
	f.keep.add(fs)
	f.line.add(fs)
	fs.IntVar(&f.count, "count", 0, "stop after `N` verdicts")
	fs.DurationVar(&f.duration, "for", 0, "stop after `D`, such as 10m")
	fs.DurationVar(&f.every, "every", 0, "trigger every `D`; the address needs trigger=software")
	f.engine.add(fs)
	fs.BoolVar(&f.json, "json", false, "print one JSON object per picture")
	return cmd
}

func (p *program) runCamera(ctx context.Context, f cameraFlags, address string) (err error) {
	if err := need("recipe", f.recipe, "the recipe file to inspect with"); err != nil {
		return err
	}
	src, err := camera.Open(address)
	if err != nil {
		return usage("%v", err)
	}
	if f.every != 0 && (f.every < time.Millisecond || src.Mode() != live.Software) {
		return usage("--every takes 1ms or more, and a camera with trigger=software")
	}
	s, err := p.open(f.engine, database(f.db))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if err := f.keep.apply(s.Session); err != nil {
		return err
	}
	if err := f.line.connect(s); err != nil {
		return err
	}
	p.tellHealth(s.Session)
	if _, err := s.OpenRecipe(f.recipe); err != nil {
		return err
	}
	limited, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	if f.duration > 0 {
		t := time.AfterFunc(f.duration, func() { stop(errEnough) })
		defer t.Stop()
	}
	if f.every > 0 {
		go pulse(limited, src, f.every)
	}
	w := &watching{p: p, f: f, src: src, stop: stop, table: &table{p: p, ink: p.ink(), name: widestName}}
	run, err := s.Inspect(limited, src, w.take)
	switch {
	case w.failed != nil:
		return w.failed
	case err != nil && !errors.Is(context.Cause(limited), errEnough):
		if !errors.Is(err, context.Canceled) {
			return err
		}
		w.end(run)
		return &stopped{fmt.Sprintf("%s; their verdicts are kept in run %d of %s", countsOf(w.counts), run.ID, display(s.Store().Path()))}
	}
	return w.end(run)
}

// errEnough ends a run that has reached what was asked for.
var errEnough = errors.New("enough")

// pulse triggers again and again; what a trigger comes to is an item of the
// source.
func pulse(ctx context.Context, src camera.Source, every time.Duration) {
	for src.Status().State != live.Streaming && ctx.Err() == nil {
		time.Sleep(10 * time.Millisecond)
	}
	t := time.NewTicker(every)
	defer t.Stop()
	for ctx.Err() == nil {
		_ = src.Trigger(ctx)
		select {
		case <-t.C:
		case <-ctx.Done():
		}
	}
}

// watching is an inspection of a camera under way.
type watching struct {
	p      *program
	f      cameraFlags
	src    camera.Source
	stop   context.CancelCauseFunc
	table  *table
	counts history.Summary
	took   []float64 // latencies of the newest verdicts in ms, a ring
	failed error
}

// mostLatencies is how many of the newest verdicts tell the latency.
const mostLatencies = 4096

// take reports one result whose verdict is on the disk.
func (w *watching) take(res *session.Result) {
	if w.failed != nil || w.f.count > 0 && w.counts.Total() == w.f.count {
		return
	}
	count(&w.counts, res.Final())
	if res.Frame.Image != nil {
		ms := float64(res.Latency) / float64(time.Millisecond)
		if len(w.took) < mostLatencies {
			w.took = append(w.took, ms)
		} else {
			w.took[w.counts.Total()%mostLatencies] = ms
		}
	}
	if w.f.json {
		w.failed = w.p.printJSON(verdictOf(res))
	} else {
		w.failed = w.table.row(res)
	}
	if w.failed != nil || w.counts.Total() == w.f.count {
		w.stop(errEnough)
	}
}

// end tells the counters of the camera.
func (w *watching) end(run history.Run) error {
	st := w.src.Status()
	p50, p95 := quantiles(w.took)
	if w.f.json {
		return w.p.printJSON(map[string]any{
			"camera": st, "run": run.ID, "verdicts": w.counts.Total(),
			"latency_ms": map[string]session.Number{"p50": session.Number(p50), "p95": session.Number(p95)}, "rss_mb": session.Number(residentMB()),
		})
	}
	fmt.Fprintf(w.p.Stdout, "\n%s, run %d\n", countsOf(w.counts), run.ID)
	w.p.note("camera: %d received, %d dropped, %d incomplete, %d repeated, lost %d times; capture to verdict %.0f ms, 95 %% within %.0f ms",
		st.Received, st.Dropped, st.Incomplete, st.Stale, st.Losses, p50, p95)
	return nil
}
