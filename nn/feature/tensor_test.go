package feature

import (
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"agurscope/nn"
)

// model is what both models have in common.
type model interface {
	Distance(*Grid) *nn.Image
	Tensors() map[string]Tensor
}

// kind is a kind of model, and how it is read back.
type kind struct {
	name string
	fit  func([]*Grid) (model, error)
	from func(map[string]Tensor) (model, error)
}

func kinds() []kind {
	gaussian := func(t map[string]Tensor) (model, error) { return GaussianFrom(t) }
	memory := func(t map[string]Tensor) (model, error) { return MemoryFrom(t) }
	return []kind{
		{"Gaussian", func(g []*Grid) (model, error) { return FitGaussian(g, GaussianOptions{}) }, gaussian},
		{"global Gaussian", func(g []*Grid) (model, error) { return FitGaussian(g, GaussianOptions{Global: true}) }, gaussian},
		{"memory", func(g []*Grid) (model, error) { return FitMemory(g, MemoryOptions{PerCell: 3}) }, memory},
		{"global memory", func(g []*Grid) (model, error) { return FitMemory(g, MemoryOptions{Global: true, Total: 9, Radius: 2}) }, memory},
	}
}

func TestModelsSurviveTheirTables(t *testing.T) {
	grids := correlated(rand.New(rand.NewPCG(11, 11)), 12, 4, 3, 6)
	flat := []*Grid{NewGrid(2, 2, 3), NewGrid(2, 2, 3)}
	for _, k := range kinds() {
		for _, grids := range [][]*Grid{grids, flat} {
			m, err := k.fit(grids)
			if err != nil {
				t.Fatal(err)
			}
			again, err := k.from(m.Tensors())
			if err != nil {
				t.Errorf("%s: %v", k.name, err)
				continue
			}
			if !slices.Equal(m.Distance(grids[0]).Pix, again.Distance(grids[0]).Pix) {
				t.Errorf("%s: other distances after reading", k.name)
			}
		}
	}
}

func TestDamagedTablesAreRefused(t *testing.T) {
	grids := correlated(rand.New(rand.NewPCG(12, 12)), 12, 4, 3, 6)
	for _, k := range kinds() {
		m, err := k.fit(grids)
		if err != nil {
			t.Fatal(err)
		}
		for name, table := range m.Tensors() {
			damage := map[string]Tensor{
				"shape of another size":  {append(slices.Clone(table.Shape), 2), table.Data},
				"shape that overflows":   {[]int{math.MaxInt, math.MaxInt, 4}[:len(table.Shape)], table.Data},
				"negative shape":         {[]int{-1, -1, 6}[:len(table.Shape)], table.Data},
				"no shape":               {nil, table.Data},
				"fewer numbers":          {table.Shape, table.Data[1:]},
				"fewer numbers, in both": {append([]int{table.Shape[0] + 1}, table.Shape[1:]...), append(slices.Clone(table.Data), table.Data[:len(table.Data)/table.Shape[0]]...)},
			}
			for what, v := range map[string]float32{"NaN": float32(math.NaN()), "infinity": float32(math.Inf(-1))} {
				data := slices.Clone(table.Data)
				data[len(data)-1] = v
				damage[what] = Tensor{table.Shape, data}
			}
			if name != "mean" && name != "basis" && name != "centre" && name != "vectors" {
				data := slices.Clone(table.Data)
				data[0] = -1
				damage["negative number"] = Tensor{table.Shape, data}
			}
			if name == "rank" || name == "count" || name == "search" {
				data := slices.Clone(table.Data)
				data[0] += .5
				damage["broken number"] = Tensor{table.Shape, data}
			}
			for what, bad := range damage {
				tables := m.Tensors()
				tables[name] = bad
				if _, err := k.from(tables); err == nil {
					t.Errorf("%s: table %q with %s was accepted", k.name, name, what)
				}
			}
			tables := m.Tensors()
			delete(tables, name)
			if _, err := k.from(tables); err == nil {
				t.Errorf("%s: was read without table %q", k.name, name)
			}
		}
	}
}

// Whatever the tables hold, reading gives an error or a model that works.
func FuzzTables(f *testing.F) {
	grids := correlated(rand.New(rand.NewPCG(13, 13)), 5, 3, 2, 4)
	f.Add([]byte{0})
	f.Add([]byte{0, 1, 2, 3, 4, 5, 6, 7})
	f.Add([]byte{2, 0, 3, 1, 9, 2, 1, 4, 4, 0, 7})
	f.Fuzz(func(t *testing.T, edits []byte) {
		next := func() int {
			if len(edits) == 0 {
				return 0
			}
			b := edits[0]
			edits = edits[1:]
			return int(b)
		}
		all := kinds()
		k := all[next()%len(all)]
		m, err := k.fit(grids)
		if err != nil {
			t.Fatal(err)
		}
		tables := m.Tensors()
		names := slices.Sorted(maps.Keys(tables))
		for len(edits) > 0 {
			name := names[next()%len(names)]
			table := Tensor{slices.Clone(tables[name].Shape), slices.Clone(tables[name].Data)}
			values := []float32{0, -0., 1, 2, 3, .5, -1, 1e38, -1e38, 1e-45, 1e9, float32(math.NaN()), float32(math.Inf(1))}
			switch b := next(); b % 4 {
			case 0:
				if len(table.Shape) > 0 {
					table.Shape[next()%len(table.Shape)] = []int{-1, 0, 1, 2, 3, 4, 6, 12, 24, math.MaxInt}[next()%10]
				}
			case 1:
				if len(table.Data) > 0 {
					table.Data[next()%len(table.Data)] = values[next()%len(values)]
				}
			case 2:
				table.Data = table.Data[:min(next(), len(table.Data))]
			case 3:
				delete(tables, name)
				continue
			}
			tables[name] = table
		}
		if m, err = k.from(tables); err != nil {
			return
		}
		w, h, d := 3, 2, 0
		switch m := m.(type) {
		case *Gaussian:
			w, h, d = m.W, m.H, m.D
		case *Memory:
			w, h, d = m.W, m.H, m.D
		}
		m.Distance(NewGrid(w, h, d))
	})
}
