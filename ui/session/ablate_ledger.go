package session

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"agurscope/datasets"
)

// cell is one row of the ablation with one seed.
type cell struct {
	method string
	seed   uint64
}

// figures are a cell's numbers by metric.
type figures map[string]float64

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
const cellSeconds = "cell_seconds"

func figuresOf(e *Evaluation, took time.Duration) figures {
	f := figures{cellSeconds: took.Seconds()}
	for _, m := range measures {
		f[m.name] = float64(m.of(e))
	}
	return f
}

// complete reports whether no metric is missing.
func (f figures) complete() bool {
	for _, m := range measures {
		if _, ok := f[m.name]; !ok {
			return false
		}
	}
	_, ok := f[cellSeconds]
	return ok
}

// ledger is the file of finished cells: one line per number. Cells are added
// at its end, each by one write and on disk before the next begins.
type ledger struct {
	f                 *os.File
	config            string
	dataset, category string
	done              map[cell]figures // of this configuration
}

// header names the columns.
var header = []string{"method", "dataset", "category", "seed", "tick", "metric", "value", "config"}

var errNotCells = errors.New("it does not begin like a file of cells")

// lastTick is the tick of a finished training: a training has 400.
const lastTick = "400"

// ledgerLimit bounds what is read of a file: thousands of cells.
const ledgerLimit = 64 << 20

// openLedger opens or creates the file and reads the cells of a configuration.
// What a crash has left at its end, half a line or half a cell, is cut off. A
// file with anything else in it is not ours and is left alone.
func openLedger(path, config string, set *datasets.Set) (_ *ledger, err error) {
	l := &ledger{config: config, done: map[cell]figures{}, dataset: plain(set.Layout), category: plain(filepath.Base(set.Root))}
	if l.f, err = os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, l.f.Close())
		}
	}()
	b, err := io.ReadAll(io.LimitReader(l.f, ledgerLimit+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	if len(b) > ledgerLimit {
		return nil, fmt.Errorf("read %s: it is larger than %d MB", path, ledgerLimit>>20)
	}
	keep, err := l.read(b)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w; choose another folder, or move the file away", path, err)
	}
	if err = l.f.Truncate(int64(keep)); err != nil {
		return nil, err
	}
	if _, err = l.f.Seek(int64(keep), io.SeekStart); err != nil {
		return nil, err
	}
	if keep == 0 {
		return l, l.write([][]string{header})
	}
	return l, nil
}

// plain makes a name one that stays in its line.
func plain(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, name)
}

// read takes the cells out of a file's content and returns how much of it is
// to be kept.
func (l *ledger) read(b []byte) (int, error) {
	keep := 0
	whole := bytes.LastIndexByte(b, '\n') + 1 // a line without end is half a line
	if whole == 0 && !strings.HasPrefix(strings.Join(header, ","), string(b)) {
		return 0, errNotCells
	}
	b = b[:whole]
	r := csv.NewReader(bytes.NewReader(b))
	r.FieldsPerRecord = len(header)
	var at [4]string // cell that the lines belong to: method, category, seed, configuration
	var numbers figures
	for {
		before := int(r.InputOffset())
		rec, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return 0, err
		}
		if before == 0 {
			if strings.Join(rec, ",") != strings.Join(header, ",") {
				return 0, errNotCells
			}
			keep = int(r.InputOffset())
			continue
		}
		seed, err := strconv.ParseUint(rec[3], 10, 64)
		if err != nil {
			return 0, fmt.Errorf("line %q: %w", strings.Join(rec, ","), err)
		}
		value, err := strconv.ParseFloat(rec[6], 64)
		if err != nil {
			return 0, fmt.Errorf("line %q: %w", strings.Join(rec, ","), err)
		}
		if to := [4]string{rec[0], rec[2], rec[3], rec[7]}; to != at || numbers.complete() {
			at, numbers = to, figures{}
		}
		numbers[rec[5]] = value
		if numbers.complete() {
			keep = int(r.InputOffset())
			if rec[7] == l.config {
				l.done[cell{rec[0], seed}] = numbers
			}
		}
	}
	return keep, nil
}

// add puts a finished cell on disk.
func (l *ledger) add(c cell, f figures) error {
	var lines [][]string
	line := func(metric string) {
		value := strconv.FormatFloat(f[metric], 'g', -1, 64)
		lines = append(lines, []string{c.method, l.dataset, l.category, strconv.FormatUint(c.seed, 10), lastTick, metric, value, l.config})
	}
	for _, m := range measures {
		line(m.name)
	}
	line(cellSeconds)
	if err := l.write(lines); err != nil {
		return err
	}
	l.done[c] = f
	return nil
}

// of returns the cells of a method by seed.
func (l *ledger) of(method string) []figures {
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

// write appends lines by one write and waits until they are on disk.
func (l *ledger) write(lines [][]string) error {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	if err := w.WriteAll(lines); err != nil {
		return err
	}
	if _, err := l.f.Write(b.Bytes()); err != nil {
		return err
	}
	return l.f.Sync()
}

// Close closes the file.
func (l *ledger) Close() error { return l.f.Close() }
