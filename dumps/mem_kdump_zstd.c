/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Pages compressed with zstd. A page is one block of it, of which nothing is to be had before all
 * of its literals are decoded: first bytes cost a whole page.
 */
#include <zstd.h>

#include "mem_kdump_int.h"

static void *ctx_new(void)
{
	return ZSTD_createDCtx();
}

static void ctx_free(void *ctx)
{
	ZSTD_freeDCtx(ctx);
}

/* Into a buffer of a known size no window is allocated, whatever the frame asks for. */
static bool page(void *ctx, const uint8_t *from, size_t nfrom, uint8_t *to, size_t n)
{
	return ZSTD_decompressDCtx(ctx, to, n, from, nfrom) == n;
}

static bool head(void *ctx, const uint8_t *from, size_t nfrom, uint8_t *to, size_t whole, size_t n)
{
	(void)n;
	return page(ctx, from, nfrom, to, whole);
}

const struct dmv_unpacker dmv_unpack_zstd = { DMV_KDUMP_ZSTD, "zstd", ctx_new, ctx_free, page,
					      head };
