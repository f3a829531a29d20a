/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Private to dumps/mem_kernel*.c: ways to a kernel's page tables, and how one is tested. */
#ifndef DMV_MEM_KERNEL_INT_H
#define DMV_MEM_KERNEL_INT_H

#include "mem_int.h"
#include "mem_kernel.h"
#include "pagewalk.h"

/* x86-64: where vmlinux is linked, and as far as an image may reach. */
#define DMV_START_KERNEL_MAP UINT64_C(0xffffffff80000000)
#define DMV_KERNEL_LINKED UINT64_C(0xffffffff81000000)
#define DMV_KERNEL_IMAGE_MAX (UINT64_C(1) << 30)

/* What was found out, before it is given to m. */
struct dmv_kernel_try {
	struct dmv_kernel k;
	struct dmv_pagewalk *walk;      /* owned */
	char *vmcoreinfo;               /* found in memory; NULL: none, or the dump's own */
};

void dmv_kernel_try_deinit(struct dmv_kernel_try *t);

/* Page tables as VMCOREINFO describes them, put to the test: init_uts_ns must hold the release.
 * t->k.how is left to the caller. */
enum dmv_code dmv_kernel_by_text(struct dmv_mem *m, const char *text, struct dmv_kernel_try *t,
				 struct dmv_err *e);
/* Page tables as given; linux_banner must lie in the image that they map. x86 only. *budget: bytes
 * that may still be looked at; tables can show the same page a thousand times. */
enum dmv_code dmv_kernel_by_paging(struct dmv_mem *m, const struct dmv_paging *p, uint64_t *budget,
				   struct dmv_kernel_try *t, struct dmv_err *e);

/* Each looks in a way of its own. NOTFOUND: it does not know. */
typedef enum dmv_code dmv_kernel_way(struct dmv_mem *m, const bool *stop, struct dmv_kernel_try *t,
				     struct dmv_err *e);
dmv_kernel_way dmv_kernel_by_text_in_memory, dmv_kernel_by_registers, dmv_kernel_by_tables;
dmv_kernel_way dmv_kernel_by_arm64_tables;

/* In [p, p + n): linux_banner, "Linux version 6.1...", and not the format string of /proc/version;
 * NULL: none. */
const uint8_t *dmv_kernel_banner_in(const uint8_t *p, size_t n);
/* k->release from a banner, which ends with a NUL. */
void dmv_kernel_take_release(struct dmv_kernel *k, const char *banner);

#endif
