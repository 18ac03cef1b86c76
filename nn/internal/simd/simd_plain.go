//go:build !cgo || !amd64

package simd

func narrow() {}
func plain()  {}
func widest() {}

func logGreyC(_, _, _, _ []float32) bool                                 { return false }
func countC([]Count, []float32, [3][]float32, int, int, int) bool        { return false }
func poolC([]float32, int, []float32, int, int, int, int, int, int) bool { return false }
func combineC(_, _, _ []float32) bool                                    { return false }
func unitC(_, _, _, _ []float32) bool                                    { return false }
func accumulateC(_, _ []float32, _, _ float32, _ bool) bool              { return false }
func outlineC(_, _, _ []float32, _ float32) bool                         { return false }
func spreadC([]float32, int, int) bool                                   { return false }
func unpackC(_, _, _ []float32, _ []uint8) bool                          { return false }
func exposeC([]float32, float32, bool) bool                              { return false }
func gatherC(_, _ []float32, _ []int32, _ []float32) bool                { return false }
func finiteC([]float32) (all, ok bool)                                   { return false, false }

func sampleC(_, _ []float32, _, _ int, _, _, _, _ float32, _ int) bool { return false }

func (g *Gaussian) distancesC(_, _ []float32, _ int, _ []float32, _, _ int) bool { return false }
func (m *Memory) distancesC(_, _ []float32, _ int, _ *Scratch, _, _ int) bool    { return false }
