/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Which pages of a source were read. */
#include <stdlib.h>

#include "save_int.h"

enum { SETTLE_LEAST = 4096 };           /* ranges; reads mostly go on where the one before ended */

static uint64_t page_of(uint64_t addr)
{
	return addr & ~(uint64_t)(DMV_SAVE_PAGE - 1);
}

static int by_start(const void *a, const void *b)
{
	const struct dmv_range *x = a, *y = b;

	return (x->start > y->start) - (x->start < y->start);
}

static void settle(struct dmv_record *r, enum dmv_space s)
{
	struct dmv_range *v = r->range[s];
	size_t k = 0;

	if (r->n[s])
		qsort(v, r->n[s], sizeof(*v), by_start);
	for (size_t i = 0; i < r->n[s]; i++) {
		if (k && v[i].start <= v[k - 1].end) {
			if (v[i].end > v[k - 1].end)
				v[k - 1].end = v[i].end;
		} else {
			v[k++] = v[i];
		}
	}
	r->n[s] = k;
	r->settle_at[s] = k < SETTLE_LEAST / 2 ? SETTLE_LEAST : 2 * k;
}

void dmv_record_settle(struct dmv_record *r)
{
	settle(r, DMV_VIRT);
	settle(r, DMV_PHYS);
}

/* The last page of the address space is left out: its end is no address. */
void dmv_record_add(struct dmv_record *r, enum dmv_space s, uint64_t addr, size_t n)
{
	const struct dmv_range page = { page_of(addr),
					page_of(addr + (n - 1)) + DMV_SAVE_PAGE };
	struct dmv_range *last = r->n[s] ? &r->range[s][r->n[s] - 1] : NULL;

	if (n == 0 || page.end <= page.start)
		return;
	if (last && page.start >= last->start && page.start <= last->end) {
		if (page.end > last->end)
			last->end = page.end;
		return;
	}
	if (r->n[s] >= r->settle_at[s])
		settle(r, s);
	if (!dmv_grow(&r->range[s], r->n[s], sizeof(*r->range[s]))) {
		r->short_of_memory = true;
		return;
	}
	r->range[s][r->n[s]++] = page;
}

void dmv_record_deinit(struct dmv_record *r)
{
	free(r->range[DMV_VIRT]);
	free(r->range[DMV_PHYS]);
}
