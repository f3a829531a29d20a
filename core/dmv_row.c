/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Rows of the region: taking, publishing, retiring them; free queues and runs; strings. */
#include "dmv_int.h"

void dmv_store_bytes(void *to, const void *from, size_t n)
{
	volatile unsigned char *t = to;
	const unsigned char *f = from;

	for (size_t i = 0; i < n; i++)
		t[i] = f[i];
}

static const struct dmv_place *place_of(const struct dmv_tab *t, uint32_t row)
{
	uint32_t lo = 0, hi = t->places;

	while (hi - lo > 1) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (t->place[mid].row0 <= row)
			lo = mid;
		else
			hi = mid;
	}
	return &t->place[lo];
}

void *dmv_row_search(const struct dmv_tab *t, uint32_t row)
{
	const struct dmv_place *p = place_of(t, row);

	return p->base + (size_t)(row - p->row0) * t->stride;
}

uint32_t dmv_row_run(const struct dmv_tab *t, uint32_t row)
{
	const struct dmv_place *p = place_of(t, row);

	return p->row0 + p->rows - row;
}

uint32_t dmv_fifo_take(struct dmv_fifo *f)
{
	uint32_t i = f->head;

	if (i != DMV_ABI_NONE)
		f->head = f->next[i];
	return i;
}

void dmv_fifo_give(struct dmv_fifo *f, uint32_t i)
{
	f->next[i] = DMV_ABI_NONE;
	if (f->head == DMV_ABI_NONE)
		f->head = i;
	else
		f->next[f->tail] = i;
	f->tail = i;
}

/* ---- runs ---- */

static bool taken(const struct dmv_runs *r, uint32_t i)
{
	return r->word[i / 32] >> (i % 32) & 1;
}

static void mark(struct dmv_runs *r, uint32_t first, uint32_t n, bool take)
{
	for (uint32_t i = first; i < first + n; i++) {
		if (take)
			r->word[i / 32] |= 1u << (i % 32);
		else
			r->word[i / 32] &= ~(1u << (i % 32));
	}
	r->free = take ? r->free - n : r->free + n;
}

/* First run of n free units that starts in [from, to); *largest: longest run seen. */
static uint32_t search(const struct dmv_runs *r, uint32_t from, uint32_t to, uint32_t n,
		       uint32_t *largest)
{
	uint32_t run = 0;

	for (uint32_t i = from; i < r->units; i++) {
		if (run == 0 && i >= to)
			break;
		if (i % 32 == 0 && r->word[i / 32] == UINT32_MAX) {
			run = 0;
			i += 31;
			continue;
		}
		run = taken(r, i) ? 0 : run + 1;
		if (run > *largest)
			*largest = run;
		if (run == n)
			return i + 1 - n;
	}
	return DMV_ABI_NONE;
}

/* Next fit: what was freed last is taken last, so that it stays readable for long. */
uint32_t dmv_runs_find(const struct dmv_runs *r, uint32_t n, uint32_t *largest)
{
	uint32_t first, seen = 0;

	if (n == 0)
		return 0;
	first = search(r, r->hint, r->units, n, &seen);
	if (first == DMV_ABI_NONE) {
		seen = 0;
		first = search(r, 0, r->units, n, &seen);
	}
	if (largest)
		*largest = seen;
	return first;
}

uint32_t dmv_runs_take(struct dmv_runs *r, uint32_t n)
{
	const uint32_t first = dmv_runs_find(r, n, NULL);

	if (n == 0 || first == DMV_ABI_NONE)
		return first;
	mark(r, first, n, true);
	r->hint = first + n < r->units ? first + n : 0;
	return first;
}

void dmv_runs_give(struct dmv_runs *r, uint32_t first, uint32_t n)
{
	mark(r, first, n, false);
}

/* ---- rows ---- */

void *dmv_take(struct dmv *v, enum dmv_abi_kind kind, uint32_t *index)
{
	void *row;
	uint32_t i = dmv_fifo_take(&v->fifo[kind]);

	if (i == DMV_ABI_NONE) {
		st32(&v->header->not_booked[kind], v->header->not_booked[kind] + 1);
		return NULL;
	}
	row = dmv_row(&v->tab[kind], i);
	dmv_row_begin(row);
	*index = i;
	return row;
}

void dmv_retire(struct dmv *v, enum dmv_abi_kind kind, uint32_t index, void *row)
{
	dmv_row_history(v, kind, row);
	dmv_fifo_give(&v->fifo[kind], index);
}

static size_t length(const char *s)
{
	size_t n = 0;

	while (s[n])
		n++;
	return n;
}

/* Only at set-up (drivers, devices, images): a linear search is good enough. */
uint32_t dmv_string(struct dmv *v, const char *s)
{
	const size_t n = length(s);
	const size_t room = v->tab[DMV_ABI_K_STRING].stride - offsetof(struct dmv_abi_string, text);
	const uint32_t length = (uint32_t)(n < room ? n : room);
	struct dmv_abi_string *row;
	uint32_t index;

	for (uint32_t i = 0; i < v->strings_used; i++) {
		row = dmv_row(&v->tab[DMV_ABI_K_STRING], i);
		if (row->length == length && memcmp(row->text, s, length) == 0)
			return i;
	}
	row = dmv_take(v, DMV_ABI_K_STRING, &index);
	if (!row)
		return DMV_ABI_NONE;
	v->strings_used = index + 1;
	st32(&row->length, length);
	st32(&row->flags, n > room);
	dmv_store_bytes(row->text, s, length);
	dmv_live(v, DMV_ABI_K_STRING, row);
	return index;
}
