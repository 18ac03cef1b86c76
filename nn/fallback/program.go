package fallback

import (
	"slices"
	"time"

	"agurscope/nn"
)

// program implements nn.Program. It keeps what it was given, so that the
// computation in hand can be done again elsewhere.
type program struct {
	nn.Program // where it runs now
	e          *engine
	g          *nn.Graph
	mode       nn.Mode
	on         nn.Engine

	inputs     map[*nn.Node][]float32
	momentum   float32     // negative: never set
	statistics [][]float32 // of the parameters, before the last forward pass of a training
	profile    func(op string, d time.Duration)
}

// Set implements nn.Program.
func (p *program) Set(n *nn.Node, data []float32) {
	p.Program.Set(n, data)
	if p.on == p.e.first {
		if p.inputs == nil {
			p.inputs = map[*nn.Node][]float32{}
		}
		p.inputs[n] = append(p.inputs[n][:0], data...)
	}
}

// Forward implements nn.Program.
func (p *program) Forward() error {
	if p.on != p.e.first {
		return p.Program.Forward()
	}
	p.remember()
	err := p.e.Fault() // by another program
	if err == nil {
		err = p.Program.Forward()
	}
	if err == nil {
		return nil
	}
	if err := p.move(err); err != nil {
		return err
	}
	return p.Program.Forward()
}

// Backward implements nn.Program. On another engine the forward pass is done
// again, from the statistics that it began with.
func (p *program) Backward() error {
	if p.on != p.e.first {
		return p.Program.Backward()
	}
	err := p.e.Fault()
	if err == nil {
		err = p.Program.Backward()
	}
	if err == nil {
		return nil
	}
	if err := p.move(err); err != nil {
		return err
	}
	if err := p.Program.Forward(); err != nil {
		return err
	}
	return p.Program.Backward()
}

// Reload implements nn.Program.
func (p *program) Reload() error {
	if p.on != p.e.first {
		return p.Program.Reload()
	}
	err := p.e.Fault()
	if err == nil {
		err = p.Program.Reload()
	}
	if err == nil {
		return nil
	}
	return p.move(err) // which reads the parameters
}

// move compiles the program on the engine to use after err and brings it to
// where this one was before its last forward pass.
func (p *program) move(err error) error {
	on, err := p.e.instead(err)
	if err != nil {
		return err
	}
	p.restore()
	next, err := on.Compile(p.g, p.mode)
	if err != nil {
		return err
	}
	_ = p.Program.Close() // its device has failed
	p.Program, p.on = next, on
	for n, x := range p.inputs {
		next.Set(n, x)
	}
	p.inputs = nil
	if p.momentum >= 0 {
		next.SetMomentum(p.momentum)
	}
	p.Profile(p.profile)
	return nil
}

// remember keeps the running statistics, which a forward pass of a training
// moves.
func (p *program) remember() {
	if p.mode != nn.Training {
		return
	}
	all := p.moving()
	p.statistics = slices.Grow(p.statistics[:0], len(all))[:len(all)]
	for i, s := range all {
		p.statistics[i] = append(p.statistics[i][:0], s.Data()...)
	}
}

func (p *program) restore() {
	if p.statistics == nil {
		return
	}
	for i, s := range p.moving() {
		copy(s.Data(), p.statistics[i])
	}
}

func (p *program) moving() (all []*nn.Param) {
	for _, w := range p.g.Params.All {
		if w.Role == nn.Statistic {
			all = append(all, w)
		}
	}
	return all
}

// SetMomentum implements nn.Program.
func (p *program) SetMomentum(m float32) {
	p.momentum = m
	p.Program.SetMomentum(m)
}

// Profile implements nn.Profiler where the engine does.
func (p *program) Profile(on func(op string, d time.Duration)) {
	p.profile = on
	if q, ok := p.Program.(nn.Profiler); ok {
		q.Profile(on)
	}
}
