/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Whose a mapping in a bounce pool is, and where in its slots it begins. The kernel keeps neither.
 * Whose: who has a mapping on record whose bus address lies there (a pool is not translated), else
 * who alone bounces in that pool. Where: as many bytes into its first slot as the buffer lies into
 * its own, by the device's min_align_mask (swiotlb_align_offset() in kernel/dma/swiotlb.c).
 */
#include <stdlib.h>

#include "linux_swiotlb.h"

struct booked {
	uint64_t bus, phys;
	uint32_t object;
	enum dmv_said said;
};

/* Masks of the devices that bounce in a pool: what all of them have, what any of them has. */
struct masks {
	uint64_t all, any;
};

/* ---- what is on record elsewhere ---- */

static int by_bus(const void *a, const void *b)
{
	const struct booked *x = a, *y = b;

	if (x->bus != y->bus)
		return x->bus < y->bus ? -1 : 1;
	if (x->said != y->said)
		return x->said < y->said ? -1 : 1;
	return x->object < y->object ? -1 : x->object > y->object;
}

static size_t collect(const struct dmv_facts *f, struct booked *ret)
{
	size_t n = 0;

	for (size_t i = 0; i < f->nmapping; i++) {
		const struct dmv_mapping_fact *m = &f->mapping[i];

		if (m->bus.known && !m->failed)
			ret[n++] = (struct booked){ m->bus.value, m->phys, (uint32_t)i,
						    DMV_SAID_DMA_DEBUG };
	}
	for (size_t i = 0; i < f->nreg; i++) {
		const struct dmv_register_fact *r = &f->reg[i];

		if (r->life != DMV_GONE && r->bus != DMV_NO_ADDR && r->file < f->nfile)
			ret[n++] = (struct booked){ r->bus, r->phys, (uint32_t)i,
						    DMV_SAID_REGION };
	}
	qsort(ret, n, sizeof(*ret), by_bus);
	return n;
}

/* The first that is not below bus. */
static size_t from(const struct booked *b, size_t n, uint64_t bus)
{
	size_t lo = 0, hi = n;

	while (lo < hi) {
		const size_t mid = lo + (hi - lo) / 2;

		if (b[mid].bus < bus)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* A mapping begins in its first slot, of the same memory; what is no copy has its address alone. */
static const struct booked *on_record(const struct booked *b, size_t n,
				      const struct dmv_slot_fact *s)
{
	if (s->addr == DMV_NO_ADDR)
		return NULL;
	for (size_t i = from(b, n, s->addr); i < n && b[i].bus - s->addr < DMV_BOUNCE_SLOT; i++)
		if (s->original == DMV_NO_ADDR || b[i].phys == DMV_NO_ADDR ||
		    b[i].phys == s->original)
			return &b[i];
	return NULL;
}

static void take(const struct dmv_facts *f, struct dmv_slot_fact *s, const struct booked *b)
{
	s->said = b->said;
	s->object = b->object;
	s->adapter = b->said == DMV_SAID_DMA_DEBUG ? f->mapping[b->object].adapter :
		     f->file[f->reg[b->object].file].adapter;
	s->addr = b->bus;
	s->exact = true;
}

/* ---- what follows from the pool ---- */

static void masks_of(const struct dmv_facts *f, struct masks *m)
{
	for (size_t i = 0; i < f->npool; i++)
		m[i] = (struct masks){ UINT64_MAX, f->pool[i].users ? 0 : UINT64_MAX };
	for (size_t i = 0; i < f->ndevice; i++) {
		const struct dmv_device_fact *d = &f->device[i];

		if (d->bounce_pool >= f->npool)
			continue;
		m[d->bounce_pool].all &= d->min_align.value;
		m[d->bounce_pool].any |= d->min_align.known ? d->min_align.value : UINT64_MAX;
	}
}

static void by_pool(const struct dmv_facts *f, struct dmv_slot_fact *s, const struct masks *pool)
{
	const uint32_t made_for = f->bounce[s->bounce].adapter;
	const uint64_t in_slot = s->original & (DMV_BOUNCE_SLOT - 1);
	struct masks m = *pool;

	s->adapter = made_for != DMV_NO_INDEX ? made_for : f->pool[s->pool].adapter;
	if (s->adapter != DMV_NO_INDEX) {
		const struct dmv_known *k =
			&f->device[f->adapter[s->adapter].linux_device].min_align;

		s->said = DMV_SAID_POOL;
		m = (struct masks){ k->value, k->known ? k->value : UINT64_MAX };
	}
	s->exact = s->original == DMV_NO_ADDR || (in_slot & m.all) == (in_slot & m.any);
	if (s->exact && s->original != DMV_NO_ADDR && s->addr != DMV_NO_ADDR)
		s->addr += in_slot & m.all;
}

bool dmv_swiotlb_owners(struct dmv_facts *f)
{
	const bool debug = f->debug.there && f->debug.disabled.known && !f->debug.disabled.value;
	struct booked *b = malloc((f->nmapping + f->nreg + 1) * sizeof(*b));
	struct masks *m = malloc((f->npool + 1) * sizeof(*m));
	const bool memory = b && m;
	size_t n = 0;

	if (memory) {
		masks_of(f, m);
		n = collect(f, b);
	}
	for (size_t i = 0; memory && i < f->nslot; i++) {
		struct dmv_slot_fact *s = &f->slot[i];
		const struct booked *r = on_record(b, n, s);

		s->unbooked = debug && (!r || r->said != DMV_SAID_DMA_DEBUG);
		if (r)
			take(f, s, r);
		else
			by_pool(f, s, &m[s->pool]);
	}
	free(b);
	free(m);
	return memory;
}
