/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * A target that is a byte array: what the tests of the reader decode. Either space may be missing,
 * ranges may have holes, ranges may promise what read refuses, and memory may change at each read.
 */
#ifndef BYTES_MEM_H
#define BYTES_MEM_H

#include <string.h>

#include "mem.h"
#include "mem_int.h"

struct bytes_mem {
	struct dmv_mem base;
	uint8_t *bytes;
	size_t n;
	uint64_t start[2];              /* address of bytes[0], by space */
	struct dmv_range range[2][8];
	uint64_t refuse, refuse_end;    /* virtual: promised, but cannot be read */
	unsigned long reads;
	void (*changing)(struct bytes_mem *b);  /* called after each read */
};

static enum dmv_code bytes_mem_read(struct dmv_mem *m, enum dmv_space s, uint64_t addr, void *buf,
				    size_t n, struct dmv_err *e)
{
	struct bytes_mem *b = (struct bytes_mem *)m;

	for (size_t i = 0; i < m->nrange[s]; i++) {
		const struct dmv_range *r = &m->range[s][i];

		if (addr < r->start || addr >= r->end || n > r->end - addr)
			continue;
		if (addr < b->refuse_end && addr + n > b->refuse) {
			addr = addr > b->refuse ? addr : b->refuse;
			break;
		}
		memcpy(buf, b->bytes + (addr - b->start[s]), n);
		b->reads++;
		if (b->changing)
			b->changing(b);
		return DMV_E_OK;
	}
	return dmv_fail_at(e, DMV_E_ABSENT, addr, "0x%llx is not in the target",
			   (unsigned long long)addr);
}

static void bytes_mem_close(struct dmv_mem *m)
{
	(void)m;
}

static const struct dmv_mem_ops bytes_mem_ops = {
	.format = "bytes", .read = bytes_mem_read, .close = bytes_mem_close,
};

/* virt or phys UINT64_MAX: the target lacks that space. */
static inline void bytes_mem_init(struct bytes_mem *b, uint8_t *bytes, size_t n, uint64_t virt,
				  uint64_t phys)
{
	const uint64_t start[2] = { [DMV_VIRT] = virt, [DMV_PHYS] = phys };

	memset(b, 0, sizeof(*b));
	b->base.ops = &bytes_mem_ops;
	b->bytes = bytes;
	b->n = n;
	for (int s = 0; s < 2; s++) {
		b->start[s] = start[s];
		b->base.range[s] = b->range[s];
		if (start[s] == UINT64_MAX)
			continue;
		b->range[s][0] = (struct dmv_range){ start[s], start[s] + n };
		b->base.nrange[s] = 1;
	}
}

/* What was found out about the target; the rest is the test's. */
static inline void bytes_mem_deinit(struct bytes_mem *b)
{
	struct dmv_mem own = { .walk = b->base.walk, .kernel = b->base.kernel };

	dmv_mem_base_deinit(&own);
	b->base.walk = NULL;
	b->base.kernel = NULL;
}

#endif
