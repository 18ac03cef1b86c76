package nntest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"math"
	"reflect"
	"testing"

	"agurscope/nn/internal/naive"
)

// A new operation must come with a case: the table is compared with the types
// that ops.go declares.
func TestTableHasEveryOperation(t *testing.T) {
	f, err := parser.ParseFile(token.NewFileSet(), "../ops.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, c := range cases() {
		for _, n := range newNet(c).g.Nodes {
			seen[reflect.TypeOf(n.Op).Name()] = true
		}
	}
	declared := 0
	ast.Inspect(f, func(n ast.Node) bool {
		if s, ok := n.(*ast.TypeSpec); ok {
			declared++
			if !seen[s.Name.Name] {
				t.Errorf("no case uses %s", s.Name.Name)
			}
		}
		return true
	})
	if declared == 0 {
		t.Error("no operations found")
	}
}

func TestSameCaseGetsTheSameNumbers(t *testing.T) {
	c := caseNamed("tiny U-net")
	a, b := newNet(c), newNet(c)
	for i, x := range a.g.Inputs {
		if difference(naive.Widen(a.data[x]), naive.Widen(b.data[b.g.Inputs[i]]), 0) != 0 {
			t.Errorf("%v differs", x.Op)
		}
	}
}

func TestDifferenceIsRelativeToTheLargestElement(t *testing.T) {
	for _, tt := range []struct {
		got, want []float64
		floor     float64
		d         float64
	}{
		{[]float64{1, 2}, []float64{1, 2}, 0, 0},
		{[]float64{1, 2.5}, []float64{-2, 2}, 0, 1.5},
		{[]float64{0.1}, []float64{0}, 10, 0.01},
		{[]float64{1}, []float64{1, 2}, 0, math.Inf(1)},
	} {
		if d := difference(tt.got, tt.want, tt.floor); math.Abs(d-tt.d) > 1e-15 && d != tt.d {
			t.Errorf("difference(%v, %v, %g) = %g, want %g", tt.got, tt.want, tt.floor, d, tt.d)
		}
	}
	if d := difference([]float64{math.NaN()}, []float64{1}, 0); d <= 1e9 {
		t.Errorf("not a number passes as %g", d)
	}
}
