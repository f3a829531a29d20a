/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * dma-debug's books out of a Linux kernel's memory: a small kernel whose structures are laid out as
 * no real one lays them out, with either form of an entry; caught between two stores; damaged.
 * Real kernels: tests/vm/linux_check.py.
 */
#include <stdlib.h>

#include "facts.h"
#include "mem.h"
#include "t.h"

#define BASE 0xffff888000000000ull
#define TEXT 0xffffffff81000000ull

enum { BUCKETS = 8, ENTRIES = 24, FRAMES = 3, DEVICES = 4 };

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
	bool no_types;                  /* enumerators are not known */
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

/* A note about mappings that has this text. */
static bool noted(const struct dmv_facts *f, const char *text)
{
	for (size_t i = 0; i < f->nnote; i++)
		if (strstr(f->note[i].text, text) && f->note[i].topic & DMV_TOPIC(DMV_K_MAPPING))
			return true;
	return false;
}

/* Of the devices' members this kernel has a few: their notes are others' business. */
static size_t notes(const struct dmv_facts *f, const char **first)
{
	size_t n = 0;

	*first = "";
	for (size_t i = f->nnote; i-- > 0;) {
		if (f->note[i].topic == DMV_TOPIC(DMV_K_ADAPTER))
			continue;
		*first = f->note[i].text;
		n++;
	}
	return n;
}

#define KNOWN(k, v) ((k).known && (k).value == (v))

static void all(void)
{
	struct small *k = make();
	const struct dmv_mapping_fact *x;
	struct dmv_facts f = { 0 };
	struct dmv_err e = { 0 };
	const char *text = "";

	T_CHECKF(!look(k, &f, &e) && f.nmapping == 4 && f.nadapter == 2, "all entries",
		 "%zu entries, %zu adapters, %s", f.nmapping, f.nadapter,
		 f.nnote ? f.note[0].text : e.msg);
	x = f.mapping;
	T_CHECK(x[0].entry == at(k, &k->ram.entry[0]) && x[0].bucket == 2 && x[3].bucket == 7 &&
		x[0].region == DMV_NO_INDEX && x[0].life == DMV_LIVE, "where they are");
	T_CHECK(KNOWN(x[0].bus, 0xfcb010) && KNOWN(x[0].bytes, 0x640) && x[0].phys == 0x1234010 &&
		x[0].phys_bytes == 0x640, "addresses");
	T_CHECK(x[0].type == DMV_MAP_SINGLE && x[1].type == DMV_MAP_SG &&
		x[2].type == DMV_MAP_COHERENT && x[3].type == DMV_MAP_RESOURCE, "types");
	T_CHECK(KNOWN(x[0].direction, DMV_DIR_FROM_DEVICE) && KNOWN(x[0].error, DMV_ERR_CHECKED) &&
		KNOWN(x[1].sg_calls, 4) && KNOWN(x[1].sg_mapped, 3), "direction, error, list");
	T_CHECK(x[1].phys_bytes == 0 && x[2].phys_bytes == 0x800,
		"memory of merged segments and scattered buffers is not claimed");
	T_CHECK(x[3].failed && !x[0].failed, "a mapping that failed");
	T_CHECK(x[0].adapter == 0 && x[1].adapter == 1 && x[2].adapter == DMV_NO_INDEX &&
		!x[2].orphan && x[3].orphan, "devices: two adapters, one on no bus, one gone");
	T_CHECKF(f.nstack == 2 && x[0].owner == x[2].owner && x[3].owner == DMV_NO_INDEX &&
		 !strcmp(f.stack[x[0].owner].text, "vmlinux!my_probe+0x5") &&
		 f.stack[x[0].owner].depth == 3 && f.stack[x[0].owner].first == 2,
		 "stacks once each", "%zu stacks", f.nstack);
	T_CHECK(f.stack[x[1].owner].page_pool && !f.stack[x[0].owner].page_pool, "a page pool");
	T_CHECK(f.debug.there && KNOWN(f.debug.disabled, 0) && KNOWN(f.debug.entries, ENTRIES) &&
		KNOWN(f.debug.free, ENTRIES - 4) && KNOWN(f.debug.lowest, 7) &&
		KNOWN(f.debug.errors, 3) && f.debug.buckets == BUCKETS, "state of the pool");
	T_CHECKF(!notes(&f, &text), "no note", "%s", text);
	dmv_facts_free(&f);
	free(k);
}

static void later_layout(void)
{
	struct small *k = make();
	struct dmv_facts f = { 0 };
	struct dmv_err e = { 0 };
	const char *text = "";

	k->paddr = true;
	look(k, &f, &e);
	T_CHECK(f.nmapping == 4 && f.mapping[0].phys == 0x1234 &&
		!notes(&f, &text), "the physical address");
	dmv_facts_free(&f);
	free(k);
}

/* Each member under another name: what it tells is lost, and that is said; the rest is there. */
static void renamed(void)
{
	struct dmv_facts f = { 0 };
	struct dmv_err e = { 0 };
	const char *text = "";

	for (size_t i = FIRST_OURS; i < sizeof(members) / sizeof(members[0]); i++) {
		struct small *k = make();
		const bool list = strstr(members[i].path, "list") ||
				  strstr(members[i].type, "list");
		char name[96];

		snprintf(name, sizeof(name), "without %s.%s", members[i].type, members[i].path);
		k->without = name + strlen("without ");
		look(k, &f, &e);
		T_CHECKF(noted(&f, "not known") && notes(&f, &text) == 1 &&
			 f.nmapping == (list ? 0u : 4u) && f.nadapter == 2, name,
			 "%zu entries, %zu notes: %s", f.nmapping, f.nnote, text);
		dmv_facts_free(&f);
		free(k);
	}
}

/* ---- caught between two stores ---- */

static void caught(const char *name, struct small *k, size_t entries, size_t which)
{
	struct dmv_facts f = { 0 };
	struct dmv_err e = { 0 };
	const char *text = "";
	bool good = true;

	look(k, &f, &e);
	for (size_t i = 0; i < f.nmapping; i++)
		good &= (f.mapping[i].life == DMV_TRANSITION) == (i == which);
	T_CHECKF(good && f.nmapping == entries && !notes(&f, &text), name, "%zu entries, %s",
		 f.nmapping, *text ? text : "another is in transition");
	dmv_facts_free(&f);
	free(k);
}

static void transitions(void)
{
	struct small *k = make();

	k->ram.hash[5].list.prev = node(k, 4);          /* list_add_tail, before the last store */
	k->ram.entry[4].list = (struct list){ node(k, 2), head(k, 5) };
	k->ram.entry[4].dev = at(k, &k->ram.dev[0]);
	k->ram.free--;
	caught("an entry that is being put on", k, 5, 3);
	k = make();
	k->ram.entry[1].list.prev = head(k, 2);         /* list_del, after the first store */
	caught("an entry that is being taken off", k, 4, 0);
	k = make();
	k->ram.hash[2].list.prev = node(k, 0);
	caught("the last one that is being taken off", k, 4, 1);
}

/* ---- damage ---- */

static void broken(const char *name, struct small *k, size_t entries, const char *note)
{
	struct dmv_facts f = { 0 };
	struct dmv_err e = { 0 };

	look(k, &f, &e);
	T_CHECKF(noted(&f, note) && f.nmapping == entries, name, "%zu entries, %zu notes: %s",
		 f.nmapping, f.nnote, f.nnote ? f.note[0].text : e.msg);
	T_CHECKF(k->reads < 400, name, "%u reads", k->reads);
	dmv_facts_free(&f);
	free(k);
}

static void damage(void)
{
	struct small *k = make();

	k->ram.entry[1].list.next = node(k, 0);
	broken("a list that loops", k, 4, "belongs to another place");
	k = make();
	k->ram.entry[1].list.next = node(k, 1);
	broken("an entry that leads to itself", k, 4, "belongs to another place");
	k = make();
	k->ram.hash[0].list.next = k->ram.hash[1].list.next = node(k, 2);
	broken("three buckets with one list", k, 4, "belongs to another place");
	k = make();
	k->ram.hash[3].list.next = 0xdead000000000100;
	broken("a bucket that leads nowhere", k, 4, "nothing there");
	k = make();
	k->ram.entry[0].list.next = 3;
	broken("an address of no entry", k, 3, "no entry can be there");
	k = make();
	k->ram.hash[4].list.next = k->ram.hash[4].list.prev = 0;
	broken("a bucket that was wiped", k, 4, "no entry can be there");
	k = make();
	k->hole = at(k, &k->ram.hash[3].lock);
	broken("buckets that are not there", k, 0, "buckets 0 to 7 cannot be read");
	k = make();
	k->hole = at(k, &k->ram.entry[0].bytes);
	broken("an entry that is not there", k, 2, "breaks off");
	k = make();
	k->ram.hash[5].list.prev = node(k, 0);
	broken("an end that is none", k, 4, "not the end of the list");
	k = make();
	k->hole = at(k, &k->ram.total);
	broken("a count that is not there", k, 4, "nr_total_entries cannot be read");
	k = make();
	k->ram.total = 3;
	broken("more entries than there are", k, 3, "more entries than there can be, 3");
	k = make();
	k->range.end = sizeof(struct entry) * 2 + 1;
	broken("more entries than fit", k, 2, "more entries than there can be, 2");
	k = make();
	k->without = "hash_bucket.";
	broken("no size of a bucket", k, 0, "lists are not known");
}

static void odd(void)
{
	struct small *k = make();
	struct dmv_facts f = { 0 };
	struct dmv_err e = { 0 };

	k->ram.entry[0].depth = 1000000;
	k->ram.entry[1].type = 77;
	k->ram.entry[2].pfn = UINT64_MAX;
	k->ram.entry[2].direction = -1;
	look(k, &f, &e);
	T_CHECK(f.nmapping == 4 && f.stack[f.mapping[0].owner].depth == FRAMES, "too deep a stack");
	T_CHECK(f.mapping[1].type == DMV_MAP_OTHER && KNOWN(f.mapping[1].type_number, 77),
		"an unknown type");
	T_CHECK(f.mapping[2].phys == DMV_NO_ADDR && !f.mapping[2].phys_bytes, "no page is there");
	dmv_facts_free(&f);
	memset(k->ram.hash, 0, sizeof(k->ram.hash));
	k->ram.disabled = 1;
	look(k, &f, &e);
	T_CHECKF(!f.nmapping && !noted(&f, "breaks off"), "off from the start", "%s",
		 f.nnote ? f.note[0].text : "");
	dmv_facts_free(&f);
	free(k);
}

int main(void)
{
	all();
	later_layout();
	renamed();
	transitions();
	damage();
	odd();
	return t_done();
}
