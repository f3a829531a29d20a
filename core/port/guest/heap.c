/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
#include "heap.h"

#define SMALLEST 16u

void guest_heap_init(struct guest_heap *h, struct guest_pages *p)
{
	h->pages = p;
	for (size_t i = 0; i < GUEST_HEAP_CLASSES; i++)
		h->free[i] = NULL;
}

static size_t class_of(size_t bytes)
{
	size_t c = 0;

	while (c < GUEST_HEAP_CLASSES && bytes > (size_t)SMALLEST << c)
		c++;
	return c;
}

static size_t pages_of(size_t bytes)
{
	return bytes / GUEST_PAGE + (bytes % GUEST_PAGE != 0);
}

static void push(struct guest_heap *h, size_t c, void *va)
{
	*(void **)va = h->free[c];
	h->free[c] = va;
}

void *guest_heap_take(struct guest_heap *h, size_t bytes)
{
	size_t c = class_of(bytes), size = (size_t)SMALLEST << c;

	if (c == GUEST_HEAP_CLASSES)
		return guest_pages_take(h->pages, pages_of(bytes), GUEST_PAGES_LIMIT);
	if (!h->free[c]) {
		char *page = guest_pages_take(h->pages, 1, GUEST_PAGES_LIMIT);

		if (!page)
			return NULL;
		for (size_t at = 0; at < GUEST_PAGE; at += size)
			push(h, c, page + at);
	}
	void *va = h->free[c];

	h->free[c] = *(void **)va;
	return va;
}

void guest_heap_give(struct guest_heap *h, void *va, size_t bytes)
{
	size_t c = class_of(bytes);

	if (!va)
		return;
	if (c == GUEST_HEAP_CLASSES)
		guest_pages_give(h->pages, va, pages_of(bytes));
	else
		push(h, c, va);
}
