/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * What the guest must know of QEMU's machine `virt` for aarch64, started with highmem=off, and the
 * processor's instructions that C has no words for.
 */
#ifndef GUEST_CPU_H
#define GUEST_CPU_H

#include <stdbool.h>
#include <stdint.h>

#define GUEST_MACHINE 183               /* EM_AARCH64 */
#define GUEST_RELEASE "bare-metal aarch64"
#define GUEST_RAM 0x40000000u           /* physical address at which memory begins */
#define GUEST_DIRECT 0xFFFF000000000000u /* physical address 0, as boot.S maps it */
#define GUEST_EDU_LIMIT 0x100000000u    /* edu is told so by its property dma_mask */
#define GUEST_PCI_WINDOW 0x10000000u    /* there is no firmware that places devices */

/* The virtual counter, in ticks of CNTFRQ_EL0. */
static inline uint64_t guest_ticks(void)
{
	uint64_t v;

	__asm__ volatile("isb; mrs %0, cntvct_el0" : "=r"(v) : : "memory");
	return v;
}

/* Interrupts off; returns whether they were on. */
static inline bool guest_irq_off(void)
{
	uint64_t flags;

	__asm__ volatile("mrs %0, daif; msr daifset, #2" : "=r"(flags) : : "memory");
	return !(flags & 0x80);
}

static inline void guest_irq_on(void)
{
	__asm__ volatile("msr daifclr, #2" : : : "memory");
}

/* Between two looks at a device. */
static inline void guest_relax(void)
{
	__asm__ volatile("yield" : : : "memory");
}

/* Between memory that a device reads or wrote, and the registers that say so. */
static inline void guest_dma_barrier(void)
{
	__asm__ volatile("dsb sy" : : : "memory");
}

/* For good: what the guest leaves behind is for QEMU's monitor to dump. */
static inline _Noreturn void guest_halt(void)
{
	for (;;)
		__asm__ volatile("msr daifset, #15; wfi" : : : "memory");
}

#endif
