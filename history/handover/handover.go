// Package handover writes what a history holds for people who do not run this
// program: spreadsheets, documents of JSON, a report of a run as PDF, and a
// bundle of pictures.
package handover

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"strings"
	"time"

	"agurscope/history"
)

// Source is a history and what of it is handed over.
type Source struct {
	Store  *history.Store
	Filter history.Filter
	Made   time.Time // when; the present for zero

	// On is told after every record how many were written; may be nil. A bundle
	// goes through them three times.
	On func(done int)
}

// records yields what is handed over.
func (s Source) records(ctx context.Context) iter.Seq2[history.Record, error] {
	return func(yield func(history.Record, error) bool) {
		n := 0
		for r, err := range s.Store.Verdicts(ctx, s.Filter) {
			if !yield(r, err) {
				return
			}
			if n++; s.On != nil {
				s.On(n)
			}
		}
	}
}

func (s Source) made() time.Time {
	if s.Made.IsZero() {
		return time.Now().UTC()
	}
	return s.Made.UTC()
}

// CSV writes the records as comma-separated values; see history.WriteCSV.
func (s Source) CSV(ctx context.Context, w io.Writer) error {
	return history.WriteCSV(w, s.records(ctx))
}

// JSON writes one object: when and of which history it was made, the head of the
// chain, by which the history can be held to it later, and the records with the
// keys of “history list”.
func (s Source) JSON(ctx context.Context, w io.Writer) error {
	head, err := s.Store.Head(ctx)
	if err != nil {
		return err
	}
	opening, err := json.Marshal(map[string]any{"made": s.made().Format(time.RFC3339), "history": s.Store.Path(), "head": head.String()})
	if err != nil {
		return fmt.Errorf("export history: %w", err)
	}
	if _, err := fmt.Fprintf(w, "%s,\"verdicts\":[", strings.TrimSuffix(string(opening), "}")); err != nil {
		return fmt.Errorf("export history: %w", err)
	}
	comma := "\n"
	for r, err := range s.records(ctx) {
		if err != nil {
			return err
		}
		line, err := json.Marshal(r)
		if err == nil {
			_, err = fmt.Fprintf(w, "%s%s", comma, line)
		}
		if err != nil {
			return fmt.Errorf("export history: %w", err)
		}
		comma = ",\n"
	}
	if _, err := fmt.Fprint(w, "\n]}\n"); err != nil {
		return fmt.Errorf("export history: %w", err)
	}
	return nil
}
