package gorgonia

import (
	"fmt"

	G "gorgonia.org/gorgonia"
)

// tape evaluates expression nodes. It takes the place of the library's
// TapeMachine, which overwrites the memory of values that it takes for dead
// although reshapes and slices of them, which share it, are still to be read.
// Here no value is ever written twice.
type tape struct {
	index  map[*G.Node]int
	nodes  []*G.Node
	args   [][]int // of each node, as indices
	last   []int   // the last node that reads it
	values []G.Value
}

func newTape() *tape { return &tape{index: map[*G.Node]int{}} }

// want adds n and all that it needs, in an order in which they can be
// computed, and protects n from being forgotten.
func (t *tape) want(n *G.Node) {
	t.last[t.visit(n)] = 1 << 30
}

func (t *tape) visit(n *G.Node) int {
	if i, ok := t.index[n]; ok {
		return i
	}
	var args []int
	if n.Value() == nil { // otherwise a leaf or a number
		for children := n.Graph().From(n.ID()); children.Next(); {
			args = append(args, t.visit(children.Node().(*G.Node)))
		}
	}
	i := len(t.nodes)
	for _, a := range args {
		t.last[a] = max(t.last[a], i)
	}
	t.index[n] = i
	t.nodes, t.args, t.last = append(t.nodes, n), append(t.args, args), append(t.last, i)
	t.values = append(t.values, nil)
	return i
}

// run computes the nodes from…to and drops values after their last reader.
func (t *tape) run(from, to int, drop bool) error {
	for i := from; i < to; i++ {
		n := t.nodes[i]
		if v := n.Value(); v != nil {
			t.values[i] = v
			continue
		}
		in := make([]G.Value, len(t.args[i]))
		for k, a := range t.args[i] {
			in[k] = t.values[a]
		}
		v, err := n.Op().Do(in...)
		if err != nil {
			return fmt.Errorf("run gorgonia's %v: %w", n.Op(), err)
		}
		t.values[i] = v
		for _, a := range t.args[i] {
			if drop && t.last[a] <= i {
				t.values[a] = nil
			}
		}
	}
	return nil
}

// floats is the value of n; a scalar's is one number.
func (t *tape) floats(n *G.Node) []float32 {
	switch d := t.values[t.index[n]].Data().(type) {
	case []float32:
		return d
	case float32:
		return []float32{d}
	}
	return nil
}
