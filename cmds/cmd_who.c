/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* who: which object owns, or last owned, an address: virtual, physical or bus. */
#include "cmd.h"

#include <string.h>

#include "bounce.h"
#include "finding.h"
#include "words.h"

struct owner {
	uint32_t region, of;            /* of: enum dmv_kind_of */
	const char *kind, *space, *state, *owner, *caller, *device;
	uint64_t object, adapter, start, length, age;
	int64_t offset;
};

static const struct dmv_col cols[] = {
	DMV_COL(struct owner, region, "REGION", DMV_S_REGION, "index of the region"),
	DMV_COL(struct owner, space, "AS", DMV_S_STR, "which of the object's addresses it is"),
	DMV_COL(struct owner, kind, "KIND", DMV_S_STR, "kind of the object"),
	DMV_COL(struct owner, object, "OBJECT", DMV_S_ADDR, "its handle or address"),
	DMV_COL(struct owner, start, NULL, DMV_S_ADDR, "start of the range that holds the address"),
	DMV_COL(struct owner, length, "LENGTH", DMV_S_SIZE, "of that range"),
	DMV_COL(struct owner, offset, "OFFSET", DMV_S_OFFSET, "of the address in it"),
	DMV_COL(struct owner, state, "STATE", DMV_S_STR, "live, gone, in transition"),
	DMV_COL(struct owner, age, "AGE", DMV_S_AGE, "nanoseconds since it was made"),
	DMV_COL(struct owner, adapter, "ADAPTER", DMV_S_ADDR, "its adapter"),
	DMV_COL(struct owner, device, NULL, DMV_S_STR, "device or driver"),
	DMV_COL(struct owner, owner, "OWNER", DMV_S_STR, "function that made it"),
	DMV_COL(struct owner, caller, NULL, DMV_S_STR, "the same with offset"),
	{ 0 }
};

static const struct dmv_table table = { "owners", cols, NULL };
static const struct dmv_table near_table = { "neighbours", cols, NULL };

/* Of a kernel's books: without what only a region knows, and with the device's name. */
static const struct dmv_col kernel_cols[] = {
	DMV_COL(struct owner, space, "AS", DMV_S_STR, "which of the mapping's addresses it is"),
	DMV_COL(struct owner, kind, "KIND", DMV_S_STR, "what it is"),
	DMV_COL(struct owner, object, "BUS", DMV_S_BARE, "bus address that the driver holds"),
	DMV_COL(struct owner, start, NULL, DMV_S_ADDR, "start of the range that holds the address"),
	DMV_COL(struct owner, length, "LENGTH", DMV_S_SIZE, "of that range"),
	DMV_COL(struct owner, offset, "OFFSET", DMV_S_OFFSET, "of the address in it"),
	DMV_COL(struct owner, state, "STATE", DMV_S_STR, "live, in transition"),
	DMV_COL(struct owner, device, "DEVICE", DMV_S_STR, "device or driver"),
	DMV_COL(struct owner, owner, "OWNER", DMV_S_STR, "function that made it"),
	DMV_COL(struct owner, caller, NULL, DMV_S_STR, "the same with offset"),
	DMV_COL(struct owner, adapter, NULL, DMV_S_ADDR, "its struct device"),
	{ 0 }
};

static const struct dmv_table kernel_table = { "mappings", kernel_cols, NULL };
static const struct dmv_table kernel_near_table = { "near_mappings", kernel_cols, NULL };

/* One of the ranges of an object. */
struct range {
	const char *space;
	uint64_t start, length;
	bool handle;            /* an address and nothing behind it */
};

enum { RANGES = 5 };

static unsigned put(struct range *r, unsigned n, const char *space, uint64_t start, uint64_t length)
{
	if (start == DMV_NO_ADDR || !length)
		return n;
	r[n] = (struct range){ space, start, length, false };
	return n + 1;
}

static unsigned put_handle(struct range *r, unsigned n, const char *space, uint64_t addr)
{
	unsigned to = addr ? put(r, n, space, addr, 1) : n;

	if (to > n)
		r[n].handle = true;
	return to;
}

static unsigned of_adapter(const struct dmv_adapter_fact *a, struct range r[RANGES])
{
	unsigned n = put_handle(r, 0, "handle", a->handle);

	n = put_handle(r, n, "record", a->record);
	return put_handle(r, n, "device object", a->device);
}

static unsigned of_file(const struct dmv_file_fact *x, struct range r[RANGES])
{
	unsigned n = put_handle(r, 0, "handle", x->handle);

	n = put(r, n, "double buffer", x->shadow_virt, x->shadow_bytes);
	return put(r, n, "double buffer, physical", x->shadow_phys, x->shadow_bytes);
}

/* What a mapping and a common buffer have in common. */
static unsigned of_memory(uint64_t va, uint64_t phys, uint64_t bus, uint64_t bytes,
			  struct range r[RANGES])
{
	unsigned n = put(r, 0, "virtual", va, bytes);

	n = put(r, n, "physical", phys, bytes);
	return bus == phys ? n : put(r, n, "bus", bus, bytes);
}

static unsigned of_register(const struct dmv_register_fact *x, struct range r[RANGES])
{
	return put(r, of_memory(x->va, x->phys, x->bus, x->bytes, r), "shadow", x->shadow_virt,
		   x->bytes);
}

static unsigned of_buffer(const struct dmv_buffer_fact *b, struct range r[RANGES])
{
	return put(r, of_memory(b->va, b->phys, b->bus, b->bytes, r), "padding", b->block_virt,
		   b->block_bytes);
}

static unsigned of_list(const struct dmv_list_fact *l, struct range r[RANGES])
{
	return put(r, put_handle(r, 0, "handle", l->handle), "virtual", l->va, l->bytes);
}

/* One that failed has an address of no memory. */
static unsigned of_mapping(const struct dmv_mapping_fact *x, struct range r[RANGES])
{
	unsigned n = put_handle(r, 0, "dma-debug's entry", x->entry);
	const uint64_t bytes = x->bytes.known ? x->bytes.value : 0;

	if (x->failed)
		return n;
	n = put(r, n, "physical", x->phys, x->phys_bytes);
	if (!x->bus.known || (x->bus.value == x->phys && bytes <= x->phys_bytes))
		return n;
	return put(r, n, "bus", x->bus.value, bytes);
}

static unsigned ranges(const struct dmv_facts *f, const struct dmv_object *o,
		       struct range r[RANGES])
{
	switch (o->kind) {
	case DMV_K_ADAPTER:
		return of_adapter(&f->adapter[o->index], r);
	case DMV_K_FILE:
		return of_file(&f->file[o->index], r);
	case DMV_K_REGISTER:
		return of_register(&f->reg[o->index], r);
	case DMV_K_LIST:
		return of_list(&f->list[o->index], r);
	case DMV_K_VECTOR:
		return put_handle(r, 0, "handle", f->vector[o->index].handle);
	case DMV_K_BUFFER:
		return of_buffer(&f->buffer[o->index], r);
	case DMV_K_MAPPING:
		return of_mapping(&f->mapping[o->index], r);
	case DMV_K_CHANNEL:
		return put_handle(r, 0, "wait context block", f->channel[o->index].record);
	default:
		return 0;
	}
}

struct near {
	bool any;
	uint64_t gap;
	struct owner row;
};

struct search {
	struct dmv_ses *s;
	uint64_t addr;
	uint64_t phys;                  /* of addr, by the kernel's page tables; NO_ADDR */
	uint64_t hits;
	struct near below, above;
};

static void fill(const struct dmv_facts *f, const struct dmv_object *o, const struct range *r,
		 uint64_t addr, struct owner *d)
{
	*d = (struct owner){
		.region = o->region, .of = o->kind, .space = r->space,
		.kind = dmv_object_word(f, o->kind, o->index), .state = dmv_life_word(o->life),
		.owner = o->kind == DMV_K_ADAPTER ? dmv_adapter_owner(f, o->index) :
			 dmv_site_owner(f, o->owner),
		.caller = dmv_site_text(f, o->owner), .device = dmv_adapter_name(f, o->adapter),
		.object = o->addr, .adapter = dmv_adapter_handle(f, o->adapter), .start = r->start,
		.length = r->handle ? UINT64_MAX : r->length, .age = dmv_age(f, o->region, o->time),
		.offset = (int64_t)(addr - r->start),
	};
}

static void neighbour(struct search *q, const struct dmv_object *o, const struct range *r)
{
	bool below = r->start < q->addr;
	struct near *n = below ? &q->below : &q->above;
	uint64_t gap = below ? q->addr - r->start - r->length : r->start - q->addr;

	if (n->any && n->gap <= gap)
		return;
	n->any = true;
	n->gap = gap;
	fill(&q->s->facts, o, r, q->addr, &n->row);
}

/* The address as the kernel has it is that of memory which is mapped. */
static bool by_pages(const struct search *q, const struct dmv_object *o, struct range *r)
{
	if (o->kind != DMV_K_MAPPING || q->phys == DMV_NO_ADDR || strcmp(r->space, "physical") ||
	    q->phys - r->start >= r->length)
		return false;
	*r = (struct range){ "virtual", q->addr - (q->phys - r->start), r->length, false };
	return true;
}

/* The first range of the object that holds the address, as a row. */
static bool object(struct search *q, const struct dmv_object *o)
{
	struct range r[RANGES];
	unsigned n = ranges(&q->s->facts, o, r);
	struct owner d;

	for (unsigned i = 0; i < n; i++) {
		if (q->addr - r[i].start >= r[i].length && !by_pages(q, o, &r[i])) {
			if (!r[i].handle)
				neighbour(q, o, &r[i]);
			continue;
		}
		q->hits++;
		fill(&q->s->facts, o, &r[i], q->addr, &d);
		dmv_about(q->s, d.adapter, d.object);
		return dmv_out_row(q->s->out, o->kind == DMV_K_MAPPING ? &kernel_table : &table,
				   &d);
	}
	return true;
}

static bool walk(struct search *q, bool gone)
{
	const struct dmv_facts *f = &q->s->facts;

	for (const uint32_t *k = dmv_object_kinds; *k; k++) {
		size_t n = dmv_objects(f, *k);
		struct dmv_object o;

		/* not a transfer at a time: each map register has addresses of its own */
		for (size_t i = 0; i < n; i++) {
			dmv_object_get(f, *k, i, &o);
			if ((o.life == DMV_GONE) == gone && !object(q, &o))
				return false;
			if ((i & 4095) == 0 && dmv_stopped(q->s))
				return false;
		}
	}
	return true;
}

static bool say_near(struct search *q, const struct near *n)
{
	return !n->any || dmv_out_row(q->s->out, n->row.of == DMV_K_MAPPING ? &kernel_near_table :
				      &near_table, &n->row);
}

static bool say_neighbours(struct search *q)
{
	dmv_out_line(q->s->out, "No DMA object owns or owned %llx.%s",
		     (unsigned long long)q->addr, q->below.any || q->above.any ? " Nearest:" : "");
	return say_near(q, &q->below) && say_near(q, &q->above);
}

static enum dmv_code run(struct dmv_ses *s, const struct dmv_argv *av)
{
	struct search q = { .s = s, .phys = DMV_NO_ADDR };
	uint64_t bytes;
	uint32_t adapter;
	bool go;

	if (!s->facts.npool && dmv_need_books(s))
		return s->err.code;
	if (dmv_find_addr(s, &av->v[0], &q.addr, &adapter))
		return s->err.code;
	if (adapter != DMV_NO_INDEX)
		q.addr = s->facts.adapter[adapter].handle;
	dmv_out_table(s->out, &table);
	dmv_out_table(s->out, &near_table);
	if (s->facts.nmapping) {
		dmv_out_table(s->out, &kernel_table);
		dmv_out_table(s->out, &kernel_near_table);
	}
	if (s->facts.nmapping || s->facts.npool) {
		if (s->mem && dmv_mem_translate(s->mem, q.addr, &q.phys, &bytes, NULL))
			q.phys = DMV_NO_ADDR;
	}
	go = walk(&q, false) && dmv_bounce_who(s, q.addr, q.phys, &q.hits) && walk(&q, true);
	if (go && !q.hits)
		go = say_neighbours(&q);
	return go ? DMV_E_OK : DMV_E_STOPPED;
}

static const struct dmv_arg args[] = {
	{ "ADDR", DMV_ARG_ADDR, true, "virtual, physical or bus address" },
	{ 0 }
};

const struct dmv_cmd dmv_cmd_who = {
	.name = "who",
	.summary = "who owns, or owned, an address",
	.help = "Every mapping, list, common buffer, map register file, channel and adapter that\n"
		"has this address: as virtual, physical or bus address, in its double buffer or\n"
		"its padding, or as handle; of a Linux kernel what dma-debug has on record,\n"
		"and what is bounced, there or from there. Live ones first, then freed ones\n"
		"that are still on record. If there is none, the nearest below and above.",
	.examples = "who ffff888004a81000  by any kind of address\n"
		    "who 0n4096  decimal",
	.args = args,
	.next = "dma {a} f, events {o}",
	.needs_facts = true,
	.topics = DMV_TOPICS_OBJECTS | DMV_TOPIC_BOUNCE,
	.run = run,
};
