//go:build onednn && unix

package session

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"agurscope/datasets"
	"agurscope/nn"
	"agurscope/nn/baseline"
	"agurscope/nn/onednn"
)

// accuracy is an accuracy program under way.
type accuracy struct {
	t        *testing.T
	engine   nn.Engine
	seeds    uint64
	pictures int // at most, of each type in each subset; 0: all
	short    bool
	rows     []string // of the tables; nil: all
	o        TrainOptions
	notes    []string // how each seed's network was trained
}

// newAccuracy reads how the program is to be run: AGURSCOPE_SEEDS and
// AGURSCOPE_STEPS of each training, whose defaults it is given,
// AGURSCOPE_MINUTES instead of steps, and AGURSCOPE_PICTURES, a bound for trying
// the program out. Steps say the same on a busy machine.
func newAccuracy(t *testing.T, seeds, steps int) *accuracy {
	t.Helper()
	if os.Getenv("AGURSCOPE_ACCURACY") == "" {
		t.Skip("takes minutes to hours; run it with `make accuracy`")
	}
	number := func(name string, standard float64) float64 {
		text := os.Getenv(name)
		if text == "" {
			return standard
		}
		v, err := strconv.ParseFloat(text, 64)
		if err != nil || v <= 0 {
			t.Fatalf("%s is %q: it must be a number above 0", name, text)
		}
		return v
	}
	a := &accuracy{
		t: t, seeds: uint64(number("AGURSCOPE_SEEDS", float64(seeds))), pictures: int(number("AGURSCOPE_PICTURES", 0)),
		o: TrainOptions{Size: "T", Steps: int(number("AGURSCOPE_STEPS", float64(steps)))},
	}
	a.short = a.o.Steps < steps || a.pictures > 0
	if minutes := number("AGURSCOPE_MINUTES", 0); minutes > 0 {
		a.o.Steps, a.o.MaxTime, a.short = 0, time.Duration(minutes*float64(time.Minute)), true
	}
	e, err := onednn.Open(onednn.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	a.engine = e
	return a
}

// open opens a set, or skips where it is not there.
func (a *accuracy) open(root string) *datasets.Set {
	a.t.Helper()
	dir, _, _ := strings.Cut(root, "#")
	if _, err := os.Stat(dir); err != nil {
		a.t.Skipf("the pictures of this measurement are not here: %v", err)
	}
	set, err := datasets.Open(root)
	if err != nil {
		a.t.Fatal(err)
	}
	if a.pictures == 0 {
		return set
	}
	a.thin(set, func(datasets.Item) int { return a.pictures })
	return set
}

// thin leaves at most so many pictures of each type in each subset, drawn at
// random.
func (a *accuracy) thin(set *datasets.Set, most func(datasets.Item) int) {
	rng := rand.New(rand.NewPCG(1, 1))
	rng.Shuffle(len(set.Items), func(i, j int) { set.Items[i], set.Items[j] = set.Items[j], set.Items[i] })
	kept := map[string]int{}
	set.Items = slices.DeleteFunc(set.Items, func(it datasets.Item) bool {
		key := it.Split.String() + it.Type
		kept[key]++
		return kept[key] > most(it)
	})
}

// Names of the rows that are no controls of nn/baseline.
const fitted = "trained"

// methods lists the rows of every table.
func (a *accuracy) methods() []string {
	if a.rows != nil {
		return a.rows
	}
	return append([]string{fitted, untrained}, baseline.Names...)
}

// trial is one method measured with one seed.
type trial struct {
	method string
	seed   uint64
	*Evaluation
	cpu float64 // seconds of training; not a number for a control
}

// measure trains on the good parts of a set, and evaluates the network, the
// same network untrained and the controls on its test pictures.
func (a *accuracy) measure(set *datasets.Set, seed uint64) (out []trial) {
	a.t.Helper()
	for _, method := range a.methods() {
		o := a.o
		o.Seed, o.Out = seed, filepath.Join(a.t.TempDir(), method+".agur")
		s := New(Options{Engine: a.engine, Program: "test"})
		r := trial{method: method, seed: seed, cpu: math.NaN()}
		var err error
		switch method {
		case fitted:
			r.Evaluation, r.cpu, err = a.network(s, set, o)
		case untrained:
			o.Steps, o.MaxTime = 1, 0
			r.Evaluation, r.cpu, err = a.network(s, set, o)
		default:
			r.Evaluation, err = s.control(context.Background(), set, o, method, func(string, float64) {})
		}
		s.Close()
		if err != nil {
			a.t.Fatalf("%s with seed %d: %v", method, seed, err)
		}
		a.t.Logf("seed %d, %s: image AUROC %.3f, pixel AUROC %.3f, false rejects %.3f, recall %.3f",
			seed, method, r.ImageAUROC, r.PixelAUROC, r.FalseRejectRate, r.Recall)
		out = append(out, r)
	}
	return out
}

// network trains and evaluates a network, and returns the processor time of
// the training in seconds.
func (a *accuracy) network(s *Session, set *datasets.Set, o TrainOptions) (*Evaluation, float64, error) {
	before := processorSeconds()
	r, err := s.Train(context.Background(), set, o, nil)
	if err != nil {
		return nil, 0, err
	}
	cpu := processorSeconds() - before
	if err := s.UseRecipe(r.Recipe); err != nil {
		return nil, 0, err
	}
	if o.Steps != 1 {
		a.note(o.Seed, r)
	}
	ev, err := s.Evaluate(context.Background(), set, nil)
	return ev, cpu, err
}

// note keeps what a training has decided.
func (a *accuracy) note(seed uint64, r *TrainResult) {
	c, n, p := r.Recipe.Calibration, r.Recipe.Model.Network, r.Recipe.Preparation
	var terms []string
	for _, t := range c.Terms {
		terms = append(terms, fmt.Sprintf("%s %.2f", t.Name, t.Weight))
	}
	window := "whole pictures"
	if r.Window > 0 {
		window = fmt.Sprintf("windows of %d", r.Window)
	}
	a.notes = append(a.notes, fmt.Sprintf(
		"Seed %d: %d good parts learnt and %d held out, %d steps in %.0f s; exposure median %.2f, gamma %g; fixture %s input %d x %d, %s; R² %.2f, %s; weights %s.",
		seed, r.Recipe.Training.Images, c.Normals, r.Summary.Steps, r.Summary.Seconds, p.Exposure.Median, cmp.Or(p.Exposure.Gamma, 1),
		strings.TrimSuffix(p.Why, ".")+";", n.Width, n.Height, window, c.PositionShare, c.Alignment, strings.Join(terms, ", ")))
}

// processorSeconds is the processor time that this process has taken.
func processorSeconds() float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return math.NaN()
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()).Seconds()
}
