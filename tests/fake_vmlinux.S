/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* The file of the kernel in fake_kernel.h, as it is linked: before KASLR. */
	.text
	.globl _stext, file_only, linux_banner, init_uts_ns, _end
_stext:
	.skip 0x100
	.type file_only, @function
file_only:
	.skip 0x40
	.size file_only, 0x40
	.org 0x1000
	.type linux_banner, @object
linux_banner:
	.skip 0x40
	.size linux_banner, 0x40
	.org 0x2000
init_uts_ns:
	.skip 0x1000
_end:
	.section .note.GNU-stack, "", @progbits
