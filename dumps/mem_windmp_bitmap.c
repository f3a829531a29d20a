/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Bitmap dumps, "SDMP" (kernel) and "FDMP" (full): bit n of a bitmap says that the page of frame n
 * is there, and the pages follow in that order. The first page may stand at any offset, not only
 * at a multiple of the page's size.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "mem_windmp_int.h"

enum { CHUNK = 64 << 10 };

#define BITS_MAX (UINT64_C(1) << 36)    /* 256 TiB of memory: a bitmap of 8 GiB */

struct bitmap {
	uint64_t first;                 /* file offset of the first page */
	uint64_t pages;                 /* how many bits should be set */
	uint64_t bits, at;              /* of the bitmap; its file offset */
};

/* A run of set bits that has not ended yet, and where its pages stand. */
struct run {
	uint64_t pfn, n, off;
};

/* The summary header: 64-bit numbers, or 32-bit ones with the bitmap's own two words behind. */
static enum dmv_code read_summary(struct dmv_windmp *w, struct bitmap *b, struct dmv_err *e)
{
	const size_t bytes = w->is64 ? 0x38 : 0x20;
	uint8_t h[0x38];
	int errnum;

	if (dmv_file_read(w->f, w->header_bytes, h, bytes, &errnum) != bytes)
		return dmv_fail(e, DMV_E_CORRUPT,
				"the summary header at file offset 0x%" PRIx64
				" passes the end of the file", w->header_bytes);
	b->first = w->is64 ? dmv_win_get(h + 0x20, 8) : dmv_win_get(h + 0x0C, 4);
	b->pages = w->is64 ? dmv_win_get(h + 0x28, 8) : dmv_win_get(h + 0x14, 4);
	b->bits = w->is64 ? dmv_win_get(h + 0x30, 8) : dmv_win_get(h + 0x10, 4);
	b->at = w->header_bytes + bytes;
	if (!b->bits || b->bits > BITS_MAX)
		return dmv_fail(e, DMV_E_CORRUPT,
				"the summary header at file offset 0x%" PRIx64
				" says that its bitmap has %" PRIu64 " bits",
				w->header_bytes, b->bits);
	if (b->first < b->at + (b->bits + 7) / 8)
		return dmv_fail(e, DMV_E_CORRUPT,
				"the first page is at file offset 0x%" PRIx64
				", within the bitmap of %" PRIu64 " bits at 0x%" PRIx64,
				b->first, b->bits, b->at);
	return DMV_E_OK;
}

static enum dmv_code end_run(struct dmv_windmp *w, struct run *r, struct dmv_err *e)
{
	enum dmv_code code;

	if (!r->n)
		return DMV_E_OK;
	code = dmv_win_add_pages(w, r->pfn, r->n, r->off, e);
	r->off += r->n * DMV_WIN_PAGE;
	r->n = 0;
	return code;
}

/* Bits pfn to pfn + n, n at most 64, lowest first in word. */
static enum dmv_code take_word(struct dmv_windmp *w, struct run *r, uint64_t pfn, unsigned n,
			       uint64_t word, struct dmv_err *e)
{
	const uint64_t all = n < 64 ? (UINT64_C(1) << n) - 1 : UINT64_MAX;
	enum dmv_code code = DMV_E_OK;

	word &= all;
	if (word == all && r->n) {
		r->n += n;
		return DMV_E_OK;
	}
	if (!word)
		return end_run(w, r, e);
	for (unsigned i = 0; i < n && !code; i++) {
		if (!(word >> i & 1)) {
			code = end_run(w, r, e);
			continue;
		}
		if (!r->n++)
			r->pfn = pfn + i;
	}
	return code;
}

/* *ret: bits that are set, as far as the file has the bitmap. */
static enum dmv_code take_bits(struct dmv_windmp *w, const struct bitmap *b, uint8_t *buf,
			       uint64_t *ret, struct dmv_err *e)
{
	struct run r = { .off = b->first };
	enum dmv_code code = DMV_E_OK;
	uint64_t set = 0;

	for (uint64_t pfn = 0; pfn < b->bits && !code; pfn += CHUNK * 8) {
		uint64_t left = b->bits - pfn;
		size_t want = left < CHUNK * 8 ? (size_t)((left + 7) / 8) : CHUNK, got;
		int errnum;

		memset(buf, 0, CHUNK);
		got = dmv_file_read(w->f, b->at + pfn / 8, buf, want, &errnum);
		if (got < want) {
			dmv_mem_note(&w->m,
				     "the bitmap ends with the file: pages from frame 0x%" PRIx64
				     " on are missing", pfn + got * 8);
			left = got * 8;
		}
		for (size_t i = 0; i < got && !code; i += 8) {
			unsigned n = left - i * 8 < 64 ? (unsigned)(left - i * 8) : 64;
			uint64_t word = dmv_win_get(buf + i, 8);

			set += (unsigned)__builtin_popcountll(n < 64 ? word << (64 - n) : word);
			code = take_word(w, &r, pfn + i * 8, n, word, e);
		}
		if (got < want)
			break;
	}
	*ret = set;
	return code ? code : end_run(w, &r, e);
}

enum dmv_code dmv_win_bitmap(struct dmv_windmp *w, struct dmv_err *e)
{
	uint64_t set = 0;
	struct bitmap b = { 0 };
	enum dmv_code code = read_summary(w, &b, e);
	uint8_t *buf;

	if (code)
		return code;
	w->absent = "was left out of the dump: its bit in the bitmap is not set";
	buf = malloc(CHUNK);
	if (!buf)
		return dmv_fail(e, DMV_E_MEMORY, "out of memory for the bitmap");
	code = take_bits(w, &b, buf, &set, e);
	free(buf);
	if (!code && set != b.pages)
		dmv_mem_note(&w->m,
			     "the summary header says %" PRIu64 " pages, its bitmap %" PRIu64
			     ": pages may not be where they should", b.pages, set);
	return code;
}
