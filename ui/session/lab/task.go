package lab

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"agurscope/assets/words"
	"agurscope/nn"
	"agurscope/ui/session"
	"agurscope/ui/session/ledger"
)

// kind is a way of measuring.
type kind string

const (
	learn   kind = "learn"   // train, then test: what most figures are drawn from
	ablate  kind = "ablate"  // the same for a row of the ablation
	timing  kind = "time"    // milliseconds per picture
	rowTime kind = "rowtime" // the same of a row of the ablation
	gallery kind = "gallery" // heat maps of a part of each stage
	spread  kind = "spread"  // where defects lie among each other
)

// alone reports whether nothing may be under way beside: time is measured on the
// whole engine of a machine that does nothing else.
func (k kind) alone() bool { return k == timing || k == rowTime }

// task is one measurement.
type task struct {
	kind    kind
	method  string
	subject string
	seed    uint64
	tick    int
}

// describe names a task for people.
func (r *run) describe(t task) words.Said {
	if t.tick != ledger.LastTick {
		return words.Text("%s on %s, seed %s, tick %s").With(titleOf(t.method), r.data.title(t.subject), t.seed, t.tick)
	}
	return words.Text("%s on %s, seed %s").With(titleOf(t.method), r.data.title(t.subject), t.seed)
}

// watcher is told what a measurement is doing, and the share that is done.
type watcher func(stage words.Text, share float64)

// told passes on what the session says.
func (w watcher) told(stage string, share float64) { w(stageOf(stage), share) }

// Stages of a measurement beside those of a training.
const (
	stageData    = words.Text("preparing the data")
	stageTesting = words.Text("testing")
	stageTiming  = words.Text("taking the time")
	stageLayout  = words.Text("laying out")
	stageReading = words.Text("reading images")
)

// stageOf is what a training or an evaluation does.
func stageOf(name string) words.Text {
	switch session.Stage(name) {
	case session.Looking:
		return words.Text("looking how parts lie")
	case session.Reading:
		return stageReading
	case session.Training:
		return words.Text("training")
	case session.Calibrating:
		return words.Text("calibrating")
	case session.Saving:
		return words.Text("saving")
	}
	return stageTesting
}

// cell is where a task's figures are kept. Its configuration is everything that
// they depend on, so that nothing else is ever taken for them.
func (r *run) cell(t task) ledger.Cell {
	s := r.data.get(t.subject)
	b := r.budget
	b.Seeds, b.Ticks = 0, nil // more of them can be added later
	text, err := json.Marshal(struct {
		Kind              kind
		Program, Engine   string
		Manifest          string
		Budget            Budget
		Protocol, Version int
	}{t.kind, r.o.Program, r.engineOf(t.kind).Describe(), s.hash, b, protocol, 1})
	if err != nil {
		panic(err) // numbers and texts
	}
	return ledger.Cell{
		Method: t.method, Dataset: s.Dataset, Category: s.Category, Seed: t.seed, Tick: t.tick,
		Config: string(t.kind) + "-" + fmt.Sprintf("%x", sha256.Sum256(text))[:10],
	}
}

// engineOf is an engine that a kind is measured on. Those of the benches are alike.
func (r *run) engineOf(k kind) nn.Engine {
	if k.alone() {
		return r.o.Engine
	}
	return r.benches[0]
}

// protocol changes when the same task is measured in another way.
const protocol = 1

// figures are a task's, nil while it is not measured.
func (r *run) figures(t task) ledger.Figures { return r.cells.Get(r.cell(t)) }

// bench is where a measurement is made: a run, and an engine for this alone.
type bench struct {
	*run
	engine nn.Engine
}

// measure does one task.
func (r bench) measure(ctx context.Context, t task, on watcher) (ledger.Figures, error) {
	switch t.kind {
	case learn:
		return r.learn(ctx, t, on)
	case ablate:
		return r.ablate(ctx, t, on)
	case timing:
		return r.time(ctx, t, on)
	case rowTime:
		return r.rowTime(ctx, t, on)
	case gallery:
		return r.gallery(ctx, t, on)
	case spread:
		return r.spread(ctx, t, on)
	}
	return nil, errors.New("an unknown kind of measurement")
}

// method is one of those that are compared.
type method struct{ name, title string }

// own is the method that the paper is about.
const own = "agurnet"

// methods are the paper's six: the first four in every experiment, all in time
// and F1.
var methods = []method{
	{own, "AGUR-Net"}, {"dagan", "DAGAN"}, {"lstm-ndt", "LSTM-NDT"}, {"bilstm", "BiLSTM"},
	{"mscdae", "MSCDAE"}, {"cflow", "CFlow"},
}

func titleOf(name string) string {
	for _, m := range slices.Concat(methods, controls) {
		if m.name == name {
			return m.title
		}
	}
	for _, r := range session.Rows {
		if r.Name == name {
			return r.Title
		}
	}
	return name
}
