//go:build linux

// Command peers measures this program beside ONNX Runtime and PyTorch on the same
// networks and pictures, in turn, and prints a table. “make bench-peers” installs
// the two and runs it.
//
// Every program is a process of its own and does a few repetitions when told, one
// program after the other, round by round: what else the machine does meets all
// of them. Before anything is measured their outputs must agree.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"agurscope/nn/metrics"
)

// options of a run, from the command line.
type options struct {
	runtime, pytorch string // interpreters; empty: this peer is left out
	scripts, dir     string
	threads, rounds  int
	only, into       string
	compile, cpu     bool
}

func main() {
	var o options
	flag.StringVar(&o.runtime, "onnxruntime", "", "Python `interpreter` with ONNX Runtime")
	flag.StringVar(&o.pytorch, "pytorch", "", "Python `interpreter` with PyTorch")
	flag.StringVar(&o.scripts, "scripts", "nn/onnx/peers", "`folder` of the scripts")
	flag.StringVar(&o.dir, "out", "out/peers", "`folder` for networks and pictures")
	flag.IntVar(&o.threads, "threads", 2, "threads of every program")
	flag.IntVar(&o.rounds, "rounds", 15, "times that each program has its turn")
	flag.StringVar(&o.only, "only", "", "rows that contain `text`, such as “B 256” or “training”")
	flag.BoolVar(&o.compile, "compile", true, "let PyTorch try its compiler, which takes minutes")
	flag.StringVar(&o.into, "into", "", "put the table into `FILE`, between its marks")
	flag.BoolVar(&o.cpu, "cpu", false, "count processor time, for a busy machine; means something with -threads 1")
	serve := flag.String("serve", "", "be measured: forward or train")
	flag.Parse()
	if o.cpu {
		os.Setenv("PEERS_CLOCK", "cpu")
	}
	var err error
	if *serve != "" {
		err = serveOurs(*serve, flag.Args())
	} else {
		err = compare(context.Background(), o)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "peers:", err)
		os.Exit(1)
	}
}

// row is a line of the table.
type row struct {
	size   string
	side   int
	batch  int // of a training step; 0: one forward pass
	repeat int // repetitions in a turn
}

func (r row) String() string {
	if r.batch > 0 {
		return fmt.Sprintf("training step, %s %d, %d pictures", r.size, r.side, r.batch)
	}
	return fmt.Sprintf("forward, %s %d", r.size, r.side)
}

var rows = []row{
	{size: "T", side: 256, repeat: 8}, {size: "B", side: 256, repeat: 4}, {size: "L", side: 256, repeat: 2}, {size: "L", side: 512, repeat: 1},
	{size: "B", side: 256, batch: 8, repeat: 1},
}

// contestant is a program that is measured.
type contestant struct {
	name  string // as it calls itself
	cmd   *exec.Cmd
	in    io.WriteCloser
	out   *bufio.Scanner
	dir   string // of what it computes
	ms    []float64
	peak  float64
	about string
}

// start runs a program and waits until it is warm.
func start(ctx context.Context, dir string, env []string, args ...string) (*contestant, error) {
	c := &contestant{cmd: exec.CommandContext(ctx, args[0], args[1:]...), dir: dir}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	c.cmd.Env, c.cmd.Stderr = append(os.Environ(), env...), os.Stderr
	var err error
	if c.in, err = c.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	c.out = bufio.NewScanner(out)
	if err := c.cmd.Start(); err != nil {
		return nil, err
	}
	var hello struct{ About string }
	if err := c.answer(&hello); err != nil {
		return nil, errors.Join(err, c.stop())
	}
	c.about = hello.About
	c.name, _, _ = strings.Cut(c.about, ",")
	return c, nil
}

func (c *contestant) answer(v any) error {
	if !c.out.Scan() {
		return fmt.Errorf("%s ended before it answered: %w", strings.Join(c.cmd.Args, " "), errors.Join(c.out.Err(), io.ErrUnexpectedEOF))
	}
	return json.Unmarshal(c.out.Bytes(), v)
}

func (c *contestant) ask(v any, format string, a ...any) error {
	if _, err := fmt.Fprintf(c.in, format+"\n", a...); err != nil {
		return fmt.Errorf("%s: %w", c.name, err)
	}
	return c.answer(v)
}

// turn measures a few repetitions.
func (c *contestant) turn(repeat int, count bool) error {
	var took struct{ MS []float64 }
	if err := c.ask(&took, "run %d", repeat); err != nil {
		return err
	}
	if count {
		c.ms = append(c.ms, took.MS...)
	}
	return nil
}

func (c *contestant) stop() error {
	_ = c.in.Close()
	return c.cmd.Wait()
}

// compare measures all rows, prints them as a table and puts that into a file
// where one is named.
func compare(ctx context.Context, o options) error {
	var table strings.Builder
	say := func(format string, a ...any) {
		fmt.Printf(format+"\n", a...)
		fmt.Fprintf(&table, format+"\n", a...)
	}
	say("| median ms (10 %% – 90 %%) | Agurscope | ONNX Runtime | PyTorch | Agurscope is faster than | peak memory of each |")
	say("|---|---|---|---|---|---|")
	var abouts []string
	for _, r := range rows {
		if !strings.Contains(r.String(), o.only) {
			continue
		}
		cs, err := measure(ctx, o, r)
		if err != nil {
			return fmt.Errorf("%s: %w", r, err)
		}
		say("%s", line(r, cs))
		for _, c := range cs {
			if c != nil && !slices.Contains(abouts, c.about) {
				abouts = append(abouts, c.about)
			}
		}
	}
	slices.Sort(abouts)
	clock := "wall clock"
	if o.cpu {
		clock = "processor time"
	}
	say("\n%d rounds, %d threads, %s. %s.", o.rounds, o.threads, clock, strings.Join(abouts, "; "))
	if o.into == "" {
		return nil
	}
	return replaceTable(o.into, table.String())
}

// The marks between which a file holds the table.
const (
	tableBegins = "<!-- bench-peers -->\n"
	tableEnds   = "<!-- end of bench-peers -->"
)

// replaceTable puts the table between the marks of a file.
func replaceTable(path, table string) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	before, rest, begins := strings.Cut(string(b), tableBegins)
	_, after, ends := strings.Cut(rest, tableEnds)
	if !begins || !ends {
		return fmt.Errorf("%s has no place for the table: %s… %s", path, tableBegins, tableEnds)
	}
	return os.WriteFile(path, []byte(before+tableBegins+table+tableEnds+after), 0o644)
}

// measure runs one row; its result is ours, ONNX Runtime, PyTorch, nil for none.
func measure(ctx context.Context, o options, r row) (cs [3]*contestant, err error) {
	files, err := prepare(o.dir, r)
	if err != nil {
		return cs, err
	}
	self, err := os.Executable()
	if err != nil {
		return cs, err
	}
	kind := "forward"
	if r.batch > 0 {
		kind = "train"
	}
	threads, batch := strconv.Itoa(o.threads), strconv.Itoa(r.batch)
	defer func() {
		for _, c := range cs {
			if c != nil {
				err = errors.Join(err, c.stop())
			}
		}
	}()
	// As the program itself starts; PyTorch without freeing memory after each step.
	ours := []string{"GOMP_SPINCOUNT=1000"}
	tuned := []string{"MALLOC_MMAP_MAX_=0", "MALLOC_TRIM_THRESHOLD_=100000000000", "MALLOC_TOP_PAD_=1000000000"}
	if !o.compile {
		tuned = append(tuned, "PEERS_COMPILE=0")
	}
	dir := func(name string) string { return filepath.Join(o.dir, name) }
	if cs[0], err = start(ctx, dir("ours"), ours, self, "-serve", kind, files.recipe, files.picture, threads, batch); err != nil {
		return cs, err
	}
	if o.runtime != "" && r.batch == 0 {
		if cs[1], err = start(ctx, dir("onnxruntime"), nil, o.runtime, filepath.Join(o.scripts, "runtime.py"), files.onnx, files.picture, threads); err != nil {
			return cs, err
		}
	}
	if o.pytorch != "" {
		if cs[2], err = start(ctx, dir("pytorch"), tuned, o.pytorch, filepath.Join(o.scripts, "pytorch.py"), kind, files.recipe, files.picture, threads, batch); err != nil {
			return cs, err
		}
	}
	if err := agree(cs, r); err != nil {
		return cs, err
	}
	for round := range o.rounds + 1 { // one to warm up
		for _, c := range cs {
			if c == nil {
				continue
			}
			if err := c.turn(r.repeat, round > 0); err != nil {
				return cs, err
			}
			time.Sleep(20 * time.Millisecond) // until the threads of the last one sleep
		}
	}
	for _, c := range cs {
		var m struct{ MB float64 }
		if c != nil {
			if err := c.ask(&m, "memory"); err != nil {
				return cs, err
			}
			c.peak = m.MB
		}
	}
	return cs, nil
}

// agree checks that all compute the same of the same picture.
func agree(cs [3]*contestant, r row) error {
	if r.batch > 0 {
		return nil // the same network as in the rows above, with losses
	}
	for _, c := range cs {
		if c == nil {
			continue
		}
		if err := c.ask(&struct{}{}, "check %s", c.dir); err != nil {
			return err
		}
	}
	for _, pair := range []struct {
		a, b  *contestant
		names []string
	}{{cs[0], cs[1], []string{"reconstruction"}}, {cs[0], cs[2], []string{"reconstruction"}}, {cs[1], cs[2], []string{"reconstruction", "residual", "score"}}} {
		if pair.a == nil || pair.b == nil {
			continue
		}
		for _, name := range pair.names {
			by, err := difference(filepath.Join(pair.a.dir, name+".bin"), filepath.Join(pair.b.dir, name+".bin"))
			if err != nil {
				return err
			}
			if !(by <= 1e-4) {
				return fmt.Errorf("%s and %s differ in %s by %.2g of its range: they do not run the same network", pair.a.name, pair.b.name, name, by)
			}
		}
	}
	return nil
}

// line writes a row of the table.
func line(r row, cs [3]*contestant) string {
	var times, ratios, memory []string
	own := metrics.Quantile(cs[0].ms, .5)
	for i, c := range cs {
		if c == nil {
			times, memory = append(times, "–"), append(memory, "–")
			continue
		}
		median := metrics.Quantile(c.ms, .5)
		times = append(times, fmt.Sprintf("%.1f (%.1f–%.1f)", median, metrics.Quantile(c.ms, .1), metrics.Quantile(c.ms, .9)))
		memory = append(memory, fmt.Sprintf("%.0f", c.peak))
		if i > 0 {
			ratios = append(ratios, fmt.Sprintf("%s %.2f×", []string{"", "ONNX Runtime", "PyTorch"}[i], median/own))
		}
	}
	return fmt.Sprintf("| %s | %s | %s | %s MB |", r, strings.Join(times, " | "), strings.Join(ratios, ", "), strings.Join(memory, ", "))
}
