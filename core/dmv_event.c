/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* What every call does on its way in and out; call sites, events, violations. */
#include "dmv_int.h"

struct rule {
	uint32_t code, p1;
	int32_t p2;
	bool error;
};

enum { ERROR = 1, WARNING = 0 };

static const struct rule rules[] = {
#define DMV_RULE(name, id, code, p1, p2, severity, ...) [id] = { code, p1, p2, severity },
#include "dmv_violation.def"
#undef DMV_RULE
};

/* ---- call sites ---- */

static uint32_t site_hash(const uint64_t *frame, uint32_t depth)
{
	uint64_t h = depth;

	for (uint32_t i = 0; i < depth; i++)
		h = (h ^ frame[i]) * 0x9E3779B97F4A7C15u;
	return (uint32_t)(h >> 32);
}

static bool site_is(const struct dmv_abi_site *row, uint32_t hash, const uint64_t *frame,
		    uint32_t depth)
{
	return row->hash == hash && row->depth == depth &&
	       memcmp(row->frame, frame, depth * sizeof(*frame)) == 0;
}

/* Sites are never freed: a stack that was seen once can be named for ever. */
static uint32_t site_intern(struct dmv *v, const uint64_t *frame, uint32_t depth)
{
	const uint32_t hash = site_hash(frame, depth);
	struct dmv_abi_site *row;
	uint32_t slot = dmv_hash_slot(&v->sites, hash), index;
	const uint32_t mask = (uint32_t)((UINT64_C(1) << (64 - v->sites.shift)) - 1);

	while (v->sites.bucket[slot] != DMV_ABI_NONE) {
		index = v->sites.bucket[slot];
		if (site_is(dmv_row(&v->tab[DMV_ABI_K_SITE], index), hash, frame, depth))
			return index;
		slot = (slot + 1) & mask;
	}
	row = dmv_take(v, DMV_ABI_K_SITE, &index);
	if (!row)
		return DMV_ABI_NONE;
	st32(&row->depth, depth);
	st32(&row->hash, hash);
	for (uint32_t i = 0; i < depth; i++)
		st64(&row->frame[i], frame[i]);
	dmv_live(v, DMV_ABI_K_SITE, row);
	v->sites.bucket[slot] = index;
	return index;
}

/* ---- in and out ---- */

#define DEPTH_MAX 32

/* The host walks the stack before the lock is taken. */
void dmv_enter_stack(struct dmv_call *c, struct dmv *v, uint64_t caller)
{
	uint64_t frame[DEPTH_MAX];
	uint32_t depth = v->port.stack(v->port.host, caller, frame, v->cfg.stack_depth);

	if (depth == 0 || depth > v->cfg.stack_depth) {
		frame[0] = caller;
		depth = 1;
	}
	v->port.lock(v->port.host);
	c->site = site_intern(v, frame, depth);
}

void dmv_enter_new(struct dmv *v, struct dmv_caller *known, uint64_t caller)
{
	known->site = site_intern(v, &caller, 1);
	known->address = caller;
}

void dmv_enter(struct dmv_call *c, struct dmv *v, uint64_t caller, enum dmv_abi_op op,
	       struct dmv_adapter *a)
{
	dmv_enter_hot(c, v, caller, op, a);
}

void dmv_tell_host(const struct dmv_call *c)
{
	const struct dmv_port *port = &c->v->port;

	for (uint32_t i = 0; i < c->reports; i++)
		port->violation(port->host, &c->report[i]);
}

void dmv_leave(struct dmv_call *c)
{
	dmv_leave_hot(c);
}

/* ---- events ---- */

void dmv_event_turn(const struct dmv *v, struct dmv_cpu *cpu)
{
	const struct dmv_tab *t = &v->tab[DMV_ABI_K_EVENT];
	const uint32_t ring = v->cfg.rows[DMV_ABI_K_EVENT];
	const uint32_t first = (uint32_t)(cpu - v->cpu) * ring;
	uint32_t row, left;

	if (cpu->sequence == 0)                 /* it wrapped: 0 is a row being written */
		cpu->sequence = 1;
	row = cpu->sequence & (ring - 1);
	left = dmv_row_run(t, first + row);
	cpu->event = dmv_row(t, first + row);
	cpu->together = left < ring - row ? left : ring - row;
}

void dmv_cpus_start(struct dmv *v)
{
	for (uint32_t i = 0; i < v->cfg.cpus; i++) {
		struct dmv_cpu *cpu = &v->cpu[i];

		cpu->row = dmv_row(&v->tab[DMV_ABI_K_CPU], i);
		cpu->sequence = 1;
		if (v->cfg.rows[DMV_ABI_K_EVENT])
			dmv_event_turn(v, cpu);
	}
}

void dmv_event(struct dmv_call *c, enum dmv_abi_op op, struct dmv_adapter *a,
	       const struct dmv_event_args *e)
{
	dmv_event_write(c, op, a, e);
}

/* ---- violations ---- */

static bool rule_on(const struct dmv *v, uint32_t rule)
{
	return !(v->rules_off[rule / 32] >> (rule % 32) & 1);
}

static uint32_t action_of(const struct dmv *v, enum dmv_rule rule, const struct dmv_adapter *a)
{
	const uint32_t own = v->rule_modes[rule / 16] >> (rule % 16 * 2) & 3;
	bool error = rules[rule].error;

	if (own != DMV_ABI_RULE_AS_MODE)
		return own - DMV_ABI_RULE_LOG + DMV_ABI_MODE_LOG;
	if (rule == DMV_V_REGISTERS_OVER_MAXIMUM && dmv_strict(v, a))
		error = true;
	return error ? v->mode : DMV_ABI_MODE_LOG;
}

struct evidence {
	uint64_t addr, digest_shadow, digest_original;
	uint32_t n;
	const char *bytes;
};

static struct evidence evidence_of(const struct dmv_found *f)
{
	struct evidence e = { .addr = DMV_ABI_UNKNOWN };

	if (!f || !f->at)
		return e;
	e.addr = (uintptr_t)f->at;
	e.bytes = f->at;
	e.n = f->bad < 32 ? f->bad : 32;
	if (f->shadow)
		e.digest_shadow = dmv_digest64(f->shadow, (size_t)f->bytes);
	if (f->original)
		e.digest_original = dmv_digest64(f->original, (size_t)f->bytes);
	return e;
}

static void write_bugcheck(struct dmv_call *c, uint32_t code, const uint64_t p[4], uint32_t row,
			   uint32_t gen, const struct evidence *e)
{
	struct dmv_abi_bugcheck *b = &c->v->header->bugcheck;

	if (b->state != 0)
		return;                         /* the first one is what the machine dies of */
	withdraw(&b->state, 1);
	st32(&b->code, code);
	for (int i = 0; i < 4; i++)
		st64(&b->p[i], p[i]);
	dmv_ref_set(&b->violation, row, gen);
	st64(&b->time, c->now);
	st32(&b->cpu, dmv_cpu_number(c));
	st32(&b->evidence_n, e->n);
	st64(&b->evidence_addr, e->addr);
	st64(&b->digest_shadow, e->digest_shadow);
	st64(&b->digest_original, e->digest_original);
	dmv_store_bytes(b->evidence, e->bytes, e->n);
	publish(&b->state, 2);
}

static void write_violation(struct dmv_call *c, struct dmv_abi_violation *row,
			    const struct dmv_report *r, struct dmv_adapter *a,
			    const struct dmv_object *obj, const struct dmv_found *f,
			    const struct evidence *e)
{
	st32(&row->code, r->code);
	st32(&row->rule, r->rule);
	for (int i = 0; i < 4; i++)
		st64(&row->p[i], r->p[i]);
	dmv_ref_set(&row->adapter, a ? a->index : DMV_ABI_NONE, a ? a->row->gen : 0);
	st32(&row->object_kind, obj ? (uint32_t)obj->kind : DMV_ABI_K_NONE);
	st32(&row->action, r->action);
	dmv_ref_set(&row->object, obj ? obj->row : DMV_ABI_NONE, obj ? obj->gen : 0);
	st32(&row->site, c->site);
	st32(&row->prior_site, obj ? obj->prior_site : DMV_ABI_NONE);
	st64(&row->time, c->now);
	st32(&row->cpu, dmv_cpu_number(c));
	st32(&row->sequence, r->sequence);
	st64(&row->prior_time, obj ? obj->prior_time : 0);
	st64(&row->addr, e->addr);
	st64(&row->offset, f ? (uint64_t)f->offset : 0);
	st32(&row->expected, f ? f->expected : DMV_ABI_NONE);
	st32(&row->bad, f ? f->bad : 0);
	st32(&row->evidence_n, e->n);
	st64(&row->digest_shadow, e->digest_shadow);
	st64(&row->digest_original, e->digest_original);
	dmv_store_bytes(row->evidence, e->bytes, e->n);
}

bool dmv_raise(struct dmv_call *c, enum dmv_rule rule, struct dmv_adapter *a,
	       const struct dmv_object *obj, const struct dmv_found *found,
	       uint64_t p2, uint64_t p3, uint64_t p4)
{
	struct dmv *v = c->v;
	const struct evidence e = evidence_of(found);
	struct dmv_abi_violation *row;
	struct dmv_report r;
	uint32_t index = DMV_ABI_NONE;

	if ((v->flags & DMV_ABI_F_OFF) || !rule_on(v, rule) || (a && !a->judged))
		return false;
	r = (struct dmv_report){ .rule = rule, .action = action_of(v, rule, a),
				 .code = rules[rule].code, .sequence = ++v->violations };
	r.p[0] = rules[rule].p1;
	r.p[1] = rules[rule].p2 == DMV_P_ANY ? p2 : (uint64_t)rules[rule].p2;
	r.p[2] = p3;
	r.p[3] = p4;
	st32(&v->header->violations, v->violations);
	row = dmv_take(v, DMV_ABI_K_VIOLATION, &index);
	if (row) {
		write_violation(c, row, &r, a, obj, found, &e);
		dmv_live(v, DMV_ABI_K_VIOLATION, row);
	}
	c->stopping |= r.action == DMV_ABI_MODE_STOP;
	if (r.action == DMV_ABI_MODE_STOP)
		write_bugcheck(c, r.code, r.p, index, row ? row->gen : 0, &e);
	dmv_event(c, DMV_ABI_OP_VIOLATION, a, &(struct dmv_event_args){
		.kind = row ? DMV_ABI_K_VIOLATION : DMV_ABI_K_NONE, .row = index,
		.gen = row ? row->gen : 0, .rule = rule, .address = e.addr });
	if (c->reports < DMV_REPORTS)
		c->report[c->reports++] = r;
	return true;
}

bool dmv_violate(struct dmv *v, enum dmv_rule rule, struct dmv_adapter *a, uint64_t caller,
		 uint64_t p2, uint64_t p3, uint64_t p4)
{
	struct dmv_call c;
	bool counted;

	dmv_enter(&c, v, caller, DMV_ABI_OP_VIOLATION, a);
	counted = dmv_raise(&c, rule, a, NULL, NULL, p2, p3, p4);
	dmv_leave(&c);
	return counted;
}
