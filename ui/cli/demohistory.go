package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"math"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"agurscope/datasets/synthec"
	"agurscope/history"
)

// demoHistory invents a history, to see how much of one looks and feels, and for
// pictures of the screens that show it.
func (p *program) demoHistory() *cobra.Command {
	days, each := 21, 120
	var seed uint64
	cmd := &cobra.Command{
		Use: "demo-history FILE", Hidden: true,
		Short:   "Invent a history of some weeks of two lines, with a drift at its end",
		Example: "  agurscope demo-history weeks.db --days 21",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage("name one new file for the history")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			if days < 1 || days > 3650 || each < 1 || each > 100_000 {
				return usage("--days must be 1 to 3650 and --each 1 to 100000")
			}
			s, err := history.Open(args[0])
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, s.Close()) }()
			d := &inventor{s: s, rng: rand.New(rand.NewPCG(seed, 1)), end: time.Now()}
			if err := d.draw(); err != nil {
				return err
			}
			for day := days - 1; day >= 0; day-- {
				for shift, hour := range []int{6, 14} {
					at := time.Date(d.end.Year(), d.end.Month(), d.end.Day()-day, hour, 10*shift, 0, 0, time.Local)
					worn := max(0, float64(4-day)) / 4 // the last days drift
					if err := d.run(cmd.Context(), fmt.Sprintf("/line %d/%s", shift+1, at.Format("2006-01-02")), []string{"bracket", "lid"}[shift], at, each, worn); err != nil {
						return err
					}
				}
			}
			for i := range 3 { // the same parts once more, and again
				if err := d.run(cmd.Context(), "/study/gauge parts", "bracket", d.end.Add(-time.Duration(260-10*i)*time.Minute), 30, 0); err != nil {
					return err
				}
			}
			return nil
		},
	}
	cmd.Flags().IntVar(&days, "days", days, "how many, until today")
	cmd.Flags().IntVar(&each, "each", each, "parts of each of the two shifts of a day")
	cmd.Flags().Uint64Var(&seed, "seed", 0, "another seed, another history")
	return cmd
}

// inventor makes verdicts up.
type inventor struct {
	s     *history.Store
	rng   *rand.Rand
	end   time.Time
	small map[string][][]byte // pictures of each kind of part
}

// draw draws a few pictures of every kind.
func (d *inventor) draw() error {
	d.small = map[string][][]byte{}
	for _, kind := range append([]string{""}, synthec.Defects()...) {
		for i := range 4 {
			m, _ := synthec.Part(synthec.Options{Size: 96, Pose: synthec.Jittered}, i, kind)
			var b bytes.Buffer
			if err := jpeg.Encode(&b, image.Image(m), nil); err != nil {
				return err
			}
			d.small[kind] = append(d.small[kind], b.Bytes())
		}
	}
	return nil
}

// run inspects n parts in eight hours, or until now, of which more are bad the
// more is worn.
func (d *inventor) run(ctx context.Context, source, recipe string, at time.Time, n int, worn float64) error {
	if !at.Before(d.end) {
		return nil
	}
	run, err := d.s.StartRun(ctx, history.Run{Source: source, Recipe: recipe, RecipeSHA256: strings.Repeat(map[string]string{"bracket": "b7", "lid": "1d"}[recipe], 32),
		Engine: "onednn", Program: "demo", Operator: "demo", Low: 2.5, High: 5, Review: 2.4, Reject: 3, Started: at})
	if err != nil {
		return err
	}
	var all []*history.Record
	study := rand.New(rand.NewPCG(9, 9)) // the same parts have the same scores, almost
	for i := range n {
		rng := d.rng
		if n == 30 {
			rng = study
		}
		r := &history.Record{
			Run: run.ID, Seq: uint64(i), Time: at.Add(time.Duration(i) * 8 * time.Hour / time.Duration(max(n, 60))), Path: fmt.Sprintf("%s/part-%03d.png", source, i),
			Verdict: history.OK, Low: run.Low, High: run.High, Review: run.Review, Reject: run.Reject, Recipe: recipe, RecipeSHA256: run.RecipeSHA256, Operator: "demo",
			Latency: time.Duration(40+d.rng.IntN(30)) * time.Millisecond,
		}
		if r.Time.After(d.end) {
			break
		}
		kind := ""
		r.Score = max(.3, 1.4+.3*worn+.28*rng.NormFloat64())
		if rng.Float64() < .05+.05*worn {
			kind = synthec.Defects()[rng.IntN(len(synthec.Defects()))]
			r.Score = max(1, 4.5+1.5*rng.NormFloat64())
		}
		r.Score += .15 * d.rng.NormFloat64()
		if kind != "" || r.Score > 2.9 {
			area := int(math.Exp(4 + 1.3*rng.NormFloat64()))
			r.Regions = []history.Region{{X: 20 + rng.IntN(40), Y: 20 + rng.IntN(40), W: 12, H: 9, Area: area, Peak: 2 * r.Score, Mean: r.Score, Polarity: []string{"dark", "dark", "bright", "mixed"}[rng.IntN(4)]}}
		}
		switch {
		case rng.Float64() < .002:
			r.Verdict, r.Score, r.Error, r.Regions = history.ERROR, math.NaN(), "the picture is cut off", nil
		case r.Score >= r.Reject:
			r.Verdict = history.NG
		case r.Score >= r.Review:
			r.Verdict, r.Regions = history.REVIEW, nil
		default:
			r.Regions = nil
		}
		r.Index = min(50*r.Score/r.Reject, 100)
		r.Type = kind
		r.Thumbnail = d.small[kind][d.rng.IntN(4)]
		r.Embedding = d.embedding(kind, rng)
		all = append(all, r)
	}
	if err := d.s.Add(ctx, all...); err != nil {
		return err
	}
	for _, r := range all {
		if r.Verdict == history.NG && d.rng.Float64() < .5 || r.Verdict == history.REVIEW && d.rng.Float64() < .8 {
			v, reason := history.NG, ""
			if r.Type == "" {
				v, reason = history.OK, "dust, wiped off"
			}
			if err := d.s.Override(ctx, r.ID, v, []string{"anna", "bo"}[d.rng.IntN(2)], reason); err != nil {
				return err
			}
		}
	}
	return d.s.EndRun(ctx, run.ID, history.Done, "")
}

// embedding lies near those of its kind.
func (d *inventor) embedding(kind string, rng *rand.Rand) []float32 {
	out := make([]float32, 16)
	home := rand.New(rand.NewPCG(uint64(len(kind)), 3))
	for i := range out {
		out[i] = float32(3*home.NormFloat64() + .5*rng.NormFloat64())
	}
	return out
}
