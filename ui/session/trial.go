package session

import (
	"context"
	"math"

	"agurscope/history"
	"agurscope/nn/segment"
)

// Trial is thresholds being tried on the parts of a pass: what they make of
// every part, with steps back and forth. It belongs to one goroutine.
type Trial struct {
	pass *Pass
	// AsGood counts parts that are not labelled among the good ones.
	asGood bool

	saved, now   Thresholds
	kept         Thresholds // at the end of the last step
	past, future []Thresholds

	cut []cut // of each part, at now's pixel thresholds
}

// NewTrial begins with the thresholds now; saved are those of the recipe.
func NewTrial(p *Pass, saved, now Thresholds) *Trial {
	t := &Trial{pass: p, saved: saved}
	t.now = t.ordered(now)
	t.kept = t.now
	t.cut, _ = p.cuts(context.Background(), t.now)
	return t
}

// Pass returns what is tried on.
func (t *Trial) Pass() *Pass { return t.pass }

// Now returns the thresholds being tried.
func (t *Trial) Now() Thresholds { return t.now }

// Saved returns the thresholds of the recipe.
func (t *Trial) Saved() Thresholds { return t.saved }

// Save makes the thresholds being tried those of the recipe.
func (t *Trial) Save() { t.saved = t.now }

// CountAsGood says whether parts that are not labelled count as good.
func (t *Trial) CountAsGood(on bool) { t.asGood = on }

// AsGood reports whether parts that are not labelled count as good.
func (t *Trial) AsGood() bool { return t.asGood }

// ordered mends thresholds that contradict each other or that the pass cannot
// judge.
func (t *Trial) ordered(th Thresholds) Thresholds {
	positive := func(v *float64, least float64) {
		if !(*v >= least) || math.IsInf(*v, 0) {
			*v = least
		}
	}
	positive(&th.Reject, 1e-9)
	positive(&th.Review, 0)
	positive(&th.MaxShare, 0)
	th.MaxShare = min(th.MaxShare, 1)
	th.Review = min(th.Review, th.Reject)
	positive(&th.High, t.pass.floor)
	if th.Mode == segment.TwoSided {
		positive(&th.Low, t.pass.floor)
		return th
	}
	positive(&th.Low, 1e-9)
	th.Low = min(th.Low, th.High)
	return th
}

// Try changes the thresholds as a drag does: many moves make one step.
func (t *Trial) Try(th Thresholds) {
	th = t.ordered(th)
	before := t.now
	t.now = th
	if before.Pixels() != th.Pixels() {
		t.cut, _ = t.pass.cuts(context.Background(), th)
	}
}

// Pixels is the part of thresholds that the regions depend on.
func (t Thresholds) Pixels() Thresholds {
	t.Review, t.Reject = 0, 0
	return t
}

// Heavy reports whether moving a pixel threshold takes longer than a frame: it
// is then measured with [Trial.Measure] away from the window.
func (t *Trial) Heavy() bool { return t.pass.kept > 16<<20 }

// Measure returns the change to the given pixel thresholds, to be applied by its
// result on the trial's own goroutine. It may run on any other.
func (t *Trial) Measure(ctx context.Context, th Thresholds) (apply func(), err error) {
	th = t.ordered(th)
	cut, err := t.pass.cuts(ctx, th)
	if err != nil {
		return nil, err
	}
	return func() {
		th.Review, th.Reject = t.now.Review, t.now.Reject // they may have moved meanwhile
		t.now, t.cut = th, cut
	}, nil
}

// Keep ends a step, which Undo takes back.
func (t *Trial) Keep() {
	if t.now == t.kept {
		return
	}
	t.past = append(t.past, t.kept)
	if len(t.past) > mostSteps {
		t.past = t.past[1:]
	}
	t.future, t.kept = nil, t.now
}

const mostSteps = 200

// Set tries thresholds as a step of its own.
func (t *Trial) Set(th Thresholds) {
	t.Keep()
	t.Try(th)
	t.Keep()
}

// CanUndo and CanRedo report whether there is a step to take.
func (t *Trial) CanUndo() bool { return len(t.past) > 0 || t.now != t.kept }

// CanRedo reports whether a step was taken back.
func (t *Trial) CanRedo() bool { return len(t.future) > 0 }

// Undo takes the last step back.
func (t *Trial) Undo() {
	t.Keep()
	t.step(&t.past, &t.future)
}

// Redo takes the step that was undone last.
func (t *Trial) Redo() {
	if t.now == t.kept {
		t.step(&t.future, &t.past)
	}
}

func (t *Trial) step(from, to *[]Thresholds) {
	if len(*from) == 0 {
		return
	}
	last := len(*from) - 1
	*to = append(*to, t.now)
	th := (*from)[last]
	*from = (*from)[:last]
	t.Try(th)
	t.kept = t.now
}

// Change is a threshold that is not as in the recipe.
type Change struct {
	Name     string // review, reject, low, high, smallest (area) or largest (share)
	From, To float64
}

// Changed reports whether anything differs from the recipe.
func (t *Trial) Changed() bool { return t.now != t.saved }

// Changes lists the numbers that differ from the recipe.
func (t *Trial) Changes() []Change {
	var out []Change
	for _, c := range []Change{
		{"review", t.saved.Review, t.now.Review}, {"reject", t.saved.Reject, t.now.Reject},
		{"low", t.saved.Low, t.now.Low}, {"high", t.saved.High, t.now.High},
		{"smallest", float64(t.saved.MinArea), float64(t.now.MinArea)},
		{"largest", t.saved.MaxShare, t.now.MaxShare},
	} {
		if c.From != c.To {
			out = append(out, c)
		}
	}
	return out
}

// Truth is what part i counts as.
func (t *Trial) Truth(i int) Truth {
	if k := t.pass.Parts[i].Truth; k != TruthUnknown || !t.asGood {
		return k
	}
	return TruthGood
}

// Verdict is what [Judge] would say of part i now.
func (t *Trial) Verdict(i int) history.Verdict { return t.verdict(i, t.now, t.cut[i]) }

func (t *Trial) verdict(i int, th Thresholds, c cut) history.Verdict {
	s := &t.pass.Parts[i]
	switch {
	case s.Err != nil:
		return history.ERROR
	case s.Doubt != nil || c == vast:
		return history.REVIEW
	case s.Score >= th.Reject || c == region:
		return history.NG
	case s.Score >= th.Review:
		return history.REVIEW
	}
	return history.OK
}

// Region reports whether a region survives on part i now.
func (t *Trial) Region(i int) bool { return t.cut[i] != clean }

// Verdicts in the order of a matrix's columns.
var Verdicts = []history.Verdict{history.OK, history.REVIEW, history.NG, history.ERROR}

// Matrix counts parts by what they are (rows, as [Truths]) and by verdict
// (columns, as [Verdicts]).
type Matrix [3][4]int

// Matrix counts what the thresholds make of the parts.
func (t *Trial) Matrix() Matrix { return t.MatrixAt(t.now) }

// MatrixAt counts what other image thresholds would make of them; the pixel
// thresholds are those being tried.
func (t *Trial) MatrixAt(th Thresholds) Matrix {
	var m Matrix
	for i := range t.pass.Parts {
		m[t.Truth(i)][columnOf(t.verdict(i, th, t.cut[i]))]++
	}
	return m
}

func columnOf(v history.Verdict) int {
	switch v {
	case history.OK:
		return 0
	case history.REVIEW:
		return 1
	case history.NG:
		return 2
	}
	return 3
}

// Row is the number of parts in a row, without those that were not inspected.
func (m Matrix) Row(t Truth) int { return m[t][0] + m[t][1] + m[t][2] }

// Cell lists the parts of a cell, the worst scores first.
func (t *Trial) Cell(truth Truth, v history.Verdict) []int {
	var out []int
	for i := range t.pass.Parts {
		if t.Truth(i) == truth && t.Verdict(i) == v {
			out = append(out, i)
		}
	}
	t.sortByScore(out)
	return out
}

// FalseRejects is the share of good parts that are NG.
func (t *Trial) FalseRejects() Proportion {
	m := t.Matrix()
	return NewProportion(m[TruthGood][2], m.Row(TruthGood))
}

// Reviews is the share of good parts that a person has to look at.
func (t *Trial) Reviews() Proportion {
	m := t.Matrix()
	return NewProportion(m[TruthGood][1], m.Row(TruthGood))
}

// Escapes is the share of defective parts that are OK.
func (t *Trial) Escapes() Proportion {
	m := t.Matrix()
	return NewProportion(m[TruthDefect][0], m.Row(TruthDefect))
}

// Recall is the share of defective parts that are NG.
func (t *Trial) Recall() Proportion {
	m := t.Matrix()
	return NewProportion(m[TruthDefect][2], m.Row(TruthDefect))
}

// TypeRow is what the thresholds make of one type of defect.
type TypeRow struct {
	Type           string
	OK, Review, NG int
	Lowest         float64 // score
}

// Types lists the types of defects in the order of their names.
func (t *Trial) Types() []TypeRow {
	rows := map[string]*TypeRow{}
	var names []string
	for i := range t.pass.Parts {
		s := &t.pass.Parts[i]
		if s.Truth != TruthDefect || s.Err != nil {
			continue
		}
		r := rows[s.Item.Type]
		if r == nil {
			r = &TypeRow{Type: s.Item.Type, Lowest: math.Inf(1)}
			rows[s.Item.Type] = r
			names = append(names, s.Item.Type)
		}
		r.Lowest = min(r.Lowest, s.Score)
		switch t.Verdict(i) {
		case history.OK:
			r.OK++
		case history.REVIEW:
			r.Review++
		default:
			r.NG++
		}
	}
	out := make([]TypeRow, 0, len(names))
	for _, n := range sorted(names) {
		out = append(out, *rows[n])
	}
	return out
}
