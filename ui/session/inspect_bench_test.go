//go:build onednn

package session

import (
	"fmt"
	"path/filepath"
	"testing"

	"agurscope/datasets/synthec"
	"agurscope/nn/onednn"
)

// BenchmarkPreview takes parts that lie anyhow from the file to the verdict, one at
// a time, and says what each stage takes.
func BenchmarkPreview(b *testing.B) {
	e, err := onednn.Open(onednn.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer e.Close()
	for _, side := range []int{512, 1024} {
		b.Run(fmt.Sprint(side), func(b *testing.B) {
			dir := b.TempDir()
			o := synthec.Options{Size: side, Seed: 7}
			if err := synthec.Write(b.Context(), filepath.Join(dir, "set"), o, synthec.Counts{Train: 20, TestGood: 2, PerDefect: 1}); err != nil {
				b.Fatal(err)
			}
			s := New(Options{Engine: e, Program: "bench"})
			defer s.Close()
			set, err := s.OpenSet(filepath.Join(dir, "set"))
			if err != nil {
				b.Fatal(err)
			}
			r, err := s.Train(b.Context(), set, TrainOptions{Out: filepath.Join(dir, "r.agur"), Input: 128, Steps: 2}, nil)
			if err != nil {
				b.Fatal(err)
			}
			if err := s.UseRecipe(r.Recipe); err != nil {
				b.Fatal(err)
			}
			test := set.Test()
			for i := range test {
				test[i].MaskPath = ""
			}
			stages, i := map[string]float64{}, 0
			b.ReportAllocs()
			for b.Loop() {
				res, err := s.Preview(b.Context(), test[i%len(test)])
				if err != nil || res.Err != nil {
					b.Fatal(err, res.Err)
				}
				for _, g := range res.Stages {
					stages[g.Name] += float64(g.Took.Microseconds()) / 1000
				}
				i++
			}
			for name, ms := range stages {
				b.ReportMetric(ms/float64(i), name+"-ms/op")
			}
		})
	}
}
