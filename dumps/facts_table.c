/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Tables of a region: the extents that facts_dir.c found good are cut into windows, runs of rows
 * that the target holds, and read in large pieces. Books are kept for rows that are there only.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "facts_int.h"

#define CHUNK (1u << 20)                /* bytes read at a time */
#define PAGE 4096u                      /* step in which unreadable bytes are looked for */
_Static_assert(DMV_STRIDE_MAX <= CHUNK, "a chunk holds a row");
#define GIVE_UP 4096                    /* unreadable pages in a row, then the rest is not tried */
#define LIVE_TRIES 8

/* ---- windows ---- */

static int by_row(const void *a, const void *b)
{
	const struct dmv_ext *x = a, *y = b;

	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	if (x->kind == DMV_ABI_K_EVENT && x->cpu != y->cpu)
		return x->cpu < y->cpu ? -1 : 1;
	return x->row0 < y->row0 ? -1 : x->row0 > y->row0;
}

/* Rows of the extent that lie whole in one range. */
static enum dmv_code add_window(struct dmv_reading *r, const struct dmv_ext *x, uint64_t lo,
				uint64_t hi, uint64_t *have)
{
	const struct dmv_seg *s = &r->seg[x->seg];
	uint64_t base = s->addr + x->offset;
	uint64_t first = (lo - base + x->stride - 1) / x->stride, last = (hi - base) / x->stride;
	struct dmv_table *t = &r->tab[x->kind];
	struct dmv_win *w;

	if (first >= last)
		return DMV_E_OK;
	w = DMV_PUSH(t->win, t->nwin);
	if (!w)
		return dmv_fail(r->e, DMV_E_MEMORY, "no memory for tables");
	w->row0 = x->row0 + (uint32_t)first;
	w->rows = (uint32_t)(last - first);
	w->stride = x->stride;
	w->cpu = x->cpu;
	w->space = s->space;
	w->addr = base + first * x->stride;
	w->record =
		(s->virt != DMV_ABI_UNKNOWN ? s->virt : s->phys) + x->offset + first * x->stride;
	w->slot = t->slots;
	t->slots += w->rows;
	*have += w->rows;
	return DMV_E_OK;
}

static enum dmv_code cut_extent(struct dmv_reading *r, const struct dmv_ext *x)
{
	const struct dmv_seg *s = &r->seg[x->seg];
	uint64_t base = s->addr + x->offset, bytes = (uint64_t)x->rows * x->stride,
		 end = base + bytes;
	uint64_t have = 0, missing = base;

	r->tab[x->kind].rows += x->rows;
	for (size_t i = dmv_range_after(r->m, s->space, base); i < r->m->nrange[s->space]; i++) {
		const struct dmv_range *g = &r->m->range[s->space][i];
		enum dmv_code c;

		if (g->start >= end)
			break;
		c = add_window(r, x, g->start > base ? g->start : base, g->end < end ? g->end : end,
			       &have);
		if (c)
			return c;
	}
	if (have == x->rows)
		return DMV_E_OK;
	dmv_held(r->m, s->space, base, bytes, &missing);
	DMV_NOTE(r, DMV_TOPIC(x->kind), missing,
		 DMV_ENTRY_FMT ": %" PRIu64 " of %u rows of table %u are not in the target, "
			       "first at 0x%" PRIx64,
		 DMV_ENTRY_ARGS(x->order), x->rows - have, x->rows, x->kind, missing);
	return DMV_E_OK;
}

static void count_region(struct dmv_reading *r)
{
	struct dmv_region_fact *g = &r->f->region[r->index];

	for (size_t i = 0; i < r->nseg; i++) {
		if (r->seg[i].bad)
			continue;
		g->segments++;
		g->bytes += r->seg[i].bytes;
	}
	for (size_t i = 0; i < r->next; i++)
		g->extents += !r->ext[i].bad;
	for (int k = 0; k < DMV_ABI_K_COUNT; k++)
		g->rows[k] = r->tab[k].rows > UINT32_MAX ? UINT32_MAX : (uint32_t)r->tab[k].rows;
}

enum dmv_code dmv_reading_windows(struct dmv_reading *r)
{
	if (r->next)
		qsort(r->ext, r->next, sizeof(*r->ext), by_row);
	for (size_t i = 0; i < r->next; i++) {
		enum dmv_code c = DMV_E_OK;

		r->ext[i].bad |= r->seg[r->ext[i].seg].bad;
		if (!r->ext[i].bad)
			c = cut_extent(r, &r->ext[i]);
		if (c)
			return c;
	}
	for (int k = 0; k < DMV_ABI_K_COUNT; k++) {
		struct dmv_table *t = &r->tab[k];

		/* Zero pages cost nothing until a row is read into them. */
		t->slot = t->slots ? calloc(t->slots, sizeof(*t->slot)) : NULL;
		if (t->slots && !t->slot)
			return dmv_fail(r->e, DMV_E_MEMORY, "no memory for %zu rows", t->slots);
	}
	count_region(r);
	return DMV_E_OK;
}

struct dmv_slot *dmv_slot(const struct dmv_reading *r, uint32_t kind, uint32_t row)
{
	const struct dmv_table *t = &r->tab[kind];
	size_t lo = 0, hi = t->nwin;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (t->win[mid].row0 <= row)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (!lo || row - t->win[lo - 1].row0 >= t->win[lo - 1].rows)
		return NULL;
	return &t->slot[t->win[lo - 1].slot + (row - t->win[lo - 1].row0)];
}

/* ---- reading rows ---- */

struct walk {
	struct dmv_reading *r;
	const struct dmv_win *w;
	struct dmv_slot *slot;          /* of the window's first row */
	uint8_t *buf, *again;           /* `again`: live targets, the second reading */
	const uint8_t *absent;
	size_t bytes;                   /* of a row as we know it */
	dmv_row_fn *fn;
	uint64_t lost, lost_at;         /* rows that could not be read, address of the first */
	unsigned int lost_pages;        /* in a row, up to here */
};

/* A row of a live target, until two readings agree and nobody writes it. */
static bool settle(struct walk *k, uint64_t addr, uint8_t *row, uint8_t *again)
{
	struct dmv_mem *m = k->r->m;
	size_t n = k->w->stride;

	for (int i = 0; i < LIVE_TRIES; i++) {
		if (dmv_r32(k->r, row) != DMV_ABI_WRITING && !memcmp(row, again, n))
			return true;
		if (dmv_mem_read(m, k->w->space, addr, row, n, NULL) ||
		    dmv_mem_read(m, k->w->space, addr, again, n, NULL))
			return false;
	}
	return false;
}

static enum dmv_code give_row(struct walk *k, uint32_t i, uint8_t *p, uint8_t *again)
{
	const struct dmv_win *w = k->w;
	uint64_t at_byte = (uint64_t)i * w->stride;
	uint8_t full[DMV_ROW_MAX];
	struct dmv_at at = { .row = w->row0 + i, .cpu = w->cpu, .stride = w->stride,
			     .space = w->space, .addr = w->addr + at_byte,
			     .record = w->record + at_byte, .slot = k->slot + i };

	if (again)
		at.torn = !settle(k, w->addr + at_byte, p, again);
	if (w->stride >= k->bytes)
		return k->fn(k->r, p, &at);
	memcpy(full, k->absent, k->bytes);
	memcpy(full, p, w->stride);
	return k->fn(k->r, full, &at);
}

static enum dmv_code give_rows(struct walk *k, uint32_t first, uint32_t n)
{
	size_t stride = k->w->stride;

	for (uint32_t i = 0; i < n; i++) {
		enum dmv_code c = give_row(k, first + i, k->buf + i * stride,
					   k->again ? k->again + i * stride : NULL);

		if (c)
			return c;
	}
	return DMV_E_OK;
}

static void lose_rows(struct walk *k, uint64_t n, uint64_t addr)
{
	if (!k->lost)
		k->lost_at = addr;
	k->lost += n;
}

/* Reads what can be read of [addr, addr + n), page by page; bit i of `ok` stands for page i. */
static void read_pages(struct walk *k, uint64_t addr, size_t n, uint8_t *ok)
{
	uint64_t first = addr / PAGE;

	memset(ok, 0, CHUNK / PAGE + 2);
	for (uint64_t at = addr, end = addr + n; at < end;) {
		uint64_t next = (at / PAGE + 1) * PAGE;
		size_t part = (size_t)((next < end ? next : end) - at);

		if (!dmv_mem_read(k->r->m, k->w->space, at, k->buf + (at - addr), part, NULL)) {
			ok[at / PAGE - first] = 1;
			k->lost_pages = 0;
		} else {
			k->lost_pages++;
		}
		at += part;
	}
}

/* Some bytes of these rows are not there: gives the rows that are whole. */
static enum dmv_code give_some(struct walk *k, uint32_t first, uint32_t n)
{
	uint64_t base = k->w->addr + (uint64_t)first * k->w->stride;
	uint8_t ok[CHUNK / PAGE + 2];
	size_t stride = k->w->stride;

	read_pages(k, base, n * stride, ok);
	for (uint32_t i = 0; i < n; i++) {
		uint64_t at = base + i * stride;
		size_t page = (size_t)(at / PAGE - base / PAGE);
		size_t last = (size_t)((at + stride - 1) / PAGE - base / PAGE);
		enum dmv_code c;

		while (page < last && ok[page])
			page++;
		if (!ok[page]) {
			lose_rows(k, 1, at);
			continue;
		}
		if (k->again)
			memset(k->again + i * stride, 0, stride);
		c = give_row(k, first + i, k->buf + i * stride,
			     k->again ? k->again + i * stride : NULL);
		if (c)
			return c;
	}
	return DMV_E_OK;
}

static enum dmv_code walk_window(struct walk *k)
{
	const struct dmv_win *w = k->w;
	struct dmv_mem *m = k->r->m;
	uint32_t step = CHUNK / w->stride, n;

	for (uint32_t i = 0; i < w->rows; i += n) {
		uint64_t addr = w->addr + (uint64_t)i * w->stride;
		size_t bytes;
		enum dmv_code c;

		n = w->rows - i < step ? w->rows - i : step;
		bytes = (size_t)n * w->stride;
		if (k->r->stop && *k->r->stop)
			return dmv_fail(k->r->e, DMV_E_STOPPED, "stopped while reading the region");
		if (k->lost_pages > GIVE_UP) {
			lose_rows(k, w->rows - i, addr);
			break;
		}
		if (dmv_mem_read(m, w->space, addr, k->buf, bytes, NULL) ||
		    (k->again && dmv_mem_read(m, w->space, addr, k->again, bytes, NULL))) {
			c = give_some(k, i, n);
		} else {
			k->lost_pages = 0;
			c = give_rows(k, i, n);
		}
		if (c)
			return c;
	}
	return DMV_E_OK;
}

static enum dmv_code walk_table(struct walk *k, const struct dmv_table *t)
{
	for (size_t i = 0; i < t->nwin; i++) {
		enum dmv_code c;

		k->w = &t->win[i];
		k->slot = t->slot + t->win[i].slot;
		c = walk_window(k);
		if (c)
			return c;
	}
	return DMV_E_OK;
}

enum dmv_code dmv_rows_each(struct dmv_reading *r, uint32_t kind, const uint8_t *absent,
			    size_t bytes, dmv_row_fn *fn)
{
	const struct dmv_table *t = &r->tab[kind];
	struct walk k = { .r = r, .absent = absent, .bytes = bytes, .fn = fn };
	enum dmv_code c = DMV_E_MEMORY;

	if (!t->nwin)
		return DMV_E_OK;
	k.buf = malloc(CHUNK);
	k.again = r->m->live ? malloc(CHUNK) : NULL;
	if (k.buf && (k.again || !r->m->live))
		c = walk_table(&k, t);
	else
		dmv_fail(r->e, c, "no memory to read table %u", kind);
	free(k.buf);
	free(k.again);
	if (!c && k.lost)
		DMV_NOTE(r, DMV_TOPIC(kind), k.lost_at,
			 "%" PRIu64 " rows of table %u cannot be read, first at 0x%" PRIx64, k.lost,
			 kind, k.lost_at);
	return c;
}
