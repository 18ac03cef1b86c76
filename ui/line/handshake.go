package line

import (
	"time"

	"agurscope/history"
)

// Code is the result of one triggered inspection in a register of the PLC.
type Code uint16

// The codes. Only Passed may pass.
const (
	None     Code = 0 // no result
	Passed   Code = 1
	Doubtful Code = 2 // REVIEW
	Rejected Code = 3 // NG
	Unread   Code = 4 // ERROR: the picture could not be inspected
	Late     Code = 5 // no verdict within the deadline
	NotReady Code = 6 // triggered while not ready
	Broken   Code = 7 // the station failed while it inspected
)

// codeOf is the code of a verdict.
func codeOf(v history.Verdict) Code {
	switch v {
	case history.OK:
		return Passed
	case history.REVIEW:
		return Doubtful
	case history.NG:
		return Rejected
	}
	return Unread
}

// Handshake is the conversation with a PLC about one part after another, without
// the wire and with the time as an argument. Its clock:
//
//  1. Ready is set while the station is able to inspect and no part is in hand.
//  2. The PLC sets Trigger. At once Ready is taken back and Busy set; the picture
//     is taken.
//  3. Within Deadline after the trigger, Busy is taken back and Valid set in the
//     same moment as exactly one of Pass and Fail and the Code. Without a verdict
//     by then, the result is Fail with Late; a verdict that comes after that is in
//     the history and changes nothing here.
//  4. The PLC takes Trigger back. At once Valid, Pass, Fail and Code are cleared,
//     and Ready is set again if the station is able.
//
// A trigger while not Ready is answered at once with Fail and NotReady. A trigger
// that is taken back while Busy gives the part up: its verdict is not shown. Not
// able means Fault; a part in hand then fails with Broken. A verdict counts for a
// trigger only if its picture was taken after it.
//
// A Handshake is not safe for concurrent use.
type Handshake struct {
	Deadline time.Duration // from trigger to result; 0: two seconds

	able    bool
	trigger bool
	busy    bool
	since   time.Time // of the trigger in hand
	code    Code      // of the result that is shown; None for none
}

// Outputs are what the PLC reads.
type Outputs struct {
	Ready, Busy, Valid, Pass, Fail, Fault bool
	Code                                  Code
}

func (h *Handshake) deadline() time.Duration {
	if h.Deadline <= 0 {
		return 2 * time.Second
	}
	return h.Deadline
}

// Outputs returns what the PLC reads at a time.
func (h *Handshake) Outputs(now time.Time) Outputs {
	h.tick(now)
	valid := h.code != None
	return Outputs{
		Ready: h.able && !h.trigger && !h.busy && !valid, Busy: h.busy, Fault: !h.able,
		Valid: valid, Pass: h.code == Passed, Fail: valid && h.code != Passed, Code: h.code,
	}
}

// tick notices a missed deadline.
func (h *Handshake) tick(now time.Time) {
	if h.busy && now.Sub(h.since) >= h.deadline() {
		h.show(Late)
	}
}

// show ends the part in hand with a result.
func (h *Handshake) show(c Code) { h.busy, h.code = false, c }

// SetAble says whether the station can inspect.
func (h *Handshake) SetAble(now time.Time, able bool) {
	h.tick(now)
	h.able = able
	if h.busy && !able {
		h.show(Broken)
	}
}

// SetTrigger says what the PLC's trigger is; it reports whether a picture is to
// be taken now.
func (h *Handshake) SetTrigger(now time.Time, on bool) (fire bool) {
	h.tick(now)
	rising, falling := on && !h.trigger, !on && h.trigger
	ready := h.able && !h.busy && h.code == None
	h.trigger = on
	switch {
	case rising && ready:
		h.busy, h.since = true, now
		return true
	case rising:
		h.show(NotReady)
	case falling:
		h.show(None)
	}
	return false
}

// Verdict brings the verdict on a picture that was taken at started.
func (h *Handshake) Verdict(now time.Time, v history.Verdict, started time.Time) {
	h.tick(now)
	if h.busy && !started.Before(h.since) {
		h.show(codeOf(v))
	}
}

// Abort ends the part in hand because no picture could be taken.
func (h *Handshake) Abort(now time.Time) {
	h.tick(now)
	if h.busy {
		h.show(Broken)
	}
}
