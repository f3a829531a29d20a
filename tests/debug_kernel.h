/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * A small kernel with dma-debug's books, for the tests and the fuzzer of their reader: its
 * structures are laid out as no real one lays them out.
 */
#ifndef DMV_TEST_DEBUG_KERNEL_H
#define DMV_TEST_DEBUG_KERNEL_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "facts.h"
#include "mem.h"

#define BASE 0xffff888000000000ull
#define TEXT 0xffffffff81000000ull

#ifndef DEBUG_ENTRIES
#define DEBUG_ENTRIES 24
#endif

enum { BUCKETS = 8, ENTRIES = DEBUG_ENTRIES, FRAMES = 3, DEVICES = 4 };

struct list { uint64_t prev, next; };
struct kobj { struct list entry; uint64_t name; };
struct device { uint64_t dma_mask; struct kobj kobj; uint64_t driver, bus; };
struct bucket { uint32_t lock; struct list list; };
struct entry {
	uint32_t depth;
	int32_t type, direction, sg_calls, sg_mapped, error;
	uint64_t frame[FRAMES];
	uint64_t bytes, bus, dev, offset, pfn;
	struct list list;
};

struct ram {
	uint64_t devices_kset;
	struct list kset;
	struct device dev[DEVICES];
	uint64_t mask, bus, text[8];
	uint8_t disabled;
	uint32_t total, free, lowest, errors;
	struct bucket hash[BUCKETS];
	uint64_t behind;
	struct entry entry[ENTRIES];
};

struct small {
	struct dmv_mem mem;
	struct dmv_range range;
	struct ram ram;
	const char *without;            /* "device.driver": a member that is not known */
	uint64_t hole;                  /* an address that cannot be read */
	bool paddr;                     /* pfn is the address */
	unsigned reads;
};

static uint64_t at(const struct small *k, const void *p)
{
	return BASE + (uint64_t)((const char *)p - (const char *)&k->ram);
}

/* ---- what a debugger would tell ---- */

#define MEMBER(type, path, in, field)                                                             \
	{ type, path, offsetof(struct in, field), sizeof(((struct in *)0)->field) }

static const struct {
	const char *type, *path;
	size_t offset, size;
} members[] = {
	MEMBER("kobject", "entry", kobj, entry),
	MEMBER("device", "kobj", device, kobj),
	MEMBER("device", "dma_mask", device, dma_mask),
	MEMBER("device", "bus", device, bus),
	MEMBER("list_head", "next", list, next),
	{ "kset", "list", 0, sizeof(struct list) },
	/* from here on: linux_debug.c's */
	MEMBER("list_head", "prev", list, prev),
	MEMBER("hash_bucket", "list", bucket, list),
	MEMBER("dma_debug_entry", "list", entry, list),
	MEMBER("dma_debug_entry", "dev", entry, dev),
	MEMBER("dma_debug_entry", "dev_addr", entry, bus),
	MEMBER("dma_debug_entry", "size", entry, bytes),
	MEMBER("dma_debug_entry", "type", entry, type),
	MEMBER("dma_debug_entry", "direction", entry, direction),
	MEMBER("dma_debug_entry", "sg_call_ents", entry, sg_calls),
	MEMBER("dma_debug_entry", "sg_mapped_ents", entry, sg_mapped),
	MEMBER("dma_debug_entry", "map_err_type", entry, error),
	MEMBER("dma_debug_entry", "pfn", entry, pfn),
	MEMBER("dma_debug_entry", "offset", entry, offset),
	MEMBER("dma_debug_entry", "stack_len", entry, depth),
	MEMBER("dma_debug_entry", "stack_entries", entry, frame),
};

enum { FIRST_OURS = 6 };

static bool member(void *ctx, const char *type, const char *path, struct dmv_member *ret)
{
	const struct small *k = ctx;
	char both[80];

	snprintf(both, sizeof(both), "%s.%s", type, path ? path : "");
	if (k->without && !strcmp(both, k->without))
		return false;
	if (!path) {
		*ret = (struct dmv_member){ .size = sizeof(struct bucket) };
		return !strcmp(type, "hash_bucket");
	}
	if (k->paddr && !strcmp(both, "dma_debug_entry.paddr"))
		path = "pfn";
	else if (k->paddr && !strcmp(both, "dma_debug_entry.pfn"))
		return false;
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		if (strcmp(members[i].type, type) || strcmp(members[i].path, path))
			continue;
		*ret = (struct dmv_member){ members[i].offset, members[i].size, 0, 0 };
		return true;
	}
	return false;
}

static bool symbol(void *ctx, const char *name, uint64_t *ret)
{
	const struct small *k = ctx;
	const struct { const char *name; const void *p; } known[] = {
		{ "devices_kset", &k->ram.devices_kset }, { "dma_entry_hash", k->ram.hash },
		{ "global_disable", &k->ram.disabled }, { "nr_total_entries", &k->ram.total },
		{ "num_free_entries", &k->ram.free }, { "min_free_entries", &k->ram.lowest },
		{ "error_count", &k->ram.errors }, { "stack_trace_save", k->ram.text },
		{ "debug_dma_map_resource", k->ram.text },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (strcmp(known[i].name, name))
			continue;
		*ret = at(k, known[i].p);
		return true;
	}
	return false;
}

/* Every 16 bytes of code are a function, but the table of buckets is one thing. */
static bool place(void *ctx, uint64_t addr, struct dmv_place *ret)
{
	static const char *const functions[] = {
		"debug_dma_map_page", "dma_map_page_attrs", "my_probe", "page_pool_alloc_pages",
		"debug_dma_map_page_not", "dma_map_sg_attrs.part.0",
	};
	const struct small *k = ctx;
	const uint64_t hash = at(k, k->ram.hash), i = (addr - TEXT) / 16;

	*ret = (struct dmv_place){ .module = "vmlinux", .offset = addr % 16 };
	if (addr - hash < sizeof(k->ram.hash)) {
		strcpy(ret->function, "dma_entry_hash");
		ret->offset = addr - hash;
		return true;
	}
	if (i >= sizeof(functions) / sizeof(functions[0]))
		return false;
	strcpy(ret->function, functions[i]);
	return true;
}

static enum dmv_code read_ram(struct dmv_mem *m, enum dmv_space s, uint64_t addr, void *buf,
			      size_t n, struct dmv_err *e)
{
	struct small *k = (struct small *)m;

	k->reads++;
	if (s != DMV_VIRT || addr < BASE || addr - BASE > sizeof(k->ram) ||
	    n > sizeof(k->ram) - (addr - BASE) || (k->hole >= addr && k->hole < addr + n))
		return dmv_fail_at(e, DMV_E_ABSENT, addr, "nothing there");
	memcpy(buf, (const char *)&k->ram + (addr - BASE), n);
	return DMV_E_OK;
}

/* ---- the kernel ---- */

static uint64_t head(const struct small *k, unsigned bucket)
{
	return at(k, &k->ram.hash[bucket].list);
}

static uint64_t node(const struct small *k, unsigned entry)
{
	return at(k, &k->ram.entry[entry].list);
}

/* The address of a struct list_head, as the kernel would have it. */
static struct list *list_at(struct small *k, uint64_t addr)
{
	return (struct list *)((char *)&k->ram + (addr - BASE));
}

static void add_tail(struct small *k, uint64_t new, uint64_t to)
{
	const uint64_t last = list_at(k, to)->prev;

	list_at(k, to)->prev = new;
	*list_at(k, new) = (struct list){ last, to };
	list_at(k, last)->next = new;
}

static void make_lists(struct small *k)
{
	struct ram *r = &k->ram;
	uint64_t all = at(k, &r->kset);

	r->devices_kset = all;
	r->kset = (struct list){ all, all };
	for (unsigned i = 0; i < 3; i++) {      /* the last device is not registered any more */
		add_tail(k, at(k, &r->dev[i].kobj.entry), all);
		r->dev[i].dma_mask = at(k, &r->mask);
		r->dev[i].bus = i < 2 ? at(k, &r->bus) : 0;
	}
	for (unsigned i = 0; i < BUCKETS; i++)
		r->hash[i].list = (struct list){ head(k, i), head(k, i) };
}

/* Four entries: two in bucket 2, one in 5, one in the last. */
static struct small *make(void)
{
	static const struct dmv_mem_ops ops = { .format = "test", .read = read_ram };
	static const struct entry entries[] = {
		{ .depth = 3, .type = 0, .direction = 2, .error = 2, .bytes = 0x640,
		  .bus = 0xfcb010, .pfn = 0x1234, .offset = 0x10,
		  .frame = { TEXT + 1, TEXT + 17, TEXT + 37 } },
		{ .depth = 2, .type = 1, .direction = 1, .sg_calls = 4, .sg_mapped = 3,
		  .bytes = 0x3000, .bus = 0x10000, .pfn = 2, .frame = { TEXT + 81, TEXT + 49 } },
		{ .depth = 3, .type = 2, .bytes = 0x3000, .bus = 0xf0000000, .pfn = 0x77,
		  .offset = 0x800, .frame = { TEXT + 1, TEXT + 17, TEXT + 37 } },
		{ .depth = 0, .type = 3, .error = 1, .bytes = 0x1000, .bus = UINT64_MAX,
		  .pfn = 0xfea00 },
	};
	static const unsigned bucket[] = { 2, 2, 5, BUCKETS - 1 }, device[] = { 0, 1, 2, 3 };
	struct small *k = calloc(1, sizeof(*k));
	struct ram *r = &k->ram;

	k->range = (struct dmv_range){ 0, sizeof(*r) };
	k->mem = (struct dmv_mem){ .ops = &ops, .name = (char *)"test", .linux_kernel = true,
				   .bits = 64, .translates = true,
				   .range[DMV_PHYS] = &k->range, .nrange[DMV_PHYS] = 1 };
	make_lists(k);
	for (unsigned i = 0; i < 4; i++) {
		r->entry[i] = entries[i];
		r->entry[i].dev = at(k, &r->dev[device[i]]);
		add_tail(k, node(k, i), head(k, bucket[i]));
	}
	r->total = ENTRIES;
	r->free = ENTRIES - 4;
	r->lowest = 7;
	r->errors = 3;
	return k;
}

static enum dmv_code look(struct small *k, struct dmv_facts *f, struct dmv_err *e)
{
	const struct dmv_names_host host = { .ctx = k, .place = place, .symbol = symbol,
					     .member = member };
	struct dmv_names *n = NULL;
	enum dmv_code code;

	*f = (struct dmv_facts){ 0 };
	*e = (struct dmv_err){ .addr = DMV_NO_ADDR };
	dmv_names_new_bare(&n, NULL);
	dmv_names_set_host(n, &host);
	code = dmv_facts_linux(&k->mem, n, NULL, f, e);
	dmv_names_free(n);
	return code;
}

#endif
