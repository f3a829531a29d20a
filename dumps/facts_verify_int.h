/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Shared by the files that compare bytes of the dump: facts_verify.c (which objects), facts_guard.c
 * (an area that must hold a pattern), facts_verify_buffer.c, facts_verify_file.c (where the areas
 * of an object are).
 */
#ifndef DMV_FACTS_VERIFY_INT_H
#define DMV_FACTS_VERIFY_INT_H

#include "facts_int.h"

#define DMV_PIECE (1u << 20)     /* a mapping is at most a page, a page at most this */

struct dmv_check {
	struct dmv_facts *f;
	struct dmv_mem *m;
	const struct dmv_region_fact *g;
	const bool *stop;
	/* Objects of a sound region do not share memory, so all of them together are no larger than
	 * the target. A region that says otherwise must not keep us for hours. */
	uint64_t budget;
	bool spent;
	uint64_t done, total;           /* objects: common buffers, hooked registers */
	uint64_t lost_guard_at, lost_shadow_at;
	uint8_t buf[DMV_PIECE], other[DMV_PIECE];
};

/* A byte in both of its spaces; either may be unknown. */
struct dmv_where {
	uint64_t virt, phys;
};

static inline struct dmv_where dmv_plus(struct dmv_where w, uint64_t offset)
{
	return (struct dmv_where){ w.virt == DMV_NO_ADDR ? DMV_NO_ADDR : w.virt + offset,
				   w.phys == DMV_NO_ADDR ? DMV_NO_ADDR : w.phys + offset };
}

static inline uint64_t dmv_where_name(struct dmv_where w)
{
	return w.virt != DMV_NO_ADDR ? w.virt : w.phys;
}

/* Bytes in which a guard differs from what was laid. */
struct dmv_damage {
	bool any, lost;
	struct dmv_where addr;          /* of the first bad byte */
	uint64_t lost_at;
	uint32_t bad, expected;
	uint32_t n;
	uint8_t bytes[32];
};

/* ---- facts_guard.c ---- */

/* In the space the region was found in, else in the other if that is the writer's, too. */
bool dmv_verify_read(struct dmv_check *c, struct dmv_where w, void *buf, size_t n);
/* Takes n bytes off the budget; false: it is spent. */
bool dmv_verify_spend(struct dmv_check *c, uint64_t n);

void dmv_verify_fill(struct dmv_check *c, struct dmv_damage *d, struct dmv_where w, uint64_t n);
void dmv_verify_tag(struct dmv_check *c, struct dmv_damage *d, struct dmv_where w);
/* Counts one guard, and books it if it is damaged. NULL: it is sound or unreadable. */
struct dmv_guard_fact *dmv_verify_guard(struct dmv_check *c, const struct dmv_damage *d,
					enum dmv_guard_what what);

#define DMV_NOTE_ROW(c, what, x, fmt, ...) \
	dmv_note_add((c)->f, DMV_TOPIC_VERIFY, DMV_NO_ADDR, what " row %u: " fmt, (x)->row, \
		     __VA_ARGS__)

/* Not to go on: the budget is spent, or the user has had enough. Tells how far it has come. */
bool dmv_verify_stopped(struct dmv_check *c);

/* ---- an object each ---- */

void dmv_verify_buffer(struct dmv_check *c, const struct dmv_buffer_fact *b);
/* `g`: the registers of this file that are not gone, by row, so by index. */
void dmv_verify_file(struct dmv_check *c, const struct dmv_file_fact *x, const uint32_t *g,
		     size_t n);

#endif
