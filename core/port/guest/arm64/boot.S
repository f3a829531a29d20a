/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * From QEMU's loader to C, at EL1 with the MMU off: tables that map the first GiB (devices) and the
 * second (memory) where they are, and once more from GUEST_DIRECT on. And the 16 vectors of the
 * exceptions, which end in guest_trap().
 */
#define MAIR 0x04FF                     /* 0: memory, written back; 1: device, nGnRE */
#define TCR_T0SZ 16                     /* 48 bits of address below, */
#define TCR_T1SZ (16 << 16)             /* and above */
#define TCR_WALKS_0 (0x35 << 8)         /* tables are read through the caches, shared */
#define TCR_WALKS_1 (0x35 << 24)
#define TCR_4K_1 (2 << 30)              /* pages of 4 KiB; 0 says so for the lower half */
#define TCR_40_BITS (2 << 32)           /* physical */
#define SCTLR 0x30D01805                /* bits that are 1; MMU, data and instruction caches */

#define PT_TABLE 0x3
#define PT_MEMORY 0x701                 /* a block of 1 GiB: accessed, shareable */
#define PT_DEVICE ((3 << 53) | 0x405)   /* a block, never code */

	.text
	.globl guest_entry
	.type guest_entry, %function
guest_entry:
	msr daifset, #15
	adrp x0, guest_stack_top
	add x0, x0, :lo12:guest_stack_top
	mov sp, x0
	adrp x0, guest_bss
	add x0, x0, :lo12:guest_bss
	adrp x1, guest_bss_end
	add x1, x1, :lo12:guest_bss_end
1:	cmp x0, x1
	b.hs 2f
	stp xzr, xzr, [x0], #16
	b 1b

2:	adrp x0, top                    /* GUEST_DIRECT is the upper half's first entry: */
	adrp x1, gigabytes              /* one table serves both */
	orr x2, x1, #PT_TABLE
	str x2, [x0]
	ldr x2, =PT_DEVICE
	ldr x3, =(0x40000000 + PT_MEMORY)
	stp x2, x3, [x1]

	ldr x1, =MAIR
	msr mair_el1, x1
	ldr x1, =(TCR_T0SZ | TCR_T1SZ | TCR_WALKS_0 | TCR_WALKS_1 | TCR_4K_1 | TCR_40_BITS)
	msr tcr_el1, x1
	msr ttbr0_el1, x0
	msr ttbr1_el1, x0
	adrp x1, guest_vectors
	add x1, x1, :lo12:guest_vectors
	msr vbar_el1, x1
	dsb sy
	tlbi vmalle1
	ic iallu
	dsb sy
	isb
	ldr x1, =SCTLR
	msr sctlr_el1, x1
	isb

	mov x29, xzr                    /* the end of every chain of frames */
	mov x30, xzr
	bl guest_start_c
3:	wfi
	b 3b
	.size guest_entry, . - guest_entry
	.ltorg

	.balign 2048
	.type guest_vectors, %function
guest_vectors:
	.irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	.balign 128
	mov x0, #\n
	mov x1, sp
	mov x2, x29
	adrp x3, trap_stack_top         /* the other may be what is wrong */
	add x3, x3, :lo12:trap_stack_top
	mov sp, x3
	b guest_trap
	.endr
	.size guest_vectors, . - guest_vectors

	.bss
	.balign 4096
top:	.skip 4096
gigabytes:
	.skip 4096
	.globl guest_stack
	.globl guest_stack_top
guest_stack:
	.skip 64 * 1024
guest_stack_top:
	.skip 4096
trap_stack_top:

	.section .note.GNU-stack, "", %progbits
