/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* From the multiboot loader to C, on a stack of its own, paging off. */
#define MB_MAGIC 0x1BADB002
#define MB_FLAGS 0x00000003             /* modules on page boundaries, memory sizes wanted */

	.section .multiboot, "a"
	.balign 4
	.long MB_MAGIC, MB_FLAGS, -(MB_MAGIC + MB_FLAGS)

	.text
	.globl guest_entry
guest_entry:
	cli
	cld
	movl $guest_stack_top, %esp
	xorl %ebp, %ebp
	pushl %ebx                      /* the loader's information */
	call guest_main
1:	cli
	hlt
	jmp 1b

	.bss
	.balign 16
	.skip 32 * 1024
guest_stack_top:

	.section .note.GNU-stack, "", @progbits
