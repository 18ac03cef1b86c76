package plan

import (
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"agurscope/nn"
)

func TestPlaceKeepsApartWhatLivesTogether(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		var ivs []*Interval
		for range 1 + rng.IntN(30) {
			first := rng.IntN(20)
			ivs = append(ivs, &Interval{Bytes: 1 + rng.IntN(5000), First: first, Last: first + rng.IntN(8)})
		}
		total := Place(ivs, 256)
		for i, a := range ivs {
			if a.Offset%256 != 0 || a.Offset+a.Bytes > total {
				t.Fatalf("%+v in %d bytes", *a, total)
			}
			for _, b := range ivs[:i] {
				together := a.First <= b.Last && b.First <= a.Last
				if together && a.Offset < b.Offset+b.Bytes && b.Offset < a.Offset+a.Bytes {
					t.Fatalf("%+v lies on %+v", *a, *b)
				}
			}
		}
	}
}

func TestPlaceReusesWhatIsOver(t *testing.T) {
	if n := Place([]*Interval{{Bytes: 100, First: 0, Last: 1}, {Bytes: 100, First: 2, Last: 3}}, 64); n != 128 {
		t.Errorf("two that follow each other take %d bytes", n)
	}
}

func TestMoreThanKernelsCountIsRefused(t *testing.T) {
	g := nn.NewGraph(nn.NewParams(nil))
	x := g.Input("x", nn.Shape{8, 64, 2048, 2048})
	if err := Countable(x, x.Shape.Size()); !errors.Is(err, nn.ErrMemory) || !strings.Contains(err.Error(), "8x64x2048x2048") {
		t.Errorf("2^31 numbers: %v", err)
	}
	if err := Countable(x, x.Shape.Size()/2); err != nil {
		t.Error(err)
	}
}

func TestGradientsStopWhereNobodyWantsThem(t *testing.T) {
	g := nn.NewGraph(nn.NewParams(rand.New(rand.NewPCG(1, 2))))
	x := g.Input("x", nn.Shape{1, 3, 4, 4})
	fixed := g.ReLU(x)
	y := g.Conv("c", fixed, 3, 3, nn.ConvOptions{})
	score := g.Conv("s", g.ScoreInput(x, y), 1, 1, nn.ConvOptions{})
	idle := g.Conv("i", x, 1, 1, nn.ConvOptions{})
	g.Minimise("l", g.FocalLoss(score, g.Input("m", nn.Shape{1, 1, 4, 4}), 1), 1)
	got := Gradients(g)
	for n, want := range map[*nn.Node]bool{x: false, fixed: false, y: false, score.In[0]: false, score: true, idle: false} {
		if got[n.ID] != want {
			t.Errorf("gradient of %v %d: %v", n.Op, n.ID, got[n.ID])
		}
	}
	if r := Readers(g)[x.ID]; !slices.Equal(r, []*nn.Node{fixed, score.In[0], idle}) {
		t.Errorf("readers of x: %v", r)
	}
}
