/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Any bytes as a dump: opened, walked, and read around the edges of every range. Besides what the
 * sanitizers see, the promises of mem.h are held: ranges sorted and disjoint, a range's bytes
 * there, an error with a message, no text from nowhere. One fuzz_mem_*.c a format; where pages are
 * compressed they may be damaged within a range: FUZZ_DAMAGED.
 */
#ifndef FUZZ_MEM_H
#define FUZZ_MEM_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "mem.h"

enum { FUZZ_MAX_WALK = 64 << 20 };      /* the same file bytes may stand at many addresses */

static void must(bool ok)
{
	if (!ok)
		abort();
}

static enum dmv_code fuzz_count(void *ctx, uint64_t addr, const uint8_t *buf, size_t n)
{
	uint64_t *bytes = ctx;

	(void)addr;
	*bytes += n + (buf[0] + buf[n - 1] > 510);
	return *bytes > FUZZ_MAX_WALK ? DMV_E_STOPPED : DMV_E_OK;
}

/* A byte that must be there, or else is damaged and said to be so. */
static void fuzz_byte(struct dmv_mem *m, enum dmv_space s, uint64_t addr)
{
	struct dmv_err e = { 0 };
	uint8_t b;

#ifdef FUZZ_DAMAGED
	if (dmv_mem_read(m, s, addr, &b, 1, &e))
		must(e.code && e.msg[0] && e.addr == addr);
#else
	must(!dmv_mem_read(m, s, addr, &b, 1, &e));
#endif
}

struct fuzz_heads {
	struct dmv_mem *m;
	enum dmv_space s;
	uint64_t next;
	unsigned n;
};

/* First bytes may be there where the rest of the page is damaged, but not others. */
static enum dmv_code fuzz_head(void *ctx, uint64_t addr, const uint8_t *head)
{
	struct fuzz_heads *h = ctx;
	uint8_t b[16];

	must(addr >= h->next && !(addr & 4095));
	h->next = addr + 1;
	if (!dmv_mem_read(h->m, h->s, addr, b, sizeof(b), NULL))
		must(!memcmp(b, head, sizeof(b)));
	return ++h->n < 4096 ? DMV_E_OK : DMV_E_STOPPED;
}

static void fuzz_edges(struct dmv_mem *m, enum dmv_space s, struct dmv_range r)
{
	struct dmv_err e = { 0 };
	uint8_t b[32];

	fuzz_byte(m, s, r.start);
	fuzz_byte(m, s, r.end - 1);
	must(dmv_mem_read(m, s, r.end, b, 1, &e) && e.msg[0] && e.addr == r.end);
	if (r.start >= sizeof(b))
		dmv_mem_read(m, s, r.start - sizeof(b) / 2, b, sizeof(b), &e);
	dmv_mem_read(m, s, r.end - 1, b, sizeof(b), &e);
}

static void fuzz_space(struct dmv_mem *m, enum dmv_space s)
{
	struct fuzz_heads h = { m, s, 0, 0 };
	uint64_t bytes = 0, missed;
	struct dmv_err e;

	for (size_t i = 0; i < m->nrange[s]; i++) {
		must(m->range[s][i].start < m->range[s][i].end);
		must(!i || m->range[s][i - 1].end < m->range[s][i].start);
		if (i < 64)
			fuzz_edges(m, s, m->range[s][i]);
	}
	dmv_mem_walk(m, s, fuzz_count, &bytes, &missed, &e);
	dmv_mem_walk_heads(m, s, 4096, 16, fuzz_head, &h, &missed, &e);
}

/* Bytes of all texts. */
static size_t fuzz_text(const struct dmv_mem *m)
{
	size_t len = m->executable ? strlen(m->executable) : 0;

	for (size_t i = 0; i < m->nmapped; i++)
		len += strlen(m->mapped[i].path);
	for (size_t i = 0; i < m->nnote; i++)
		len += strlen(m->note[i]);
	for (size_t i = 0; m->info && i < m->info->nline; i++)
		len += strlen(m->info->line[i].key) + strlen(m->info->line[i].value);
	for (size_t i = 0; m->info && i < m->info->nimage; i++)
		len += strlen(m->info->image[i].name);
	return len;
}

/* The n bytes of a file. Was it opened? */
static bool fuzz_file(int fd, size_t n)
{
	struct dmv_err e = { 0 };
	struct dmv_mem *m;
	bool opened;
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	opened = !dmv_mem_open(path, NULL, &m, &e);
	if (!opened) {
		must(e.code && e.msg[0]);
	} else {
		fuzz_space(m, DMV_VIRT);
		fuzz_space(m, DMV_PHYS);
		/* By page tables, if there are some: wherever they lead. */
		for (unsigned i = 0; m->walk && i < 64; i++) {
			uint64_t at = (uint64_t)i << 26 | (i & 1 ? UINT64_C(0x1f) << 59 : 0);
			uint8_t b[32];

			if (dmv_mem_read(m, DMV_VIRT, at + 4090, b, sizeof(b), &e))
				must(e.msg[0]);
		}
		must(fuzz_text(m) < 64 * n + 65536);
		dmv_mem_close(m);
	}
	return opened;
}

static int fuzz_write(const uint8_t *data, size_t n)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	must(fd >= 0 && write(fd, data, n) == (ssize_t)n);
	return fd;
}

static inline void fuzz_mem(const uint8_t *data, size_t n)
{
	int fd = fuzz_write(data, n);

	fuzz_file(fd, n);
	close(fd);
}

#endif
