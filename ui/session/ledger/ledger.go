// Package ledger keeps what long experiments have measured: a file of lines to
// which finished cells are added, each on disk before the next begins, so that
// whatever kills the program costs the cell under way and nothing else.
package ledger

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"
)

// Cell is one measurement: a method on a category of a set with one seed, after
// a share of its training. Config is the hash of everything else that its figures
// depend on: cells under two hashes must not be averaged.
type Cell struct {
	Method, Dataset, Category string
	Seed                      uint64
	Tick                      int // of LastTick
	Config                    string
}

// LastTick is the tick of a finished training.
const LastTick = 400

// Figures are a cell's numbers by metric.
type Figures map[string]float64

// Seconds is the metric that ends a cell: what all of it took.
const Seconds = "cell_seconds"

// Ledger is the file of finished cells: one line per number. Its methods may be
// called from any goroutine.
type Ledger struct {
	f *os.File

	mu   sync.Mutex
	end  int64 // of what was read or added
	done map[Cell]Figures
}

// Header names the columns.
var Header = []string{"method", "dataset", "category", "seed", "tick", "metric", "value", "config"}

var errNotCells = errors.New("it does not begin like a file of cells")

// limit bounds what is read of a file: tens of thousands of cells.
const limit = 64 << 20

// Open opens or creates the file and reads its cells. What a crash has left at
// its end, half a line or half a cell, is cut off. A file with anything else in it
// is not ours and is left alone. It belongs to one program at a time.
func Open(path string) (_ *Ledger, err error) {
	l := &Ledger{done: map[Cell]Figures{}}
	if l.f, err = os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, l.f.Close())
		}
	}()
	if err = lock(l.f); err != nil {
		return nil, err
	}
	b, err := io.ReadAll(io.LimitReader(l.f, limit+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	if len(b) > limit {
		return nil, fmt.Errorf("read %s: it is larger than %d MB", path, limit>>20)
	}
	keep, err := l.read(b)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w; choose another folder, or move the file away", path, err)
	}
	if err = l.f.Truncate(int64(keep)); err != nil {
		return nil, err
	}
	l.end = int64(keep)
	if keep == 0 {
		return l, l.write([][]string{Header})
	}
	return l, nil
}

// Plain makes a name one that stays in its line.
func Plain(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, name)
}

func (c Cell) plain() Cell {
	c.Method, c.Dataset, c.Category, c.Config = Plain(c.Method), Plain(c.Dataset), Plain(c.Category), Plain(c.Config)
	return c
}

// read takes the cells out of a file's content and returns how much of it is
// to be kept.
func (l *Ledger) read(b []byte) (int, error) {
	keep := 0
	whole := bytes.LastIndexByte(b, '\n') + 1 // a line without end is half a line
	if whole == 0 && !strings.HasPrefix(strings.Join(Header, ","), string(b)) {
		return 0, errNotCells
	}
	b = b[:whole]
	r := csv.NewReader(bytes.NewReader(b))
	r.FieldsPerRecord = len(Header)
	var at Cell // that the lines belong to
	var numbers Figures
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
			if strings.Join(rec, ",") != strings.Join(Header, ",") {
				return 0, errNotCells
			}
			keep = int(r.InputOffset())
			continue
		}
		to, value, err := parse(rec)
		if err != nil {
			return 0, fmt.Errorf("line %q: %w", strings.Join(rec, ","), err)
		}
		if numbers == nil || to != at {
			at, numbers = to, Figures{}
		}
		numbers[rec[5]] = value
		if rec[5] == Seconds {
			keep = int(r.InputOffset())
			l.done[at], numbers = numbers, nil
		}
	}
	return keep, nil
}

// parse reads a line.
func parse(rec []string) (c Cell, value float64, err error) {
	c = Cell{Method: rec[0], Dataset: rec[1], Category: rec[2], Config: rec[7]}
	if c.Seed, err = strconv.ParseUint(rec[3], 10, 64); err != nil {
		return c, 0, err
	}
	if c.Tick, err = strconv.Atoi(rec[4]); err != nil {
		return c, 0, err
	}
	value, err = strconv.ParseFloat(rec[6], 64)
	return c, value, err
}

// Get returns a finished cell's figures, nil where there are none.
func (l *Ledger) Get(c Cell) Figures {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.done[c.plain()]
}

// Cells returns all finished cells in a fixed order.
func (l *Ledger) Cells() []Cell {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.SortedFunc(maps.Keys(l.done), Compare)
}

// Compare orders cells: by configuration, set, method, seed and tick.
func Compare(a, b Cell) int {
	return cmp.Or(
		cmp.Compare(a.Config, b.Config), cmp.Compare(a.Dataset, b.Dataset), cmp.Compare(a.Category, b.Category),
		cmp.Compare(a.Method, b.Method), cmp.Compare(a.Seed, b.Seed), cmp.Compare(a.Tick, b.Tick),
	)
}

// Add puts a finished cell on disk by one write: first the named metrics in their
// order, then all others by name, [Seconds] last.
func (l *Ledger) Add(c Cell, f Figures, first ...string) error {
	if _, ok := f[Seconds]; !ok {
		return fmt.Errorf("the cell does not say what it took (%s)", Seconds)
	}
	c = c.plain()
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.write(Lines(c, f, first...)); err != nil {
		return err
	}
	l.done[c] = f
	return nil
}

// Lines are the lines of a cell.
func Lines(c Cell, f Figures, first ...string) [][]string {
	names := slices.Clone(first)
	for _, name := range slices.Sorted(maps.Keys(f)) {
		if name != Seconds && !slices.Contains(first, name) {
			names = append(names, name)
		}
	}
	var lines [][]string
	for _, name := range append(names, Seconds) {
		if v, ok := f[name]; ok {
			lines = append(lines, []string{
				c.Method, c.Dataset, c.Category, strconv.FormatUint(c.Seed, 10), strconv.Itoa(c.Tick), Plain(name),
				strconv.FormatFloat(v, 'g', -1, 64), c.Config,
			})
		}
	}
	return lines
}

// write appends lines by one write and waits until they are on disk. What a full
// disk has taken of them is no part of the file.
func (l *Ledger) write(lines [][]string) error {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	if err := w.WriteAll(lines); err != nil {
		return err
	}
	_, err := l.f.WriteAt(b.Bytes(), l.end)
	if err == nil {
		err = l.f.Sync()
	}
	if err != nil {
		return errors.Join(err, l.f.Truncate(l.end))
	}
	l.end += int64(b.Len())
	return nil
}

// Close closes the file.
func (l *Ledger) Close() error { return l.f.Close() }
