package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"

	"agurscope/history"
	"agurscope/nn/anomaly"
	"agurscope/ui/session"
)

func TestWhatATrainingDecidedInWords(t *testing.T) {
	var p anomaly.Preparation
	for _, c := range []struct {
		median, gamma float64
		want          string
	}{
		{0, 0, "Off: brightness is left as it is."},
		{.314, 0, "On: evened out to a median grey of 0.31."},
		{0, .5, "On: dark greys spread, gamma 0.5."},
		{.314, .5, "On: evened out to a median grey of 0.31, dark greys spread, gamma 0.5."},
	} {
		p.Exposure.Median, p.Exposure.Gamma = c.median, c.gamma
		if got := exposureWords(p); got != c.want {
			t.Errorf("exposure %v, %v: %q, want %q", c.median, c.gamma, got, c.want)
		}
	}
	n := anomaly.Network{Width: 208, Height: 96}
	for window, want := range map[int]string{0: "208 x 96 pixels, learnt from as a whole", 128: "208 x 96 pixels, learnt from in windows of 128 x 96"} {
		if got := inputWords(n, window); got != want {
			t.Errorf("window %d: %q, want %q", window, got, want)
		}
	}
	terms := []anomaly.Term{{Name: "residual"}, {Name: "score", Weight: .25}, {Name: "handcrafted", Weight: 1}}
	if got, want := termWords(terms), "score 0.25, handcrafted 1; shown only: residual"; got != want {
		t.Errorf("terms: %q, want %q", got, want)
	}
}

func TestTheBarShowsEveryStage(t *testing.T) {
	for stage, want := range map[session.Stage]string{session.Looking: "1/4", session.Reading: "1/4", session.Calibrating: "0"} {
		var b bytes.Buffer
		g := &progress{w: &b, bar: true}
		g.training(session.TrainEvent{Stage: stage, Done: 1, Total: 4}, session.TrainOptions{})
		if got := b.String(); !strings.Contains(got, string(stage)) || !strings.Contains(got, want) {
			t.Errorf("%s: %q lacks %q", stage, got, want)
		}
	}
}

func TestDoubtIsToldInJSONAndInTheTable(t *testing.T) {
	doubt := &session.DoubtError{Err: errors.New("locate part: no part stands out from the background")}
	res := &session.Result{
		Judgement:  session.Judgement{Verdict: history.REVIEW, Doubt: doubt},
		Prediction: &anomaly.Prediction{Score: 2, Doubt: doubt, Terms: []anomaly.TermScore{{Name: "features", Weight: .5, Score: 4}}},
		Confidence: .25,
	}
	encode := func() string {
		b, err := json.Marshal(verdictOf(res))
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	for _, want := range []string{`"terms":[{"name":"features","weight":0.5,"score":4}]`, `"doubt":"could not be put upright: no part`, `"confidence":0.25`, `"error":null`} {
		if got := encode(); !strings.Contains(got, want) {
			t.Errorf("%s lacks %s", got, want)
		}
	}
	if got := reason(res); got != doubt.Error() {
		t.Errorf("reason %q", got)
	}
	res.Doubt, res.Prediction.Doubt, res.Confidence = nil, nil, math.NaN()
	if got := encode(); strings.Contains(got, "doubt") || strings.Contains(got, "confidence") {
		t.Errorf("without a fixture: %s", got)
	}
}
