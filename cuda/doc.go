// Package cuda is the engine on NVIDIA cards: the driver API through
// gorgonia.org/cu, kernels of our own embedded as PTX, and nothing needed at run
// time but the driver.
//
// # Build
//
// The engine needs the build tag nvidia (gorgonia has taken cuda) and cgo flags
// that name a folder with shim/cuda.h and libcuda.a, which “make” makes of shim/.
// Without the tag the package builds all the same and [Open] says so. The driver is
// looked for by [Open], not when the program starts: one binary serves machines with
// and without a card.
//
// # Programs
//
// Values are planar: N, C, H, W as they cross the border. Compiling a graph
// plans one arena by liveness and turns every operation into launches with
// fixed arguments; a forward or a backward pass is that list, inputs and results
// included, replayed as one graph of the driver. Whatever is read afterwards
// already lies in host memory, so a lost card fails [nn.Program.Forward] and
// nothing else. One goroutine, locked to one thread, makes every call.
//
// Convolutions are a product on the fly ([Options] can have it on tensor cores in an
// inference), everything else is bound by memory; sums join in a fixed order.
//
// # Proof
//
// No card is needed: simulator/ is a driver library that runs the same kernels
// through OpenCL on the processor, stricter than a real one. What it cannot
// show is said in the README. On a card, [Open] compares a small network with
// known results before anything else may use it.
package cuda
