/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* One region, opened and closed: what comes out are segments and extents that lie where
 * they may. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "facts_region_int.h"

enum dmv_code dmv_region_bad(struct dmv_reading *r, const char *fmt, ...)
{
	char text[200];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return dmv_fail_at(r->e, DMV_E_CORRUPT, r->addr, "region at 0x%" PRIx64 ": %s", r->addr,
			   text);
}

/*
 * Virtual addresses in a dump of a whole machine are its kernel's, or those of the process that
 * ran: the same numbers mean something else to this writer, unless its header stands there, too.
 */
static bool both_spaces(struct dmv_reading *r)
{
	enum dmv_space other = r->space == DMV_PHYS ? DMV_VIRT : DMV_PHYS;
	uint64_t at = other == DMV_PHYS ? H64(phys) : H64(virt);
	uint8_t again[0x200];           /* what does not change while the writer runs */

	return at != DMV_ABI_UNKNOWN && dmv_mem_has(r->m, other) &&
	       !dmv_mem_read(r->m, other, at, again, sizeof(again), NULL) &&
	       !memcmp(again, r->header, sizeof(again));
}

static enum dmv_code open_checked(struct dmv_reading *r)
{
	enum dmv_code c = dmv_header_check(r);

	if (c)
		return c;
	r->both = both_spaces(r);
	c = dmv_directory_read(r);
	if (!c)
		c = dmv_overlaps_refuse(r);
	return c ? c : dmv_header_fill(r);
}

enum dmv_code dmv_reading_open(struct dmv_reading *r, const struct dmv_hit *h)
{
	enum dmv_code c;

	r->space = h->space;
	r->addr = h->addr;
	r->how = h->how;
	r->ended = h->ended;
	r->freed = h->freed;
	memcpy(r->header, h->header, sizeof(r->header));
	c = open_checked(r);
	if (c)
		dmv_reading_close(r);
	return c;
}

void dmv_reading_close(struct dmv_reading *r)
{
	for (int k = 0; k < DMV_ABI_K_COUNT; k++) {
		free(r->tab[k].win);
		free(r->tab[k].slot);
	}
	free(r->seg);
	free(r->ext);
	free(r->dir);
	r->seg = NULL;
	r->ext = r->dir = NULL;
	memset(r->tab, 0, sizeof(r->tab));
}
