/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Pages compressed with zlib. Whole ones by libdeflate if it is there, which is faster but knows no
 * half pages; first bytes by zlib, which stops when it has them.
 */
#include <stdlib.h>
#include <zlib.h>

#ifdef HAVE_LIBDEFLATE
#include <libdeflate.h>
#endif

#include "mem_kdump_int.h"

struct ctx {
	z_stream z;
#ifdef HAVE_LIBDEFLATE
	struct libdeflate_decompressor *whole;
#endif
};

static void ctx_free(void *p)
{
	struct ctx *c = p;

#ifdef HAVE_LIBDEFLATE
	libdeflate_free_decompressor(c->whole);
#endif
	inflateEnd(&c->z);
	free(c);
}

static void *ctx_new(void)
{
	struct ctx *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	if (inflateInit(&c->z) != Z_OK) {
		free(c);
		return NULL;
	}
#ifdef HAVE_LIBDEFLATE
	c->whole = libdeflate_alloc_decompressor();
	if (!c->whole) {
		ctx_free(c);
		return NULL;
	}
#endif
	return c;
}

/* Up to n bytes; how many came. */
static size_t inflate_some(struct ctx *c, const uint8_t *from, size_t nfrom, uint8_t *to, size_t n,
			   int *end)
{
	*end = inflateReset(&c->z);
	if (*end != Z_OK)
		return 0;
	c->z.next_in = (uint8_t *)from;
	c->z.avail_in = (uInt)nfrom;
	c->z.next_out = to;
	c->z.avail_out = (uInt)n;
	*end = inflate(&c->z, Z_SYNC_FLUSH);
	return n - c->z.avail_out;
}

static bool page(void *p, const uint8_t *from, size_t nfrom, uint8_t *to, size_t n)
{
	struct ctx *c = p;
#ifdef HAVE_LIBDEFLATE
	size_t got;

	return libdeflate_zlib_decompress(c->whole, from, nfrom, to, n, &got) ==
		       LIBDEFLATE_SUCCESS && got == n;
#else
	int end;

	return inflate_some(c, from, nfrom, to, n, &end) == n && end == Z_STREAM_END;
#endif
}

static bool head(void *p, const uint8_t *from, size_t nfrom, uint8_t *to, size_t whole, size_t n)
{
	int end;

	(void)whole;
	return inflate_some(p, from, nfrom, to, n, &end) == n;
}

const struct dmv_unpacker dmv_unpack_zlib = { DMV_KDUMP_ZLIB, "zlib", ctx_new, ctx_free, page,
					      head };
