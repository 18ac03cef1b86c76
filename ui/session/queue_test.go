package session

import (
	"context"
	"image"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"agurscope/datasets"
)

// saved opens the recipe of the bench from a file.
func (b *bench) saved(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "part.agur")
	r := *b.Recipe()
	if err := r.Save(path); err != nil {
		t.Fatal(err)
	}
	if _, err := b.OpenRecipe(path); err != nil {
		t.Fatal(err)
	}
	return path
}

// Whatever is put in and taken out in whatever order, a queue holds each part once
// as long as it was put in last, and its pictures are those of the parts.
func TestAQueueHoldsWhatWasPutInLast(t *testing.T) {
	b := newBench(t)
	path := b.saved(t)
	pictures := make([]image.Image, 6)
	for i := range pictures {
		pictures[i] = grey(uint8(40 * i))
	}
	set, err := b.OpenSet(parts(t, pictures...))
	if err != nil {
		t.Fatal(err)
	}
	items := set.Test()
	if len(items) == 0 {
		items = set.Items
	}
	in := map[int]bool{}
	r := rand.New(rand.NewPCG(3, 3))
	for step := range 80 {
		i, add := r.IntN(len(items)), r.IntN(2) == 0
		n, err := b.Queue(context.Background(), items[i], add)
		if err != nil {
			t.Fatal(err)
		}
		if in[i] = add; !add {
			delete(in, i)
		}
		if n != len(in) {
			t.Fatalf("step %d: %d in the queue, want %d", step, n, len(in))
		}
		for k, it := range items {
			if b.InQueue(it) != in[k] {
				t.Fatalf("step %d: %s in the queue: %v", step, it.Name, !in[k])
			}
		}
	}
	all, err := Queued(path)
	if err != nil || len(all) != len(in) {
		t.Fatalf("%v, %v", all, err)
	}
	for _, q := range all {
		f, err := q.Load()
		if err != nil || f.Label != datasets.Normal {
			t.Errorf("%s: %v, %v", q.Name, f.Label, err)
		}
	}
	changes := 0
	for _, err := range b.store.Changes(t.Context(), time.Time{}, time.Time{}) {
		if err != nil {
			t.Fatal(err)
		}
		changes++
	}
	if changes == 0 {
		t.Error("nobody can tell who taught what")
	}
}

// What is queued while the database takes nothing is on record all the same.
func TestAQueueIsRecordedInTheJournal(t *testing.T) {
	b := newBench(t)
	b.saved(t)
	set, err := b.OpenSet(parts(t, grey(1), grey(2)))
	if err != nil {
		t.Fatal(err)
	}
	release := b.hold(t)
	if n, err := b.Queue(t.Context(), set.Items[0], true); n != 1 || err != nil {
		t.Errorf("%d in the queue, %v", n, err)
	}
	release()
	changes := 0
	for _, err := range b.store.Changes(t.Context(), time.Time{}, time.Time{}) {
		if err != nil {
			t.Fatal(err)
		}
		changes++
	}
	if changes != 1 {
		t.Errorf("%d changes on record", changes)
	}
}

func TestTrainLearnsFromTheQueueAndKeepsItApart(t *testing.T) {
	b := newBench(t)
	path := b.saved(t)
	pictures := good(12, 40, 40)
	set, err := b.OpenSet(parts(t, pictures...))
	if err != nil {
		t.Fatal(err)
	}
	extra, err := datasets.Open(parts(t, append(good(14, 41, 41)[12:], pictures[3])...))
	if err != nil {
		t.Fatal(err)
	}
	for _, it := range extra.Items { // two of them new, one that the set has, too
		if _, err := b.Queue(t.Context(), it, true); err != nil {
			t.Fatal(err)
		}
	}
	o := quick(t)
	plain, err := b.Train(t.Context(), set, o, nil)
	if err != nil {
		t.Fatal(err)
	}
	o = quick(t)
	o.Queue = path
	res, err := b.Train(t.Context(), set, o, nil)
	if err != nil {
		t.Fatal(err)
	}
	was, now := plain.Recipe, res.Recipe
	if now.Training.Images != was.Training.Images+2 || now.Calibration.Normals != was.Calibration.Normals {
		t.Errorf("learnt %d and kept %d back, without the queue %d and %d", now.Training.Images, now.Calibration.Normals, was.Training.Images, was.Calibration.Normals)
	}
	if len(now.Training.Queued) != 2 || now.Training.Manifest != was.Training.Manifest {
		t.Errorf("provenance %+v", now.Training)
	}
	// What was learnt from the queue is no witness of the new recipe.
	if _, err := b.OpenRecipe(o.Out); err != nil {
		t.Fatal(err)
	}
	b.UseSet(set)
	p, err := b.RunPass(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range p.Parts {
		if !s.Held {
			t.Errorf("%s is scored, and it was learnt", s.Item.Name)
		}
	}
	b.UseSet(&datasets.Set{Root: extra.Root, Items: extra.Items})
	p, err = b.RunPass(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if p.Learnt != 2 || len(p.Parts) != 1 {
		t.Errorf("%d parts left out, %d scored", p.Learnt, len(p.Parts))
	}
}

func TestAQueueNeedsARecipeWithAFile(t *testing.T) {
	b := newBench(t)
	set, err := b.OpenSet(parts(t, grey(20), grey(30)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Queue(t.Context(), set.Items[0], true); err == nil {
		t.Error("queued beside nothing")
	}
	path := b.saved(t)
	if err := os.WriteFile(QueueFolder(path), nil, 0o644); err != nil { // a file in the folder's place
		t.Fatal(err)
	}
	if _, err := b.Queue(t.Context(), set.Items[0], true); err == nil {
		t.Error("queued into a file")
	}
	if err := os.Remove(QueueFolder(path)); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(QueueFolder(path), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, foreign := range []string{"notes.txt", "0123_x.png", ".hidden", "0123456789abcdef_"} {
		if err := os.WriteFile(filepath.Join(QueueFolder(path), foreign), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if all, err := Queued(path); err != nil || slices.ContainsFunc(all, func(datasets.Item) bool { return true }) {
		t.Errorf("what others put there is taken for parts: %v, %v", all, err)
	}
}
