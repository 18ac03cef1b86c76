package onednn

// Options configure the engine. The zero value uses every core and Winograd's
// convolution where it pays.
type Options struct {
	Threads int  // 0: as many as the program may use cores
	Direct  bool // never use Winograd

	// Plan is a file that remembers, for inference on this machine, which
	// algorithm was faster for which layer. Empty: nothing is timed, a fixed
	// rule decides, as it always does in training.
	Plan string
	// BF16 lets inference multiply in bfloat16 where that is faster; it needs a
	// Plan.
	BF16 bool
}
