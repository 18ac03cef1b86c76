package nn

import "time"

// Mode says what a compiled program is for.
type Mode uint8

// The modes.
const (
	Inference Mode = iota // running statistics, no gradients
	Training              // batch statistics, losses and gradients
)

// Engine is where networks run. An engine is used from any goroutine; it
// serialises the work itself.
type Engine interface {
	// Name is what people and --engine call it: onednn, cuda or gorgonia.
	Name() string
	// Describe says version, threads and instruction set in one line.
	Describe() string
	// Compile prepares g to run. The program reads the parameters' values at
	// that moment; see Program.Reload.
	Compile(g *Graph, m Mode) (Program, error)
	// Close releases the engine. Programs must be closed before.
	Close() error
}

// Divisible is an Engine that can be opened in parts that work side by side.
type Divisible interface {
	// Divide opens engines of one thread each: as many as this one has threads, fewer
	// where not each would find so many bytes of free memory, and at least one. What
	// they compute is the same however many there are. The caller closes them.
	Divide(each int64) ([]Engine, error)
}

// Faulted is an Engine that goes on without its device when that fails.
type Faulted interface {
	// Fault says why the device is not used any more, or nil.
	Fault() error
}

// Program is a compiled graph with its memory. It is not safe for concurrent
// use.
type Program interface {
	// Set copies data (N,C,H,W) into an input.
	Set(input *Node, data []float32)
	// Forward computes every node. In Training it re-reads the parameters,
	// updates running statistics and computes the losses.
	Forward() error
	// Backward fills the gradient of every parameter that a loss depends on,
	// overwriting the last. Training only, after Forward.
	Backward() error
	// Get copies the value of an input, a kept node or a loss into dst
	// (N,C,H,W) and returns it; a short or nil dst is replaced.
	Get(n *Node, dst []float32) []float32
	// Gradient copies the gradient of a node marked WantGradient into dst.
	// Training only, after Backward.
	Gradient(n *Node, dst []float32) []float32
	// SetMomentum sets how much of a batch's statistics enters the running
	// ones: running = (1−m)·running + m·batch. It starts at 0.1.
	SetMomentum(m float32)
	// Reload reads the parameters' values again. Inference only.
	Reload() error
	// Bytes is the memory that the program holds.
	Bytes() int64
	// Close frees the memory. Forward, Backward and Reload are errors from then on;
	// closing twice does nothing.
	Close() error
}

// Profiler is a Program that can say where its time goes.
type Profiler interface {
	// Profile calls on after every operation, on the engine's thread; nil
	// switches it off.
	Profile(on func(op string, d time.Duration))
}
