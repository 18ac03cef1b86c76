package line

import (
	"fmt"
	"io"
	"net"
	"testing"
	"time"

	"github.com/simonvetter/modbus"

	"agurscope/history"
)

// controller is a PLC as the specification of Handshake wants one.
type controller struct {
	t *testing.T
	c *modbus.ModbusClient
}

func newController(t *testing.T, address string) *controller {
	t.Helper()
	c, err := modbus.NewClient(&modbus.ClientConfiguration{URL: "tcp://" + address, Timeout: 30 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Open(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return &controller{t, c}
}

func (p *controller) read() Outputs {
	p.t.Helper()
	w, err := p.c.ReadRegisters(0, registers, modbus.INPUT_REGISTER)
	if err != nil {
		p.t.Fatal(err)
	}
	on := func(bit int) bool { return w[0]>>bit&1 == 1 }
	return Outputs{Ready: on(0), Busy: on(1), Valid: on(2), Pass: on(3), Fail: on(4), Fault: on(5), Code: Code(w[1])}
}

func (p *controller) trigger(on bool) {
	p.t.Helper()
	if err := p.c.WriteCoil(coilTrigger, on); err != nil {
		p.t.Fatal(err)
	}
}

func (p *controller) until(what string, ok func(Outputs) bool) Outputs {
	p.t.Helper()
	var o Outputs
	eventually(p.t, func() bool { o = p.read(); return ok(o) }, func() string { return fmt.Sprintf("%s never comes: %+v", what, o) })
	return o
}

// inspect has one part inspected.
func (p *controller) inspect() Outputs {
	p.t.Helper()
	p.until("ready", func(o Outputs) bool { return o.Ready })
	p.trigger(true)
	o := p.until("valid", func(o Outputs) bool { return o.Valid })
	p.trigger(false)
	if after := p.read(); after.Valid || after.Pass || after.Fail {
		p.t.Errorf("after the trigger is taken back: %+v", after)
	}
	return o
}

func TestModbus(t *testing.T) {
	b := newBench(t)
	address := fmt.Sprintf("127.0.0.1:%d", freePort(t))
	l := b.open(fmt.Sprintf(`{"station":"bench-3","modbus":{"listen":%q,"deadline":"30s"}}`, address))
	p := newController(t, address)
	if o := p.read(); o != (Outputs{Fault: true}) {
		t.Errorf("before inspecting: %+v", o)
	}
	verdicts := make(chan history.Verdict, 1)
	l.SetTrigger(func() error {
		v, ok := <-verdicts
		if !ok {
			return fmt.Errorf("no camera")
		}
		b.judge(l, v, "part")
		return nil
	})
	l.SetState(Inspecting, "")
	for i, s := range []struct {
		v    history.Verdict
		want Outputs
	}{
		{history.OK, Outputs{Valid: true, Pass: true, Code: Passed}},
		{history.NG, Outputs{Valid: true, Fail: true, Code: Rejected}},
		{history.REVIEW, Outputs{Valid: true, Fail: true, Code: Doubtful}},
		{history.ERROR, Outputs{Valid: true, Fail: true, Code: Unread}},
	} {
		verdicts <- s.v
		if o := p.inspect(); o != s.want {
			t.Errorf("%s: %+v, want %+v", s.v, o, s.want)
		}
		w, err := p.c.ReadRegisters(2, 9, modbus.INPUT_REGISTER)
		if err != nil {
			t.Fatal(err)
		}
		if id := uint32(w[2])<<16 | uint32(w[3]); id != uint32(i+1) || w[6] != 1 || w[8] != uint16(i) {
			t.Errorf("%s: registers 2 to 10 are %v", s.v, w)
		}
	}
	close(verdicts)
	if o := p.inspect(); o.Code != Broken || o.Pass {
		t.Errorf("without a camera: %+v", o)
	}
	l.SetState(Fault, "the camera is gone")
	p.trigger(true)
	if o := p.read(); !o.Fault || !o.Fail || o.Code != NotReady {
		t.Errorf("triggered in a fault: %+v", o)
	}
}

// Without a verdict in time the part is rejected.
func TestModbusLate(t *testing.T) {
	b := newBench(t)
	address := fmt.Sprintf("127.0.0.1:%d", freePort(t))
	l := b.open(fmt.Sprintf(`{"station":"bench-3","modbus":{"listen":%q,"deadline":"20ms"}}`, address))
	l.SetTrigger(func() error { return nil })
	l.SetState(Inspecting, "")
	if o := newController(t, address).inspect(); o.Pass || o.Code != Late {
		t.Errorf("%+v", o)
	}
}

func TestModbusRefusesOtherAddresses(t *testing.T) {
	b := newBench(t)
	address := fmt.Sprintf("127.0.0.1:%d", freePort(t))
	b.open(fmt.Sprintf(`{"station":"bench-3","modbus":{"listen":%q}}`, address))
	p := newController(t, address)
	if err := p.c.WriteCoil(1, true); err == nil {
		t.Error("coil 1 can be written")
	}
	if err := p.c.WriteRegister(0, 1); err == nil {
		t.Error("a register can be written")
	}
	if _, err := p.c.ReadRegisters(registers, 1, modbus.INPUT_REGISTER); err == nil {
		t.Error("there is a register too many")
	}
	if _, err := p.c.ReadDiscreteInputs(inputs-1, 2); err == nil {
		t.Error("there is an input too many")
	}
}

// Wrong lengths, half frames and a slow drip end their own connection and
// nobody else's.
func TestModbusHostile(t *testing.T) {
	b := newBench(t)
	address := fmt.Sprintf("127.0.0.1:%d", freePort(t))
	b.open(fmt.Sprintf(`{"station":"bench-3","modbus":{"listen":%q}}`, address))
	p := newController(t, address)
	for _, frame := range []string{
		"\x00\x01\x00\x00\xff\xff\x01\x05",                             // a length far beyond a frame's
		"\x00\x01\x00\x00\x00\x00\x01",                                 // none at all
		"\x00\x01\x00\x07\x00\x06\x01\x01\x00\x00\x00\x01",             // another protocol
		"\x00\x01\x00\x00\x00\x06\x01\x0f\x00\x00\x00\x01",             // a write without its values
		"\x00\x01\x00\x00\x00\x09\x01\x0f\x00\x00\xff\xff\x02\x00\x00", // more coils than values
		"\x00\x01\x00\x00\x00\x02\x01\x63",                             // no such function
		"GET / HTTP/1.1\r\n\r\n", "\x00",                               // half a frame
	} {
		c, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(c, frame); err != nil {
			t.Error(err)
		}
		p.read()
		c.Close()
	}
	p.read()
}

// FuzzModbus has a peer send anything: what it gets back is bounded, its
// connection ends with it, and no part passes.
func FuzzModbus(f *testing.F) {
	for _, frame := range []string{
		"\x00\x01\x00\x00\x00\x06\x01\x05\x00\x00\xff\x00", // the trigger
		"\x00\x01\x00\x00\x00\x06\x01\x04\x00\x00\x00\x0c", // all registers
		"\x00\x01\x00\x00\x00\x06\x01\x02\x00\x00\x00\x07", // all inputs
		"\x00\x01\x00\x00\x00\x08\x01\x0f\x00\x00\x00\x01\x01\x01",
		"\x00\x01\x00\x00\xff\xff\x01\x05", "\x00\x01\x00\x07\x00\x06\x01\x01\x00\x00\x00\x01",
	} {
		f.Add([]byte(frame))
	}
	b := newBench(f)
	address := fmt.Sprintf("127.0.0.1:%d", freePort(f))
	l := b.open(fmt.Sprintf(`{"station":"bench-3","modbus":{"listen":%q}}`, address))
	l.SetState(Inspecting, "")
	p := l.peers[0].(*plc)
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		_ = c.SetDeadline(time.Now().Add(10 * time.Second))
		if _, err := c.Write(data); err == nil {
			_ = c.(*net.TCPConn).CloseWrite()
		}
		answer, err := io.ReadAll(c)
		if e, ok := err.(net.Error); ok && e.Timeout() {
			t.Error("the connection is kept")
		}
		if most := 260 * (1 + len(data)/8); len(answer) > most { // a frame has 8 bytes at least, an answer 260 at most
			t.Errorf("%d bytes answer %d", len(answer), len(data))
		}
		if bits, _ := p.read(); bits[3] {
			t.Error("a part passes that nobody has judged")
		}
	})
}
