package cli

import (
	"context"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"agurscope/history"
	"agurscope/history/spc"
	"agurscope/ui/station"
)

func (p *program) historyStats() *cobra.Command {
	var f filterFlags
	var db, by, turns string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "stats",
		Short: "Yield, p-chart, causes, drift and false rejects of what a filter chooses",
		Long: `Counts what the filter chooses by hour, shift, recipe or source, with the limits
of a p-chart; the regions by size and polarity; the drift of the scores of parts
that were OK (EWMA, baseline: the first half of them); and how often people found
good what the machine had rejected.`,
		Example: `  agurscope history stats --since 7d --by shift
  agurscope history stats --run 12 --by hour --json`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			filter, err := f.filter(time.Now())
			if err != nil {
				return err
			}
			key, err := groupKey(by, turns)
			if err != nil {
				return err
			}
			return reading(db, func(s *history.Store) error {
				st, err := statistics(cmd.Context(), s, filter, key)
				if err != nil {
					return err
				}
				if asJSON {
					return p.printJSON(st)
				}
				p.printStatistics(st)
				return nil
			})
		},
	}
	f.add(cmd.Flags())
	cmd.Flags().StringVar(&by, "by", "hour", "`GROUP` by hour, shift, recipe or source")
	cmd.Flags().StringVar(&turns, "shifts", "", "when each shift begins, as `HH:MM,…` or NAME=HH:MM,… (default: the station's settings)")
	addDatabase(cmd.Flags(), &db)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return cmd
}

// groupKey reads --by and --shifts.
func groupKey(by, turns string) (spc.Key, error) {
	switch by {
	case "hour":
		return spc.ByHour(time.Local), nil
	case "recipe":
		return spc.ByRecipe, nil
	case "source":
		return spc.BySource, nil
	case "shift":
		if turns == "" { // as the window groups them; settings that cannot be read are the usual ones
			s, _ := station.LoadSettings(station.DefaultSettingsFile())
			return spc.ByShift(time.Local, s.Turns()), nil
		}
		shifts, err := spc.ParseShifts(turns)
		if err != nil {
			return nil, usage("--shifts: %v", err)
		}
		return spc.ByShift(time.Local, shifts), nil
	}
	return nil, usage("--by is %q: choose hour, shift, recipe or source", by)
}

// stats is what statistics found, for people and as JSON.
type stats struct {
	Parts  int          `json:"parts"`
	Yield  *float64     `json:"yield"`
	First  *float64     `json:"first_pass_yield"`
	Centre *float64     `json:"p_chart_centre"`
	Groups []statsGroup `json:"groups"`
	Size   []statsBar   `json:"regions_by_size"`
	Polar  []statsBar   `json:"regions_by_polarity"`

	PseudoReject statsRate `json:"pseudo_reject_rate"`
	Escape       statsRate `json:"escape_rate"`
	Unreviewed   int       `json:"rejects_unreviewed"`
	DriftAlarms  int       `json:"drift_alarms"`
	FirstAlarm   int64     `json:"drift_first_alarm,omitempty"` // verdict
}

type statsGroup struct {
	Name   string    `json:"name"`
	Start  time.Time `json:"start"`
	N      int       `json:"parts"`
	OK     int       `json:"ok"`
	Review int       `json:"review"`
	NG     int       `json:"ng"`
	Error  int       `json:"error"`
	Yield  *float64  `json:"yield"`
	Lower  *float64  `json:"p_lower"`
	Upper  *float64  `json:"p_upper"`
	Signal bool      `json:"signal"`
}

type statsBar struct {
	Label      string  `json:"label"`
	Count      int     `json:"count"`
	Share      float64 `json:"share"`
	Cumulative float64 `json:"cumulative"`
}

type statsRate struct {
	Count int      `json:"count"`
	Of    int      `json:"of"`
	Value *float64 `json:"value"`
	Lower *float64 `json:"lower"`
	Upper *float64 `json:"upper"`
}

func orNull(f float64) *float64 {
	if math.IsNaN(f) {
		return nil
	}
	return &f
}

func bars(of []spc.Bar) []statsBar {
	out := []statsBar{}
	for _, b := range of {
		out = append(out, statsBar(b))
	}
	return out
}

func rateOf(r spc.Rate) statsRate {
	return statsRate{r.Count, r.Of, orNull(r.Value), orNull(r.Lower), orNull(r.Upper)}
}

// statistics reads what f chooses once and counts it.
func statistics(ctx context.Context, s *history.Store, f history.Filter, key spc.Key) (*stats, error) {
	f.Newest, f.Worst = false, false // a process runs forwards
	v, err := s.View(ctx, f)
	if err != nil {
		return nil, err
	}
	out := &stats{Parts: v.Len(), Groups: []statsGroup{}}
	groups := spc.Groups(v.Samples(), key)
	all := spc.Group{}
	chart := spc.NewPChart(groups, 0)
	for i, g := range groups {
		c := chart.Points[i]
		out.Groups = append(out.Groups, statsGroup{g.Key, g.Start, g.N, g.OK, g.Review, g.NG, g.Error, orNull(g.Yield()), orNull(c.Lower), orNull(c.Upper), c.Out || c.Run})
		all.N, all.OK, all.MachineOK = all.N+g.N, all.OK+g.OK, all.MachineOK+g.MachineOK
	}
	out.Yield, out.First, out.Centre = orNull(all.Yield()), orNull(all.FirstPass()), orNull(chart.Centre)
	sizes, polarities := map[string]int{}, map[string]int{}
	for d := range v.Defects() {
		sizes[spc.SizeClass(d.Area)]++
		polarities[d.Polarity]++
	}
	out.Size, out.Polar = bars(spc.Pareto(sizes)), bars(spc.Pareto(polarities))
	r := spc.Review(v.Samples())
	out.PseudoReject, out.Escape, out.Unreviewed = rateOf(r.PseudoReject), rateOf(r.Escape), r.Unreviewed
	var scores []float64
	var ids []int64
	for smp := range v.Samples() {
		if smp.Final() == history.OK && !math.IsNaN(smp.Score) {
			scores, ids = append(scores, smp.Score), append(ids, smp.ID)
		}
	}
	for i, pt := range spc.Baseline(scores[:len(scores)/2]).Chart(scores) {
		if pt.Alarm && i >= len(scores)/2 {
			if out.DriftAlarms++; out.DriftAlarms == 1 {
				out.FirstAlarm = ids[i]
			}
		}
	}
	return out, nil
}

func (p *program) printStatistics(st *stats) {
	percent := func(f *float64) string {
		if f == nil {
			return "-"
		}
		return fmt.Sprintf("%.2f %%", 100**f)
	}
	fmt.Fprintf(p.Stdout, "%-26s %7s %7s %7s %7s %7s %9s  %s\n", "GROUP", "PARTS", "OK", "REVIEW", "NG", "ERROR", "YIELD", "NOT OK, LIMITS")
	for _, g := range st.Groups {
		signal := ""
		if g.Signal {
			signal = "  out of control"
		}
		fmt.Fprintf(p.Stdout, "%s %7d %7d %7d %7d %7d %9s  %s to %s%s\n", padRight(g.Name, 26), g.N, g.OK, g.Review, g.NG, g.Error, percent(g.Yield), percent(g.Lower), percent(g.Upper), signal)
	}
	fmt.Fprintln(p.Stdout)
	rate := func(r statsRate) string {
		if r.Value == nil {
			return "nobody has looked"
		}
		return fmt.Sprintf("%d of %d looked at, %s (95 %%: %s to %s)", r.Count, r.Of, percent(r.Value), percent(r.Lower), percent(r.Upper))
	}
	list := func(bs []statsBar) string {
		var out []string
		for _, b := range bs {
			out = append(out, fmt.Sprintf("%s: %d (%.0f %%)", b.Label, b.Count, 100*b.Share))
		}
		if len(out) == 0 {
			return "none"
		}
		return strings.Join(out, ", ")
	}
	drift := "none in the later half of the OK parts"
	if st.DriftAlarms > 0 {
		drift = fmt.Sprintf("%d alarms, the first at verdict %d", st.DriftAlarms, st.FirstAlarm)
	}
	p.printRows([][2]string{
		{"yield", percent(st.Yield) + ", by the machine alone " + percent(st.First)},
		{"false rejects", rate(st.PseudoReject) + fmt.Sprintf("; %d not looked at", st.Unreviewed)},
		{"escapes", rate(st.Escape)},
		{"regions by size", list(st.Size)},
		{"by polarity", list(st.Polar)},
		{"drift of scores", drift},
	})
}

func (p *program) historyRepeat() *cobra.Command {
	var db string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "repeat RUN RUN...",
		Short: "Repeatability: how far several runs over the same parts agree",
		Long: `Matches the parts of the runs by their number, or else by name, and says on how
many all runs agree, with Fleiss' and Cohen's kappa. Where people have overridden
a verdict, that is the reference.`,
		Example: "  agurscope history repeat 12 13 14",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) < 2 {
				return usage("name at least two runs, as “agurscope history runs” numbers them")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return reading(db, func(s *history.Store) error {
				var runs [][]history.Record
				for _, a := range args {
					id, err := verdictID(a)
					if err != nil {
						return usage("%q is no run: it is the number that “agurscope history runs” shows", a)
					}
					if _, err := s.Run(cmd.Context(), id); err != nil {
						return err
					}
					var run []history.Record
					for r, err := range s.Verdicts(cmd.Context(), history.Filter{Run: id}) {
						if err != nil {
							return err
						}
						run = append(run, r)
					}
					runs = append(runs, run)
				}
				return p.printStudy(spc.Repeatability(spc.Trials(runs...)), asJSON)
			})
		},
	}
	addDatabase(cmd.Flags(), &db)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return cmd
}

func (p *program) printStudy(s spc.Study, asJSON bool) error {
	if asJSON {
		unstable := []string{}
		for _, u := range s.Unstable {
			unstable = append(unstable, u.Name)
		}
		return p.printJSON(map[string]any{
			"parts": s.Parts, "runs": s.Runs, "agreement": rateOf(s.Agreement), "fleiss_kappa": orNull(s.Fleiss), "cohen_kappa": orNull(s.Cohen),
			"with_reference": rateOf(s.Reference), "reference_kappa": orNull(s.Accuracy), "unstable": unstable,
		})
	}
	if s.Parts == 0 {
		p.note("no part was in all of the runs")
		return nil
	}
	number := func(f float64) string {
		if math.IsNaN(f) {
			return "not defined: every answer is the same"
		}
		return fmt.Sprintf("%.3f", f)
	}
	rows := [][2]string{
		{"parts", fmt.Sprintf("%d in %d runs", s.Parts, s.Runs)},
		{"all runs agree", fmt.Sprintf("%d, %.1f %% (95 %%: %.1f to %.1f)", s.Agreement.Count, 100*s.Agreement.Value, 100*s.Agreement.Lower, 100*s.Agreement.Upper)},
		{"Fleiss’ kappa", number(s.Fleiss)},
		{"Cohen’s kappa", number(s.Cohen)},
	}
	if s.Reference.Of > 0 {
		rows = append(rows, [2]string{"as people say", fmt.Sprintf("%d of %d, kappa %s", s.Reference.Count, s.Reference.Of, number(s.Accuracy))})
	}
	for i, u := range s.Unstable {
		if i == 10 {
			rows = append(rows, [2]string{"", fmt.Sprintf("and %d more", len(s.Unstable)-i)})
			break
		}
		rows = append(rows, [2]string{"unstable", u.Name + ": " + strings.Trim(fmt.Sprint(u.Verdicts), "[]")})
	}
	p.printRows(rows)
	return nil
}
