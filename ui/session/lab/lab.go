// Package lab runs the paper's experiments, each figure and each table, on what
// data there is, and sets what comes out beside what the paper says.
//
// An experiment is a list of measurements and a drawing of them. A measurement
// that several experiments need is made once. It is on disk before the next one
// begins, so a run that is stopped or killed goes on where it was; drawings,
// tables and pages are made anew from what is on disk.
//
// Data that is not there is named as missing. What stands in for it carries its
// own name, everywhere. Nothing is tuned to the paper's numbers or to test labels.
package lab

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"agurscope/assets/words"
	"agurscope/nn"
	"agurscope/nn/anomaly"
	"agurscope/ui/session"
	"agurscope/ui/session/ledger"
)

// Options say what to run. Zero values mean defaults.
type Options struct {
	Experiments []string // names of Experiments; nil: all
	Data        string   // folder with mvtec_ad, kolektorsdd, fashion-mnist, ydfid … where present
	Out         string   // folder of the results
	Quick       bool     // small budgets: all of it in 90 minutes on two cores

	Seeds, Input, Steps int    // in place of the budget's
	Size                string // of AGUR-Net; T

	Engine  nn.Engine
	Program string // version, kept in the manifest

	least *Budget // tests: in place of all budgets
}

// Budget is what one measurement may cost.
type Budget struct {
	Size     string `json:"size"`
	Input    int    `json:"input"`       // side of a square of the input's area; 0: by size and by how parts lie
	Timed    int    `json:"timed_input"` // the same where time is measured
	Steps    int    `json:"steps"`       // of a whole training
	Seeds    int    `json:"seeds"`
	Ticks    []int  `json:"ticks"` // of curves; a whole training has 400
	Train    int    `json:"train"` // most good parts to learn from; 0: all
	Test     int    `json:"test"`  // most parts of each kind to test on; 0: all
	Pictures int    `json:"timed_pictures"`
	WarmUp   int    `json:"warm_up"`
}

// Quick and Full are the two budgets.
var (
	Quick = Budget{
		Size: "T", Input: 64, Timed: 128, Steps: 200, Seeds: 2, Ticks: []int{100, 200, 300, 400},
		Train: 80, Test: 60, Pictures: 40, WarmUp: 5,
	}
	Full = Budget{
		Size: "T", Timed: 256, Steps: 1200, Seeds: 5, Ticks: []int{50, 100, 150, 200, 250, 300, 350, 400},
		Pictures: 200, WarmUp: 20,
	}
)

// budget is what the options ask for.
func (o Options) budget() Budget {
	b := Full
	if o.least != nil {
		return *o.least
	}
	if o.Quick {
		b = Quick
	}
	if o.Seeds > 0 {
		b.Seeds = o.Seeds
	}
	if o.Input > 0 {
		b.Input = o.Input
	}
	if o.Steps > 0 {
		b.Steps = o.Steps
	}
	if o.Size != "" {
		b.Size = o.Size
	}
	return b
}

// Event tells how far a run is.
type Event struct {
	What        words.Said // the measurement: method, data, seed
	Stage       words.Text // what it is doing; "" when it is finished
	Done, Total int        // measurements, including those found finished
	Share       float64
	Remaining   time.Duration // estimated for all; 0 while unknown
	Changed     []string      // experiments whose pages were made anew
	Err         error         // why a measurement has no figures
}

// Outcome is what a run has left in its folder.
type Outcome struct {
	Out         string   `json:"out"`
	Cells       int      `json:"cells"` // measurements asked for
	Found       int      `json:"found"` // of them made by an earlier run
	Seconds     float64  `json:"seconds"`
	Experiments []Page   `json:"experiments"`
	Missing     []string `json:"missing"` // data that could not be had
}

// Page is one experiment's result.
type Page struct {
	Name     string          `json:"name"`
	Title    string          `json:"title"`
	Done     int             `json:"done"` // measurements of Total
	Total    int             `json:"total"`
	Pictures []string        `json:"pictures"` // without ending; each is there as .png and .svg
	Captions []words.Said    `json:"captions"` // of the pictures
	Claims   []session.Claim `json:"claims"`
}

// Run makes every measurement that is missing, one after the other. A measurement
// that fails does not end the others: its error is joined to the one returned,
// beside the outcome. When ctx ends, the one under way is lost and nothing else.
func Run(ctx context.Context, o Options, on func(Event)) (*Outcome, error) {
	if on == nil {
		on = func(Event) {}
	}
	r, err := open(ctx, o, on)
	if err != nil {
		return nil, err
	}
	defer r.cells.Close()
	return r.all(ctx, on)
}

// open finds the data and what an earlier run has left.
func open(ctx context.Context, o Options, on func(Event)) (*run, error) {
	wrong := func(err error, hint string) error {
		return &session.Problem{Op: "run the experiments", Err: err, Hint: hint}
	}
	chosen, err := byName(o.Experiments)
	if err != nil {
		return nil, wrong(err, "")
	}
	if o.Engine == nil {
		return nil, wrong(errors.New("there is no engine"), "“agurscope doctor” says why.")
	}
	b := o.budget()
	if _, err := anomaly.SizeByName(b.Size); err != nil {
		return nil, wrong(err, "")
	}
	if err := os.MkdirAll(o.Out, 0o755); err != nil {
		return nil, wrong(err, "Choose another folder for the results.")
	}
	cells, err := ledger.Open(filepath.Join(o.Out, cellsFile))
	if err != nil {
		return nil, wrong(err, "")
	}
	r := &run{o: o, budget: b, cells: cells, chosen: chosen, data: newShelf(o, b), failed: map[task]error{}}
	for _, e := range chosen {
		for _, t := range e.tasks(r) {
			if !slices.Contains(r.tasks, t) {
				r.tasks = append(r.tasks, t)
			}
		}
	}
	// Seed by seed, so that an interrupted run has few seeds of everything
	// instead of all seeds of little; whole trainings before parts of them.
	slices.SortStableFunc(r.tasks, func(a, b task) int { return int(a.seed) - int(b.seed) })
	for _, t := range r.tasks {
		if err := ctx.Err(); err != nil {
			return nil, errors.Join(err, cells.Close())
		}
		if s := r.data.get(t.subject); s.set == nil {
			on(Event{What: words.Plain(s.Title), Stage: stageData, Total: len(r.tasks)})
		}
		if err := r.data.ready(t.subject); err != nil {
			return nil, errors.Join(wrong(fmt.Errorf("%s: %w", t.subject, err), ""), cells.Close())
		}
	}
	return r, nil
}

const cellsFile = "cells.csv"

// run is a run under way.
type run struct {
	o      Options
	budget Budget
	cells  *ledger.Ledger
	chosen []*Experiment
	data   *shelf
	tasks  []task // all, each once
	failed map[task]error
}

// all makes what is missing.
func (r *run) all(ctx context.Context, on func(Event)) (*Outcome, error) {
	started := time.Now()
	out := &Outcome{Out: r.o.Out, Cells: len(r.tasks)}
	var todo []task
	for _, t := range r.tasks {
		if r.figures(t) == nil {
			todo = append(todo, t)
		}
	}
	out.Found = len(r.tasks) - len(todo)
	if err := r.writeManifest(); err != nil {
		return nil, err
	}
	for i, t := range todo {
		begun := time.Now()
		tell := func(e Event, rest []task) {
			e.What, e.Total = r.describe(t), len(r.tasks)
			on(e)
		}
		f, err := r.measure(ctx, t, func(stage words.Text, share float64) {
			e := Event{Stage: stage, Done: out.Found + i}
			e.Share, e.Remaining = r.forecast(todo[i:], time.Since(begun), share)
			tell(e, todo[i:])
		})
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		e := Event{Done: out.Found + i + 1, Err: err}
		if err != nil {
			r.failed[t] = err
		} else {
			f[ledger.Seconds] = time.Since(begun).Seconds()
			if err := r.cells.Add(r.cell(t), f); err != nil {
				return nil, &session.Problem{Op: "keep a measurement", Err: err, Hint: "Free some space; those before it are kept."}
			}
			for _, x := range r.chosen {
				if slices.Contains(x.tasks(r), t) {
					if _, err := r.publish(x); err != nil {
						return nil, err
					}
					e.Changed = append(e.Changed, x.Name)
				}
			}
		}
		e.Share, e.Remaining = r.forecast(todo[i+1:], 0, 0)
		tell(e, todo[i+1:])
	}
	for _, x := range r.chosen {
		p, err := r.publish(x)
		if err != nil {
			return nil, err
		}
		out.Experiments = append(out.Experiments, p)
	}
	if err := r.writeSheet(out); err != nil {
		return nil, err
	}
	out.Missing, out.Seconds = r.data.missing(), time.Since(started).Seconds()
	var errs []error
	for _, t := range todo {
		if err := r.failed[t]; err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", r.describe(t).English(), err))
		}
	}
	return out, errors.Join(errs...)
}

// Experiments of the paper, in its order.
func Experiments() []*Experiment { return experiments }

// Names are the experiments' names.
func Names() (out []string) {
	for _, e := range experiments {
		out = append(out, e.Name)
	}
	return out
}

func byName(names []string) (out []*Experiment, err error) {
	if len(names) == 0 {
		return experiments, nil
	}
	for _, name := range names {
		i := slices.IndexFunc(experiments, func(e *Experiment) bool { return e.Name == name })
		if i < 0 {
			return nil, fmt.Errorf("there is no experiment %q; there are %v", name, Names())
		}
		out = append(out, experiments[i])
	}
	slices.SortFunc(out, func(a, b *Experiment) int { return slices.Index(experiments, a) - slices.Index(experiments, b) })
	return slices.Compact(out), nil
}
