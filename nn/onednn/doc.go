// Package onednn is the CPU engine: convolutions by oneDNN or, in Winograd's way, by
// kernels of its own, as everything else, on activations in channel-blocked layout.
//
// The binding needs the build tag onednn and the library's headers (Debian
// package libdnnl-dev, oneDNN 2 or 3). Without the tag the package builds all
// the same and [Open] returns an error that wraps nn.ErrUnavailable.
//
// One goroutine, locked to one operating system thread, makes every call into
// C: OpenMP keeps a pool of threads per calling thread, and oneDNN's scratch
// memory does not survive a change of thread.
//
// A program owns C memory of three kinds, made when it is compiled and freed
// when it is closed: values and gradients (placed by liveness, so that buffers
// whose lives do not overlap share addresses), parameters in the layouts of
// their implementations, and scratch, which all operations share. Nothing is
// allocated while it runs.
package onednn
