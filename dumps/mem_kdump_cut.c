/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Which pages of a kdump-compressed file lie beyond its end. libkdumpfile reads uncompressed pages
 * there as zeros and says OK, so every page is looked up in the file's own tables first:
 *
 *   block 0 header | sub header | bitmap of memory | bitmap of dumped pages | descriptors | pages
 *
 * The n-th set bit of the second bitmap has the n-th descriptor {offset, size, flags}.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "mem_int.h"

enum {
	STEP_BYTES = 512,               /* of the bitmap, between two counts */
	STEP_BITS = STEP_BYTES * 8,
	DESC_BYTES = 24,
	TAIL = 64,    /* last descriptors to try for a cut: some share the zero page */
	CHUNK = 4096,                   /* descriptors read at once */
};

struct dmv_kdump_cut {
	struct dmv_file *f;
	bool be;
	uint64_t page;                  /* bytes, the file's block */
	uint64_t bitmap, bits;          /* where it starts in the file, its length */
	uint64_t first;                 /* page of descriptor 0: in a split set not page 0 */
	uint64_t desc;
	uint64_t total;                 /* set bits from `first` on */
	uint64_t *before;               /* set bits from `first` to the start of each step */
	uint64_t step;                  /* the one that is in map[] */
	uint8_t map[STEP_BYTES];
};

static bool get32(struct dmv_kdump_cut *c, uint64_t off, uint64_t *ret)
{
	uint8_t b[4];
	int errnum;

	if (dmv_file_read(c->f, off, b, sizeof(b), &errnum) != sizeof(b))
		return false;
	*ret = dmv_get(b, 4, c->be);
	return true;
}

static bool is_block_size(uint64_t v)
{
	return v >= 4096 && v <= 1 << 20 && !(v & (v - 1));
}

/* A struct timeval before it makes the place of block_size depend on the writer's word. */
static bool read_header(struct dmv_kdump_cut *c)
{
	enum { WIDE = 428, NARROW = 416, SPLIT = 12, START_PFN = 16 };
	uint64_t at = WIDE, sub, blocks, split, limit = dmv_file_size(c->f);
	uint8_t b[8];
	int errnum;

	if (!get32(c, at, &c->page))
		return false;
	if (!is_block_size(c->page) &&
	    (!get32(c, at = NARROW, &c->page) || !is_block_size(c->page)))
		return false;
	if (!get32(c, at + 4, &sub) || !get32(c, at + 8, &blocks) || !blocks)
		return false;
	c->desc = (1 + sub + blocks) * c->page;
	c->bitmap = (1 + sub) * c->page + blocks * c->page / 2;
	c->bits = blocks * c->page / 2 * 8;
	if (c->bitmap >= limit)
		return false;
	if (c->bits / 8 > limit - c->bitmap)
		c->bits = (limit - c->bitmap) / STEP_BYTES * STEP_BITS;
	if (at == WIDE && get32(c, c->page + SPLIT, &split) && split == 1 &&
	    dmv_file_read(c->f, c->page + START_PFN, b, sizeof(b), &errnum) == sizeof(b))
		c->first = dmv_get(b, 8, c->be);
	return true;
}

static bool load(struct dmv_kdump_cut *c, uint64_t step)
{
	int errnum;

	if (step == c->step)
		return true;
	c->step = UINT64_MAX;
	if (dmv_file_read(c->f, c->bitmap + step * STEP_BYTES, c->map, STEP_BYTES, &errnum) !=
	    STEP_BYTES)
		return false;
	c->step = step;
	return true;
}

static bool bit(const struct dmv_kdump_cut *c, uint64_t i)
{
	return c->map[i % STEP_BITS / 8] >> i % 8 & 1;
}

/* Set bits of the loaded step in [lo, hi), both within it. */
static uint64_t count(const struct dmv_kdump_cut *c, uint64_t lo, uint64_t hi)
{
	uint64_t n = 0, i = lo;

	for (; i < hi && i % 8; i++)
		n += bit(c, i);
	for (; i + 8 <= hi; i += 8)
		n += (uint64_t)__builtin_popcount(c->map[i % STEP_BITS / 8]);
	for (; i < hi; i++)
		n += bit(c, i);
	return n;
}

static bool count_all(struct dmv_kdump_cut *c)
{
	uint64_t steps = c->bits / STEP_BITS;

	c->step = UINT64_MAX;
	c->before = calloc(steps + 1, sizeof(*c->before));
	if (!c->before)
		return false;
	for (uint64_t s = 0; s < steps; s++) {
		uint64_t lo = s * STEP_BITS, hi = lo + STEP_BITS;

		c->before[s] = c->total;
		if (!load(c, s))
			return false;
		if (hi > c->first)
			c->total += count(c, lo > c->first ? lo : c->first, hi);
	}
	return true;
}

struct dmv_kdump_cut *dmv_kdump_cut_new(struct dmv_file *f, bool big_endian)
{
	struct dmv_kdump_cut *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->f = f;
	c->be = big_endian;
	if (!read_header(c) || !count_all(c)) {
		dmv_kdump_cut_free(c);
		return NULL;
	}
	return c;
}

void dmv_kdump_cut_free(struct dmv_kdump_cut *c)
{
	if (c)
		free(c->before);
	free(c);
}

static uint64_t end_of(const struct dmv_kdump_cut *c, const uint8_t *d)
{
	uint64_t off = dmv_get(d, 8, c->be), n = dmv_get(d + 8, 4, c->be);

	return off > UINT64_MAX - n ? UINT64_MAX : off + n;
}

/* Where the n-th page's bytes end in the file; UINT64_MAX if not even its descriptor is there. */
static uint64_t page_end(struct dmv_kdump_cut *c, uint64_t n)
{
	uint8_t d[DESC_BYTES];
	int errnum;

	if (dmv_file_read(c->f, c->desc + n * DESC_BYTES, d, sizeof(d), &errnum) != sizeof(d))
		return UINT64_MAX;
	return end_of(c, d);
}

bool dmv_kdump_cut_find(struct dmv_kdump_cut *c, uint64_t addr, size_t n, uint64_t *ret)
{
	uint64_t size = dmv_file_size(c->f);

	for (uint64_t pfn = addr / c->page, last = (addr + (n - 1)) / c->page; pfn <= last; pfn++) {
		uint64_t step = pfn / STEP_BITS, lo = step * STEP_BITS, nth;

		if (pfn >= c->bits || pfn < c->first || !load(c, step) || !bit(c, pfn))
			continue;       /* the library says what that means */
		nth = c->before[step] + count(c, lo > c->first ? lo : c->first, pfn);
		if (page_end(c, nth) <= size)
			continue;
		*ret = pfn * c->page > addr ? pfn * c->page : addr;
		return true;
	}
	return false;
}

uint64_t dmv_kdump_cut_pages(struct dmv_kdump_cut *c)
{
	uint64_t size = dmv_file_size(c->f),
		 room = c->desc < size ? (size - c->desc) / DESC_BYTES : 0;
	uint64_t present = c->total < room ? c->total : room, cut = c->total - present;
	bool any = cut != 0;
	uint8_t *d;
	int errnum;

	for (uint64_t i = 1; !any && i <= TAIL && i <= present; i++)
		any = page_end(c, present - i) > size;
	d = any ? malloc(CHUNK * DESC_BYTES) : NULL;
	for (uint64_t i = 0, k; d && i < present; i += k) {
		k = present - i < CHUNK ? present - i : CHUNK;
		if (dmv_file_read(c->f, c->desc + i * DESC_BYTES, d, k * DESC_BYTES, &errnum) !=
		    k * DESC_BYTES)
			break;
		for (uint64_t j = 0; j < k; j++)
			cut += end_of(c, d + j * DESC_BYTES) > size;
	}
	free(d);
	return cut;
}
