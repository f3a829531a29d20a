/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
#include <stddef.h>
#include <stdint.h>

#include "cpu.h"
#include "serial.h"
#include "trap.h"

#define CLASS_SHIFT 26                  /* in ESR_EL1 */
#define CLASSES 64
#define DATA_ABORT 37

_Noreturn void guest_trap(uint64_t vector, uint64_t sp, uint64_t fp);

/* Those that can happen to a program of one exception level (Arm ARM, ESR_EL1, field EC). */
static const char *const names[CLASSES] = {
	[0] = "unknown instruction", [7] = "floating point", [14] = "illegal state",
	[21] = "system call", [24] = "system register", [33] = "instruction abort",
	[34] = "program counter", [DATA_ABORT] = "data abort", [38] = "stack alignment",
	[47] = "system error", [60] = "breakpoint",
};

/* boot.S sets the vectors before the MMU is on. */
void guest_trap_init(void)
{
}

_Noreturn void guest_trap(uint64_t vector, uint64_t sp, uint64_t fp)
{
	uint64_t syndrome, from, address, frame[16];
	const uint32_t n = guest_walk(fp, frame, 16);

	__asm__ volatile("mrs %0, esr_el1; mrs %1, elr_el1; mrs %2, far_el1"
			 : "=r"(syndrome), "=r"(from), "=r"(address));

	const uint32_t class = (uint32_t)(syndrome >> CLASS_SHIFT) % CLASSES;

	guest_say("\n*** FAULT: %s, vector %u, syndrome %w, at %x, stack %x\n",
		  names[class] ? names[class] : "exception", (uint32_t)vector, (uint32_t)syndrome,
		  from, sp);
	if (class == DATA_ABORT)
		guest_say("    address %x\n", address);
	for (uint32_t i = 0; i < n; i++)
		guest_say("    from %x\n", frame[i]);
	guest_halt();
}
