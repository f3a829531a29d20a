/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * The map of pages of one kdump-compressed file: its second bitmap in memory, with the number of
 * set bits before each step, so that a page's descriptor is found by counting within one step.
 *
 * Neither the bitmap nor the descriptors have a checksum, and a bit too many shows every page
 * behind it at another's address. But the writers put the first page's data right behind the last
 * descriptor: if it is not there, one of the two is damaged.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "mem_kdump_int.h"

enum {
	STEP_BITS = 4096,
	WORD_BITS = 64,
	STEP_WORDS = STEP_BITS / WORD_BITS,
	CHUNK = 1 << 20,                /* of a bitmap read at once: it may end early */
	TAIL = 64,                      /* first and last descriptors that are looked at */
	DESCS = 4096,                   /* descriptors read at once */
};

void dmv_kdump_desc_get(const uint8_t *p, bool be, struct dmv_kdump_desc *ret)
{
	ret->off = dmv_get(p, 8, be);
	ret->size = (uint32_t)dmv_get(p + 8, 4, be);
	ret->flags = (uint32_t)dmv_get(p + 12, 4, be);
}

/* The 64 pages from number 64 * i on, the first in bit 0. */
static uint64_t word(const struct dmv_kdump_map *m, uint64_t i)
{
	uint64_t v;

	memcpy(&v, m->bit + i * sizeof(v), sizeof(v));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	v = __builtin_bswap64(v);
#endif
	return v;
}

static uint64_t ones_below(unsigned n)
{
	return n < WORD_BITS ? (UINT64_C(1) << n) - 1 : UINT64_MAX;
}

/* As many of the n bytes at off as the file has, from malloc with zeros behind them up to a whole
 * word; grows with what is really there, not with what the header claims. */
static enum dmv_code read_bits(struct dmv_file *f, uint64_t off, uint64_t n,
			       struct dmv_kdump_map *m, struct dmv_err *e)
{
	uint64_t done = 0;

	for (;;) {
		size_t k = n - done < CHUNK ? (size_t)(n - done) : CHUNK, got;
		uint8_t *p = realloc(m->bit, done + k + WORD_BITS / 8);
		int errnum;

		if (!p)
			return dmv_fail(e, DMV_E_MEMORY, "out of memory for the bitmap of pages");
		m->bit = p;
		got = dmv_file_read(f, off + done, p + done, k, &errnum);
		memset(p + done + got, 0, k - got + WORD_BITS / 8);
		done += got;
		if (got < k || done == n)
			break;
	}
	m->nbit = (done * 8 + WORD_BITS - 1) & ~(uint64_t)(WORD_BITS - 1);
	return DMV_E_OK;
}

static void clear_bits(struct dmv_kdump_map *m, uint64_t lo, uint64_t hi)
{
	for (; lo < hi && lo % 8; lo++)
		m->bit[lo / 8] &= (uint8_t)~(1 << lo % 8);
	if (lo + 8 <= hi)
		memset(m->bit + lo / 8, 0, (hi - lo) / 8);
	for (lo += (hi - lo) / 8 * 8; lo < hi; lo++)
		m->bit[lo / 8] &= (uint8_t)~(1 << lo % 8);
}

static enum dmv_code count(struct dmv_kdump_map *m, struct dmv_err *e)
{
	uint64_t words = m->nbit / WORD_BITS;

	if (!m->before)
		m->before = calloc(words / STEP_WORDS + 1, sizeof(*m->before));
	if (!m->before)
		return dmv_fail(e, DMV_E_MEMORY, "out of memory for the index of pages");
	m->total = 0;
	for (uint64_t i = 0; i < words; i++) {
		if (i % STEP_WORDS == 0)
			m->before[i / STEP_WORDS] = m->total;
		m->total += (uint64_t)__builtin_popcountll(word(m, i));
	}
	return DMV_E_OK;
}

/* Does page data start where n descriptors end? A page of zeros comes first, uncompressed, and the
 * descriptors that were looked at need not use it. */
static bool starts(const struct dmv_kdump_map *m, uint64_t n, uint64_t block)
{
	uint64_t end = m->desc + n * DMV_KDUMP_DESC_BYTES;

	return m->data == end || m->data == end + block;
}

/* Finds the start of page data by the first descriptors. A part of a set may have left room for the
 * descriptors of all. */
static void fit(struct dmv_file *f, const struct dmv_kdump_head *h, struct dmv_kdump_map *m)
{
	uint64_t lowest = UINT64_MAX;
	uint8_t b[TAIL * DMV_KDUMP_DESC_BYTES];
	uint64_t n = m->total < TAIL ? m->total : TAIL;
	int errnum;
	size_t got = dmv_file_read(f, m->desc, b, (size_t)n * DMV_KDUMP_DESC_BYTES, &errnum);

	for (size_t i = 0; i < got / DMV_KDUMP_DESC_BYTES; i++) {
		struct dmv_kdump_desc d;

		dmv_kdump_desc_get(b + i * DMV_KDUMP_DESC_BYTES, h->be, &d);
		if (d.size && d.off > m->desc && d.off < lowest)
			lowest = d.off;
	}
	m->data = lowest == UINT64_MAX ? 0 : lowest;
	m->fits = !m->total || starts(m, m->total, h->block) ||
		  (h->split && starts(m, m->whole, h->block));
}

static void hold(struct dmv_file *f, struct dmv_kdump_map *m)
{
	uint64_t size = dmv_file_size(f);
	uint64_t room = m->desc < size ? (size - m->desc) / DMV_KDUMP_DESC_BYTES : 0;

	m->held = m->total < room ? m->total : room;
}

/* Clears what the first bitmap does not have; how many bits that were. */
static uint64_t clear_bogus(struct dmv_file *f, struct dmv_kdump_map *m)
{
	uint64_t bogus = 0, bytes = m->nbit / 8;
	uint8_t b[4096];

	for (uint64_t at = 0; at < bytes && at < m->memory_bytes; at += sizeof(b)) {
		uint64_t k = bytes - at < sizeof(b) ? bytes - at : sizeof(b);
		int errnum;

		if (dmv_file_read(f, m->memory + at, b, (size_t)k, &errnum) != k)
			break;
		for (uint64_t i = 0; i < k; i++) {
			bogus += (uint64_t)__builtin_popcount(m->bit[at + i] & ~b[i] & 0xff);
			m->bit[at + i] &= b[i];
		}
	}
	return bogus;
}

enum dmv_code dmv_kdump_map_mend(struct dmv_file *f, const struct dmv_kdump_head *h,
				 struct dmv_kdump_map *m, struct dmv_err *e)
{
	uint64_t bytes = m->nbit / 8;
	uint8_t *was = malloc(bytes + 1);
	enum dmv_code code = DMV_E_OK;

	if (!was)
		return dmv_fail(e, DMV_E_MEMORY, "out of memory for the bitmap of pages");
	memcpy(was, m->bit, bytes);
	m->bogus = clear_bogus(f, m);
	m->whole -= m->bogus;
	if (m->bogus)
		code = count(m, e);
	if (!code && m->bogus)
		fit(f, h, m);
	if (!code && !m->fits) {
		m->whole += m->bogus;
		m->bogus = 0;
		memcpy(m->bit, was, bytes);
		code = count(m, e);
		fit(f, h, m);
	}
	hold(f, m);
	free(was);
	return code;
}

static enum dmv_code index_bits(struct dmv_file *f, const struct dmv_kdump_head *h,
				struct dmv_kdump_map *m, struct dmv_err *e)
{
	enum dmv_code code = count(m, e);

	m->whole = m->total;
	if (!code && h->split) {
		clear_bits(m, 0, h->first < m->nbit ? h->first : m->nbit);
		if (h->end < m->nbit)
			clear_bits(m, h->end, m->nbit);
		code = count(m, e);
	}
	if (code)
		return code;
	fit(f, h, m);
	hold(f, m);
	return DMV_E_OK;
}

enum dmv_code dmv_kdump_map_read(struct dmv_file *f, const struct dmv_kdump_head *h,
				 struct dmv_kdump_map *m, struct dmv_err *e)
{
	uint64_t size = dmv_file_size(f), half = h->bitmap_blocks / 2 * h->block;
	enum dmv_code code;

	memset(m, 0, sizeof(*m));
	m->memory = (1 + h->sub_blocks) * h->block;
	m->desc = m->memory + h->bitmap_blocks * h->block;
	m->memory_bytes = half;
	if (!half)
		return dmv_fail(e, DMV_E_CORRUPT, "header bitmap_blocks %" PRIu64
				": there must be two bitmaps", h->bitmap_blocks);
	if (m->memory + half >= size)
		return dmv_fail(e, DMV_E_CORRUPT, "the bitmap of pages would start at file offset "
				"0x%" PRIx64 ", beyond the end of the file at 0x%" PRIx64
				" (sub_hdr_size %" PRIu64 ", bitmap_blocks %" PRIu64 ")",
				m->memory + half, size, h->sub_blocks, h->bitmap_blocks);
	code = read_bits(f, m->memory + half, half, m, e);
	if (!code)
		code = index_bits(f, h, m, e);
	if (code)
		dmv_kdump_map_deinit(m);
	return code;
}

void dmv_kdump_map_deinit(struct dmv_kdump_map *m)
{
	free(m->bit);
	free(m->before);
	memset(m, 0, sizeof(*m));
}

bool dmv_kdump_map_has(const struct dmv_kdump_map *m, uint64_t pfn)
{
	return pfn < m->nbit && (m->bit[pfn / 8] >> pfn % 8 & 1);
}

uint64_t dmv_kdump_map_rank(const struct dmv_kdump_map *m, uint64_t pfn)
{
	uint64_t last = pfn / WORD_BITS, n = m->before[pfn / STEP_BITS];

	for (uint64_t i = last / STEP_WORDS * STEP_WORDS; i < last; i++)
		n += (uint64_t)__builtin_popcountll(word(m, i));
	return n + (uint64_t)__builtin_popcountll(word(m, last) & ones_below(pfn % WORD_BITS));
}

uint64_t dmv_kdump_map_next(const struct dmv_kdump_map *m, uint64_t pfn, bool set)
{
	uint64_t i = pfn / WORD_BITS, words = m->nbit / WORD_BITS, v;

	if (pfn >= m->nbit)
		return m->nbit;
	v = (set ? word(m, i) : ~word(m, i)) & ~ones_below(pfn % WORD_BITS);
	while (!v && ++i < words)
		v = set ? word(m, i) : ~word(m, i);
	return v ? i * WORD_BITS + (unsigned)__builtin_ctzll(v) : m->nbit;
}

int dmv_kdump_map_memory(struct dmv_file *f, const struct dmv_kdump_map *m, uint64_t pfn)
{
	uint8_t b;
	int errnum;

	if (pfn / 8 >= m->memory_bytes ||
	    dmv_file_read(f, m->memory + pfn / 8, &b, 1, &errnum) != 1)
		return -1;
	return b >> pfn % 8 & 1;
}

/* Counts among n descriptors from number i on. */
static void count_lost(struct dmv_file *f, const struct dmv_kdump_map *m, bool be, uint64_t i,
		       uint64_t n, struct dmv_kdump_lost *ret)
{
	uint64_t size = dmv_file_size(f);
	uint8_t *b = malloc(DESCS * DMV_KDUMP_DESC_BYTES);
	int errnum;

	for (uint64_t k; b && n; i += k, n -= k) {
		k = n < DESCS ? n : DESCS;
		if (dmv_file_read(f, m->desc + i * DMV_KDUMP_DESC_BYTES, b,
				  (size_t)k * DMV_KDUMP_DESC_BYTES, &errnum) !=
		    k * DMV_KDUMP_DESC_BYTES)
			break;
		for (uint64_t j = 0; j < k; j++) {
			struct dmv_kdump_desc d;

			dmv_kdump_desc_get(b + j * DMV_KDUMP_DESC_BYTES, be, &d);
			ret->beyond += d.off > size || d.size > size - d.off;
			ret->unwritten += !d.off && !d.size;
		}
	}
	free(b);
}

struct dmv_kdump_lost dmv_kdump_map_lost(struct dmv_file *f, const struct dmv_kdump_map *m, bool be)
{
	struct dmv_kdump_lost tail = { 0 }, all = { .beyond = m->total - m->held };
	uint64_t n = m->held < TAIL ? m->held : TAIL;

	/* Some of the last may share the zero page, which is the first. */
	count_lost(f, m, be, m->held - n, n, &tail);
	if (all.beyond || tail.beyond || tail.unwritten)
		count_lost(f, m, be, 0, m->held, &all);
	return all;
}
