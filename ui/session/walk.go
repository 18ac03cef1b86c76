package session

import (
	"context"

	"agurscope/datasets"
	"agurscope/nn/anomaly"
	"agurscope/nn/segment"
)

// Walk is one part's way to its verdict, for explaining it.
type Walk struct {
	*Result
	Recipe *anomaly.Recipe
	Inner  *anomaly.Walk // nil where the part was not inspected
}

// Walk inspects an item without logging it and keeps what the network saw on
// the way.
func (s *Session) Walk(ctx context.Context, it datasets.Item) (*Walk, error) {
	r, d, _, err := s.ready()
	if err != nil {
		return nil, err
	}
	f := fetch(d, it)
	var seg segment.Segmenter
	w := &Walk{Recipe: r}
	if w.Result, err = s.judge(ctx, &seg, r, d, f); err != nil {
		return nil, err
	}
	if w.Err != nil {
		return w, nil
	}
	if w.Inner, err = anomaly.Explain(ctx, s.o.Engine, r, f.prepared); err != nil {
		return nil, problem("explain the part", err, "")
	}
	return w, nil
}
