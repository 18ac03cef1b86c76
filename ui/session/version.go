package session

import (
	"errors"
	"strings"
	"time"

	"agurscope/nn/anomaly"
)

// SaveVersion writes the open recipe to its file with other thresholds, as a
// version with its author and reason. Earlier versions stay in the file.
func (s *Session) SaveVersion(t Thresholds, author, reason string) (*anomaly.Recipe, error) {
	const op = "save the recipe"
	r := s.Recipe()
	author, reason = strings.TrimSpace(author), strings.TrimSpace(reason)
	switch {
	case r == nil:
		return nil, problem(op, errors.New("no recipe is open"), "Open a recipe first.")
	case r.Path == "":
		return nil, problem(op, errors.New("it has no file yet"), "Open a recipe from a file.")
	case author == "":
		return nil, problem(op, errors.New("a version needs the name of its author"), "")
	case reason == "":
		return nil, problem(op, errors.New("a version needs a reason"), "One sentence is enough.")
	}
	next := r.WithVersion(anomaly.Version{Time: time.Now().UTC(), Author: author, Reason: reason, Program: s.o.Program, Setting: t.setting()})
	if err := next.Save(r.Path); err != nil {
		return nil, problem(op, err, "Check the folder's permissions and free space.")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.recipe == r {
		s.recipe, s.thresholds = next, t
		if s.pass != nil {
			s.pass.Recipe = next
		}
	}
	return next, nil
}
