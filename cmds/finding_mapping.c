/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * What dma-debug's entries prove, and what they do not: an entry that was being put on or taken off
 * is no leak; one with the address DMA_MAPPING_ERROR stays on record although nothing is mapped
 * (dma_map_resource() that failed); a pool of pages keeps its mappings until the last page comes
 * back, after its driver went; memory registered for RDMA and shared buffers overlap on purpose.
 */
#include "finding_mapping.h"

#include <stdlib.h>

#include "words.h"

struct dmv_mappings_judged {
	const struct dmv_facts *f;
	uint32_t *beside;               /* by mapping: another one in whose memory it lies */
	struct checks {
		uint32_t yes, no;
	} *site;                        /* by call site; the last: of none */
};

/* Its books have ended before the machine did: what they say may be over. */
static bool judged(const struct dmv_facts *f)
{
	return !f->debug.disabled.known || !f->debug.disabled.value;
}

static struct dmv_finding finding(const struct dmv_facts *f, uint32_t i)
{
	const struct dmv_mapping_fact *x = &f->mapping[i];

	return (struct dmv_finding){
		.confidence = x->life == DMV_TRANSITION ? DMV_IN_TRANSITION : DMV_CERTAIN,
		.region = x->region, .kind = DMV_K_MAPPING, .object = i, .adapter = x->adapter,
		.owner = x->owner, .row = DMV_NO_INDEX,
		.addr = x->bus.known ? x->bus.value : DMV_NO_ADDR,
	};
}

/* ---- one by itself ---- */

struct dmv_finding dmv_mapping_leak(const struct dmv_facts *f, uint32_t i)
{
	const struct dmv_mapping_fact *x = &f->mapping[i];
	const struct dmv_device_fact *d = dmv_device_of(f, x->adapter);
	const struct dmv_stack *k = dmv_site(f, x->owner);
	struct dmv_finding r = finding(f, i);

	if (x->failed || !judged(f))
		return r;
	if (d && d->driver.known && !d->driver.value)
		r.id = DMV_F_LEAK_UNBOUND;
	else if (x->orphan)
		r.id = DMV_F_LEAK_NO_DEVICE;
	if (r.id && r.confidence == DMV_CERTAIN && (x->orphan || (k && k->page_pool)))
		r.confidence = DMV_LIKELY;
	return r;
}

/* ---- overlaps ---- */

struct span {
	uint64_t start, end;
	uint32_t mapping;
};

static int by_start(const void *a, const void *b)
{
	const struct span *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return x->mapping < y->mapping ? -1 : x->mapping > y->mapping;
}

/* A device may write there, and where the memory is, is known. */
static bool is_written(const struct dmv_mapping_fact *x)
{
	return !x->failed && x->phys_bytes && x->phys_bytes <= UINT64_MAX - x->phys &&
	       (x->type == DMV_MAP_SINGLE || x->type == DMV_MAP_PAGE || x->type == DMV_MAP_SG ||
		x->type == DMV_MAP_PHYS) &&
	       x->direction.known && (x->direction.value == DMV_DIR_FROM_DEVICE ||
				      x->direction.value == DMV_DIR_BOTH);
}

/* Each has the one before it that reaches furthest: one partner is proof enough. */
static bool overlaps(struct dmv_mappings_judged *j)
{
	const struct dmv_facts *f = j->f;
	struct span *v = calloc(f->nmapping + 1, sizeof(*v)), *last = NULL;
	size_t n = 0;

	if (!v)
		return false;
	for (size_t i = 0; i < f->nmapping; i++) {
		const struct dmv_mapping_fact *x = &f->mapping[i];

		j->beside[i] = DMV_NO_INDEX;
		if (is_written(x))
			v[n++] = (struct span){ x->phys, x->phys + x->phys_bytes, (uint32_t)i };
	}
	qsort(v, n, sizeof(*v), by_start);
	for (size_t i = 0; i < n; i++) {
		if (last && v[i].start < last->end)
			j->beside[v[i].mapping] = last->mapping;
		if (!last || v[i].end > last->end)
			last = &v[i];
	}
	free(v);
	return true;
}

static bool overlap(const struct dmv_mappings_judged *j, uint32_t i, struct dmv_finding *ret)
{
	const uint32_t beside = j->beside[i];

	if (beside == DMV_NO_INDEX)
		return false;
	*ret = finding(j->f, i);
	ret->id = DMV_F_OVERLAP;
	ret->row = beside;
	if (ret->confidence == DMV_CERTAIN)
		ret->confidence = j->f->mapping[beside].life == DMV_TRANSITION ?
				  DMV_IN_TRANSITION : DMV_LIKELY;
	return true;
}

/* ---- errors that nobody asked for ---- */

static bool is_unchecked(const struct dmv_mapping_fact *x)
{
	return x->error.known && x->error.value == DMV_ERR_NOT_CHECKED;
}

static struct checks *checks_of(const struct dmv_mappings_judged *j,
				const struct dmv_mapping_fact *x)
{
	return &j->site[x->owner < j->f->nstack ? x->owner : j->f->nstack];
}

static void count_checks(struct dmv_mappings_judged *j)
{
	for (size_t i = 0; i < j->f->nmapping; i++) {
		const struct dmv_mapping_fact *x = &j->f->mapping[i];

		if (!x->error.known)
			continue;
		checks_of(j, x)->no += x->error.value == DMV_ERR_NOT_CHECKED;
		checks_of(j, x)->yes += x->error.value == DMV_ERR_CHECKED;
	}
}

/*
 * A driver asks right behind the call, so at most one mapping a processor is between the two. A
 * call site that checks nearly all has a few that were caught there; one that checks none never
 * does.
 */
static bool unchecked(const struct dmv_mappings_judged *j, uint32_t i, struct dmv_finding *ret)
{
	const struct dmv_mapping_fact *x = &j->f->mapping[i];
	const struct checks *c = checks_of(j, x);

	if (!is_unchecked(x))
		return false;
	*ret = finding(j->f, i);
	ret->id = DMV_F_UNCHECKED;
	if (ret->confidence != DMV_CERTAIN)
		return true;
	if (c->yes / 8 >= c->no)
		ret->confidence = DMV_IN_TRANSITION;
	else if (c->yes || c->no < 2)
		ret->confidence = DMV_LIKELY;
	return true;
}

/* ---- all ---- */

struct dmv_mappings_judged *dmv_mappings_judge(const struct dmv_facts *f)
{
	struct dmv_mappings_judged *j = calloc(1, sizeof(*j));

	if (!j)
		return NULL;
	j->f = f;
	j->beside = calloc(f->nmapping + 1, sizeof(*j->beside));
	j->site = calloc(f->nstack + 1, sizeof(*j->site));
	if (!j->beside || !j->site || !overlaps(j)) {
		dmv_mappings_judged_free(j);
		return NULL;
	}
	count_checks(j);
	return j;
}

void dmv_mappings_judged_free(struct dmv_mappings_judged *j)
{
	if (!j)
		return;
	free(j->beside);
	free(j->site);
	free(j);
}

bool dmv_mappings_findings(const struct dmv_mappings_judged *j, dmv_finding_fn *fn, void *ctx)
{
	struct dmv_finding x;

	for (uint32_t i = 0; judged(j->f) && i < j->f->nmapping; i++)
		if ((overlap(j, i, &x) && !fn(ctx, &x)) || (unchecked(j, i, &x) && !fn(ctx, &x)))
			return false;
	return true;
}
