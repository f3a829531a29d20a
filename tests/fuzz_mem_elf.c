/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Any bytes as an ELF core: opened, walked, and read around the edges of every range. Besides what
 * the sanitizers see, the promises of mem.h are held: ranges sorted and disjoint, a range's bytes
 * there, an error with a message.
 *
 * The corpus is made by tests/fuzz_mem_elf_seeds.py.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { MAX_WALK = 64 << 20 };   /* the same file bytes may stand at many addresses */

static void must(bool ok)
{
	if (!ok)
		abort();
}

static enum dmv_code count(void *ctx, uint64_t addr, const uint8_t *buf, size_t n)
{
	uint64_t *bytes = ctx;

	(void)addr;
	*bytes += n + (buf[0] + buf[n - 1] > 510);
	return *bytes > MAX_WALK ? DMV_E_STOPPED : DMV_E_OK;
}

static void edges(struct dmv_mem *m, enum dmv_space s, struct dmv_range r)
{
	struct dmv_err e = { 0 };
	uint8_t b[32];

	must(!dmv_mem_read(m, s, r.start, b, 1, &e));
	must(!dmv_mem_read(m, s, r.end - 1, b, 1, &e));
	must(dmv_mem_read(m, s, r.end, b, 1, &e) && e.msg[0] && e.addr == r.end);
	if (r.start >= sizeof(b))
		dmv_mem_read(m, s, r.start - sizeof(b) / 2, b, sizeof(b), &e);
	dmv_mem_read(m, s, r.end - 1, b, sizeof(b), &e);
}

static void space(struct dmv_mem *m, enum dmv_space s)
{
	uint64_t bytes = 0, missed;
	struct dmv_err e;

	for (size_t i = 0; i < m->nrange[s]; i++) {
		must(m->range[s][i].start < m->range[s][i].end);
		must(!i || m->range[s][i - 1].end < m->range[s][i].start);
		if (i < 64)
			edges(m, s, m->range[s][i]);
	}
	dmv_mem_walk(m, s, count, &bytes, &missed, &e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct dmv_err e = { 0 };
	struct dmv_mem *m;
	char path[64];
	size_t len = 0;
	int fd;

	/* Other formats are tried by libkdumpfile in a child; that is not what is fuzzed here. */
	if (n < 4 || memcmp(data, "\177ELF", 4))
		return 0;
	fd = memfd_create("fuzz", MFD_CLOEXEC);
	must(fd >= 0 && write(fd, data, n) == (ssize_t)n);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (dmv_mem_open(path, NULL, &m, &e)) {
		must(e.code && e.msg[0]);
	} else {
		space(m, DMV_VIRT);
		space(m, DMV_PHYS);
		for (size_t i = 0; i < m->nmapped; i++)
			len += strlen(m->mapped[i].path);
		for (size_t i = 0; i < m->nnote; i++)
			len += strlen(m->note[i]);
		len += m->executable ? strlen(m->executable) : 0;
		must(len < 64 * n + 65536);     /* no text from nowhere */
		dmv_mem_close(m);
	}
	close(fd);
	return 0;
}
