package mgan

import (
	"bytes"
	"encoding/gob"
	"math"
	"slices"
	"testing"

	"agurscope/nn"
)

var small = nn.Shape{2, 3, 16, 24}

func newGame(t *testing.T, e nn.Engine, ps *nn.Params) *Game {
	t.Helper()
	s, err := NewGame(e, ps, small, Config{}, 3)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// step makes a step that must not fail.
func step(t *testing.T, s *Game, real, spatial, frequency, pseudo []float32) float64 {
	t.Helper()
	loss, err := s.Step(real, spatial, frequency, pseudo)
	if err != nil {
		t.Fatal(err)
	}
	return loss
}

// flat returns a batch of pictures of one colour.
func flat(r, g, b float32) []float32 {
	x := make([]float32, small.Size())
	n := small[2] * small[3]
	for i := range x {
		x[i] = []float32{r, g, b}[i/n%3]
	}
	return x
}

func TestGameLossIsTheHingeLoss(t *testing.T) {
	real, spatial, frequency, pseudo := noise(1, small.Size()), noise(2, small.Size()), noise(3, small.Size()), noise(4, small.Size())
	one := small.Size() / small[0]
	for name, c := range map[string]struct {
		frequency, pseudo []float32
		share             float64
	}{
		"all":                 {frequency, pseudo, .5},
		"one damaged part":    {frequency, pseudo[:one], .5},
		"no damaged part":     {frequency, nil, .5},
		"no frequency branch": {nil, pseudo, 1},
	} {
		t.Run(name, func(t *testing.T) {
			onEngines(t, func(t *testing.T, e nn.Engine) {
				ps := newParams(1)
				s := newGame(t, e, ps)
				mean := func(x []float32, sign float64) float64 {
					if len(x) == 0 {
						return 0
					}
					shape := small
					shape[0] = len(x) / one
					answers, _ := judge(t, e, ps, shape, x)
					return average(answers, func(v float64) float64 { return max(0, 1-sign*v) })
				}
				want := mean(real, 1) + c.share*mean(spatial, -1) + c.share*mean(c.frequency, -1) + .5*mean(c.pseudo, -1)
				if got := step(t, s, real, spatial, c.frequency, c.pseudo); math.Abs(got-want) > 1e-4 {
					t.Errorf("loss %g, want %g", got, want)
				}
			})
		})
	}
}

func TestGameLearnsToTellApart(t *testing.T) {
	onEngines(t, func(t *testing.T, e nn.Engine) {
		s := newGame(t, e, newParams(1))
		real, fake := flat(.8, .5, .2), noise(5, small.Size())
		first, last := step(t, s, real, fake, fake, fake), 0.0
		for range 60 {
			last = step(t, s, real, fake, fake, fake)
		}
		t.Logf("loss %.3f, then %.3f", first, last)
		if last > .8*first {
			t.Errorf("60 steps bring the loss from %g to %g", first, last)
		}
	})
}

func TestGameRestsWhenItHasWon(t *testing.T) {
	onEngines(t, func(t *testing.T, e nn.Engine) {
		ps := newParams(1)
		s := newGame(t, e, ps)
		// Far outside of [0,1], so that few steps suffice.
		real, fake := flat(40, 40, -40), flat(-40, 40, 40)
		loss := math.Inf(1)
		for range 100 {
			if loss = step(t, s, real, fake, fake, fake); loss < won {
				break
			}
		}
		if loss >= won {
			t.Fatalf("the loss is still %g", loss)
		}
		before, steps := ps.Snapshot(nil), s.State().Steps
		step(t, s, real, fake, fake, fake)
		if !slices.EqualFunc(before, ps.Snapshot(nil), slices.Equal[[]float32]) || s.State().Steps != steps {
			t.Error("the critic moved although it had won")
		}
		step(t, s, fake, real, real, real)
		if s.State().Steps != steps+1 {
			t.Error("the critic rests although it loses")
		}
	})
}

func TestGameGoesOnFromItsState(t *testing.T) {
	onEngines(t, func(t *testing.T, e nn.Engine) {
		play := func(s *Game, from, to int) {
			for i := from; i < to; i++ {
				k := uint64(4 * i)
				step(t, s, noise(k, small.Size()), noise(k+1, small.Size()), noise(k+2, small.Size()), noise(k+3, small.Size()))
			}
		}
		for _, at := range []int{0, 2} {
			straight := newParams(1)
			s := newGame(t, e, straight)
			play(s, 0, at)
			var file bytes.Buffer
			if err := gob.NewEncoder(&file).Encode(s.State()); err != nil {
				t.Fatal(err)
			}
			play(s, at, 4)

			var st State
			if err := gob.NewDecoder(&file).Decode(&st); err != nil {
				t.Fatal(err)
			}
			resumed := newParams(77)
			r := newGame(t, e, resumed)
			if err := r.Restore(st); err != nil {
				t.Fatal(err)
			}
			play(r, at, 4)
			if !slices.EqualFunc(straight.Snapshot(nil), resumed.Snapshot(nil), slices.Equal[[]float32]) {
				t.Errorf("resumed at step %d, the critic is another", at)
			}
		}
	})
}

func TestGameRefusesWhatDoesNotFit(t *testing.T) {
	onEngines(t, func(t *testing.T, e nn.Engine) {
		s := newGame(t, e, newParams(1))
		x := noise(1, small.Size())
		step(t, s, x, x, x, x)
		for i, b := range [][4][]float32{{x[1:], x, x, x}, {x, nil, x, x}, {x, x, x[1:], x}, {x, x, x, x[1:]}, {x, x, x, append(x[:len(x):len(x)], x...)}} {
			if _, err := s.Step(b[0], b[1], b[2], b[3]); err == nil {
				t.Errorf("batch %d was taken", i)
			}
		}
		for i, spoil := range []func(*State){
			func(st *State) { *st = State{} },
			func(st *State) { st.Values[1] = nil },
			func(st *State) { st.Left = st.Left[1:] },
			func(st *State) { st.Right[0] = append(st.Right[0], 1) },
			func(st *State) { st.Steps = 0 },
			func(st *State) { st.Steps = -1 },
			func(st *State) { st.First = nil },
			func(st *State) { st.Second[0] = nil },
		} {
			st := s.State()
			spoil(&st)
			if s.Restore(st) == nil {
				t.Errorf("state %d was taken", i)
			}
		}
		if _, err := NewGame(e, newParams(1), small, Config{Size: "X"}, 1); err == nil {
			t.Error("an unknown size was taken")
		}
		if _, err := NewGame(e, newParams(1), nn.Shape{1, 3, 4, 4}, Config{}, 1); err == nil {
			t.Error("a picture without room for a patch was taken")
		}
		x[0] = float32(math.NaN())
		if _, err := s.Step(x, x, x, x); err == nil {
			t.Error("a picture that is not a number was taken")
		}
	})
}
