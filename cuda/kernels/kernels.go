// Package kernels holds the engine's kernels as PTX, and what the host must
// know to launch them. Their sources, kernels.cl and tensor.cl, are CUDA C and
// OpenCL C at once; “make kernels” compiles them.
package kernels

import _ "embed"

// PTX is the module, for compute capability 7.0: drivers compile it for every
// newer card.
//
//go:embed kernels.ptx
var PTX string

// TensorPTX is the module of the convolutions on tensor cores, for compute
// capability 8.0 and newer.
//
//go:embed tensor.ptx
var TensorPTX string

// Compile holds the compiler's options, without those for card and files: no
// header and no library of NVIDIA's, and no fusing of what is not written as FMA.
const Compile = "-x cuda --cuda-device-only -nocudainc -nocudalib -O3 -ffp-contract=off -Wall -Wno-unused-function -S"

// Threads is the size of every group.
const Threads = 256

// Tensor holds the kernels of TensorPTX, as Table those of PTX.
var Tensor = map[string]string{
	"conv16_tf32": convolution, "conv32_tf32": convolution, "conv64_tf32": convolution,
	"conv16_bf16": convolution, "conv32_bf16": convolution, "conv64_bf16": convolution,
}

const convolution = "pppppiiiiiiiiiiiiiii"

// Table holds the parameters of every kernel of PTX: p a pointer, i an int, f a
// float.
var Table = map[string]string{
	// conv.cl
	"conv16":       convolution,
	"conv32":       convolution,
	"conv64":       convolution,
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
	"times":             "pppii",
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

	// attend.cl
	"attend":      "pppfiii",
	"attend_back": "ppppiii",
	"attend_mix":  "pppfiiiiii",

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
