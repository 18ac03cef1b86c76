//go:build nvidia

package cuda

import (
	"fmt"
	"time"
	"unsafe"

	"gorgonia.org/cu"

	"agurscope/cuda/kernels"
	"agurscope/nn"
	"agurscope/nn/plan"
)

// value is a node with its places in memory.
type value struct {
	node           *nn.Node
	x, dx          place
	life, gradLife *plan.Interval
	alias          *value // is computed by the operation after it, into its memory
	needGrad       bool
	gradWritten    bool // during emission: a later writer must add
}

func (v *value) n() int    { return v.node.Shape[0] }
func (v *value) c() int    { return v.node.Shape[1] }
func (v *value) h() int    { return v.node.Shape[2] }
func (v *value) w() int    { return v.node.Shape[3] }
func (v *value) hw() int   { return v.node.Shape[2] * v.node.Shape[3] }
func (v *value) size() int { return v.node.Shape.Size() }

// sink claims the gradient of v for one more writer and reports whether it
// must add to what is there.
func (v *value) sink() (add bool) {
	add = v.gradWritten
	v.gradWritten = true
	return add
}

// parameter is what of the host's parameters goes to the card: fill writes it
// when it is asked for.
type parameter struct {
	at   place
	n    int
	fill func(dst []float32)
}

// outcome is what comes back: take reads it after the computation.
type outcome struct {
	at   place
	n    int
	take func(src []float32)
}

// program implements nn.Program.
type program struct {
	e         *engine
	g         *nn.Graph
	mode      nn.Mode
	precision Precision // of an inference
	values    []*value
	fused     map[*nn.Node]*nn.Node // a convolution to the Norm or ReLU that it absorbs
	saved     map[*nn.Node]place    // of the forward pass for the gradient: weights as the host has them, statistics

	load     sequence // parameters to the card and into the kernels' layouts
	forward  sequence
	backward sequence
	emitting *sequence

	parameters []parameter
	known      map[string]place // tables by content
	tableData  []int32
	statistics []outcome        // after the forward pass
	gradients  []outcome        // after the backward pass
	losses     map[*nn.Node]int // where in figures
	trained    []*nn.Param      // that receive gradients

	size  [regions]int // bytes
	base  [regions]cu.DevicePtr
	block []cu.DevicePtr
	bytes int64
	// Pinned memory, all of it in one piece.
	pinned     unsafe.Pointer
	hostFloats int
	layoutHost func([]float32)
	inputs     map[*nn.Node][]float32
	kept       map[*nn.Node][]float32 // outputs and wanted gradients are apart: a node can have both
	wanted     map[*nn.Node][]float32
	staging    []float32 // parameters
	figures    []float32 // losses and statistics
	slopes     []float32 // gradients of parameters

	momentum float32
	profile  func(op string, d time.Duration)
	closed   bool
}

// Compile implements nn.Engine.
func (e *engine) Compile(g *nn.Graph, m nn.Mode) (nn.Program, error) {
	return e.compile(g, m, e.precision)
}

func (e *engine) compile(g *nn.Graph, m nn.Mode, precision Precision) (nn.Program, error) {
	p := &program{
		e: e, g: g, mode: m, precision: precision, momentum: 0.1,
		fused: map[*nn.Node]*nn.Node{}, saved: map[*nn.Node]place{}, known: map[string]place{}, losses: map[*nn.Node]int{},
		inputs: map[*nn.Node][]float32{}, kept: map[*nn.Node][]float32{}, wanted: map[*nn.Node][]float32{},
	}
	if err := e.worker.Do(p.compile); err != nil {
		p.Close() // its error would be a consequence
		return nil, fmt.Errorf("compile for CUDA: %w", err)
	}
	return p, nil
}

func (p *program) compile() error {
	if p.e.fault != nil {
		return p.e.fault
	}
	for _, n := range p.g.Nodes {
		if err := plan.Countable(n, n.Shape.Size()); err != nil {
			return err
		}
		p.values = append(p.values, &value{node: n})
	}
	if p.mode == nn.Training {
		for i, need := range plan.Gradients(p.g) {
			p.values[i].needGrad = need
		}
	} else {
		p.fuse()
	}
	p.arrange()
	if err := p.emitAll(); err != nil {
		return err
	}
	if err := p.allocate(); err != nil {
		return err
	}
	for _, s := range []*sequence{&p.load, &p.forward, &p.backward} {
		s.bind(&p.base)
	}
	if p.mode == nn.Training {
		return nil
	}
	return p.reload()
}

func (p *program) val(n *nn.Node) *value { return p.values[n.ID] }

// fuse lets convolutions absorb the normalisation or ReLU that alone reads
// them: the weights are scaled, the maximum is taken as they are stored.
func (p *program) fuse() {
	readers := plan.Readers(p.g)
	for _, n := range p.g.Nodes {
		if _, ok := n.Op.(nn.Conv); !ok || n.Keep || len(readers[n.ID]) != 1 {
			continue
		}
		r := readers[n.ID][0]
		switch r.Op.(type) {
		case nn.Norm, nn.ReLU:
			p.fused[n] = r
			p.val(n).alias = p.val(r)
		}
	}
}

// arrange places values and gradients in the arena. Node i runs forward at
// time i and backward at time 2n−i; inputs arrive before, and what is kept
// leaves at time n.
func (p *program) arrange() {
	n := len(p.g.Nodes)
	readers := plan.Readers(p.g)
	var all []*plan.Interval
	for i, v := range p.values {
		if v.alias != nil || nn.IsLoss(v.node.Op) {
			continue
		}
		v.life = &plan.Interval{Bytes: 4 * v.size(), First: i, Last: i}
		for _, r := range readers[i] {
			v.life.Last = max(v.life.Last, r.ID)
			if in, _ := plan.Rereads(r.Op); in && p.val(r).needGrad {
				v.life.Last = max(v.life.Last, 2*n-r.ID)
			}
			if f := p.fused[r]; f != nil {
				v.life.Last = max(v.life.Last, f.ID)
			}
		}
		if _, out := plan.Rereads(v.node.Op); out && v.needGrad {
			v.life.Last = max(v.life.Last, 2*n-i)
		}
		if isInput(v.node) {
			v.life.First = -1
		}
		if v.node.Keep {
			v.life.Last = max(v.life.Last, n)
		}
		all = append(all, v.life)
	}
	for conv, r := range p.fused {
		p.val(r).life.First = conv.ID
	}
	for i, v := range p.values {
		if !v.needGrad {
			continue
		}
		v.gradLife = &plan.Interval{Bytes: 4 * v.size(), First: 2*n - i, Last: 2*n - i}
		for _, r := range readers[i] {
			if nn.IsLoss(r.Op) {
				v.gradLife.First = min(v.gradLife.First, r.ID)
			} else if p.val(r).needGrad {
				v.gradLife.First = min(v.gradLife.First, 2*n-r.ID)
			}
		}
		if v.node.WantGradient {
			v.gradLife.Last = 2*n + 1
		}
		all = append(all, v.gradLife)
	}
	p.size[arena] = plan.Place(all, 256)
	for _, v := range p.values {
		if v.life != nil {
			v.x = place{arena, v.life.Offset}
		}
		if v.gradLife != nil {
			v.dx = place{arena, v.gradLife.Offset}
		}
	}
	for _, v := range p.values {
		if v.alias != nil {
			v.x = v.alias.x
		}
	}
}

func isInput(n *nn.Node) bool {
	_, ok := n.Op.(nn.Input)
	return ok
}

// reserve takes n floats of a region.
func (p *program) reserve(r region, n int) place {
	at := place{r, p.size[r]}
	p.size[r] += (4*n + 255) / 256 * 256
	return at
}

// temporary is n floats of scratch, offset floats into it, which the next
// operation overwrites.
func (p *program) temporary(offset, n int) place {
	p.size[scratch] = max(p.size[scratch], 4*(offset+n))
	return place{scratch, 4 * offset}
}

// constant is n floats that fill provides whenever parameters are read.
func (p *program) constant(n int, fill func(dst []float32)) place {
	at := place{constants, p.size[constants]}
	p.size[constants] += 4 * n
	p.parameters = append(p.parameters, parameter{at, n, fill})
	return at
}

// result is n floats that take gets after the pass that is being emitted.
func (p *program) result(n int, take func(src []float32)) place {
	at := place{results, p.size[results]}
	p.size[results] += 4 * n
	o := outcome{at, n, take}
	if p.emitting == &p.backward {
		p.gradients = append(p.gradients, o)
	} else {
		p.statistics = append(p.statistics, o)
	}
	return at
}

// table is a constant array of integers, which pairs may be read of; equal ones
// are kept once.
func (p *program) table(ints []int32) place {
	key := string(unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(ints))), 4*len(ints)))
	if at, ok := p.known[key]; ok {
		return at
	}
	at := place{tables, p.size[tables]}
	p.tableData = append(p.tableData, ints...)
	if len(ints)%2 != 0 {
		p.tableData = append(p.tableData, 0)
	}
	p.size[tables] = 4 * len(p.tableData)
	p.known[key] = at
	return at
}

// emit adds a launch to the pass that is being emitted.
func (p *program) emit(n *nn.Node, kernel string, x, y, z int, args ...any) {
	p.emitting.tasks = append(p.emitting.tasks, &launch{op: n.Op.String(), kernel: kernel, grid: [3]int{x, y, z}, args: args})
}

// each emits a launch of one thread per element, whose number is the last
// argument.
func (p *program) each(n *nn.Node, kernel string, elements int, args ...any) {
	p.emit(n, kernel, ceil(elements, kernels.Threads), 1, 1, append(args, elements)...)
}

func ceil(a, b int) int { return (a + b - 1) / b }

// emitAll emits the passes. Parameters are loaded ahead of a training's
// forward pass, and on their own otherwise.
func (p *program) emitAll() error {
	p.emitting = &p.forward
	for _, n := range p.g.Nodes {
		if err := p.emitForward(n); err != nil {
			return fmt.Errorf("%v %v: %w", n.Op, n.Shape, err)
		}
	}
	forward := p.size[results]
	if p.mode == nn.Training {
		p.emitting = &p.backward
		for i := len(p.g.Nodes) - 1; i >= 0; i-- {
			if err := p.emitBackward(p.g.Nodes[i]); err != nil {
				return fmt.Errorf("gradient of %v %v: %w", p.g.Nodes[i].Op, p.g.Nodes[i].Shape, err)
			}
		}
	}
	p.hostMemory(forward)
	return nil
}
