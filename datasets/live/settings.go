package live

import (
	"maps"
	"sync"
)

// Settings are what a person has chosen of a device's controls. A Driver puts
// them in force at every connection. The zero value has none.
type Settings struct {
	mu     sync.Mutex
	values map[string]string
}

// Replace chooses these and no others.
func (s *Settings) Replace(values map[string]string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.values = maps.Clone(values)
}

// Get returns what was chosen of one control.
func (s *Settings) Get(name string) (value string, chosen bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	value, chosen = s.values[name]
	return value, chosen
}

// Keep remembers one choice for the next connection.
func (s *Settings) Keep(name, value string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.values == nil {
		s.values = map[string]string{}
	}
	s.values[name] = value
}
