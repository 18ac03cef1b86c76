package session

import (
	"context"
	"errors"
	"time"

	"agurscope/datasets"
	"agurscope/history"
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
	f := fetch(d, it)
	var seg segment.Segmenter
	return s.judge(ctx, &seg, r, d, f)
}

// Reinspect inspects the part of a past verdict with the recipe and the thresholds
// of today, from the picture that was kept or else from its file, to compare with
// what was said then. It is no verdict: nothing is logged.
func (s *Session) Reinspect(ctx context.Context, rec history.Record) (*Result, error) {
	const op = "inspect again"
	r, d, _, err := s.ready()
	if err != nil {
		return nil, err
	}
	f := fed{start: time.Now(), frame: datasets.Frame{Path: rec.Path, Name: rec.Name, Type: rec.Type, Time: rec.Time}}
	var data []byte
	if rec.ImageSHA256 != "" {
		data, err = s.o.Store.File(rec.ImageSHA256)
	}
	switch {
	case len(data) > 0 && err == nil:
		f.frame.Image, err = decodePicture(data)
	case err == nil || errors.Is(err, history.ErrNotFound):
		f.frame, err = datasets.Item{Path: rec.Path, Name: rec.Name, Type: rec.Type}.Load()
	}
	if err != nil {
		return nil, problem(op, err, "Its picture was not kept with the verdict, and its file cannot be read any more.")
	}
	f.prepare(d)
	var seg segment.Segmenter
	return s.judge(ctx, &seg, r, d, f)
}
