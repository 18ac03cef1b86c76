package station

import (
	"encoding/json"
	"fmt"
	"maps"
	"sync"
	"time"
)

// Memory is what the window remembers between two starts, also when it was not
// closed but killed: what changes is on disk at most a moment later. Its methods
// may be called from any goroutine.
type Memory struct {
	path string
	fail func(error) // told of what could not be written; may be nil

	mu      sync.Mutex
	values  map[string]json.RawMessage
	waiting *time.Timer // until what changed is written

	writing sync.Mutex // one writer at a time, the newest last
}

// memoryGap is how long changes are gathered before they are written.
const memoryGap = 250 * time.Millisecond

// memoryRetry is how long it takes until what could not be written is tried again.
const memoryRetry = 10 * time.Second

// OpenMemory reads a memory; path "" remembers nothing beyond its life. What is
// damaged is forgotten, and the error says so; the memory is usable all the same.
func OpenMemory(path string) (*Memory, error) {
	m := &Memory{path: path, values: map[string]json.RawMessage{}}
	if path == "" {
		return m, nil
	}
	if err := readFile(path, &m.values); err != nil {
		m.values = map[string]json.RawMessage{}
		return m, fmt.Errorf("read what was open last: %w", err)
	}
	if m.values == nil { // the file says null
		m.values = map[string]json.RawMessage{}
	}
	return m, nil
}

// OnFailure calls fail, from any goroutine, when something could not be written.
func (m *Memory) OnFailure(fail func(error)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.fail = fail
}

// Get puts what is remembered under a key into v and reports whether there is
// something of that kind.
func (m *Memory) Get(key string, v any) bool {
	m.mu.Lock()
	raw, ok := m.values[key]
	m.mu.Unlock()
	return ok && json.Unmarshal(raw, v) == nil
}

// Set remembers v under a key; nil forgets it.
func (m *Memory) Set(key string, v any) {
	raw, err := json.Marshal(v)
	if err != nil {
		return // of what this program remembers there is nothing of that kind
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if string(m.values[key]) == string(raw) || v == nil && m.values[key] == nil {
		return
	}
	if v == nil {
		delete(m.values, key)
	} else {
		m.values[key] = raw
	}
	if m.path != "" && m.waiting == nil {
		m.waiting = time.AfterFunc(memoryGap, func() { _ = m.Flush() })
	}
}

// Flush writes what changed and has not been written.
func (m *Memory) Flush() error {
	m.writing.Lock()
	defer m.writing.Unlock()
	m.mu.Lock()
	if m.waiting == nil {
		m.mu.Unlock()
		return nil
	}
	m.waiting.Stop()
	m.waiting = nil
	values, fail := maps.Clone(m.values), m.fail
	m.mu.Unlock()
	if err := writeFile(m.path, values); err != nil {
		err = fmt.Errorf("remember what is open in %s: %w", m.path, err)
		m.mu.Lock()
		if m.waiting == nil {
			m.waiting = time.AfterFunc(memoryRetry, func() { _ = m.Flush() })
		}
		m.mu.Unlock()
		if fail != nil {
			fail(err)
		}
		return err
	}
	return nil
}
