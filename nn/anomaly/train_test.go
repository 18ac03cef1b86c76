//go:build onednn

package anomaly

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"agurscope/nn"
	"agurscope/nn/onednn"
)

// oneThread opens the engine on one thread: tests share the machine.
func oneThread(t *testing.T) nn.Engine {
	t.Helper()
	e, err := onednn.Open(onednn.Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e
}

// trained is the network of these tests: everything on, as small as can be.
var trained = Network{Size: "T", Width: 32, Height: 32}

const trainSteps = 12

func trainOptions(path string) TrainOptions {
	return TrainOptions{Steps: trainSteps, Batch: 2, Seed: 7, Checkpoint: path, Manifest: "these images"}
}

func trainImages() []*nn.Image { return noises(3, 6, 32, 32) }

// straight trains without interruption.
func straight(t *testing.T, e nn.Engine, o TrainOptions) [][]float32 {
	t.Helper()
	m, s, err := Train(context.Background(), e, trained, trainImages(), o, nil)
	if err != nil {
		t.Fatal(err)
	}
	if s.Steps != o.Steps || s.Resumed {
		t.Errorf("summary %+v of %d steps", s, o.Steps)
	}
	return m.Params.Snapshot(nil)
}

// interrupted trains until so many steps are done and is then cancelled.
func interrupted(t *testing.T, e nn.Engine, o TrainOptions, steps int) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	last := 0
	m, _, err := Train(ctx, e, trained, trainImages(), o, func(p Progress) {
		if last = p.Step; p.Step == steps {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) || m != nil {
		t.Fatalf("a cancelled training returned %v, %v", m, err)
	}
	if last != steps {
		t.Fatalf("%d steps were made, want none after the %dth", last, steps)
	}
}

func TestTrainingRepeatsBitForBit(t *testing.T) {
	e := oneThread(t)
	o := trainOptions("")
	want := straight(t, e, o)
	if !sameBits(want, straight(t, e, o)) {
		t.Error("the same seed gives other weights")
	}
	o.Seed++
	if sameBits(want, straight(t, e, o)) {
		t.Error("another seed gives the same weights")
	}
	m, err := NewModel(trained, trainOptions("").Seed)
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range m.Params.All {
		if slices.Equal(p.Data(), want[i]) {
			t.Errorf("%s was not trained", p.Name)
		}
	}
}

func TestResumedTrainingEqualsAnUninterruptedOne(t *testing.T) {
	e := oneThread(t)
	want := straight(t, e, trainOptions(""))
	for _, stops := range [][]int{{1}, {5}, {trainSteps - 1}, {3, 4, 8}} {
		o := trainOptions(filepath.Join(t.TempDir(), "c"))
		for _, k := range stops {
			interrupted(t, e, o, k)
			o.Resume = true
		}
		first := 0
		m, s, err := Train(context.Background(), e, trained, trainImages(), o, func(p Progress) {
			if first == 0 {
				first = p.Step
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		if last := stops[len(stops)-1]; first != last+1 || !s.Resumed || s.Steps != trainSteps {
			t.Errorf("stopped after %v: went on with step %d, %+v", stops, first, s)
		}
		if !sameBits(want, m.Params.Snapshot(nil)) {
			t.Errorf("stopped after %v: weights or statistics differ from those of a straight run", stops)
		}
	}
}

// TestAFinishedTrainingCanBeFinishedAgain: when calibrating or saving fails,
// the work is not lost.
func TestAFinishedTrainingCanBeFinishedAgain(t *testing.T) {
	e := oneThread(t)
	o := trainOptions(filepath.Join(t.TempDir(), "c"))
	want := straight(t, e, o)
	o.Resume = true
	m, s, err := Train(context.Background(), e, trained, trainImages(), o, func(Progress) { t.Error("a step was made") })
	if err != nil {
		t.Fatal(err)
	}
	if !s.Resumed || s.Steps != trainSteps || math.IsNaN(s.Loss) {
		t.Errorf("summary %+v", s)
	}
	if !sameBits(want, m.Params.Snapshot(nil)) {
		t.Error("the weights differ from those of the first time")
	}
}

func TestResumeWithoutCheckpointStartsAnew(t *testing.T) {
	e := oneThread(t)
	o := trainOptions(filepath.Join(t.TempDir(), "none"))
	o.Resume, o.Steps = true, 2
	_, s, err := Train(context.Background(), e, trained, trainImages(), o, nil)
	if err != nil || s.Resumed || s.Steps != 2 {
		t.Errorf("%+v, %v", s, err)
	}
}

func TestCheckpointsThatDoNotFitAreRefused(t *testing.T) {
	e := oneThread(t)
	path := filepath.Join(t.TempDir(), "c")
	interrupted(t, e, trainOptions(path), 3)
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	flipped := slices.Clone(good)
	flipped[len(flipped)/2] ^= 1
	for _, c := range []struct {
		name string
		file []byte
		net  Network
		o    func(*TrainOptions)
		want string
	}{
		{"a flipped bit", flipped, trained, nil, "damaged"},
		{"cut short", good[:len(good)-100], trained, nil, "damaged"},
		{"shorter than its hash", good[:9], trained, nil, "damaged"},
		{"empty", nil, trained, nil, "damaged"},
		{"text", []byte("a text file that is longer than a hash"), trained, nil, "damaged"},
		{"another network", good, Network{Size: "T", Width: 32, Height: 48}, nil, "another network"},
		{"another flag", good, Network{Size: "T", Width: 32, Height: 32, Without: Without{ECA: true}}, nil, "another network"},
		{"another seed", good, trained, func(o *TrainOptions) { o.Seed++ }, "seed"},
		{"another batch", good, trained, func(o *TrainOptions) { o.Batch++ }, "batch"},
		{"another rate", good, trained, func(o *TrainOptions) { o.Rate = .1 }, "learning rate"},
		{"other damage", good, trained, func(o *TrainOptions) { o.Mix.Clean = .5 }, "damage"},
		{"other jitter", good, trained, func(o *TrainOptions) { o.Jitter.FlipX = true }, "damage"},
		{"windows", good, Network{Size: "T", Width: 48, Height: 48}, func(o *TrainOptions) { o.Crop = 32; o.Rate = .1 }, "learning rate"},
		{"other images", good, trained, func(o *TrainOptions) { o.Manifest = "others" }, "images have changed"},
	} {
		if err := os.WriteFile(path, c.file, 0o600); err != nil {
			t.Fatal(err)
		}
		o := trainOptions(path)
		o.Resume = true
		if c.o != nil {
			c.o(&o)
		}
		_, _, err := Train(context.Background(), e, c.net, noises(3, 2, c.net.Width, c.net.Height), o, func(Progress) { t.Error("a step was made") })
		if !errors.Is(err, ErrCheckpoint) || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), path) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want one sentence with %q", c.name, err, c.want)
		}
		if now, _ := os.ReadFile(path); !slices.Equal(now, c.file) {
			t.Errorf("%s: the checkpoint changed", c.name)
		}
	}
}

// TestKilledTrainingLosesNothingSaved kills another process in the middle of
// a training and goes on from what it left.
func TestKilledTrainingLosesNothingSaved(t *testing.T) {
	path := filepath.Join(t.TempDir(), "c")
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	child := exec.Command(exe, "-test.run=^TestTrainUntilKilled$", "-test.count=1")
	child.Env = append(os.Environ(), "AGURSCOPE_TEST_CHECKPOINT="+path)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	seen := 0
	for lines := bufio.NewScanner(out); seen < 5 && lines.Scan(); {
		if n, ok := strings.CutPrefix(lines.Text(), "step "); ok {
			if seen, err = strconv.Atoi(n); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait() // it was killed
	if seen < 5 {
		t.Fatalf("the other process made %d steps", seen)
	}
	e := oneThread(t)
	o := trainOptions(path)
	o.Resume = true
	first := 0
	m, s, err := Train(context.Background(), e, trained, trainImages(), o, func(p Progress) {
		if first == 0 {
			first = p.Step
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	// It saved after every step, and said so before saving.
	if !s.Resumed || first < seen {
		t.Errorf("step %d was reached and the one before it saved, but training goes on with step %d (%+v)", seen, first, s)
	}
	if !sameBits(straight(t, e, trainOptions("")), m.Params.Snapshot(nil)) {
		t.Error("the weights differ from those of a straight run")
	}
}

// TestTrainUntilKilled is the other process of the test above.
func TestTrainUntilKilled(t *testing.T) {
	path := os.Getenv("AGURSCOPE_TEST_CHECKPOINT")
	if path == "" {
		t.Skip("runs as the process that TestKilledTrainingLosesNothingSaved kills")
	}
	o := trainOptions(path)
	o.SaveEvery = time.Nanosecond
	_, _, err := Train(context.Background(), oneThread(t), trained, trainImages(), o, func(p Progress) {
		fmt.Printf("step %d\n", p.Step)
		if p.Step == trainSteps-2 {
			select {} // wait for the end
		}
	})
	t.Fatalf("survived: %v", err)
}

func TestTrainingThatDivergesSaysSo(t *testing.T) {
	o := trainOptions(filepath.Join(t.TempDir(), "c"))
	o.Rate, o.Steps = 1e30, 40
	m, _, err := Train(context.Background(), oneThread(t), trained, trainImages(), o, nil)
	if !errors.Is(err, ErrDiverged) || m != nil {
		t.Fatalf("%v, %v, want ErrDiverged", m, err)
	}
	if _, err := os.Stat(o.Checkpoint); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a checkpoint of a diverged training: %v", err)
	}
}

// poisoned is an engine whose gradients are broken in the second step. The loss
// would not show it: ReLU makes zeros of what is not a number.
type poisoned struct{ nn.Engine }

func (e poisoned) Compile(g *nn.Graph, m nn.Mode) (nn.Program, error) {
	p, err := e.Engine.Compile(g, m)
	return &poisonedProgram{Program: p, g: g}, err
}

type poisonedProgram struct {
	nn.Program
	g     *nn.Graph
	steps int
}

func (p *poisonedProgram) Backward() error {
	err := p.Program.Backward()
	if p.steps++; p.steps == 2 {
		p.g.Params.All[0].GradData()[0] = float32(math.Inf(1))
	}
	return err
}

func TestBrokenGradientsEndTheTraining(t *testing.T) {
	o, steps := trainOptions(""), 0
	_, _, err := Train(context.Background(), poisoned{oneThread(t)}, trained, trainImages(), o, func(Progress) { steps++ })
	if !errors.Is(err, ErrDiverged) || steps != 1 {
		t.Errorf("after %d steps: %v, want ErrDiverged after one", steps, err)
	}
}

// TestWeightsThatDivergeInTheLastStepAreNoticed: no loss is computed after it.
func TestWeightsThatDivergeInTheLastStepAreNoticed(t *testing.T) {
	o := trainOptions("")
	o.Rate, o.Steps = math.MaxFloat64, 1
	if m, _, err := Train(context.Background(), oneThread(t), trained, trainImages(), o, nil); !errors.Is(err, ErrDiverged) {
		t.Errorf("%v, %v, want ErrDiverged", m, err)
	}
}

func TestTrainRefuses(t *testing.T) {
	for name, f := range map[string]func() error{
		"no images": func() error {
			_, _, err := Train(context.Background(), &fakeEngine{}, trained, nil, TrainOptions{}, nil)
			return err
		},
		"a network that is none": func() error {
			_, _, err := Train(context.Background(), &fakeEngine{}, Network{Size: "Q"}, trainImages(), TrainOptions{}, nil)
			return err
		},
		"images of another size": func() error {
			_, _, err := Train(context.Background(), &fakeEngine{}, trained, noises(3, 2, 32, 48), TrainOptions{}, nil)
			return err
		},
		"an engine that cannot": func() error {
			_, _, err := Train(context.Background(), &fakeEngine{refuse: errors.New("broken")}, trained, trainImages(), TrainOptions{}, nil)
			return err
		},
		"a checkpoint nowhere": func() error {
			o := trainOptions(filepath.Join(t.TempDir(), "missing", "c"))
			o.Steps = 1
			_, _, err := Train(context.Background(), oneThread(t), trained, trainImages(), o, nil)
			return err
		},
	} {
		if f() == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestProgressTellsTheTruth(t *testing.T) {
	o := trainOptions("")
	var all []Progress
	_, s, err := Train(context.Background(), oneThread(t), trained, trainImages(), o, func(p Progress) { all = append(all, p) })
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != trainSteps {
		t.Fatalf("%d reports of %d steps", len(all), trainSteps)
	}
	weights := map[string]float64{"l1": 1, "ssim": .5, "spectrum": .1, "focal": 5, "deviation": .05}
	sum := 0.0
	for i, p := range all {
		if p.Step != i+1 || p.Steps != trainSteps || p.Elapsed <= 0 || !(p.Rate > 0) {
			t.Errorf("report %d: %+v", i, p)
		}
		loss := 0.0
		for name, v := range p.Terms {
			loss += weights[name] * v
		}
		if len(p.Terms) != len(weights) || math.Abs(loss-p.Loss) > 1e-5*p.Loss {
			t.Errorf("step %d: loss %g, its terms %v give %g", p.Step, p.Loss, p.Terms, loss)
		}
		if i >= trainSteps-10 {
			sum += p.Loss / 10
		}
	}
	if all[0].Clean == nil || all[0].Damaged == nil || all[0].Reconstruction == nil || !finite(all[0].Reconstruction.Pix) {
		t.Error("no look at the work in the first report")
	}
	// The last tenth of twelve steps, at least ten.
	if math.Abs(s.Loss-sum) > 1e-9 || !(s.ImagesPerSecond > 0) || !(s.Seconds > 0) {
		t.Errorf("summary %+v, want a loss of %g", s, sum)
	}
	if last := all[len(all)-1]; last.Remaining != 0 {
		t.Errorf("%v remain after the last step", last.Remaining)
	}
}

func TestMaxTimeEndsTheTraining(t *testing.T) {
	o := trainOptions("")
	o.Steps, o.MaxTime = 1<<20, 300*time.Millisecond
	var rates []float64
	_, s, err := Train(context.Background(), oneThread(t), trained, trainImages(), o, func(p Progress) { rates = append(rates, p.Rate) })
	if err != nil {
		t.Fatal(err)
	}
	if s.Steps < 1 || s.Steps >= o.Steps || s.Seconds < .3 {
		t.Errorf("summary %+v of a training cut after %v", s, o.MaxTime)
	}
}

// TestFeedDoesNotDependOnWhereItStarts: batches of a resumed run are those of
// a straight one.
func TestFeedDoesNotDependOnWhereItStarts(t *testing.T) {
	n := trained
	n.MGAN = "band"
	batches := func(from, to int) (out [][]float32) {
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		f := &feeder{normals: trainImages(), network: n, seed: 5, size: 2}
		f.start(ctx)
		for s := from; s < to; s++ {
			f.ask(s, (&replay{}).draw(5, s, 2, 0))
			b, err := f.next(ctx, s)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, slices.Concat(b.clean, b.damaged, b.mask, b.high, b.target, b.low))
		}
		return out
	}
	all := batches(0, 9)
	for from := 1; from < 9; from++ {
		if !sameBits(all[from:], batches(from, 9)) {
			t.Errorf("batches from step %d on differ", from)
		}
	}
	if slices.Equal(all[0], all[1]) {
		t.Error("two steps have the same batch")
	}
}

// TestTheSamePictureHasTheSameBits, from one detector, from another, and from
// a recipe that went through its file.
func TestTheSamePictureHasTheSameBits(t *testing.T) {
	e := oneThread(t)
	m, err := NewModel(trained, 1)
	if err != nil {
		t.Fatal(err)
	}
	r := &Recipe{Model: m}
	if err := Calibrate(context.Background(), e, r, AsIs(trainImages()), CalibrateOptions{Alignment: Registered}); err != nil {
		t.Fatal(err)
	}
	loaded, err := ParseRecipe(bytesOf(t, r))
	if err != nil {
		t.Fatal(err)
	}
	pictures := noises(8, 3, 32, 32)
	var first []*Prediction
	for _, r := range []*Recipe{r, loaded} {
		d, err := NewDetector(e, r)
		if err != nil {
			t.Fatal(err)
		}
		for round := range 2 {
			for i, x := range pictures {
				p, err := detect(d, x)
				if err != nil {
					t.Fatal(err)
				}
				if len(first) < len(pictures) {
					first = append(first, p)
					continue
				}
				want := first[i]
				a := [][]float32{p.Map.Pix, p.Signed.Pix, p.Reconstruction.Pix, p.Embedding}
				b := [][]float32{want.Map.Pix, want.Signed.Pix, want.Reconstruction.Pix, want.Embedding}
				if p.Score != want.Score || !sameBits(a, b) {
					t.Errorf("picture %d, round %d: score %v, want %v, or other maps", i, round, p.Score, want.Score)
				}
			}
		}
		if err := d.Close(); err != nil {
			t.Error(err)
		}
		if _, err := detect(d, pictures[0]); !errors.Is(err, ErrClosed) {
			t.Errorf("after close: %v", err)
		}
	}
	if first[0].Score == first[1].Score {
		t.Error("different pictures have the same score")
	}
}

// The time that a training is kept waiting counts for nothing.
func TestHeldTrainingMakesAllItsSteps(t *testing.T) {
	held := 0
	o := trainOptions("")
	o.Steps, o.MaxTime, o.Hold = 5, time.Hour, func(context.Context) time.Duration {
		held++
		return time.Hour // longer than the whole budget, each time
	}
	_, s, err := Train(t.Context(), oneThread(t), trained, trainImages(), o, nil)
	if err != nil {
		t.Fatal(err)
	}
	if s.Steps != 5 || held != 5 || s.Stopped != BySteps {
		t.Errorf("%d steps, held %d times, ended %v", s.Steps, held, s.Stopped)
	}
}
