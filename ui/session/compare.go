package session

import (
	"math"

	"agurscope/datasets"
	"agurscope/history"
	"agurscope/nn/metrics"
)

// Rival returns a session beside this one with another recipe, on the same engine
// and set. It logs nothing. The caller closes it.
func (s *Session) Rival(path string) (*Session, error) {
	r := New(Options{Engine: s.o.Engine, Why: s.o.Why, Program: s.o.Program})
	if set := s.Set(); set != nil {
		r.UseSet(set)
	}
	if _, err := r.OpenRecipe(path); err != nil {
		return nil, err
	}
	return r, nil
}

// Comparison is two judgements of the same parts.
type Comparison struct {
	A, B  Side
	Pairs []Pair // parts that both have judged
}

// Side is one of two that are compared.
type Side struct {
	Trial   *Trial
	Matrix  Matrix     // of the pairs
	Rightly Proportion // judged as they must be, of those of which that is known
	AUROC   float64
	Latency Latency
}

// Pair is one part as both judge it.
type Pair struct {
	Item   datasets.Item
	Truth  Truth
	Want   history.Verdict // what the part must get; "" where nobody knows
	A, B   history.Verdict
	ScoreA float64 // in units of the reject threshold, so that recipes can be compared
	ScoreB float64
}

// Differ reports whether the two disagree about a part.
func (p Pair) Differ() bool { return p.A != p.B }

// Right says which of them is right where that is known: REVIEW is right only of a
// golden part that people want to see again.
func (p Pair) Right() (a, b bool) {
	return p.Want != "" && p.A == p.Want, p.Want != "" && p.B == p.Want
}

// wanted is the verdict that a part of a set must get: of a golden set the one
// that it was put there with, of any other what its label says.
func wanted(set *datasets.Set, it datasets.Item, truth Truth) history.Verdict {
	switch {
	case set != nil && set.Golden() && it.Type == goldenKinds[history.REVIEW]:
		return history.REVIEW
	case truth == TruthGood:
		return history.OK
	case truth == TruthDefect:
		return history.NG
	}
	return ""
}

// Compare judges the parts that both trials know.
func Compare(a, b *Trial) *Comparison {
	c := &Comparison{A: Side{Trial: a}, B: Side{Trial: b}}
	at := map[string]int{}
	for i := range b.pass.Parts {
		at[b.pass.Parts[i].Item.Name] = i
	}
	var scores [2][]float64
	var bad [2][]bool
	var latency [2][]float64
	var right [2]int
	known := 0
	for i := range a.pass.Parts {
		k, both := at[a.pass.Parts[i].Item.Name]
		if !both {
			continue
		}
		p, q := &a.pass.Parts[i], &b.pass.Parts[k]
		truth := a.Truth(i)
		pair := Pair{Item: p.Item, Truth: truth, Want: wanted(a.pass.Set, p.Item, truth), A: a.Verdict(i), B: b.Verdict(k), ScoreA: p.Score / a.now.Reject, ScoreB: q.Score / b.now.Reject}
		c.Pairs = append(c.Pairs, pair)
		if pair.Want != "" {
			known++
		}
		inA, inB := pair.Right()
		if inA {
			right[0]++
		}
		if inB {
			right[1]++
		}
		c.A.Matrix[truth][columnOf(pair.A)]++
		c.B.Matrix[truth][columnOf(pair.B)]++
		for n, s := range []*Scored{p, q} {
			if s.Err != nil {
				continue
			}
			latency[n] = append(latency[n], float64(s.Latency.Microseconds())/1000)
			if truth != TruthUnknown {
				scores[n], bad[n] = append(scores[n], s.Score), append(bad[n], truth == TruthDefect)
			}
		}
	}
	for n, side := range []*Side{&c.A, &c.B} {
		side.Rightly = NewProportion(right[n], known)
		side.AUROC = metrics.AUROC(scores[n], bad[n])
		side.Latency = Latency{Number(math.NaN()), Number(math.NaN())}
		if len(latency[n]) > 0 {
			side.Latency = Latency{Number(metrics.Quantile(latency[n], .5)), Number(metrics.Quantile(latency[n], .95))}
		}
	}
	return c
}

// FalseRejects and Escapes are those of a [Trial], of the pairs alone.
func (s *Side) FalseRejects() Proportion {
	return NewProportion(s.Matrix[TruthGood][2], s.Matrix.Row(TruthGood))
}

// Escapes is the share of defective parts that are OK.
func (s *Side) Escapes() Proportion {
	return NewProportion(s.Matrix[TruthDefect][0], s.Matrix.Row(TruthDefect))
}

// Reviews is the share of parts that a person has to look at.
func (s *Side) Reviews() Proportion {
	n, all := 0, 0
	for _, t := range Truths {
		n, all = n+s.Matrix[t][1], all+s.Matrix.Row(t)
	}
	return NewProportion(n, all)
}
