package session

import (
	"context"
	"time"

	"agurscope/datasets"
	"agurscope/nn/segment"
)

// Preview inspects an item without logging it: for showing again a part whose
// verdict is in the history but whose maps are no longer in memory. Its answer
// counts for nothing; the one in the history does.
func (s *Session) Preview(ctx context.Context, it datasets.Item) (*Result, error) {
	r, d, _, err := s.ready()
	if err != nil {
		return nil, err
	}
	f := fed{start: time.Now()}
	f.frame, f.err = it.Load()
	f.prepare(d)
	var seg segment.Segmenter
	return s.judge(ctx, &seg, r, d, f)
}
