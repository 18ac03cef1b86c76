//go:build nvidia

package cuda

import (
	"math"

	"agurscope/cuda/kernels"
	"agurscope/nn"
)

// tap is one term of a convolution as a product: a channel of the source, how
// many rows and columns away, and which of a weight matrix's columns.
type tap struct {
	channel, dy, dx int
	weight          int
}

const (
	stepTaps   = 16 // of conv.cl
	columnTile = 64 // of conv_weights
	outside    = -1 << 14
)

// tapTable is the taps as the kernels read them, for a source of h rows of w,
// filled up to a multiple of unit with taps outside any image.
func (p *program) tapTable(taps []tap, h, w, unit int) place {
	t := make([]int32, 0, 2*len(taps)+2*unit)
	for _, a := range taps {
		t = append(t, int32((a.channel*h+a.dy)*w+a.dx), int32(a.dy<<16|a.dx&0xffff))
	}
	for len(t) == 0 || len(t)/2%unit != 0 {
		far := outside
		t = append(t, 0, int32(far<<16))
	}
	return p.table(t)
}

// tile chooses the kernel that wastes the fewest of its rows on m channels;
// among equals the tallest, which reads the image the least often.
func tile(m int) (kernel string, bm, bn int) {
	best := math.MaxInt
	for _, t := range []struct {
		name   string
		bm, bn int
	}{{"conv64", 64, 64}, {"conv32", 32, 128}, {"conv16", 16, 256}} {
		if waste := ceil(m, t.bm) * t.bm; waste < best {
			best, kernel, bm, bn = waste, t.name, t.bm, t.bn
		}
	}
	return kernel, bm, bn
}

// matrix lays weights out for a product: for every tap a row of m values, of
// which the first is weight[tap] and the next ones lie stride apart.
func (p *program) matrix(n *nn.Node, weights place, taps []tap, m, bm, stride int) place {
	pitch, depth := ceil(m, bm)*bm, steps(taps)
	at := make([]int32, depth*pitch)
	for i := range at {
		at[i] = -1
	}
	for k, t := range taps {
		for r := range m {
			at[k*pitch+r] = int32(t.weight + r*stride)
		}
	}
	dst := p.reserve(packed, len(at))
	p.loading(func() { p.each(n, "gather", len(at), dst, weights, p.table(at)) })
	return dst
}

// loading emits what must follow every load of the parameters.
func (p *program) loading(emit func()) {
	was := p.emitting
	p.emitting = &p.load
	emit()
	p.emitting = was
}

// steps is the depth of a product in whole steps, at least one: a place between
// the steps of a stride that no tap reaches gets zeros.
func steps(taps []tap) int { return max(1, ceil(len(taps), stepTaps)) * stepTaps }

// forwardTaps are those of the image: column k of W is channel, row, column.
func forwardTaps(op nn.Conv, channels int) []tap {
	var out []tap
	for c := range channels {
		for r := range op.Kernel {
			for s := range op.Kernel {
				out = append(out, tap{c, r*op.Dilation - op.Pad, s*op.Dilation - op.Pad, len(out)})
			}
		}
	}
	return out
}

// backwardTaps are those of the result's gradient, for the pixels of the image
// that lie y rows and x columns behind a multiple of the stride: of row y, tap r
// has come from row (y+Pad−r·Dilation)/Stride where that is whole.
func backwardTaps(op nn.Conv, in, out, y, x int) []tap {
	var taps []tap
	k := op.Kernel
	for o := range out {
		for r := range k {
			for s := range k {
				dy, dx := y+op.Pad-r*op.Dilation, x+op.Pad-s*op.Dilation
				if dy%op.Stride == 0 && dx%op.Stride == 0 {
					taps = append(taps, tap{o, dy / op.Stride, dx / op.Stride, (o*in*k+r)*k + s})
				}
			}
		}
	}
	return taps
}

// The flags of conv.cl.
const (
	flagReLU = 1 << iota
	flagAdd
	flagBias
)

// convForward emits a convolution, folded with the normalisation behind it in
// an inference.
func (p *program) convForward(n *nn.Node, op nn.Conv) {
	x, y := p.val(n.In[0]), p.val(n)
	in, out, per := x.c(), y.c(), x.c()*op.Kernel*op.Kernel
	var norm *nn.Norm
	flags := 0
	if after := p.fused[n]; after != nil {
		switch o := after.Op.(type) {
		case nn.Norm:
			norm = &o
			if o.ReLU {
				flags |= flagReLU
			}
		case nn.ReLU:
			flags |= flagReLU
		}
	}
	weights := p.constant(out*per, func(dst []float32) {
		copy(dst, op.W.Data())
		if norm != nil {
			for o := range out {
				by, _ := affine(norm, o)
				for i := range per {
					dst[o*per+i] *= by
				}
			}
		}
	})
	bias := place{}
	if op.B != nil || norm != nil {
		flags |= flagBias
		bias = p.constant(out, func(dst []float32) {
			clear(dst)
			if op.B != nil {
				copy(dst, op.B.Data())
			}
			if norm != nil {
				for o := range out {
					by, shift := affine(norm, o)
					dst[o] = dst[o]*by + shift
				}
			}
		})
	}
	taps := forwardTaps(op, in)
	kernel, bm, bn := tile(out)
	if p.mode == nn.Inference && p.precision != F32 {
		kernel += "_" + string(p.precision)
	}
	p.emit(n, kernel, ceil(y.n()*y.hw(), bn), ceil(out, bm), 1,
		y.x, x.x, p.matrix(n, weights, taps, out, bm, per), p.tapTable(taps, x.h(), x.w(), stepTaps), bias,
		out, steps(taps), y.n()*y.hw(), y.h(), y.w(),
		in*x.hw(), x.h(), x.w(), op.Stride, out*y.hw(), y.hw(), y.w(), 1, 0, flags)
	if p.mode == nn.Training && y.needGrad {
		p.saved[n] = weights
	}
}

// convBackward emits the gradients of the weights, of the bias and of the
// image.
func (p *program) convBackward(n *nn.Node, op nn.Conv) {
	x, y := p.val(n.In[0]), p.val(n)
	in, out, pixels := x.c(), y.c(), y.n()*y.hw()
	taps := forwardTaps(op, in)
	depth := len(taps)
	p.trains(op.W)
	dw := p.result(out*depth, func(src []float32) { add(op.W.GradData(), src) })
	columns, rows := ceil(depth, columnTile), ceil(out, columnTile)
	parts, each := cut(pixels, 512, columns*rows)
	part := dw
	if parts > 1 {
		part = p.temporary(0, parts*out*depth)
	}
	p.emit(n, "conv_weights", columns, rows, parts,
		part, x.x, y.dx, p.tapTable(taps, x.h(), x.w(), columnTile),
		out, depth, pixels, each, y.h(), y.w(), in*x.hw(), x.h(), x.w(), op.Stride, out*y.hw())
	if parts > 1 {
		p.emit(n, "sum_parts", ceil(out*depth, kernels.Threads), 1, 1, dw, part, out*depth, parts)
	}
	if op.B != nil {
		p.trains(op.B)
		db := p.result(out, func(src []float32) { add(op.B.GradData(), src) })
		chunks, each := cut(pixels, 2048, out)
		part := p.temporary(0, chunks*out)
		p.emit(n, "channel_sum", chunks, out, 1, y.dx, part, y.n(), out, y.hw(), each)
		p.emit(n, "sum_parts", ceil(out, kernels.Threads), 1, 1, db, part, out, chunks)
	}
	if x.needGrad {
		p.convBackwardData(n, op)
	}
}

// convBackwardData emits a product for every place that a pixel of the image
// can have between the steps of the stride.
func (p *program) convBackwardData(n *nn.Node, op nn.Conv) {
	x, y := p.val(n.In[0]), p.val(n)
	in, out := x.c(), y.c()
	flags := 0
	if x.sink() {
		flags |= flagAdd
	}
	kernel, bm, bn := tile(in)
	for py := range min(op.Stride, x.h()) {
		for px := range min(op.Stride, x.w()) {
			taps := backwardTaps(op, in, out, py, px)
			rows, columns := ceil(x.h()-py, op.Stride), ceil(x.w()-px, op.Stride)
			pixels := x.n() * rows * columns
			p.emit(n, kernel, ceil(pixels, bn), ceil(in, bm), 1,
				x.dx, y.dx, p.matrix(n, p.saved[n], taps, in, bm, op.Kernel*op.Kernel),
				p.tapTable(taps, y.h(), y.w(), stepTaps), place{},
				in, steps(taps), pixels, rows, columns,
				out*y.hw(), y.h(), y.w(), 1, in*x.hw(), x.hw(), x.w(), op.Stride, py*x.w()+px, flags)
		}
	}
}

// cut divides a reduction over n elements into parts of at least least, for
// about a thousand groups in all where a part has groups of its own.
func cut(n, least, groups int) (parts, each int) {
	parts = max(1, min(n/least, 1024/groups, 256))
	each = ceil(ceil(n, parts), 32) * 32
	return ceil(n, each), each
}

// trains notes a parameter whose gradient the results are added to: several
// nodes may share it.
func (p *program) trains(w *nn.Param) { p.trained = append(p.trained, w) }

func add(dst, src []float32) {
	for i, v := range src {
		dst[i] += v
	}
}
