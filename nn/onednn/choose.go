//go:build onednn

package onednn

/*
#include "winograd.h"
*/
import "C"

import (
	"errors"
	"fmt"
	"time"
	"unsafe"

	"agurscope/nn"
)

// algorithms are the ways to compute a convolution, by the names that a plan
// has for them.
var algorithms = map[string]C.algorithm{"direct": C.ALG_DIRECT, "winograd": C.ALG_WINOGRAD, "bf16": C.ALG_BF16}

// choose sets the algorithm that is fastest for a layer on this machine, timed
// once: for inference alone, because another algorithm gives other last bits
// and training is to repeat. Where there is no memory for that, the rule stands.
func (p *program) choose(s *C.conv_spec) error {
	e := p.e
	if e.timings == nil {
		return nil
	}
	candidates := []string{"direct"}
	if !e.direct && C.winograd_can(s) != 0 {
		candidates = append(candidates, "winograd")
	}
	if e.bf16 && s.src_planar == 0 {
		candidates = append(candidates, "bf16")
	}
	if len(candidates) == 1 {
		return nil
	}
	key := fmt.Sprintf("%dx%dx%dx%d-%dx%dx%d k%d s%d d%d", s.n, s.ic, s.ih, s.iw, s.oc, s.oh, s.ow, s.kernel, s.stride, s.dilation)
	best, err := e.timings.fastest(key, candidates, func(names []string) ([]time.Duration, error) { return e.race(s, names) })
	if errors.Is(err, nn.ErrMemory) {
		return nil
	}
	if err != nil {
		return err
	}
	s.alg = algorithms[best]
	return nil
}

// rounds is how often each algorithm runs; its least time counts, which other
// work on the machine disturbs least.
const rounds = 7

// race returns how long each algorithm takes, 0 for one that is not there.
func (e *engine) race(s *C.conv_spec, names []string) ([]time.Duration, error) {
	out := make([]time.Duration, len(names))
	convs := make([]*C.conv, len(names))
	defer func() {
		for _, c := range convs {
			C.conv_free(c)
		}
	}()
	var owned []unsafe.Pointer
	defer func() {
		for _, m := range owned {
			C.dnn_release(m)
		}
	}()
	var short error
	room := func(bytes int) *C.float {
		if short != nil {
			return nil
		}
		m, err := allocate(bytes)
		short = err
		owned = append(owned, m)
		return (*C.float)(m)
	}
	blocked := func(c, h, w C.int) int {
		b := int(s.block)
		return 4 * int(s.n) * ((int(c) + b - 1) / b * b) * int(h) * int(w)
	}
	taps := int(s.kernel) * int(s.kernel)
	src, dst := room(blocked(s.ic, s.ih, s.iw)), room(blocked(s.oc, s.oh, s.ow))
	plain, bias := room(4*int(s.oc)*int(s.ic)*taps), room(blocked(s.oc, 1, 1))
	msg := make([]C.char, 256)
	for i, name := range names {
		wish := *s
		wish.alg = algorithms[name]
		c := C.conv_new(e.dnn, &wish, C.PASS_INFERENCE, &msg[0], 256)
		if c == nil || C.conv_algorithm(c) != wish.alg {
			C.conv_free(c)
			continue
		}
		convs[i] = c
		w, scratch := room(int(C.conv_weight_bytes(c))), room(int(C.conv_scratch_bytes(c)))
		if short != nil {
			return nil, short
		}
		if err := status(C.conv_bind(c, src, w, bias, dst, unsafe.Pointer(scratch), plain)); err != nil {
			return nil, err
		}
		if err := status(C.conv_pack(c)); err != nil {
			return nil, err
		}
	}
	for round := range rounds {
		for i, c := range convs {
			if c == nil {
				continue
			}
			start := time.Now()
			if err := status(C.conv_run(c, 0)); err != nil {
				return nil, err
			}
			if d := time.Since(start); round == 1 || round > 1 && d < out[i] { // the first one warms up
				out[i] = d
			}
		}
	}
	return out, nil
}
