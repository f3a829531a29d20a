/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Whole pages of the memory behind the image. They are known by their address in the direct
 * mapping, so that virtual and physical addresses are never mistaken for each other unnoticed.
 */
#ifndef GUEST_PAGES_H
#define GUEST_PAGES_H

#include <stddef.h>
#include <stdint.h>

#include "cpu.h"

#define GUEST_PAGE 4096u
#define GUEST_PAGES_MAX 65536u
#define GUEST_PAGES_LIMIT (GUEST_RAM + GUEST_PAGES_MAX * GUEST_PAGE)    /* nothing from here on */

struct guest_pages {
	uint64_t base;                  /* first page that is handed out, physical */
	size_t count;
	uint8_t used[GUEST_PAGES_MAX];          /* a byte a page */
};

/* Of anything mapped: pages from below, the image, the stack. */
static inline uint64_t guest_phys(const void *va)
{
	uint64_t at = (uintptr_t)va;

	return at >= GUEST_DIRECT ? at - GUEST_DIRECT : at;
}

/* Physical memory [from, to), cut to whole pages below the limit. */
void guest_pages_init(struct guest_pages *p, uint64_t from, uint64_t to);

/* n zeroed pages in one piece that physically end at or below `limit`, or NULL. */
void *guest_pages_take(struct guest_pages *p, size_t n, uint64_t limit);
void guest_pages_give(struct guest_pages *p, void *va, size_t n);

#endif
