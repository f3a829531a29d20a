/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
#include "pages.h"

void *memset(void *to, int byte, size_t n);

void guest_pages_init(struct guest_pages *p, uint64_t from, uint64_t to)
{
	p->base = (from + GUEST_PAGE - 1) & ~(uint64_t)(GUEST_PAGE - 1);
	if (to > GUEST_PAGES_LIMIT)
		to = GUEST_PAGES_LIMIT;
	p->count = to > p->base ? (to - p->base) / GUEST_PAGE : 0;
	memset(p->used, 0, sizeof(p->used));
}

void *guest_pages_take(struct guest_pages *p, size_t n, uint64_t limit)
{
	size_t run = 0;

	for (size_t i = 0; n && i < p->count; i++) {
		if (p->base + (i + 1) * GUEST_PAGE > limit)
			break;
		run = p->used[i] ? 0 : run + 1;
		if (run < n)
			continue;

		size_t first = i + 1 - n;
		void *va = (void *)(uintptr_t)(GUEST_DIRECT + p->base + first * GUEST_PAGE);

		memset(p->used + first, 1, n);
		return memset(va, 0, n * GUEST_PAGE);
	}
	return NULL;
}

void guest_pages_give(struct guest_pages *p, void *va, size_t n)
{
	uint64_t at = guest_phys(va);

	if (at < p->base || at % GUEST_PAGE)
		return;

	size_t first = (at - p->base) / GUEST_PAGE;

	if (first < p->count && n <= p->count - first)
		memset(p->used + first, 0, n);
}
