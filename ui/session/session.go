// Package session is what the program is doing: the set, the recipe, the
// thresholds in force, the engine and the history, composed without a window.
// The window and the command line both drive a [Session], so they can never
// disagree about a verdict.
package session

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"time"

	"agurscope/datasets"
	"agurscope/history"
	"agurscope/nn"
	"agurscope/nn/anomaly"
	"agurscope/ui/line"
)

// Options configure a Session.
type Options struct {
	Engine  nn.Engine // nil: nothing can be inspected or trained
	Why     error     // why Engine is nil
	Store   *history.Store
	Program string // version, kept with every run

	Operator string // who is at the station; SetOperator changes it
	Keep     Keep   // which parts are kept in full; SetKeep changes it
}

// Session composes source, detector and store. Its methods may be called from
// any goroutine.
type Session struct {
	o        Options
	recorder *history.Recorder
	mapper   *mapper
	keeper   *keeper // nil: there is no history

	mu         sync.Mutex
	set        *datasets.Set
	recipe     *anomaly.Recipe
	detector   *anomaly.Detector
	thresholds Thresholds
	pass       *Pass
	logged     Thresholds // that the history knows to be in force
	operator   string
	keep       Keep
	line       *line.Line // nil: nobody is told
	told       func(v history.Verdict, person bool)
}

// New returns a session. The caller closes it, then the store and the engine.
func New(o Options) *Session {
	s := &Session{o: o, operator: o.Operator, keep: o.Keep, mapper: newMapper(o.Store)}
	if o.Store != nil {
		s.recorder = history.NewRecorder(o.Store)
		s.keeper = newKeeper(s)
	}
	return s
}

// Close frees the detector and flushes the recorder.
func (s *Session) Close() error {
	s.mapper.close()
	s.keeper.close()
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	if s.detector != nil {
		errs = append(errs, s.detector.Close())
		s.detector = nil
	}
	if s.recorder != nil {
		// It stays, closed: a run that is still going on must fail to log, not
		// go on without a log.
		errs = append(errs, s.recorder.Close())
	}
	return errors.Join(errs...)
}

// Engine returns the engine, or nil.
func (s *Session) Engine() nn.Engine { return s.o.Engine }

// Store returns the history, or nil.
func (s *Session) Store() *history.Store { return s.o.Store }

// Health says whether verdicts reach the history's database. While they do not,
// nothing here may be signalled as OK, whatever the parts are.
func (s *Session) Health() history.Health {
	if s.recorder == nil {
		return history.Health{}
	}
	return s.recorder.Health()
}

// WatchHealth calls fn, from a goroutine of its own and briefly, whenever Health
// has changed.
func (s *Session) WatchHealth(fn func(history.Health)) {
	if s.recorder != nil {
		s.recorder.Watch(fn)
	}
}

// RetryHistory asks for another attempt to write the history, at once.
func (s *Session) RetryHistory() {
	if s.recorder != nil {
		s.recorder.Retry()
	}
}

// SetHistoryAside moves a history that cannot be opened out of the way and begins a
// new one in its place, with what was kept meanwhile. It returns where the old one
// is now.
func (s *Session) SetHistoryAside() (moved string, err error) {
	if s.o.Store == nil {
		return "", problem("set the history aside", errors.New("there is none"), "")
	}
	if moved, err = s.o.Store.SetAside(); err != nil {
		return "", problem("set the history aside", err, "")
	}
	s.RetryHistory()
	return moved, nil
}

// Set returns the open set, or nil.
func (s *Session) Set() *datasets.Set {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.set
}

// Recipe returns the open recipe, or nil.
func (s *Session) Recipe() *anomaly.Recipe {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.recipe
}

// Thresholds returns the thresholds in force.
func (s *Session) Thresholds() Thresholds {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.thresholds
}

// SetThresholds puts thresholds in force for what is inspected from now on.
func (s *Session) SetThresholds(t Thresholds) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.thresholds = t
}

// Operator returns who is at the station, "" where nobody is signed in.
func (s *Session) Operator() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.operator
}

// SetOperator says who is at the station from now on.
func (s *Session) SetOperator(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.operator = name
}

// SetKeep says which parts are kept in full from now on.
func (s *Session) SetKeep(k Keep) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keep = k
}

// OpenSet opens a folder of images.
func (s *Session) OpenSet(root string) (*datasets.Set, error) {
	set, err := datasets.Open(root)
	if err != nil {
		return nil, problem("open set", err, "")
	}
	s.UseSet(set)
	return set, nil
}

// UseSet makes a set that is open already the session's.
func (s *Session) UseSet(set *datasets.Set) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.set = set
}

// OpenRecipe reads a recipe file and prepares its network; the one open before
// stays when that fails.
func (s *Session) OpenRecipe(path string) (*anomaly.Recipe, error) {
	r, err := anomaly.LoadRecipe(path)
	if err != nil {
		return nil, problem("open recipe", err, "")
	}
	return r, s.UseRecipe(r)
}

// UseRecipe prepares a recipe's network and puts its thresholds in force.
func (s *Session) UseRecipe(r *anomaly.Recipe) error {
	if err := s.needEngine(); err != nil {
		return err
	}
	d, err := anomaly.NewDetector(s.o.Engine, r)
	if err != nil {
		return problem("open recipe", err, "Choose another recipe or a smaller input size.")
	}
	s.mu.Lock()
	old := s.detector
	s.recipe, s.detector, s.thresholds = r, d, Saved(r)
	s.pass = nil
	s.logged = s.thresholds // every run names the recipe that they come from
	s.mu.Unlock()
	if old != nil {
		return old.Close()
	}
	return nil
}

func (s *Session) needEngine() error {
	if s.o.Engine != nil {
		return nil
	}
	err := s.o.Why
	if err == nil {
		err = nn.ErrUnavailable
	}
	return problem("start the engine", err, "Run “agurscope doctor” to see what is missing.")
}

// ready returns what an inspection needs.
func (s *Session) ready() (*anomaly.Recipe, *anomaly.Detector, Thresholds, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.detector == nil {
		return nil, nil, Thresholds{}, problem("inspect", errors.New("no recipe is open"), "Open a recipe or train one.")
	}
	return s.recipe, s.detector, s.thresholds, nil
}

// errReplaced stops a run whose recipe is no longer the one in force.
var errReplaced = errors.New("the recipe was closed or replaced meanwhile")

// inForce returns the thresholds in force while d still is the detector they
// belong to.
func (s *Session) inForce(d *anomaly.Detector) (Thresholds, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.detector != d {
		return Thresholds{}, errReplaced
	}
	return s.thresholds, nil
}

// Override records a person's verdict beside the machine's.
func (s *Session) Override(ctx context.Context, id int64, v history.Verdict, reviewer, reason string) error {
	if s.o.Store == nil || id == 0 {
		return problem("override", errors.New("this verdict is not in the history"), "Inspect the part again with a history database.")
	}
	if err := s.recorder.Override(ctx, id, v, reviewer, reason); err != nil {
		return problem("override", err, "")
	}
	s.tell(v, true)
	return nil
}

// Annotate puts a person's note beside a verdict.
func (s *Session) Annotate(ctx context.Context, id int64, author, words string) error {
	if s.o.Store == nil || id == 0 {
		return problem("write a note", errors.New("this verdict is not in the history"), "Inspect the part again with a history database.")
	}
	if err := s.recorder.Annotate(ctx, id, author, words); err != nil {
		return problem("write a note", err, "")
	}
	return nil
}

// RecordChange keeps in the history that a setting was changed, where there is one.
func (s *Session) RecordChange(ctx context.Context, c history.Change) error {
	if s.recorder == nil {
		return nil
	}
	if err := s.recorder.Change(ctx, c); err != nil {
		return problem("log the change", err, "")
	}
	return nil
}

// startRun opens a run in the history; without one the run has no id.
func (s *Session) startRun(ctx context.Context, kind, source string, r *anomaly.Recipe, t Thresholds) (history.Run, error) {
	run := history.Run{
		Kind: kind, Source: source, Program: s.o.Program,
		Low: t.Low, High: t.High, Review: t.Review, Reject: t.Reject, Mode: string(t.Mode),
		Operator: s.Operator(),
	}
	if s.o.Engine != nil {
		run.Engine = s.o.Engine.Name()
	}
	if r != nil {
		run.Recipe, run.RecipeSHA256, run.RecipeVersion = r.Name, r.SHA256, recipeVersion(r)
	} else {
		run.Low, run.High, run.Review, run.Reject = math.NaN(), math.NaN(), math.NaN(), math.NaN()
	}
	if s.o.Store == nil {
		return run, nil
	}
	out, err := s.recorder.StartRun(ctx, run)
	if err != nil {
		err = problem("log the run", err, "")
		s.lineState(kind, line.Fault, err)
		return run, err
	}
	return out, nil
}

// recipeVersion tells recipes of one name apart for people.
func recipeVersion(r *anomaly.Recipe) string {
	if r.Created.IsZero() {
		return ""
	}
	return r.Created.UTC().Format(time.RFC3339)
}

// endRun closes a run and returns err, which ended it, joined with a failure to
// say so in the history.
func (s *Session) endRun(ctx context.Context, run history.Run, err error) error {
	if e := s.EndRun(ctx, run, err); e != nil {
		return errors.Join(err, e)
	}
	return err
}

// EndRun closes a run, also when the context that it ran under has ended. why is
// nil, the context's error or what stopped the run; the error returned is the
// history's.
func (s *Session) EndRun(ctx context.Context, run history.Run, why error) error {
	if s.o.Store == nil {
		return nil
	}
	status, note := history.Done, ""
	switch {
	case errors.Is(why, context.Canceled), errors.Is(why, context.DeadlineExceeded):
		status, why = history.Cancelled, nil
	case why != nil:
		status, note = history.Failed, why.Error()
	}
	err := s.recorder.EndRun(context.WithoutCancel(ctx), run.ID, status, note)
	if errors.Is(err, history.ErrClosed) { // the session is closed, the history is not yet
		err = s.o.Store.EndRun(context.WithoutCancel(ctx), run.ID, status, note)
	}
	if err != nil {
		err = problem("log the run", err, "")
	}
	if why = errors.Join(why, err); why != nil {
		s.lineState(run.Kind, line.Fault, why)
	} else {
		s.lineState(run.Kind, line.Idle, nil)
	}
	return err
}

// Problem is an error in words for people: what was being done, what happened,
// what to do about it.
type Problem struct {
	Op   string // what was being done, such as "open recipe"
	Err  error
	Hint string // remedy; may be empty when Err says it
}

// Error implements error.
func (p *Problem) Error() string {
	if p.Hint == "" {
		return fmt.Sprintf("%s: %v", p.Op, p.Err)
	}
	return fmt.Sprintf("%s: %v. %s", p.Op, p.Err, p.Hint)
}

// Unwrap returns the cause.
func (p *Problem) Unwrap() error { return p.Err }

func problem(op string, err error, hint string) error {
	var p *Problem
	if errors.As(err, &p) || errors.Is(err, context.Canceled) {
		return err
	}
	return &Problem{op, err, hint}
}
