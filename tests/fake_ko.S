/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* A module of the kernel in fake_kernel.h: offsets and lines as unit_kernel_modules.c says. */
	.text
	.type hidden_function, @function
hidden_function:
	.skip 0x20
	.size hidden_function, 0x20
	.globl open_function
	.type open_function, @function
open_function:
	nop				# line 11
	nop
	.skip 0x2e
	.size open_function, 0x30
	.section .init.text, "ax"
	.type gone_function, @function
gone_function:
	nop
	.size gone_function, 1
	.data
	.quad 0
	.type a_variable, @object
a_variable:
	.quad 1
	.size a_variable, 8
	.section .modinfo, "a"
	.asciz "license=Dual BSD/GPL"
	.asciz "name=fake_mod"
	.asciz "vermagic=6.1.0-fake SMP preempt mod_unload"
	.section .note.GNU-stack, "", @progbits
