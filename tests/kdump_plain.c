/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * What bench_vmcore.py measures against, on a 64-bit little-endian kdump-compressed file that is
 * believed in everything:
 *
 *   kdump_plain plain FILE      every page decompressed once by the fastest call, one thread
 *   kdump_plain library FILE    every page read once, in order, by libkdumpfile
 *
 * Prints how many pages that were.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <libdeflate.h>
#include <libkdumpfile/kdumpfile.h>
#include <lzo/lzo1x.h>
#include <snappy-c.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

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
	else
		pages = library(p, fd);
	printf("%" PRIu64 "\n", pages);
	return 0;
}
