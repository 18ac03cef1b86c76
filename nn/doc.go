// Package nn describes networks; engines run them.
//
// # Graph
//
// A network is a [Graph]: a list of [Node] values in the order in which they
// were built, which is also an order in which they can be computed. The list
// is the tape of reverse-mode differentiation: an engine runs it front to back
// for the prediction and back to front for the gradients. A graph is built for
// one input shape and holds no numbers of its own; weights live in [Param]
// values that several graphs share (one for training, one for inference, one
// per input size).
//
// Shapes are N, C, H, W everywhere: batch, channels, rows, columns. How an
// engine stores a value is its own affair; what crosses the border
// ([Program.Set], [Program.Get]) is float32 in N, C, H, W order.
//
// # Engines
//
// An [Engine] compiles a graph into a [Program], for [Inference] (batch
// normalisation uses the running statistics) or for [Training] (batch
// statistics, gradients, losses). The oneDNN engine is in nn/onednn, the
// portable one and second opinion in nn/gorgonia; nn/internal/naive holds
// plain float64 loops, the oracle for both.
//
// # Errors
//
// A wrong shape is a bug in the network's description: builders panic with a
// [*ShapeError], so that the description reads like the mathematics. [Try]
// turns the panic into an error at the border. Everything that data or a
// machine can cause is an ordinary error.
package nn
