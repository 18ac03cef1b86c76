//go:build nvidia

package cuda

import (
	"errors"
	"fmt"
	"slices"
	"time"
	"unsafe"

	"gorgonia.org/cu"

	"agurscope/nn"
)

// hostMemory lays out the pinned memory and emits the copies from and to it.
// forward is how much of the results the forward pass leaves.
func (p *program) hostMemory(forward int) {
	total := 0
	type cut struct {
		n   int
		set func([]float32)
	}
	var cuts []cut
	add := func(n int, set func([]float32)) {
		cuts = append(cuts, cut{n, set})
		total += (n + 15) / 16 * 16
	}
	add(p.size[constants]/4, func(s []float32) { p.staging = s })
	add(forward/4, func(s []float32) { p.figures = s })
	add((p.size[results]-forward)/4, func(s []float32) { p.slopes = s })
	for _, n := range p.g.Nodes {
		if isInput(n) {
			add(n.Shape.Size(), func(s []float32) { p.inputs[n] = s })
		}
		if n.Keep && !isInput(n) && !nn.IsLoss(n.Op) {
			add(n.Shape.Size(), func(s []float32) { p.kept[n] = s })
		}
		if n.WantGradient && p.val(n).needGrad {
			add(n.Shape.Size(), func(s []float32) { p.wanted[n] = s })
		}
	}
	p.hostFloats = total
	p.layoutHost = func(all []float32) {
		for _, c := range cuts {
			c.set(all[:c.n:c.n])
			all = all[(c.n+15)/16*16:]
		}
		var before, after, back []task
		for _, n := range p.g.Nodes {
			if s := p.inputs[n]; s != nil {
				before = append(before, &transfer{op: n.Op.String(), card: p.val(n).x, host: s, in: true})
			}
			if s := p.kept[n]; s != nil {
				after = append(after, &transfer{op: "result of " + n.Op.String(), card: p.val(n).x, host: s})
			}
			if s := p.wanted[n]; s != nil {
				back = append(back, &transfer{op: "gradient of " + n.Op.String(), card: p.val(n).dx, host: s})
			}
		}
		parameters := &transfer{op: "parameters", card: place{constants, 0}, host: p.staging, in: true}
		p.load.tasks = slices.Insert(p.load.tasks, 0, task(parameters))
		after = append(after, &transfer{op: "losses and statistics", card: place{results, 0}, host: p.figures})
		back = append(back, &transfer{op: "gradients", card: place{results, forward}, host: p.slopes})
		if p.mode == nn.Training {
			before = append(before, p.load.tasks...)
			p.load.tasks = nil
		}
		p.forward.tasks = slices.Concat(before, p.forward.tasks, after)
		p.backward.tasks = append(p.backward.tasks, back...)
	}
}

// allocate gets the memory of all regions and of the host, and puts the
// tables into place.
func (p *program) allocate() error {
	for r := arena; r < regions; r++ {
		m, err := p.e.pool.alloc(int64(p.size[r]))
		if err != nil {
			return fmt.Errorf("%w; choose a smaller input, batch or size", err)
		}
		p.block = append(p.block, m)
		p.base[r] = m
		p.bytes += int64(p.size[r])
	}
	var err error
	if p.pinned, err = p.e.pool.pinned(4 * p.hostFloats); err != nil {
		return err
	}
	host := unsafe.Slice((*float32)(p.pinned), p.hostFloats)
	clear(host)
	p.layoutHost(host)
	if len(p.tableData) > 0 {
		err := cu.MemcpyHtoD(p.base[tables], unsafe.Pointer(&p.tableData[0]), int64(4*len(p.tableData)))
		if err != nil {
			return p.e.failed(fault("write tables", err))
		}
	}
	p.tableData = nil
	return nil
}

// Set implements nn.Program.
func (p *program) Set(n *nn.Node, data []float32) {
	if len(data) != n.Shape.Size() {
		panic(&nn.ShapeError{Op: "set " + n.Op.String(), Want: n.Shape.String(), Got: []nn.Shape{{1, 1, 1, len(data)}}})
	}
	copy(p.inputs[n], data)
}

var errClosed = errors.New("the program is closed")

// do runs f on the engine's thread.
func (p *program) do(f func() error) error {
	return p.e.worker.Do(func() error {
		if p.closed {
			return errClosed
		}
		return f()
	})
}

// Forward implements nn.Program.
func (p *program) Forward() error {
	return p.do(func() error {
		if p.mode == nn.Training {
			p.fill()
		}
		if err := p.run(&p.forward); err != nil {
			return err
		}
		for _, o := range p.statistics {
			o.take(p.figures[o.at.offset/4:][:o.n])
		}
		return nil
	})
}

// Backward implements nn.Program.
func (p *program) Backward() error {
	if p.mode != nn.Training {
		return errors.New("backward of a program compiled for inference")
	}
	return p.do(func() error {
		if err := p.run(&p.backward); err != nil {
			return err
		}
		for _, w := range p.trained {
			clear(w.GradData())
		}
		for _, o := range p.gradients {
			o.take(p.slopes[o.at.offset/4-len(p.figures):][:o.n])
		}
		return nil
	})
}

func (p *program) run(s *sequence) error {
	if p.profile == nil {
		return s.run(p.e)
	}
	last := time.Now()
	return s.step(p.e, func(op string) {
		now := time.Now()
		p.profile(op, now.Sub(last))
		last = now
	})
}

// fill writes the parameters into the memory that the card copies.
func (p *program) fill() {
	for _, c := range p.parameters {
		c.fill(p.staging[c.at.offset/4:][:c.n])
	}
}

// reload brings the parameters to the card.
func (p *program) reload() error {
	p.fill()
	return p.load.run(p.e)
}

// Reload implements nn.Program.
func (p *program) Reload() error { return p.do(p.reload) }

// Get implements nn.Program.
func (p *program) Get(n *nn.Node, dst []float32) []float32 {
	if nn.IsLoss(n.Op) {
		return append(dst[:0], p.figures[p.losses[n]])
	}
	s := p.kept[n]
	if isInput(n) {
		s = p.inputs[n]
	}
	if s == nil {
		panic(&nn.ShapeError{Op: "get " + n.Op.String(), Want: "a node marked Keep", Got: []nn.Shape{n.Shape}})
	}
	return append(dst[:0], s...)
}

// Gradient implements nn.Program.
func (p *program) Gradient(n *nn.Node, dst []float32) []float32 {
	s := p.wanted[n]
	if s == nil {
		panic(&nn.ShapeError{Op: "gradient of " + n.Op.String(), Want: "a node marked WantGradient", Got: []nn.Shape{n.Shape}})
	}
	return append(dst[:0], s...)
}

// SetMomentum implements nn.Program.
func (p *program) SetMomentum(m float32) { p.momentum = m }

// Bytes implements nn.Program.
func (p *program) Bytes() int64 { return p.bytes }

// Profile implements nn.Profiler.
func (p *program) Profile(on func(op string, d time.Duration)) { p.profile = on }

// Close implements nn.Program.
func (p *program) Close() error {
	return p.e.worker.Do(func() error {
		if p.closed {
			return nil
		}
		p.closed = true
		errs := []error{p.load.close(), p.forward.close(), p.backward.close()}
		for _, m := range p.block {
			p.e.pool.release(m)
		}
		if p.pinned != nil {
			errs = append(errs, p.e.pool.unpin(p.pinned))
		}
		p.staging, p.figures, p.slopes = nil, nil, nil
		clear(p.inputs)
		clear(p.kept)
		clear(p.wanted)
		if p.e.fault != nil {
			return nil // the card has said what there is to say
		}
		return errors.Join(errs...)
	})
}
