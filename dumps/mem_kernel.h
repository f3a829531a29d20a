/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * The Linux kernel in a target's physical memory: which it is, where it lies, how its virtual
 * addresses are translated. After it is found, dmv_mem_read of DMV_VIRT walks its page tables.
 */
#ifndef DMV_MEM_KERNEL_H
#define DMV_MEM_KERNEL_H

#include "mem.h"

struct dmv_kernel {
	char release[66];               /* "6.1.0-56-cloud-amd64", "" if unknown */
	char how[200];                  /* where the page tables were learned from, for people */
	bool have_offset, have_phys_base;
	uint64_t offset;                /* KASLR: what is added to the addresses of vmlinux */
	int64_t phys_base;              /* x86: physical less (virtual - 0xffffffff80000000) */
	uint64_t image, image_end;      /* virtual, as far as known; both 0: unknown */
};

/*
 * The kernel if it is known already or VMCOREINFO of the dump says where it is; NULL: it is not
 * (*e, if given, says why). Costs a few pages at most. Owned by m.
 */
const struct dmv_kernel *dmv_mem_kernel(struct dmv_mem *m, struct dmv_err *e);

/*
 * The same, but looks for what is needed in all of memory where VMCOREINFO is missing or wrong: for
 * its text, by the registers that QEMU notes, for page tables of a kernel. Done once, and not for
 * live targets, nor for slow ones. STOPPED: *stop (may be NULL) became true, nothing is decided.
 */
enum dmv_code dmv_mem_kernel_search(struct dmv_mem *m, const bool *stop,
				    const struct dmv_kernel **ret, struct dmv_err *e);

#endif
