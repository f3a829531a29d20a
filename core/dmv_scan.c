/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * The periodic scan: guards and fill, page by page, so that an overrun is found although nobody
 * flushes or frees what it hit. Each step holds the lock for a page, or for the search of the next
 * live object among a few rows; what came, went or was remapped between two steps does not matter,
 * since a step believes the books of its own moment only.
 */
#include "dmv_int.h"

#define ROWS_A_STEP 64u                 /* searched under one hold of the lock, as one page */

/* ---- where it is ---- */

static void next_row(struct dmv_scan *s)
{
	s->row++;
	s->page = 0;
}

/* The next live buffer or file, from where the scan is on; false: not among the next rows. */
static bool find_buffer(const struct dmv *v, struct dmv_scan *s, uint32_t end)
{
	for (; s->row < end; next_row(s)) {
		const struct dmv_buffer *b = &v->buffer[s->row];

		if (b->live && b->adapter->judged)
			return true;
	}
	return false;
}

static bool find_file(const struct dmv *v, struct dmv_scan *s, uint32_t end)
{
	for (; s->row < end; next_row(s)) {
		const struct dmv_file *f = &v->file[s->row];

		if (!f->live || !f->adapter->judged)
			continue;
		if (s->page && s->gen != f->gen)
			s->page = 0;            /* another one by now */
		if (s->page < 3 * f->hooked)
			return true;
	}
	return false;
}

/* ---- one step ---- */

/* Returns how many pages were looked at. */
static uint32_t step_buffer(struct dmv_call *c, struct dmv_scan *s)
{
	const struct dmv *v = c->v;
	struct dmv_buffer *b = &v->buffer[s->row];
	const uint64_t padding = b->block_bytes - b->bytes;

	dmv_check_buffer(c, b);
	next_row(s);
	return (uint32_t)((padding + v->page - 1) >> v->page_shift) + 1;
}

static uint32_t step_file(struct dmv_call *c, struct dmv_scan *s)
{
	struct dmv_file *f = &c->v->file[s->row];

	dmv_check_page(c, f, s->page);
	s->gen = f->gen;
	s->page++;
	return 1;
}

/* Goes on to the other table behind the last row of one. true: it has come round. */
static bool turn(struct dmv *v, struct dmv_scan *s)
{
	const bool files = s->kind == DMV_ABI_K_FILE;

	if (s->row < v->cfg.rows[s->kind])
		return false;
	*s = (struct dmv_scan){ .kind = files ? DMV_ABI_K_BUFFER : DMV_ABI_K_FILE };
	return files;
}

static __attribute__((noinline)) uint32_t step(struct dmv_call *c, bool *round)
{
	struct dmv *v = c->v;
	struct dmv_scan *s = &v->scan;
	uint32_t end, pages;

	if (s->kind == DMV_ABI_K_NONE)
		s->kind = DMV_ABI_K_BUFFER;
	end = v->cfg.rows[s->kind];
	if (end - s->row > ROWS_A_STEP)
		end = s->row + ROWS_A_STEP;
	if (s->kind == DMV_ABI_K_BUFFER)
		pages = find_buffer(v, s, end) ? step_buffer(c, s) : 0;
	else
		pages = find_file(v, s, end) ? step_file(c, s) : 0;
	*round = turn(v, s);
	st64(&v->header->scan_pages, v->header->scan_pages + pages);
	if (*round)
		st32(&v->header->scan_rounds, v->header->scan_rounds + 1);
	return pages ? pages : 1;
}

/* The reports of a step fill most of a frame. */
static __attribute__((noinline)) uint32_t scan(struct dmv *v, uint64_t caller, bool *round)
{
	struct dmv_call c;
	uint32_t pages;

	dmv_enter(&c, v, caller, DMV_ABI_OP_CHECK, NULL);
	pages = step(&c, round);
	dmv_leave(&c);
	return pages;
}

uint32_t dmv_scan(struct dmv *v, uint32_t pages, uint64_t caller)
{
	bool round = false;

	for (uint32_t done = 0; done < pages && !round;)
		done += scan(v, caller, &round);
	return round;
}
