/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Memory that somebody else has open, a debugger: bytes come by a callback, large pieces at a time,
 * since a call may cost as much as the bytes (gdb's Python: 9 MB/s in pieces of 64 bytes, 1.3 GB/s
 * in those of 64 KiB).
 */
#ifndef DMV_MEM_HOST_H
#define DMV_MEM_HOST_H

#include "mem.h"

struct dmv_host {
	const char *name;               /* of the debugger; copied */
	void *ctx;
	/* The first bytes of the n at addr that there are, at most n; 0: none. */
	size_t (*read)(void *ctx, enum dmv_space s, uint64_t addr, void *buf, size_t n);
	bool has[2];                    /* spaces that it reads, by enum dmv_space */
	/* Where a virtual address is in physical memory now, for a debugger that reads only that,
	 * or may not be trusted with virtual ones. May be NULL. */
	bool (*translate)(void *ctx, uint64_t virt, uint64_t *phys);
	bool live;                      /* what was read is good until dmv_mem_host_forget */
	bool linux_kernel;
	bool slow;                      /* each byte takes its time, and all of them are read only
					 * if `searched` */
	bool searched;
	uint32_t machine;               /* ELF e_machine, 0 unknown */
	uint8_t bits, big_endian;
	const bool *stop;               /* may be NULL; outlives the target */
};

enum dmv_code dmv_mem_host_open(const struct dmv_host *h, struct dmv_mem **ret, struct dmv_err *e);

/* Memory is at [start, end) and, once a range is told, nowhere else in that space. Ascending.
 * `guess`: some of it may be missing, and what is is not worth a word. USAGE: no such order. */
enum dmv_code dmv_mem_host_range(struct dmv_mem *m, enum dmv_space s, uint64_t start, uint64_t end,
				 bool guess, struct dmv_err *e);

/* VMCOREINFO as the kernel keeps it: addresses of its variables vmcoreinfo_data and
 * vmcoreinfo_size. Before anything else is asked of m. False: it is not there. */
bool dmv_mem_host_vmcoreinfo(struct dmv_mem *m, uint64_t data, uint64_t size);
/* The text itself; false: it is none of a Linux kernel. */
bool dmv_mem_host_vmcoreinfo_text(struct dmv_mem *m, const char *text, size_t n);

/* The memory may have changed. */
void dmv_mem_host_forget(struct dmv_mem *m);

#endif
