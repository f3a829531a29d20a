/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Rows of what happened and what happens: violations, events, operations in progress; and the order
 * in which they are told.
 */
#include <stdlib.h>

#include "facts_rows_int.h"

static uint32_t known_kind(struct dmv_reading *r, uint32_t kind, const char *table,
			   const struct dmv_at *at)
{
	if (kind < DMV_ABI_K_COUNT)
		return kind;
	DMV_NOTE(r, 0, at->record, "%s row %u: object_kind %u is unknown", table, at->row, kind);
	return DMV_K_NONE;
}

/* ---- violations ---- */

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
	e->kept_space = at->space;
	e->kept_at = at->addr;
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

enum dmv_code dmv_fact_violation(struct dmv_reading *r, const uint8_t *p, const struct dmv_at *at)
{
	enum dmv_life life = dmv_fact_life(r, p, at, DMV_ABI_K_VIOLATION);
	struct dmv_violation_fact *v;

	if (!life)
		return DMV_E_OK;
	if (life == DMV_TRANSITION) {
		DMV_NOTE(r, 0, at->record,
			 "violation row %u: was being written when the memory was taken", at->row);
		return DMV_E_OK;
	}
	v = DMV_FACT(violation);
	if (!v)
		return DMV_E_MEMORY;
	v->region = r->index;
	v->row = at->row;
	v->code = U32(violation, code);
	v->rule = U32(violation, rule);
	v->sequence = U32(violation, sequence);
	v->cpu = U32(violation, cpu);
	v->action = U32(violation, action);
	for (int i = 0; i < 4; i++)
		v->p[i] = dmv_r64(r, PTR(violation, p) + 8 * i);
	v->adapter = dmv_ref_index(r, DMV_ABI_K_ADAPTER, PTR(violation, adapter));
	v->object_kind = known_kind(r, U32(violation, object_kind), "violation", at);
	v->object = dmv_ref_object(r, v->object_kind, dmv_ref_read(r, PTR(violation, object)));
	v->site = dmv_ref_site(r, U32(violation, site));
	v->prior_site = dmv_ref_site(r, U32(violation, prior_site));
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

/* ---- events, operations in progress ---- */

enum dmv_code dmv_fact_event(struct dmv_reading *r, const uint8_t *p, const struct dmv_at *at)
{
	uint32_t sequence = U32(event, sequence);
	struct dmv_event_fact *v;

	at->slot->what = DMV_SLOT_FREE;
	/* Not by state: the sequence is what is stored last. */
	if (!sequence || at->torn || dmv_r32(r, p) == DMV_ABI_WRITING)
		return DMV_E_OK;
	v = DMV_FACT(event);
	if (!v)
		return DMV_E_MEMORY;
	r->f->region[r->index].live[DMV_K_EVENT]++;
	v->region = r->index;
	v->cpu = at->cpu;
	v->sequence = sequence;
	v->op = U32(event, op);
	v->adapter = dmv_ref_index(r, DMV_ABI_K_ADAPTER, PTR(event, adapter));
	v->object_kind = known_kind(r, U32(event, object_kind), "event", at);
	v->object = dmv_ref_object(r, v->object_kind, dmv_ref_read(r, PTR(event, object)));
	v->site = dmv_ref_site(r, U32(event, site));
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

enum dmv_code dmv_fact_cpu(struct dmv_reading *r, const uint8_t *p, const struct dmv_at *at)
{
	enum dmv_life life = dmv_fact_life(r, p, at, DMV_ABI_K_CPU);
	struct dmv_pending *w = r->pending;
	struct dmv_cpu_refs *refs;
	struct dmv_cpu_fact *c;

	/* `op` alone counts: it is stored by itself. */
	if (!life && !U32(cpu, op))
		return DMV_E_OK;
	c = DMV_FACT(cpu);
	refs = c ? dmv_fact_new(r, at, &w->cpu_refs, &w->ncpu_refs, sizeof(*refs)) : NULL;
	if (!refs)
		return DMV_E_MEMORY;
	refs->adapter = dmv_ref_read(r, PTR(cpu, adapter));
	refs->object = dmv_ref_read(r, PTR(cpu, object));
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
	/* a ring holds far fewer than it takes to go round */
	COMPARE((int32_t)(x->sequence - y->sequence), 0);
	return 0;
}

void dmv_violations_sort(struct dmv_reading *r)
{
	struct dmv_facts *f = r->f;
	size_t first = r->pending->violation;

	if (f->nviolation - first < 2)
		return;
	qsort(f->violation + first, f->nviolation - first, sizeof(*f->violation), by_sequence);
	for (size_t i = first; i < f->nviolation; i++)
		dmv_slot(r, DMV_ABI_K_VIOLATION, f->violation[i].row)->what =
			DMV_SLOT_FACT + (uint32_t)i;
}

void dmv_events_sort(struct dmv_reading *r)
{
	struct dmv_facts *f = r->f;
	size_t first = r->pending->event;

	if (f->nevent - first > 1)
		qsort(f->event + first, f->nevent - first, sizeof(*f->event), by_time);
}
