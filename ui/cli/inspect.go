package cli

import (
	"context"
	"errors"
	"fmt"
	"image"
	"math"
	"path/filepath"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"agurscope/datasets"
	"agurscope/history"
	"agurscope/ui/session"
	"agurscope/ui/sheet"
)

type inspectFlags struct {
	recipe, out, db string
	precision       string
	thresholds      thresholdFlags
	engine          engineFlags
	json            bool
	keep            keepFlags
	line            lineFlags
}

func (p *program) inspect() *cobra.Command {
	var f inspectFlags
	cmd := &cobra.Command{
		Use:   "inspect --recipe F PATH...",
		Short: "Inspect pictures and log the verdicts",
		Long: `Inspects picture files and folders of them, one line each. A verdict is printed
after it is on the disk: what you have read is in the history, whatever happens
next. A picture that cannot be read is a verdict too, ERROR with its reason, and
the rest goes on; the exit status says whether everything was looked at, not
whether it was good.

Folders are read by their layout, sub-folders included; masks and files that are
no pictures are passed over. A part that the recipe's fixture cannot put upright is
REVIEW whatever its score.

--out writes, for every picture NAME that was inspected,
  NAME_map.tiff    the anomaly map, float32, at the network's input size; where the
                   recipe has a fixture, of the whole picture at 256 pixels at most
  NAME_mask.png    the regions, 255 on 0
  NAME_recon.png   the reconstruction
  NAME_panes.png   original, reconstruction, heat map and segmentation side by side`,
		Example: `  agurscope inspect --recipe bracket.agur photos/today
  agurscope inspect --recipe bracket.agur --out seen --json part1.png part2.tif
  agurscope inspect --recipe bracket.agur --high 2.5 --low 1.2 --mode hysteresis photos/today`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usage("name the pictures or folders to inspect")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return p.runInspect(cmd.Context(), f, args) },
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	fs.StringVar(&f.recipe, "recipe", "", "inspect with the recipe `F.agur` (required)")
	fs.StringVar(&f.out, "out", "", "write maps, masks and pictures to `DIR`")
	addDatabase(fs, &f.db)
	f.keep.add(fs)
	f.line.add(fs)
	f.thresholds.add(fs)
	f.engine.add(fs)
	addPrecision(fs, &f.precision)
	fs.BoolVar(&f.json, "json", false, "print one JSON object per picture")
	return cmd
}

func (p *program) runInspect(ctx context.Context, f inspectFlags, paths []string) (err error) {
	if err := need("recipe", f.recipe, "the recipe file to inspect with"); err != nil {
		return err
	}
	chosen, err := choose(paths)
	if err != nil {
		return err
	}
	if err := p.checkPrecision(f.precision); err != nil {
		return err
	}
	e, err := p.openPrecise(ctx, f.engine, f.precision, f.recipe)
	if err != nil {
		return err
	}
	s, err := p.openWith(session.Options{Engine: e}, database(f.db), history.Open)
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
	r, err := s.OpenRecipe(f.recipe)
	if err != nil {
		return err
	}
	t, err := f.thresholds.apply(s.Thresholds(), r.Calibration)
	if err != nil {
		return err
	}
	s.SetThresholds(t)
	exporter, err := exporterTo(f.out, chosen, s.Session)
	if err != nil {
		return err
	}
	p.noteIgnored(chosen)
	i := &inspection{p: p, json: f.json, exporter: exporter, table: newTable(p, chosen), bar: p.progress(), total: len(chosen.items)}
	return i.run(ctx, s.Session, source{chosen})
}

// noteIgnored says what is not inspected, so that nobody thinks it was.
func (p *program) noteIgnored(s *selection) {
	if len(s.ignored) == 0 {
		return
	}
	p.note("not inspected: %s", plural(len(s.ignored), "file"))
	for i, l := range s.ignored {
		if i == 5 {
			p.note("  and %d more", len(s.ignored)-i)
			break
		}
		p.note("  %s: %s", l.Path, l.Reason)
	}
}

// exporterTo prepares the folder of --out; nil without one.
func exporterTo(dir string, s *selection, ses *session.Session) (*session.Exporter, error) {
	if dir == "" {
		return nil, nil
	}
	full, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("find %s: %w", dir, err)
	}
	var names []string
	for _, it := range s.items {
		names = append(names, it.Name)
		if filepath.Dir(it.Path) == full {
			return nil, usage("--out %s is a folder that is inspected: the next inspection would take its files for parts; choose another one", dir)
		}
	}
	e, err := session.NewExporter(full, names...)
	if err != nil {
		return nil, err
	}
	c := ses.Recipe().Calibration
	e.Panes = func(res *session.Result) (image.Image, error) { return sheet.Panes(res, c) }
	return e, nil
}

// inspection is a run of inspect under way.
type inspection struct {
	p        *program
	json     bool
	exporter *session.Exporter
	table    *table
	bar      *progress
	total    int

	counts history.Summary
	failed error // what stopped the run, besides ctx
}

// run inspects; an output that fails ends it.
func (i *inspection) run(ctx context.Context, s *session.Session, src datasets.Source) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	run, err := s.Inspect(ctx, src, func(res *session.Result) {
		if i.failed != nil {
			return
		}
		if i.failed = i.tell(res); i.failed != nil {
			cancel()
		}
	})
	i.bar.clear()
	if i.failed != nil {
		return i.failed
	}
	if run.ID != 0 && !i.json && i.counts.Total() > 0 {
		fmt.Fprintf(i.p.Stdout, "\n%s, run %d in %s\n", countsOf(i.counts), run.ID, display(s.Store().Path()))
	}
	if errors.Is(err, context.Canceled) {
		return &stopped{fmt.Sprintf("%d of %s inspected; their verdicts are kept in run %d of %s",
			i.counts.Total(), plural(i.total, "picture"), run.ID, display(s.Store().Path()))}
	}
	return err
}

// tell reports one result whose verdict is on the disk.
func (i *inspection) tell(res *session.Result) error {
	count(&i.counts, res.Final())
	i.bar.clear()
	var err error
	if i.json {
		err = i.p.printJSON(verdictOf(res))
	} else {
		err = i.table.row(res)
	}
	if err != nil {
		return err
	}
	if i.exporter != nil {
		if _, err := i.exporter.Export(res); err != nil {
			return err
		}
	}
	i.bar.step("inspecting", i.counts.Total(), i.total, 0, "")
	return nil
}

func count(s *history.Summary, v history.Verdict) {
	switch v {
	case history.OK:
		s.OK++
	case history.REVIEW:
		s.Review++
	case history.NG:
		s.NG++
	default:
		s.Error++
	}
}

// countsOf writes a summary for people.
func countsOf(s history.Summary) string {
	return fmt.Sprintf("%s: %d OK, %d REVIEW, %d NG, %d ERROR", plural(s.Total(), "picture"), s.OK, s.Review, s.NG, s.Error)
}

// verdictView is the JSON of one inspected picture. The keys are a promise.
type verdictView struct {
	Path    string           `json:"path"`
	Score   session.Number   `json:"score"`
	Index   session.Number   `json:"index"`
	Verdict history.Verdict  `json:"verdict"`
	Low     session.Number   `json:"low"`
	High    session.Number   `json:"high"`
	Review  session.Number   `json:"review"`
	Reject  session.Number   `json:"reject"`
	Regions []history.Region `json:"regions"`
	Latency session.Number   `json:"latency_ms"`
	Error   *string          `json:"error"`

	Terms      []termScoreView `json:"terms"`
	Doubt      string          `json:"doubt,omitempty"`      // why the part could not be put upright
	Confidence *session.Number `json:"confidence,omitempty"` // of the fixture, if there is one

	Name string `json:"name"`
	Mode string `json:"mode"`
	ID   int64  `json:"id"`
}

type termScoreView struct {
	Name   string         `json:"name"`
	Weight session.Number `json:"weight"`
	Score  session.Number `json:"score"`
}

func verdictOf(res *session.Result) verdictView {
	t := res.Thresholds
	v := verdictView{
		Path: res.Frame.Path, Name: res.Frame.Name, Score: session.Number(math.NaN()), Index: session.Number(res.Index),
		Verdict: res.Final(), Low: session.Number(t.Low), High: session.Number(t.High),
		Review: session.Number(t.Review), Reject: session.Number(t.Reject), Mode: string(t.Mode),
		Regions: res.Regions, Latency: session.Number(float64(res.Latency) / float64(time.Millisecond)), ID: res.ID,
	}
	if v.Regions == nil {
		v.Regions = []history.Region{}
	}
	v.Terms = []termScoreView{}
	if p := res.Prediction; p != nil && res.Err == nil {
		v.Score = session.Number(p.Score)
		for _, t := range p.Terms {
			v.Terms = append(v.Terms, termScoreView{t.Name, session.Number(t.Weight), session.Number(t.Score)})
		}
		if res.Doubt != nil {
			v.Doubt = res.Doubt.Error()
		}
		if c := session.Number(res.Confidence); !math.IsNaN(res.Confidence) {
			v.Confidence = &c
		}
	}
	if res.Err != nil {
		text := res.Err.Error()
		v.Error = &text
	}
	return v
}

// table is the result of an inspection for people.
type table struct {
	p       *program
	ink     ink
	name    int // letters of the first column
	started bool
}

const widestName = 44

func newTable(p *program, s *selection) *table {
	t := &table{p: p, ink: p.ink(), name: len("PICTURE")}
	for _, it := range s.items {
		t.name = max(t.name, min(utf8.RuneCountInString(it.Name), widestName))
	}
	return t
}

func (t *table) row(res *session.Result) error {
	var b strings.Builder
	if !t.started {
		t.started = true
		fmt.Fprintf(&b, "%s  %-7s  %5s  %7s  %s\n", pad("PICTURE", t.name), "VERDICT", "INDEX", "REGIONS", "REASON")
	}
	index, regions := "-", "-"
	if res.Final() != history.ERROR {
		index, regions = fmt.Sprintf("%.0f", res.Index), fmt.Sprint(len(res.Regions))
	}
	line := fmt.Sprintf("%s  %s  %5s  %7s  %s", pad(res.Frame.Name, t.name), t.ink.verdict(res.Final(), 7), index, regions, visible(strings.ReplaceAll(reason(res), "\n", "; ")))
	b.WriteString(strings.TrimRight(line, " ") + "\n")
	if _, err := t.p.Stdout.Write([]byte(b.String())); err != nil {
		return fmt.Errorf("write output: %w", err)
	}
	return nil
}

// reason says in a few words why a part is not OK.
func reason(res *session.Result) string {
	t := res.Thresholds
	switch res.Final() {
	case history.OK:
		return ""
	case history.REVIEW:
		if d := res.Doubt; d != nil {
			return d.Error()
		}
		return fmt.Sprintf("score %.3g, review from %.3g", res.Prediction.Score, t.Review)
	case history.NG:
		var why []string
		if s := res.Prediction.Score; s >= t.Reject {
			why = append(why, fmt.Sprintf("score %.3g, reject from %.3g", s, t.Reject))
		}
		if n := len(res.Regions); n > 0 {
			why = append(why, fmt.Sprintf("%s, peak %.3g", plural(n, "region"), res.Regions[0].Peak))
		}
		return strings.Join(why, "; ")
	}
	var d *datasets.DecodeError
	if errors.As(res.Err, &d) && d.Path == res.Frame.Path {
		return joinNonEmpty([]string{d.Reason, d.Remedy}, "; ") // the row names the file already
	}
	if res.Err != nil {
		return strings.TrimPrefix(res.Err.Error(), res.Frame.Path+" ")
	}
	return "not inspected"
}
