/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Bounce pools of a Linux kernel (include/linux/swiotlb.h): the default one, and those that devices
 * have for themselves. Until 6.5 a pool is one piece of memory, since then one or, if it may grow,
 * a list of them; each is read as if it stood in a pool, as the first one does.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "linux_swiotlb.h"
#include "mem_int.h"

enum { AREAS_MAX = 1 << 16, AREA_MAX = 256 };

/* ---- a piece of memory ---- */

/* Slots in use by the kernel's counters, of which each area has one. `at`: of the pool. */
static struct dmv_known areas_used(struct dmv_linux *l, uint64_t at, uint64_t slots)
{
	const struct dmv_known unknown = { 0 };
	struct dmv_known sum = { .known = true };
	struct dmv_err e = { .addr = DMV_NO_ADDR };
	uint64_t areas, n, stride = 0, used;

	if (!dmv_linux_get(l, at, DMV_L_BOUNCE_AREAS, &areas) ||
	    !dmv_linux_get(l, at, DMV_L_BOUNCE_NAREAS, &n))
		return unknown;
	if (dmv_names_size(l->n, "io_tlb_area", &stride, &e) || !stride || stride > AREA_MAX) {
		dmv_note_add(l->f, DMV_TOPIC_BOUNCE, DMV_NO_ADDR, "the kernel's own counts of "
			     "slots are not known: struct io_tlb_area: %s", e.msg);
		return unknown;
	}
	if (n > AREAS_MAX || n > slots) {
		dmv_note_add(l->f, DMV_TOPIC_BOUNCE, at, "the bounce pool at 0x%" PRIx64 " is said "
			     "to have %" PRIu64 " areas, and has %" PRIu64 " slots", at, n, slots);
		return unknown;
	}
	for (uint64_t i = 0; i < n; i++) {
		if (!dmv_linux_get(l, areas + i * stride, DMV_L_AREA_USED, &used))
			return unknown;
		sum.value += used;
	}
	return sum;
}

/* Its slots, if what it says of itself fits together and into the target. */
static bool extent(struct dmv_swiotlb *w, uint64_t at, struct dmv_bounce_fact *ret)
{
	struct dmv_linux *l = w->l;
	uint64_t end, slots;
	bool counted = dmv_linux_get(l, at, DMV_L_BOUNCE_NSLABS, &slots);

	if (!dmv_linux_get(l, at, DMV_L_BOUNCE_START, &ret->start))
		ret->start = DMV_NO_ADDR;
	else if (dmv_linux_get(l, at, DMV_L_BOUNCE_END, &end)) {
		ret->bytes = end - ret->start;
		if (!counted)
			slots = ret->bytes / DMV_BOUNCE_SLOT;
		counted = true;
		if (end < ret->start || ret->bytes % DMV_BOUNCE_SLOT ||
		    ret->bytes / DMV_BOUNCE_SLOT != slots) {
			dmv_note_add(l->f, DMV_TOPIC_BOUNCE, at, "the bounce pool at 0x%" PRIx64
				     " is damaged: 0x%" PRIx64 " slots do not fill 0x%" PRIx64
				     " to 0x%" PRIx64, at, slots, ret->start, end);
			return false;
		}
	}
	if (!counted)
		return false;
	if (slots > w->left) {
		dmv_note_add(l->f, DMV_TOPIC_BOUNCE, at, "the bounce pool at 0x%" PRIx64 " is "
			     "damaged: it is said to have 0x%" PRIx64 " slots, more than the "
			     "target can hold", at, slots);
		return false;
	}
	ret->slots = slots;
	ret->bytes = slots * DMV_BOUNCE_SLOT;
	w->left -= slots;
	return true;
}

/* `at`: of the pool, or of one that it would stand in. False: no memory. */
static bool memory(struct dmv_swiotlb *w, uint64_t at, uint64_t record, uint32_t pool,
		   uint32_t adapter)
{
	struct dmv_linux *l = w->l;
	struct dmv_bounce_fact b = { .pool = pool, .adapter = adapter, .record = record };
	struct dmv_bounce_fact *fact;
	uint64_t slots;

	if (!extent(w, at, &b) || !b.slots)
		return true;
	b.used = areas_used(l, at, b.slots);
	fact = DMV_PUSH(l->f->bounce, l->f->nbounce);
	if (!fact)
		return false;
	*fact = b;
	l->f->pool[pool].slots += b.slots;
	if (!dmv_linux_get(l, at, DMV_L_BOUNCE_SLOTS, &slots))
		l->f->pool[pool].unread += b.slots;
	else
		dmv_swiotlb_slots(w, slots);
	return !w->no_memory;
}

/* ---- lists of them ---- */

struct use {                            /* a device and the pool that it bounces in */
	uint64_t pool;
	uint32_t device;                /* index of its fact */
};

struct pieces {
	struct dmv_swiotlb *w;
	uint64_t first;                 /* the one that stands in the pool, which was read */
	uint32_t pool, adapter;
};

static bool piece(void *ctx, uint64_t node)
{
	const struct pieces *p = ctx;
	uint64_t record, at;

	if (!dmv_linux_around(p->w->l, node, DMV_L_BOUNCE_NODE, &record) ||
	    !dmv_linux_around(p->w->l, record, DMV_L_BOUNCE_DEFPOOL, &at))
		return false;
	if (record == p->first)
		return true;
	p->w->no_memory = !memory(p->w, at, record, p->pool, p->adapter);
	return !p->w->no_memory;
}

/* What was made for one mapping hangs at its device. */
static void of_device(struct dmv_swiotlb *w, uint32_t pool, uint32_t adapter)
{
	struct pieces p = { w, 0, pool, adapter };
	uint64_t head;

	if (dmv_linux_in(w->l, w->l->f->adapter[adapter].handle, DMV_L_DEV_BOUNCE, &head))
		dmv_linux_list(w->l, head, DMV_TOPIC_BOUNCE, "bounce memory of a device", piece,
			       &p);
}

static void of_pool(struct dmv_swiotlb *w, uint32_t pool)
{
	const uint64_t at = w->l->f->pool[pool].handle;
	struct pieces p = { w, at, pool, DMV_NO_INDEX };
	uint64_t head;

	dmv_linux_in(w->l, at, DMV_L_BOUNCE_DEFPOOL, &p.first);
	w->no_memory = !memory(w, at, p.first, pool, DMV_NO_INDEX);
	if (!w->no_memory && dmv_linux_in(w->l, at, DMV_L_BOUNCE_POOLS, &head))
		dmv_linux_list(w->l, head, DMV_TOPIC_BOUNCE, "bounce memory", piece, &p);
}

/* ---- pools ---- */

static void sum_up(struct dmv_facts *f, struct dmv_pool_fact *p, size_t piece)
{
	p->used.known = piece < f->nbounce;
	for (; piece < f->nbounce; piece++) {
		p->used.known &= f->bounce[piece].used.known;
		p->used.value += f->bounce[piece].used.value;
	}
}

/* The pool at `at`, which n devices bounce in. False: no memory. */
static bool pool(struct dmv_swiotlb *w, uint64_t at, const char *name, const struct use *use,
		 size_t n)
{
	struct dmv_linux *l = w->l;
	struct dmv_facts *f = l->f;
	const uint32_t index = (uint32_t)f->npool;
	const size_t piece = f->nbounce, slot = f->nslot;
	struct dmv_pool_fact *p = DMV_PUSH(f->pool, f->npool);

	if (!p)
		return false;
	*p = (struct dmv_pool_fact){
		.handle = at, .name = name, .users = (uint32_t)n,
		.adapter = n == 1 ? f->device[use->device].adapter : DMV_NO_INDEX,
		.high = dmv_linux_know(l, at, DMV_L_BOUNCE_HIGH),
		.force = dmv_linux_know(l, at, DMV_L_BOUNCE_FORCE),
		.grows = dmv_linux_know(l, at, DMV_L_BOUNCE_GROWS),
		.restricted = dmv_linux_know(l, at, DMV_L_POOL_RESTRICTED),
	};
	of_pool(w, index);
	for (size_t i = 0; i < n && !w->no_memory; i++) {
		struct dmv_device_fact *d = &f->device[use[i].device];

		d->bounce_pool = index;
		of_device(w, index, d->adapter);
	}
	sum_up(f, &f->pool[index], piece);
	f->pool[index].mappings = (uint32_t)(f->nslot - slot);
	return !w->no_memory;
}

static int by_pool(const void *a, const void *b)
{
	const struct use *x = a, *y = b;

	if (x->pool != y->pool)
		return x->pool < y->pool ? -1 : 1;
	return x->device < y->device ? -1 : x->device > y->device;
}

/* Each pool but the standard one, once. False: no memory. */
static bool pools(struct dmv_swiotlb *w, const struct use *use, size_t n, uint64_t standard)
{
	for (size_t i = 0, end; i < n; i = end) {
		for (end = i + 1; end < n && use[end].pool == use[i].pool;)
			end++;
		if (use[i].pool != standard && !dmv_linux_stopped(w->l) &&
		    !pool(w, use[i].pool, w->l->f->device[use[i].device].pool_name, use + i,
			  end - i))
			return false;
	}
	return true;
}

static bool standard(struct dmv_swiotlb *w, const struct use *use, size_t n, uint64_t at)
{
	size_t from = 0, end;

	while (from < n && use[from].pool != at)
		from++;
	for (end = from; end < n && use[end].pool == at;)
		end++;
	return pool(w, at, "default", use + from, end - from);
}

static uint64_t slots_held(const struct dmv_mem *m)
{
	const uint64_t least = 16;              /* bytes of a slot's structure */
	uint64_t held = 0;

	for (size_t i = 0; i < m->nrange[DMV_PHYS]; i++)
		held += m->range[DMV_PHYS][i].end - m->range[DMV_PHYS][i].start;
	return !held || m->unlisted[DMV_PHYS] ? 1u << 24 : held / least;
}

enum dmv_code dmv_linux_swiotlb(struct dmv_linux *l, struct dmv_err *e)
{
	struct dmv_swiotlb w = { .l = l, .left = slots_held(l->m) };
	struct dmv_facts *f = l->f;
	struct use *use = malloc((f->ndevice + 1) * sizeof(*use));
	uint64_t at = DMV_NO_ADDR;
	size_t n = 0;

	for (size_t i = 0; use && i < f->ndevice; i++)
		if (f->device[i].pool != DMV_NO_ADDR)
			use[n++] = (struct use){ f->device[i].pool, (uint32_t)i };
	if (use) {
		qsort(use, n, sizeof(*use), by_pool);
		w.no_memory = (dmv_linux_symbol(l, "io_tlb_default_mem", &at) &&
			       !standard(&w, use, n, at)) || !pools(&w, use, n, at);
	}
	free(use);
	if (use && !w.no_memory && !dmv_linux_stopped(l))
		w.no_memory = !dmv_swiotlb_owners(f);
	if (!use || w.no_memory)
		return dmv_fail(e, DMV_E_MEMORY, "no memory for %zu bounced mappings", f->nslot);
	if (dmv_linux_stopped(l))
		return dmv_fail(e, DMV_E_STOPPED, "stopped");
	return DMV_E_OK;
}
