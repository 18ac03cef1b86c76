package session

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"image"
	"math"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	"agurscope/datasets"
	"agurscope/datasets/synthec"
	"agurscope/history"
	"agurscope/nn"
	"agurscope/nn/anomaly"
	"agurscope/nn/metrics"
)

// BenchOptions say what to measure. Zero values mean defaults.
type BenchOptions struct {
	Recipe    *anomaly.Recipe // nil: random weights of Size and Input
	Method    string          // without a recipe; one of Methods, empty: the first
	Size      string          // T, B or L; T
	Input     int             // side of the square input; 128 for T, 256 otherwise
	Train     bool            // measure a training step, too
	Rounds    int             // repetitions; 50
	Exact     nn.Engine       // to say by how much the measured one differs; nil: it is exact
	Precision string          // of the measured engine; f32
	Ready     func()          // called when everything is loaded, before the first measurement; may be nil
}

// Bench is what was measured. Its JSON keys are stable.
type Bench struct {
	Engine      string  `json:"engine"`
	Method      string  `json:"method"`
	Precision   string  `json:"precision"`
	Threads     int     `json:"threads"`
	Size        string  `json:"size"`
	Input       int     `json:"input"` // side of a square of the input's area
	Width       int     `json:"width"`
	Height      int     `json:"height"`
	GMAC        Number  `json:"gmac"` // of one image
	Forward     Latency `json:"forward_ms"`
	Inspect     Latency `json:"inspect_ms"` // decoding the file to the verdict on the disk
	TrainStep   *Number `json:"train_step_ms"`
	Batch       int     `json:"batch"`       // of the training step; inspection is one by one
	GFLOPS      Number  `json:"gflops"`      // of the median forward pass, as if every convolution were direct
	Peak        *Number `json:"peak_gflops"` // of multiply-adds in float32; null where the engine cannot tell
	PeakRSS     Number  `json:"peak_rss_mb"`
	Parameters  int     `json:"parameters"`
	Description string  `json:"description"` // of the engine

	PrecisionError *PrecisionError `json:"precision_error"` // null in f32
}

const (
	benchBatch  = 8 // of a training step
	benchSteps  = 9 // training steps
	benchWarmUp = 3 // of each measurement, not counted
)

// RunBench measures an engine: the forward pass alone, an inspection from the
// file on the disk to the durable verdict, and a training step. Pictures are
// SynthEC parts and the history a temporary one. Threads and PeakRSS are left
// to the caller.
func RunBench(ctx context.Context, e nn.Engine, o BenchOptions) (*Bench, error) {
	if o.Rounds <= 0 {
		o.Rounds = 50
	}
	dir, err := os.MkdirTemp("", "agurscope-bench-")
	if err != nil {
		return nil, problem("measure", err, "")
	}
	defer os.RemoveAll(dir)
	r, err := o.recipe(ctx, e, dir)
	if err != nil {
		return nil, problem("measure", err, "")
	}
	debug.FreeOSMemory() // what fitting a recipe took is not what an inspection takes
	n, c := r.Model.Network, r.Model.Cost()
	b := &Bench{
		Engine: e.Name(), Method: r.Method(), Description: e.Describe(), Precision: cmp.Or(o.Precision, "f32"), Size: n.Size,
		Input: int(math.Round(math.Sqrt(float64(n.Width * n.Height)))), Width: n.Width, Height: n.Height,
		GMAC: Number(float64(c.MACs) / 1e9), Parameters: c.Parameters, Batch: benchBatch,
	}
	if p, ok := e.(interface{ Peak() float64 }); ok {
		peak := Number(p.Peak())
		b.Peak = &peak
	}
	if o.Exact != nil {
		if b.PrecisionError, err = comparePrecision(ctx, o.Exact, e, r, benchImages(n, 4)); err != nil {
			return nil, problem("compare precisions", err, "")
		}
	}
	if o.Ready != nil {
		o.Ready()
	}
	if err := b.forward(ctx, e, r, o.Rounds); err != nil {
		return nil, problem("measure the forward pass", err, "")
	}
	if err := b.inspect(ctx, e, r, dir, o.Rounds); err != nil {
		return nil, problem("measure an inspection", err, "")
	}
	if o.Train {
		if err := b.train(ctx, e, n); err != nil {
			return nil, problem("measure a training step", err, "")
		}
	}
	return b, nil
}

// benchNormals is how many good parts a random recipe is fitted to: moved about,
// they are enough for covariances of the rank that real ones have.
const benchNormals = 13

// recipe returns the recipe to measure with; statistics and thresholds of a
// random one mean nothing, but the work is the same. It is written to dir and
// read again, as any other.
func (o BenchOptions) recipe(ctx context.Context, e nn.Engine, dir string) (*anomaly.Recipe, error) {
	if o.Recipe != nil {
		return o.Recipe, nil
	}
	t := TrainOptions{Method: o.Method, Size: o.Size, Input: o.Input, Out: "bench.agur"}
	if err := t.check(); err != nil {
		return nil, err
	}
	w, h := anomaly.FitInput(1, 1, cmp.Or(t.Input, wholeInput(t.Size)))
	n := anomaly.Network{Method: t.Method, Size: t.Size, Width: w, Height: h}
	normals := benchImages(n, benchNormals)
	m, err := anomaly.NewModel(n, 1)
	if n.Method != "" && err == nil { // what it looks for follows from what it has measured
		m, _, err = anomaly.Train(ctx, e, n, normals, anomaly.TrainOptions{Steps: 1}, nil)
	}
	if err != nil {
		return nil, err
	}
	r := &anomaly.Recipe{Name: "bench", Created: time.Now(), Model: m}
	if n.Describes() {
		if err := anomaly.FitStatistics(ctx, e, r, normals, 1); err != nil {
			return nil, err
		}
	}
	if err := anomaly.Calibrate(ctx, e, r, anomaly.AsIs(normals), anomaly.CalibrateOptions{Position: 1}); err != nil {
		return nil, err
	}
	file := filepath.Join(dir, "bench.agur")
	if err := r.Save(file); err != nil {
		return nil, err
	}
	return anomaly.LoadRecipe(file)
}

// benchImages draws good parts at the network's input.
func benchImages(n anomaly.Network, count int) []*nn.Image {
	out := make([]*nn.Image, count)
	for i := range out {
		m, _ := synthec.Part(synthec.Options{Size: max(n.Width, n.Height)}, i, "")
		out[i] = anomaly.Tensor(m, n.Width, n.Height)
	}
	return out
}

func (b *Bench) forward(ctx context.Context, e nn.Engine, r *anomaly.Recipe, rounds int) error {
	d, err := anomaly.NewDetector(e, r)
	if err != nil {
		return err
	}
	defer d.Close()
	x := benchImages(r.Model.Network, 1)[0]
	took, err := timed(ctx, rounds, func(int) error { return d.Forward(x) })
	if err != nil {
		return err
	}
	b.Forward = latency(took)
	b.GFLOPS = 2 * b.GMAC / (b.Forward.P50 / 1000)
	return nil
}

// inspect goes the way of the program, with pictures in files and a history
// on the disk, one by one: nothing is read ahead.
func (b *Bench) inspect(ctx context.Context, e nn.Engine, r *anomaly.Recipe, dir string, rounds int) error {
	store, err := history.Open(filepath.Join(dir, "bench.db"))
	if err != nil {
		return err
	}
	s := New(Options{Engine: e, Store: store, Program: "bench"})
	defer func() { _ = errors.Join(s.Close(), store.Close()) }() // a measurement loses nothing
	if err := s.UseRecipe(r); err != nil {
		return err
	}
	items, err := benchFiles(dir, r.Model.Network)
	if err != nil {
		return err
	}
	run, err := s.StartRun(ctx, "bench")
	if err != nil {
		return err
	}
	took, err := timed(ctx, rounds, func(i int) error {
		res, err := s.InspectOne(ctx, run, items[i%len(items)])
		if err == nil {
			err = res.Err
		}
		return err
	})
	if err != nil {
		return err
	}
	b.Inspect = latency(took)
	return s.EndRun(ctx, run, nil)
}

// benchFiles writes a few parts as PNG files of the input's size.
func benchFiles(dir string, n anomaly.Network) ([]datasets.Item, error) {
	items := make([]datasets.Item, 8)
	for i := range items {
		m, _ := synthec.Part(synthec.Options{Size: max(n.Width, n.Height)}, i, "")
		items[i] = datasets.Item{Name: fmt.Sprintf("%d.png", i)}
		items[i].Path = filepath.Join(dir, items[i].Name)
		part := m.SubImage(image.Rect(0, 0, n.Width, n.Height))
		if err := replaceFile(items[i].Path, pngOf(part)); err != nil {
			return nil, err
		}
	}
	return items, nil
}

func (b *Bench) train(ctx context.Context, e nn.Engine, n anomaly.Network) error {
	var took []float64
	last := time.Time{}
	_, _, err := anomaly.Train(ctx, e, n, benchImages(n, benchBatch), anomaly.TrainOptions{
		Steps: benchWarmUp + benchSteps, Batch: benchBatch, Checkpoint: "", SaveEvery: time.Hour,
	}, func(p anomaly.Progress) {
		if now := time.Now(); p.Step > benchWarmUp {
			took = append(took, milliseconds(now.Sub(last)))
		}
		last = time.Now()
	})
	if err != nil {
		return err
	}
	if len(took) == 0 { // a method that is computed at once
		return nil
	}
	step := latency(took).P50
	b.TrainStep = &step
	return nil
}

// timed runs f a few times unmeasured and then so many times measured, and
// returns milliseconds.
func timed(ctx context.Context, rounds int, f func(i int) error) ([]float64, error) {
	took := make([]float64, 0, rounds)
	for i := range rounds + benchWarmUp {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		start := time.Now()
		if err := f(i); err != nil {
			return nil, err
		}
		if i >= benchWarmUp {
			took = append(took, milliseconds(time.Since(start)))
		}
	}
	return took, nil
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func latency(ms []float64) Latency {
	return Latency{Number(metrics.Quantile(ms, .5)), Number(metrics.Quantile(ms, .95))}
}
