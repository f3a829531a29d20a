/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * What takes up the same bytes: segments, extents and directory pages of one region, rows of one
 * table, segments of two regions.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "facts_region_int.h"

/* Something that takes up bytes; of two that clash the later one loses. */
struct span {
	uint64_t space, start, end;             /* `space`: spans of different ones never clash */
	uint32_t order, index;                  /* of what it is */
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

/* ---- one region ---- */

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

static bool refuse_segments(struct dmv_reading *r)
{
	struct span *s = calloc(r->nseg, 2 * sizeof(*s));
	size_t n = 0;

	if (!s)
		return false;
	for (uint32_t i = 0; i < r->nseg; i++) {
		const struct dmv_seg *g = &r->seg[i];

		for (int k = DMV_VIRT; k <= DMV_PHYS && !g->bad; k++) {
			uint64_t at = k == DMV_PHYS ? g->phys : g->virt;

			if (at != DMV_ABI_UNKNOWN)
				s[n++] = (struct span){ (uint64_t)k, at, at + g->bytes, g->order, i,
							i == 0 };
		}
	}
	refuse_overlaps(r, s, n, segment_loses);
	free(s);
	return true;
}

/* Bytes of a segment each. */
static size_t add_places(const struct dmv_reading *r, struct span *s)
{
	size_t n = 0;

	s[n++] = (struct span){ 0, 0, DMV_ABI_PAGE, 0, UINT32_MAX, true };
	for (uint32_t i = 0; i < r->ndir; i++) {
		const struct dmv_ext *x = &r->dir[i];

		s[n++] = (struct span){ x->seg, x->offset, x->offset + DMV_ABI_PAGE, 0, i, true };
	}
	for (uint32_t i = 0; i < r->next; i++) {
		const struct dmv_ext *x = &r->ext[i];

		s[n++] = (struct span){ x->seg, x->offset,
					x->offset + (uint64_t)x->rows * x->stride, x->order, i,
					false };
	}
	return n;
}

/* Rows of a table each, of a CPU's ring. */
static size_t add_rows(const struct dmv_reading *r, struct span *s)
{
	size_t n = 0;

	for (uint32_t i = 0; i < r->next; i++) {
		const struct dmv_ext *x = &r->ext[i];
		uint64_t ring = x->kind == DMV_ABI_K_EVENT ? x->cpu : 0;

		if (!x->bad)
			s[n++] = (struct span){ (uint64_t)x->kind << 32 | ring, x->row0,
						(uint64_t)x->row0 + x->rows, x->order, i, false };
	}
	return n;
}

static bool refuse_extents(struct dmv_reading *r)
{
	struct span *s = calloc(r->next + r->ndir + 1, sizeof(*s));

	if (!s)
		return false;
	refuse_overlaps(r, s, add_places(r, s), extent_loses);
	refuse_overlaps(r, s, add_rows(r, s), rows_lose);
	free(s);
	return true;
}

enum dmv_code dmv_overlaps_refuse(struct dmv_reading *r)
{
	if (refuse_segments(r) && refuse_extents(r))
		return DMV_E_OK;
	return dmv_fail(r->e, DMV_E_MEMORY, "no memory for the directory");
}

/* ---- two regions ---- */

static size_t add_segments(const struct dmv_reading *r, uint32_t owner, struct span *s)
{
	size_t n = 0;

	for (size_t i = 0; i < r->nseg; i++) {
		const struct dmv_seg *g = &r->seg[i];

		if (!g->bad)
			s[n++] = (struct span){ g->space, g->addr, g->addr + g->bytes, 0, owner,
						false };
	}
	return n;
}

/* Segments of one region are known not to overlap, so in order of address it is enough to look at
 * neighbours. */
bool dmv_regions_share(const struct dmv_reading *a, const struct dmv_reading *b, bool *ret)
{
	struct span *s = calloc(a->nseg + b->nseg, sizeof(*s));
	size_t n;

	if (!s)
		return false;
	n = add_segments(a, 0, s);
	n += add_segments(b, 1, s + n);
	qsort(s, n, sizeof(*s), by_start);
	*ret = false;
	for (size_t i = 1; i < n; i++)
		if (s[i].index != s[i - 1].index && s[i].space == s[i - 1].space &&
		    s[i].start < s[i - 1].end)
			*ret = true;
	free(s);
	return true;
}

bool dmv_region_covers(const struct dmv_reading *a, const struct dmv_reading *b)
{
	for (size_t i = 0; i < a->nseg; i++) {
		const struct dmv_seg *g = &a->seg[i];

		if (!g->bad && g->space == b->space && b->addr - g->addr < g->bytes)
			return true;
	}
	return false;
}
