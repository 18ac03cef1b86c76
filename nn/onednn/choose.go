//go:build onednn

package onednn

/*
#include <stdlib.h>
#include "winograd.h"
*/
import "C"

import (
	"errors"
	"fmt"
	"time"
	"unsafe"
)

// algorithms are the ways to compute a convolution, by the names that a plan
// has for them.
var algorithms = map[string]C.algorithm{"direct": C.ALG_DIRECT, "winograd": C.ALG_WINOGRAD, "bf16": C.ALG_BF16}

// choose sets the algorithm that is fastest for a layer on this machine, timed
// once: for inference alone, because another algorithm gives other last bits
// and training is to repeat.
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
			C.free(m)
		}
	}()
	var failed bool
	room := func(bytes int) *C.float {
		m := C.dnn_alloc(C.size_t(bytes))
		failed = failed || m == nil
		owned = append(owned, m)
		return (*C.float)(m)
	}
	blocked := func(c, h, w C.int) int {
		b := s.block
		return int(s.n * (c + b - 1) / b * b * h * w * 4)
	}
	src, dst := room(blocked(s.ic, s.ih, s.iw)), room(blocked(s.oc, s.oh, s.ow))
	plain, bias := room(int(s.oc*s.ic*s.kernel*s.kernel)*4), room(int(s.oc)*4+64)
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
		if failed {
			return nil, errors.New("out of memory while layers are timed")
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
