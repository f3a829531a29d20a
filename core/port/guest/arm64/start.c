/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* First C code: what the device tree says, then every part of the machine in order. */
#include "clock.h"
#include "cpu.h"
#include "guest.h"
#include "serial.h"
#include "tree.h"
#include "trap.h"

extern const char guest_end[];
_Noreturn void guest_start_c(void);

static struct guest machine;            /* too large for the stack */

static void keep_command(struct guest *g, const void *tree)
{
	uint32_t n;
	const char *text = guest_tree_find(tree, "chosen", "bootargs", &n);

	for (uint32_t i = 0; text && i < n && i < sizeof(g->command) - 1; i++)
		g->command[i] = text[i];
}

/* Where memory ends: {start, size} of two cells each, whose upper ones are 0 with highmem=off. */
static uint64_t memory_end(const void *tree)
{
	uint32_t n;
	const char *reg = guest_tree_find(tree, "memory", "reg", &n);

	if (!reg || n < 16)
		return 0;
	return (uint64_t)guest_tree_u32(reg + 4) + guest_tree_u32(reg + 12);
}

_Noreturn void guest_start_c(void)
{
	const void *tree = (const void *)(uintptr_t)GUEST_RAM;  /* QEMU: below a bare-metal image */
	struct guest *g = &machine;
	uint64_t end;

	guest_serial_init();
	guest_trap_init();
	end = memory_end(tree);
	if (!end) {
		guest_say("guest: no device tree\n");
		guest_halt();
	}
	keep_command(g, tree);
	guest_pages_init(&g->pages, (uintptr_t)guest_end, end);
	g->tick_hz = guest_clock_measure();
	g->edu_found = guest_edu_init(&g->edu) == GUEST_EDU_OK;
	guest_irq_on();
	guest_main(g);
	guest_say("guest: done\n");
	guest_halt();
}
