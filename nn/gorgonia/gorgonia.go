// Package gorgonia is the portable engine: the same graphs as stock expression
// graphs of gorgonia.org/gorgonia, in pure Go. It is slow, runs everywhere and
// shares no kernel with the other engines, which makes it their second opinion.
//
// # Forms
//
// Only forms of the library whose gradients hold are used; nn/nntest checks
// each against finite differences. Every linear map along rows and columns
// (bilinear upsampling, blur, SSIM's window, the Fourier transform) is a pair
// of matrix products; so is every mean and repetition over H and W. Batch
// normalisation is an affine map at inference, for the library's evaluation
// mode has a wrong gradient, and its own operation in training; the running
// statistics are computed here. One operation is not stock: constant, which
// stops gradients; and the nodes are evaluated by a tape of our own, which
// tells why.
package gorgonia

import (
	"fmt"
	"runtime"
	"sync"

	"agurscope/nn"
)

// library is held by whoever uses the library: it shares constant nodes between
// graphs, so that even building must not happen twice at a time, in whatever engine.
var library sync.Mutex

// engine implements nn.Engine. It has a size, so that two are not one.
type engine struct{ _ byte }

// Open returns the engine. It is always available.
func Open() (nn.Engine, error) { return &engine{}, nil }

// Name implements nn.Engine.
func (*engine) Name() string { return "gorgonia" }

// Describe implements nn.Engine.
func (*engine) Describe() string {
	return fmt.Sprintf("portable: gorgonia 0.9.18, pure Go, %s/%s", runtime.GOOS, runtime.GOARCH)
}

// Close implements nn.Engine.
func (*engine) Close() error { return nil }
