package session

import (
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"agurscope/datasets"
	"agurscope/datasets/synthec"
)

// drawn writes good parts that lie in a pose.
func drawn(t *testing.T, pose synthec.Pose, n int) *datasets.Set {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "parts")
	if err := synthec.Write(t.Context(), dir, synthec.Options{Pose: pose, Size: 96}, synthec.Counts{Train: n, TestGood: 1, PerDefect: 1}); err != nil {
		t.Fatal(err)
	}
	set, err := datasets.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func TestProposalIsWhatTrainingDoes(t *testing.T) {
	s := New(Options{}) // no engine is needed to look
	set := drawn(t, synthec.Free, 20)
	o := TrainOptions{Size: "T", Input: 64}
	var stages []Stage
	p, err := s.Propose(context.Background(), set, o, func(e TrainEvent) {
		if len(stages) == 0 || stages[len(stages)-1] != e.Stage {
			stages = append(stages, e.Stage)
		}
		if e.Done < 1 || e.Done > e.Total {
			t.Errorf("%s: %d of %d", e.Stage, e.Done, e.Total)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(stages) != 2 || stages[0] != Looking || stages[1] != Reading {
		t.Errorf("stages %v", stages)
	}
	train, _ := datasets.Split(set.Train(), 0, datasets.DefaultShare)
	want, err := s.plan(context.Background(), train, o, func(int) {})
	if err != nil {
		t.Fatal(err)
	}
	if p.Why != want.Why || p.Exposure != want.Exposure || p.Width != want.network.Width || p.Height != want.network.Height || p.Crop != want.crop {
		t.Errorf("proposal %+v, plan %+v", p, want)
	}
	if p.Fixture == nil || !strings.HasPrefix(p.Why, "On: ") || p.Fixture.W != want.Fixture.W {
		t.Fatalf("parts in any pose: %q", p.Why)
	}
	if p.Parts != len(train) || p.Doubtful > 1 || !(p.Alike > .5 && p.Alike <= 1) {
		t.Errorf("%d of %d parts looked at, %d in doubt, R² %.2f", p.Parts, len(train), p.Doubtful, p.Alike)
	}
	if len(p.Examples) != examples {
		t.Fatalf("%d examples", len(p.Examples))
	}
	seen := map[string]bool{}
	for _, e := range p.Examples {
		if b := e.Seen.Bounds(); b.Dx() != p.Width || b.Dy() != p.Height || e.Picture == nil || seen[e.Name] {
			t.Errorf("example %s, seen at %v", e.Name, b)
		}
		seen[e.Name] = true
		if (e.Doubt == nil) != (len(e.Outline) == 4) {
			t.Errorf("%s: outline %v with doubt %v", e.Name, e.Outline, e.Doubt)
			continue
		}
		// The frame has the fixture's shape, whatever its turn.
		if c := e.Outline; c != nil {
			across, down := math.Hypot(c[1][0]-c[0][0], c[1][1]-c[0][1]), math.Hypot(c[2][0]-c[1][0], c[2][1]-c[1][1])
			if got, want := across/down, float64(p.Fixture.W)/float64(p.Fixture.H); math.Abs(got/want-1) > .02 {
				t.Errorf("%s: the outline's sides are as %.3f, the frame's as %.3f", e.Name, got, want)
			}
		}
	}
}

func TestProposalLeavesPartsAsAsked(t *testing.T) {
	p, err := New(Options{}).Propose(context.Background(), drawn(t, synthec.Free, 8), TrainOptions{Input: 64, NoFixture: true, NoExposure: true}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if p.Fixture != nil || p.Evens() || p.Doubtful != 0 || len(p.Examples) != 6 {
		t.Errorf("proposal %+v", p)
	}
	for _, e := range p.Examples {
		if e.Outline != nil || e.Doubt != nil {
			t.Errorf("%s has an outline or a doubt", e.Name)
		}
	}
}

func TestProposalOfFewOrUnreadableParts(t *testing.T) {
	s := New(Options{})
	few, err := datasets.Open(parts(t, good(4, 32, 32)...))
	if err != nil {
		t.Fatal(err)
	}
	var p *Problem
	if _, err := s.Propose(context.Background(), few, TrainOptions{}, nil); !errors.As(err, &p) || p.Hint == "" {
		t.Errorf("four parts: %v", err)
	}
	dir := parts(t, good(8, 40, 40)...)
	set, err := datasets.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	spoil := func(n int) {
		for _, it := range set.Train()[:n] {
			if err := os.WriteFile(it.Path, []byte("no picture"), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	spoil(2)
	if got, err := s.Propose(context.Background(), set, TrainOptions{}, nil); err != nil || got.Parts < 4 || got.Parts > 6 || len(got.Examples) == 0 {
		t.Errorf("with two damaged pictures: %+v, %v", got, err)
	}
	spoil(8)
	if _, err := s.Propose(context.Background(), set, TrainOptions{}, nil); !errors.As(err, &p) {
		t.Errorf("with damaged pictures only: %v", err)
	}
}

func TestProposalCanBeCancelled(t *testing.T) {
	set, err := datasets.Open(parts(t, good(12, 32, 32)...))
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range []Stage{Looking, Reading} {
		ctx, cancel := context.WithCancel(context.Background())
		_, err := New(Options{}).Propose(ctx, set, TrainOptions{}, func(e TrainEvent) {
			if e.Stage == at && e.Done == 2 {
				cancel()
			}
		})
		cancel()
		if !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled while %s: %v", at, err)
		}
	}
}
