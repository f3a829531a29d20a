/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Die before every store: the core is built so that each store calls us first. We keep the region
 * as it is then, which is what a dump would hold, and when the call is over we decode each of these
 * states with the real decoder and compare it with the states before and after the call:
 *	- it decodes, without a complaint;
 *	- an object that is said to be live or gone is as it was before or will be after: not torn;
 *	- nothing is called a leak that is not one before or after;
 *	- no byte of the region changed without a store that we were told of.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "facts.h"
#include "finding.h"
#include "scene.h"
#include "t.h"

static struct scene scene;

/* ---- states of the region ---- */

#define REGION sizeof(scene.region)

struct state {
	_Alignas(8) char bytes[REGION];
};

static struct {
	struct state **v;
	size_t n, room;
	const char *store;              /* the last one, and how long it was */
	size_t length;
	size_t unseen;                  /* bytes that changed without a store */
	uint64_t stores;
	bool busy;                      /* being made: only a complete header counts */
} log_;

static const char magic[8] = DMV_ABI_MAGIC;

static bool openable(void)
{
	return memcmp(scene.region, magic, sizeof(magic)) == 0;
}

/* The bytes that differ from the state before must be those of the last store. */
static void account(const struct state *before)
{
	for (size_t i = 0; before && i < REGION; i++) {
		const char *at = scene.region + i;

		if (*at != before->bytes[i] && (at < log_.store || at >= log_.store + log_.length))
			log_.unseen++;
	}
}

static void keep(void)
{
	struct state *s;

	if (log_.n == log_.room) {
		log_.room = log_.room ? 2 * log_.room : 64;
		log_.v = realloc(log_.v, log_.room * sizeof(*log_.v));
	}
	s = malloc(sizeof(*s));
	if (!s || !log_.v)
		abort();
	memcpy(s->bytes, scene.region, REGION);
	account(log_.n ? log_.v[log_.n - 1] : NULL);
	log_.v[log_.n++] = s;
}

static void forget(void)
{
	while (log_.n)
		free(log_.v[--log_.n]);
	log_.store = NULL;
	log_.length = 0;
}

static void store(const void *to, size_t n)
{
	const char *at = to;

	if (at + n <= scene.region || at >= scene.region + REGION)
		return;
	log_.stores++;
	if (!log_.busy || openable())
		keep();
	log_.store = at;
	log_.length = n;
}

void __sanitizer_cov_store1(uint8_t *to);
void __sanitizer_cov_store2(uint16_t *to);
void __sanitizer_cov_store4(uint32_t *to);
void __sanitizer_cov_store8(uint64_t *to);
void __sanitizer_cov_store16(void *to);
void __sanitizer_cov_trace_pc_guard_init(uint32_t *start, uint32_t *stop);
void __sanitizer_cov_trace_pc_guard(uint32_t *guard);

void __sanitizer_cov_store1(uint8_t *to) { store(to, 1); }
void __sanitizer_cov_store2(uint16_t *to) { store(to, 2); }
void __sanitizer_cov_store4(uint32_t *to) { store(to, 4); }
void __sanitizer_cov_store8(uint64_t *to) { store(to, 8); }
void __sanitizer_cov_store16(void *to) { store(to, 16); }

void __sanitizer_cov_trace_pc_guard_init(uint32_t *start, uint32_t *stop)
{
	(void)start;
	(void)stop;
}

void __sanitizer_cov_trace_pc_guard(uint32_t *guard)
{
	(void)guard;
}

/* ---- a state as a target ---- */

struct source {
	struct dmv_mem mem;
	struct dmv_range range;
	const struct state *state;
};

static enum dmv_code source_read(struct dmv_mem *m, enum dmv_space s, uint64_t addr, void *buf,
				 size_t n, struct dmv_err *e)
{
	const struct source *src = (const struct source *)m;

	if (s != DMV_VIRT || addr < src->range.start || addr > src->range.end ||
	    n > src->range.end - addr)
		return dmv_fail_at(e, DMV_E_ABSENT, addr, "not in the region");
	memcpy(buf, src->state->bytes + (addr - src->range.start), n);
	return DMV_E_OK;
}

static void source_close(struct dmv_mem *m)
{
	(void)m;
}

static const struct dmv_mem_ops source_ops = {
	.format = "state", .read = source_read, .close = source_close,
};

struct seen {
	struct dmv_names *names;
	struct dmv_facts f;
	struct dmv_judge *judge;
	enum dmv_code code;
	struct dmv_err err;
};

static void look(struct seen *ret, const struct state *state)
{
	const uint64_t at = (uintptr_t)scene.region;
	struct source src = { .range = { at, at + REGION }, .state = state };
	const struct dmv_facts_opts opts = { .region = DMV_NO_ADDR };

	memset(ret, 0, sizeof(*ret));
	src.mem = (struct dmv_mem){ .ops = &source_ops, .name = (char *)(uintptr_t)"state",
				    .range = { &src.range, NULL }, .nrange = { 1, 0 } };
	ret->code = dmv_names_new(&ret->names, &ret->err);
	if (ret->code == DMV_E_OK)
		ret->code = dmv_facts_region(&src.mem, ret->names, &opts, &ret->f, &ret->err);
	if (ret->code == DMV_E_OK)
		ret->judge = dmv_judge_new(&ret->f);
}

static void look_end(struct seen *s)
{
	dmv_judge_free(s->judge);
	dmv_facts_free(&s->f);
	dmv_names_free(s->names);
}

/* ---- comparing two facts of one row ---- */

enum how {
	SAME,           /* as it is in the state before or after, the object as a whole */
	EITHER,         /* this field alone: before, after, or not yet set (all ones, or zero) */
	ADAPTER, FILE_OF, LIST_OF,      /* the same for an index into an array of facts */
	SITE,           /* an index into the stacks */
};

struct field {
	const char *name;
	size_t at, bytes;
	enum how how;
};

#define FIELD(type, member, h) { #member, offsetof(struct type, member), \
	sizeof(((struct type *)NULL)->member), h }

struct shape {
	const char *name;
	size_t array, count, bytes;     /* in struct dmv_facts; of one fact */
	size_t row, gen, life;          /* in the fact; 0: has none */
	const struct field *field;
};

#define SHAPE(word, type, member, g, l, fields) { word, offsetof(struct dmv_facts, member), \
	offsetof(struct dmv_facts, n##member), sizeof(struct type), offsetof(struct type, row), \
	g, l, fields }

#define A(m, h) FIELD(dmv_adapter_fact, m, h)
static const struct field adapter_fields[] = {
	A(handle, SAME), A(record, SAME), A(device, SAME), A(owner, SITE), A(time, SAME),
	A(max_registers, SAME), A(version, SAME), A(alignment, SAME), A(max_address, SAME),
	A(unverified, SAME), A(master, SAME), A(scatter_gather, SAME), A(bus_master, SAME),
	A(description, SAME), A(released, EITHER), A(releaser, SITE), A(released_time, EITHER),
	A(registers_allocated, EITHER), A(registers_freed, EITHER), A(lists_allocated, EITHER),
	A(lists_freed, EITHER), A(buffers_allocated, EITHER), A(buffers_freed, EITHER),
	A(channels_allocated, EITHER), A(channels_freed, EITHER), A(registers_high, EITHER),
	A(lists_high, EITHER), A(buffers_high, EITHER), A(channels_high, EITHER),
	A(register_base, EITHER), A(wait_block, EITHER), A(refs, EITHER), { NULL, 0, 0, SAME }
};
#undef A

#define A(m, h) FIELD(dmv_file_fact, m, h)
static const struct field file_fields[] = {
	A(adapter, ADAPTER), A(list, LIST_OF), A(handle, SAME), A(record, SAME), A(first, SAME),
	A(count, SAME), A(hooked, SAME), A(shadow_virt, SAME), A(shadow_phys, SAME),
	A(shadow_bytes, SAME), A(data_offset, SAME), A(data_stride, SAME), A(owner, SITE),
	A(time, SAME), A(flags, EITHER), A(freed_time, EITHER), A(releaser, SITE),
	{ NULL, 0, 0, SAME }
};
#undef A

#define A(m, h) FIELD(dmv_register_fact, m, h)
static const struct field register_fields[] = {
	A(file, FILE_OF), A(index, SAME), A(bytes, SAME), A(owner, SITE), A(to_device, SAME),
	A(hooked, SAME), A(first, SAME), A(va, SAME), A(phys, SAME), A(original_virt, SAME),
	A(bus, SAME), A(shadow_virt, SAME), A(mdl, SAME), A(time, SAME), { NULL, 0, 0, SAME }
};
#undef A

#define A(m, h) FIELD(dmv_list_fact, m, h)
static const struct field list_fields[] = {
	A(adapter, ADAPTER), A(file, FILE_OF), A(handle, SAME), A(mdl, SAME), A(va, SAME),
	A(bytes, SAME), A(elements, SAME), A(owner, SITE), A(to_device, SAME),
	A(caller_memory, SAME), A(time, SAME), A(freed_time, EITHER), A(releaser, SITE),
	{ NULL, 0, 0, SAME }
};
#undef A

#define A(m, h) FIELD(dmv_buffer_fact, m, h)
static const struct field buffer_fields[] = {
	A(adapter, ADAPTER), A(index, SAME), A(va, SAME), A(phys, SAME), A(bus, SAME),
	A(bytes, SAME), A(block_virt, SAME), A(block_bytes, SAME), A(cached, SAME),
	A(from_mdl, SAME), A(owner, SITE), A(time, SAME), A(freed_time, EITHER), A(releaser, SITE),
	{ NULL, 0, 0, SAME }
};
#undef A

#define A(m, h) FIELD(dmv_channel_fact, m, h)
static const struct field channel_fields[] = {
	A(adapter, ADAPTER), A(file, FILE_OF), A(registers, SAME), A(record, SAME), A(device, SAME),
	A(routine, SAME), A(context, SAME), A(irp, SAME), A(owner, SITE), A(time, SAME),
	A(status, EITHER), A(freed_time, EITHER), A(releaser, SITE), { NULL, 0, 0, SAME }
};
#undef A

#define A(m, h) FIELD(dmv_driver, m, h)
static const struct field driver_fields[] = {
	A(options, SAME), A(hook_quota, SAME), A(base, SAME), A(bytes, SAME), A(time, SAME),
	A(hooked, EITHER), A(adapters, EITHER), A(unload_time, EITHER),
	A(fault_kinds, EITHER), A(fault_every, EITHER), A(injected_buffers, EITHER),
	{ NULL, 0, 0, SAME }
};
#undef A

#define A(m, h) FIELD(dmv_violation_fact, m, h)
static const struct field violation_fields[] = {
	A(code, SAME), A(rule, SAME), A(sequence, SAME), A(cpu, SAME), A(action, SAME), A(p, SAME),
	A(adapter, ADAPTER), A(object_kind, SAME), A(site, SITE), A(prior_site, SITE),
	A(time, SAME), A(prior_time, SAME), A(evidence, SAME), { NULL, 0, 0, SAME }
};
#undef A

#define OBJECT(word, type, member, fields) SHAPE(word, type, member, offsetof(struct type, gen), \
	offsetof(struct type, life), fields)

static const struct shape shapes[] = {
	OBJECT("adapter", dmv_adapter_fact, adapter, adapter_fields),
	OBJECT("file", dmv_file_fact, file, file_fields),
	OBJECT("register", dmv_register_fact, reg, register_fields),
	OBJECT("list", dmv_list_fact, list, list_fields),
	OBJECT("buffer", dmv_buffer_fact, buffer, buffer_fields),
	OBJECT("channel", dmv_channel_fact, channel, channel_fields),
	SHAPE("driver", dmv_driver, driver, 0, offsetof(struct dmv_driver, life), driver_fields),
	SHAPE("violation", dmv_violation_fact, violation, 0, 0, violation_fields),
};

static size_t shape_count(const struct shape *s, const struct dmv_facts *f)
{
	return *(const size_t *)((const char *)f + s->count);
}

static const char *shape_fact(const struct shape *s, const struct dmv_facts *f, size_t i)
{
	return *(const char *const *)((const char *)f + s->array) + i * s->bytes;
}

static uint32_t word(const char *fact, size_t at)
{
	uint32_t v;

	memcpy(&v, fact + at, sizeof(v));
	return v;
}

static const char *shape_find(const struct shape *s, const struct dmv_facts *f, const char *like)
{
	for (size_t i = 0; i < shape_count(s, f); i++) {
		const char *fact = shape_fact(s, f, i);

		if (word(fact, s->row) == word(like, s->row) &&
		    (!s->gen || word(fact, s->gen) == word(like, s->gen)))
			return fact;
	}
	return NULL;
}

/* An index as something that means the same in every state: the row, or the return address. */
static uint64_t meaning(const struct dmv_facts *f, enum how how, uint32_t i)
{
	if (how == SITE)
		return i < f->nstack && f->stack[i].depth ? f->stack[i].frame[0] : UINT64_MAX;
	if (how == ADAPTER)
		return i < f->nadapter ? f->adapter[i].row : UINT64_MAX;
	if (how == FILE_OF)
		return i < f->nfile ? f->file[i].row : UINT64_MAX;
	return i < f->nlist ? f->list[i].row : UINT64_MAX;
}

static bool unset(const char *p, size_t n)
{
	bool zero = true, ones = true;

	for (size_t i = 0; i < n; i++) {
		zero = zero && p[i] == 0;
		ones = ones && p[i] == (char)0xFF;
	}
	return zero || ones;
}

static bool field_is(const struct field *d, const struct dmv_facts *f, const char *fact,
		     const struct dmv_facts *g, const char *other)
{
	if (!other)
		return false;
	if (d->how == SAME || d->how == EITHER)
		return memcmp(fact + d->at, other + d->at, d->bytes) == 0;
	return meaning(f, d->how, word(fact, d->at)) == meaning(g, d->how, word(other, d->at));
}

/* NULL, or the field that is neither as before nor as after. */
static const char *torn(const struct shape *s, const struct dmv_facts *f, const char *fact,
			const struct seen *before, const struct seen *after)
{
	const char *a = shape_find(s, &before->f, fact), *b = shape_find(s, &after->f, fact);

	if (!a && !b)
		return "row";
	for (const struct field *d = s->field; d->name; d++) {
		if (field_is(d, f, fact, &before->f, a) || field_is(d, f, fact, &after->f, b))
			continue;
		if (d->how == EITHER && unset(fact + d->at, d->bytes))
			continue;
		if (d->how > EITHER && meaning(f, d->how, word(fact, d->at)) == UINT64_MAX)
			continue;
		return d->name;
	}
	return NULL;
}

/* ---- leaks ---- */

struct leaks {
	const struct seen *in, *before, *after;
	bool known, wrong;
	uint64_t addr;
	enum dmv_finding_id id;
};

static bool leak_is(void *ctx, const struct dmv_finding *x)
{
	struct leaks *l = ctx;

	l->known = l->known || (x->addr == l->addr && x->confidence != DMV_IN_TRANSITION);
	return !l->known;
}

static bool leak_check(void *ctx, const struct dmv_finding *x)
{
	struct leaks *l = ctx;

	if (x->confidence == DMV_IN_TRANSITION)
		return true;
	l->known = false;
	l->addr = x->addr;
	l->id = x->id;
	dmv_findings(l->before->judge, DMV_FIND_LEAKS, leak_is, l);
	if (!l->known)
		dmv_findings(l->after->judge, DMV_FIND_LEAKS, leak_is, l);
	l->wrong = !l->known;
	return !l->wrong;
}

/* ---- one state ---- */

static const struct dmv_event_fact *event_find(const struct dmv_facts *f,
					       const struct dmv_event_fact *like)
{
	for (size_t i = 0; i < f->nevent; i++)
		if (f->event[i].cpu == like->cpu && f->event[i].sequence == like->sequence)
			return &f->event[i];
	return NULL;
}

static bool events_torn(const struct dmv_facts *f, const struct seen *before,
			const struct seen *after)
{
	for (size_t i = 0; i < f->nevent; i++) {
		const struct dmv_event_fact *x = &f->event[i], *y = event_find(&after->f, x);

		if (!y)
			y = event_find(&before->f, x);
		if (!y || y->op != x->op || y->address != x->address || y->bus != x->bus ||
		    y->size != x->size || y->time != x->time || y->direction != x->direction ||
		    y->rule != x->rule || y->object_kind != x->object_kind)
			return true;
	}
	return false;
}

static bool bugcheck_torn(const struct dmv_region_fact *r, const struct dmv_region_fact *after)
{
	return r->bug_code && (r->bug_code != after->bug_code ||
			       memcmp(r->bug_p, after->bug_p, sizeof(r->bug_p)));
}

static unsigned transitions;

/*
 * Objects that the step makes or ends: was each of them seen in transition? Bit n of row r of shape
 * k. Tables of the scene have fewer rows than a word has bits.
 */
static uint64_t caught[sizeof(shapes) / sizeof(shapes[0])];

static bool is_life(const struct shape *s, const char *fact, enum dmv_life life)
{
	return fact && word(fact, s->life) == life;
}

static void catch_object(size_t shape, const char *fact)
{
	transitions++;
	caught[shape] |= UINT64_C(1) << word(fact, shapes[shape].row);
}

/* NULL, or an object whose life changed without anybody being told. A driver's is one store. */
static const char *not_caught(const struct seen *before, const struct seen *after)
{
	static char why[80];

	for (size_t k = 0; k < sizeof(shapes) / sizeof(shapes[0]); k++)
		for (size_t i = 0; shapes[k].gen && i < shape_count(&shapes[k], &after->f); i++) {
			const char *b = shape_fact(&shapes[k], &after->f, i);
			const char *a = shape_find(&shapes[k], &before->f, b);

			if (is_life(&shapes[k], a, DMV_LIVE) == is_life(&shapes[k], b, DMV_LIVE) ||
			    caught[k] >> word(b, shapes[k].row) & 1)
				continue;
			snprintf(why, sizeof(why), "%s %u was never in transition", shapes[k].name,
				 word(b, shapes[k].row));
			return why;
		}
	return NULL;
}

/* NULL, or what is wrong with a state that a death between two stores left. */
static const char *state_wrong(const struct state *state, const struct seen *s,
			       const struct seen *before, const struct seen *after)
{
	const struct dmv_abi_header *h = (const struct dmv_abi_header *)(const void *)state->bytes;
	const bool half_block = h->bugcheck.state == 1;
	static char why[sizeof(s->err.msg) + 32];
	struct leaks leaks = { s, before, after, false, false, 0, DMV_F_NONE };

	if (s->code != DMV_E_OK) {
		snprintf(why, sizeof(why), "does not decode: %s", s->err.msg);
		return why;
	}
	for (size_t i = 0; i < s->f.nnote; i++)
		if (s->f.note[i].topic && !half_block)
			return s->f.note[i].text;
	if (s->f.nregion != 1 ||
	    (!half_block && bugcheck_torn(&s->f.region[0], &after->f.region[0])))
		return "bugcheck block is torn";
	if (half_block && !s->f.nnote)
		return "bugcheck block is half written, and nobody says so";
	for (size_t k = 0; k < sizeof(shapes) / sizeof(shapes[0]); k++)
		for (size_t i = 0; i < shape_count(&shapes[k], &s->f); i++) {
			const char *fact = shape_fact(&shapes[k], &s->f, i), *bad;

			if (shapes[k].life && word(fact, shapes[k].life) == DMV_TRANSITION) {
				catch_object(k, fact);
				continue;
			}
			bad = torn(&shapes[k], &s->f, fact, before, after);
			if (!bad)
				continue;
			snprintf(why, sizeof(why), "%s %u: %s is torn", shapes[k].name,
				 word(fact, shapes[k].row), bad);
			return why;
		}
	if (events_torn(&s->f, before, after))
		return "an event is torn";
	dmv_findings(s->judge, DMV_FIND_LEAKS, leak_check, &leaks);
	if (leaks.wrong) {
		snprintf(why, sizeof(why), "0x%llx is called %s", (unsigned long long)leaks.addr,
			 dmv_finding_rules[leaks.id].name);
		return why;
	}
	return NULL;
}

/* ---- the scene ---- */

/* Decodes all states of a step; returns how many are wrong, *why: the first of them. */
static size_t judge_states(const struct seen *before, const struct seen *after, char *why,
			   size_t size)
{
	size_t wrong = 0;
	const char *missed;

	memset(caught, 0, sizeof(caught));
	for (size_t i = 0; i < log_.n; i++) {
		struct seen s;
		const char *bad;

		look(&s, log_.v[i]);
		bad = state_wrong(log_.v[i], &s, before, after);
		if (bad && !wrong++)
			snprintf(why, size, "before store %zu of %zu: %s", i, log_.n, bad);
		look_end(&s);
	}
	missed = log_.busy || wrong ? NULL : not_caught(before, after);
	if (missed)
		snprintf(why, size, "%s", missed);
	return wrong;
}

static void judge_step(const struct scene_step *step, const struct state *first)
{
	struct state *last = malloc(sizeof(*last));
	struct seen before, after;
	char name[80], why[sizeof(after.err.msg) + 96] = "";
	size_t wrong = 0;

	if (!last)
		abort();
	memcpy(last->bytes, scene.region, REGION);
	account(log_.n ? log_.v[log_.n - 1] : first);
	look(&after, last);
	look(&before, first ? first : last);
	snprintf(name, sizeof(name), "tear: %s", step->name);
	if (scene.failed)
		snprintf(why, sizeof(why), "the scene failed: %s", scene.failure);
	else if (after.code != DMV_E_OK)
		snprintf(why, sizeof(why), "the end does not decode: %s", after.err.msg);
	else if (log_.unseen)
		snprintf(why, sizeof(why), "%zu bytes changed without a store", log_.unseen);
	else
		wrong = judge_states(&before, &after, why, sizeof(why));
	T_CHECKF(!*why, name, "%s (%zu states are wrong)", why, wrong);
	look_end(&before);
	look_end(&after);
	free(last);
}

int main(void)
{
	struct state *first = malloc(sizeof(*first));

	if (!first)
		return 1;
	scene.region_id = 0x7EA2;
	for (const struct scene_step *step = scene_steps; step->name && !scene.failed; step++) {
		log_.busy = step == scene_steps;
		log_.unseen = 0;
		memcpy(first->bytes, scene.region, REGION);
		step->run(&scene);
		judge_step(step, log_.busy ? NULL : first);
		forget();
	}
	printf("# %llu stores, %u times an object in transition\n", (unsigned long long)log_.stores,
	       transitions);
	T_CHECK(log_.stores > 5000, "tear: stores are seen");
	T_CHECK(transitions > 100, "tear: objects are caught in between");
	free(first);
	free(log_.v);
	T_DONE();
}
