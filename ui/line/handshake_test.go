package line

import (
	"math/rand/v2"
	"testing"
	"time"

	"agurscope/history"
)

var noon = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

func at(ms int) time.Time { return noon.Add(time.Duration(ms) * time.Millisecond) }

func TestHandshake(t *testing.T) {
	type step struct {
		ms   int
		do   func(h *Handshake, now time.Time)
		want Outputs
	}
	trigger := func(on bool) func(*Handshake, time.Time) {
		return func(h *Handshake, now time.Time) { h.SetTrigger(now, on) }
	}
	able := func(on bool) func(*Handshake, time.Time) {
		return func(h *Handshake, now time.Time) { h.SetAble(now, on) }
	}
	verdict := func(v history.Verdict, taken int) func(*Handshake, time.Time) {
		return func(h *Handshake, now time.Time) { h.Verdict(now, v, at(taken)) }
	}
	wait := func(*Handshake, time.Time) {}
	ready := Outputs{Ready: true}
	busy := Outputs{Busy: true}
	fail := func(c Code) Outputs { return Outputs{Valid: true, Fail: true, Code: c} }
	for name, steps := range map[string][]step{
		"a good part passes": {
			{0, able(true), ready}, {10, trigger(true), busy}, {30, verdict(history.OK, 15), Outputs{Valid: true, Pass: true, Code: Passed}},
			{50, wait, Outputs{Valid: true, Pass: true, Code: Passed}}, {60, trigger(false), ready},
		},
		"review fails":   {{0, able(true), ready}, {10, trigger(true), busy}, {30, verdict(history.REVIEW, 15), fail(Doubtful)}},
		"NG fails":       {{0, able(true), ready}, {10, trigger(true), busy}, {30, verdict(history.NG, 15), fail(Rejected)}},
		"an error fails": {{0, able(true), ready}, {10, trigger(true), busy}, {30, verdict(history.ERROR, 15), fail(Unread)}},
		"nonsense fails": {{0, able(true), ready}, {10, trigger(true), busy}, {30, verdict("PASS", 15), fail(Unread)}},
		"late fails, and stays so": {
			{0, able(true), ready}, {10, trigger(true), busy}, {2009, wait, busy}, {2010, wait, fail(Late)},
			{2020, verdict(history.OK, 15), fail(Late)}, {2100, trigger(false), ready},
		},
		"a verdict that comes with the deadline is late": {
			{0, able(true), ready}, {10, trigger(true), busy}, {2010, verdict(history.OK, 15), fail(Late)},
		},
		"a picture from before the trigger does not count": {
			{0, able(true), ready}, {10, trigger(true), busy}, {12, verdict(history.OK, 9), busy}, {20, verdict(history.NG, 10), fail(Rejected)},
		},
		"not ready": {
			{0, wait, Outputs{Fault: true}}, {10, trigger(true), Outputs{Fault: true, Valid: true, Fail: true, Code: NotReady}},
			{20, able(true), fail(NotReady)}, {30, trigger(false), ready},
		},
		"a fault fails the part in hand": {
			{0, able(true), ready}, {10, trigger(true), busy}, {20, able(false), Outputs{Fault: true, Valid: true, Fail: true, Code: Broken}},
			{30, verdict(history.OK, 15), Outputs{Fault: true, Valid: true, Fail: true, Code: Broken}},
			{40, able(true), fail(Broken)}, {50, trigger(false), ready},
		},
		"a part given up": {
			{0, able(true), ready}, {10, trigger(true), busy}, {20, trigger(false), ready}, {30, verdict(history.OK, 15), ready},
			{40, trigger(true), busy}, {50, verdict(history.OK, 15), busy}, {60, verdict(history.OK, 41), Outputs{Valid: true, Pass: true, Code: Passed}},
		},
		"untriggered verdicts show nothing": {{0, able(true), ready}, {10, verdict(history.OK, 5), ready}},
		"no picture": {
			{0, able(true), ready}, {10, trigger(true), busy}, {20, func(h *Handshake, now time.Time) { h.Abort(now) }, fail(Broken)},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var h Handshake
			for _, s := range steps {
				s.do(&h, at(s.ms))
				if got := h.Outputs(at(s.ms)); got != s.want {
					t.Fatalf("at %d ms: %+v, want %+v", s.ms, got, s.want)
				}
			}
		})
	}
}

// Whatever PLC and station do in whatever order: nothing passes that was not
// inspected after its trigger, in time, and found OK.
func TestHandshakeAtRandom(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	verdicts := []history.Verdict{history.OK, history.OK, history.OK, history.REVIEW, history.NG, history.ERROR, ""}
	for range 300 {
		h := Handshake{Deadline: 50 * time.Millisecond}
		now, fired, pass := noon, time.Time{}, false
		for range 300 {
			now = now.Add(time.Duration(random.IntN(20)) * time.Millisecond)
			switch random.IntN(5) {
			case 0:
				h.SetAble(now, random.IntN(4) > 0)
			case 1, 2:
				if h.SetTrigger(now, random.IntN(2) == 0) {
					fired, pass = now, false
				}
			case 3:
				v := verdicts[random.IntN(len(verdicts))]
				taken := now.Add(-time.Duration(random.IntN(30)) * time.Millisecond)
				busy := h.Outputs(now).Busy
				h.Verdict(now, v, taken)
				if busy && v == history.OK && !taken.Before(fired) && now.Sub(fired) < h.Deadline {
					pass = true
				}
			case 4:
				if random.IntN(10) == 0 {
					h.Abort(now)
				}
			}
			o := h.Outputs(now)
			switch {
			case o.Pass && !pass:
				t.Fatalf("passes without an inspection: %+v", o)
			case o.Valid != (o.Pass != o.Fail), o.Pass && o.Fail, o.Valid != (o.Code != None):
				t.Fatalf("contradicts itself: %+v", o)
			case o.Ready && (o.Busy || o.Valid || o.Fault || h.trigger), o.Busy && o.Valid:
				t.Fatalf("ready or busy beside something else: %+v", o)
			case o.Busy && now.Sub(fired) >= h.Deadline:
				t.Fatalf("busy %v after the trigger", now.Sub(fired))
			}
		}
	}
}
