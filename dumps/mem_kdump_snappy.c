/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Pages compressed with snappy. The first element must be a run of bytes that stand for themselves
 * (format_description.txt of snappy): where it is long enough, nothing needs to be decompressed to
 * see a page's first bytes.
 */
#include <snappy-c.h>
#include <stdlib.h>
#include <string.h>

#include "mem_kdump_int.h"

/* The library keeps nothing between pages. */
static void *ctx_new(void)
{
	return malloc(1);
}

static bool page(void *ctx, const uint8_t *from, size_t nfrom, uint8_t *to, size_t n)
{
	size_t got = n;

	(void)ctx;
	return snappy_uncompress((const char *)from, nfrom, (char *)to, &got) == SNAPPY_OK &&
	       got == n;
}

/* How many bytes from *at on stand for themselves: behind the length of the whole (a varint) comes
 * a byte with kind 0 in two bits and the length less one in six, 60 to 63 of which announce a
 * length in 1 to 4 bytes. */
static size_t literals(const uint8_t *from, size_t nfrom, size_t *at)
{
	size_t i = 0, n, more;

	while (i < nfrom && i < 5 && from[i] & 0x80)
		i++;
	if (++i >= nfrom || from[i] & 3)
		return 0;
	n = from[i] >> 2;
	more = n < 60 ? 0 : n - 59;
	*at = ++i + more;
	if (!more)
		return n + 1;
	if (nfrom - i < more)
		return 0;
	n = 0;
	for (size_t k = more; k--;)
		n = n << 8 | from[i + k];
	return n + 1;
}

static bool head(void *ctx, const uint8_t *from, size_t nfrom, uint8_t *to, size_t whole, size_t n)
{
	size_t at = 0, run = literals(from, nfrom, &at);

	if (run < n || at > nfrom || nfrom - at < n)
		return page(ctx, from, nfrom, to, whole);
	memcpy(to, from + at, n);
	return true;
}

const struct dmv_unpacker dmv_unpack_snappy = { DMV_KDUMP_SNAPPY, "snappy", ctx_new, free, page,
						head };
