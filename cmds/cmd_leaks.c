/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* leaks: what is live and should not be; with -a all that is live. */
#include "cmd.h"

#include "finding.h"
#include "stacks.h"
#include "words.h"

struct leak {
	uint32_t region, rows, site;
	const char *kind, *state, *owner, *caller, *device, *rule;
	uint64_t object, adapter, va, phys, length, age;
};

static const struct dmv_col cols[] = {
	DMV_COL(struct leak, region, "REGION", DMV_S_REGION, "index of the region"),
	DMV_COL(struct leak, kind, "KIND", DMV_S_STR, "what is live"),
	DMV_COL(struct leak, object, "OBJECT", DMV_S_ADDR, "handle or address the driver holds"),
	DMV_COL(struct leak, length, "LENGTH", DMV_S_SIZE, "bytes allocated or mapped"),
	DMV_COL(struct leak, adapter, "ADAPTER", DMV_S_ADDR, "its adapter"),
	DMV_COL(struct leak, age, "AGE", DMV_S_AGE, "nanoseconds since it was made"),
	DMV_COL(struct leak, state, "STATE", DMV_S_STR,
		"leak and how sure, live, in transition, flush stopped (by the bugcheck)"),
	DMV_COL(struct leak, owner, "OWNER", DMV_S_STR, "function that made it"),
	DMV_COL(struct leak, caller, NULL, DMV_S_STR, "the same with offset"),
	DMV_COL(struct leak, device, NULL, DMV_S_STR, "device or driver"),
	DMV_COL(struct leak, va, NULL, DMV_S_ADDR, "driver's memory"),
	DMV_COL(struct leak, rows, NULL, DMV_S_U32, "map registers of a mapping"),
	DMV_COL(struct leak, rule, NULL, DMV_S_STR, "rule that makes it a leak"),
	{ 0 }
};

static const struct dmv_table table = { "leaks", cols, NULL };

/* Of a kernel's books: without what only a region knows, and with the device's name. */
static const struct dmv_col kernel_cols[] = {
	DMV_COL(struct leak, kind, "KIND", DMV_S_STR, "what is live"),
	DMV_COL(struct leak, object, "BUS", DMV_S_BARE, "bus address that the driver holds"),
	DMV_COL(struct leak, length, "LENGTH", DMV_S_SIZE, "bytes allocated or mapped"),
	DMV_COL(struct leak, phys, "PHYSICAL", DMV_S_BARE, "the driver's memory"),
	DMV_COL(struct leak, device, "DEVICE", DMV_S_STR, "device or driver"),
	DMV_COL(struct leak, state, "STATE", DMV_S_STR,
		"leak and how sure, live, in transition"),
	DMV_COL(struct leak, owner, "OWNER", DMV_S_STR, "function that made it"),
	DMV_COL(struct leak, caller, NULL, DMV_S_STR, "the same with offset"),
	DMV_COL(struct leak, adapter, NULL, DMV_S_ADDR, "its struct device"),
	DMV_COL(struct leak, site, NULL, DMV_S_U32, "number of its call site"),
	DMV_COL(struct leak, rule, NULL, DMV_S_STR, "rule that makes it a leak"),
	{ 0 }
};

static const struct dmv_table kernel_table = { "mappings", kernel_cols, NULL };

struct count {
	uint64_t live, leaks, transition;
	struct dmv_stacks stacks;       /* of the mappings that are listed */
};

static const char *state_of(const struct dmv_facts *f, const struct dmv_object *o,
			    const struct dmv_finding *x)
{
	if (o->kind == DMV_K_MAPPING && f->mapping[o->index].failed)
		return "failed";
	if (dmv_flush_stopped(f, o->region, o->kind, o->index))
		return "flush stopped";
	if (x->id && x->confidence == DMV_CERTAIN)
		return "leak";
	if (x->id && x->confidence == DMV_LIKELY)
		return "leak (likely)";
	return x->id ? "in transition" : dmv_life_word(o->life);
}

static bool say(struct dmv_ses *s, const struct dmv_object *o, const struct dmv_finding *x)
{
	const struct dmv_facts *f = &s->facts;
	struct leak l = { .region = o->region,
			  .rows = o->rows,
			  .kind = dmv_object_word(f, o->kind, o->index),
			  .state = state_of(f, o, x),
			  .owner = dmv_site_owner(f, o->owner),
			  .caller = dmv_site_text(f, o->owner),
			  .device = dmv_adapter_name(f, o->adapter),
			  .rule = x->id ? dmv_finding_rules[x->id].name : NULL,
			  .object = o->addr,
			  .adapter = dmv_adapter_handle(f, o->adapter),
			  .va = o->va,
			  .phys = DMV_NO_ADDR,
			  .site = o->owner,
			  .length = o->bytes,
			  .age = dmv_age(f, o->region, o->time) };

	if (o->kind != DMV_K_MAPPING)
		return dmv_out_row(s->out, &table, &l);
	l.adapter = f->mapping[o->index].device;
	l.phys = f->mapping[o->index].phys;
	return dmv_out_row(s->out, &kernel_table, &l);
}

static bool walk(struct dmv_ses *s, const struct dmv_judge *j, uint32_t kind, uint32_t only,
		 bool all, struct count *n)
{
	const struct dmv_facts *f = &s->facts;
	size_t rows = dmv_objects(f, kind);
	struct dmv_object o;

	for (size_t i = 0; i < rows; i += o.rows) {
		struct dmv_finding x;
		bool part;

		dmv_object_get(f, kind, i, &o);
		if (o.life == DMV_GONE || (only != DMV_NO_INDEX && o.adapter != only))
			continue;
		x = dmv_judge_object(j, &o);
		if (kind == DMV_K_ADAPTER && (f->adapter[i].released || f->adapter[i].master ||
					      dmv_device_of(f, (uint32_t)i)))
			continue;
		/* what a list or a file holds is shown with -a, and counts with its holder */
		part = dmv_object_is_part(f, &o);
		if (part && (!all || kind == DMV_K_FILE))
			continue;
		n->live += !part && !(kind == DMV_K_MAPPING && f->mapping[i].failed);
		if (all || x.id)
			dmv_about(s, dmv_adapter_handle(f, o.adapter), o.addr);
		if (x.id && x.confidence == DMV_IN_TRANSITION)
			n->transition += !part;
		else if (x.id)
			n->leaks += !part;
		if (!all && !x.id)
			continue;
		if (kind == DMV_K_MAPPING)
			dmv_stacks_use(&n->stacks, o.owner);
		if (!say(s, &o, &x))
			return false;
	}
	return true;
}

/* All kinds of objects, and behind them the stacks of the mappings among them. */
static enum dmv_code list(struct dmv_ses *s, uint32_t only, bool all, struct count *n)
{
	struct dmv_judge *j = dmv_judge_new(&s->facts);
	bool go = true;

	if (!j || !dmv_stacks_init(&n->stacks, &s->facts)) {
		dmv_judge_free(j);
		return dmv_no_memory(s);
	}
	dmv_out_table(s->out, &table);
	if (s->facts.debug.there)
		dmv_out_table(s->out, &kernel_table);
	for (const uint32_t *k = dmv_object_kinds; go && *k; k++)
		go = walk(s, j, *k, only, all, n);
	if (go && s->facts.debug.there && (!all || dmv_out_format(s->out) == DMV_JSON))
		go = dmv_stacks_say(s, &n->stacks);
	dmv_stacks_deinit(&n->stacks);
	dmv_judge_free(j);
	return go ? DMV_E_OK : DMV_E_STOPPED;
}

static enum dmv_code run(struct dmv_ses *s, const struct dmv_argv *av)
{
	struct count n = { 0 };
	uint32_t only = DMV_NO_INDEX;
	enum dmv_code code;

	if (av->v[0].set && dmv_find_adapter(s, &av->v[0], &only))
		return s->err.code;
	code = list(s, only, av->v[1].set, &n);
	s->found = n.leaks != 0;
	if (code)
		return code;
	dmv_out_line(s->out, "%s%llu leaked, %llu live%s",
		     n.leaks || n.transition || av->v[1].set ? "\n" : "",
		     (unsigned long long)n.leaks, (unsigned long long)n.live,
		     av->v[1].set || n.live == n.leaks + n.transition ? "" : ": leaks -a");
	if (n.transition)
		dmv_out_note(
			s->out,
			"%llu in transition: an operation on it was in progress, this is no leak",
			(unsigned long long)n.transition);
	return DMV_E_OK;
}

static const struct dmv_arg args[] = {
	{ "ADAPTER", DMV_ARG_ADAPTER, false, "only what belongs to this adapter" },
	{ "-a", DMV_ARG_FLAG, false, "everything that is live" },
	{ 0 }
};

const struct dmv_cmd dmv_cmd_leaks = {
	.name = "leaks",
	.summary = "what is live and should not be",
	.help = "Lists objects that are live although their adapter is released or being\n"
		"released, or their driver is unloaded. Of a Linux kernel with dma-debug: what\n"
		"is mapped for a device that has no driver, or that is gone; with the stacks of\n"
		"those who mapped it. What an operation was just working on is \"in transition\"\n"
		"and no leak. With -a all live objects with age and owner; map registers of one\n"
		"transfer are one line.",
	.examples = "leaks  leaked objects\n"
		    "leaks -a  everything live\n"
		    "leaks -a edu  everything live of one adapter",
	.args = args,
	.next = "dma {a} f, events {o}, who {o}",
	.needs_facts = true,
	.needs_books = true,
	.topics = DMV_TOPICS_OBJECTS | DMV_TOPICS_JUDGE,
	.run = run,
};
