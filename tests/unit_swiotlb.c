/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Bounce pools out of a Linux kernel's memory: a small kernel in each of the layouts that there
 * were, with members in an order that no real one has. Real kernels: tests/vm/linux_check.py.
 */
#include <stdlib.h>

#include "linux_swiotlb.h"
#include "mem.h"
#include "t.h"

#define BASE 0xffff888000000000ull
#define NO UINT64_MAX

enum { SLOTS = 8192, LATER = 16, PAGE = 4096 };

struct list { uint64_t prev, next; };
struct slot { uint32_t list; uint16_t pad_slots, x; uint64_t size, orig; };
struct area { uint32_t index, lock; uint64_t used; };
/* Until 6.5 pool.pool is the pool, and what is behind it too. */
struct pool { uint32_t nareas; uint64_t slots, areas, end, start, nslabs; struct list node; };
struct mem { uint8_t force, restricted, grows; uint64_t high, total; struct pool pool;
	struct list pools; };
struct kobj { struct list entry; uint64_t name; };
struct device { uint64_t mask, bus, pool, parms; struct list bounce; struct kobj kobj; };
struct parms { uint32_t align; };

struct ram {
	struct slot slots[SLOTS], later[LATER];
	struct area areas[2], later_area;
	struct mem mem[2];
	struct pool grown, transient;
	struct { uint64_t x; struct list list; } kset;
	uint64_t devices_kset, mask, bus;
	struct parms parms;
	struct device dev[3];
	char text[64];
};

struct small {
	struct dmv_mem mem;
	struct dmv_range range;
	struct ram ram;
	bool lists;                     /* layout of 6.6 and later, with memory that grows */
	const char *without;
	uint64_t hole, hole_end;
	uint64_t reads;
};

static uint64_t at(const struct small *k, const void *p)
{
	return BASE + (uint64_t)((const char *)p - (const char *)&k->ram);
}

/* ---- what a debugger would tell ---- */

#define MEMBER(since, type, path, in, field)                                                      \
	{ since, type, path, offsetof(struct in, field), sizeof(((struct in *)0)->field) }

enum { ALWAYS, OLD, NEW };
static const struct {
	int since;
	const char *type, *path;
	size_t offset, size;
} members[] = {
	MEMBER(ALWAYS, "list_head", "next", list, next),
	MEMBER(ALWAYS, "kset", "list", list, next),     /* offset 8, as in the set below */
	MEMBER(ALWAYS, "kobject", "entry", kobj, entry),
	MEMBER(ALWAYS, "kobject", "name", kobj, name),
	MEMBER(ALWAYS, "device", "kobj", device, kobj),
	MEMBER(ALWAYS, "device", "bus", device, bus),
	MEMBER(ALWAYS, "device", "dma_mask", device, mask),
	MEMBER(ALWAYS, "device", "dma_parms", device, parms),
	MEMBER(ALWAYS, "device_dma_parameters", "min_align_mask", parms, align),
	MEMBER(ALWAYS, "device", "dma_io_tlb_mem", device, pool),
	MEMBER(ALWAYS, "io_tlb_mem", "for_alloc", mem, restricted),
	MEMBER(ALWAYS, "io_tlb_mem", "force_bounce", mem, force),
	MEMBER(ALWAYS, "io_tlb_slot", "orig_addr", slot, orig),
	MEMBER(ALWAYS, "io_tlb_slot", "alloc_size", slot, size),
	MEMBER(ALWAYS, "io_tlb_slot", "list", slot, list),
	MEMBER(ALWAYS, "io_tlb_area", "used", area, used),
	MEMBER(OLD, "io_tlb_mem", "start", mem, pool.start),
	MEMBER(OLD, "io_tlb_mem", "end", mem, pool.end),
	MEMBER(OLD, "io_tlb_mem", "nslabs", mem, pool.nslabs),
	MEMBER(OLD, "io_tlb_mem", "nareas", mem, pool.nareas),
	MEMBER(OLD, "io_tlb_mem", "areas", mem, pool.areas),
	MEMBER(OLD, "io_tlb_mem", "slots", mem, pool.slots),
	MEMBER(NEW, "io_tlb_mem", "defpool", mem, pool),
	MEMBER(NEW, "io_tlb_mem", "nslabs", mem, total),        /* not that of the piece */
	MEMBER(NEW, "io_tlb_mem", "defpool.start", mem, pool.start),
	MEMBER(NEW, "io_tlb_mem", "defpool.end", mem, pool.end),
	MEMBER(NEW, "io_tlb_mem", "defpool.nslabs", mem, pool.nslabs),
	MEMBER(NEW, "io_tlb_mem", "defpool.nareas", mem, pool.nareas),
	MEMBER(NEW, "io_tlb_mem", "defpool.areas", mem, pool.areas),
	MEMBER(NEW, "io_tlb_mem", "defpool.slots", mem, pool.slots),
	MEMBER(NEW, "io_tlb_mem", "used_hiwater.counter", mem, high),
	MEMBER(NEW, "io_tlb_mem", "can_grow", mem, grows),
	MEMBER(NEW, "io_tlb_mem", "pools", mem, pools),
	MEMBER(NEW, "io_tlb_pool", "node", pool, node),
	MEMBER(NEW, "io_tlb_slot", "pad_slots", slot, pad_slots),
	MEMBER(NEW, "device", "dma_io_tlb_pools", device, bounce),
};

static bool mine(const char *type)
{
	return !strncmp(type, "io_tlb", 6) || !strcmp(type, "list_head");
}

static bool member(void *ctx, const char *type, const char *path, struct dmv_member *ret)
{
	const struct small *k = ctx;
	char both[80];

	snprintf(both, sizeof(both), "%s.%s", type, path ? path : "");
	if (k->without && !strcmp(both, k->without))
		return false;
	if (!path) {
		*ret = (struct dmv_member){ .size = !strcmp(type, "io_tlb_slot") ?
			sizeof(struct slot) : !strcmp(type, "io_tlb_area") ?
			sizeof(struct area) : 0 };
		return ret->size != 0;
	}
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		if (strcmp(members[i].type, type) || strcmp(members[i].path, path) ||
		    members[i].since == (k->lists ? OLD : NEW))
			continue;
		*ret = (struct dmv_member){ .offset = members[i].offset, .size = members[i].size };
		return true;
	}
	return false;
}

static bool symbol(void *ctx, const char *name, uint64_t *ret)
{
	const struct small *k = ctx;
	const struct { const char *name; const void *p; bool since; } known[] = {
		{ "devices_kset", &k->ram.devices_kset, false },
		{ "io_tlb_default_mem", &k->ram.mem[0], false },
		{ "swiotlb_tbl_map_single", &k->ram, false },
		{ "rmem_swiotlb_setup", &k->ram, false },
		{ "io_tlb_hiwater_get", &k->ram, true },
		{ "swiotlb_dyn_alloc", &k->ram, true },
		{ "__swiotlb_tbl_unmap_single", &k->ram, true },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (strcmp(known[i].name, name) || (known[i].since && !k->lists))
			continue;
		*ret = at(k, known[i].p);
		return true;
	}
	return false;
}

static enum dmv_code read_ram(struct dmv_mem *m, enum dmv_space s, uint64_t addr, void *buf,
			      size_t n, struct dmv_err *e)
{
	struct small *k = (struct small *)m;

	k->reads++;
	if (s != DMV_VIRT || addr < BASE || addr - BASE > sizeof(k->ram) ||
	    n > sizeof(k->ram) - (addr - BASE))
		return dmv_fail_at(e, DMV_E_ABSENT, addr, "nothing there");
	if (addr < k->hole_end && addr + n > k->hole)
		return dmv_fail_at(e, DMV_E_ABSENT, addr > k->hole ? addr : k->hole, "left out");
	memcpy(buf, (const char *)&k->ram + (addr - BASE), n);
	return DMV_E_OK;
}

/* ---- the kernel ---- */

static void set_pool(const struct small *k, struct pool *p, uint64_t start, const struct slot *slot,
		     size_t n, const struct area *area, uint32_t areas)
{
	*p = (struct pool){ .start = start, .end = start + n * 2048, .nslabs = n, .nareas = areas,
			    .slots = at(k, slot), .areas = at(k, area) };
}

static void free_slots(struct slot *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		s[i] = (struct slot){ .list = 1 + i % 128, .orig = NO };
}

/* As swiotlb_find_slots() and swiotlb_tbl_map_single() fill them. */
static void map(struct slot *s, size_t n, size_t pad, uint64_t orig, uint64_t size)
{
	for (size_t i = 0; i < n; i++)
		s[i] = (struct slot){ .size = size - 2048 * (i - pad),
				      .orig = i < pad || orig == NO ? NO : orig + 2048 * (i - pad),
				      .pad_slots = i == pad ? (uint16_t)pad : 0 };
}

static void chain(const struct small *k, struct list *head, struct list *const *node, size_t n)
{
	uint64_t next = at(k, head);

	while (n--) {
		node[n]->next = next;
		next = at(k, node[n]);
	}
	head->next = next;
}

static void set_devices(struct small *k)
{
	struct ram *r = &k->ram;
	struct list *entries[3];

	r->devices_kset = at(k, &r->kset);
	r->mask = UINT64_MAX;
	r->parms.align = 0xfff;
	snprintf(r->text, sizeof(r->text), "dev");
	for (size_t i = 0; i < 3; i++) {
		struct device *d = &r->dev[i];

		*d = (struct device){ .mask = at(k, &r->mask), .bus = at(k, &r->bus),
				      .pool = at(k, &r->mem[i == 2]),
				      .kobj.name = at(k, r->text) };
		chain(k, &d->bounce, NULL, 0);
		entries[i] = &d->kobj.entry;
	}
	r->dev[2].parms = at(k, &r->parms);
	chain(k, &r->kset.list, entries, 3);
}

static struct small *make(bool lists)
{
	static const struct dmv_mem_ops ops = { .format = "test", .read = read_ram };
	struct small *k = calloc(1, sizeof(*k));
	struct ram *r = &k->ram;

	k->mem = (struct dmv_mem){ .ops = &ops, .name = (char *)"test", .linux_kernel = true,
				   .bits = 64, .translates = true };
	k->range = (struct dmv_range){ 0, sizeof(*r) };
	k->mem.range[DMV_PHYS] = &k->range;
	k->mem.nrange[DMV_PHYS] = 1;
	k->lists = lists;
	set_devices(k);
	free_slots(r->slots, SLOTS);
	free_slots(r->later, LATER);
	map(r->slots + 4, 1, 0, 0x5600, 1536);          /* two buffers side by side */
	map(r->slots + 5, 1, 0, 0x5e00, 1536);
	map(r->slots + 6, 3, 0, 0x7000, 0x1200);
	map(r->slots + 9, 2, 0, 0x7800, 0x600);         /* 0x600 into its first slot */
	map(r->slots + 200, 1, 0, NO, 512);             /* being made */
	r->areas[1].used = 8;
	set_pool(k, &r->mem[0].pool, 0x100000, r->slots, SLOTS - 16, r->areas, 2);
	set_pool(k, &r->mem[1].pool, 0x4000000, r->slots + SLOTS - 16, 16, r->areas, 1);
	map(r->slots + SLOTS - 16, 2, 0, NO, 4096);     /* a common buffer */
	map(r->slots + SLOTS - 14, 1, 0, 0x9100, 64);
	r->mem[0].force = r->mem[1].restricted = 1;
	r->mem[0].high = 77;
	r->mem[0].total = 1234;
	chain(k, &r->mem[0].pools, (struct list *[]){ &r->mem[0].pool.node }, 1);
	chain(k, &r->mem[1].pools, (struct list *[]){ &r->mem[1].pool.node }, 1);
	return k;
}

static enum dmv_code look(struct small *k, struct dmv_facts *f, struct dmv_err *e)
{
	const struct dmv_names_host host = { .ctx = k, .symbol = symbol, .member = member };
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

/* Those that bouncing lacks something by. */
static size_t notes(const struct dmv_facts *f)
{
	size_t n = 0;

	for (size_t i = 0; i < f->nnote; i++)
		n += (f->note[i].topic & DMV_TOPIC_BOUNCE) != 0;
	return n;
}

#define KNOWN(k, v) ((k).known && (k).value == (v))

static bool is_slot(const struct dmv_slot_fact *s, uint32_t first, uint32_t count, uint64_t addr,
		    uint64_t original, uint64_t bytes)
{
	return s->first == first && s->count == count && s->addr == addr &&
	       s->original == original && s->bytes == bytes;
}

static void first_pool(const struct small *k, const struct dmv_facts *f)
{
	const struct dmv_pool_fact *p = f->pool;
	const struct dmv_slot_fact *s = f->slot;

	T_CHECKF(p->handle == at(k, &k->ram.mem[0]) && !strcmp(p->name, "default") &&
		 p->users == 2 && p->adapter == DMV_NO_INDEX && p->slots == SLOTS - 16 &&
		 p->in_use == 8 && !p->unread && p->mappings == 5 && KNOWN(p->force, 1) &&
		 KNOWN(p->used, 8) && KNOWN(p->restricted, 0), "the default pool",
		 "%llu slots, %llu in use, %u mappings", (unsigned long long)p->slots,
		 (unsigned long long)p->in_use, p->mappings);
	T_CHECK(f->bounce[0].start == 0x100000 && f->bounce[0].slots == SLOTS - 16 &&
		f->bounce[0].in_use == 8 && f->bounce[0].adapter == DMV_NO_INDEX, "its memory");
	T_CHECK(is_slot(&s[0], 4, 1, 0x102000, 0x5600, 1536) && s[0].exact &&
		is_slot(&s[1], 5, 1, 0x102800, 0x5e00, 1536), "two mappings side by side");
	T_CHECK(is_slot(&s[2], 6, 3, 0x103000, 0x7000, 0x1200), "a mapping of three slots");
	T_CHECK(is_slot(&s[3], 9, 2, 0x104800, 0x7800, 0x600), "one that begins within a slot");
	T_CHECK(is_slot(&s[4], 200, 1, 0x164000, NO, 512) && s[4].adapter == DMV_NO_INDEX &&
		s[4].said == DMV_SAID_NOBODY, "one that is being made");
}

static void second_pool(const struct dmv_facts *f)
{
	const struct dmv_pool_fact *p = &f->pool[1];
	const struct dmv_slot_fact *s = f->slot + f->nslot - 2;

	T_CHECK(!strcmp(p->name, "restricted") && p->users == 1 && p->adapter == 2 &&
		p->slots == 16 && p->in_use == 3 && KNOWN(p->restricted, 1), "a device's pool");
	T_CHECK(is_slot(s, 0, 2, 0x4000000, NO, 4096) && s->adapter == 2 &&
		s->said == DMV_SAID_POOL, "a common buffer, and whose it is");
	T_CHECK(is_slot(s + 1, 2, 1, 0x4001100, 0x9100, 64) && s[1].exact && s[1].pool == 1,
		"a mapping that keeps the place in its page");
}

static void old(void)
{
	struct small *k = make(false);
	struct dmv_facts f = { 0 };
	struct dmv_err e = { 0 };

	T_CHECKF(!look(k, &f, &e) && f.npool == 2 && f.nbounce == 2 && f.nslot == 7 && !notes(&f),
		 "pools of one piece", "%zu pools, %zu mappings, %zu notes: %s", f.npool, f.nslot,
		 notes(&f), f.nnote ? f.note[0].text : e.msg);
	first_pool(k, &f);
	second_pool(&f);
	T_CHECK(!f.pool[0].high.known && !f.pool[0].grows.known, "what this kernel does not keep");
	dmv_facts_free(&f);
	/* both kinds of device in one pool: nobody can say where in the slot the data is */
	k->ram.dev[2].pool = at(k, &k->ram.mem[0]);
	look(k, &f, &e);
	T_CHECK(f.npool == 1 && f.slot[0].addr == 0x102000 && !f.slot[0].exact && f.slot[2].exact,
		"data at a place in its slot that is not known");
	dmv_facts_free(&f);
	k->ram.mem[0].pool.end = k->ram.mem[0].pool.start;
	k->ram.mem[0].pool.nslabs = 0;
	look(k, &f, &e);
	T_CHECK(f.npool == 1 && !f.pool[0].slots && !f.nbounce && !f.nslot && !notes(&f),
		"a pool without memory");
	dmv_facts_free(&f);
	free(k);
}

static struct small *grown(void)
{
	struct small *k = make(true);
	struct ram *r = &k->ram;

	set_pool(k, &r->grown, 0x6000000, r->later, 8, &r->later_area, 1);
	set_pool(k, &r->transient, 0x7000000, r->later + 8, 4, &r->later_area, 1);
	map(r->later + 2, 4, 2, 0x19000, 0x1000);
	map(r->later + 6, 1, 0, 0x1a000, 0x800);
	map(r->later + 8, 4, 0, 0x21000, 0x2000);
	r->mem[0].grows = 1;
	chain(k, &r->mem[0].pools,
	      (struct list *[]){ &r->mem[0].pool.node, &r->grown.node }, 2);
	chain(k, &r->dev[1].bounce, (struct list *[]){ &r->transient.node }, 1);
	return k;
}

static void grows(void)
{
	struct small *k = grown();
	const struct dmv_slot_fact *s;
	struct dmv_facts f = { 0 };
	struct dmv_err e = { 0 };

	T_CHECKF(!look(k, &f, &e) && f.npool == 2 && f.nbounce == 4 && f.nslot == 10 && !notes(&f),
		 "a pool that grew", "%zu pieces, %zu mappings, %zu notes: %s", f.nbounce, f.nslot,
		 f.nnote, f.nnote ? f.note[0].text : e.msg);
	T_CHECK(f.pool[0].slots == SLOTS - 16 + 8 + 4 && f.pool[0].in_use == 8 + 5 + 4 &&
		KNOWN(f.pool[0].high, 77) && KNOWN(f.pool[0].grows, 1), "all its memory");
	s = &f.slot[5];
	T_CHECKF(is_slot(s, 2, 4, 0x6002000, 0x19000, 0x1000) && s->padding == 2 &&
		 s->bounce == 1, "padding in front", "%u slots, %u padding", s->count, s->padding);
	T_CHECK(is_slot(s + 1, 6, 1, 0x6003000, 0x1a000, 0x800), "what follows it");
	T_CHECK(is_slot(s + 2, 0, 4, 0x7000000, 0x21000, 0x2000) && s[2].adapter == 1 &&
		f.bounce[2].adapter == 1, "memory for one mapping of a device");
	dmv_facts_free(&f);
	free(k);
}

/* Without these mappings are lost, or not told apart. */
static bool matters(const char *path)
{
	static const char *const names[] = {
		"slots", "defpool.slots", "nslabs", "defpool.nslabs", "defpool", "pools", "node",
		"dma_io_tlb_pools", "list", "orig_addr", "alloc_size", "pad_slots", "next", NULL,
	};
	size_t i = 0;

	while (names[i] && strcmp(names[i], path))
		i++;
	return names[i] != NULL;
}

/* Each member under another name: what it tells is lost, and that is said; the rest is there. */
static void renamed(bool lists)
{
	char without[80], name[120];
	const size_t all = lists ? 10 : 7;
	struct dmv_facts f = { 0 };
	struct dmv_err e = { 0 };

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		const bool restricted = !strcmp(members[i].path, "for_alloc");
		struct small *k;
		bool said = false;

		if (members[i].since == (lists ? OLD : NEW) || !mine(members[i].type) ||
		    (lists && !strcmp(members[i].path, "nslabs")))  /* which nobody reads */
			continue;
		k = lists ? grown() : make(false);
		snprintf(without, sizeof(without), "%s.%s", members[i].type, members[i].path);
		snprintf(name, sizeof(name), "%s without %s", lists ? "new" : "old", without);
		k->without = without;
		look(k, &f, &e);
		for (size_t j = 0; j < f.nnote; j++) {
			/* the other nslabs is found, and does not fit */
			said |= strstr(f.note[j].text, "not known") ||
				strstr(f.note[j].text, "do not fill");
		}
		T_CHECKF(said, name, "not a word; %zu mappings", f.nslot);
		T_CHECKF(notes(&f) == (restricted ? 0 : 1) || strstr(without, "nslabs"), name,
			 "%zu notes: %s", notes(&f), f.note[f.nnote - 1].text);
		T_CHECKF(f.nslot == all || matters(members[i].path), name, "%zu mappings", f.nslot);
		dmv_facts_free(&f);
		free(k);
	}
}

static void broken(const char *name, struct small *k, size_t mappings, const char *note)
{
	struct dmv_facts f = { 0 };
	struct dmv_err e = { 0 };
	bool said = false;

	look(k, &f, &e);
	for (size_t i = 0; i < f.nnote; i++)
		said |= strstr(f.note[i].text, note) && (f.note[i].topic & DMV_TOPIC_BOUNCE);
	T_CHECKF(said && f.nslot == mappings, name, "%zu mappings, %zu notes: %s", f.nslot, f.nnote,
		 f.nnote ? f.note[0].text : e.msg);
	T_CHECKF(k->reads < 2000, name, "%llu reads", (unsigned long long)k->reads);
	dmv_facts_free(&f);
	free(k);
}

static void damage(void)
{
	struct small *k = make(false);

	k->ram.mem[0].pool.nslabs = 1ull << 60;
	broken("2^60 slots", k, 2, "do not fill");
	k = make(false);
	k->ram.mem[0].pool.nslabs = 1ull << 40;
	k->ram.mem[0].pool.end = k->ram.mem[0].pool.start + (1ull << 51);
	broken("slots for 2^51 bytes", k, 2, "more than the target can hold");
	k = make(false);
	k->ram.mem[0].pool.slots = 0xffffc90000000000;
	broken("slots that are nowhere", k, 2, "slots of the bounce pool");
	k = make(false);
	k->hole = at(k, &k->ram.slots[3000]) & ~0xfffull;
	k->hole_end = k->hole + PAGE;
	broken("a page of slots that is missing", k, 7, "cannot be read");
	k = make(false);
	k->hole = at(k, &k->ram.slots[7]) + 8;
	k->hole_end = k->hole + 8;
	broken("mappings next to what is missing", k, 6, "cannot be read");
	k = make(false);
	k->ram.mem[0].pool.nareas = 0xffffffff;
	broken("2^32 areas", k, 7, "areas, and has");
	k = make(false);
	k->ram.dev[0].pool = 0x10;
	broken("a pool that is nowhere", k, 7, "cannot be read");
	k = grown();
	k->ram.grown.node.next = at(k, &k->ram.mem[0].pool.node);
	broken("pieces that loop", k, 10, "leads back into itself");
	k = grown();
	k->ram.grown.slots = at(k, k->ram.slots);
	k->ram.grown.nslabs = SLOTS;
	k->ram.grown.end = k->ram.grown.start + SLOTS * 2048;
	k->range.end = (SLOTS + 64) * 16;
	broken("pieces that share their slots", k, 8, "more than the target can hold");
}

static uint64_t next(uint64_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 7;
	*x ^= *x << 17;
	return *x;
}

/* A word anywhere in what is walked becomes an address, a small number, or anything. */
static void spoil(struct small *k, uint64_t *x)
{
	char *const from = (char *)k->ram.mem, *const end = (char *)&k->ram.devices_kset;
	char *const slots = (char *)k->ram.slots;
	const bool in_slots = next(x) % 4 == 0;
	const size_t words = in_slots ? 512 : (size_t)(end - from) / 8;
	const uint64_t values[] = {
		at(k, from) + next(x) % (size_t)(end - from), next(x) % 16, next(x), 1ull << 60,
		at(k, k->ram.slots), NO,
	};
	const uint64_t value = values[next(x) % 6];

	memcpy((in_slots ? slots : from) + next(x) % words * 8, &value, sizeof(value));
}

/* Whatever is there: an end, in time, and no more mappings than slots that the target can hold. */
static void random_damage(void)
{
	uint64_t x = 88172645463325252ull, worst = 0;
	size_t most = 0, said = 0;

	for (int i = 0; i < 400; i++) {
		struct small *k = grown();
		struct dmv_facts f = { 0 };
		struct dmv_err e = { 0 };

		for (uint64_t n = 1 + next(&x) % 6; n; n--)
			spoil(k, &x);
		look(k, &f, &e);
		worst = k->reads > worst ? k->reads : worst;
		most = f.nslot > most ? f.nslot : most;
		said += notes(&f) != 0;
		dmv_facts_free(&f);
		free(k);
	}
	T_CHECKF(worst < 20000 && most <= sizeof(struct ram) / 16 && said > 100,
		 "random damage has an end", "%llu reads, %zu mappings, %zu notes",
		 (unsigned long long)worst, most, said);
}

/* Who has a mapping with that bus address on record, and of the same memory. */
static void owners(void)
{
	struct dmv_adapter_fact adapter[] = { { .linux_device = 0 }, { .linux_device = 1 } };
	struct dmv_device_fact device[] = { { .min_align = { true, 0 } },
					    { .min_align = { true, 0xfff } } };
	struct dmv_pool_fact pool = { .users = 2, .adapter = DMV_NO_INDEX };
	struct dmv_bounce_fact bounce = { .adapter = DMV_NO_INDEX, .start = 0x10000 };
	struct dmv_mapping_fact mapping[] = {
		{ .adapter = 1, .bus = { true, 0x10a00 }, .phys = 0x5200 },
		{ .adapter = 0, .bus = { true, 0x11000 }, .phys = 0x6000 },     /* other memory */
		{ .adapter = 0, .bus = { true, 0x12000 }, .phys = 0x8000, .failed = true },
	};
	struct dmv_register_fact reg[] = {
		{ .life = DMV_LIVE, .bus = 0x11800, .phys = 0x7000 },
		{ .life = DMV_GONE, .bus = 0x12000, .phys = 0x8000 },
		{ .life = DMV_LIVE, .bus = 0x12000, .phys = 0x8000, .file = DMV_NO_INDEX },
	};
	struct dmv_file_fact file = { .adapter = 0 };
	struct dmv_slot_fact slot[] = {
		{ .addr = 0x10800, .original = 0x5200 }, { .addr = 0x11000, .original = 0x9a00 },
		{ .addr = 0x11800, .original = 0x7000 }, { .addr = 0x12000, .original = 0x8000 },
	};
	struct dmv_facts f = {
		.adapter = adapter, .nadapter = 2, .device = device, .ndevice = 2, .pool = &pool,
		.npool = 1, .bounce = &bounce, .nbounce = 1, .slot = slot, .nslot = 4,
		.mapping = mapping, .nmapping = 3, .reg = reg, .nreg = 3, .file = &file,
		.nfile = 1, .debug = { .there = true, .disabled = { true, 0 } },
	};

	T_CHECK(dmv_swiotlb_owners(&f) && slot[0].adapter == 1 && slot[0].object == 0 &&
		slot[0].said == DMV_SAID_DMA_DEBUG && slot[0].exact && !slot[0].unbooked &&
		slot[0].addr == 0x10a00, "on record with dma-debug");
	T_CHECK(slot[1].said == DMV_SAID_NOBODY && slot[1].adapter == DMV_NO_INDEX &&
		slot[1].unbooked && !slot[1].exact && slot[1].addr == 0x11000,
		"a mapping of other memory is another");
	T_CHECK(slot[2].said == DMV_SAID_REGION && slot[2].adapter == 0 && slot[2].unbooked,
		"on record in a region");
	T_CHECK(slot[3].said == DMV_SAID_NOBODY && slot[3].exact, "what failed or is gone");
	f.debug.disabled.value = 1;
	slot[3].unbooked = false;
	T_CHECK(dmv_swiotlb_owners(&f) && !slot[3].unbooked, "dma-debug had been switched off");
}

/* ---- bounce buffers against what is bounced ---- */

struct two {
	struct dmv_mem mem;
	uint8_t bytes[0x4000];
};

static enum dmv_code read_two(struct dmv_mem *m, enum dmv_space s, uint64_t addr, void *buf,
			      size_t n, struct dmv_err *e)
{
	const struct two *t = (const struct two *)m;

	if (s != DMV_PHYS || addr > sizeof(t->bytes) || n > sizeof(t->bytes) - addr)
		return dmv_fail_at(e, DMV_E_ABSENT, addr, "nothing there");
	memcpy(buf, t->bytes + addr, n);
	return DMV_E_OK;
}

static void compared(void)
{
	static const struct dmv_mem_ops ops = { .format = "test", .read = read_two };
	struct two t = { .mem = { .ops = &ops, .name = (char *)"test", .bits = 64 } };
	struct dmv_pool_fact pool = { .users = 2 };
	struct dmv_bounce_fact bounce = { .start = 0x1000 };
	struct dmv_mapping_fact mapping = { .bytes = { true, 0x600 },
					    .direction = { true, DMV_DIR_TO_DEVICE } };
	struct dmv_slot_fact slot[] = {
		{ .addr = 0x1000, .original = 0x3000, .bytes = 0x700, .count = 1, .exact = true,
		  .said = DMV_SAID_DMA_DEBUG },
		{ .first = 1, .addr = 0x1800, .original = 0x3800, .bytes = 8, .count = 1 },
		{ .first = 2, .addr = 0x2000, .original = 0x9000, .bytes = 8, .count = 1,
		  .exact = true },
		{ .first = 3, .addr = 0x2800, .original = 0x3800, .bytes = UINT64_MAX, .count = 1,
		  .exact = true },
		{ .first = 4, .addr = 0x3000, .original = NO, .count = 1, .exact = true },
	};
	struct dmv_facts f = { .pool = &pool, .npool = 1, .bounce = &bounce, .nbounce = 1,
			       .mapping = &mapping, .nmapping = 1, .slot = slot, .nslot = 5 };
	struct dmv_err e = { .addr = DMV_NO_ADDR };
	const struct dmv_copy_fact *c;

	t.bytes[0x3005] = 0xaa;
	t.bytes[0x35ff] = 0xbb;
	t.bytes[0x3600] = 0xcc;                 /* behind what is mapped */
	t.bytes[0x3fff] = 0xdd;                 /* the last that the slot can hold */
	T_CHECKF(!dmv_facts_bounced(&f, &t.mem, NULL, &e) && f.ncopy == 2 &&
		 f.copies_compared == 2 && f.copies_unreadable == 1 && f.copies_unplaced == 1,
		 "bounce buffers are compared", "%zu differ of %llu: %s", f.ncopy,
		 (unsigned long long)f.copies_compared, e.msg);
	c = f.copy;
	T_CHECK(c && c->slot == 0 && c->offset == 5 && c->differ == 2 && c->bytes == 0x600 &&
		KNOWN(c->direction, DMV_DIR_TO_DEVICE) && c->original[0] == 0xaa && !c->bounce[0],
		"as long as dma-debug says");
	T_CHECK(c && c[1].slot == 3 && c[1].offset == 0x7ff && c[1].bytes == 2048 && c[1].n == 1 &&
		!c[1].direction.known, "no longer than its slots");
	T_CHECK(f.nnote == 1 && (f.note[0].topic & DMV_TOPIC_VERIFY) && f.note[0].addr == 0x9000,
		"what is not there is said");
	f.pool = NULL;                          /* what stands here is not to be freed */
	f.bounce = NULL;
	f.mapping = NULL;
	f.slot = NULL;
	dmv_facts_free(&f);
}

int main(void)
{
	compared();
	owners();
	old();
	grows();
	renamed(false);
	renamed(true);
	damage();
	random_damage();
	return t_done();
}
