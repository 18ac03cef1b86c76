package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"testing"

	"agurscope/nn/vectors"
)

var background = context.Background()

// fixture is one case of testdata/generate.py.
type fixture struct {
	Name            string
	Size, Samples   int
	D               int
	X, Flat         []float32
	Labels          []int
	Silhouette      *float64
	Silhouettes     []float64
	Agreement       *float64
	Trustworthiness map[string]float64
}

func fixtures(t *testing.T) []fixture {
	t.Helper()
	data, err := os.ReadFile("testdata/fixtures.json")
	if err != nil {
		t.Fatal(err)
	}
	var out []fixture
	if err := json.Unmarshal(data, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// samePartition reports whether two labellings tell the same groups apart.
func samePartition(a, b []int) bool {
	there, back := map[int]int{Noise: Noise}, map[int]int{Noise: Noise}
	for i := range a {
		if l, ok := there[a[i]]; ok && l != b[i] {
			return false
		}
		if l, ok := back[b[i]]; ok && l != a[i] {
			return false
		}
		there[a[i]], back[b[i]] = b[i], a[i]
	}
	return true
}

func near(got, want float64) bool { return math.Abs(got-want) < 1e-5 }

func TestAgainstScikitLearn(t *testing.T) {
	for _, f := range fixtures(t) {
		s, flat := &vectors.Set{D: f.D, V: f.X}, &vectors.Set{D: 2, V: f.Flat}
		got, err := Find(background, s, Options{MinSize: f.Size, MinSamples: f.Samples})
		if err != nil {
			t.Fatal(err)
		}
		if !samePartition(got, f.Labels) {
			t.Errorf("%s: groups %v instead of %v", f.Name, got, f.Labels)
		}
		sil, err := Silhouette(background, s, f.Labels)
		if f.Silhouette == nil != math.IsNaN(sil) || f.Silhouette != nil && !near(sil, *f.Silhouette) || err != nil {
			t.Errorf("%s: silhouette %v, %v", f.Name, sil, err)
		}
		if f.Silhouettes != nil {
			all, _ := Silhouettes(background, s, f.Labels)
			all = slices.DeleteFunc(all, math.IsNaN)
			for i, v := range all {
				if !near(v, f.Silhouettes[i]) {
					t.Errorf("%s: silhouette %d is %v instead of %v", f.Name, i, v, f.Silhouettes[i])
				}
			}
		}
		a, err := Agreement(background, s, f.Labels, 8)
		if f.Agreement == nil != math.IsNaN(a) || f.Agreement != nil && !near(a, *f.Agreement) || err != nil {
			t.Errorf("%s: agreement %v, %v", f.Name, a, err)
		}
		for k, want := range map[int]float64{1: f.Trustworthiness["1"], 5: f.Trustworthiness["5"], 30: f.Trustworthiness["30"]} {
			if got, err := Trustworthiness(background, s, flat, k); err != nil || !near(got, want) {
				t.Errorf("%s: trustworthiness of %d is %v instead of %v, %v", f.Name, k, got, want, err)
			}
		}
	}
}

func TestFindAnyProcessorsAnyTime(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	s := vectors.New(3000, 6)
	for i := range s.V {
		s.V[i] = float32(rng.NormFloat64()) + 6*float32(i/s.D%4)
	}
	for i := range 400 { // equal ones, and more of them than a group needs
		copy(s.Row(i), s.Row(0))
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	var first []int
	for _, procs := range []int{1, 2, 5} {
		runtime.GOMAXPROCS(procs)
		got, err := Find(background, s, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = got
		}
		if !slices.Equal(got, first) {
			t.Errorf("other groups with %d processors", procs)
		}
	}
	if n := Count(first); n < 4 {
		t.Errorf("%d groups", n)
	}
	size := make([]int, Count(first))
	for _, l := range first {
		if l != Noise {
			size[l]++
		}
	}
	if !slices.IsSortedFunc(size, func(a, b int) int { return b - a }) {
		t.Errorf("groups of %v are not in order", size)
	}
}

func TestFindDegenerate(t *testing.T) {
	for n := range 25 {
		for _, s := range []*vectors.Set{vectors.New(n, 2), {D: 1, V: make([]float32, n)}} {
			labels, err := Find(background, s, Options{})
			if err != nil || len(labels) != n {
				t.Errorf("%d equal vectors: %v, %v", n, labels, err)
			}
		}
	}
	far := vectors.New(20, 1)
	for i := range far.V[10:] {
		far.V[10+i] = 1e30 // the square of which no float32 holds
	}
	if labels, err := Find(background, far, Options{}); err != nil || Count(labels) != 2 {
		t.Errorf("two groups very far apart: %v, %v", labels, err)
	}
	bad := vectors.New(30, 2)
	bad.V[9] = float32(math.NaN())
	if _, err := Find(background, bad, Options{}); err == nil {
		t.Error("NaN")
	}
	if _, err := Find(background, vectors.New(30, 2), Options{MinSize: 1}); err == nil {
		t.Error("groups of one")
	}
	if _, err := Find(background, vectors.New(30, 2), Options{MinSize: -4}); err == nil {
		t.Error("groups of less than none")
	}
	ctx, cancel := context.WithCancel(background)
	cancel()
	if _, err := Find(ctx, vectors.New(3000, 2), Options{}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if v, err := Trustworthiness(background, vectors.New(4, 2), vectors.New(4, 2), 5); err != nil || !math.IsNaN(v) {
		t.Error(v, err)
	}
}

func TestJudgesManyByEverySoManieth(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	n := 2*maxJudged + 7
	s, labels := vectors.New(n, 2), make([]int, n)
	for i := range n {
		labels[i] = i % 3
		s.Row(i)[0], s.Row(i)[1] = float32(10*labels[i])+float32(rng.NormFloat64()), float32(rng.NormFloat64())
	}
	few := &vectors.Set{D: 2, V: s.V[:2*3000]}
	many, err := Silhouette(background, s, labels)
	if err != nil {
		t.Fatal(err)
	}
	some, _ := Silhouette(background, few, labels[:3000])
	if math.Abs(many-some) > 0.02 {
		t.Errorf("silhouette %.3f, of the first few %.3f", many, some)
	}
}
