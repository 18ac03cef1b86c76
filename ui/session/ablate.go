package session

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"agurscope/datasets"
)

// Row is one line of the ablation: a variant of the network, or a control.
type Row struct {
	Name    string // of the method, in files and on the command line
	Title   string // for people
	Variant string // of the network, if it has one; "" is the default
	Control string // of nn/baseline, or "untrained"; "" for a network that is trained
}

// network reports whether the row has a network, trained or not.
func (r Row) network() bool { return r.Control == "" || r.Control == untrained }

// untrained is the control that has a network's shape and random weights.
const untrained = "untrained"

// Rows lists the ablation: the five rows of the paper's Table 3 in its order,
// our own, and the controls that belong beside every accuracy table.
var Rows = []Row{
	{Name: "basic", Title: "Basic U-Net", Variant: "basic"},
	{Name: "+ssdae", Title: "+ SSDAE", Variant: "+ssdae"},
	{Name: "+ssdae+mgan", Title: "+ SSDAE + MGAN", Variant: "+ssdae+mgan"},
	{Name: "+eca", Title: "+ SSDAE + MGAN + improved ECA", Variant: "+eca"},
	{Name: "complete", Title: "Complete method", Variant: "complete"},

	{Name: "complete-aspp", Title: "Complete without ASPP", Variant: "complete-aspp"},
	{Name: "complete-skips", Title: "Complete without skip connections", Variant: "complete-skips"},
	{Name: "complete-noise", Title: "Complete, trained on Gaussian noise only", Variant: "complete-noise"},
	{Name: "complete-score", Title: "Complete without scoring network", Variant: "complete-score"},
	{Name: "complete-features", Title: "Complete without feature terms", Variant: "complete-features"},

	{Name: "default", Title: "Default: complete without SSDAE and MGAN"},

	{Name: "mean-grey", Title: "Mean grey level", Control: "mean-grey"},
	{Name: "template", Title: "Template per pixel", Control: "template"},
	{Name: "pca", Title: "PCA, 30 components", Control: "pca"},
	{Name: "hog", Title: "Template of edges", Control: "hog"},
	{Name: "handcrafted", Title: "Handcrafted Gaussian", Control: "handcrafted"},
	{Name: "untrained", Title: "Complete, untrained", Variant: "complete", Control: untrained},
}

// RowsByName returns the named rows in the order of [Rows]; all for no names.
func RowsByName(names []string) ([]Row, error) {
	if len(names) == 0 {
		return Rows, nil
	}
	var out []Row
	for _, r := range Rows {
		if slices.Contains(names, r.Name) {
			out = append(out, r)
		}
	}
	for _, name := range names {
		if !slices.ContainsFunc(Rows, func(r Row) bool { return r.Name == name }) {
			var all []string
			for _, r := range Rows {
				all = append(all, r.Name)
			}
			return nil, fmt.Errorf("row %q is not one of %s", name, strings.Join(all, ", "))
		}
	}
	return out, nil
}

// AblateOptions say how the rows are compared. Zero values mean defaults.
type AblateOptions struct {
	Out     string // folder of the results
	Rows    []Row  // all
	Seeds   int    // every row is run with seeds 0 … Seeds-1; 5
	Size    string // of the network, as for training
	Input   int
	Steps   int
	MaxTime time.Duration // of each training

	// run measures one cell; nil: train and evaluate.
	run func(ctx context.Context, r Row, seed uint64, on func(stage string, share float64)) (*Evaluation, error)
}

// AblateEvent tells how far an ablation is. A cell is one row with one seed.
type AblateEvent struct {
	Row         Row
	Seed        uint64
	Stage       string // what the cell is doing; "" when it is finished
	Done, Total int    // cells, including those found finished
	Share       float64
	Remaining   time.Duration // estimated for all cells; 0 while unknown
	Evaluation  *Evaluation   // of a cell that is finished
	Err         error         // why a cell has none
}

// Ablation is the outcome of an ablation.
type Ablation struct {
	Out     string      `json:"out"`
	Config  string      `json:"config"`  // hash of everything that all cells share
	Cells   int         `json:"cells"`   // asked for
	Found   int         `json:"found"`   // of them measured by an earlier run
	Rows    []RowResult `json:"rows"`    // those with a result, in the order of [Rows]
	Claims  []Claim     `json:"claims"`  // of the paper, judged
	Control Claim       `json:"control"` // whether training is worth anything at all
}

// Names of the files that an ablation leaves in its folder.
const (
	ablateCells = "cells.csv"
	ablateTable = "table.md"
	ablatePlot  = "table3.png"
	ablateSheet = "paper-and-ours.md"
)

// Ablate trains and evaluates every row with every seed on the set's own
// split. Each finished cell is on disk before the next begins; cells that a
// run of the same configuration has left in the folder are not run again, and
// the tables are written anew after each. A cell that fails does not end the
// others: its error is joined to the one returned, beside the outcome. When
// ctx ends, the cell under way is lost and nothing else.
func (s *Session) Ablate(ctx context.Context, set *datasets.Set, o AblateOptions, on func(AblateEvent)) (*Ablation, error) {
	if on == nil {
		on = func(AblateEvent) {}
	}
	if err := s.checkAblation(set, &o); err != nil {
		return nil, err
	}
	config, err := s.ablationConfig(ctx, set, o)
	if err != nil {
		return nil, problem("ablate", err, "")
	}
	cells, err := openCells(filepath.Join(o.Out, ablateCells), config, set)
	if err != nil {
		return nil, problem("ablate", err, "")
	}
	defer cells.Close()
	a := &ablating{o: o, set: set, config: config, cells: cells, on: on}
	if o.run == nil {
		a.o.run = func(ctx context.Context, r Row, seed uint64, on func(string, float64)) (*Evaluation, error) {
			return s.cell(ctx, set, o, r, seed, on)
		}
	}
	return a.all(ctx)
}

func (s *Session) checkAblation(set *datasets.Set, o *AblateOptions) error {
	if o.Seeds == 0 {
		o.Seeds = 5
	}
	if o.Seeds < 0 {
		return problem("ablate", fmt.Errorf("%d seeds", o.Seeds), "Ask for one or more.")
	}
	if o.Rows == nil {
		o.Rows = Rows
	}
	t := o.training(Row{}, 0)
	if err := t.check(); err != nil {
		return err
	}
	o.Size, o.Input = t.Size, t.Input
	if o.run == nil && slices.ContainsFunc(o.Rows, Row.network) {
		if err := s.needEngine(); err != nil {
			return err
		}
	}
	good, bad := false, false
	for _, it := range set.Test() {
		good, bad = good || it.Label == datasets.Normal, bad || it.Label == datasets.Anomalous
	}
	if !good || !bad {
		return problem("ablate", fmt.Errorf("the test pictures of %s are not of both kinds", set.Root),
			"Put good and defective parts in folders of their own, such as test/good and test/scratch.")
	}
	if len(set.Train()) < fewestParts {
		return problem("ablate", fmt.Errorf("%s has %d good parts to learn from, at least %d are needed", set.Root, len(set.Train()), fewestParts), "")
	}
	if err := os.MkdirAll(o.Out, 0o755); err != nil {
		return problem("ablate", err, "Choose another folder for the results.")
	}
	return nil
}

// training returns how a row is trained, but for the recipe's place.
func (o AblateOptions) training(r Row, seed uint64) TrainOptions {
	t := TrainOptions{Out: "cell.agur", Size: o.Size, Input: o.Input, Steps: o.Steps, MaxTime: o.MaxTime, Seed: seed, Variant: r.Variant}
	if r.Control == untrained {
		// One step at a fiftieth of the learning rate leaves the weights random;
		// the statistics of the normalisation are those of the good parts.
		t.Steps, t.MaxTime = 1, 0
	}
	return t
}

// ablationConfig hashes what all cells have in common: figures under two
// hashes must not be averaged. The engine is in it for the sake of the times.
func (s *Session) ablationConfig(ctx context.Context, set *datasets.Set, o AblateOptions) (string, error) {
	manifest, err := datasets.ManifestHash(ctx, set.Items)
	if err != nil {
		return "", err
	}
	engine := ""
	if s.o.Engine != nil {
		engine = s.o.Engine.Describe()
	}
	b, err := json.Marshal(struct {
		Manifest, Program, Engine, Size string
		Input, Steps                    int
		MaxTime                         time.Duration
	}{manifest, s.o.Program, engine, o.Size, o.Input, o.Steps, o.MaxTime})
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%x", sha256.Sum256(b))[:12], nil
}

// ablating is an ablation under way.
type ablating struct {
	o      AblateOptions
	set    *datasets.Set
	config string
	cells  *cells
	on     func(AblateEvent)
	failed []error
}

// all runs what is missing, seed by seed, so that an interrupted run has few
// seeds of every row instead of all seeds of a few.
func (a *ablating) all(ctx context.Context) (*Ablation, error) {
	out := &Ablation{Out: a.o.Out, Config: a.config, Cells: len(a.o.Rows) * a.o.Seeds}
	var todo []cell
	for seed := range uint64(a.o.Seeds) {
		for _, r := range a.o.Rows {
			if c := (cell{r.Name, seed}); a.cells.done[c] == nil {
				todo = append(todo, c)
			}
		}
	}
	out.Found = out.Cells - len(todo)
	for i, c := range todo {
		r := a.o.Rows[slices.IndexFunc(a.o.Rows, func(r Row) bool { return r.Name == c.method })]
		f := forecast{cells: a.cells.done, rows: a.o.Rows, todo: todo[i:]}
		tell := func(e AblateEvent) {
			e.Row, e.Seed, e.Total = r, c.seed, out.Cells
			a.on(e)
		}
		started := time.Now()
		ev, err := a.o.run(ctx, r, c.seed, func(stage string, share float64) {
			e := AblateEvent{Stage: stage, Done: out.Found + i}
			e.Share, e.Remaining = f.at(time.Since(started), share)
			tell(e)
		})
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err != nil {
			a.failed = append(a.failed, fmt.Errorf("%s with seed %d: %w", r.Name, c.seed, err))
		} else if err := a.keep(c, ev, time.Since(started)); err != nil {
			return nil, err
		}
		e := AblateEvent{Done: out.Found + i + 1, Evaluation: ev, Err: err}
		f.cells, f.todo = a.cells.done, todo[i+1:]
		e.Share, e.Remaining = f.at(0, 0)
		tell(e)
	}
	if err := a.publish(); err != nil { // also when there was nothing to do
		return nil, err
	}
	out.Rows = a.results()
	out.Claims, out.Control = AblationClaims(out.Rows), ControlClaim(out.Rows)
	return out, errors.Join(a.failed...)
}

// keep puts a cell on disk, then writes the tables anew.
func (a *ablating) keep(c cell, ev *Evaluation, took time.Duration) error {
	if err := a.cells.add(c, FiguresOf(ev, took)); err != nil {
		return problem("keep a cell", err, "Free some space; the cells before it are kept.")
	}
	return a.publish()
}
