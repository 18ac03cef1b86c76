// Package fallback is an engine on top of two: it works on the first until
// that one's device fails, and from then on, beginning with the computation in
// hand, on the second. Nothing that was asked for is lost.
package fallback

import (
	"errors"
	"fmt"
	"sync"

	"agurscope/nn"
)

// engine implements nn.Engine and nn.Faulted.
type engine struct {
	first nn.Engine
	open  func() (nn.Engine, error)
	told  func(fault error)

	mu     sync.Mutex
	second nn.Engine
	fault  error // why the first is not used any more
}

// New returns an engine that works on first and, after an error of it that
// wraps nn.ErrFault, on what open opens. told, which may be nil, hears of that
// once. The engine owns both.
func New(first nn.Engine, open func() (nn.Engine, error), told func(fault error)) nn.Engine {
	return &engine{first: first, open: open, told: told}
}

// Without returns e as what goes on without a device that did not even start.
func Without(fault error, e nn.Engine) nn.Engine {
	w := &without{e, fault}
	if d, ok := e.(nn.Divisible); ok {
		return &struct {
			*without
			nn.Divisible
		}{w, d}
	}
	return w
}

// without implements nn.Faulted.
type without struct {
	nn.Engine
	fault error
}

// Fault implements nn.Faulted.
func (e *without) Fault() error { return e.fault }

// current is the engine that works now.
func (e *engine) current() nn.Engine {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.second != nil {
		return e.second
	}
	return e.first
}

// Name implements nn.Engine.
func (e *engine) Name() string { return e.current().Name() }

// Describe implements nn.Engine.
func (e *engine) Describe() string { return e.current().Describe() }

// Fault implements nn.Faulted.
func (e *engine) Fault() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.fault
}

// instead returns the engine to use after the first has answered with err, or
// err itself when that is nobody's fault but the caller's.
func (e *engine) instead(err error) (nn.Engine, error) {
	if !errors.Is(err, nn.ErrFault) {
		return nil, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.second != nil {
		return e.second, nil
	}
	second, failed := e.open()
	if failed != nil {
		return nil, fmt.Errorf("%w; and there is nothing to go on with: %w", err, failed)
	}
	e.second, e.fault = second, err
	if e.told != nil {
		e.told(err)
	}
	return second, nil
}

// Compile implements nn.Engine.
func (e *engine) Compile(g *nn.Graph, m nn.Mode) (nn.Program, error) {
	p := &program{e: e, g: g, mode: m, on: e.current(), momentum: -1}
	var err error
	if p.Program, err = p.on.Compile(g, m); err == nil {
		return p, nil
	}
	if p.on != e.first {
		return nil, err
	}
	if p.on, err = e.instead(err); err != nil {
		return nil, err
	}
	if p.Program, err = p.on.Compile(g, m); err != nil {
		return nil, err
	}
	return p, nil
}

// Close implements nn.Engine.
func (e *engine) Close() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	err := e.first.Close()
	if e.second == nil {
		return err
	}
	return e.second.Close() // a failed device has nothing to say that matters
}
