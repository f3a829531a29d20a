/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Pages compressed with LZO1X. What a page's first bytes need of the format is read here (kernel:
 * Documentation/staging/lzo.rst, "Byte sequences"), whole pages by the library.
 */
#include <lzo/lzo1x.h>
#include <stdlib.h>

#include "mem_kdump_int.h"

/* What was read last: 0 to 3 bytes behind a copy that stand for themselves, or a long run. */
enum { AFTER_RUN = 4 };

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

/* A length that did not fit into its bits: each byte of 0 is 255 more. */
static bool length(struct dmv_first *f, size_t bits, size_t most, size_t *ret)
{
	size_t byte;

	*ret = bits;
	if (bits)
		return true;
	for (*ret = most;; *ret += 255) {
		if (!dmv_first_byte(f, &byte))
			return false;
		if (byte)
			break;
	}
	*ret += byte;
	return true;
}

/* A copy, and the bytes behind it that stand for themselves, less than four of them. */
static bool copy(struct dmv_first *f, size_t distance, size_t n, size_t run, size_t *state)
{
	*state = run;
	return dmv_first_copy(f, distance, n) && dmv_first_run(f, run);
}

/* Instructions below 16: what they mean goes by the one before. */
static bool low(struct dmv_first *f, size_t op, size_t *state)
{
	size_t n, high;

	if (!*state) {
		*state = AFTER_RUN;
		return length(f, op, 15, &n) && dmv_first_run(f, n + 3);
	}
	if (!dmv_first_byte(f, &high))
		return false;
	if (*state == AFTER_RUN)
		return copy(f, (high << 2) + (op >> 2) + 2049, 3, op & 3, state);
	return copy(f, (high << 2) + (op >> 2) + 1, 2, op & 3, state);
}

/* 16 to 63: the distance is in 14 bits of two bytes that follow. */
static bool middle(struct dmv_first *f, size_t op, size_t *state)
{
	size_t mask = op < 32 ? 7 : 31, base = op < 32 ? 16384 + ((op & 8) << 11) : 1, n, lo, hi;

	if (!length(f, op & mask, mask, &n) || !dmv_first_byte(f, &lo) || !dmv_first_byte(f, &hi))
		return false;
	return copy(f, base + (hi << 6) + (lo >> 2), n + 2, lo & 3, state);
}

static bool instruction(struct dmv_first *f, size_t *state)
{
	size_t op, high;

	if (!dmv_first_byte(f, &op))
		return false;
	if (op < 16)
		return low(f, op, state);
	if (op < 64)
		return middle(f, op, state);
	return dmv_first_byte(f, &high) &&
	       copy(f, (high << 3) + (op >> 2 & 7) + 1, (op >> 5) + 1, op & 3, state);
}

static bool head(void *ctx, const uint8_t *from, size_t nfrom, uint8_t *to, size_t whole, size_t n)
{
	struct dmv_first f = { .from = from, .nfrom = nfrom, .to = to, .n = n };
	size_t state = 0, run = nfrom && from[0] > 17 ? from[0] - 17u : 0;

	(void)ctx;
	(void)whole;
	if (run) {
		f.at = 1;
		state = run < AFTER_RUN ? run : AFTER_RUN;
		if (!dmv_first_run(&f, run))
			return false;
	}
	while (f.done < n)
		if (!instruction(&f, &state))
			return false;
	return true;
}

const struct dmv_unpacker dmv_unpack_lzo = { DMV_KDUMP_LZO, "lzo", ctx_new, free, page, head };
