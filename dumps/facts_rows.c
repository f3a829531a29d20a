/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Rows of a region into facts. A reference becomes an index only if row and generation agree; what
 * an operation in progress touches becomes "in transition".
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "facts_int.h"

#define IMAGES_MAX 4096                 /* each is compared with all others by name */

struct pending_ref {
	uint32_t row, gen;
};

/* What must wait until the tables it points to are read. */
struct dmv_pending {
	const char **string;
	size_t nstring;
	struct pending_ref *file_list;  /* of each file of this region */
	size_t nfile_list;
	struct { struct pending_ref adapter, object; } *cpu;
	size_t ncpu;
	size_t images;
	/* where this region's facts begin */
	size_t file0, list0, buffer0, channel0, reg0, violation0, event0, cpu0;
};

#define U32(type, field) DMV_U32(r, p, dmv_abi_##type, field)
#define U64(type, field) DMV_U64(r, p, dmv_abi_##type, field)
#define PTR(type, field) (p + offsetof(struct dmv_abi_##type, field))

static enum dmv_code no_memory(struct dmv_reading *r)
{
	return dmv_fail(r->e, DMV_E_MEMORY, "no memory for facts");
}

/* ---- states and references ---- */

/* False: a free row, no fact. */
static bool begin(struct dmv_reading *r, const uint8_t *p, const struct dmv_at *at, uint32_t kind,
		  enum dmv_life *life)
{
	uint32_t state = dmv_r32(r, p);

	at->slot->gen = dmv_r32(r, p + 4);
	at->slot->what = DMV_SLOT_FREE;
	if (state == DMV_ABI_FREE && !at->torn)
		return false;
	r->f->region[r->index].live[kind] += state == DMV_ABI_LIVE;
	*life = state == DMV_ABI_LIVE	   ? DMV_LIVE
		: state == DMV_ABI_HISTORY ? DMV_GONE
					   : DMV_TRANSITION;
	if (at->torn)
		*life = DMV_TRANSITION;
	if (state > DMV_ABI_HISTORY)
		DMV_NOTE(r, DMV_TOPIC(kind), at->record, "table %u row %u: state %u is unknown", kind, at->row,
			 state);
	return true;
}

static void is_fact(const struct dmv_at *at, size_t n)
{
	at->slot->what = DMV_SLOT_FACT + (uint32_t)n - 1;
}

static struct pending_ref read_ref(const struct dmv_reading *r, const uint8_t *p)
{
	return (struct pending_ref){ dmv_r32(r, p), dmv_r32(r, p + 4) };
}

/* *gone: the row was read and does not hold the object any more. */
static uint32_t follow(const struct dmv_reading *r, uint32_t kind, struct pending_ref ref,
		       bool *gone)
{
	const struct dmv_slot *s;

	*gone = false;
	if (ref.row == DMV_ABI_NONE || kind >= DMV_ABI_K_COUNT)
		return DMV_NO_INDEX;
	s = dmv_slot(r, kind, ref.row);
	if (!s || s->what == DMV_SLOT_UNREAD)
		return DMV_NO_INDEX;
	*gone = s->what == DMV_SLOT_FREE || s->gen != ref.gen;
	return *gone ? DMV_NO_INDEX : s->what - DMV_SLOT_FACT;
}

static uint32_t resolve(const struct dmv_reading *r, uint32_t kind, const uint8_t *p)
{
	bool gone;

	return follow(r, kind, read_ref(r, p), &gone);
}

/* Kinds that have an array of facts for an index to point into. */
static uint32_t resolve_object(const struct dmv_reading *r, uint32_t kind, const uint8_t *p)
{
	switch (kind) {
	case DMV_ABI_K_ADAPTER: case DMV_ABI_K_FILE: case DMV_ABI_K_REGISTER: case DMV_ABI_K_LIST:
	case DMV_ABI_K_BUFFER:
	case DMV_ABI_K_CHANNEL:
	case DMV_ABI_K_VIOLATION:
	case DMV_ABI_K_DRIVER:
		return resolve(r, kind, p);
	default:
		return DMV_NO_INDEX;
	}
}

/* Sites are never freed, so they are named without a generation. */
static uint32_t site(const struct dmv_reading *r, uint32_t row)
{
	const struct dmv_slot *s = row == DMV_ABI_NONE ? NULL : dmv_slot(r, DMV_ABI_K_SITE, row);

	return s && s->what >= DMV_SLOT_FACT ? s->what - DMV_SLOT_FACT : DMV_NO_INDEX;
}

static const char *string(const struct dmv_reading *r, const uint8_t *p)
{
	uint32_t i = resolve(r, DMV_ABI_K_STRING, p);

	return i == DMV_NO_INDEX ? "" : r->pending->string[i];
}

static uint32_t known_kind(struct dmv_reading *r, uint32_t kind, const char *table,
			   const struct dmv_at *at)
{
	if (kind < DMV_ABI_K_COUNT)
		return kind;
	DMV_NOTE(r, 0, at->record, "%s row %u: object_kind %u is unknown", table, at->row,
		 kind);
	return DMV_K_NONE;
}

/* ---- strings, images, sites, drivers ---- */

static enum dmv_code string_row(struct dmv_reading *r, const uint8_t *p, const struct dmv_at *at)
{
	const size_t room = at->stride > offsetof(struct dmv_abi_string, text) ?
			    at->stride - offsetof(struct dmv_abi_string, text) : 0;
	size_t n = U32(string, length);
	enum dmv_life life;
	const char **s;

	if (!begin(r, p, at, DMV_ABI_K_STRING, &life) || life != DMV_LIVE)
		return DMV_E_OK;
	if (n > room) {
		DMV_NOTE(r, DMV_TOPIC(DMV_K_STRING), at->record,
			 "string row %u: length %zu is more than its %zu bytes", at->row, n, room);
		n = room;
	}
	s = DMV_PUSH(r->pending->string, r->pending->nstring);
	if (!s)
		return no_memory(r);
	n = strnlen((const char *)PTR(string, text), n);
	*s = dmv_arena_text(r->f, (const char *)PTR(string, text), n);
	is_fact(at, r->pending->nstring);
	return DMV_E_OK;
}

static void put_hex(char *ret, const uint8_t *p, size_t n)
{
	*ret = 0;
	for (size_t i = 0; i < n; i++)
		snprintf(ret + 2 * i, 3, "%02x", p[i]);
}

static void name_image(struct dmv_reading *r, const struct dmv_image_fact *im, const uint8_t *id,
		       size_t n)
{
	struct dmv_err e;

	if (!r->names || !*im->name || r->pending->images++ >= IMAGES_MAX)
		return;
	if (dmv_names_add_image(r->names, im->name, im->base, im->bytes, n ? id : NULL, n, &e))
		DMV_NOTE(r, 0, im->base, "%.200s", e.msg);
}

static enum dmv_code image_row(struct dmv_reading *r, const uint8_t *p, const struct dmv_at *at)
{
	struct dmv_image_fact *im;
	uint32_t n = U32(image, build_id_n);
	enum dmv_life life;

	if (!begin(r, p, at, DMV_ABI_K_IMAGE, &life) || life != DMV_LIVE)
		return DMV_E_OK;
	if (n > 32) {
		DMV_NOTE(r, DMV_TOPIC(DMV_K_IMAGE), at->record,
			 "image row %u: build_id_n is %u, there is room for 32", at->row, n);
		n = 0;
	}
	im = DMV_PUSH(r->f->image, r->f->nimage);
	if (!im)
		return no_memory(r);
	is_fact(at, r->f->nimage);
	im->region = r->index;
	im->name = string(r, PTR(image, name));
	im->base = U64(image, base);
	im->bytes = U64(image, bytes);
	put_hex(im->build_id, PTR(image, build_id), n);
	name_image(r, im, PTR(image, build_id), n);
	return DMV_E_OK;
}

/* A return address may be the first byte of the next function, where the call does not return: the
 * byte before it is in the right one. */
static void name_site(struct dmv_reading *r, struct dmv_stack *s)
{
	char text[256], owner[256];
	struct dmv_place pl;

	s->text = s->owner = "";
	if (!s->depth)
		return;
	if (!r->names || !dmv_names_place(r->names, s->frame[0] - 1, &pl)) {
		snprintf(text, sizeof(text), "0x%016" PRIx64, s->frame[0]);
		s->text = s->owner = dmv_arena_text(r->f, text, strlen(text));
		return;
	}
	snprintf(text, sizeof(text), "%s%s%s+0x%" PRIx64, pl.module, pl.function[0] ? "!" : "",
		 pl.function, pl.offset + 1);
	s->text = dmv_arena_text(r->f, text, strlen(text));
	s->owner = s->text;
	if (!pl.function[0])
		return;
	snprintf(owner, sizeof(owner), "%s!%s", pl.module, pl.function);
	s->owner = dmv_arena_text(r->f, owner, strlen(owner));
}

static enum dmv_code site_row(struct dmv_reading *r, const uint8_t *p, const struct dmv_at *at)
{
	const uint32_t head = offsetof(struct dmv_abi_site, frame);
	uint32_t room = at->stride > head ? (at->stride - head) / 8 : 0, depth = U32(site, depth);
	struct dmv_stack *s;
	uint64_t *frame;
	enum dmv_life life;

	if (!begin(r, p, at, DMV_ABI_K_SITE, &life) || life != DMV_LIVE)
		return DMV_E_OK;
	if (depth > room) {
		DMV_NOTE(r, DMV_TOPIC(DMV_K_SITE), at->record, "site row %u: depth %u is more than its %u frames",
			 at->row, depth, room);
		depth = room;
	}
	frame = dmv_arena(r->f, depth * sizeof(*frame));
	s = frame ? DMV_PUSH(r->f->stack, r->f->nstack) : NULL;
	if (!s)
		return no_memory(r);
	for (uint32_t i = 0; i < depth; i++)
		frame[i] = dmv_r64(r, p + head + 8 * (size_t)i);
	s->frame = frame;
	s->depth = depth;
	name_site(r, s);
	is_fact(at, r->f->nstack);
	return DMV_E_OK;
}

static enum dmv_code driver_row(struct dmv_reading *r, const uint8_t *p, const struct dmv_at *at)
{
	struct dmv_driver *d;
	enum dmv_life life;

	if (!begin(r, p, at, DMV_ABI_K_DRIVER, &life))
		return DMV_E_OK;
	d = DMV_PUSH(r->f->driver, r->f->ndriver);
	if (!d)
		return no_memory(r);
	is_fact(at, r->f->ndriver);
	d->region = r->index;
	d->row = at->row;
	d->life = life;
	d->name = string(r, PTR(driver, name));
	d->options = U32(driver, options);
	d->hook_quota = U32(driver, hook_quota);
	d->hooked = U32(driver, hooked);
	d->adapters = U32(driver, adapters);
	d->base = U64(driver, base);
	d->bytes = U64(driver, bytes);
	d->time = U64(driver, time);
	d->unload_time = U64(driver, unload_time);
	return DMV_E_OK;
}

/* ---- adapters ---- */

#define D32(field) DMV_U32(r, p, dmv_abi_description, field)
#define D8(field) p[offsetof(struct dmv_abi_description, field)]

static void description(struct dmv_reading *r, const uint8_t *p, struct dmv_description *d)
{
	d->present = true;
	d->version = D32(version);
	d->master = D8(master);
	d->scatter_gather = D8(scatter_gather);
	d->demand_mode = D8(demand_mode);
	d->auto_initialize = D8(auto_initialize);
	d->dma32 = D8(dma32);
	d->ignore_count = D8(ignore_count);
	d->reserved1 = D8(reserved1);
	d->dma64 = D8(dma64);
	d->bus_number = D32(bus_number);
	d->channel = D32(channel);
	d->interface_type = D32(interface_type);
	d->width = D32(width);
	d->speed = D32(speed);
	d->maximum_length = D32(maximum_length);
	d->port = D32(port);
	d->address_width = D32(address_width);
	d->controller = D32(controller);
	d->request_line = D32(request_line);
	d->device_address = DMV_U64(r, p, dmv_abi_description, device_address);
}

static void adapter_counters(struct dmv_reading *r, const uint8_t *p, struct dmv_adapter_fact *a)
{
	a->registers_allocated = U64(adapter, registers_allocated);
	a->registers_freed = U64(adapter, registers_freed);
	a->lists_allocated = U64(adapter, lists_allocated);
	a->lists_freed = U64(adapter, lists_freed);
	a->buffers_allocated = U64(adapter, buffers_allocated);
	a->buffers_freed = U64(adapter, buffers_freed);
	a->channels_allocated = U64(adapter, channels_allocated);
	a->channels_freed = U64(adapter, channels_freed);
	a->bytes_mapped = U64(adapter, bytes_mapped);
	a->registers_mapped = U32(adapter, registers_mapped);
	a->registers_high = U32(adapter, registers_high);
	a->lists_high = U32(adapter, lists_high);
	a->buffers_high = U32(adapter, buffers_high);
	a->channels_high = U32(adapter, channels_high);
}

static enum dmv_code adapter_row(struct dmv_reading *r, const uint8_t *p, const struct dmv_at *at)
{
	const size_t end = offsetof(struct dmv_abi_adapter, description) +
			   sizeof(struct dmv_abi_description);
	struct dmv_adapter_fact *a;
	uint32_t flags = U32(adapter, flags);
	enum dmv_life life;

	if (!begin(r, p, at, DMV_ABI_K_ADAPTER, &life))
		return DMV_E_OK;
	a = DMV_PUSH(r->f->adapter, r->f->nadapter);
	if (!a)
		return no_memory(r);
	is_fact(at, r->f->nadapter);
	a->region = r->index;
	a->row = at->row;
	a->gen = at->slot->gen;
	a->life = life;
	a->released = flags & DMV_ABI_A_RELEASED;
	a->unverified = flags & DMV_ABI_A_UNVERIFIED;
	a->master = flags & DMV_ABI_A_MASTER;
	a->scatter_gather = flags & DMV_ABI_A_SCATTER_GATHER;
	a->bus_master = flags & DMV_ABI_A_BUS_MASTER;
	a->handle = U64(adapter, handle);
	a->record = at->record;
	a->device = U64(adapter, device);
	a->driver = resolve(r, DMV_ABI_K_DRIVER, PTR(adapter, driver));
	a->driver_name = a->driver == DMV_NO_INDEX ? "" : r->f->driver[a->driver].name;
	a->name = string(r, PTR(adapter, name));
	a->owner = site(r, U32(adapter, owner));
	a->releaser = site(r, U32(adapter, releaser));
	a->time = U64(adapter, time);
	a->released_time = U64(adapter, released_time);
	a->refs = U32(adapter, refs);
	a->max_registers = U32(adapter, max_registers);
	a->version = U32(adapter, version);
	a->alignment = U32(adapter, alignment);
	a->max_address = U64(adapter, max_address);
	a->register_base = U64(adapter, register_base);
	a->wait_block = U64(adapter, wait_block);
	adapter_counters(r, p, a);
	if (at->stride >= end && !a->master)
		description(r, PTR(adapter, description), &a->description);
	return DMV_E_OK;
}

/* ---- files, registers, lists, buffers, channels ---- */

static enum dmv_code file_row(struct dmv_reading *r, const uint8_t *p, const struct dmv_at *at)
{
	struct dmv_file_fact *f;
	struct pending_ref *list;
	enum dmv_life life;

	if (!begin(r, p, at, DMV_ABI_K_FILE, &life))
		return DMV_E_OK;
	f = DMV_PUSH(r->f->file, r->f->nfile);
	list = f ? DMV_PUSH(r->pending->file_list, r->pending->nfile_list) : NULL;
	if (!list)
		return no_memory(r);
	is_fact(at, r->f->nfile);
	*list = read_ref(r, PTR(file, list));
	f->region = r->index;
	f->row = at->row;
	f->gen = at->slot->gen;
	f->life = life;
	f->adapter = resolve(r, DMV_ABI_K_ADAPTER, PTR(file, adapter));
	f->list = DMV_NO_INDEX;
	f->handle = U64(file, handle);
	f->record = at->record;
	f->first = U32(file, first);
	f->count = U32(file, count);
	f->hooked = U32(file, hooked);
	f->mapped = U32(file, mapped);
	f->flags = U32(file, flags);
	f->bytes_mapped = U64(file, bytes_mapped);
	f->shadow_virt = U64(file, shadow_virt);
	f->shadow_phys = U64(file, shadow_phys);
	f->shadow_bytes = U64(file, shadow_bytes);
	f->data_offset = U64(file, data_offset);
	f->data_stride = U64(file, data_stride);
	f->owner = site(r, U32(file, owner));
	f->releaser = site(r, U32(file, releaser));
	f->time = U64(file, time);
	f->freed_time = U64(file, freed_time);
	return DMV_E_OK;
}

static enum dmv_code register_row(struct dmv_reading *r, const uint8_t *p, const struct dmv_at *at)
{
	uint32_t flags = U32(register, flags);
	struct dmv_register_fact *g;
	enum dmv_life life;
	bool gone;

	if (!begin(r, p, at, DMV_ABI_K_REGISTER, &life))
		return DMV_E_OK;
	g = DMV_PUSH(r->f->reg, r->f->nreg);
	if (!g)
		return no_memory(r);
	is_fact(at, r->f->nreg);
	g->region = r->index;
	g->row = at->row;
	g->gen = at->slot->gen;
	g->file = follow(r, DMV_ABI_K_FILE, read_ref(r, PTR(register, file)), &gone);
	/* A register is mapped only as long as its file lives. */
	g->life = life == DMV_LIVE && gone ? DMV_GONE : life;
	g->index = U32(register, index);
	g->bytes = U32(register, bytes);
	g->owner = site(r, U32(register, owner));
	g->to_device = flags & DMV_ABI_R_TO_DEVICE;
	g->hooked = flags & DMV_ABI_R_HOOKED;
	g->first = flags & DMV_ABI_R_FIRST;
	g->va = U64(register, va);
	g->phys = U64(register, phys);
	g->original_virt = U64(register, original_virt);
	g->bus = U64(register, bus);
	g->shadow_virt = U64(register, shadow_virt);
	g->mdl = U64(register, mdl);
	g->time = U64(register, time);
	return DMV_E_OK;
}

static enum dmv_code list_row(struct dmv_reading *r, const uint8_t *p, const struct dmv_at *at)
{
	uint32_t flags = U32(list, flags);
	struct dmv_list_fact *l;
	enum dmv_life life;

	if (!begin(r, p, at, DMV_ABI_K_LIST, &life))
		return DMV_E_OK;
	l = DMV_PUSH(r->f->list, r->f->nlist);
	if (!l)
		return no_memory(r);
	is_fact(at, r->f->nlist);
	l->region = r->index;
	l->row = at->row;
	l->gen = at->slot->gen;
	l->life = life;
	l->adapter = resolve(r, DMV_ABI_K_ADAPTER, PTR(list, adapter));
	l->file = resolve(r, DMV_ABI_K_FILE, PTR(list, file));
	l->handle = U64(list, handle);
	l->mdl = U64(list, mdl);
	l->va = U64(list, va);
	l->bytes = U64(list, bytes);
	l->elements = U32(list, elements);
	l->owner = site(r, U32(list, owner));
	l->releaser = site(r, U32(list, releaser));
	l->to_device = flags & DMV_ABI_L_TO_DEVICE;
	l->caller_memory = flags & DMV_ABI_L_CALLER_MEMORY;
	l->time = U64(list, time);
	l->freed_time = U64(list, freed_time);
	return DMV_E_OK;
}

static enum dmv_code buffer_row(struct dmv_reading *r, const uint8_t *p, const struct dmv_at *at)
{
	uint32_t flags = U32(buffer, flags);
	struct dmv_buffer_fact *b;
	enum dmv_life life;

	if (!begin(r, p, at, DMV_ABI_K_BUFFER, &life))
		return DMV_E_OK;
	b = DMV_PUSH(r->f->buffer, r->f->nbuffer);
	if (!b)
		return no_memory(r);
	is_fact(at, r->f->nbuffer);
	b->region = r->index;
	b->row = at->row;
	b->gen = at->slot->gen;
	b->life = life;
	b->adapter = resolve(r, DMV_ABI_K_ADAPTER, PTR(buffer, adapter));
	b->vector = DMV_NO_INDEX;       /* vectors have no facts of their own yet */
	b->index = U32(buffer, index);
	b->va = U64(buffer, va);
	b->phys = U64(buffer, phys);
	b->bus = U64(buffer, bus);
	b->bytes = U64(buffer, bytes);
	b->block_virt = U64(buffer, block_virt);
	b->block_bytes = U64(buffer, block_bytes);
	b->cached = flags & DMV_ABI_B_CACHED;
	b->from_mdl = flags & DMV_ABI_B_FROM_MDL;
	b->owner = site(r, U32(buffer, owner));
	b->releaser = site(r, U32(buffer, releaser));
	b->time = U64(buffer, time);
	b->freed_time = U64(buffer, freed_time);
	return DMV_E_OK;
}

static enum dmv_code channel_row(struct dmv_reading *r, const uint8_t *p, const struct dmv_at *at)
{
	struct dmv_channel_fact *c;
	enum dmv_life life;

	if (!begin(r, p, at, DMV_ABI_K_CHANNEL, &life))
		return DMV_E_OK;
	c = DMV_PUSH(r->f->channel, r->f->nchannel);
	if (!c)
		return no_memory(r);
	is_fact(at, r->f->nchannel);
	c->region = r->index;
	c->row = at->row;
	c->gen = at->slot->gen;
	c->life = life;
	c->adapter = resolve(r, DMV_ABI_K_ADAPTER, PTR(channel, adapter));
	c->file = resolve(r, DMV_ABI_K_FILE, PTR(channel, file));
	c->status = U32(channel, status);
	c->registers = U32(channel, registers);
	c->record = at->record;
	c->device = U64(channel, device);
	c->routine = U64(channel, routine);
	c->context = U64(channel, context);
	c->irp = U64(channel, irp);
	c->owner = site(r, U32(channel, owner));
	c->releaser = site(r, U32(channel, releaser));
	c->time = U64(channel, time);
	c->freed_time = U64(channel, freed_time);
	if (life == DMV_LIVE && (c->status < DMV_ABI_CH_WAITING || c->status > DMV_ABI_CH_HELD))
		DMV_NOTE(r, 0, at->record, "channel row %u: status %u is unknown", at->row,
			 c->status);
	return DMV_E_OK;
}

/* ---- violations, events, CPUs ---- */

static bool known_rule(uint32_t rule)
{
	switch (rule) {
#define DMV_RULE(name, id, ...) case id:
#include "dmv_violation.def"
#undef DMV_RULE
		return true;
	default:
		return false;
	}
}

static void evidence(struct dmv_reading *r, const uint8_t *p, const struct dmv_at *at,
		     struct dmv_evidence *e)
{
	e->addr = U64(violation, addr);
	e->offset = (int64_t)U64(violation, offset);
	e->bad = U32(violation, bad);
	e->expected = U32(violation, expected);
	e->digest_shadow = U64(violation, digest_shadow);
	e->digest_original = U64(violation, digest_original);
	e->n = U32(violation, evidence_n);
	if (e->n > sizeof(e->bytes)) {
		DMV_NOTE(r, DMV_TOPIC(DMV_K_VIOLATION), at->record,
			 "violation row %u: evidence_n is %u, there is room for 32", at->row, e->n);
		e->n = sizeof(e->bytes);
	}
	memcpy(e->bytes, PTR(violation, evidence), e->n);
}

static enum dmv_code violation_row(struct dmv_reading *r, const uint8_t *p, const struct dmv_at *at)
{
	struct dmv_violation_fact *v;
	enum dmv_life life;

	if (!begin(r, p, at, DMV_ABI_K_VIOLATION, &life))
		return DMV_E_OK;
	if (life == DMV_TRANSITION) {
		DMV_NOTE(r, 0, at->record,
			 "violation row %u: was being written when the memory was taken", at->row);
		return DMV_E_OK;
	}
	v = DMV_PUSH(r->f->violation, r->f->nviolation);
	if (!v)
		return no_memory(r);
	is_fact(at, r->f->nviolation);
	v->region = r->index;
	v->row = at->row;
	v->code = U32(violation, code);
	v->rule = U32(violation, rule);
	v->sequence = U32(violation, sequence);
	v->cpu = U32(violation, cpu);
	v->action = U32(violation, action);
	for (int i = 0; i < 4; i++)
		v->p[i] = dmv_r64(r, PTR(violation, p) + 8 * i);
	v->adapter = resolve(r, DMV_ABI_K_ADAPTER, PTR(violation, adapter));
	v->object_kind = known_kind(r, U32(violation, object_kind), "violation", at);
	v->object = resolve_object(r, v->object_kind, PTR(violation, object));
	v->site = site(r, U32(violation, site));
	v->prior_site = site(r, U32(violation, prior_site));
	v->time = U64(violation, time);
	v->prior_time = U64(violation, prior_time);
	evidence(r, p, at, &v->evidence);
	if (!known_rule(v->rule))
		DMV_NOTE(r, 0, at->record, "violation row %u: rule %u is unknown", at->row,
			 v->rule);
	if (v->action > DMV_ABI_MODE_STOP)
		DMV_NOTE(r, 0, at->record, "violation row %u: action %u is unknown", at->row,
			 v->action);
	return DMV_E_OK;
}

static enum dmv_code event_row(struct dmv_reading *r, const uint8_t *p, const struct dmv_at *at)
{
	uint32_t sequence = U32(event, sequence);
	struct dmv_event_fact *v;

	at->slot->what = DMV_SLOT_FREE;
	/* Not by state: the sequence is what is stored last. */
	if (!sequence || at->torn || dmv_r32(r, p) == DMV_ABI_WRITING)
		return DMV_E_OK;
	v = DMV_PUSH(r->f->event, r->f->nevent);
	if (!v)
		return no_memory(r);
	r->f->region[r->index].live[DMV_K_EVENT]++;
	v->region = r->index;
	v->cpu = at->cpu;
	v->sequence = sequence;
	v->op = U32(event, op);
	v->adapter = resolve(r, DMV_ABI_K_ADAPTER, PTR(event, adapter));
	v->object_kind = known_kind(r, U32(event, object_kind), "event", at);
	v->object = resolve_object(r, v->object_kind, PTR(event, object));
	v->site = site(r, U32(event, site));
	v->direction = U32(event, direction);
	v->rule = U32(event, rule);
	v->address = U64(event, address);
	v->bus = U64(event, bus);
	v->size = U64(event, size);
	v->time = U64(event, time);
	if (v->op >= DMV_ABI_OP_COUNT)
		DMV_NOTE(r, 0, at->record, "event row %u: op %u is unknown", at->row, v->op);
	if (v->direction > 2)
		DMV_NOTE(r, 0, at->record, "event row %u: direction %u is unknown", at->row,
			 v->direction);
	return DMV_E_OK;
}

static enum dmv_code cpu_row(struct dmv_reading *r, const uint8_t *p, const struct dmv_at *at)
{
	struct dmv_pending *w = r->pending;
	struct dmv_cpu_fact *c;
	enum dmv_life life;

	/* `op` alone counts: it is stored by itself. */
	if (!begin(r, p, at, DMV_ABI_K_CPU, &life) && !U32(cpu, op))
		return DMV_E_OK;
	c = DMV_PUSH(r->f->cpu, r->f->ncpu);
	if (!c || !DMV_PUSH(w->cpu, w->ncpu))
		return no_memory(r);
	w->cpu[w->ncpu - 1].adapter = read_ref(r, PTR(cpu, adapter));
	w->cpu[w->ncpu - 1].object = read_ref(r, PTR(cpu, object));
	c->region = r->index;
	c->cpu = at->row;
	c->op = U32(cpu, op);
	c->object_kind = known_kind(r, U32(cpu, object_kind), "cpu", at);
	c->adapter = c->object = DMV_NO_INDEX;
	c->time = U64(cpu, time);
	if (c->op >= DMV_ABI_OP_COUNT)
		DMV_NOTE(r, 0, at->record, "cpu row %u: op %u is unknown", at->row, c->op);
	return DMV_E_OK;
}

/* ---- what an operation in progress touches ---- */

static void resolve_cpus(struct dmv_reading *r)
{
	struct dmv_pending *w = r->pending;
	bool gone;

	for (size_t i = 0; i < w->ncpu; i++) {
		struct dmv_cpu_fact *c = &r->f->cpu[w->cpu0 + i];
		struct pending_ref object = w->cpu[i].object;

		c->adapter = follow(r, DMV_ABI_K_ADAPTER, w->cpu[i].adapter, &gone);
		if (c->object_kind != DMV_K_STRING && c->object_kind != DMV_K_CPU)
			c->object = follow(r, c->object_kind, object, &gone);
		if (!c->op)
			continue;
		/* Getting and putting an adapter may name it in either place. */
		if (c->adapter != DMV_NO_INDEX &&
		    (c->op == DMV_ABI_OP_GET_ADAPTER || c->op == DMV_ABI_OP_PUT_ADAPTER))
			r->f->adapter[c->adapter].life = DMV_TRANSITION;
		if (c->object == DMV_NO_INDEX)
			continue;
		if (c->object_kind == DMV_K_ADAPTER)
			r->f->adapter[c->object].life = DMV_TRANSITION;
		else if (c->object_kind == DMV_K_FILE)
			r->f->file[c->object].life = DMV_TRANSITION;
		else if (c->object_kind == DMV_K_REGISTER)
			r->f->reg[c->object].life = DMV_TRANSITION;
		else if (c->object_kind == DMV_K_LIST)
			r->f->list[c->object].life = DMV_TRANSITION;
		else if (c->object_kind == DMV_K_BUFFER)
			r->f->buffer[c->object].life = DMV_TRANSITION;
		else if (c->object_kind == DMV_K_CHANNEL)
			r->f->channel[c->object].life = DMV_TRANSITION;
		else if (c->object_kind == DMV_K_DRIVER)
			r->f->driver[c->object].life = DMV_TRANSITION;
	}
}

static bool in_transition(const enum dmv_life *life)
{
	return life && *life == DMV_TRANSITION;
}

#define LIFE(array, i) ((i) == DMV_NO_INDEX ? NULL : &r->f->array[i].life)

/* Rows that refer to an object in transition are so themselves. */
static void spread_transition(struct dmv_reading *r)
{
	const struct dmv_pending *w = r->pending;
	struct dmv_facts *f = r->f;
	bool gone;

	for (size_t i = w->file0; i < f->nfile; i++) {
		struct dmv_file_fact *x = &f->file[i];

		x->list = follow(r, DMV_ABI_K_LIST, w->file_list[i - w->file0], &gone);
		if (x->life == DMV_LIVE && (in_transition(LIFE(adapter, x->adapter)) ||
					    in_transition(LIFE(list, x->list))))
			x->life = DMV_TRANSITION;
	}
	for (size_t i = w->list0; i < f->nlist; i++) {
		struct dmv_list_fact *x = &f->list[i];

		if (in_transition(&x->life) && x->file != DMV_NO_INDEX &&
		    f->file[x->file].life == DMV_LIVE)
			f->file[x->file].life = DMV_TRANSITION;
		if (x->life == DMV_LIVE && (in_transition(LIFE(adapter, x->adapter)) ||
					    in_transition(LIFE(file, x->file))))
			x->life = DMV_TRANSITION;
	}
	for (size_t i = w->buffer0; i < f->nbuffer; i++)
		if (f->buffer[i].life == DMV_LIVE &&
		    in_transition(LIFE(adapter, f->buffer[i].adapter)))
			f->buffer[i].life = DMV_TRANSITION;
	for (size_t i = w->channel0; i < f->nchannel; i++) {
		struct dmv_channel_fact *x = &f->channel[i];

		if (x->life == DMV_LIVE && (in_transition(LIFE(adapter, x->adapter)) ||
					    in_transition(LIFE(file, x->file))))
			x->life = DMV_TRANSITION;
	}
	for (size_t i = w->reg0; i < f->nreg; i++) {
		struct dmv_register_fact *x = &f->reg[i];

		if (x->life == DMV_LIVE && x->file != DMV_NO_INDEX)
			x->life = f->file[x->file].life;
	}
}

/* ---- order ---- */

#define COMPARE(a, b) do { if ((a) != (b)) return (a) < (b) ? -1 : 1; } while (0)

static int by_sequence(const void *a, const void *b)
{
	const struct dmv_violation_fact *x = a, *y = b;

	COMPARE(x->sequence, y->sequence);
	COMPARE(x->row, y->row);
	return 0;
}

static int by_time(const void *a, const void *b)
{
	const struct dmv_event_fact *x = a, *y = b;

	COMPARE(x->time, y->time);
	COMPARE(x->cpu, y->cpu);
	COMPARE(x->sequence, y->sequence);
	return 0;
}

static void sort_violations(struct dmv_reading *r)
{
	struct dmv_facts *f = r->f;
	size_t first = r->pending->violation0;

	if (f->nviolation - first < 2)
		return;
	qsort(f->violation + first, f->nviolation - first, sizeof(*f->violation), by_sequence);
	for (size_t i = first; i < f->nviolation; i++)
		dmv_slot(r, DMV_ABI_K_VIOLATION, f->violation[i].row)->what =
			DMV_SLOT_FACT + (uint32_t)i;
}

static void bugcheck_violation(struct dmv_reading *r)
{
	struct dmv_region_fact *g = &r->f->region[r->index];
	const uint8_t *b = r->header + offsetof(struct dmv_abi_header, bugcheck);
	const struct dmv_evidence *ev;

	if (!DMV_U32(r, b, dmv_abi_bugcheck, state))
		return;
	g->bug_violation =
		resolve(r, DMV_ABI_K_VIOLATION, b + offsetof(struct dmv_abi_bugcheck, violation));
	if (g->bug_violation == DMV_NO_INDEX)
		return;
	/* The block has no room for these; its violation does. */
	ev = &r->f->violation[g->bug_violation].evidence;
	g->bug_evidence.offset = ev->offset;
	g->bug_evidence.bad = ev->bad;
	g->bug_evidence.expected = ev->expected;
}

/* ---- all tables ---- */

struct absent_field {
	uint16_t offset, bytes;
};

#define ABSENT(type, field) { offsetof(struct dmv_abi_##type, field), \
			      sizeof(((struct dmv_abi_##type *)0)->field) }
#define ABSENT_MAX 16

/* Fields whose absence is all ones: addresses, references, sites. The rest is absent as 0. */
static const struct table {
	uint32_t kind;
	size_t bytes;
	dmv_row_fn *fn;
	struct absent_field absent[ABSENT_MAX];
} tables[] = {
	/* Each after those it refers to. */
	{DMV_ABI_K_STRING, offsetof(struct dmv_abi_string, text), string_row, {{0, 0}}},
	{DMV_ABI_K_IMAGE, sizeof(struct dmv_abi_image), image_row, {ABSENT(image, name)}},
	{DMV_ABI_K_SITE, offsetof(struct dmv_abi_site, frame), site_row, {{0, 0}}},
	{DMV_ABI_K_DRIVER, sizeof(struct dmv_abi_driver), driver_row, {ABSENT(driver, name)}},
	{DMV_ABI_K_CPU,
	 sizeof(struct dmv_abi_cpu),
	 cpu_row,
	 {ABSENT(cpu, adapter), ABSENT(cpu, object)}},
	{DMV_ABI_K_ADAPTER,
	 sizeof(struct dmv_abi_adapter),
	 adapter_row,
	 {ABSENT(adapter, driver), ABSENT(adapter, name), ABSENT(adapter, owner),
	  ABSENT(adapter, releaser), ABSENT(adapter, handle), ABSENT(adapter, device),
	  ABSENT(adapter, max_address)}},
	{DMV_ABI_K_FILE,
	 sizeof(struct dmv_abi_file),
	 file_row,
	 {ABSENT(file, adapter), ABSENT(file, handle), ABSENT(file, owner),
	  ABSENT(file, shadow_virt), ABSENT(file, shadow_phys), ABSENT(file, list),
	  ABSENT(file, releaser)}},
	{DMV_ABI_K_LIST,
	 sizeof(struct dmv_abi_list),
	 list_row,
	 {ABSENT(list, adapter), ABSENT(list, handle), ABSENT(list, file), ABSENT(list, mdl),
	  ABSENT(list, va), ABSENT(list, owner), ABSENT(list, releaser)}},
	{DMV_ABI_K_BUFFER,
	 sizeof(struct dmv_abi_buffer),
	 buffer_row,
	 {ABSENT(buffer, adapter), ABSENT(buffer, va), ABSENT(buffer, phys), ABSENT(buffer, bus),
	  ABSENT(buffer, block_virt), ABSENT(buffer, vector), ABSENT(buffer, owner),
	  ABSENT(buffer, releaser)}},
	{DMV_ABI_K_CHANNEL,
	 sizeof(struct dmv_abi_channel),
	 channel_row,
	 {ABSENT(channel, adapter), ABSENT(channel, file), ABSENT(channel, device),
	  ABSENT(channel, routine), ABSENT(channel, context), ABSENT(channel, irp),
	  ABSENT(channel, owner), ABSENT(channel, releaser)}},
	{DMV_ABI_K_REGISTER,
	 sizeof(struct dmv_abi_register),
	 register_row,
	 {ABSENT(register, file), ABSENT(register, owner), ABSENT(register, va),
	  ABSENT(register, phys), ABSENT(register, original_virt), ABSENT(register, bus),
	  ABSENT(register, shadow_virt), ABSENT(register, mdl)}},
	{DMV_ABI_K_VIOLATION,
	 sizeof(struct dmv_abi_violation),
	 violation_row,
	 {ABSENT(violation, adapter), ABSENT(violation, object), ABSENT(violation, site),
	  ABSENT(violation, prior_site), ABSENT(violation, addr), ABSENT(violation, expected)}},
	{DMV_ABI_K_EVENT,
	 sizeof(struct dmv_abi_event),
	 event_row,
	 {ABSENT(event, adapter), ABSENT(event, site), ABSENT(event, object),
	  ABSENT(event, address), ABSENT(event, bus)}},
};

_Static_assert(sizeof(struct dmv_abi_adapter) <= DMV_ROW_MAX, "the longest row fits");

static enum dmv_code decode_table(struct dmv_reading *r, const struct table *t)
{
	uint8_t absent[DMV_ROW_MAX] = { 0 };
	uint32_t stride = r->tab[t->kind].stride;

	for (int i = 0; i < ABSENT_MAX && t->absent[i].bytes; i++)
		memset(absent + t->absent[i].offset, 0xFF, t->absent[i].bytes);
	if (r->tab[t->kind].nwin && stride < t->bytes)
		DMV_NOTE(r, 0, r->addr,
			 "table %u has rows of %u bytes, version 1.0 has %zu: the fields "
			 "behind are absent",
			 t->kind, stride, t->bytes);
	return dmv_rows_each(r, t->kind, absent, t->bytes, t->fn);
}

static enum dmv_code decode(struct dmv_reading *r)
{
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		enum dmv_code c = decode_table(r, &tables[i]);

		if (c)
			return c;
		if (tables[i].kind == DMV_ABI_K_VIOLATION)
			sort_violations(r);     /* before events refer to them */
	}
	resolve_cpus(r);
	spread_transition(r);
	bugcheck_violation(r);
	if (r->f->nevent - r->pending->event0 > 1)
		qsort(r->f->event + r->pending->event0, r->f->nevent - r->pending->event0,
		      sizeof(*r->f->event), by_time);
	return DMV_E_OK;
}

enum dmv_code dmv_rows_decode(struct dmv_reading *r)
{
	const struct dmv_facts *f = r->f;
	struct dmv_pending w = {.file0 = f->nfile,
				.list0 = f->nlist,
				.buffer0 = f->nbuffer,
				.channel0 = f->nchannel,
				.reg0 = f->nreg,
				.violation0 = f->nviolation,
				.event0 = f->nevent,
				.cpu0 = f->ncpu};
	enum dmv_code c;

	r->pending = &w;
	c = decode(r);
	r->pending = NULL;
	free(w.string);
	free(w.file_list);
	free(w.cpu);
	return c;
}
