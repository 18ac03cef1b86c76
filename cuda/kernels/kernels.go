// Package kernels holds the engine's kernels as PTX, and what the host must
// know to launch them. Their source is kernels.cl, which is CUDA C and OpenCL C
// at once; “make kernels” compiles it.
package kernels

import _ "embed"

// PTX is the module, for compute capability 7.0: drivers compile it for every
// newer card.
//
//go:embed kernels.ptx
var PTX string

// Compile holds the compiler's options, without those for the files: no header
// and no library of NVIDIA's, and no fusing of what is not written as FMA.
const Compile = "-x cuda --cuda-device-only -nocudainc -nocudalib --cuda-gpu-arch=sm_70 -O3 -ffp-contract=off -Wall -Wno-unused-function -S"

// Threads is the size of every group.
const Threads = 256

// Table holds the parameters of every kernel: p a pointer, i an int, f a float.
var Table = map[string]string{
	// conv.cl
	"conv16":       "pppppiiiiiiiiiiiiiii",
	"conv32":       "pppppiiiiiiiiiiiiiii",
	"conv64":       "pppppiiiiiiiiiiiiiii",
	"conv_weights": "ppppiiiiiiiiiii",
	"sum_parts":    "ppii",
	"gather":       "pppi",

	// elementwise.cl
	"leaky":             "ppfi",
	"leaky_back":        "pppfii",
	"sigmoid":           "ppi",
	"sigmoid_back":      "pppii",
	"tangent":           "ppi",
	"tangent_back":      "pppii",
	"power":             "ppi",
	"power_back":        "pppii",
	"sum":               "pppi",
	"pass":              "ppii",
	"stretch":           "ppiiiii",
	"spread":            "ppfiii",
	"pool":              "ppfii",
	"scale":             "pppii",
	"scale_back":        "pppppiiii",
	"gate":              "pppiii",
	"gate_back":         "pppppiiiiii",
	"attention":         "pppiii",
	"attention_back":    "ppppiiii",
	"attention_weights": "ppppiii",

	// image.cl
	"bilinear":       "ppiii",
	"bilinear_back":  "ppiiii",
	"fold":           "ppiiiiii",
	"fold_back":      "ppiiiiiii",
	"score_input":    "pppii",
	"ssim_rows":      "pppii",
	"ssim":           "pppiiii",
	"ssim_back_rows": "ppii",
	"ssim_back":      "ppppfiiii",
	"residual":       "ppppiiiiii",
	"blur":           "pppiiiii",

	// loss.cl
	"finish":         "ppffi",
	"l1":             "pppppffiiiii",
	"l2":             "ppppfiii",
	"focal":          "ppppffiii",
	"critic":         "ppppfiiiii",
	"sparsity":       "pppiiiff",
	"channel_spread": "ppiiii",
	"deviation":      "ppppiffifiii",

	// norm.cl
	"moments":        "ppiiii",
	"norm_stat":      "pppiiifi",
	"norm":           "pppiiii",
	"norm_back_part": "ppppiiiii",
	"norm_back_stat": "ppii",
	"norm_back":      "pppppiifiii",
	"channel_sum":    "ppiiii",

	// spectrum.cl
	"product":  "pppiiiiiiiiii",
	"spectrum": "pppiifii",
}
