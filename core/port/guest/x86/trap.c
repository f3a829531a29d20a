/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
#include <stddef.h>
#include <stdint.h>

#include "cpu.h"
#include "io.h"
#include "serial.h"
#include "trap.h"

#define VECTORS 32
#define ENTRY_BYTES 16                  /* of each entry in boot.S */
#define GATE_INTERRUPT 0x8E
#define CODE_SELECTOR 0x08
#define PAGE_FAULT 14

struct gate {
	uint16_t offset_low, selector;
	uint8_t stack, type;
	uint16_t offset_middle;
	uint32_t offset_high, reserved;
};

struct table_pointer {
	uint16_t limit;
	uint64_t base;
} __attribute__((packed));

/* What the entry left on the stack. */
struct guest_trap {
	uint64_t rbp, vector, error, rip, cs, flags, rsp, ss;
};

extern const char guest_trap_entries[];
_Noreturn void guest_trap(const struct guest_trap *t);

static struct gate gates[VECTORS];

static const char *const names[VECTORS] = {
	"divide error", "debug", "non-maskable interrupt", "breakpoint", "overflow", "bound range",
	"invalid opcode", "no coprocessor", "double fault", "coprocessor overrun", "invalid TSS",
	"segment not present", "stack segment", "general protection", "page fault", "reserved",
	"floating point", "alignment check", "machine check", "SIMD floating point",
	"virtualization", "control protection",
};

static uint64_t fault_address(void)
{
	uint64_t v;

	__asm__ volatile("movq %%cr2, %0" : "=r"(v));
	return v;
}

void guest_trap_init(void)
{
	struct table_pointer p = { sizeof(gates) - 1, (uintptr_t)gates };

	for (size_t i = 0; i < VECTORS; i++) {
		uint64_t entry = (uintptr_t)guest_trap_entries + i * ENTRY_BYTES;

		gates[i].offset_low = (uint16_t)entry;
		gates[i].offset_middle = (uint16_t)(entry >> 16);
		gates[i].offset_high = (uint32_t)(entry >> 32);
		gates[i].selector = CODE_SELECTOR;
		gates[i].type = GATE_INTERRUPT;
	}
	__asm__ volatile("lidt %0" : : "m"(p));

	/* Both interrupt controllers off: the guest polls, and with `sti` nothing must arrive. */
	guest_outb(0x21, 0xFF);
	guest_outb(0xA1, 0xFF);
}

_Noreturn void guest_trap(const struct guest_trap *t)
{
	uint64_t frame[16];
	uint32_t n = guest_walk(t->rbp, frame, 16);
	const char *name = t->vector < VECTORS ? names[t->vector] : NULL;

	guest_say("\n*** FAULT: %s, vector %u, error %w, at %x, stack %x\n",
		  name ? name : "reserved", (uint32_t)t->vector, (uint32_t)t->error,
		  t->rip, t->rsp);
	if (t->vector == PAGE_FAULT)
		guest_say("    address %x\n", fault_address());
	for (uint32_t i = 0; i < n; i++)
		guest_say("    from %x\n", frame[i]);
	guest_halt();
}
