package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/app"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/widget"

	"agurscope/assets"
	"agurscope/assets/words"
	"agurscope/datasets"
	"agurscope/datasets/synthec"
	"agurscope/history"
	"agurscope/nn/anomaly"
	"agurscope/nn/segment"
	"agurscope/themes"
	"agurscope/ui"
	"agurscope/ui/alarm"
	"agurscope/ui/cli"
	"agurscope/ui/session"
	"agurscope/ui/station"
	"agurscope/viewer"
)

// appID names the program to the desktop, and its preferences.
const appID = "io.agurscope.Agurscope"

// settled is how long after its first frame the window has shown the first
// part.
const settled = 3 * time.Second

// demo unpacks the demonstration beside the history.
func demo() (set, recipe string, err error) {
	return assets.ExtractDemo(filepath.Dir(cli.DefaultDatabase()))
}

// openWindow shows the window until it is closed or ctx ends; started is when
// the program began.
func openWindow(ctx context.Context, w cli.Window, started time.Time) error {
	if err := speak(w.Settings); err != nil {
		return err
	}
	a := newApp()
	stop := context.AfterFunc(ctx, func() { fyne.Do(a.Quit) })
	defer stop()
	bell := &alarm.Bell{}
	defer bell.Close()
	c := ui.Config{
		App: a, Session: w.Session, Demo: demo, Set: w.Set, Recipe: w.Recipe, Camera: w.Camera, Version: w.Version, Bell: bell,
		Kiosk: w.Kiosk, Rate: w.Rate,
		Script: w.Script, ScreenshotPath: w.Screenshot,
		Settings: w.Settings, SettingsFile: w.SettingsFile, MemoryFile: w.MemoryFile, Trouble: w.Trouble,
	}
	if w.Demo {
		var err error
		if c.Set, c.Recipe, err = demo(); err != nil {
			return err
		}
	}
	c.Ready = func() {
		first := time.Since(started)
		time.AfterFunc(settled, func() {
			debug.FreeOSMemory() // what reading fonts and the recipe took is not needed again
			if w.Startup {
				fmt.Fprintf(w.Out, "{\"first_frame_ms\":%.0f,\"rss_mb\":%.0f}\n", first.Seconds()*1000, w.Resident())
				fyne.Do(a.Quit)
			}
		})
	}
	err := ui.Run(c)
	if errors.Is(err, ui.ErrRestart) {
		again = true
		return nil
	}
	return errors.Join(err, ctx.Err())
}

// speak chooses language and scale, before there is an app.
func speak(s station.Settings) error {
	language := s.Language
	if language == "" {
		language = words.System()
	}
	words.Use(language)
	if err := speakToolkit(language); err != nil {
		return err
	}
	if s.Scale != 0 && os.Getenv("FYNE_SCALE") == "" {
		return os.Setenv("FYNE_SCALE", fmt.Sprint(s.Scale))
	}
	return nil
}

// speakToolkit makes the toolkit's own dialogs speak a language. It takes the
// environment's, and looks for it anew whenever translations are added.
func speakToolkit(language string) error {
	locale := map[string]string{words.English: "en_US.UTF-8", "de": "de_DE.UTF-8", "zh": "zh_CN.UTF-8"}[language]
	was, set := os.LookupEnv("LC_ALL")
	if err := os.Setenv("LC_ALL", locale); err != nil {
		return err
	}
	err := lang.AddTranslationsForLocale([]byte("{}"), fyne.Locale(words.English))
	if !set {
		return errors.Join(err, os.Unsetenv("LC_ALL"))
	}
	return errors.Join(err, os.Setenv("LC_ALL", was))
}

// told is how long a sentence stays that nobody closes.
const told = 20 * time.Second

// tell says why there is no other window.
func tell(ctx context.Context, s station.Settings, folder string) {
	_ = speak(s) // an environment that cannot be set leaves English
	a := newApp()
	a.Settings().SetTheme(themes.Named(s.Theme))
	w := a.NewWindow("Agurscope")
	label := widget.NewLabel(words.T("Agurscope is open already with the data in %s. Go on in its window.", folder))
	label.Wrapping = fyne.TextWrapWord
	w.SetContent(container.NewBorder(nil, container.NewCenter(widget.NewButton(words.T("Close"), a.Quit)), nil, nil, label))
	w.Resize(fyne.NewSize(460, 150))
	w.CenterOnScreen()
	defer context.AfterFunc(ctx, func() { fyne.Do(a.Quit) })()
	time.AfterFunc(told, func() { fyne.Do(a.Quit) })
	w.ShowAndRun()
}

func newApp() fyne.App {
	a := app.NewWithID(appID)
	a.SetIcon(fyne.NewStaticResource("agurscope.png", assets.Icon))
	return a
}

// windowBench is what bench-ui prints.
type windowBench struct {
	Pane       [2]int  `json:"pane_px"`
	SliderP50  float64 `json:"slider_p50_ms"`
	SliderP95  float64 `json:"slider_p95_ms"`
	Judge      float64 `json:"judge_ms"`     // of a move, the share of the session
	FPS        float64 `json:"frames_per_s"` // of 30 asked for
	CPU        float64 `json:"cpu_share"`    // of one core, while frames are renewed
	Render     float64 `json:"render_ms"`    // sampling the four panes once
	RSS        float64 `json:"rss_mb"`
	Regions    int     `json:"regions"` // found at the recipe's thresholds, over all pictures
	Prediction string  `json:"recipe"`
}

// benchWindow measures the viewer in a real window with real predictions: every
// move of the slider judges anew by the session.
func benchWindow(ctx context.Context, b cli.BenchWindow) error {
	if b.Scores > 0 {
		return rehearse(ctx, b)
	}
	results, err := benchResults(ctx, b)
	if err != nil {
		return err
	}
	a := newApp()
	a.Settings().SetTheme(themes.Dark())
	v := viewer.New()
	w := a.NewWindow("Agurscope bench")
	w.SetContent(v)
	w.SetPadded(false)
	const chrome = 120 // headers, readout and gaps, measured
	side := float32(2 * b.Side)
	w.Resize(fyne.NewSize(side+8, side+chrome))
	stop := context.AfterFunc(ctx, func() { fyne.Do(a.Quit) })
	defer stop()
	var out windowBench
	a.Lifecycle().SetOnStarted(func() {
		go func() {
			defer fyne.Do(a.Quit)
			time.Sleep(500 * time.Millisecond) // the window manager settles
			out, err = measure(ctx, v, b, results)
		}()
	})
	w.ShowAndRun()
	if err != nil {
		return err
	}
	return json.NewEncoder(b.Out).Encode(out)
}

// rehearse shows the window with invented scores until ctx ends.
func rehearse(ctx context.Context, b cli.BenchWindow) error {
	set, recipe, err := demo()
	if err != nil {
		return err
	}
	if _, err := b.Session.OpenSet(set); err != nil {
		return err
	}
	if _, err := b.Session.OpenRecipe(recipe); err != nil {
		return err
	}
	if err := b.Session.InventPass(b.Scores); err != nil {
		return err
	}
	a := newApp()
	stop := context.AfterFunc(ctx, func() { fyne.Do(a.Quit) })
	defer stop()
	return ui.Run(ui.Config{App: a, Session: b.Session, Version: version})
}

// benchResults inspects a few defective SynthEC parts.
func benchResults(ctx context.Context, b cli.BenchWindow) ([]*session.Result, error) {
	if b.Session.Recipe() == nil {
		_, recipe, err := demo()
		if err != nil {
			return nil, err
		}
		if _, err := b.Session.OpenRecipe(recipe); err != nil {
			return nil, err
		}
	}
	dir, err := os.MkdirTemp("", "agurscope-bench-")
	if err != nil {
		return nil, fmt.Errorf("measure the window: %w", err)
	}
	defer os.RemoveAll(dir)
	var out []*session.Result
	for i, defect := range synthec.Defects() {
		m, _ := synthec.Part(synthec.Options{Size: b.Side, Pose: synthec.Jittered}, i, defect)
		path := filepath.Join(dir, defect+".png")
		if err := writePNG(path, m); err != nil {
			return nil, fmt.Errorf("measure the window: %w", err)
		}
		res, err := b.Session.InspectOne(ctx, history.Run{}, datasets.Item{Path: path, Name: defect})
		if err != nil {
			return nil, err
		}
		if res.Err != nil {
			return nil, res.Err
		}
		out = append(out, res)
	}
	return out, nil
}

func writePNG(path string, m image.Image) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return png.Encode(f, m)
}

func measure(ctx context.Context, v *viewer.Viewer, b cli.BenchWindow, results []*session.Result) (windowBench, error) {
	s := b.Session
	out := windowBench{Prediction: s.Recipe().Model.String()}
	frames := make([]viewer.Frame, len(results))
	for i, res := range results {
		out.Regions += len(res.Regions)
		frames[i] = benchFrame(res)
	}
	var seg segment.Segmenter
	var judging time.Duration
	moves := 0
	t := s.Thresholds()
	r, err := viewer.Bench(ctx, v, viewer.BenchConfig{
		Post: fyne.Do,
		Segment: func(low, high float32) *viewer.Segmentation {
			t.Low, t.High = float64(low), float64(high)
			start := time.Now()
			s.Rejudge(&seg, results[0], t)
			judging += time.Since(start)
			moves++
			g := results[0].Segmentation
			return &viewer.Segmentation{W: g.W, H: g.H, Labels: g.Labels}
		},
		Frame: func(i int) viewer.Frame { return frames[i%len(frames)] },
		CPU:   b.CPU,
	})
	out.Pane = [2]int{int(r.PanePixels.W), int(r.PanePixels.H)}
	out.SliderP50, out.SliderP95 = r.SliderP50.Seconds()*1000, r.SliderP95.Seconds()*1000
	out.Judge = judging.Seconds() * 1000 / float64(max(moves, 1))
	debug.FreeOSMemory()
	out.FPS, out.CPU, out.Render, out.RSS = r.FramesPerS, r.CPUShare, r.RenderMS, b.Resident()
	return out, err
}

func benchFrame(res *session.Result) viewer.Frame {
	p, g := res.Prediction, res.Segmentation
	f := viewer.Frame{
		Original:       res.Frame.Image.(*image.RGBA), // SynthEC parts are in colour
		Reconstruction: anomaly.Picture(p.Reconstruction),
		Map:            &viewer.Scalar{W: p.Map.W, H: p.Map.H, V: p.Map.Pix},
		Segmentation:   &viewer.Segmentation{W: g.W, H: g.H, Labels: g.Labels},
		Low:            float32(res.Thresholds.Low), High: float32(res.Thresholds.High),
	}
	f.Max = 2 * f.High
	return f
}
