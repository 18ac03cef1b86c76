//go:build onednn

package onednn

/*
#include "dnn.h"
#include "call.h"
*/
import "C"

import (
	"errors"
	"fmt"
	"math"

	"agurscope/nn"
)

// pass is one pass of one convolution with its parameters' memory.
type pass struct {
	c                    *C.conv
	src, dst             func() *C.float
	weights, bias, plain *C.float // plain nil: the program's
}

var errExecute = errors.New("oneDNN failed to execute")

func status(s C.int) error {
	if s != 0 {
		return fmt.Errorf("%w (status %d)", errExecute, int(s))
	}
	return nil
}

// F(4,3) is asked for from so many channels and pixels a side on: below, its
// transforms and what its tiles have beyond the picture cost more than the
// multiplications they save. A rule, not a timing, so that training repeats bit for
// bit.
const (
	winogradFrom = 16
	winogradSide = 4
)

func (p *program) spec(n *nn.Node) C.conv_spec {
	op, x := n.Op.(nn.Conv), n.In[0]
	s := C.conv_spec{
		n: C.int(x.Shape[0]), ic: C.int(x.Shape[1]), ih: C.int(x.Shape[2]), iw: C.int(x.Shape[3]),
		oc: C.int(n.Shape[1]), oh: C.int(n.Shape[2]), ow: C.int(n.Shape[3]),
		kernel: C.int(op.Kernel), stride: C.int(op.Stride), dilation: C.int(op.Dilation), pad: C.int(op.Pad),
		block: C.int(p.e.block),
	}
	if p.val(x).block == 1 {
		s.src_planar = 1
	}
	if op.B != nil {
		s.bias = 1
	}
	if !p.e.direct && min(x.Shape[1], n.Shape[1]) >= winogradFrom && min(x.Shape[2], x.Shape[3]) >= winogradSide {
		s.alg = C.ALG_WINOGRAD
	}
	return s
}

// newPass makes a pass and its weights' memory.
func (p *program) newPass(s *C.conv_spec, kind C.pass_kind, plain, bias *C.float) (*pass, error) {
	msg := make([]C.char, 256)
	c := C.conv_new(p.e.dnn, s, kind, &msg[0], 256)
	if c == nil {
		return nil, errors.New(C.GoString(&msg[0]))
	}
	p.convs = append(p.convs, c)
	w, err := p.alloc(int(C.conv_weight_bytes(c)))
	if err != nil {
		return nil, err
	}
	p.need.conv = max(p.need.conv, int(C.conv_scratch_bytes(c)))
	return &pass{c: c, weights: (*C.float)(w), plain: plain, bias: bias}, nil
}

// blockedFloats is the storage of a convolution's result, which oneDNN writes
// blocked even when the value itself is planar.
func (p *program) blockedFloats(n *nn.Node) int {
	cb := (n.Shape[1] + p.e.block - 1) / p.e.block
	return n.Shape[0] * cb * p.e.block * n.Shape[2] * n.Shape[3]
}

// passForward returns the kind of a convolution's forward pass. An inference also takes
// the algorithm that is the fastest here.
func (p *program) passForward(s *C.conv_spec) (C.pass_kind, error) {
	if p.mode == nn.Training {
		return C.PASS_FORWARD, nil
	}
	return C.PASS_INFERENCE, p.choose(s)
}

// convForward emits a convolution, with the Norm or ReLU fused into it.
func (p *program) convForward(n *nn.Node) error {
	op, x, y := n.Op.(nn.Conv), p.val(n.In[0]), p.val(n)
	if p.subpixel(n) {
		return p.subpixelForward(n)
	}
	if p.few(n) || p.within[n.In[0]] == n {
		return p.ownForward(n)
	}
	s := p.spec(n)
	kind, err := p.passForward(&s)
	if err != nil {
		return err
	}
	norm, act := p.tail(n)
	if s.relu = 0; act == relu {
		s.relu = 1
	}
	if norm != nil {
		s.bias = 1
	}
	bias, err := p.vector(n.Shape[1])
	if err != nil {
		return err
	}
	f, err := p.newPass(&s, kind, nil, bias)
	if err != nil {
		return err
	}
	planar := y.block == 1
	p.bind(f, x.x, y.x, planar)
	p.need.plain = max(p.need.plain, len(op.W.Data())) // one after the other is packed
	p.prepare = append(p.prepare, func() error {
		foldNorm(op, norm, floats(p.plain, len(op.W.Data())), floats(bias, n.Shape[1]))
		return status(C.conv_pack(f.c))
	})
	if planar {
		p.need.tempA = max(p.need.tempA, p.blockedFloats(n))
	}
	table := C.kernel_table(C.int(p.e.block))
	p.emit(n, func() error {
		if err := status(C.conv_run(f.c, 0)); err != nil || !planar {
			return err
		}
		C.call_unpack(table, p.tempA, y.x, 0, C.int(n.Shape[0]), C.int(n.Shape[1]), C.int(y.hw()))
		return nil
	})
	return nil
}

// foldNorm writes the weights and bias of a convolution followed by an
// inference-time normalisation (or by none).
func foldNorm(op nn.Conv, norm *nn.Norm, w, b []float32) {
	copy(w, op.W.Data())
	clear(b)
	if op.B != nil {
		copy(b, op.B.Data())
	}
	if norm == nil {
		return
	}
	per := len(w) / len(b)
	for c := range b {
		g := norm.Gamma.Data()[c] / float32(math.Sqrt(float64(norm.Var.Data()[c]+norm.Eps)))
		b[c] = (b[c]-norm.Mean.Data()[c])*g + norm.Beta.Data()[c]
		for i := c * per; i < (c+1)*per; i++ {
			w[i] *= g
		}
	}
}

// bind notes the addresses of a pass; a planar result goes through tempA.
func (p *program) bind(f *pass, src, dst *C.float, viaTemp bool) {
	f.src = func() *C.float { return src }
	f.dst = func() *C.float { return dst }
	if viaTemp {
		f.dst = func() *C.float { return p.tempA }
	}
	p.passes = append(p.passes, f)
}

func (p *program) bindConvs() error {
	for _, f := range p.passes {
		if f.plain == nil {
			f.plain = p.plain
		}
		if err := status(C.conv_bind(f.c, f.src(), f.weights, f.bias, f.dst(), p.convScratch, f.plain)); err != nil {
			return err
		}
	}
	return nil
}

// convBackward emits the gradients of weights and bias, and of the input where
// it is wanted.
func (p *program) convBackward(n *nn.Node) error {
	op, x, y := n.Op.(nn.Conv), p.val(n.In[0]), p.val(n)
	if p.subpixel(n) {
		return p.subpixelBackward(n)
	}
	if w := p.fewWeights[n]; w != nil && op.Kernel <= 3 {
		return p.fewBackward(n, w)
	}
	if p.within[n.In[0]] == n {
		return p.stemBackward(n)
	}
	s := p.spec(n)
	planar := y.block == 1
	table := C.kernel_table(C.int(p.e.block))
	if planar {
		p.need.tempA = max(p.need.tempA, p.blockedFloats(n))
		p.emitBack(n, func() error {
			C.call_pack(table, y.dx, p.tempA, 0, C.int(n.Shape[0]), C.int(n.Shape[1]), C.int(y.hw()))
			return nil
		})
	}
	if err := p.convWeightGradient(n, &s, x, y, planar); err != nil {
		return err
	}
	if !x.needGrad {
		return nil
	}
	p.need.plain = max(p.need.plain, len(op.W.Data()))
	f, err := p.newPass(&s, C.PASS_DATA, nil, nil)
	if err != nil {
		return err
	}
	p.prepare = append(p.prepare, func() error {
		copy(floats(p.plain, len(op.W.Data())), op.W.Data())
		return status(C.conv_pack(f.c))
	})
	p.dataGradient(n, f, x, y, planar)
	return nil
}

// dataGradient emits the pass that gives x its gradient from that of y, or adds to
// it.
func (p *program) dataGradient(n *nn.Node, f *pass, x, y *value, viaTemp bool) {
	p.bind(f, x.dx, y.dx, viaTemp)
	acc := x.sink()
	if acc && C.conv_adds(f.c) != 0 {
		p.emitBack(n, func() error { return status(C.conv_run(f.c, 1)) })
		return
	}
	if acc {
		p.need.tempB = max(p.need.tempB, x.floats())
		f.src = func() *C.float { return p.tempB }
	}
	p.emitBack(n, func() error {
		if err := status(C.conv_run(f.c, 0)); err != nil || !acc {
			return err
		}
		C.k_accumulate(p.tempB, x.dx, 1, C.size_t(x.floats()))
		return nil
	})
}

func (p *program) convWeightGradient(n *nn.Node, s *C.conv_spec, x, y *value, planar bool) error {
	op := n.Op.(nn.Conv)
	plain, err := p.vector(len(op.W.Data()))
	if err != nil {
		return err
	}
	bias, err := p.vector(n.Shape[1])
	if err != nil {
		return err
	}
	f, err := p.newPass(s, C.PASS_WEIGHTS, plain, bias)
	if err != nil {
		return err
	}
	p.bind(f, x.x, y.dx, planar)
	p.emitBack(n, func() error { return status(C.conv_run(f.c, 0)) })
	p.trains(op.W)
	if op.B != nil {
		p.trains(op.B)
	}
	p.collect = append(p.collect, func() error {
		if err := status(C.conv_pack(f.c)); err != nil {
			return err
		}
		add(op.W.GradData(), floats(plain, len(op.W.Data())))
		if op.B != nil {
			add(op.B.GradData(), floats(bias, n.Shape[1]))
		}
		return nil
	})
	return nil
}

// implementations names what oneDNN chose for every pass, in order.
func (p *program) implementations() []string {
	var names []string
	for _, c := range p.convs {
		names = append(names, C.GoString(C.conv_impl(c)))
	}
	return names
}
