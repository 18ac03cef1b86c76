package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"agurscope/datasets"
	"agurscope/history"
	"agurscope/nn/anomaly"
	"agurscope/ui/session"
)

type trainFlags struct {
	session.TrainOptions
	set, db string
	engine  engineFlags
	json    bool
}

func (p *program) train() *cobra.Command {
	var f trainFlags
	cmd := &cobra.Command{
		Use:   "train --set DIR --out F.agur",
		Short: "Learn a recipe from pictures of good parts",
		Long: `Learns what good parts look like and writes a recipe: network, weights and
thresholds in one file. Pictures of good parts are enough; those marked as
defective are never learnt from. A fifth of the good parts is held out, and the
thresholds come from these alone.

Pictures of any size and shape will do. They are not squeezed: the network's
input keeps the median aspect ratio of the set, its area is near N x N, and both
sides are multiples of 16. With --input 128, parts of 500 x 1240 pixels are seen
at 80 x 208 and square ones at 128 x 128.

Brightness is evened out, and where parts lie in any place or rotation before a
plain background they are put upright first (the fixture); the command says what
it decided. Parts that lie alike are seen as a whole; textures, and surfaces
without a fixed look, at two and a half times the resolution and learnt from in
pieces.

Every 30 s, and when it is stopped with Ctrl-C, the training is saved beside the
recipe, in F.checkpoint for F.agur. --resume continues from there; so nothing but
the steps since is lost. When the recipe is finished the checkpoint is removed.

Methods, on the same parts with the same rule for thresholds:
` + methodHelp() + `

Variants of agurnet, for ablations:
` + variantHelp(),
		Example: `  agurscope train --set photos/good --out bracket.agur --max-time 10m
  agurscope train --set mvtec/transistor --out t.agur --size T --json
  agurscope train --set photos/good --out bracket.agur --max-time 10m --resume`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return p.runTrain(cmd.Context(), f) },
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	fs.StringVar(&f.set, "set", "", "learn from the pictures in `DIR` (required)")
	fs.StringVar(&f.Out, "out", "", "write the recipe to `F.agur` (required)")
	fs.StringVar(&f.Size, "size", "T", "size of the network: `T` (minutes), B (an hour) or L (wants a graphics card)")
	fs.IntVar(&f.Input, "input", 0, "side `N` of the network's input (default 128 for T, 256 for B and L; textures 320 and 640)")
	fs.IntVar(&f.Steps, "steps", 0, "`N` training steps (default 1200 for T, 4000 for B, 20000 for L)")
	fs.DurationVar(&f.MaxTime, "max-time", 0, "time for everything, such as `10m`; without --steps it alone decides")
	fs.Uint64Var(&f.Seed, "seed", 0, "seed `N`: the same seed, pictures, engine and threads give the same recipe")
	fs.Float64Var(&f.Rate, "false-reject-rate", .05, "share `X` of good parts that may be rejected")
	fs.StringVar(&f.Method, "method", session.Methods[0], "`NAME` of the method, see above")
	fs.StringVar(&f.Variant, "variant", "", "`NAME` of the variant, see above")
	fs.BoolVar(&f.NoFixture, "no-fixture", false, "leave parts as they lie")
	fs.BoolVar(&f.NoExposure, "no-exposure", false, "leave brightness as it is")
	fs.BoolVar(&f.Resume, "resume", false, "continue a training that was stopped")
	f.engine.add(fs)
	addDatabase(fs, &f.db)
	fs.BoolVar(&f.json, "json", false, "print one JSON object")
	return cmd
}

func methodHelp() string {
	var b strings.Builder
	for _, m := range anomaly.Methods {
		fmt.Fprintf(&b, "  %-18s %s\n", m.Name, m.About)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func checkMethod(name string) error {
	if !slices.Contains(session.Methods, name) {
		return usage("--method is %q: choose one of %s", name, strings.Join(session.Methods, ", "))
	}
	return nil
}

func variantHelp() string {
	var b strings.Builder
	for _, v := range anomaly.Variants[1:] {
		fmt.Fprintf(&b, "  %-18s %s\n", v.Name, v.About)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func (f *trainFlags) check() error {
	if err := need("set", f.set, "the folder of pictures to learn from"); err != nil {
		return err
	}
	if err := need("out", f.Out, "the recipe file to write, such as part.agur"); err != nil {
		return err
	}
	if err := checkMethod(f.Method); err != nil {
		return err
	}
	if f.Method != session.Methods[0] && f.Variant != "" {
		return usage("--variant is one of %s: leave it or --method out", session.Methods[0])
	}
	if _, err := anomaly.VariantByName(f.Variant); err != nil {
		return usage("--variant is %q: choose one of those that --help lists", f.Variant)
	}
	if err := checkNetwork(&f.Size, f.Input, f.Steps); err != nil {
		return err
	}
	switch {
	case f.MaxTime < 0:
		return usage("--max-time is %s: it must be positive, such as 10m", f.MaxTime)
	case !(f.Rate > 0 && f.Rate < 1):
		return usage("--false-reject-rate is %g: it must lie between 0 and 1, such as 0.05", f.Rate)
	case !strings.HasSuffix(strings.ToLower(f.Out), ".agur"):
		return usage("--out is %q: the name of a recipe ends in .agur", f.Out)
	}
	return nil
}

func (p *program) runTrain(ctx context.Context, f trainFlags) error {
	if err := f.check(); err != nil {
		return err
	}
	s, err := p.openForTraining(f)
	if err != nil {
		return err
	}
	defer s.Close()
	set, err := s.OpenSet(f.set)
	if err != nil {
		return err
	}
	p.note("%s", strings.TrimSuffix(set.Report.String(), "\n"))
	if !f.Resume {
		p.warnOfCheckpoint(f.Out)
	}
	bar := p.progress()
	res, err := s.Train(ctx, set, f.TrainOptions, func(e session.TrainEvent) {
		if e.Memory > 0 {
			p.note("training holds %d MB of memory beside the pictures", e.Memory>>20)
		}
		bar.training(e, f.TrainOptions)
	})
	bar.clear()
	if err != nil {
		return p.trainingStopped(err, f.Out)
	}
	for _, e := range res.Skipped {
		p.note("skipped: %v", e)
	}
	if f.json {
		return p.printJSON(trainingOf(res))
	}
	p.printTraining(res, set)
	return nil
}

// openForTraining opens the history to log the training in. A training goes on
// without: its result is the recipe.
func (p *program) openForTraining(f trainFlags) (*workplace, error) {
	s, err := p.open(f.engine, database(f.db))
	var storage *history.StorageError
	if errors.As(err, &storage) && f.db == "" {
		p.note("this training is not logged: %v", err)
		return p.open(f.engine, "")
	}
	return s, err
}

// warnOfCheckpoint tells somebody who may have forgotten --resume.
func (p *program) warnOfCheckpoint(out string) {
	if _, err := os.Stat(session.Checkpoint(out)); err == nil {
		p.note("%s holds an earlier training of this recipe; it will be replaced (--resume would continue it)", session.Checkpoint(out))
	}
}

// trainingStopped says what is kept of a training that a person has stopped.
func (p *program) trainingStopped(err error, out string) error {
	if !errors.Is(err, context.Canceled) {
		return err
	}
	if _, e := os.Stat(session.Checkpoint(out)); e != nil {
		return &stopped{"no recipe was written, and there was nothing to keep yet"}
	}
	return &stopped{fmt.Sprintf("no recipe was written; the training so far is in %s, and the same command with --resume continues it", session.Checkpoint(out))}
}

// training shows an event of a training.
func (g *progress) training(e session.TrainEvent, o session.TrainOptions) {
	switch {
	case e.Stage == session.Looking || e.Stage == session.Reading:
		g.step(string(e.Stage), e.Done, e.Total, 0, "")
	case e.Stage == session.Training && e.Step > 0:
		share := float64(e.Step) / float64(max(e.Steps, 1))
		count := countOf(e.Step, e.Steps)
		if o.MaxTime > 0 {
			share = max(share, float64(e.Elapsed)/float64(e.Elapsed+e.Remaining+1))
			count = countOf(e.Step, o.Steps)
		}
		g.spend(string(e.Stage), share, "step "+count, e.Remaining, fmt.Sprintf("loss %.3f", e.Loss))
	default:
		g.step(string(e.Stage), 0, 0, 0, "")
	}
}

// trainingView is the JSON of a training. The keys are a promise.
type trainingView struct {
	Steps           int             `json:"steps"`
	Seconds         session.Number  `json:"seconds"`
	ImagesPerSecond session.Number  `json:"images_per_second"`
	Loss            session.Number  `json:"loss"`
	Recipe          string          `json:"recipe"`
	Method          string          `json:"method"`
	Calibration     calibrationView `json:"calibration"`
	PeakRSS         session.Number  `json:"peak_rss_mb"`

	Preparation   preparationView   `json:"preparation"`
	Terms         []termView        `json:"terms"`
	Alignment     anomaly.Alignment `json:"alignment"`
	PositionShare session.Number    `json:"position_share"`

	RecipeSHA256 string   `json:"recipe_sha256"`
	Width        int      `json:"width"`
	Height       int      `json:"height"`
	Window       int      `json:"window"` // 0: learnt from whole pictures
	Images       int      `json:"images"`
	Skipped      []string `json:"skipped"`
	Resumed      bool     `json:"resumed"`
	Stopped      string   `json:"stopped"` // steps, time or flat
	MoreTime     bool     `json:"more_time_would_help"`
}

type preparationView struct {
	ExposureMedian session.Number `json:"exposure_median"` // 0: brightness is left as it is
	Gamma          session.Number `json:"gamma"`           // 1: none
	Fixture        bool           `json:"fixture"`
	Why            string         `json:"why"`
}

type termView struct {
	Name   string         `json:"name"`
	Weight session.Number `json:"weight"`
}

type calibrationView struct {
	Normals         int            `json:"normals"`
	High            session.Number `json:"high"`
	Low             session.Number `json:"low"`
	Review          session.Number `json:"review"`
	Reject          session.Number `json:"reject"`
	FalseRejectRate session.Number `json:"false_reject_rate"`
	Mode            string         `json:"mode"`
	Alignment       string         `json:"alignment"`
	Notes           []string       `json:"notes"`
}

func trainingOf(res *session.TrainResult) trainingView {
	r, c := res.Recipe, res.Recipe.Calibration
	t := session.Recommended(c)
	v := trainingView{
		Steps: res.Summary.Steps, Seconds: session.Number(res.Summary.Seconds),
		ImagesPerSecond: session.Number(res.Summary.ImagesPerSecond), Loss: session.Number(res.Summary.Loss),
		Recipe: r.Path, Method: r.Method(), PeakRSS: session.Number(peakRSS()), RecipeSHA256: r.SHA256,
		Width: r.Model.Network.Width, Height: r.Model.Network.Height, Images: r.Training.Images,
		Window: res.Window, Resumed: res.Summary.Resumed, Skipped: []string{},
		Stopped: string(res.Summary.Stopped), MoreTime: res.Summary.Falling,
		Preparation: preparationView{
			ExposureMedian: session.Number(r.Preparation.Exposure.Median), Gamma: session.Number(gamma(r.Preparation)),
			Fixture: r.Preparation.Fixture != nil, Why: r.Preparation.Why,
		},
		Terms: []termView{}, Alignment: c.Alignment, PositionShare: session.Number(c.PositionShare),
		Calibration: calibrationView{
			Normals: c.Normals, High: session.Number(t.High), Low: session.Number(t.Low),
			Review: session.Number(t.Review), Reject: session.Number(t.Reject),
			FalseRejectRate: session.Number(c.FalseRejectRate), Mode: string(t.Mode), Alignment: string(c.Alignment),
			Notes: append([]string{}, c.Notes...),
		},
	}
	for _, t := range c.Terms {
		v.Terms = append(v.Terms, termView{t.Name, session.Number(t.Weight)})
	}
	for _, e := range res.Skipped {
		v.Skipped = append(v.Skipped, e.Error())
	}
	return v
}

// gamma is the power that brightness is raised to: 1 for none.
func gamma(p anomaly.Preparation) float64 { return cmp.Or(p.Exposure.Gamma, 1) }

// exposureWords says what is done to the brightness of pictures.
func exposureWords(p anomaly.Preparation) string {
	var done []string
	if m := p.Exposure.Median; m > 0 {
		done = append(done, fmt.Sprintf("evened out to a median grey of %.2f", m))
	}
	if g := gamma(p); g != 1 {
		done = append(done, fmt.Sprintf("dark greys spread, gamma %g", g))
	}
	if len(done) == 0 {
		return "Off: brightness is left as it is."
	}
	return "On: " + strings.Join(done, ", ") + "."
}

// inputWords says at which size pictures are seen.
func inputWords(n anomaly.Network, window int) string {
	whole := fmt.Sprintf("%d x %d pixels", n.Width, n.Height)
	if window == 0 {
		return whole + ", learnt from as a whole"
	}
	return fmt.Sprintf("%s, learnt from in windows of %d x %d", whole, min(window, n.Width), min(window, n.Height))
}

// termWords lists the terms that decide, with their weights, and those that are
// only looked at.
func termWords(terms []anomaly.Term) string {
	var decide, idle []string
	for _, t := range terms {
		if t.Weight == 0 {
			idle = append(idle, t.Name)
		} else {
			decide = append(decide, fmt.Sprintf("%s %.2g", t.Name, t.Weight))
		}
	}
	words := strings.Join(decide, ", ")
	if len(idle) > 0 {
		words += "; shown only: " + strings.Join(idle, ", ")
	}
	return words
}

func (p *program) printTraining(res *session.TrainResult, set *datasets.Set) {
	r, c, s := res.Recipe, res.Recipe.Calibration, res.Summary
	t := session.Recommended(c)
	network := r.Model.String()
	if c := r.Model.Cost(); c.MACs > 0 {
		network += fmt.Sprintf(", %.2f GMAC", float64(c.MACs)/1e9)
	}
	steps := fmt.Sprintf("%d in %s, %.1f pictures/s", s.Steps, clock(time.Duration(s.Seconds*float64(time.Second))), s.ImagesPerSecond)
	if s.Resumed {
		steps += ", resumed"
	}
	if words := s.Words(); words != "" {
		steps += "; " + words
	}
	if s.Steps == 0 {
		steps = "none: computed at once"
	}
	rows := [][2]string{
		{"recipe", r.Path},
		{"network", network},
		{"set", fmt.Sprintf("%s: %d good parts learnt, %d held out", set.Root, r.Training.Images, c.Normals)},
	}
	if n := len(res.Skipped); n > 0 {
		rows = append(rows, [2]string{"skipped", fmt.Sprintf("%d, listed above", n)})
	}
	rows = append(rows, [][2]string{
		{"exposure", exposureWords(r.Preparation)},
		{"fixture", r.Preparation.Why},
		{"input", inputWords(r.Model.Network, res.Window)},
		{"alignment", fmt.Sprintf("%s: position explains %.0f %% (R² %.2f)", c.Alignment, 100*c.PositionShare, c.PositionShare)},
		{"terms", termWords(c.Terms)},
		{"steps", steps},
		{"loss", fmt.Sprintf("%.4f", s.Loss)},
		{"image", fmt.Sprintf("reject from %.4g, review from %.4g", t.Reject, t.Review)},
		{"pixels", fmt.Sprintf("high %.4g, low %.4g, %s", t.High, t.Low, t.Mode)},
		{"false rejects", fmt.Sprintf("%.3g %% of good parts wished for", 100*c.FalseRejectRate)},
		{"memory", fmt.Sprintf("%.0f MB at most", peakRSS())},
	}...)
	for _, n := range c.Notes {
		rows = append(rows, [2]string{"note", n})
	}
	p.printRows(rows)
}
