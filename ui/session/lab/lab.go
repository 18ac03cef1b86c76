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
	"sync"
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
	Only        []string // what it is measured on, as "fashion" or "mvtec/transistor"; nil: all
	Quick       bool     // small budgets: all of it in 90 minutes on two cores

	Seeds, Input, Steps int    // in place of the budget's
	Size                string // of AGUR-Net; T

	// Engine that time is measured on. One that can be divided measures all else side
	// by side in its parts.
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

// memory is what one measurement may take: its network's and its pictures', with
// much to spare. It took 0.2 GB with an input of 64 x 64.
func (b Budget) memory() int64 {
	side := int64(b.Input)
	if side == 0 {
		side = 320 // of what is seen whole, or of textures
	}
	return 256<<20 + side*side*32<<10
}

// Event tells how far a run is.
type Event struct {
	Doing       []Doing // measurements under way, the one begun first in front
	Done, Total int     // measurements, including those found finished
	Share       float64
	Remaining   time.Duration // estimated for all; 0 while unknown

	What    words.Said // the measurement that has just ended; nothing between
	Changed []string   // experiments whose pages were made anew by it
	Err     error      // why it has no figures
}

// Doing is a measurement under way.
type Doing struct {
	What  words.Said // method, data, seed
	Stage words.Text
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

// Run makes every measurement that is missing. One that fails does not end the
// others: its error is joined to the one returned, beside the outcome. When ctx
// ends, those under way are lost and nothing else. It calls on once at a time.
func Run(ctx context.Context, o Options, on func(Event)) (*Outcome, error) {
	if on == nil {
		on = func(Event) {}
	}
	r, err := open(ctx, o, on)
	if err != nil {
		return nil, err
	}
	out, err := r.all(ctx, on)
	return out, errors.Join(err, r.close())
}

// open finds the data and what an earlier run has left.
func open(ctx context.Context, o Options, on func(Event)) (_ *run, err error) {
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
	if err := o.CheckOnly(); err != nil {
		return nil, wrong(err, "")
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
	defer func() {
		if err != nil {
			err = errors.Join(err, r.close())
		}
	}()
	if err := r.divide(); err != nil {
		return nil, wrong(err, "")
	}
	for _, e := range chosen {
		for _, t := range r.tasksOf(e) {
			if !slices.Contains(r.tasks, t) {
				r.tasks = append(r.tasks, t)
			}
		}
	}
	if len(r.tasks) == 0 {
		return nil, wrong(errors.New("none of the data that is there belongs to what was chosen"), "Choose other experiments or other data.")
	}
	// Seed by seed, so that an interrupted run has few seeds of everything
	// instead of all seeds of little; whole trainings before parts of them.
	slices.SortStableFunc(r.tasks, func(a, b task) int { return int(a.seed) - int(b.seed) })
	for _, t := range r.tasks {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if s := r.data.get(t.subject); s.set == nil {
			on(Event{Doing: []Doing{{words.Plain(s.Title), stageData}}, Total: len(r.tasks)})
		}
		if err := r.data.ready(ctx, t.subject); ctx.Err() != nil {
			return nil, ctx.Err()
		} else if err != nil {
			return nil, wrong(fmt.Errorf("%s: %w", t.subject, err), "")
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

	benches []nn.Engine // one for each measurement that may be under way
	divided bool        // they are parts of o.Engine, and ours

	pages  sync.Mutex // for the files of the pages, and
	failed map[task]error
}

// divide finds the engines to measure on side by side.
func (r *run) divide() (err error) {
	r.benches = []nn.Engine{r.o.Engine}
	if d, ok := r.o.Engine.(nn.Divisible); ok {
		r.divided = true
		r.benches, err = d.Divide(r.budget.memory())
	}
	return err
}

// close closes what open has opened.
func (r *run) close() error {
	err := r.cells.Close()
	if r.divided {
		for _, e := range r.benches {
			err = errors.Join(err, e.Close())
		}
	}
	return err
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
	w := &work{run: r, on: on, todo: todo, done: out.Found}
	if err := w.all(ctx); err != nil {
		return nil, err
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
