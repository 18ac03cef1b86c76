package session

import "agurscope/nn/anomaly"

// SaveVersion writes the open recipe to its file with other thresholds, as a
// version with its author and reason. Earlier versions stay in the file.
func (s *Session) SaveVersion(t Thresholds, author, reason string) (*anomaly.Recipe, error) {
	const op = "save the recipe"
	r, v, err := s.version(op, author, reason)
	if err != nil {
		return nil, err
	}
	v.Setting = t.setting()
	next, err := s.replace(op, r, r.WithVersion(v))
	if err == nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.recipe == next {
			s.thresholds = t
		}
	}
	return next, err
}

// replace writes another version of the open recipe, which judges by the same
// network, and goes on with it.
func (s *Session) replace(op string, r, next *anomaly.Recipe) (*anomaly.Recipe, error) {
	if err := next.Save(r.Path); err != nil {
		return nil, problem(op, err, savingHelp)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.recipe == r {
		s.recipe = next
		if s.pass != nil {
			s.pass.Recipe = next
		}
	}
	return next, nil
}
