//go:build linux

package main

import (
	"bufio"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"agurscope/nn"
	"agurscope/nn/anomaly"
	"agurscope/nn/onednn"
)

// files of a row, which all programs read.
type files struct{ recipe, onnx, picture string }

// prepare writes a recipe of random weights, its export and a picture.
func prepare(dir string, r row) (f files, err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return f, err
	}
	stem := filepath.Join(dir, fmt.Sprintf("%s-%d", r.size, r.side))
	f = files{stem + ".agur", stem + ".onnx", stem + ".bin"}
	m, err := anomaly.NewModel(anomaly.Network{Size: r.size, Width: r.side, Height: r.side}, 1)
	if err != nil {
		return f, err
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for _, p := range m.Params.All { // normalisations must do something
		for i := range p.Data() {
			switch {
			case strings.HasSuffix(p.Name, ".var"), strings.HasSuffix(p.Name, ".gamma"):
				p.Data()[i] = .5 + rng.Float32()
			case p.Role != nn.Weight:
				p.Data()[i] += .1 * (rng.Float32() - .5)
			}
		}
	}
	recipe := &anomaly.Recipe{Name: "bench", Created: time.Unix(0, 0), Model: m}
	if err := recipe.Save(f.recipe); err != nil {
		return f, err
	}
	model, err := recipe.ONNX("bench")
	if err != nil {
		return f, err
	}
	out, err := os.Create(f.onnx)
	if err != nil {
		return f, err
	}
	if _, err := model.WriteTo(out); err != nil {
		return f, errors.Join(err, out.Close())
	}
	if err := out.Close(); err != nil {
		return f, err
	}
	return f, write(f.picture, picture(r.side, 1).Pix)
}

// picture is soft light with noise.
func picture(side int, seed uint64) *nn.Image {
	rng := rand.New(rand.NewPCG(seed, 3))
	x := nn.NewImage(3, side, side)
	for i := range x.Pix {
		at := float64(i%side+i/side%side) / float64(side)
		x.Pix[i] = float32(.5+.3*math.Sin(9*at+float64(seed))) + .1*rng.Float32()
	}
	return x
}

// serveOurs is this program as it is measured; see peer.py for the commands.
func serveOurs(kind string, args []string) error {
	if len(args) != 4 {
		return errors.New("want RECIPE PICTURE THREADS BATCH")
	}
	threads, err := strconv.Atoi(args[2])
	if err != nil {
		return err
	}
	batch, err := strconv.Atoi(args[3])
	if err != nil {
		return err
	}
	e, err := onednn.Open(onednn.Options{Threads: threads})
	if err != nil {
		return err
	}
	defer e.Close()
	r, err := anomaly.LoadRecipe(args[0])
	if err != nil {
		return err
	}
	pix, err := read(args[1])
	if err != nil {
		return err
	}
	n := r.Model.Network
	x := &nn.Image{C: 3, H: n.Height, W: n.Width, Pix: pix}
	once, check := func() error { return nil }, func(string) error { return nil }
	if kind == "train" {
		t := startTraining(e, n, batch)
		defer t.stop()
		once = t.step
	} else {
		normals := []*nn.Image{picture(n.Width, 2), picture(n.Width, 3)}
		if err := anomaly.Calibrate(context.Background(), e, r, anomaly.AsIs(normals), anomaly.CalibrateOptions{}); err != nil {
			return err
		}
		d, err := anomaly.NewDetector(e, r)
		if err != nil {
			return err
		}
		defer d.Close()
		once = func() error { return d.Forward(x) }
		check = func(dir string) error {
			p, err := d.Detect(context.Background(), &anomaly.Prepared{Input: x})
			if err != nil {
				return err
			}
			return write(filepath.Join(dir, "reconstruction.bin"), p.Reconstruction.Pix)
		}
	}
	return obey("Agurscope, "+e.Describe(), once, check)
}

// obey answers commands until there are no more.
func obey(about string, once func() error, check func(dir string) error) error {
	for range 2 {
		if err := once(); err != nil {
			return err
		}
	}
	answer := json.NewEncoder(os.Stdout)
	if err := answer.Encode(map[string]string{"about": about}); err != nil {
		return err
	}
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		command, rest, _ := strings.Cut(in.Text(), " ")
		reply := map[string]any{}
		switch command {
		case "check":
			if err := check(rest); err != nil {
				return err
			}
		case "run":
			count, err := strconv.Atoi(rest)
			if err != nil {
				return err
			}
			took := make([]float64, count)
			for i := range took {
				begin := clock()
				if err := once(); err != nil {
					return err
				}
				took[i] = float64(clock()-begin) / float64(time.Millisecond)
			}
			reply["ms"] = took
		case "memory":
			peak, err := peakMemory()
			if err != nil {
				return err
			}
			reply["mb"] = peak
		}
		if err := answer.Encode(reply); err != nil {
			return err
		}
	}
	return nil
}

// clock reads the time, or the processor time of this process, which other
// programs do not stretch.
func clock() time.Duration {
	if os.Getenv("PEERS_CLOCK") != "cpu" {
		return time.Since(started)
	}
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err) // the system has it or not
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

var started = time.Now()

// training is a run that does one step when told.
type training struct {
	next, done chan struct{}
	ended      chan error
	cancel     context.CancelFunc
}

func startTraining(e nn.Engine, n anomaly.Network, batch int) *training {
	ctx, cancel := context.WithCancel(context.Background())
	t := &training{next: make(chan struct{}), done: make(chan struct{}), ended: make(chan error, 1), cancel: cancel}
	var normals []*nn.Image
	for i := range batch {
		normals = append(normals, picture(n.Width, uint64(i)))
	}
	go func() {
		wait := func() {
			select {
			case <-t.next:
			case <-ctx.Done():
			}
		}
		wait()
		_, _, err := anomaly.Train(ctx, e, n, normals, anomaly.TrainOptions{Steps: 1 << 20, Batch: batch, SaveEvery: time.Hour}, func(anomaly.Progress) {
			select {
			case t.done <- struct{}{}:
				wait()
			case <-ctx.Done():
			}
		})
		t.ended <- err
	}()
	return t
}

// step does one step: the first also prepares the training.
func (t *training) step() error {
	t.next <- struct{}{}
	select {
	case <-t.done:
		return nil
	case err := <-t.ended:
		return err
	}
}

func (t *training) stop() {
	t.cancel()
	<-t.ended
}

// peakMemory is what Linux says of this process, in MB.
func peakMemory() (float64, error) {
	b, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(b)) {
		if f := strings.Fields(line); len(f) > 1 && f[0] == "VmHWM:" {
			kib, err := strconv.ParseFloat(f[1], 64)
			return kib / 1024, err
		}
	}
	return 0, errors.New("/proc/self/status does not say VmHWM")
}

func write(path string, x []float32) error {
	var b []byte
	for _, v := range x {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
	}
	return os.WriteFile(path, b, 0o644)
}

func read(path string) ([]float32, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	x := make([]float32, len(b)/4)
	for i := range x {
		x[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
	}
	return x, nil
}

// difference of two files of numbers, in units of the range of the second.
func difference(a, b string) (float64, error) {
	x, err := read(a)
	if err != nil {
		return 0, err
	}
	y, err := read(b)
	if err != nil {
		return 0, err
	}
	if len(x) != len(y) || len(x) == 0 {
		return 0, fmt.Errorf("%s and %s have %d and %d numbers", a, b, len(x), len(y))
	}
	d := 0.0
	for i := range x {
		d = max(d, math.Abs(float64(x[i])-float64(y[i])))
		if math.IsNaN(d) {
			return d, nil
		}
	}
	return d / float64(slices.Max(y)-slices.Min(y)), nil
}
