/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Which objects an operation in progress touches: they are in transition, and never a leak. These
 * are the object that a CPU row names, its map registers, what refers to it; and what is LIVE with
 * the time of its end while an operation on its adapter, or one that names none, is in progress.
 * core/SPEC.md, section 9, says the same for other readers.
 */
#include <stdlib.h>

#include "facts_rows_int.h"

static enum dmv_life *life_of(struct dmv_facts *f, uint32_t kind, uint32_t i)
{
	if (i == DMV_NO_INDEX)
		return NULL;
	switch (kind) {
	case DMV_K_ADAPTER:
		return &f->adapter[i].life;
	case DMV_K_FILE:
		return &f->file[i].life;
	case DMV_K_REGISTER:
		return &f->reg[i].life;
	case DMV_K_LIST:
		return &f->list[i].life;
	case DMV_K_VECTOR:
		return &f->vector[i].life;
	case DMV_K_BUFFER:
		return &f->buffer[i].life;
	case DMV_K_CHANNEL:
		return &f->channel[i].life;
	case DMV_K_DRIVER:
		return &f->driver[i].life;
	default:
		return NULL;
	}
}

static bool moves(struct dmv_facts *f, uint32_t kind, uint32_t i)
{
	const enum dmv_life *life = life_of(f, kind, i);

	return life && *life == DMV_TRANSITION;
}

static void move(struct dmv_facts *f, uint32_t kind, uint32_t i)
{
	enum dmv_life *life = life_of(f, kind, i);

	if (life)
		*life = DMV_TRANSITION;
}

static void move_live(struct dmv_facts *f, uint32_t kind, uint32_t i)
{
	const enum dmv_life *life = life_of(f, kind, i);

	if (life && *life == DMV_LIVE)
		move(f, kind, i);
}

/* ---- what CPU rows name ---- */

struct busy {                           /* operations in progress */
	bool *adapter;                  /* by index */
	bool nameless;                  /* one that names no adapter: it may be on any */
};

static void resolve_cpu(struct dmv_reading *r, size_t i, struct busy *b)
{
	const struct dmv_cpu_refs *refs = &r->pending->cpu_refs[i];
	struct dmv_facts *f = r->f;
	struct dmv_cpu_fact *c = &f->cpu[r->pending->cpu + i];

	c->adapter = dmv_ref_object(r, DMV_ABI_K_ADAPTER, refs->adapter);
	c->object = dmv_ref_object(r, c->object_kind, refs->object);
	if (!c->op)
		return;
	if (c->adapter == DMV_NO_INDEX)
		b->nameless = true;
	else
		b->adapter[c->adapter] = true;
	/* Getting and putting an adapter may name it in either place. */
	if (c->op == DMV_ABI_OP_GET_ADAPTER || c->op == DMV_ABI_OP_PUT_ADAPTER)
		move(f, DMV_K_ADAPTER, c->adapter);
	move(f, c->object_kind, c->object);
}

/* ---- what ends ---- */

static bool ends(const struct busy *b, uint32_t adapter, uint64_t freed_time)
{
	return freed_time && (b->nameless || (adapter != DMV_NO_INDEX && b->adapter[adapter]));
}

/* The time of its end is stored before the state: between the two it is LIVE still. */
#define MOVE_ENDING(array, kind) \
	for (size_t i = w->array; i < f->n##array; i++) \
		if (ends(b, f->array[i].adapter, f->array[i].freed_time)) \
			move_live(f, kind, (uint32_t)i)

static void move_ending(struct dmv_reading *r, const struct busy *b)
{
	const struct dmv_pending *w = r->pending;
	struct dmv_facts *f = r->f;

	for (uint32_t i = (uint32_t)w->adapter; i < f->nadapter; i++)
		if (ends(b, i, f->adapter[i].released_time))
			move_live(f, DMV_K_ADAPTER, i);
	MOVE_ENDING(file, DMV_K_FILE);
	MOVE_ENDING(list, DMV_K_LIST);
	MOVE_ENDING(vector, DMV_K_VECTOR);
	MOVE_ENDING(buffer, DMV_K_BUFFER);
	MOVE_ENDING(channel, DMV_K_CHANNEL);
}

/* ---- what refers to them ---- */

static void spread_files(struct dmv_reading *r)
{
	const struct dmv_pending *w = r->pending;
	struct dmv_facts *f = r->f;

	for (size_t i = w->file; i < f->nfile; i++) {
		struct dmv_file_fact *x = &f->file[i];

		x->list = dmv_ref_object(r, DMV_ABI_K_LIST, w->file_list[i - w->file]);
		if (moves(f, DMV_K_ADAPTER, x->adapter) || moves(f, DMV_K_LIST, x->list))
			move_live(f, DMV_K_FILE, (uint32_t)i);
	}
}

/* A list or a channel takes its map registers along, and the other way round. */
static void spread_holder(struct dmv_facts *f, uint32_t kind, uint32_t i, uint32_t adapter,
			  uint32_t file)
{
	if (moves(f, kind, i))
		move_live(f, DMV_K_FILE, file);
	if (moves(f, DMV_K_ADAPTER, adapter) || moves(f, DMV_K_FILE, file))
		move_live(f, kind, i);
}

static void spread_holders(struct dmv_reading *r)
{
	const struct dmv_pending *w = r->pending;
	struct dmv_facts *f = r->f;

	for (uint32_t i = (uint32_t)w->list; i < f->nlist; i++)
		spread_holder(f, DMV_K_LIST, i, f->list[i].adapter, f->list[i].file);
	for (uint32_t i = (uint32_t)w->channel; i < f->nchannel; i++)
		spread_holder(f, DMV_K_CHANNEL, i, f->channel[i].adapter, f->channel[i].file);
}

static void spread_buffers(struct dmv_reading *r)
{
	const struct dmv_pending *w = r->pending;
	struct dmv_facts *f = r->f;

	for (uint32_t i = (uint32_t)w->vector; i < f->nvector; i++)
		if (moves(f, DMV_K_ADAPTER, f->vector[i].adapter))
			move_live(f, DMV_K_VECTOR, i);
	for (uint32_t i = (uint32_t)w->buffer; i < f->nbuffer; i++)
		if (moves(f, DMV_K_ADAPTER, f->buffer[i].adapter) ||
		    moves(f, DMV_K_VECTOR, f->buffer[i].vector))
			move_live(f, DMV_K_BUFFER, i);
}

static void spread_registers(struct dmv_reading *r)
{
	struct dmv_facts *f = r->f;

	for (size_t i = r->pending->reg; i < f->nreg; i++) {
		struct dmv_register_fact *x = &f->reg[i];

		if (x->life == DMV_LIVE && x->file != DMV_NO_INDEX)
			x->life = f->file[x->file].life;
	}
}

enum dmv_code dmv_life_spread(struct dmv_reading *r)
{
	struct busy b = { .adapter = calloc(r->f->nadapter + 1, sizeof(*b.adapter)) };

	if (!b.adapter)
		return dmv_fail(r->e, DMV_E_MEMORY, "no memory for operations in progress");
	for (size_t i = 0; i < r->pending->ncpu_refs; i++)
		resolve_cpu(r, i, &b);
	move_ending(r, &b);
	free(b.adapter);
	spread_files(r);
	spread_holders(r);
	spread_buffers(r);
	spread_registers(r);
	return DMV_E_OK;
}
