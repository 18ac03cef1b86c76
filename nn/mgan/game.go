package mgan

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"agurscope/nn"
	"agurscope/nn/optim"
)

const (
	criticRate   = 2e-4 // learning rate, constant
	pseudoWeight = .5   // of damaged parts, w_pa
	won          = .05  // hinge loss below which the critic rests
)

// ErrDiverged is wrapped when the critic's loss stops being a number.
var ErrDiverged = errors.New("the critic diverged")

// Game plays the critic's side: it teaches the critic to tell good parts from
// what the generators return and from damaged parts, by the hinge loss
//
//	E max(0,1−D(I)) + ½·E max(0,1+D(Î_S)) + ½·E max(0,1+D(Î_F)) + ½·E max(0,1+D(I_pa))
//
// and Adam with β (0.5, 0.999). While the critic wins too clearly it rests, for
// it would have nothing to tell the generators.
type Game struct {
	g        *nn.Graph
	p        nn.Program
	batch    nn.Shape
	pictures *nn.Node // 4N: real, spatial, frequency, pseudo
	targets  *nn.Node
	loss     *nn.Node

	critic   []*nn.Param
	spectral *Spectral
	adam     optim.AdamW

	x, t, one []float32
}

// NewGame compiles the critic's step for batches of that shape (N,3,H,W) on e.
// The critic's parameters are those of ps, made now if they are not there; from
// now on they hold normalised weights. Seed starts the power method.
func NewGame(e nn.Engine, ps *nn.Params, shape nn.Shape, c Config, seed uint64) (*Game, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	s := &Game{g: nn.NewGraph(ps), batch: shape}
	four := shape
	four[0] *= 4
	if err := nn.Try(func() {
		s.pictures = s.g.Input("pictures", four)
		s.targets = s.g.Input("targets", nn.Shape{four[0], 1, 1, 1})
		answers, _ := c.Critic(s.g, s.pictures)
		s.loss = s.g.CriticLoss(answers, s.targets, false)
	}); err != nil {
		return nil, fmt.Errorf("critic: %w", err)
	}
	s.g.Minimise("critic", s.loss, 1)
	p, err := e.Compile(s.g, nn.Training)
	if err != nil {
		return nil, fmt.Errorf("critic: %w", err)
	}
	s.p = p
	for _, p := range optim.Trained(ps) {
		if IsCritic(p) {
			s.critic = append(s.critic, p)
		}
	}
	s.spectral = NewSpectral(s.critic, seed)
	s.adam = optim.AdamW{Beta1: .5, Decay: -1}
	s.x, s.t = make([]float32, four.Size()), make([]float32, four[0])
	return s, nil
}

// Step makes one step of the critic and returns its loss before. All are
// pictures of the batch's extent: N real ones, N of the spatial generator, N of
// the frequency generator or none, and up to N damaged ones. Only pictures that
// do show damage belong in pseudo: the others are good parts.
func (s *Game) Step(real, spatial, frequency, pseudo []float32) (loss float64, err error) {
	size := s.batch.Size()
	if len(real) != size || len(spatial) != size || len(frequency) != size && len(frequency) != 0 ||
		len(pseudo) > size || len(pseudo)%(size/s.batch[0]) != 0 {
		return 0, fmt.Errorf("critic: %d, %d, %d and %d values do not fit a batch of %v", len(real), len(spatial), len(frequency), len(pseudo), s.batch)
	}
	share := float32(.5)
	if len(frequency) == 0 {
		share = 1
	}
	s.put(0, real, 1)
	s.put(1, spatial, -share)
	s.put(2, frequency, -share)
	s.put(3, pseudo, -pseudoWeight)
	s.p.Set(s.pictures, s.x)
	s.p.Set(s.targets, s.t)
	if err := s.p.Forward(); err != nil {
		return 0, fmt.Errorf("critic: %w", err)
	}
	s.one = s.p.Get(s.loss, s.one)
	loss = float64(s.one[0])
	if math.IsNaN(loss) || math.IsInf(loss, 0) {
		return loss, fmt.Errorf("%w: its loss is %g", ErrDiverged, loss)
	}
	if loss < won {
		return loss, nil
	}
	if err := s.p.Backward(); err != nil {
		return loss, fmt.Errorf("critic: %w", err)
	}
	s.spectral.Gradient()
	s.spectral.Update(func() { s.adam.Step(s.critic, criticRate) })
	return loss, nil
}

// put lays pictures into quarter k of the batch, with targets that sum to
// weight. Places left over weigh nothing.
func (s *Game) put(k int, pictures []float32, weight float32) {
	n, size := s.batch[0], s.batch.Size()
	copy(s.x[k*size:], pictures)
	t := s.t[k*n : (k+1)*n]
	clear(t)
	have := len(pictures) / (size / n)
	for i := range have {
		t[i] = weight / float32(have)
	}
}

// Bytes is the memory that the game's program holds.
func (s *Game) Bytes() int64 { return s.p.Bytes() }

// Close frees the program.
func (s *Game) Close() error { return s.p.Close() }

// State is what a game needs to go on as if it had not been interrupted.
type State struct {
	Values        [][]float32 // of the critic's parameters, weights not normalised
	Left, Right   [][]float32 // singular vectors u and v of each weight
	Steps         int         // of Adam
	First, Second [][]float32 // Adam's moments
}

// State returns a copy of the game's state.
func (s *Game) State() State {
	st := State{Steps: s.adam.Steps, First: clone(s.adam.M), Second: clone(s.adam.V)}
	for _, p := range s.critic {
		st.Values = append(st.Values, slices.Clone(p.Data()))
	}
	for _, n := range s.spectral.layers {
		st.Values[slices.Index(s.critic, n.p)] = slices.Clone(n.raw)
		st.Left, st.Right = append(st.Left, slices.Clone(n.u)), append(st.Right, slices.Clone(n.v))
	}
	return st
}

// Restore takes up a game of the same critic where State was called.
func (s *Game) Restore(st State) error {
	if !s.fits(st) {
		return errors.New("critic: the saved state belongs to another critic")
	}
	for i, p := range s.critic {
		copy(p.Data(), st.Values[i])
	}
	for i, n := range s.spectral.layers {
		copy(n.raw, n.p.Data())
		copy(n.u, st.Left[i])
		copy(n.v, st.Right[i])
	}
	s.spectral.normalise()
	s.adam.Steps, s.adam.M, s.adam.V = st.Steps, clone(st.First), clone(st.Second)
	return nil
}

// fits reports whether every length is that of this game.
func (s *Game) fits(st State) bool {
	var values, left, right []int
	for _, p := range s.critic {
		values = append(values, len(p.Data()))
	}
	for _, n := range s.spectral.layers {
		left, right = append(left, len(n.u)), append(right, len(n.v))
	}
	moments := values
	if st.Steps == 0 {
		moments = nil
	}
	return st.Steps >= 0 && slices.Equal(lengths(st.Values), values) &&
		slices.Equal(lengths(st.Left), left) && slices.Equal(lengths(st.Right), right) &&
		slices.Equal(lengths(st.First), moments) && slices.Equal(lengths(st.Second), moments)
}

func lengths(v [][]float32) []int {
	var n []int
	for _, x := range v {
		n = append(n, len(x))
	}
	return n
}

func clone(v [][]float32) [][]float32 {
	var c [][]float32
	for _, x := range v {
		c = append(c, slices.Clone(x))
	}
	return c
}
