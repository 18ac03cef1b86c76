package cuda

// Options configure the engine. The zero value is the first card, in f32.
type Options struct {
	Device    int // its index among [Devices]
	Precision Precision
}

// Precision says to what the factors of convolutions are rounded in an inference;
// sums, everything else and all of training are in f32. The kernels' names end
// with it.
type Precision string

// The precisions. Others than f32 take tensor cores: compute capability 8.0.
const (
	F32  Precision = ""
	TF32 Precision = "tf32"
	BF16 Precision = "bf16"
)

// Device is a graphics card that can run networks.
type Device struct {
	Index        int
	Name         string
	Memory       int64 // bytes
	Major, Minor int   // compute capability
}
