package session

import (
	"path/filepath"
	"slices"
	"time"

	"agurscope/datasets"
	"agurscope/ui/session/ledger"
)

// cell is one row of the ablation with one seed.
type cell struct {
	method string
	seed   uint64
}

// figures are a cell's numbers by metric.
type figures = ledger.Figures

// measure is a number of a cell.
type measure struct {
	name string
	of   func(e *Evaluation) Number
}

// measures are the metrics of a cell in the order of the file. The last one is
// cellSeconds.
var measures = []measure{
	{"image_auroc", func(e *Evaluation) Number { return e.ImageAUROC }},
	{"image_ap", func(e *Evaluation) Number { return e.ImageAP }},
	{"f1", func(e *Evaluation) Number { return e.F1 }},
	{"precision", func(e *Evaluation) Number { return e.Precision }},
	{"recall", func(e *Evaluation) Number { return e.Recall }},
	{"accuracy", func(e *Evaluation) Number { return e.Accuracy }},
	{"false_reject_rate", func(e *Evaluation) Number { return e.FalseRejectRate }},
	{"pixel_auroc", func(e *Evaluation) Number { return e.PixelAUROC }},
	{"pixel_ap", func(e *Evaluation) Number { return e.PixelAP }},
	{"aupro", func(e *Evaluation) Number { return e.AUPRO }},
	{"iou", func(e *Evaluation) Number { return e.IoU }},
	{"latency_p50_ms", func(e *Evaluation) Number { return e.Latency.P50 }},
	{"latency_p95_ms", func(e *Evaluation) Number { return e.Latency.P95 }},
}

// cellSeconds is the metric that ends a cell: what all of it took.
const cellSeconds = ledger.Seconds

// FiguresOf are the figures that a cell keeps of an evaluation.
func FiguresOf(e *Evaluation, took time.Duration) ledger.Figures {
	f := figures{cellSeconds: took.Seconds()}
	for _, m := range measures {
		f[m.name] = float64(m.of(e))
	}
	return f
}

// cells is the part of a ledger that belongs to one ablation.
type cells struct {
	*ledger.Ledger
	config            string
	dataset, category string
	done              map[cell]figures // of this configuration
}

// openCells opens the ledger and picks the cells of a configuration.
func openCells(path, config string, set *datasets.Set) (*cells, error) {
	l, err := ledger.Open(path)
	if err != nil {
		return nil, err
	}
	c := &cells{
		Ledger: l, config: config, done: map[cell]figures{},
		dataset: ledger.Plain(set.Layout), category: ledger.Plain(filepath.Base(set.Root)),
	}
	for _, at := range l.Cells() {
		if at.Config == config {
			c.done[cell{at.Method, at.Seed}] = l.Get(at)
		}
	}
	return c, nil
}

// add puts a finished cell on disk.
func (l *cells) add(c cell, f figures) error {
	var order []string
	for _, m := range measures {
		order = append(order, m.name)
	}
	at := ledger.Cell{Method: c.method, Dataset: l.dataset, Category: l.category, Seed: c.seed, Tick: ledger.LastTick, Config: l.config}
	if err := l.Add(at, f, order...); err != nil {
		return err
	}
	l.done[c] = f
	return nil
}

// of returns the cells of a method by seed.
func (l *cells) of(method string) []figures {
	var seeds []uint64
	for c := range l.done {
		if c.method == method {
			seeds = append(seeds, c.seed)
		}
	}
	slices.Sort(seeds)
	var out []figures
	for _, s := range seeds {
		out = append(out, l.done[cell{method, s}])
	}
	return out
}
