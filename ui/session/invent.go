package session

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"agurscope/datasets"
)

// InventPass puts a pass over n parts that were never inspected in the place of the
// session's, nine good ones to a defective one, spread around the thresholds in
// force: to measure screens with more parts than there are.
func (s *Session) InventPass(n int) error {
	r, d, t, err := s.ready()
	if err != nil {
		return err
	}
	set := s.Set()
	if set == nil || len(set.Items) == 0 {
		return problem("invent a pass", errors.New("no set is open"), "Open a folder of parts.")
	}
	p := newPass(r, set, t)
	p.detector = d
	rng := rand.New(rand.NewPCG(uint64(n), 1))
	for i := range n {
		it := set.Items[i%len(set.Items)]
		it.Name, it.Label, it.Type = fmt.Sprintf("%05d", i), datasets.Normal, datasets.Good
		at, spread := .7, .22
		if i%10 == 9 {
			it.Label, it.Type = datasets.Anomalous, fmt.Sprintf("kind %d", i/10%6+1)
			at, spread = 1.7, .4
		}
		score := t.Reject * at * math.Exp(spread*rng.NormFloat64())
		p.Parts = append(p.Parts, Scored{Item: it, Truth: truth(it), Score: score, Peak: 0, Latency: 50 * time.Millisecond})
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pass = p
	return nil
}
