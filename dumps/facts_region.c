/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * One region: every number of its header and directory is checked here, and here only. What comes
 * out are segments and extents that lie where they may; facts_table.c reads rows from them. Nothing
 * is allocated by a count that the region claims: an entry that was read justifies its own book.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "facts_int.h"

#define ENTRY_BYTES 64u                 /* an entry of version 1.0 */
#define DIR_PAGES_MAX (UINT32_MAX >> 8) /* `order` keeps page and entry in 32 bits */

/* "region at 0x...: " and what is wrong, as an error. */
__attribute__((format(printf, 2, 3)))
static enum dmv_code bad(struct dmv_reading *r, const char *fmt, ...)
{
	char text[200];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return dmv_fail_at(r->e, DMV_E_CORRUPT, r->addr, "region at 0x%" PRIx64 ": %s", r->addr,
			   text);
}

/* ---- header ---- */

static uint32_t crc32(const uint8_t *p, size_t n)
{
	uint32_t crc = UINT32_MAX;

	while (n--) {
		crc ^= *p++;
		for (int i = 0; i < 8; i++)
			crc = crc >> 1 ^ (UINT32_C(0xEDB88320) & (0 - (crc & 1)));
	}
	return ~crc;
}

static const char *header_text(struct dmv_reading *r, size_t offset, size_t n)
{
	const char *s = (const char *)r->header + offset;

	return dmv_arena_text(r->f, s, strnlen(s, n));
}

#define H16(field) DMV_U16(r, r->header, dmv_abi_header, field)
#define H32(field) DMV_U32(r, r->header, dmv_abi_header, field)
#define H64(field) DMV_U64(r, r->header, dmv_abi_header, field)
#define HTEXT(field) header_text(r, offsetof(struct dmv_abi_header, field), \
				 sizeof(((struct dmv_abi_header *)0)->field))

static bool wraps(const struct dmv_reading *r, uint64_t addr, uint64_t bytes)
{
	return addr > r->top || bytes > r->top - addr;
}

static enum dmv_code check_header(struct dmv_reading *r)
{
	uint32_t bom, sum = crc32(r->header + 0x18, 0x200 - 0x18);

	memcpy(&bom, r->header + offsetof(struct dmv_abi_header, bom), sizeof(bom));
	r->swap = bom != DMV_ABI_BOM;
	if (H32(bom) != DMV_ABI_BOM)
		return bad(r, "header bom is no byte-order mark");
	if (H16(major) != DMV_ABI_MAJOR)
		return dmv_fail_at(r->e, DMV_E_VERSION, r->addr,
				   "region at 0x%" PRIx64 ": header major "
				   "is %u, this program knows %u",
				   r->addr, H16(major), DMV_ABI_MAJOR);
	if (H32(header_bytes) != DMV_ABI_PAGE)
		return bad(r, "header header_bytes is 0x%x, not 0x%x", H32(header_bytes),
			   DMV_ABI_PAGE);
	if (H32(checksum) != sum)
		return bad(r, "header checksum is 0x%08x, its bytes make 0x%08x", H32(checksum),
			   sum);
	r->page_bytes = H32(page_bytes);
	if (r->page_bytes < 512 || r->page_bytes > 1u << 20 ||
	    (r->page_bytes & (r->page_bytes - 1)))
		return bad(r, "header page_bytes 0x%x is no page size", r->page_bytes);
	if (H32(address_bits) != 32 && H32(address_bits) != 64)
		return bad(r, "header address_bits is %u, not 32 or 64", H32(address_bits));
	r->top = H32(address_bits) == 32 ? UINT64_C(1) << 32 : UINT64_MAX;
	if (H64(segment0_bytes) < 2 * DMV_ABI_PAGE)
		return bad(r,
			   "header segment0_bytes 0x%" PRIx64
			   " has no room for header and directory",
			   H64(segment0_bytes));
	if (H64(virt) != DMV_ABI_UNKNOWN && wraps(r, H64(virt), H64(segment0_bytes)))
		return bad(r, "header segment0_bytes 0x%" PRIx64 " from virt 0x%" PRIx64
			   " runs past the address space", H64(segment0_bytes), H64(virt));
	if (H64(segment0_bytes) > UINT64_MAX - r->addr ||
	    (H64(phys) != DMV_ABI_UNKNOWN && H64(segment0_bytes) > UINT64_MAX - H64(phys)))
		return bad(r, "header segment0_bytes 0x%" PRIx64 " from phys 0x%" PRIx64
			   " runs past the address space", H64(segment0_bytes), H64(phys));
	if (H32(guard_fill) > 0xFF)
		return bad(r, "header guard_fill 0x%x is no byte", H32(guard_fill));
	if (H32(build_id_n) > 32)
		return bad(r, "header build_id_n is %u, there is room for 32", H32(build_id_n));
	return DMV_E_OK;
}

static void fill_bugcheck(struct dmv_reading *r, struct dmv_region_fact *g)
{
	const uint8_t *b = r->header + offsetof(struct dmv_abi_header, bugcheck);
	struct dmv_evidence *ev = &g->bug_evidence;
	uint32_t state = DMV_U32(r, b, dmv_abi_bugcheck, state);

	g->bug_violation = DMV_NO_INDEX;
	ev->addr = DMV_NO_ADDR;
	ev->expected = UINT32_MAX;
	if (!state)
		return;
	if (state == 1)
		DMV_NOTE(r, DMV_TOPIC(DMV_K_VIOLATION), r->addr + 0x300, "%s",
			 "bugcheck state is 1: the machine died while the block "
			 "was written; its parameters may be partly old");
	else if (state != 2)
		DMV_NOTE(r, DMV_TOPIC(DMV_K_VIOLATION), r->addr + 0x300, "bugcheck state %u is unknown", state);
	g->bug_code = DMV_U32(r, b, dmv_abi_bugcheck, code);
	for (int i = 0; i < 4; i++)
		g->bug_p[i] = dmv_r64(r, b + offsetof(struct dmv_abi_bugcheck, p) + 8 * i);
	g->bug_cpu = DMV_U32(r, b, dmv_abi_bugcheck, cpu);
	g->bug_time = DMV_U64(r, b, dmv_abi_bugcheck, time);
	ev->addr = DMV_U64(r, b, dmv_abi_bugcheck, evidence_addr);
	ev->digest_shadow = DMV_U64(r, b, dmv_abi_bugcheck, digest_shadow);
	ev->digest_original = DMV_U64(r, b, dmv_abi_bugcheck, digest_original);
	ev->n = DMV_U32(r, b, dmv_abi_bugcheck, evidence_n);
	if (ev->n > sizeof(ev->bytes)) {
		DMV_NOTE(r, DMV_TOPIC(DMV_K_VIOLATION), r->addr + 0x33C,
			 "bugcheck evidence_n is %u, there is room for 32", ev->n);
		ev->n = sizeof(ev->bytes);
	}
	memcpy(ev->bytes, b + offsetof(struct dmv_abi_bugcheck, evidence), ev->n);
}

static void fill_changing(struct dmv_reading *r, struct dmv_region_fact *g)
{
	g->mode = H32(mode);
	g->flags = H32(flags);
	g->violations = H32(violations);
	g->shadow_short = H32(shadow_short);
	g->last_ticks = H64(last_ticks);
	for (int i = 0; i < 4; i++)
		g->rules_off[i] =
			dmv_r32(r, r->header + offsetof(struct dmv_abi_header, rules_off) + 4 * i);
	for (int k = 0; k < DMV_K_COUNT; k++)
		g->not_booked[k] = dmv_r32(r, r->header +
					   offsetof(struct dmv_abi_header, not_booked) + 4 * k);
	if (g->mode > DMV_ABI_MODE_STOP)
		DMV_NOTE(r, 0, r->addr + 0x200, "header mode %u is unknown", g->mode);
	if (g->flags & ~(DMV_ABI_F_OFF | DMV_ABI_F_STRICT))
		DMV_NOTE(r, 0, r->addr + 0x204, "header flags 0x%x: some are unknown",
			 g->flags);
}

static enum dmv_code fill_header(struct dmv_reading *r)
{
	struct dmv_region_fact *g = DMV_PUSH(r->f->region, r->f->nregion);
	uint32_t one = 1;

	if (!g)
		return dmv_fail(r->e, DMV_E_MEMORY, "no memory for the region");
	r->index = (uint32_t)r->f->nregion - 1;
	g->id = H64(region_id);
	g->virt = H64(virt);
	g->phys = H64(phys);
	g->space = r->space;
	g->how = r->how;
	g->authentic = r->how != DMV_BY_SCAN;
	g->major = H16(major);
	g->minor = H16(minor);
	g->page_bytes = r->page_bytes;
	g->address_bits = H32(address_bits);
	g->machine = H32(machine);
	g->big_endian = r->swap == (*(char *)&one == 1);
	g->writer = HTEXT(writer);
	g->version = HTEXT(version);
	g->release = HTEXT(release);
	dmv_hex(g->build_id, r->header + offsetof(struct dmv_abi_header, build_id), H32(build_id_n));
	dmv_hex(g->boot_id, r->header + offsetof(struct dmv_abi_header, boot_id), 16);
	g->pid = H64(pid);
	g->tick_hz = H64(tick_hz);
	g->start_ticks = H64(start_ticks);
	g->start_unix_ns = H64(start_unix_ns);
	g->ncpu = H32(ncpu);
	g->guard_fill = (uint8_t)H32(guard_fill);
	memcpy(g->tag, r->header + offsetof(struct dmv_abi_header, tag), 8);
	g->ended = r->ended;
	fill_changing(r, g);
	fill_bugcheck(r, g);
	if (r->ended)
		dmv_note_add(r->f, false, r->addr,
			     "region at 0x%" PRIx64 ": a verifier ended in order", r->addr);
	return DMV_E_OK;
}

/* ---- segments ---- */

/* Which of its addresses to read by: the space the header was found in, if that has it at all. */
static void choose_space(const struct dmv_reading *r, struct dmv_seg *s)
{
	uint64_t own = r->space == DMV_PHYS ? s->phys : s->virt;
	uint64_t other = r->space == DMV_PHYS ? s->virt : s->phys;
	enum dmv_space os = r->space == DMV_PHYS ? DMV_VIRT : DMV_PHYS;

	s->space = r->space;
	s->addr = own;
	if (other == DMV_ABI_UNKNOWN || !r->m->nrange[os])
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

static enum dmv_code take_segment(struct dmv_reading *r, const uint8_t *p, uint32_t order)
{
	uint32_t number = DMV_U32(r, p, dmv_abi_segment, number);
	struct dmv_seg s = { .number = number, .order = order,
			     .virt = DMV_U64(r, p, dmv_abi_segment, virt),
			     .phys = DMV_U64(r, p, dmv_abi_segment, phys),
			     .bytes = DMV_U64(r, p, dmv_abi_segment, bytes) };
	struct dmv_seg *new;

	if (number <= r->seg[r->nseg - 1].number) {
		DMV_NOTE(r, DMV_TOPIC_ALL, r->addr,
			 DMV_ENTRY_FMT ": segment number %u does not ascend: not used",
			 DMV_ENTRY_ARGS(order), number);
		return DMV_E_OK;
	}
	if (!s.bytes)
		DMV_NOTE(r, DMV_TOPIC_ALL, r->addr, DMV_ENTRY_FMT ": segment %u bytes is 0: not used",
		     DMV_ENTRY_ARGS(order), number);
	else if (s.virt == DMV_ABI_UNKNOWN && s.phys == DMV_ABI_UNKNOWN)
		DMV_NOTE(r, DMV_TOPIC_ALL, r->addr,
			 DMV_ENTRY_FMT ": segment %u has neither virt nor phys: not used",
			 DMV_ENTRY_ARGS(order), number);
	else if ((s.virt != DMV_ABI_UNKNOWN && wraps(r, s.virt, s.bytes)) ||
		 (s.phys != DMV_ABI_UNKNOWN && s.bytes > UINT64_MAX - s.phys))
		DMV_NOTE(r, DMV_TOPIC_ALL, r->addr,
			 DMV_ENTRY_FMT ": segment %u bytes 0x%" PRIx64 " from virt 0x%" PRIx64
				       ", phys 0x%" PRIx64 " runs past the address space: not used",
			 DMV_ENTRY_ARGS(order), number, s.bytes, s.virt, s.phys);
	else
		goto good;
	s.bad = true; /* keeps its number, so that extents are told apart */
	s.bytes = 0;
good:
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
		DMV_NOTE(r, DMV_TOPIC(x.kind), r->addr, DMV_ENTRY_FMT ": extent segment %u is not %s",
		     DMV_ENTRY_ARGS(order), segment, s ? "usable" : "described before it");
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

/* The first page must be good; a later one that is not ends the chain with a note. */
static enum dmv_code read_directory(struct dmv_reading *r)
{
	uint8_t page[DMV_ABI_PAGE];
	struct dir_head d;
	struct dmv_ext x;
	char field[48] = "header dir_offset";
	enum dmv_code c;

	if (H64(dir_offset) < DMV_ABI_PAGE || H64(dir_offset) % 8 ||
	    H64(dir_offset) > r->seg[0].bytes - DMV_ABI_PAGE)
		return bad(r, "header dir_offset 0x%" PRIx64 " lies outside segment 0 of 0x%" PRIx64
			   " bytes, in the header, or not at a multiple of 8", H64(dir_offset),
			   r->seg[0].bytes);
	place_dir(r, 0, H64(dir_offset), 0, field, &x);
	for (uint32_t index = 0; index < DIR_PAGES_MAX; index++) {
		const struct dmv_seg *s = &r->seg[x.seg];
		struct dmv_err e = { 0 };
		const char *why;

		if (dmv_mem_read(r->m, s->space, s->addr + x.offset, page, sizeof(page), &e)) {
			if (!index)
				return bad(r, "directory 0: %.150s", e.msg);
			DMV_NOTE(r, DMV_TOPIC_ALL, s->addr + x.offset, "directory %u: %.150s", index, e.msg);
			break;
		}
		why = check_dir(r, page, index, &d);
		if (why && !index)
			return bad(r, "directory 0 %s", why);
		if (why) {
			DMV_NOTE(r, DMV_TOPIC_ALL, s->addr + x.offset, "directory %u %s", index, why);
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

/* ---- overlaps ---- */

/* Something that takes up bytes; of two that clash the later one loses. */
struct span {
	uint64_t space, start, end;             /* `space`: spans of different ones never clash */
	uint32_t order, index;
	bool fixed;                             /* never the loser */
};

static int by_start(const void *a, const void *b)
{
	const struct span *x = a, *y = b;

	if (x->space != y->space)
		return x->space < y->space ? -1 : 1;
	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

typedef void loser_fn(struct dmv_reading *r, const struct span *loser, const struct span *winner);

static void refuse_overlaps(struct dmv_reading *r, struct span *s, size_t n, loser_fn *loser)
{
	size_t cur = 0;

	if (!n)
		return;
	qsort(s, n, sizeof(*s), by_start);
	for (size_t i = 1; i < n; i++) {
		bool clash = s[i].space == s[cur].space && s[i].start < s[cur].end;

		if (clash && !s[i].fixed && (s[cur].fixed || s[i].order >= s[cur].order)) {
			loser(r, &s[i], &s[cur]);
			continue;
		}
		if (clash && !s[cur].fixed)
			loser(r, &s[cur], &s[i]);
		if (!clash || s[i].end > s[cur].end || !s[cur].fixed)
			cur = i;
	}
}

static void segment_loses(struct dmv_reading *r, const struct span *l, const struct span *w)
{
	struct dmv_seg *s = &r->seg[l->index];

	if (!s->bad)
		DMV_NOTE(r, DMV_TOPIC_ALL, s->addr,
			 DMV_ENTRY_FMT ": segment %u overlaps segment %u %s: not used",
			 DMV_ENTRY_ARGS(s->order), s->number, r->seg[w->index].number,
			 l->space == DMV_PHYS ? "in phys" : "in virt");
	s->bad = true;
}

static void extent_loses(struct dmv_reading *r, const struct span *l, const struct span *w)
{
	struct dmv_ext *x = &r->ext[l->index];
	char what[48];

	if (w->fixed && w->index == UINT32_MAX)
		snprintf(what, sizeof(what), "the header");
	else if (w->fixed)
		snprintf(what, sizeof(what), "directory page %u", w->index);
	else
		snprintf(what, sizeof(what), "that of " DMV_ENTRY_FMT,
			 DMV_ENTRY_ARGS(r->ext[w->index].order));
	if (!x->bad)
		DMV_NOTE(r, DMV_TOPIC(x->kind), r->addr,
			 DMV_ENTRY_FMT ": extent offset 0x%" PRIx64 " overlaps %s: not read",
			 DMV_ENTRY_ARGS(x->order), x->offset, what);
	x->bad = true;
}

static void rows_lose(struct dmv_reading *r, const struct span *l, const struct span *w)
{
	struct dmv_ext *x = &r->ext[l->index];

	if (!x->bad)
		DMV_NOTE(r, DMV_TOPIC(x->kind), r->addr,
			 DMV_ENTRY_FMT ": extent row0 %u overlaps the rows of " DMV_ENTRY_FMT
				       ": not read",
			 DMV_ENTRY_ARGS(x->order), x->row0, DMV_ENTRY_ARGS(r->ext[w->index].order));
	x->bad = true;
}

static bool check_segments(struct dmv_reading *r)
{
	struct span *s = calloc(r->nseg, 2 * sizeof(*s));
	size_t n = 0;

	if (!s)
		return false;
	for (uint32_t i = 0; i < r->nseg; i++) {
		const struct dmv_seg *g = &r->seg[i];

		if (g->bad)
			continue;
		for (int k = 0; k < 2; k++) {
			uint64_t at = k == DMV_PHYS ? g->phys : g->virt;

			if (at != DMV_ABI_UNKNOWN)
				s[n++] = (struct span){(uint64_t)k, at, at + g->bytes,
						       g->order,    i,	i == 0};
		}
	}
	refuse_overlaps(r, s, n, segment_loses);
	free(s);
	return true;
}

static bool check_extents(struct dmv_reading *r)
{
	struct span *s = calloc(r->next + r->ndir + 1, sizeof(*s));
	size_t n = 0;

	if (!s)
		return false;
	s[n++] = (struct span){ 0, 0, DMV_ABI_PAGE, 0, UINT32_MAX, true };
	for (uint32_t i = 0; i < r->ndir; i++)
		s[n++] = (struct span){
			r->dir[i].seg, r->dir[i].offset, r->dir[i].offset + DMV_ABI_PAGE, 0, i,
			true};
	for (uint32_t i = 0; i < r->next; i++) {
		const struct dmv_ext *x = &r->ext[i];

		s[n++] = (struct span){
			x->seg,	  x->offset, x->offset + (uint64_t)x->rows * x->stride,
			x->order, i,	     false};
	}
	refuse_overlaps(r, s, n, extent_loses);
	n = 0;
	for (uint32_t i = 0; i < r->next; i++) {
		const struct dmv_ext *x = &r->ext[i];
		uint64_t ring = x->kind == DMV_ABI_K_EVENT ? x->cpu : 0;

		if (!x->bad)
			s[n++] = (struct span){ (uint64_t)x->kind << 32 | ring, x->row0,
						(uint64_t)x->row0 + x->rows, x->order, i, false };
	}
	refuse_overlaps(r, s, n, rows_lose);
	free(s);
	return true;
}

/* ---- open and close ---- */

static enum dmv_code open_checked(struct dmv_reading *r)
{
	enum dmv_code c = check_header(r);

	if (!c)
		c = segment_zero(r);
	if (!c)
		c = read_directory(r);
	if (c)
		return c;
	if (!check_segments(r) || !check_extents(r))
		return dmv_fail(r->e, DMV_E_MEMORY, "no memory for the directory");
	return fill_header(r);
}

enum dmv_code dmv_reading_open(struct dmv_reading *r, const struct dmv_hit *h)
{
	enum dmv_code c;

	r->space = h->space;
	r->addr = h->addr;
	r->how = h->how;
	r->ended = h->ended;
	memcpy(r->header, h->header, sizeof(r->header));
	c = open_checked(r);
	if (c)
		dmv_reading_close(r);
	return c;
}

void dmv_reading_close(struct dmv_reading *r)
{
	for (int k = 0; k < DMV_ABI_K_COUNT; k++) {
		free(r->tab[k].win);
		free(r->tab[k].slot);
	}
	free(r->seg);
	free(r->ext);
	free(r->dir);
	r->seg = NULL;
	r->ext = r->dir = NULL;
	memset(r->tab, 0, sizeof(r->tab));
}
