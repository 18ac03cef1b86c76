package spc

import (
	"cmp"
	"math"
	"slices"

	"agurscope/history"
)

// Part is one part of a repeatability study: what each run said of it, in the
// order of the runs, and the truth where somebody knows it.
type Part struct {
	Name      string
	Verdicts  []history.Verdict
	Reference history.Verdict // "" unknown
}

// Trials matches the parts of several runs, by part number or else by name, and
// leaves out those that one of the runs lacks. Where a run has seen a part twice
// the last time counts. A person's override is the reference.
func Trials(runs ...[]history.Record) []Part {
	type seen struct {
		verdicts  []history.Verdict
		reference history.Verdict
		runs      int
	}
	parts := map[string]*seen{}
	for i, run := range runs {
		for _, r := range run {
			name := cmp.Or(r.Part, r.Name)
			p := parts[name]
			if p == nil {
				p = &seen{verdicts: make([]history.Verdict, len(runs))}
				parts[name] = p
			}
			if p.verdicts[i] == "" {
				p.runs++
			}
			p.verdicts[i] = r.Verdict
			if r.Reviewed != "" {
				p.reference = r.Reviewed
			}
		}
	}
	var out []Part
	for name, p := range parts {
		if p.runs == len(runs) {
			out = append(out, Part{name, p.verdicts, p.reference})
		}
	}
	slices.SortFunc(out, func(a, b Part) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

// Study is what a repeatability study found.
type Study struct {
	Parts, Runs int
	Agreement   Rate    // parts on which all runs agree
	Fleiss      float64 // kappa over all runs; NaN where it is not defined
	Cohen       float64 // kappa of two runs, mean over all pairs of runs; NaN where none is defined
	Reference   Rate    // of the parts with a reference: all runs say the same as it
	Accuracy    float64 // kappa of a run with the reference, mean over runs
	Unstable    []Part  // on which the runs disagree
}

// Repeatability judges how far several runs over the same parts agree.
func Repeatability(parts []Part) Study {
	s := Study{Parts: len(parts), Fleiss: math.NaN(), Cohen: math.NaN(), Accuracy: math.NaN()}
	if len(parts) == 0 {
		return s
	}
	s.Runs = len(parts[0].Verdicts)
	same, known, right := 0, 0, 0
	table := make([][]int, len(parts))
	var truth []Part
	for i, p := range parts {
		counts := map[history.Verdict]int{}
		for _, v := range p.Verdicts {
			counts[v]++
		}
		table[i] = []int{counts[history.OK], counts[history.REVIEW], counts[history.NG], counts[history.ERROR]}
		if len(counts) == 1 {
			same++
		} else {
			s.Unstable = append(s.Unstable, p)
		}
		if p.Reference != "" {
			known++
			truth = append(truth, p)
			if counts[p.Reference] == s.Runs {
				right++
			}
		}
	}
	s.Agreement, s.Reference = NewRate(same, len(parts)), NewRate(right, known)
	s.Fleiss = Fleiss(table)
	var pairs, against []float64
	for i := range s.Runs {
		for j := range i {
			pairs = append(pairs, Cohen(column(parts, i), column(parts, j)))
		}
		if len(truth) > 0 {
			reference := make([]history.Verdict, len(truth))
			for k, p := range truth {
				reference[k] = p.Reference
			}
			against = append(against, Cohen(column(truth, i), reference))
		}
	}
	s.Cohen, s.Accuracy = mean(pairs), mean(against)
	return s
}

func column(parts []Part, run int) []history.Verdict {
	out := make([]history.Verdict, len(parts))
	for i, p := range parts {
		out[i] = p.Verdicts[run]
	}
	return out
}

// mean leaves out what is not a number.
func mean(vs []float64) float64 {
	sum, n := 0.0, 0
	for _, v := range vs {
		if !math.IsNaN(v) {
			sum, n = sum+v, n+1
		}
	}
	if n == 0 {
		return math.NaN()
	}
	return sum / float64(n)
}

// Cohen returns Cohen's kappa of two series of verdicts on the same parts: 1 for
// perfect agreement, 0 for as much as chance gives; NaN where both are constant
// and alike, for then chance explains everything.
func Cohen[T comparable](a, b []T) float64 {
	n := float64(len(a))
	ca, cb := map[T]float64{}, map[T]float64{}
	observed := 0.0
	for i := range a {
		ca[a[i]]++
		cb[b[i]]++
		if a[i] == b[i] {
			observed++
		}
	}
	expected := 0.0
	for v, k := range ca {
		expected += k * cb[v]
	}
	return kappa(observed/n, expected/(n*n))
}

// Fleiss returns Fleiss' kappa of a table with a row per part and a column per
// answer, which counts how many runs gave it. All rows have the same sum.
func Fleiss(table [][]int) float64 {
	if len(table) == 0 {
		return math.NaN()
	}
	raters := 0
	for _, k := range table[0] {
		raters += k
	}
	if raters < 2 {
		return math.NaN()
	}
	totals := make([]float64, len(table[0]))
	observed := 0.0
	for _, row := range table {
		pairs := 0
		for j, k := range row {
			totals[j] += float64(k)
			pairs += k * (k - 1)
		}
		observed += float64(pairs) / float64(raters*(raters-1))
	}
	expected, all := 0.0, float64(len(table)*raters)
	for _, t := range totals {
		expected += t / all * (t / all)
	}
	return kappa(observed/float64(len(table)), expected)
}

func kappa(observed, expected float64) float64 {
	if 1-expected < 1e-12 {
		return math.NaN()
	}
	return (observed - expected) / (1 - expected)
}
