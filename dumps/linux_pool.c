/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * DMA pools of the devices (mm/dmapool.c): each device has a list of them, each pool one of its
 * pages, from which blocks are handed out. A block that is handed out cannot be told from the
 * others without reading the page's memory; how many are, the kernel counts.
 */
#include "linux.h"

enum { POOLS_MAX = 65536, PAGES_MAX = 1 << 20 };

#define TOPIC DMV_TOPIC(DMV_K_BUFFER)

struct pages {
	struct dmv_linux *l;
	uint64_t n, used;
	bool counted;                   /* used: by each page */
};

struct work {
	struct dmv_linux *l;
	uint32_t adapter;
	bool no_memory;
};

static bool page(void *ctx, uint64_t node)
{
	struct pages *p = ctx;
	uint64_t at, used;

	if (!dmv_linux_around(p->l, node, DMV_L_PAGE_LINK, &at))
		return false;
	p->counted = p->counted && dmv_linux_get(p->l, at, DMV_L_PAGE_IN_USE, &used);
	p->used += p->counted ? used : 0;
	return ++p->n < PAGES_MAX;
}

/* By its pages what the pool itself does not count. */
static void count(struct dmv_linux *l, uint64_t pool, struct dmv_dma_pool_fact *d)
{
	struct pages p = { .l = l };
	struct dmv_member m;
	uint64_t head;

	d->used = dmv_linux_know(l, pool, DMV_L_POOL_ACTIVE);
	d->blocks = dmv_linux_know(l, pool, DMV_L_POOL_BLOCKS);
	p.counted = !d->used.known && dmv_linux_field(l, DMV_L_PAGE_IN_USE, &m);
	if (!dmv_linux_in(l, pool, DMV_L_POOL_PAGES, &head) ||
	    !dmv_linux_list(l, head, TOPIC, "pages of a DMA pool", page, &p))
		return;
	d->pages = (struct dmv_known){ true, p.n };
	if (!d->used.known)
		d->used = (struct dmv_known){ p.counted || !p.n, p.used };
	if (!d->blocks.known && d->size.known && d->allocation.known && d->size.value)
		d->blocks = (struct dmv_known){
			true, p.n * (d->allocation.value / d->size.value)
		};
}

static bool add(void *ctx, uint64_t node)
{
	struct work *w = ctx;
	struct dmv_linux *l = w->l;
	struct dmv_facts *f = l->f;
	struct dmv_dma_pool_fact *d;
	uint64_t pool;

	if (f->ndma_pool >= POOLS_MAX || !dmv_linux_around(l, node, DMV_L_POOL_LINK, &pool))
		return false;
	d = DMV_PUSH(f->dma_pool, f->ndma_pool);
	w->no_memory = !d;
	if (!d)
		return false;
	d->adapter = w->adapter;
	d->addr = pool;
	d->name = dmv_linux_text(l, pool, DMV_L_POOL_NAME);
	d->size = dmv_linux_know(l, pool, DMV_L_POOL_SIZE);
	d->allocation = dmv_linux_know(l, pool, DMV_L_POOL_ALLOCATION);
	d->boundary = dmv_linux_know(l, pool, DMV_L_POOL_BOUNDARY);
	count(l, pool, d);
	return true;
}

enum dmv_code dmv_linux_pools(struct dmv_linux *l, struct dmv_err *e)
{
	struct work w = { .l = l };
	uint64_t head, at;

	if (!dmv_linux_symbol(l, "dma_pool_create", &at))
		return DMV_E_OK;
	for (uint32_t i = 0; i < l->f->nadapter; i++) {
		w.adapter = i;
		if (l->f->adapter[i].linux_device == DMV_NO_INDEX ||
		    !dmv_linux_in(l, l->f->adapter[i].device, DMV_L_DEV_POOLS, &head))
			continue;
		dmv_linux_list(l, head, TOPIC, "DMA pools", add, &w);
		if (w.no_memory)
			return dmv_fail(e, DMV_E_MEMORY, "no memory for %zu DMA pools",
					l->f->ndma_pool);
	}
	return dmv_linux_stopped(l) ? dmv_fail(e, DMV_E_STOPPED, "stopped") : DMV_E_OK;
}
