package session

import (
	"errors"
	"strings"
	"time"

	"agurscope/nn"
	"agurscope/nn/anomaly"
)

// SaveROI writes the open recipe to its file with another region of interest, as a
// version with its author and reason, and judges by it from then on. Ignored is a
// plane of the network's input, see [anomaly.Recipe.WithROI]; nil judges everything.
func (s *Session) SaveROI(ignored *nn.Image, author, reason string) (*anomaly.Recipe, error) {
	const op = "save the region of interest"
	r, v, err := s.version(op, author, reason)
	if err != nil {
		return nil, err
	}
	v.Setting = r.Setting()
	next, err := r.WithROI(ignored, v)
	if err != nil {
		return nil, problem(op, err, "Leave more of the part to be judged.")
	}
	if err := next.Save(r.Path); err != nil {
		return nil, problem(op, err, savingHelp)
	}
	t := s.Thresholds()
	if err := s.UseRecipe(next); err != nil {
		return nil, err
	}
	s.SetThresholds(t)
	return next, nil
}

// SaveScale writes to the open recipe how many millimetres a pixel of the picture
// has.
func (s *Session) SaveScale(mm float64, author, reason string) (*anomaly.Recipe, error) {
	const op = "save the scale"
	r, v, err := s.version(op, author, reason)
	if err != nil {
		return nil, err
	}
	if !(mm > 0 && mm <= 1000) {
		return nil, problem(op, errors.New("it must lie between 0 and 1000 mm a pixel"), "")
	}
	v.Setting, v.Scale = r.Setting(), mm
	return s.replace(op, r, r.WithVersion(v))
}

const savingHelp = "Check the folder's permissions and free space."

// version begins a version of the open recipe.
func (s *Session) version(op, author, reason string) (*anomaly.Recipe, anomaly.Version, error) {
	r := s.Recipe()
	author, reason = strings.TrimSpace(author), strings.TrimSpace(reason)
	v := anomaly.Version{Time: time.Now().UTC(), Author: author, Reason: reason, Program: s.o.Program}
	switch {
	case r == nil:
		return nil, v, problem(op, errors.New("no recipe is open"), "Open a recipe first.")
	case r.Path == "":
		return nil, v, problem(op, errors.New("it has no file yet"), "Open a recipe from a file.")
	case author == "":
		return nil, v, problem(op, errors.New("a version needs the name of its author"), "")
	case reason == "":
		return nil, v, problem(op, errors.New("a version needs a reason"), "One sentence is enough.")
	case max(len(author), len(reason)) > anomaly.MaxWords: // it could not be read again
		return nil, v, problem(op, errors.New("the author's name or the reason is too long"), "One sentence is enough.")
	}
	return r, v, nil
}
