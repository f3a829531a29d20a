/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Bounce pools and what is mapped there, in words. */
#ifndef DMV_BOUNCE_H
#define DMV_BOUNCE_H

#include "cmd.h"

enum { DMV_SHARE_TEXT = 8 };

/* "12 %", cut; NULL: of nothing. Returns buf, of DMV_SHARE_TEXT characters. */
const char *dmv_share_text(uint64_t part, uint64_t all, char *buf);

/* Slots in use: by what is in them, and where some could not be read by the kernel's own counters,
 * if they are known. */
uint64_t dmv_bounce_used(const struct dmv_pool_fact *p);

/* "mapped", "common buffer", "in transition". */
const char *dmv_bounce_state(const struct dmv_facts *f, const struct dmv_slot_fact *s);

/* For `who`: each mapping in a pool that has the address, or phys (NO_ADDR: unknown), which is the
 * same by the kernel's page tables; as bounce buffer or as what is bounced; else the pool, if the
 * slot is free. Counts rows; false: stop. */
bool dmv_bounce_who(struct dmv_ses *s, uint64_t addr, uint64_t phys, uint64_t *hits);
/* For `stale`: each bounce buffer that differs from what is bounced, those of unknown direction
 * only with `all`. */
enum dmv_code dmv_bounce_stale(struct dmv_ses *s, bool all);
/* A pool, how full it is, and who holds its slots, for `analyze`; false: stop. */
bool dmv_bounce_held(struct dmv_ses *s, uint32_t pool);
/* A line a pool that has memory, for `summary`; false: stop. */
bool dmv_bounce_brief(struct dmv_ses *s);
bool dmv_bounce_pool_brief(struct dmv_ses *s, const struct dmv_pool_fact *x);   /* that line */

const char *dmv_said_word(enum dmv_said said);  /* NULL: nobody */

#endif
