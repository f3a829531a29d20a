/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Shared by the files that open one region: facts_region.c, facts_header.c, facts_dir.c (segments,
 * extents), facts_overlap.c. Nothing is allocated by a count that the region claims: an entry that
 * was read justifies its own book.
 */
#ifndef DMV_FACTS_REGION_INT_H
#define DMV_FACTS_REGION_INT_H

#include "facts_int.h"

#define H16(field) DMV_U16(r, r->header, dmv_abi_header, field)
#define H32(field) DMV_U32(r, r->header, dmv_abi_header, field)
#define H64(field) DMV_U64(r, r->header, dmv_abi_header, field)

/* facts_region.c: "region at 0x...: " and what is wrong, as an error. */
enum dmv_code dmv_region_bad(struct dmv_reading *r, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Does it run past the writer's address space? */
static inline bool dmv_wraps(const struct dmv_reading *r, uint64_t addr, uint64_t bytes)
{
	return addr > r->top || bytes > r->top - addr;
}

/* facts_header.c */
enum dmv_code dmv_header_check(struct dmv_reading *r);
enum dmv_code dmv_header_fill(struct dmv_reading *r);   /* the region's fact */

/* facts_dir.c: segments and extents that lie where they may. */
enum dmv_code dmv_directory_read(struct dmv_reading *r);

/* facts_overlap.c: of what takes up the same bytes, or rows, the later is marked bad. */
enum dmv_code dmv_overlaps_refuse(struct dmv_reading *r);

#endif
