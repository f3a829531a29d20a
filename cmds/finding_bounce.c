/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
#include "finding_bounce.h"

#include "bounce.h"

/* NONE: nothing is wrong. One that takes more memory when it needs some is never full. */
static enum dmv_finding_id level(const struct dmv_pool_fact *p)
{
	const uint64_t used = dmv_bounce_used(p);

	if (!p->slots || (p->grows.known && p->grows.value))
		return DMV_F_NONE;
	if (used >= p->slots)
		return DMV_F_BOUNCE_FULL;
	if (p->slots - used <= p->slots / 8)
		return DMV_F_BOUNCE_NEARLY;
	return p->high.known && p->high.value >= p->slots ? DMV_F_BOUNCE_WAS_FULL : DMV_F_NONE;
}

/* Slots of one pool lie side by side among the facts: those that begin at *at. */
static size_t slots_of(const struct dmv_facts *f, uint32_t pool, size_t *at)
{
	size_t end;

	while (*at < f->nslot && f->slot[*at].pool < pool)
		++*at;
	for (end = *at; end < f->nslot && f->slot[end].pool == pool;)
		end++;
	return end;
}

/* Who holds more than half of the slots in use: the one that is left when each slot of one is taken
 * away together with one of another (Boyer, Moore), if it stands a count. */
static uint32_t holder(const struct dmv_facts *f, size_t from, size_t end)
{
	uint32_t is = DMV_NO_INDEX;
	uint64_t more = 0, all = 0, its = 0;

	for (size_t i = from; i < end; i++) {
		const struct dmv_slot_fact *s = &f->slot[i];

		all += s->count;
		if (s->adapter == is) {
			more += s->count;
		} else if (s->count > more) {
			is = s->adapter;
			more = s->count - more;
		} else {
			more -= s->count;
		}
	}
	for (size_t i = from; i < end; i++)
		its += f->slot[i].adapter == is ? f->slot[i].count : 0;
	return its > all / 2 ? is : DMV_NO_INDEX;
}

static bool unbooked(const struct dmv_facts *f, dmv_finding_fn *fn, void *ctx)
{
	for (size_t i = 0; i < f->nslot; i++) {
		const struct dmv_slot_fact *s = &f->slot[i];
		const struct dmv_finding x = {
			.id = DMV_F_BOUNCE_UNBOOKED, .confidence = DMV_IN_TRANSITION,
			.region = DMV_NO_INDEX, .adapter = s->adapter, .object = DMV_NO_INDEX,
			.owner = DMV_NO_INDEX, .row = (uint32_t)i, .addr = s->addr,
		};

		if (s->unbooked && !fn(ctx, &x))
			return false;
	}
	return true;
}

bool dmv_bounce_findings(const struct dmv_facts *f, dmv_finding_fn *fn, void *ctx)
{
	size_t at = 0;

	for (uint32_t i = 0; i < f->npool; i++) {
		const size_t end = slots_of(f, i, &at);
		const struct dmv_finding x = {
			.id = level(&f->pool[i]), .region = DMV_NO_INDEX, .object = DMV_NO_INDEX,
			.confidence = level(&f->pool[i]) == DMV_F_BOUNCE_NEARLY ? DMV_LIKELY :
				      DMV_CERTAIN,
			.adapter = holder(f, at, end), .owner = DMV_NO_INDEX, .row = i,
			.addr = f->pool[i].handle,
		};

		at = end;
		if (x.id && !fn(ctx, &x))
			return false;
	}
	return unbooked(f, fn, ctx);
}

bool dmv_bounce_wrong(const struct dmv_facts *f)
{
	for (size_t i = 0; i < f->npool; i++)
		if (level(&f->pool[i]))
			return true;
	return false;
}
