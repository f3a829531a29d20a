/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * From the multiboot loader to C: 32-bit entry, long mode, the first 4 GiB mapped where they are
 * (image, stack, devices) and once more from GUEST_DIRECT on (all memory that is handed out).
 * And the entries of the 32 exceptions, which end in guest_trap().
 */
#define MB_MAGIC 0x1BADB002
#define MB_FLAGS 0x00000003             /* modules on page boundaries, memory sizes wanted */

#define EFER 0xC0000080
#define EFER_LME 0x100
#define CR0_PG_WP 0x80010000
#define CR4_PAE 0x20

#define PT_TABLE 0x03                   /* present, writable */
#define PT_LARGE 0x83                   /* and 2 MiB */
#define PT_DEVICE 0x9B                  /* and uncached: PCI's windows lie above 3 GiB */

	.section .multiboot, "a"
	.balign 4
	.long MB_MAGIC, MB_FLAGS, -(MB_MAGIC + MB_FLAGS)

	.text
	.code32
	.globl guest_entry
	.type guest_entry, @function
guest_entry:
	cli
	cld
	movl %eax, %ebp                 /* the loader's magic; EBX: its information */
	movl $guest_bss, %edi
	movl $guest_bss_end, %ecx
	subl %edi, %ecx
	shrl $2, %ecx
	xorl %eax, %eax
	rep stosl

	movl $pml4, %edi
	movl $(pdpt + PT_TABLE), (%edi)
	movl $(pdpt + PT_TABLE), 256 * 8(%edi)  /* GUEST_DIRECT */
	movl $pdpt, %edi
	movl $(pages + PT_TABLE), %eax
	movl $4, %ecx
1:	movl %eax, (%edi)
	addl $0x1000, %eax
	addl $8, %edi
	loop 1b

	movl $pages, %edi
	movl $PT_LARGE, %eax
	movl $2048, %ecx
2:	movl %eax, (%edi)
	addl $0x200000, %eax
	addl $8, %edi
	cmpl $(0xC0000000 + PT_LARGE), %eax
	jne 3f
	movl $(0xC0000000 + PT_DEVICE), %eax
3:	loop 2b

	movl %cr4, %eax
	orl $CR4_PAE, %eax
	movl %eax, %cr4
	movl $pml4, %eax
	movl %eax, %cr3
	movl $EFER, %ecx
	rdmsr
	orl $EFER_LME, %eax
	wrmsr
	movl %cr0, %eax
	orl $CR0_PG_WP, %eax
	movl %eax, %cr0
	lgdt gdt_pointer
	ljmp $0x08, $long_mode
	.size guest_entry, . - guest_entry

	.code64
	.type long_mode, @function
long_mode:
	movw $0x10, %ax
	movw %ax, %ds
	movw %ax, %es
	movw %ax, %ss
	xorl %eax, %eax
	movw %ax, %fs
	movw %ax, %gs
	movl $guest_stack_top, %esp
	movl %ebp, %edi
	movl %ebx, %esi
	xorl %ebp, %ebp                 /* the end of every chain of frames */
	pushq $0
	pushq $0
	call guest_start_c
4:	cli
	hlt
	jmp 4b
	.size long_mode, . - long_mode

/* Every exception arrives with a vector and an error code on the stack, as struct guest_trap. */
	.balign 16
	.globl guest_trap_entries
	.type guest_trap_entries, @function
guest_trap_entries:
	.irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, \
		16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	.balign 16
	.if \n == 8 || (\n >= 10 && \n <= 14) || \n == 17 || \n == 21 || \n == 29 || \n == 30
	.else
	pushq $0                        /* no error code of the processor's */
	.endif
	pushq $\n
	jmp trap_common
	.endr
	.size guest_trap_entries, . - guest_trap_entries

	.type trap_common, @function
trap_common:
	cld
	pushq %rbp
	movq %rsp, %rdi
	andq $-16, %rsp
	call guest_trap
5:	cli
	hlt
	jmp 5b
	.size trap_common, . - trap_common

	.section .rodata
	.balign 8
gdt:
	.quad 0
	.quad 0x00AF9B000000FFFF        /* 0x08: 64-bit code */
	.quad 0x00CF93000000FFFF        /* 0x10: data */
gdt_pointer:
	.word . - gdt - 1
	.long gdt

	.bss
	.balign 4096
pml4:	.skip 4096
pdpt:	.skip 4096
pages:	.skip 4 * 4096
	.globl guest_stack
	.globl guest_stack_top
guest_stack:
	.skip 64 * 1024
guest_stack_top:

	.section .note.GNU-stack, "", @progbits
