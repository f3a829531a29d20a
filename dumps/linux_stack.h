/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * The stacks of dma-debug's entries: collected as they are read, and named once each, since a few
 * calls make all mappings. For linux_debug.c.
 */
#ifndef DMV_LINUX_STACK_H
#define DMV_LINUX_STACK_H

#include "linux.h"

struct dmv_linux_stacks {
	struct dmv_linux *l;
	uint64_t *row;                  /* a depth and frames for each entry; private */
	size_t rows, capacity;
	size_t word;                    /* bytes of a frame in the target */
	uint64_t from;                  /* offset of the frames */
	bool deep;                      /* an entry's depth was noted */
};

/* The rows belong to the mappings that are added to the facts from now on, one each. */
void dmv_linux_stacks_init(struct dmv_linux_stacks *s, struct dmv_linux *l);
void dmv_linux_stacks_deinit(struct dmv_linux_stacks *s);
/* Of an entry whose first n bytes were read. False: no memory. */
bool dmv_linux_stack_add(struct dmv_linux_stacks *s, const uint8_t *entry, size_t n);
/* Makes call sites of them, and their mappings' owners. False: no memory. */
bool dmv_linux_stacks_name(struct dmv_linux_stacks *s);

#endif
