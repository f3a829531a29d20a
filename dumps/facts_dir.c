/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * The directory of a region: its pages, and the segments and extents that their entries describe.
 * Every number is checked here, and here only; what comes out lies where it may.
 */
#include <inttypes.h>
#include <stdio.h>

#include "facts_region_int.h"

#define ENTRY_BYTES 64u                 /* an entry of version 1.0 */
#define DIR_PAGES_MAX (UINT32_MAX >> 8) /* `order` keeps page and entry in 32 bits */

/* ---- segments ---- */

/* Which of its addresses to read by: the space the header was found in, if that has it at all. */
static void choose_space(const struct dmv_reading *r, struct dmv_seg *s)
{
	uint64_t own = r->space == DMV_PHYS ? s->phys : s->virt;
	uint64_t other = r->space == DMV_PHYS ? s->virt : s->phys;
	enum dmv_space os = r->space == DMV_PHYS ? DMV_VIRT : DMV_PHYS;

	s->space = r->space;
	s->addr = own;
	if (other == DMV_ABI_UNKNOWN || !r->both)
		return;
	if (own != DMV_ABI_UNKNOWN && dmv_held(r->m, r->space, own, s->bytes, NULL))
		return;
	if (own != DMV_ABI_UNKNOWN && !dmv_held(r->m, os, other, s->bytes, NULL))
		return;
	s->space = os;
	s->addr = other;
}

static enum dmv_code segment_zero(struct dmv_reading *r)
{
	struct dmv_seg *s = DMV_PUSH(r->seg, r->nseg);

	if (!s)
		return dmv_fail(r->e, DMV_E_MEMORY, "no memory for the region");
	s->virt = H64(virt);
	s->phys = H64(phys);
	s->bytes = H64(segment0_bytes);
	s->space = r->space;
	s->addr = r->addr;
	return DMV_E_OK;
}

static struct dmv_seg *find_segment(struct dmv_reading *r, uint32_t number, uint32_t *index)
{
	size_t lo = 0, hi = r->nseg;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (r->seg[mid].number < number)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo == r->nseg || r->seg[lo].number != number)
		return NULL;
	*index = (uint32_t)lo;
	return &r->seg[lo];
}

static bool segment_fits(struct dmv_reading *r, const struct dmv_seg *s)
{
	const bool virt = s->virt != DMV_ABI_UNKNOWN, phys = s->phys != DMV_ABI_UNKNOWN;

	if (!s->bytes)
		DMV_NOTE(r, DMV_TOPIC_ALL, r->addr, DMV_ENTRY_FMT
			 ": segment %u bytes is 0: not used", DMV_ENTRY_ARGS(s->order), s->number);
	else if (!virt && !phys)
		DMV_NOTE(r, DMV_TOPIC_ALL, r->addr, DMV_ENTRY_FMT
			 ": segment %u has neither virt nor phys: not used",
			 DMV_ENTRY_ARGS(s->order), s->number);
	else if ((virt && dmv_wraps(r, s->virt, s->bytes)) ||
		 (phys && s->bytes > UINT64_MAX - s->phys))
		DMV_NOTE(r, DMV_TOPIC_ALL, r->addr, DMV_ENTRY_FMT ": segment %u bytes 0x%" PRIx64
			 " from virt 0x%" PRIx64 ", phys 0x%" PRIx64
			 " runs past the address space: not used", DMV_ENTRY_ARGS(s->order),
			 s->number, s->bytes, s->virt, s->phys);
	else
		return true;
	return false;
}

static enum dmv_code take_segment(struct dmv_reading *r, const uint8_t *p, uint32_t order)
{
	struct dmv_seg s = { .number = DMV_U32(r, p, dmv_abi_segment, number), .order = order,
			     .virt = DMV_U64(r, p, dmv_abi_segment, virt),
			     .phys = DMV_U64(r, p, dmv_abi_segment, phys),
			     .bytes = DMV_U64(r, p, dmv_abi_segment, bytes) };
	struct dmv_seg *new;

	if (s.number <= r->seg[r->nseg - 1].number) {
		DMV_NOTE(r, DMV_TOPIC_ALL, r->addr, DMV_ENTRY_FMT
			 ": segment number %u does not ascend: not used", DMV_ENTRY_ARGS(order),
			 s.number);
		return DMV_E_OK;
	}
	if (!segment_fits(r, &s)) {
		s.bad = true;           /* keeps its number, so that extents are told apart */
		s.bytes = 0;
	}
	choose_space(r, &s);
	new = DMV_PUSH(r->seg, r->nseg);
	if (!new)
		return dmv_fail(r->e, DMV_E_MEMORY, "no memory for segments");
	*new = s;
	return DMV_E_OK;
}

/* ---- extents ---- */

static bool extent_fits(struct dmv_reading *r, const struct dmv_ext *x, uint32_t segment)
{
	const struct dmv_seg *s = &r->seg[x->seg];
	const struct dmv_table *t = &r->tab[x->kind];

	if (x->stride < 8 || x->stride % 8 || x->stride > DMV_STRIDE_MAX)
		DMV_NOTE(r, DMV_TOPIC(x->kind), r->addr, DMV_ENTRY_FMT ": extent stride %u is %s",
			 DMV_ENTRY_ARGS(x->order), x->stride,
			 x->stride < 8 ? "smaller than a row's 8 bytes" :
			 x->stride % 8 ? "no multiple of 8" : "larger than any row");
	else if (t->stride && t->stride != x->stride)
		DMV_NOTE(r, DMV_TOPIC(x->kind), r->addr,
			 DMV_ENTRY_FMT ": extent stride %u differs from %u of the table's "
				       "first extent",
			 DMV_ENTRY_ARGS(x->order), x->stride, t->stride);
	else if (x->offset > s->bytes || x->rows > (s->bytes - x->offset) / x->stride)
		DMV_NOTE(r, DMV_TOPIC(x->kind), r->addr,
			 DMV_ENTRY_FMT ": extent offset 0x%" PRIx64 ", %u rows of stride %u: "
				       "lies outside segment %u of 0x%" PRIx64 " bytes",
			 DMV_ENTRY_ARGS(x->order), x->offset, x->rows, x->stride, segment,
			 s->bytes);
	else if (x->rows > UINT32_MAX - x->row0)
		DMV_NOTE(r, DMV_TOPIC(x->kind), r->addr,
			 DMV_ENTRY_FMT ": extent row0 %u with %u rows runs past 32 bits",
			 DMV_ENTRY_ARGS(x->order), x->row0, x->rows);
	else
		return true;
	return false;
}

static enum dmv_code take_extent(struct dmv_reading *r, const uint8_t *p, uint32_t order)
{
	uint32_t segment = DMV_U32(r, p, dmv_abi_extent, segment);
	struct dmv_ext x = { .order = order, .kind = DMV_U32(r, p, dmv_abi_extent, kind),
			     .stride = DMV_U32(r, p, dmv_abi_extent, stride),
			     .offset = DMV_U64(r, p, dmv_abi_extent, offset),
			     .row0 = DMV_U32(r, p, dmv_abi_extent, row0),
			     .rows = DMV_U32(r, p, dmv_abi_extent, rows),
			     .cpu = DMV_U32(r, p, dmv_abi_extent, cpu) };
	const struct dmv_seg *s = find_segment(r, segment, &x.seg);
	struct dmv_ext *new;

	if (!x.kind || x.kind >= DMV_ABI_K_COUNT) {
		DMV_NOTE(r, 0, r->addr, DMV_ENTRY_FMT ": extent kind %u is unknown: not read",
		     DMV_ENTRY_ARGS(order), x.kind);
		return DMV_E_OK;
	}
	if (!x.rows)
		return DMV_E_OK;
	if (!s || s->bad) {
		DMV_NOTE(r, DMV_TOPIC(x.kind), r->addr,
			 DMV_ENTRY_FMT ": extent segment %u is not %s", DMV_ENTRY_ARGS(order),
			 segment, s ? "usable" : "described before it");
		return DMV_E_OK;
	}
	if (!extent_fits(r, &x, segment))
		return DMV_E_OK;
	r->tab[x.kind].stride = x.stride;
	new = DMV_PUSH(r->ext, r->next);
	if (!new)
		return dmv_fail(r->e, DMV_E_MEMORY, "no memory for the directory");
	*new = x;
	return DMV_E_OK;
}

/* ---- directory ---- */

struct dir_head {
	uint32_t count, entry_bytes, next_segment;
	uint64_t next_offset;
};

/* Why a directory page cannot be used, or NULL. */
static const char *check_dir(struct dmv_reading *r, const uint8_t *p, uint32_t index,
			     struct dir_head *ret)
{
	uint32_t capacity = DMV_U32(r, p, dmv_abi_dir, capacity);

	ret->count = DMV_U32(r, p, dmv_abi_dir, count);
	ret->entry_bytes = DMV_U32(r, p, dmv_abi_dir, entry_bytes);
	ret->next_segment = DMV_U32(r, p, dmv_abi_dir, next_segment);
	ret->next_offset = DMV_U64(r, p, dmv_abi_dir, next_offset);
	if (memcmp(p, DMV_ABI_DIR_MAGIC, 8))
		return "magic is not a directory's";
	if (DMV_U32(r, p, dmv_abi_dir, index) != index)
		return "index is out of order: the chain runs in a circle or is broken";
	if (DMV_U64(r, p, dmv_abi_dir, region_id) != H64(region_id))
		return "region_id is another region's";
	if (ret->entry_bytes < ENTRY_BYTES || ret->entry_bytes % 8)
		return "entry_bytes is smaller than an entry's 64 bytes or no multiple of 8";
	if (capacity > (DMV_ABI_PAGE - sizeof(struct dmv_abi_dir)) / ret->entry_bytes)
		return "capacity with this entry_bytes is more than fits a page";
	if (ret->count > capacity)
		return "count is larger than capacity";
	return NULL;
}

static enum dmv_code take_entries(struct dmv_reading *r, const uint8_t *page, uint32_t index,
				  const struct dir_head *d)
{
	for (uint32_t i = 0; i < d->count; i++) {
		const uint8_t *p = page + sizeof(struct dmv_abi_dir) + (size_t)i * d->entry_bytes;
		uint32_t type = dmv_r32(r, p), order = index << 8 | i;
		enum dmv_code c = DMV_E_OK;

		if (type == DMV_ABI_E_SEGMENT)
			c = take_segment(r, p, order);
		else if (type == DMV_ABI_E_EXTENT)
			c = take_extent(r, p, order);
		else if (type != DMV_ABI_E_NONE)
			DMV_NOTE(r, 0, r->addr,
				 DMV_ENTRY_FMT ": entry type %u is unknown: skipped",
				 DMV_ENTRY_ARGS(order), type);
		if (c)
			return c;
	}
	return DMV_E_OK;
}

/* Where the next page stands; false: it stands nowhere, which is noted. */
static bool place_dir(struct dmv_reading *r, uint32_t segment, uint64_t offset, uint32_t index,
		      const char *field, struct dmv_ext *ret)
{
	uint32_t at;
	const struct dmv_seg *s = find_segment(r, segment, &at);

	if (!s || s->bad) {
		DMV_NOTE(r, DMV_TOPIC_ALL, r->addr,
			 "%s: next_segment %u of the directory is not described before it", field,
			 segment);
		return false;
	}
	if (offset % 8 || offset > s->bytes || s->bytes - offset < DMV_ABI_PAGE) {
		DMV_NOTE(r, DMV_TOPIC_ALL, r->addr,
			 "%s 0x%" PRIx64
			 ": the directory page lies outside segment %u of 0x%" PRIx64
			 " bytes, or not at a multiple of 8",
			 field, offset, segment, s->bytes);
		return false;
	}
	*ret = (struct dmv_ext){ .order = index << 8, .stride = DMV_ABI_PAGE, .rows = 1, .seg = at,
				 .offset = offset };
	return true;
}

static bool keep_dir(struct dmv_reading *r, const struct dmv_ext *x)
{
	struct dmv_ext *new = DMV_PUSH(r->dir, r->ndir);

	if (new)
		*new = *x;
	return new;
}

/* False: the page cannot be used, `why` goes on from "directory 3". */
static bool load_dir(struct dmv_reading *r, const struct dmv_ext *x, uint32_t index, uint8_t *page,
		     struct dir_head *d, char *why, size_t nwhy)
{
	const struct dmv_seg *s = &r->seg[x->seg];
	struct dmv_err e = { 0 };
	const char *wrong;

	if (dmv_mem_read(r->m, s->space, s->addr + x->offset, page, DMV_ABI_PAGE, &e)) {
		snprintf(why, nwhy, ": %.150s", e.msg);
		return false;
	}
	wrong = check_dir(r, page, index, d);
	if (wrong)
		snprintf(why, nwhy, " %s", wrong);
	return !wrong;
}

/* The first page must be good; a later one that is not ends the chain with a note. */
static enum dmv_code read_chain(struct dmv_reading *r, struct dmv_ext x)
{
	uint8_t page[DMV_ABI_PAGE];
	char why[200], field[48];
	struct dir_head d;

	for (uint32_t index = 0; index < DIR_PAGES_MAX; index++) {
		enum dmv_code c;

		if (!load_dir(r, &x, index, page, &d, why, sizeof(why))) {
			if (!index)
				return dmv_region_bad(r, "directory 0%s", why);
			DMV_NOTE(r, DMV_TOPIC_ALL, r->seg[x.seg].addr + x.offset, "directory %u%s",
				 index, why);
			break;
		}
		if (!keep_dir(r, &x))
			return dmv_fail(r->e, DMV_E_MEMORY, "no memory for the directory");
		c = take_entries(r, page, index, &d);
		if (c)
			return c;
		snprintf(field, sizeof(field), "directory %u next_offset", index);
		if (d.next_segment == DMV_ABI_NONE ||
		    !place_dir(r, d.next_segment, d.next_offset, index + 1, field, &x))
			break;
	}
	return DMV_E_OK;
}

enum dmv_code dmv_directory_read(struct dmv_reading *r)
{
	enum dmv_code c = segment_zero(r);
	const uint64_t offset = H64(dir_offset);

	if (c)
		return c;
	if (offset < DMV_ABI_PAGE || offset % 8 || offset > r->seg[0].bytes - DMV_ABI_PAGE)
		return dmv_region_bad(r, "header dir_offset 0x%" PRIx64
				      " lies outside segment 0 of 0x%" PRIx64
				      " bytes, in the header, or not at a multiple of 8", offset,
				      r->seg[0].bytes);
	return read_chain(r, (struct dmv_ext){ .stride = DMV_ABI_PAGE, .rows = 1,
					       .offset = offset });
}
