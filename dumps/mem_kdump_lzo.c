/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Pages compressed with LZO1X. The format begins with bytes that stand for themselves (kernel:
 * Documentation/staging/lzo.rst, "First byte encoding"): where there are enough of them, nothing
 * needs to be decompressed to see a page's first bytes.
 */
#include <lzo/lzo1x.h>
#include <stdlib.h>
#include <string.h>

#include "mem_kdump_int.h"

/* The library keeps nothing between pages, but wants to be asked whether it fits its header. */
static void *ctx_new(void)
{
	return lzo_init() == LZO_E_OK ? malloc(1) : NULL;
}

static bool page(void *ctx, const uint8_t *from, size_t nfrom, uint8_t *to, size_t n)
{
	lzo_uint got = n;

	(void)ctx;
	return lzo1x_decompress_safe(from, nfrom, to, &got, NULL) == LZO_E_OK && got == n;
}

/* How many bytes from *at on stand for themselves. */
static size_t literals(const uint8_t *from, size_t nfrom, size_t *at)
{
	*at = 1;
	if (nfrom < 2 || from[0] == 16 || from[0] == 17)
		return 0;
	if (from[0] > 17)
		return from[0] - 17;
	if (from[0])
		return from[0] + 3;
	/* A run longer than 18 bytes; one of more than 270 need not be told from one of 270. */
	*at = 2;
	return from[1] ? 18 + from[1] : 0;
}

static bool head(void *ctx, const uint8_t *from, size_t nfrom, uint8_t *to, size_t whole, size_t n)
{
	size_t at, run = literals(from, nfrom, &at);

	if (run < n || nfrom - at < n)
		return page(ctx, from, nfrom, to, whole);
	memcpy(to, from + at, n);
	return true;
}

const struct dmv_unpacker dmv_unpack_lzo = { DMV_KDUMP_LZO, "lzo", ctx_new, free, page, head };
