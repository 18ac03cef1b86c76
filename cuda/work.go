//go:build nvidia

package cuda

import (
	"fmt"
	"math"
	"unsafe"

	"gorgonia.org/cu"

	"agurscope/cuda/kernels"
)

// region is a piece of the card's memory that a program owns.
type region uint8

// The regions of a program. Their sizes are known only when everything has
// been emitted, so launches name places and are bound to addresses at the end.
const (
	nowhere   region = iota // the null pointer
	arena                   // values and gradients, placed by liveness
	constants               // parameters as the host gives them
	packed                  // parameters as the kernels want them
	tables                  // integers
	scratch                 // what no launch leaves to the next operation
	results                 // losses, statistics and gradients of parameters
	regions
)

// place is an address before it has one.
type place struct {
	region region
	offset int // bytes
}

// at is the place n floats further on.
func (p place) at(n int) place { return place{p.region, p.offset + 4*n} }

// task is something that goes on the stream.
type task interface {
	bind(base *[regions]cu.DevicePtr)
	enqueue(e *engine) error
	String() string
}

// launch runs a kernel.
type launch struct {
	op     string // of the graph, for errors and profiles
	kernel string
	grid   [3]int
	args   []any
	slots  []uint64 // a parameter each, as gorgonia.org/cu copies them
	ptrs   []unsafe.Pointer
}

func (l *launch) String() string { return l.op }

// bind turns the arguments into slots. That they are what the kernel takes is
// the engine's own promise: a mistake panics, and every kernel is compiled in
// the tests.
func (l *launch) bind(base *[regions]cu.DevicePtr) {
	params, ok := kernels.Table[l.kernel]
	if !ok {
		params = kernels.Tensor[l.kernel]
	}
	if len(params) != len(l.args) {
		panic(fmt.Sprintf("kernel %s takes %d arguments, not %d", l.kernel, len(params), len(l.args)))
	}
	l.slots = make([]uint64, len(l.args))
	l.ptrs = make([]unsafe.Pointer, len(l.args))
	for i, a := range l.args {
		kind := byte('i')
		switch a := a.(type) {
		case place:
			kind = 'p'
			if a.region != nowhere {
				l.slots[i] = uint64(base[a.region]) + uint64(a.offset)
			}
		case int:
			if a != int(int32(a)) {
				panic(fmt.Sprintf("kernel %s: argument %d is %d", l.kernel, i, a))
			}
			l.slots[i] = uint64(uint32(int32(a)))
		case bool:
			if a {
				l.slots[i] = 1
			}
		case float32:
			kind = 'f'
			l.slots[i] = uint64(math.Float32bits(a))
		default:
			panic(fmt.Sprintf("kernel %s: argument %d is a %T", l.kernel, i, a))
		}
		if params[i] != kind {
			panic(fmt.Sprintf("kernel %s: argument %d is of kind %c, not %c", l.kernel, i, params[i], kind))
		}
		l.ptrs[i] = unsafe.Pointer(&l.slots[i])
	}
}

func (l *launch) enqueue(e *engine) error {
	err := e.functions[l.kernel].Launch(l.grid[0], l.grid[1], l.grid[2], kernels.Threads, 1, 1, 0, e.stream, l.ptrs)
	return fault(l.op, err)
}

// transfer copies between a place and pinned memory of the host.
type transfer struct {
	op   string
	card place
	host []float32
	in   bool // to the card
	ptr  cu.DevicePtr
}

func (t *transfer) String() string { return t.op }

func (t *transfer) bind(base *[regions]cu.DevicePtr) {
	t.ptr = base[t.card.region] + cu.DevicePtr(t.card.offset)
}

func (t *transfer) enqueue(e *engine) error {
	if len(t.host) == 0 {
		return nil
	}
	p, bytes := unsafe.Pointer(&t.host[0]), int64(4*len(t.host))
	if t.in {
		return fault(t.op, cu.MemcpyHtoDAsync(t.ptr, p, bytes, e.stream))
	}
	return fault(t.op, cu.MemcpyDtoHAsync(p, t.ptr, bytes, e.stream))
}

// sequence is a list of tasks that is run as a whole, again and again.
type sequence struct {
	tasks  []task
	replay *replay
}

func (s *sequence) bind(base *[regions]cu.DevicePtr) {
	for _, t := range s.tasks {
		t.bind(base)
	}
}

func (s *sequence) enqueue(e *engine) error {
	for _, t := range s.tasks {
		if err := t.enqueue(e); err != nil {
			return err
		}
	}
	return nil
}

// run runs the sequence and waits for it. The first time it is recorded;
// afterwards the driver replays it at the price of one launch.
func (s *sequence) run(e *engine) error {
	if e.fault != nil {
		return e.fault
	}
	if s.replay == nil {
		r, err := capture(e.stream, func() error { return s.enqueue(e) })
		if err != nil {
			return e.failed(fault("record the computation", err))
		}
		s.replay = r
	}
	if err := s.replay.launch(e.stream); err != nil {
		return e.failed(fault("start the computation", err))
	}
	return e.failed(fault("compute", e.stream.Synchronize()))
}

// step runs the sequence task by task and waits for each.
func (s *sequence) step(e *engine, after func(op string)) error {
	if e.fault != nil {
		return e.fault
	}
	for _, t := range s.tasks {
		if err := t.enqueue(e); err != nil {
			return e.failed(err)
		}
		if err := e.stream.Synchronize(); err != nil {
			return e.failed(fault(t.String(), err))
		}
		after(t.String())
	}
	return nil
}

func (s *sequence) close() error {
	r := s.replay
	s.replay = nil
	if r == nil {
		return nil
	}
	return r.close()
}
