/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Pages compressed with snappy. What a page's first bytes need of the format is read here
 * (format_description.txt of snappy), whole pages by the library.
 */
#include <snappy-c.h>
#include <stdlib.h>

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

/* A number of so many bytes, the lowest first. */
static bool number(struct dmv_first *f, size_t bytes, size_t *ret)
{
	size_t byte;

	*ret = 0;
	for (size_t i = 0; i < bytes; i++) {
		if (!dmv_first_byte(f, &byte))
			return false;
		*ret |= byte << 8 * i;
	}
	return true;
}

/* An element: its kind in two bits, then most of its length; or of a short copy's distance. */
static bool element(struct dmv_first *f)
{
	size_t tag, length, distance;

	if (!dmv_first_byte(f, &tag))
		return false;
	length = tag >> 2;
	switch (tag & 3) {
	case 0:                         /* 60 to 63: the length follows in 1 to 4 bytes */
		if (length >= 60 && !number(f, length - 59, &length))
			return false;
		return dmv_first_run(f, length + 1);
	case 1:
		return number(f, 1, &distance) &&
		       dmv_first_copy(f, distance | tag >> 5 << 8, 4 + (length & 7));
	case 2:
		return number(f, 2, &distance) && dmv_first_copy(f, distance, length + 1);
	default:
		return number(f, 4, &distance) && dmv_first_copy(f, distance, length + 1);
	}
}

static bool head(void *ctx, const uint8_t *from, size_t nfrom, uint8_t *to, size_t whole, size_t n)
{
	struct dmv_first f = { .from = from, .nfrom = nfrom, .to = to, .n = n };
	size_t byte;

	(void)ctx;
	(void)whole;
	do                              /* the length of the whole, 7 bits a byte */
		if (!dmv_first_byte(&f, &byte))
			return false;
	while (byte & 0x80);
	while (f.done < n)
		if (!element(&f))
			return false;
	return true;
}

const struct dmv_unpacker dmv_unpack_snappy = { DMV_KDUMP_SNAPPY, "snappy", ctx_new, free, page,
						head };
