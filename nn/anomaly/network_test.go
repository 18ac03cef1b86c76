package anomaly

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"agurscope/nn"
)

func TestNetworkShapes(t *testing.T) {
	for _, size := range Sizes {
		for _, in := range [][2]int{{32, 32}, {64, 64}, {128, 128}, {96, 256}, {256, 96}, {48, 64}} {
			n := Network{Size: size.Name, Width: in[0], Height: in[1]}
			t.Run(fmt.Sprintf("%s %dx%d", n.Size, n.Width, n.Height), func(t *testing.T) {
				g := nn.NewGraph(nn.NewParams(rand.New(rand.NewPCG(1, 1))))
				x := g.Input("x", nn.Shape{2, 3, n.Height, n.Width})
				y, f := n.Reconstruct(g, x)
				logits, phi := n.Score(g, x, y)
				stages := 4
				if min(n.Width, n.Height) < 64 {
					stages = 3
				}
				at := func(c, div int) nn.Shape { return nn.Shape{2, c, n.Height / div, n.Width / div} }
				want := map[*nn.Node]nn.Shape{y: at(3, 1), logits: at(1, 1), phi: at(size.Score, 2)}
				if len(f.Encoder) != stages || len(f.Decoder) != stages {
					t.Fatalf("%d encoder and %d decoder features, want %d", len(f.Encoder), len(f.Decoder), stages)
				}
				for i := range stages {
					want[f.Encoder[i]] = at(size.Widths[i], 2<<i)
					want[f.Decoder[stages-1-i]] = at(size.Widths[i], 2<<i)
				}
				for node, shape := range want {
					if node.Shape != shape {
						t.Errorf("%s is %s, want %s", node.Op, node.Shape, shape)
					}
				}
			})
		}
	}
}

// TestParameterCounts pins the sizes: a change here makes every recipe
// unreadable and wants a new Schema. The method's prototype counted 12.99 M for
// L without and 0.547 M for its scoring network, 0.138 M for that of B.
func TestParameterCounts(t *testing.T) {
	for _, c := range []struct {
		size            string
		side            int
		params, scoring int
	}{
		{"T", 32, 308636, 137907}, {"T", 64, 690675, 137907},
		{"B", 32, 712063, 137907}, {"B", 64, 1736061, 137907},
		{"L", 32, 4785215, 547155}, {"L", 64, 13540239, 547155},
	} {
		m, err := NewModel(Network{Size: c.size, Width: c.side, Height: c.side}, 0)
		if err != nil {
			t.Fatal(err)
		}
		scoring := 0
		for _, p := range m.Params.All {
			if strings.HasPrefix(p.Name, "score.") && p.Role != nn.Statistic {
				scoring += len(p.Data())
			}
		}
		if got := m.Cost().Parameters; got != c.params || scoring != c.scoring {
			t.Errorf("%s at %d: %d parameters, %d of them for scoring, want %d and %d", c.size, c.side, got, scoring, c.params, c.scoring)
		}
		if m.Cost().MACs <= 0 {
			t.Errorf("%s at %d costs %d multiply-adds", c.size, c.side, m.Cost().MACs)
		}
	}
}

func TestCostGrowsWithTheArea(t *testing.T) {
	cost := func(w, h int) Cost {
		m, err := NewModel(Network{Size: "T", Width: w, Height: h}, 0)
		if err != nil {
			t.Fatal(err)
		}
		return m.Cost()
	}
	a, b, turned := cost(64, 64), cost(128, 64), cost(64, 128)
	if a.Parameters != b.Parameters {
		t.Errorf("%d and %d parameters for two inputs", a.Parameters, b.Parameters)
	}
	// A few multiply-adds do not depend on the area: those of pooled values.
	if r := float64(b.MACs) / float64(a.MACs); r < 1.99 || r > 2.01 || b != turned {
		t.Errorf("twice the area costs %.3f times as much, turned %v against %v", r, b, turned)
	}
}

func TestWithoutRemovesParameters(t *testing.T) {
	names := func(w Without) map[string]bool {
		m, err := NewModel(Network{Size: "T", Width: 64, Height: 64, Without: w}, 0)
		if err != nil {
			t.Fatal(err)
		}
		out := map[string]bool{}
		for _, p := range m.Params.All {
			out[p.Name] = true
		}
		return out
	}
	having := func(in map[string]bool, part string) (n int) {
		for name := range in {
			if strings.Contains(name, part) {
				n++
			}
		}
		return n
	}
	full := names(Without{})
	count := func(w Without) int {
		m, err := NewModel(Network{Size: "T", Width: 64, Height: 64, Without: w}, 0)
		if err != nil {
			t.Fatal(err)
		}
		return m.Cost().Parameters
	}
	for _, c := range []struct {
		name    string
		without Without
		part    string // in the names that must go
	}{
		{"aspp", Without{ASPP: true}, "aspp."},
		{"gates", Without{Gates: true}, ".gate."},
		{"eca", Without{ECA: true}, ".eca."},
		{"skips", Without{Skips: true}, ".gate."},
		{"score", Without{Score: true}, "score."},
		{"everything", Without{ASPP: true, Gates: true, ECA: true, PreAct: true, Skips: true, Score: true}, ".eca."},
	} {
		got := names(c.without)
		if having(full, c.part) == 0 || having(got, c.part) != 0 {
			t.Errorf("without %s: %d of %d parameters %q are left", c.name, having(got, c.part), having(full, c.part), c.part)
		}
		if count(c.without) >= count(Without{}) {
			t.Errorf("without %s the network is no smaller", c.name)
		}
	}
	plain := names(Without{PreAct: true})
	if full["enc1.0.short.weight"] == false || plain["enc1.0.short.weight"] {
		t.Error("without pre-activation there must be no shortcut")
	}
	if count(Without{Skips: true}) >= count(Without{Gates: true}) {
		t.Error("without skips the decoder is no smaller than with plain ones")
	}
	if !plain["score.b.short.weight"] {
		t.Error("the scoring network keeps its own blocks")
	}
}

func TestValidateNamesWhatIsWrong(t *testing.T) {
	for _, c := range []struct {
		n    Network
		want string // in the error; "" for none
	}{
		{Network{Size: "T", Width: 32, Height: 2048}, ""},
		{Network{Size: "L", Width: 96, Height: 256}, ""},
		{Network{Size: "XL", Width: 64, Height: 64}, `"XL"`},
		{Network{Width: 64, Height: 64}, `""`},
		{Network{Size: "T", Width: 40, Height: 64}, "multiples of 16"},
		{Network{Size: "T", Width: 64, Height: 16}, "from 32"},
		{Network{Size: "T", Width: 64, Height: 2064}, "to 2048"},
		{Network{Size: "T", Width: -64, Height: 64}, "-64"},
		{Network{Size: "T", Width: 0, Height: 0}, "0 x 0"},
		{Network{Size: "B", Width: 64, Height: 32, SSDAE: "conv", MGAN: "band"}, ""},
		{Network{Size: "T", Width: 32, Height: 64, SSDAE: "literal", MGAN: "spectrum"}, ""},
		{Network{Size: "T", Width: 64, Height: 64, SSDAE: "magic"}, `"magic"`},
		{Network{Size: "T", Width: 64, Height: 64, MGAN: "both"}, `"both"`},
	} {
		err := c.n.Validate()
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, want %q", c.n, err, c.want)
		}
		if _, err2 := NewModel(c.n, 0); (err2 == nil) != (err == nil) {
			t.Errorf("%+v: Validate says %v, NewModel %v", c.n, err, err2)
		}
	}
}

func TestModelsOfOneSeedAreEqual(t *testing.T) {
	weights := func(seed uint64) [][]float32 {
		m, err := NewModel(little, seed)
		if err != nil {
			t.Fatal(err)
		}
		return m.Params.Snapshot(nil)
	}
	if !sameBits(weights(1), weights(1)) {
		t.Error("two models of one seed differ")
	}
	if sameBits(weights(1), weights(2)) {
		t.Error("models of two seeds are equal")
	}
}
