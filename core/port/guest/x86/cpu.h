/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * What the guest must know of a PC, and the processor's instructions that C has no words for. Each
 * machine has a header of this name with the same things in it.
 */
#ifndef GUEST_CPU_H
#define GUEST_CPU_H

#include <stdbool.h>
#include <stdint.h>

#define GUEST_MACHINE 62                /* EM_X86_64 */
#define GUEST_RELEASE "bare-metal x86-64"
#define GUEST_RAM 0x0u                  /* physical address at which memory begins */
#define GUEST_DIRECT 0xFFFF800000000000u /* physical address 0, as boot.S maps it */
#define GUEST_EDU_LIMIT 0x10000000u     /* edu's engine drives 28 address bits */
#define GUEST_PCI_WINDOW 0x0u           /* the firmware has placed all devices */

static inline uint64_t guest_ticks(void)
{
	uint32_t low, high;

	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
	return (uint64_t)high << 32 | low;
}

/* Interrupts off; returns whether they were on. */
static inline bool guest_irq_off(void)
{
	uint64_t flags;

	__asm__ volatile("pushfq; popq %0; cli" : "=r"(flags) : : "memory");
	return flags & 0x200;
}

/* Between two looks at a device. */
static inline void guest_relax(void)
{
	__asm__ volatile("pause" : : : "memory");
}

/* Between memory that a device reads or wrote, and the registers that say so. */
static inline void guest_dma_barrier(void)
{
	__asm__ volatile("" : : : "memory");
}

static inline void guest_irq_on(void)
{
	__asm__ volatile("sti" : : : "memory");
}

/* For good: what the guest leaves behind is for QEMU's monitor to dump. */
static inline _Noreturn void guest_halt(void)
{
	for (;;)
		__asm__ volatile("cli; hlt" : : : "memory");
}

#endif
