/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Small pieces of memory, on top of whole pages. */
#ifndef GUEST_HEAP_H
#define GUEST_HEAP_H

#include <stddef.h>

#include "pages.h"

#define GUEST_HEAP_CLASSES 8            /* 16, 32 ... 2048 bytes; anything larger is whole pages */

struct guest_heap {
	struct guest_pages *pages;
	void *free[GUEST_HEAP_CLASSES]; /* each free piece begins with the next */
};

void guest_heap_init(struct guest_heap *h, struct guest_pages *p);

/* 16-byte aligned, or NULL. A piece is given back with the size it was taken with. */
void *guest_heap_take(struct guest_heap *h, size_t bytes);
void guest_heap_give(struct guest_heap *h, void *va, size_t bytes);

#endif
