package spc

import (
	"iter"
	"math"

	"agurscope/history"
)

// Rate is a share with its 95 % confidence interval (Wilson).
type Rate struct {
	Count, Of    int
	Value        float64 // NaN where there is nothing to judge by
	Lower, Upper float64
}

// NewRate returns count of of.
func NewRate(count, of int) Rate {
	r := Rate{Count: count, Of: of, Value: share(count, of), Lower: math.NaN(), Upper: math.NaN()}
	if of == 0 {
		return r
	}
	const z = 1.959963984540054
	n, p := float64(of), r.Value
	mid, w := (p+z*z/(2*n))/(1+z*z/n), z/(1+z*z/n)*math.Sqrt(p*(1-p)/n+z*z/(4*n*n))
	r.Lower, r.Upper = max(0, mid-w), min(1, mid+w)
	return r
}

// Reviews is what people found when they looked at the machine's answers. It
// says something about those alone: nobody looked at the others.
type Reviews struct {
	PseudoReject Rate // of what the machine rejected and people looked at: good after all
	Escape       Rate // of what the machine passed and people looked at: bad after all
	Unreviewed   int  // rejects that nobody has looked at yet
}

// tally counts what Reviews says.
type tally struct{ rejected, good, passed, bad, unreviewed int }

func (t *tally) count(s history.Sample) {
	reject := s.Verdict == history.NG || s.Verdict == history.REVIEW
	switch {
	case reject && s.Reviewed == "":
		t.unreviewed++
	case reject:
		t.rejected++
		if s.Reviewed == history.OK {
			t.good++
		}
	case s.Verdict == history.OK && s.Reviewed != "":
		t.passed++
		if s.Reviewed == history.NG {
			t.bad++
		}
	}
}

func (t *tally) reviews() Reviews {
	return Reviews{NewRate(t.good, t.rejected), NewRate(t.bad, t.passed), t.unreviewed}
}

// Review counts overrides. A machine's NG or REVIEW is a reject; a person's OK
// on it makes it a pseudo-reject.
func Review(samples iter.Seq[history.Sample]) Reviews {
	var t tally
	for s := range samples {
		t.count(s)
	}
	return t.reviews()
}

// ReviewBy is Review of every group, by its key.
func ReviewBy(samples iter.Seq[history.Sample], key Key) map[string]Reviews {
	tallies := map[string]*tally{}
	for s := range samples {
		name, _ := key(s)
		t := tallies[name]
		if t == nil {
			t = &tally{}
			tallies[name] = t
		}
		t.count(s)
	}
	out := make(map[string]Reviews, len(tallies))
	for name, t := range tallies {
		out[name] = t.reviews()
	}
	return out
}
