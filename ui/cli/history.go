package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"agurscope/history"
	"agurscope/history/handover"
)

func (p *program) history() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "history",
		Short: "Look up, export and verify what was decided",
		Long:  `Reads the history. It may be read while a window or another command writes to it.`,
		Example: `  agurscope history list --verdict NG,ERROR --since 24h
  agurscope history show 1204 --thumbnail part.jpg
  agurscope history export --out august.csv --since 2026-08-01 --until 2026-09-01
  agurscope history verify`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usage("there is no command %q: choose list, show, runs, stats, repeat, similar, note, golden, export, verify, backup or retain", args[0])
			}
			return usage("choose list, show, runs, stats, repeat, similar, note, golden, export, verify, backup or retain")
		},
		RunE: func(*cobra.Command, []string) error { return nil },
	}
	cmd.AddCommand(p.historyList(), p.historyShow(), p.historyRuns(), p.historyExport(), p.historyVerify(), p.historyBackup(), p.historyRetain(), p.historyNote(), p.historyGolden(), p.historySimilar(), p.historyStats(), p.historyRepeat())
	return cmd
}

// addForce adds what lets a file be replaced that is there already.
func addForce(fs *pflag.FlagSet, force *bool) {
	fs.BoolVar(force, "force", false, "replace a file that is there already")
	fs.BoolVar(force, "replace", false, "the same")
	_ = fs.MarkHidden("replace") // as other commands call it; the flag is defined above
}

// filterFlags choose records.
type filterFlags struct {
	run                int64
	verdicts           []string
	since, until, text string
	recipe             string
	limit              int
	overridden, oldest bool

	reviewed                   []string
	source, operator, polarity string
	score, area                string
	worst                      bool
}

func (f *filterFlags) add(fs *pflag.FlagSet) {
	fs.SortFlags = false
	fs.Int64Var(&f.run, "run", 0, "only run `N`")
	fs.StringSliceVar(&f.verdicts, "verdict", nil, "only these, such as `NG,ERROR`")
	fs.StringVar(&f.since, "since", "", "from this `TIME` on: 2026-08-30, \"2026-08-30 14:00\", or 24h for the last 24 hours")
	fs.StringVar(&f.until, "until", "", "before this `TIME`")
	fs.StringVar(&f.text, "text", "", "only where all these `WORDS` occur in name, path, type, error, reviewer or reason")
	fs.StringVar(&f.recipe, "recipe", "", "only this recipe, by its `NAME` or SHA-256")
	fs.BoolVar(&f.overridden, "overridden", false, "only what people have overridden")
	fs.StringSliceVar(&f.reviewed, "reviewed", nil, "only what people have overridden to `OK,NG`")
	fs.StringVar(&f.source, "source", "", "only what came from this `FOLDER` or camera, as “history runs” shows it")
	fs.StringVar(&f.operator, "operator", "", "only what was inspected while `NAME` was at the station")
	fs.StringVar(&f.score, "score", "", "only scores in `MIN..MAX`; one of them may be left out")
	fs.StringVar(&f.polarity, "polarity", "", "only with a region that is `bright`, dark or mixed")
	fs.StringVar(&f.area, "area", "", "only with a region of `MIN..MAX` pixels; one of them may be left out")
	fs.BoolVar(&f.worst, "worst", false, "highest score first (default: newest first)")
	fs.IntVar(&f.limit, "limit", 0, "at most `N` (default: all)")
	fs.BoolVar(&f.oldest, "oldest", false, "oldest first (default: newest first)")
}

// chooses reports whether anything is left out.
func (f *filterFlags) chooses() bool {
	return f.run != 0 || len(f.verdicts)+len(f.reviewed) > 0 || f.overridden || f.limit > 0 ||
		f.since+f.until+f.text+f.recipe+f.source+f.operator+f.polarity+f.score+f.area != ""
}

func (f *filterFlags) filter(now time.Time) (history.Filter, error) {
	out := history.Filter{Run: f.run, Text: f.text, Recipe: f.recipe, Overridden: f.overridden, Limit: f.limit, Newest: !f.oldest}
	if f.limit < 0 || f.run < 0 {
		return out, usage("--limit and --run cannot be negative")
	}
	out.Source, out.Operator, out.Polarity, out.Worst = f.source, f.operator, f.polarity, f.worst
	var err error
	if out.Verdict, err = verdictsOf("verdict", f.verdicts, history.OK, history.REVIEW, history.NG, history.ERROR); err != nil {
		return out, err
	}
	if out.Reviewed, err = verdictsOf("reviewed", f.reviewed, history.OK, history.REVIEW, history.NG); err != nil {
		return out, err
	}
	if f.score != "" {
		if out.Score, err = span("score", f.score); err != nil {
			return out, err
		}
	}
	if f.area != "" {
		r, err := span("area", f.area)
		if err != nil {
			return out, err
		}
		out.MinArea = int(min(max(math.Ceil(r.Min), 0), 1e9))
		if r.Max < 1e9 {
			out.MaxArea = int(max(math.Floor(r.Max), 1))
		}
	}
	if out.Since, err = moment("since", f.since, now); err != nil {
		return out, err
	}
	out.Until, err = moment("until", f.until, now)
	return out, err
}

// verdictsOf reads verdicts as people write them.
func verdictsOf(flag string, texts []string, allowed ...history.Verdict) (out []history.Verdict, err error) {
	for _, t := range texts {
		v := history.Verdict(strings.ToUpper(strings.TrimSpace(t)))
		if !slices.Contains(allowed, v) {
			return nil, usage("--%s is %q: choose from %s", flag, t, strings.ReplaceAll(strings.Trim(fmt.Sprint(allowed), "[]"), " ", ", "))
		}
		out = append(out, v)
	}
	return out, nil
}

// span reads MIN..MAX, where one of the two may be left out.
func span(flag, text string) (*history.Range, error) {
	low, high, ok := strings.Cut(text, "..")
	r := &history.Range{Min: math.Inf(-1), Max: math.Inf(1)}
	for _, e := range []struct {
		text string
		into *float64
	}{{low, &r.Min}, {high, &r.Max}} {
		if e.text == "" {
			continue
		}
		f, err := strconv.ParseFloat(e.text, 64)
		if err != nil || math.IsNaN(f) {
			ok = false
		}
		*e.into = f
	}
	if !ok || r.Min > r.Max {
		return nil, usage("--%s is %q: write 0.5..0.8, 0.5.. or ..0.8", flag, text)
	}
	return r, nil
}

// moment reads a time as people write it; times without a zone are local.
func moment(flag, text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if d, err := time.ParseDuration(text); err == nil && d >= 0 {
		return now.Add(-d), nil
	}
	if days, ok := strings.CutSuffix(text, "d"); ok {
		if n, err := strconv.Atoi(days); err == nil && n >= 0 {
			return now.AddDate(0, 0, -n), nil
		}
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02T15:04", "2006-01-02 15:04", "2006-01-02"} {
		if t, err := time.ParseInLocation(layout, text, now.Location()); err == nil {
			return t, nil
		}
	}
	return time.Time{}, usage("--%s is %q: write 2026-08-30, \"2026-08-30 14:00\", or 24h", flag, text)
}

// reading runs fn on a history opened for reading.
func reading(path string, fn func(*history.Store) error) (err error) {
	s, err := history.OpenReadOnly(database(path))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	return fn(s)
}

func (p *program) historyList() *cobra.Command {
	var f filterFlags
	var db string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List verdicts, newest first",
		Example: `  agurscope history list --limit 20
  agurscope history list --verdict NG --since "2026-08-25 06:00" --text bent_lead --json`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			filter, err := f.filter(time.Now())
			if err != nil {
				return err
			}
			return reading(db, func(s *history.Store) error {
				if asJSON {
					return p.listJSON(cmd.Context(), s, filter)
				}
				return p.listTable(cmd.Context(), s, filter)
			})
		},
	}
	f.add(cmd.Flags())
	addDatabase(cmd.Flags(), &db)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object per verdict")
	return cmd
}

func (p *program) listJSON(ctx context.Context, s *history.Store, f history.Filter) error {
	for rec, err := range s.Verdicts(ctx, f) {
		if err != nil {
			return err
		}
		if err := p.printJSON(rec); err != nil {
			return err
		}
	}
	return nil
}

func (p *program) listTable(ctx context.Context, s *history.Store, f history.Filter) error {
	ink, n := p.ink(), 0
	for rec, err := range s.Verdicts(ctx, f) {
		if err != nil {
			return err
		}
		if n++; n == 1 {
			fmt.Fprintf(p.Stdout, "%7s  %5s  %-19s  %-7s  %5s  %-20s  %s\n", "ID", "RUN", "TIME", "VERDICT", "INDEX", "REVIEWED", "PICTURE")
		}
		index := "-"
		if rec.Verdict != history.ERROR {
			index = fmt.Sprintf("%.0f", rec.Index)
		}
		reviewed := ""
		if rec.Reviewed != "" {
			reviewed = fmt.Sprintf("%s by %s", rec.Reviewed, rec.Reviewer)
		}
		_, err := fmt.Fprintf(p.Stdout, "%7d  %5d  %s  %s  %5s  %s  %s\n", rec.ID, rec.Run, rec.Time.Local().Format(time.DateTime),
			ink.verdict(rec.Verdict, 7), index, padRight(reviewed, 20), visible(rec.Name))
		if err != nil {
			return fmt.Errorf("write output: %w", err)
		}
	}
	if n == 0 {
		p.note("no verdicts match")
	}
	return nil
}

// padRight fills text with spaces, or cuts its end.
func padRight(text string, n int) string {
	if utf8.RuneCountInString(text) > n {
		return string([]rune(text)[:n-1]) + "…"
	}
	return pad(text, n)
}

func (p *program) historyRuns() *cobra.Command {
	var db string
	var limit int
	var asJSON bool
	cmd := &cobra.Command{
		Use: "runs", Short: "List runs, newest first", Args: noArgs,
		Example: "  agurscope history runs --limit 10\n  agurscope history runs --json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return reading(db, func(s *history.Store) error {
				n := 0
				for r, err := range s.Runs(cmd.Context(), history.RunFilter{Newest: true, Limit: limit}) {
					if err == nil && asJSON {
						err = p.printJSON(viewOf(r))
					}
					if err != nil {
						return err
					}
					if asJSON {
						continue
					}
					if n++; n == 1 {
						fmt.Fprintf(p.Stdout, "%5s  %-8s  %-19s  %-11s  %6s %6s %6s %6s  %-16s  %s\n", "RUN", "KIND", "STARTED", "STATUS", "OK", "REVIEW", "NG", "ERROR", "RECIPE", "SOURCE")
					}
					c := r.Summary
					fmt.Fprintf(p.Stdout, "%5d  %-8s  %s  %-11s  %6d %6d %6d %6d  %s  %s\n", r.ID, r.Kind, r.Started.Local().Format(time.DateTime),
						r.Status, c.OK, c.Review, c.NG, c.Error, padRight(r.Recipe, 16), visible(r.Source))
				}
				if n == 0 && !asJSON {
					p.note("no runs yet")
				}
				return nil
			})
		},
	}
	cmd.Flags().IntVar(&limit, "limit", 0, "at most `N` (default: all)")
	addDatabase(cmd.Flags(), &db)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object per run")
	return cmd
}

// runView is the JSON of a run.
type runView struct {
	Run          int64      `json:"run"`
	Kind         string     `json:"kind"`
	Started      time.Time  `json:"started"`
	Ended        *time.Time `json:"ended"`
	Status       string     `json:"status"`
	Source       string     `json:"source"`
	Recipe       string     `json:"recipe"`
	RecipeSHA256 string     `json:"recipe_sha256"`
	Engine       string     `json:"engine"`
	Program      string     `json:"program"`
	Operator     string     `json:"operator"`
	Note         string     `json:"note"`
	OK           int        `json:"ok"`
	Review       int        `json:"review"`
	NG           int        `json:"ng"`
	Error        int        `json:"error"`
	Overridden   int        `json:"overridden"`
}

func viewOf(r history.Run) runView {
	c := r.Summary
	v := runView{
		Run: r.ID, Kind: r.Kind, Started: r.Started, Status: r.Status, Source: r.Source, Recipe: r.Recipe, RecipeSHA256: r.RecipeSHA256,
		Engine: r.Engine, Program: r.Program, Operator: r.Operator, Note: r.Note, OK: c.OK, Review: c.Review, NG: c.NG, Error: c.Error, Overridden: c.Overridden,
	}
	if !r.Ended.IsZero() {
		v.Ended = &r.Ended
	}
	return v
}

func (p *program) historyShow() *cobra.Command {
	var db, thumbnail string
	var asJSON, force bool
	cmd := &cobra.Command{
		Use:     "show ID",
		Short:   "Show everything about one verdict",
		Example: "  agurscope history show 1204 --thumbnail part.jpg",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage("name one verdict by the ID that “agurscope history list” shows")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := strconv.ParseInt(args[0], 10, 64)
			if err != nil || id < 1 {
				return usage("%q is no ID: it is the number that “agurscope history list” shows", args[0])
			}
			return reading(db, func(s *history.Store) error { return p.show(cmd.Context(), s, id, thumbnail, force, asJSON) })
		},
	}
	cmd.Flags().SortFlags = false
	cmd.Flags().StringVar(&thumbnail, "thumbnail", "", "write the small picture that was kept to `FILE` (JPEG)")
	addForce(cmd.Flags(), &force)
	addDatabase(cmd.Flags(), &db)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return cmd
}

func (p *program) show(ctx context.Context, s *history.Store, id int64, thumbnail string, force, asJSON bool) error {
	rec, err := s.Verdict(ctx, id)
	if errors.Is(err, history.ErrNotFound) {
		return fmt.Errorf("show verdict %d: %w %s", id, history.ErrNotFound, display(s.Path()))
	}
	if err != nil {
		return err
	}
	if thumbnail != "" {
		if len(rec.Thumbnail) == 0 {
			return fmt.Errorf("write %s: no picture was kept with verdict %d", thumbnail, id)
		}
		err := replaceWith(thumbnail, force, func(w io.Writer) error {
			_, err := w.Write(rec.Thumbnail)
			return err
		})
		if err != nil {
			return err
		}
	}
	if asJSON {
		return p.printJSON(rec)
	}
	return p.showTable(ctx, s, rec)
}

func (p *program) showTable(ctx context.Context, s *history.Store, rec history.Record) error {
	truth := joinNonEmpty([]string{rec.Label, rec.Type}, ", ")
	if rec.Label == rec.Type || truth == "" {
		truth = rec.Type
	}
	rows := [][2]string{
		{"verdict", strings.TrimSpace(p.ink().verdict(rec.Verdict, len(rec.Verdict)))},
		{"picture", rec.Path},
		{"time", rec.Time.Local().Format("2006-01-02 15:04:05.000 -07:00")},
		{"id", fmt.Sprintf("%d, picture %d of run %d", rec.ID, rec.Seq+1, rec.Run)},
	}
	if truth != "" {
		rows = append(rows, [2]string{"truth", truth})
	}
	if rec.Error != "" {
		rows = append(rows, [2]string{"error", rec.Error})
	}
	if rec.Verdict != history.ERROR {
		rows = append(rows, [2]string{"score", fmt.Sprintf("%.6g (index %.0f)", rec.Score, rec.Index)})
	}
	rows = append(rows, [][2]string{
		{"thresholds", fmt.Sprintf("review %.4g, reject %.4g; pixels low %.4g, high %.4g, %s", rec.Review, rec.Reject, rec.Low, rec.High, rec.Mode)},
		{"latency", fmt.Sprintf("%.1f ms", float64(rec.Latency)/float64(time.Millisecond))},
		{"recipe", joinNonEmpty([]string{rec.Recipe, rec.RecipeSHA256}, "  ")},
	}...)
	for _, row := range [][2]string{{"part", rec.Part}, {"operator", rec.Operator}, {"stages", rec.Stages.String()}, {"full picture", rec.ImageSHA256}, {"maps", rec.MapsSHA256}} {
		if row[1] != "" {
			rows = append(rows, row)
		}
	}
	if rec.ThumbnailSHA256 != "" {
		rows = append(rows, [2]string{"thumbnail", rec.ThumbnailSHA256})
	}
	for i, r := range rec.Regions {
		rows = append(rows, [2]string{fmt.Sprintf("region %d", i+1),
			fmt.Sprintf("%d x %d pixels at %d, %d; area %d; peak %.3g, mean %.3g; %s", r.W, r.H, r.X, r.Y, r.Area, r.Peak, r.Mean, r.Polarity)})
	}
	for o, err := range s.Overrides(ctx, rec.ID) {
		if err != nil {
			return err
		}
		text := fmt.Sprintf("%s by %s at %s", o.Reviewed, o.Reviewer, o.Time.Local().Format(time.DateTime))
		rows = append(rows, [2]string{"override", joinNonEmpty([]string{text, o.Reason}, ": ")})
	}
	for n, err := range s.Notes(ctx, rec.ID) {
		if err != nil {
			return err
		}
		rows = append(rows, [2]string{"note", fmt.Sprintf("%s at %s: %s", n.Author, n.Time.Local().Format(time.DateTime), n.Text)})
	}
	p.printRows(rows)
	return nil
}

// replaceWith writes a file; one that is there already stays, unless force is set.
func replaceWith(name string, force bool, write func(io.Writer) error) error {
	err := handover.WriteFile(name, force, write)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("write %s: it is there already; give --force to replace it, or another name", name)
	}
	return err
}
