package line

import (
	"math"
	"time"

	"agurscope/history"
)

// Report is what a peer is told of one part. The JSON keys are a promise.
type Report struct {
	Station string          `json:"station"`
	ID      int64           `json:"id"` // of the verdict in the history; the same id is the same verdict
	Run     int64           `json:"run"`
	Time    time.Time       `json:"time"` // UTC, of the verdict
	Name    string          `json:"name"`
	Verdict history.Verdict `json:"verdict"`
	OK      bool            `json:"ok"`    // whether the part may pass: only for OK
	Score   *float64        `json:"score"` // null where nothing was inspected
	Index   *float64        `json:"index"` // 0 to 100, 50 at the threshold
	Regions []Region        `json:"regions"`
	Recipe  string          `json:"recipe"`
	SHA256  string          `json:"recipe_sha256"`
	Latency float64         `json:"latency_ms"`
	Error   string          `json:"error,omitempty"`
}

// Region is the box of one anomaly in pixels of the picture.
type Region struct {
	X    int     `json:"x"`
	Y    int     `json:"y"`
	W    int     `json:"w"`
	H    int     `json:"h"`
	Area int     `json:"area"`
	Peak float64 `json:"peak"`
}

// reportOf is the report on a record of the history.
func reportOf(station string, r *history.Record) Report {
	out := Report{
		Station: station, ID: r.ID, Run: r.Run, Time: r.Time, Name: r.Name,
		Verdict: r.Verdict, OK: r.Verdict == history.OK,
		Score: number(r.Score), Index: number(r.Index), Regions: []Region{},
		Recipe: r.Recipe, SHA256: r.RecipeSHA256,
		Latency: float64(r.Latency) / float64(time.Millisecond), Error: r.Error,
	}
	for _, g := range r.Regions {
		out.Regions = append(out.Regions, Region{X: g.X, Y: g.Y, W: g.W, H: g.H, Area: g.Area, Peak: g.Peak})
	}
	return out
}

// number is v for JSON, which has no word for what is not a number.
func number(v float64) *float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	return &v
}

// State is what the station is doing.
type State string

// The states. Only a station that is inspecting is OK.
const (
	Offline    State = "offline"    // the program is not there
	Idle       State = "idle"       // nothing is being inspected
	Inspecting State = "inspecting" // parts in front of it get a verdict
	Fault      State = "fault"      // it should inspect and cannot
)

// Condition is the state of the station with its reason. The JSON keys are a
// promise.
type Condition struct {
	Station string    `json:"station"`
	State   State     `json:"state"`
	OK      bool      `json:"ok"`
	Reason  string    `json:"reason,omitempty"`
	Time    time.Time `json:"time"`
}
