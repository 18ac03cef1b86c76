// Package simd holds the loops over float32 that an inspection spends its
// time in beside the network: in C, once per instruction set, where there is
// cgo and a processor with AVX2, and in plain Go everywhere else. Both are
// tested against each other; they agree to rounding. What a kernel computes
// depends on its arguments alone, not on where memory lies and not on how many
// goroutines share the work.
package simd
