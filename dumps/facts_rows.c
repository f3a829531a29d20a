/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Rows of a region into facts: the list of tables, what a row's state means and where a reference
 * leads. It becomes an index only if row and generation agree.
 */
#include <stdlib.h>

#include "facts_rows_int.h"

/* ---- states ---- */

enum dmv_life dmv_fact_life(struct dmv_reading *r, const uint8_t *p, const struct dmv_at *at,
			    uint32_t kind)
{
	uint32_t state = dmv_r32(r, p);

	at->slot->gen = dmv_r32(r, p + 4);
	at->slot->what = DMV_SLOT_FREE;
	if (state == DMV_ABI_FREE && !at->torn)
		return 0;
	r->f->region[r->index].live[kind] += state == DMV_ABI_LIVE;
	if (state > DMV_ABI_HISTORY)
		DMV_NOTE(r, DMV_TOPIC(kind), at->record, "table %u row %u: state %u is unknown",
			 kind, at->row, state);
	if (at->torn)
		return DMV_TRANSITION;
	return state == DMV_ABI_LIVE ? DMV_LIVE :
	       state == DMV_ABI_HISTORY ? DMV_GONE : DMV_TRANSITION;
}

void *dmv_fact_new(struct dmv_reading *r, const struct dmv_at *at, void *array, size_t *n,
		   size_t size)
{
	void *fact = dmv_push(array, n, size);

	if (fact)
		at->slot->what = DMV_SLOT_FACT + (uint32_t)*n - 1;
	else
		dmv_fail(r->e, DMV_E_MEMORY, "no memory for facts");
	return fact;
}

#define BEGINS_WITH_HEAD(type) \
	_Static_assert(offsetof(struct type, row) == offsetof(struct dmv_fact_head, row) && \
		       offsetof(struct type, gen) == offsetof(struct dmv_fact_head, gen) && \
		       offsetof(struct type, life) == offsetof(struct dmv_fact_head, life), #type)
BEGINS_WITH_HEAD(dmv_adapter_fact);
BEGINS_WITH_HEAD(dmv_file_fact);
BEGINS_WITH_HEAD(dmv_register_fact);
BEGINS_WITH_HEAD(dmv_list_fact);
BEGINS_WITH_HEAD(dmv_vector_fact);
BEGINS_WITH_HEAD(dmv_buffer_fact);
BEGINS_WITH_HEAD(dmv_channel_fact);

void *dmv_fact_object(struct dmv_reading *r, const uint8_t *p, const struct dmv_at *at,
		      uint32_t kind, void *array, size_t *n, size_t size, enum dmv_code *ret)
{
	struct dmv_fact_head head = { .region = r->index, .row = at->row };
	void *fact;

	head.life = dmv_fact_life(r, p, at, kind);
	head.gen = at->slot->gen;
	*ret = DMV_E_OK;
	if (!head.life)
		return NULL;
	fact = dmv_fact_new(r, at, array, n, size);
	if (fact)
		memcpy(fact, &head, sizeof(head));
	else
		*ret = DMV_E_MEMORY;
	return fact;
}

/* ---- references ---- */

struct dmv_row_ref dmv_ref_read(const struct dmv_reading *r, const uint8_t *p)
{
	return (struct dmv_row_ref){ dmv_r32(r, p), dmv_r32(r, p + 4) };
}

uint32_t dmv_ref_follow(const struct dmv_reading *r, uint32_t kind, struct dmv_row_ref ref,
			bool *gone)
{
	const struct dmv_slot *s;

	*gone = false;
	if (ref.row == DMV_ABI_NONE)
		return DMV_NO_INDEX;
	s = dmv_slot(r, kind, ref.row);
	if (!s || s->what == DMV_SLOT_UNREAD)
		return DMV_NO_INDEX;
	*gone = s->what == DMV_SLOT_FREE || s->gen != ref.gen;
	return *gone ? DMV_NO_INDEX : s->what - DMV_SLOT_FACT;
}

uint32_t dmv_ref_index(const struct dmv_reading *r, uint32_t kind, const uint8_t *p)
{
	bool gone;

	return dmv_ref_follow(r, kind, dmv_ref_read(r, p), &gone);
}

uint32_t dmv_ref_object(const struct dmv_reading *r, uint32_t kind, struct dmv_row_ref ref)
{
	bool gone;

	switch (kind) {
	case DMV_ABI_K_ADAPTER:
	case DMV_ABI_K_FILE:
	case DMV_ABI_K_REGISTER:
	case DMV_ABI_K_LIST:
	case DMV_ABI_K_BUFFER:
	case DMV_ABI_K_VECTOR:
	case DMV_ABI_K_CHANNEL:
	case DMV_ABI_K_VIOLATION:
	case DMV_ABI_K_DRIVER:
		return dmv_ref_follow(r, kind, ref, &gone);
	default:
		return DMV_NO_INDEX;
	}
}

uint32_t dmv_ref_site(const struct dmv_reading *r, uint32_t row)
{
	const struct dmv_slot *s = row == DMV_ABI_NONE ? NULL : dmv_slot(r, DMV_ABI_K_SITE, row);

	return s && s->what >= DMV_SLOT_FACT ? s->what - DMV_SLOT_FACT : DMV_NO_INDEX;
}

const char *dmv_ref_string(const struct dmv_reading *r, const uint8_t *p)
{
	uint32_t i = dmv_ref_index(r, DMV_ABI_K_STRING, p);

	return i == DMV_NO_INDEX ? "" : r->pending->string[i];
}

static void bugcheck_violation(struct dmv_reading *r)
{
	struct dmv_region_fact *g = &r->f->region[r->index];
	const uint8_t *b = r->header + offsetof(struct dmv_abi_header, bugcheck);
	const struct dmv_evidence *ev;

	if (!DMV_U32(r, b, dmv_abi_bugcheck, state))
		return;
	g->bug_violation = dmv_ref_index(r, DMV_ABI_K_VIOLATION,
					 b + offsetof(struct dmv_abi_bugcheck, violation));
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
	{DMV_ABI_K_STRING, offsetof(struct dmv_abi_string, text), dmv_fact_string, {{0, 0}}},
	{DMV_ABI_K_IMAGE, sizeof(struct dmv_abi_image), dmv_fact_image, {ABSENT(image, name)}},
	{DMV_ABI_K_SITE, offsetof(struct dmv_abi_site, frame), dmv_fact_site, {{0, 0}}},
	{DMV_ABI_K_DRIVER, sizeof(struct dmv_abi_driver), dmv_fact_driver, {ABSENT(driver, name)}},
	{DMV_ABI_K_CPU,
	 sizeof(struct dmv_abi_cpu),
	 dmv_fact_cpu,
	 {ABSENT(cpu, adapter), ABSENT(cpu, object)}},
	{DMV_ABI_K_ADAPTER,
	 sizeof(struct dmv_abi_adapter),
	 dmv_fact_adapter,
	 {ABSENT(adapter, driver), ABSENT(adapter, name), ABSENT(adapter, owner),
	  ABSENT(adapter, releaser), ABSENT(adapter, handle), ABSENT(adapter, device),
	  ABSENT(adapter, max_address), ABSENT(adapter, controller_base),
	  ABSENT(adapter, controller), ABSENT(adapter, line)}},
	{DMV_ABI_K_FILE,
	 sizeof(struct dmv_abi_file),
	 dmv_fact_file,
	 {ABSENT(file, adapter), ABSENT(file, handle), ABSENT(file, owner),
	  ABSENT(file, shadow_virt), ABSENT(file, shadow_phys), ABSENT(file, list),
	  ABSENT(file, releaser)}},
	{DMV_ABI_K_LIST,
	 sizeof(struct dmv_abi_list),
	 dmv_fact_list,
	 {ABSENT(list, adapter), ABSENT(list, handle), ABSENT(list, file), ABSENT(list, mdl),
	  ABSENT(list, va), ABSENT(list, owner), ABSENT(list, releaser)}},
	{DMV_ABI_K_VECTOR,
	 sizeof(struct dmv_abi_vector),
	 dmv_fact_vector,
	 {ABSENT(vector, adapter), ABSENT(vector, handle), ABSENT(vector, owner),
	  ABSENT(vector, releaser)}},
	{DMV_ABI_K_BUFFER,
	 sizeof(struct dmv_abi_buffer),
	 dmv_fact_buffer,
	 {ABSENT(buffer, adapter), ABSENT(buffer, va), ABSENT(buffer, phys), ABSENT(buffer, bus),
	  ABSENT(buffer, block_virt), ABSENT(buffer, vector), ABSENT(buffer, owner),
	  ABSENT(buffer, releaser)}},
	{DMV_ABI_K_CHANNEL,
	 sizeof(struct dmv_abi_channel),
	 dmv_fact_channel,
	 {ABSENT(channel, adapter), ABSENT(channel, file), ABSENT(channel, device),
	  ABSENT(channel, routine), ABSENT(channel, context), ABSENT(channel, irp),
	  ABSENT(channel, owner), ABSENT(channel, releaser)}},
	{DMV_ABI_K_REGISTER,
	 sizeof(struct dmv_abi_register),
	 dmv_fact_register,
	 {ABSENT(register, file), ABSENT(register, owner), ABSENT(register, va),
	  ABSENT(register, phys), ABSENT(register, original_virt), ABSENT(register, bus),
	  ABSENT(register, shadow_virt), ABSENT(register, mdl)}},
	{DMV_ABI_K_VIOLATION,
	 sizeof(struct dmv_abi_violation),
	 dmv_fact_violation,
	 {ABSENT(violation, adapter), ABSENT(violation, object), ABSENT(violation, site),
	  ABSENT(violation, prior_site), ABSENT(violation, addr), ABSENT(violation, expected)}},
	{DMV_ABI_K_EVENT,
	 sizeof(struct dmv_abi_event),
	 dmv_fact_event,
	 {ABSENT(event, adapter), ABSENT(event, site), ABSENT(event, object),
	  ABSENT(event, address), ABSENT(event, bus)}},
};

_Static_assert(sizeof(struct dmv_abi_adapter) <= DMV_ROW_MAX, "the longest row fits");

/* How long a row is by the version that the header names: what is shorter lacks fields. */
static size_t row_bytes(const struct dmv_reading *r, const struct table *t)
{
	static const size_t first[DMV_ABI_K_COUNT] = { [DMV_ABI_K_ADAPTER] = 264,
						       [DMV_ABI_K_CHANNEL] = 88,
						       [DMV_ABI_K_DRIVER] = 64 };

	return r->f->region[r->index].minor == 0 && first[t->kind] ? first[t->kind] : t->bytes;
}

static enum dmv_code decode_table(struct dmv_reading *r, const struct table *t)
{
	uint8_t absent[DMV_ROW_MAX] = { 0 };
	const struct dmv_region_fact *g = &r->f->region[r->index];
	uint32_t stride = r->tab[t->kind].stride;

	for (int i = 0; i < ABSENT_MAX && t->absent[i].bytes; i++)
		memset(absent + t->absent[i].offset, 0xFF, t->absent[i].bytes);
	if (r->tab[t->kind].nwin && stride < row_bytes(r, t))
		DMV_NOTE(r, 0, r->addr,
			 "table %u has rows of %u bytes, version %u.%u has %zu: the fields "
			 "behind are absent",
			 t->kind, stride, g->major, g->minor, row_bytes(r, t));
	return dmv_rows_each(r, t->kind, absent, t->bytes, t->fn);
}

static enum dmv_code decode(struct dmv_reading *r)
{
	enum dmv_code c;

	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		c = decode_table(r, &tables[i]);
		if (c)
			return c;
		if (tables[i].kind == DMV_ABI_K_VIOLATION)
			dmv_violations_sort(r); /* before events refer to them */
	}
	c = dmv_life_spread(r);
	if (c)
		return c;
	bugcheck_violation(r);
	dmv_events_sort(r);
	return DMV_E_OK;
}

enum dmv_code dmv_rows_decode(struct dmv_reading *r)
{
	const struct dmv_facts *f = r->f;
	struct dmv_pending w = { .adapter = f->nadapter, .file = f->nfile, .reg = f->nreg,
				 .list = f->nlist,
				 .vector = f->nvector, .buffer = f->nbuffer,
				 .channel = f->nchannel, .violation = f->nviolation,
				 .event = f->nevent, .cpu = f->ncpu };
	enum dmv_code c;

	r->pending = &w;
	c = decode(r);
	r->pending = NULL;
	free(w.string);
	free(w.file_list);
	free(w.cpu_refs);
	return c;
}
