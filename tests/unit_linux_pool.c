/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* DMA pools out of a Linux kernel's memory: counted by their pages, as until 6.2, and by
 * themselves; damaged. Real kernels: tests/vm/linux_check.py. */
#include <stddef.h>
#include <stdlib.h>

#include "small_kernel.h"
#include "t.h"

struct list { uint64_t next, prev; };
struct kobj { struct list entry; uint64_t name; };
struct kset { struct list list; };
struct device { struct list pools; uint64_t mask, bus; struct kobj kobj; };
struct pool { struct list link; char name[32]; uint64_t size, allocation, boundary;
	uint64_t active, blocks; struct list pages; };
struct page { uint64_t va; struct list link; uint32_t used; };

struct ram {
	uint64_t devices_kset, mask, bus;
	struct kset kset;
	struct device dev;
	struct pool pool[2];
	struct page page[3];
};

struct small {
	struct small_kernel k;
	struct ram ram;
};

static const struct small_member members[] = {
	SMALL_MEMBER("list_head", "next", list, next),
	SMALL_MEMBER("kset", "list", kset, list),
	SMALL_MEMBER("kobject", "entry", kobj, entry),
	SMALL_MEMBER("device", "kobj", device, kobj),
	SMALL_MEMBER("device", "dma_mask", device, mask),
	SMALL_MEMBER("device", "bus", device, bus),
	SMALL_MEMBER("device", "dma_pools", device, pools),
	SMALL_MEMBER("dma_pool", "pools", pool, link),
	SMALL_MEMBER("dma_pool", "name", pool, name),
	SMALL_MEMBER("dma_pool", "size", pool, size),
	SMALL_MEMBER("dma_pool", "allocation", pool, allocation),
	SMALL_MEMBER("dma_pool", "boundary", pool, boundary),
	SMALL_MEMBER("dma_pool", "page_list", pool, pages),
	SMALL_MEMBER("dma_page", "page_list", page, link),
	/* one or the other */
	SMALL_MEMBER("dma_page", "in_use", page, used),
	SMALL_MEMBER("dma_pool", "nr_active", pool, active),
	SMALL_MEMBER("dma_pool", "nr_blocks", pool, blocks),
};

enum { MEMBERS = sizeof(members) / sizeof(members[0]), OLD = MEMBERS - 2, BOTH = MEMBERS };

static const struct small_symbol symbols[] = {
	{ "devices_kset", offsetof(struct ram, devices_kset) },
	{ "dma_pool_create", offsetof(struct ram, bus) },
};

static void ring(struct small *k, struct list *head, struct list *const *node, size_t n)
{
	uint64_t next = small_at(&k->k, head);

	while (n--) {
		node[n]->next = next;
		next = small_at(&k->k, node[n]);
	}
	head->next = next;
}

static struct small *make(size_t known)
{
	struct small *k = calloc(1, sizeof(*k));
	struct ram *r = &k->ram;

	small_init(&k->k, r, sizeof(*r));
	k->k.member = members;
	k->k.nmember = known;
	k->k.symbol = symbols;
	k->k.nsymbol = 2;
	r->devices_kset = small_at(&k->k, &r->kset);
	r->dev.mask = small_at(&k->k, &r->mask);
	r->dev.bus = small_at(&k->k, &r->bus);
	ring(k, &r->kset.list, (struct list *[]){ &r->dev.kobj.entry }, 1);
	ring(k, &r->dev.pools, (struct list *[]){ &r->pool[0].link, &r->pool[1].link }, 2);
	r->pool[0] = (struct pool){ r->pool[0].link, "small", 256, 4096, 8192, 7, 32, { 0, 0 } };
	r->pool[1] = (struct pool){ r->pool[1].link, "empty", 4096, 4096, 4096, 0, 0, { 0, 0 } };
	ring(k, &r->pool[0].pages, (struct list *[]){ &r->page[0].link, &r->page[1].link }, 2);
	ring(k, &r->pool[1].pages, NULL, 0);
	r->page[0].used = 16;
	r->page[1].used = 3;
	return k;
}

#define KNOWN(k, v) ((k).known && (k).value == (v))

/* Of the first pool; notes about pools. */
static void is(struct small *k, size_t pools, uint64_t pages, uint64_t blocks, uint64_t used,
	       size_t notes, const char *name)
{
	const struct dmv_dma_pool_fact *d;
	struct dmv_facts f;
	struct dmv_err e;
	size_t said = 0;

	small_facts(&k->k, &f, &e);
	for (size_t i = 0; i < f.nnote; i++)
		said += (f.note[i].topic & DMV_TOPIC(DMV_K_BUFFER)) != 0;
	d = f.dma_pool;
	if (T_CHECKF(f.ndma_pool == pools && said == notes, name, "%zu pools, %zu notes: %s",
		     f.ndma_pool, said, f.nnote ? f.note[f.nnote - 1].text : e.msg) && pools)
		T_CHECKF((pages == UINT64_MAX ? !d->pages.known : KNOWN(d->pages, pages)) &&
			 (blocks == UINT64_MAX ? !d->blocks.known : KNOWN(d->blocks, blocks)) &&
			 (used == UINT64_MAX ? !d->used.known : KNOWN(d->used, used)), name,
			 "%llu pages, %llu of %llu blocks", (unsigned long long)d->pages.value,
			 (unsigned long long)d->used.value, (unsigned long long)d->blocks.value);
	dmv_facts_free(&f);
	free(k);
}

static void whole(void)
{
	struct small *k = make(OLD);
	struct dmv_facts f;
	struct dmv_err e;

	small_facts(&k->k, &f, &e);
	if (T_EQ(f.ndma_pool, 2, "two pools"))
		T_CHECK(!strcmp(f.dma_pool[0].name, "small") && f.dma_pool[0].adapter == 0 &&
			f.dma_pool[0].addr == small_at(&k->k, &k->ram.pool[0]) &&
			KNOWN(f.dma_pool[0].size, 256) && KNOWN(f.dma_pool[0].boundary, 8192) &&
			KNOWN(f.dma_pool[0].allocation, 4096) && KNOWN(f.dma_pool[1].pages, 0) &&
			KNOWN(f.dma_pool[1].used, 0), "what they are");
	dmv_facts_free(&f);
	is(k, 2, 2, 32, 19, 0, "counted by pages");
	is(make(BOTH), 2, 2, 32, 7, 0, "counted by the pool");
}

static void damage(void)
{
	struct small *k = make(OLD);

	k->k.without = "dma_page.in_use";
	is(k, 2, 2, 32, UINT64_MAX, 0, "nobody counts what is in use");
	k = make(OLD);
	k->k.without = "dma_pool.size";
	is(k, 2, 2, UINT64_MAX, 19, 1, "a size that is not known");
	k = make(OLD);
	k->k.without = "dma_pool.pools";
	is(k, 0, 0, 0, 0, 1, "pools that are not known");
	k = make(OLD);
	k->ram.page[1].link.next = small_at(&k->k, &k->ram.page[0].link);
	is(k, 2, UINT64_MAX, UINT64_MAX, UINT64_MAX, 1, "pages that loop");
	k = make(OLD);
	k->ram.pool[1].link.next = small_at(&k->k, &k->ram.pool[0].link);
	is(k, 3, 2, 32, 19, 1, "pools that loop");
	k = make(OLD);
	k->ram.pool[0].pages.next = 0x10;
	is(k, 2, UINT64_MAX, UINT64_MAX, UINT64_MAX, 2, "pages nowhere");
	k = make(OLD);
	k->k.hole = small_at(&k->k, &k->ram.page[1].used);
	is(k, 2, 2, 32, UINT64_MAX, 1, "a count that is not there");
}

int main(void)
{
	whole();
	damage();
	return t_done();
}
