package line

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"math"
	"sync"
	"time"

	"github.com/simonvetter/modbus"

	"agurscope/history"
)

// plc is a Modbus TCP server that a PLC polls. See [Handshake] for the clock.
//
//	coil 0             trigger, written by the PLC
//	discrete input 0   ready
//	               1   busy
//	               2   valid
//	               3   pass
//	               4   fail
//	               5   fault
//	               6   heartbeat: changes every half second; one that stands still is a station that is gone
//	input register 0   discrete inputs 0 to 6 as bits, so that one request reads them with the rest
//	               1   code of the result
//	               2   index, 0 to 100
//	               3   regions
//	             4+5   id of the verdict, high word first, its lower 32 bits
//	               6   latency in ms
//	             7+8   verdicts OK since the start, high word first
//	            9+10   all other verdicts since the start
//	              11   heartbeats, counting on
//
// Registers 2 to 6 belong to the last verdict, triggered or not.
type plc struct {
	line   *Line
	server *modbus.ModbusServer
	listen string

	mu      sync.Mutex
	hand    Handshake
	start   time.Time
	last    history.Record
	ok, not uint32    // verdicts since the start
	asked   time.Time // when a client was last heard
}

// The addresses.
const (
	coilTrigger = 0
	inputs      = 7
	registers   = 12
	// beat is the period of the heartbeat, and how often anything changes by itself.
	beat = 500 * time.Millisecond
	// silence is after how long without a request no PLC is there.
	silence = 5 * time.Second
)

func newPLC(l *Line, c Modbus) (*plc, error) {
	p := &plc{line: l, listen: c.Listen, hand: Handshake{Deadline: time.Duration(c.Deadline)}, start: time.Now()}
	server, err := modbus.NewServer(&modbus.ServerConfiguration{
		URL: "tcp://" + c.Listen, Timeout: 30 * time.Second, MaxClients: 8,
		Logger: log.New(io.Discard, "", 0),
	}, p)
	if err != nil {
		return nil, fmt.Errorf("open the Modbus port: %w", err)
	}
	if err := server.Start(); err != nil {
		return nil, fmt.Errorf("open the Modbus port: %w", err)
	}
	p.server = server
	return p, nil
}

func (p *plc) run(ctx context.Context) {
	<-ctx.Done()
	_ = p.server.Stop() // the sockets are closed, whatever it says
}

func (p *plc) status() Status {
	p.mu.Lock()
	defer p.mu.Unlock()
	return Status{
		Kind: "modbus", Peer: fmt.Sprintf("PLC by Modbus TCP at %s", p.listen), Listens: true, Connected: time.Since(p.asked) < silence, Last: p.last.ID,
	}
}

// tell brings a verdict.
func (p *plc) tell(r history.Record, started time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last = r
	if r.Verdict == history.OK {
		p.ok++
	} else {
		p.not++
	}
	p.hand.Verdict(time.Now(), r.Verdict, started)
}

func (p *plc) condition(c Condition) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.hand.SetAble(time.Now(), c.OK)
}

// HandleCoils implements modbus.RequestHandler.
func (p *plc) HandleCoils(q *modbus.CoilsRequest) ([]bool, error) {
	if q.Addr != coilTrigger || q.Quantity != 1 {
		return nil, modbus.ErrIllegalDataAddress
	}
	p.mu.Lock()
	p.asked = time.Now()
	fire := false
	if q.IsWrite {
		fire = p.hand.SetTrigger(p.asked, q.Args[0])
	}
	on := p.hand.trigger
	p.mu.Unlock()
	if fire {
		// The PLC has its answer before a camera is asked.
		go p.pull()
	}
	return []bool{on}, nil
}

// pull takes a picture. From a source that runs freely the next one counts.
func (p *plc) pull() {
	if err := p.line.pull(); err != nil && !errors.Is(err, errRunsFreely) {
		p.mu.Lock()
		p.hand.Abort(time.Now())
		p.mu.Unlock()
	}
}

// HandleDiscreteInputs implements modbus.RequestHandler.
func (p *plc) HandleDiscreteInputs(q *modbus.DiscreteInputsRequest) ([]bool, error) {
	if int(q.Addr)+int(q.Quantity) > inputs {
		return nil, modbus.ErrIllegalDataAddress
	}
	bits, _ := p.read()
	return bits[q.Addr:][:q.Quantity], nil
}

// HandleInputRegisters implements modbus.RequestHandler.
func (p *plc) HandleInputRegisters(q *modbus.InputRegistersRequest) ([]uint16, error) {
	if int(q.Addr)+int(q.Quantity) > registers {
		return nil, modbus.ErrIllegalDataAddress
	}
	_, words := p.read()
	return words[q.Addr:][:q.Quantity], nil
}

// HandleHoldingRegisters implements modbus.RequestHandler: there are none.
func (p *plc) HandleHoldingRegisters(*modbus.HoldingRegistersRequest) ([]uint16, error) {
	return nil, modbus.ErrIllegalFunction
}

// read is everything that a PLC can read, of one moment.
func (p *plc) read() ([]bool, []uint16) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	p.asked = now
	o := p.hand.Outputs(now)
	beats := uint64(now.Sub(p.start) / beat)
	bits := []bool{o.Ready, o.Busy, o.Valid, o.Pass, o.Fail, o.Fault, beats%2 == 1}
	words := make([]uint16, registers)
	for i, on := range bits {
		if on {
			words[0] |= 1 << i
		}
	}
	high := func(v uint32) uint16 { return uint16(v >> 16) }
	words[1] = uint16(o.Code)
	if !math.IsNaN(p.last.Index) {
		words[2] = uint16(math.Round(p.last.Index))
	}
	words[3] = uint16(min(len(p.last.Regions), math.MaxUint16))
	id := uint32(p.last.ID)
	words[4], words[5] = high(id), uint16(id)
	words[6] = uint16(min(p.last.Latency.Milliseconds(), math.MaxUint16))
	words[7], words[8] = high(p.ok), uint16(p.ok)
	words[9], words[10] = high(p.not), uint16(p.not)
	words[11] = uint16(beats)
	return bits, words
}
