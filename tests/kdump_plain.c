/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * What bench_kdump.py measures against, on a 64-bit little-endian kdump-compressed file that is
 * believed in everything:
 *
 *   kdump_plain plain FILE      every page decompressed once by the fastest call, one thread
 *   kdump_plain library FILE    every page read once, in order, by libkdumpfile
 *   kdump_plain scan FILE       dma-inspect's walk over the first 8 bytes of every page
 *   kdump_plain read FILE       dma-inspect's walk over all bytes
 *
 * Prints how many pages that were.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <libdeflate.h>
#include <libkdumpfile/kdumpfile.h>
#include <lzo/lzo1x.h>
#include <snappy-c.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include "mem.h"

enum { PAGE = 4096 };

struct desc {
	uint64_t off;
	uint32_t size, flags;
	uint64_t page_flags;
};

static struct libdeflate_decompressor *inflater;
static ZSTD_DCtx *zstd;

static bool unpack(const uint8_t *from, const struct desc *d, uint8_t *to)
{
	size_t got = PAGE;
	lzo_uint lzo = PAGE;

	switch (d->flags & 0x27) {
	case 0:
		memcpy(to, from, PAGE);
		return true;
	case 1:
		return !libdeflate_zlib_decompress(inflater, from, d->size, to, PAGE, &got);
	case 2:
		return lzo1x_decompress_safe(from, d->size, to, &lzo, NULL) == LZO_E_OK;
	case 4:
		return snappy_uncompress((const char *)from, d->size, (char *)to, &got) ==
		       SNAPPY_OK;
	default:
		return ZSTD_decompressDCtx(zstd, to, PAGE, from, d->size) == PAGE;
	}
}

static uint64_t plain(const uint8_t *p)
{
	static uint8_t page[PAGE];
	uint32_t sub, blocks;
	uint64_t pages = 0, zero = 0, half;
	const uint8_t *bit;
	const struct desc *d;

	memcpy(&sub, p + 432, 4);
	memcpy(&blocks, p + 436, 4);
	half = (uint64_t)blocks / 2 * PAGE;
	bit = p + (1 + (uint64_t)sub) * PAGE + half;
	d = (const struct desc *)(bit + half);
	inflater = libdeflate_alloc_decompressor();
	zstd = ZSTD_createDCtx();
	for (uint64_t i = 0; i < half * 8; i++) {
		if (!(bit[i / 8] >> i % 8 & 1))
			continue;
		/* The page of zeros, which many share, is the first. */
		if (!zero)
			zero = d->off;
		if ((d->off != zero || !pages) && !unpack(p + d->off, d, page))
			exit(1);
		d++;
		pages++;
	}
	libdeflate_free_decompressor(inflater);
	ZSTD_freeDCtx(zstd);
	return pages;
}

static uint64_t library(const uint8_t *p, int fd)
{
	static uint8_t page[PAGE];
	kdump_ctx_t *ctx = kdump_new();
	uint32_t top;
	uint64_t pages = 0;

	if (kdump_open_fd(ctx, fd) != KDUMP_OK)
		exit(1);
	memcpy(&top, p + 440, 4);
	for (uint64_t i = 0; i < top; i++) {
		size_t n = PAGE;

		pages += kdump_read(ctx, KDUMP_MACHPHYSADDR, i * PAGE, page, &n) == KDUMP_OK;
	}
	kdump_free(ctx);
	return pages;
}

static enum dmv_code count_head(void *ctx, uint64_t addr, const uint8_t *head)
{
	(void)addr;
	*(uint64_t *)ctx += 1 + (head[0] == 'D' && !memcmp(head, "DMVnever", 8));
	return DMV_E_OK;
}

static enum dmv_code count(void *ctx, uint64_t addr, const uint8_t *buf, size_t n)
{
	(void)addr;
	(void)buf;
	*(uint64_t *)ctx += n / PAGE;
	return DMV_E_OK;
}

static uint64_t ours(const char *path, bool heads)
{
	struct dmv_err e;
	struct dmv_mem *m;
	uint64_t pages = 0;

	if (dmv_mem_open(path, NULL, &m, &e)) {
		fprintf(stderr, "%s\n", e.msg);
		exit(1);
	}
	if (heads)
		dmv_mem_walk_heads(m, DMV_PHYS, PAGE, 8, count_head, &pages, NULL, &e);
	else
		dmv_mem_walk(m, DMV_PHYS, count, &pages, NULL, &e);
	dmv_mem_close(m);
	return pages;
}

int main(int argc, char **argv)
{
	struct stat st;
	uint64_t pages;
	uint8_t *p;
	int fd;

	if (argc != 3)
		return 2;
	fd = open(argv[2], O_RDONLY);
	if (fd < 0 || fstat(fd, &st))
		return 1;
	p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		return 1;
	if (!strcmp(argv[1], "plain"))
		pages = plain(p);
	else if (!strcmp(argv[1], "library"))
		pages = library(p, fd);
	else
		pages = ours(argv[2], !strcmp(argv[1], "scan"));
	printf("%" PRIu64 "\n", pages);
	return 0;
}
