// Package onnxtest reads ONNX files and computes them in plain float64 loops:
// the proof, without any other runtime, that what was written means what the
// network does. It knows the operators that nn/onnx writes and shares no code
// with the engines. Not for use outside of tests.
package onnxtest
