// One stub per call of the driver: a jump through a slot that shim.c fills.
#if defined(__x86_64__)
#define JUMP(name) jmp *slot_##name(%rip)
#elif defined(__aarch64__)
#define JUMP(name) adrp x16, slot_##name; ldr x16, [x16, :lo12:slot_##name]; br x16
#else
#error "the driver's calls are linked on x86-64 and arm64 only"
#endif

	.bss
	.balign 8
	.globl shim_slots
shim_slots:
#define CALL(name) slot_##name: .skip 8;
#include "calls.h"
#undef CALL

	.text
#define CALL(name) .balign 16; .globl name; .type name, %function; name: JUMP(name);
#include "calls.h"

	.section .init_array, "aw"
	.balign 8
	.quad shim_unloaded

	.section .note.GNU-stack, "", %progbits
