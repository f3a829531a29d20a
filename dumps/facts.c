/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* The provider: all regions of a target, found, checked against each other, decoded. */
#include <inttypes.h>
#include <stdlib.h>

#include "facts_int.h"

struct job {
	struct dmv_mem *m;
	struct dmv_names *n;
	const struct dmv_facts_opts *o;
	struct dmv_facts *f;
	struct dmv_err *e;
	struct dmv_reading *r;
	size_t nr;
	struct dmv_err first;           /* why the first region that is refused is refused */
};

static enum dmv_code refuse(struct job *j, const struct dmv_err *e)
{
	if (e->code == DMV_E_MEMORY || e->code == DMV_E_STOPPED) {
		if (j->e)
			*j->e = *e;
		return e->code;
	}
	if (!j->first.code)
		j->first = *e;
	dmv_note_add(j->f, DMV_TOPIC_ALL, e->addr, "%s", e->msg);
	return DMV_E_OK;
}

/* The region that shares bytes with r; false: no memory to find out. */
static bool clash(const struct job *j, const struct dmv_reading *r, const struct dmv_reading **ret)
{
	bool shared;

	*ret = NULL;
	for (size_t i = 0; i < j->nr && !*ret; i++) {
		if (!dmv_regions_share(&j->r[i], r, &shared))
			return false;
		if (shared)
			*ret = &j->r[i];
	}
	return true;
}

enum falls { NOBODY, OLD, NEW };

/*
 * Two regions lie in the same bytes, the one at index i and the new one, at j->nr: which is false?
 * Memory that a process left holds its region until it is used again, and one that uses it wipes it
 * first: who claims memory in which another's header stands was not there last. Nor was who ended,
 * or started earlier. NOBODY: that cannot be told.
 */
static enum falls who_falls(const struct job *j, size_t i)
{
	const struct dmv_reading *a = &j->r[i], *b = &j->r[j->nr];
	const bool over = dmv_region_covers(a, b), under = dmv_region_covers(b, a);
	const uint64_t since = j->f->region[i].start_unix_ns;
	const uint64_t new_since = j->f->region[j->nr].start_unix_ns;

	if (a->how != DMV_BY_SCAN || b->how != DMV_BY_SCAN)
		return NOBODY;
	if (a->ended != b->ended)
		return a->ended ? OLD : NEW;
	if (a->freed != b->freed)
		return a->freed ? OLD : NEW;
	if (over != under)
		return over ? OLD : NEW;
	if (since == new_since)
		return NOBODY;
	return since < new_since ? OLD : NEW;
}

/* Closes the region at index i, the last one or one before it. */
static void take_out(struct job *j, size_t i)
{
	struct dmv_facts *f = j->f;

	dmv_reading_close(&j->r[i]);
	f->nregion--;
	for (size_t k = i; k < f->nregion; k++) {
		f->region[k] = f->region[k + 1];
		j->r[k] = j->r[k + 1];
		j->r[k].index = (uint32_t)k;
	}
}

/* The new region and the one at index i share bytes. *kept: the new one stays. */
static enum dmv_code settle(struct job *j, size_t i, bool *kept)
{
	const enum falls falls = who_falls(j, i);
	const size_t loser = falls == OLD ? i : j->nr, winner = falls == OLD ? j->nr : i;
	struct dmv_err e = { 0 };

	dmv_fail_at(&e, DMV_E_CORRUPT, j->r[loser].addr,
		    "region at 0x%" PRIx64 ": its segments overlap those of the region at "
		    "0x%" PRIx64, j->r[loser].addr, j->r[winner].addr);
	*kept = falls == OLD;
	take_out(j, loser);
	j->nr -= *kept;
	if (falls == NOBODY)
		return refuse(j, &e);
	dmv_note_add(j->f, 0, e.addr, "%s, which was there last; ignored", e.msg);
	return DMV_E_OK;
}

static enum dmv_code open_one(struct job *j, const struct dmv_hit *h)
{
	struct dmv_err e = { 0 };
	struct dmv_reading *r = &j->r[j->nr];
	const struct dmv_reading *other;
	bool kept = true;

	*r = (struct dmv_reading){.m = j->m, .names = j->n, .f = j->f, .stop = j->o->stop, .e = &e};
	if (dmv_reading_open(r, h))
		return refuse(j, &e);
	for (;;) {
		enum dmv_code c;

		if (!clash(j, &j->r[j->nr], &other)) {
			dmv_reading_close(&j->r[j->nr]);
			return dmv_fail(j->e, DMV_E_MEMORY, "no memory to compare regions");
		}
		if (!other)
			break;
		c = settle(j, (size_t)(other - j->r), &kept);
		if (c || !kept)
			return c;
	}
	j->nr++;
	return DMV_E_OK;
}

static enum dmv_code decode_all(struct job *j)
{
	for (size_t i = 0; i < j->nr; i++) {
		struct dmv_reading *r = &j->r[i];
		enum dmv_code c;

		r->e = j->e;
		c = dmv_reading_windows(r);
		if (!c)
			c = dmv_rows_decode(r);
		if (c)
			return c;
	}
	return DMV_E_OK;
}

static enum dmv_code read_regions(struct job *j, const struct dmv_hit *h, size_t n)
{
	enum dmv_code c;

	j->r = calloc(n, sizeof(*j->r));
	if (!j->r)
		return dmv_fail(j->e, DMV_E_MEMORY, "no memory for %zu regions", n);
	for (size_t i = 0; i < n; i++) {
		c = open_one(j, &h[i]);
		if (c)
			return c;
	}
	if (!j->nr) {
		if (j->e)
			*j->e = j->first;
		return j->first.code;
	}
	return decode_all(j);
}

enum dmv_code dmv_facts_region(struct dmv_mem *m, struct dmv_names *n,
			       const struct dmv_facts_opts *o, struct dmv_facts *ret,
			       struct dmv_err *e)
{
	static const struct dmv_facts_opts search = { .region = DMV_NO_ADDR };
	struct dmv_facts f = { .provider = "region" };
	struct job j = { .m = m, .n = n, .o = o ? o : &search, .f = &f, .e = e };
	struct dmv_hit *hit = NULL;
	size_t nhit = 0;
	enum dmv_code c;

	dmv_images_of_process(m, n, &f);
	c = dmv_find(m, n, j.o, &f, &hit, &nhit, e);
	if (!c)
		c = read_regions(&j, hit, nhit);
	for (size_t i = 0; i < j.nr; i++)
		dmv_reading_close(&j.r[i]);
	free(j.r);
	free(hit);
	if (c) {
		dmv_facts_free(&f);
		return c;
	}
	*ret = f;
	if (e)                          /* what went wrong on the way is in the notes */
		*e = (struct dmv_err){ .addr = DMV_NO_ADDR };
	return DMV_E_OK;
}
