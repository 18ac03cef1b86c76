package history

import (
	"encoding/json"
	"math"
	"time"
)

// recordView is the JSON of a Record. The keys are a promise; more may come.
type recordView struct {
	ID              int64    `json:"id"`
	Run             int64    `json:"run"`
	Time            string   `json:"time"`
	Path            string   `json:"path"`
	Score           *float64 `json:"score"`
	Verdict         Verdict  `json:"verdict"`
	ReviewedVerdict *string  `json:"reviewed_verdict"`
	Reviewer        *string  `json:"reviewer"`
	Recipe          *string  `json:"recipe"`
	RecipeSHA256    *string  `json:"recipe_sha256"`
	ThumbnailSHA256 *string  `json:"thumbnail_sha256"`

	Seq        uint64   `json:"seq"`
	Name       string   `json:"name"`
	Label      *string  `json:"label"`
	Type       *string  `json:"type"`
	Index      *float64 `json:"index"`
	Low        *float64 `json:"low"`
	High       *float64 `json:"high"`
	Review     *float64 `json:"review"`
	Reject     *float64 `json:"reject"`
	Mode       *string  `json:"mode"`
	Regions    []Region `json:"regions"`
	LatencyMS  float64  `json:"latency_ms"`
	Error      *string  `json:"error"`
	Reason     *string  `json:"reason"`
	ReviewedAt *string  `json:"reviewed_at"`
}

// MarshalJSON writes the record with the keys that `history list` promises
// (id, run, time, path, score, verdict, reviewed_verdict, reviewer, recipe,
// recipe_sha256, thumbnail_sha256) and more. What is absent is null; times are
// RFC 3339 in UTC.
func (r Record) MarshalJSON() ([]byte, error) {
	regions := r.Regions
	if regions == nil {
		regions = []Region{}
	}
	return json.Marshal(recordView{
		ID: r.ID, Run: r.Run, Time: r.Time.UTC().Format(time.RFC3339Nano), Path: r.Path,
		Score: numberOrNull(r.Score), Verdict: r.Verdict,
		ReviewedVerdict: textOrNull(string(r.Reviewed)), Reviewer: textOrNull(r.Reviewer),
		Recipe: textOrNull(r.Recipe), RecipeSHA256: textOrNull(r.RecipeSHA256),
		ThumbnailSHA256: textOrNull(r.ThumbnailSHA256),
		Seq:             r.Seq, Name: r.Name, Label: textOrNull(r.Label), Type: textOrNull(r.Type),
		Index: numberOrNull(r.Index), Low: numberOrNull(r.Low), High: numberOrNull(r.High),
		Review: numberOrNull(r.Review), Reject: numberOrNull(r.Reject), Mode: textOrNull(r.Mode),
		Regions: regions, LatencyMS: float64(r.Latency) / float64(time.Millisecond),
		Error: textOrNull(r.Error), Reason: textOrNull(r.Reason), ReviewedAt: timeOrNull(r.ReviewedAt),
	})
}

func numberOrNull(f float64) *float64 {
	if math.IsNaN(f) {
		return nil
	}
	return &f
}

func textOrNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func timeOrNull(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	return textOrNull(t.UTC().Format(time.RFC3339Nano))
}
