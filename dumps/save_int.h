/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Private to dumps/save*.c and mem.c: which pages of a source were read (save_record.c), and the
 * file they are written to (save_elf.c).
 */
#ifndef DMV_SAVE_INT_H
#define DMV_SAVE_INT_H

#include <stdio.h>

#include "mem_int.h"
#include "save.h"

#define DMV_SAVE_PAGE 4096u
/* Owner of the note by which a saved file is known; its description is lines of text. */
#define DMV_SAVE_NOTE "dma-inspect"

/* ---- save_record.c ---- */

/* Pages by space, in the order they were read until dmv_record_settle. */
struct dmv_record {
	struct dmv_range *range[2];     /* index enum dmv_space */
	size_t n[2], settle_at[2];
	bool short_of_memory;           /* pages are missing in it */
};

void dmv_record_add(struct dmv_record *r, enum dmv_space s, uint64_t addr, size_t n);
/* Sorts the ranges; those that touch become one. */
void dmv_record_settle(struct dmv_record *r);
void dmv_record_deinit(struct dmv_record *r);

/* ---- save_info.c ---- */

/* Lines for the note of a saved file; without what people typed if it is redacted. */
void dmv_save_info_put(FILE *f, const struct dmv_dump_info *i, bool redact);

/* ---- save_elf.c ---- */

/* Bytes that are written as zeros. */
struct dmv_blank {
	enum dmv_space space;
	uint64_t addr, n;
};

/* Writes what the ranges of r, settled, hold to a new file. Blanks are sorted by space and
 * address. */
enum dmv_code dmv_save_elf(struct dmv_mem *m, const struct dmv_record *r,
			   const struct dmv_blank *blank, size_t nblank, const char *path,
			   const struct dmv_save_opts *o, struct dmv_saved *ret, struct dmv_err *e);

#endif
