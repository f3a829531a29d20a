/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* events: the rings of all CPUs as one sequence, newest last. */
#include "cmd.h"

#include <stdlib.h>

#include "rules.h"
#include "words.h"

enum { SHOWN = 50 };

struct event {
	uint32_t region, cpu, sequence;
	const char *op, *object_kind, *direction, *site, *rule;
	uint64_t age, adapter, object, address, bus, size;
};

static const struct dmv_col cols[] = {
	DMV_COL(struct event, region, "REGION", DMV_S_REGION, "index of the region"),
	DMV_COL(struct event, age, "AGE", DMV_S_AGE, "nanoseconds"),
	DMV_COL(struct event, cpu, "CPU", DMV_S_U32, "CPU"),
	DMV_COL(struct event, sequence, NULL, DMV_S_U32, "of its ring"),
	DMV_COL(struct event, op, "OPERATION", DMV_S_STR, "what was done"),
	DMV_COL(struct event, adapter, "ADAPTER", DMV_S_ADDR, "adapter"),
	DMV_COL(struct event, object_kind, NULL, DMV_S_STR, "kind of the object"),
	DMV_COL(struct event, object, NULL, DMV_S_ADDR, "handle of the object"),
	DMV_COL(struct event, address, "BUFFER", DMV_S_ADDR, "driver's buffer"),
	DMV_COL(struct event, size, "SIZE", DMV_S_SIZE, "bytes"),
	DMV_COL(struct event, bus, "BUS", DMV_S_ADDR, "address the device was told"),
	DMV_COL(struct event, direction, "DIR", DMV_S_STR, "to or from the device"),
	DMV_COL(struct event, rule, NULL, DMV_S_STR, "of a violation"),
	DMV_COL(struct event, site, "BY", DMV_S_STR, "caller"),
	{ 0 }
};

static const struct dmv_table table = { "events", cols, NULL };

static bool say(struct dmv_ses *s, const struct dmv_event_fact *v)
{
	static const char *const directions[] = { NULL, "to", "from" };
	const struct dmv_facts *f = &s->facts;
	const struct dmv_rule_text *r = v->rule ? dmv_rule_by_id(v->rule) : NULL;
	struct event d = {
		.region = v->region,
		.cpu = v->cpu,
		.sequence = v->sequence,
		.op = dmv_op_word(v->op),
		.object_kind = v->object_kind ? dmv_kind_word(v->object_kind) : NULL,
		.direction = v->direction < 3 ? directions[v->direction] : NULL,
		.site = dmv_site_text(f, v->site),
		.rule = r ? r->name : NULL,
		.age = dmv_age(f, v->region, v->time),
		.adapter = dmv_adapter_handle(f, v->adapter),
		.object = dmv_object_addr(f, v->object_kind, v->object),
		.address = v->address && v->address != dmv_adapter_handle(f, v->adapter)
				   ? v->address
				   : DMV_NO_ADDR,
		.bus = v->bus ? v->bus : DMV_NO_ADDR,
		.size = v->size ? v->size : UINT64_MAX,
	};

	return dmv_out_row(s->out, &table, &d);
}

/* By time; within one tick by the ring and its sequence, which may wrap. */
static int order(const void *a, const void *b)
{
	const struct dmv_event_fact *x = *(const struct dmv_event_fact *const *)a;
	const struct dmv_event_fact *y = *(const struct dmv_event_fact *const *)b;

	if (x->region != y->region)
		return x->region < y->region ? -1 : 1;
	if (x->time != y->time)
		return x->time < y->time ? -1 : 1;
	if (x->cpu != y->cpu)
		return x->cpu < y->cpu ? -1 : 1;
	return x->sequence == y->sequence ? 0 : (int32_t)(x->sequence - y->sequence) < 0 ? -1 : 1;
}

static bool about(const struct dmv_facts *f, const struct dmv_event_fact *v, uint64_t addr)
{
	if (dmv_adapter_handle(f, v->adapter) == addr ||
	    dmv_object_addr(f, v->object_kind, v->object) == addr)
		return true;
	if (v->address && (v->address == addr || addr - v->address < v->size))
		return true;
	return v->bus && (v->bus == addr || addr - v->bus < v->size);
}

static enum dmv_code run(struct dmv_ses *s, const struct dmv_argv *av)
{
	const struct dmv_facts *f = &s->facts;
	uint64_t most = av->v[1].set ? av->v[1].num : SHOWN, addr = 0;
	const struct dmv_event_fact **list;
	uint32_t adapter = DMV_NO_INDEX;
	size_t n = 0, from;
	bool go = true;

	if (av->v[0].set && dmv_find_addr(s, &av->v[0], &addr, &adapter))
		return s->err.code;
	list = malloc((f->nevent + 1) * sizeof(*list));
	if (!list)
		return dmv_no_memory(s);
	for (size_t i = 0; i < f->nevent; i++)
		if (!av->v[0].set || (adapter != DMV_NO_INDEX ? f->event[i].adapter == adapter
							      : about(f, &f->event[i], addr)))
			list[n++] = &f->event[i];
	qsort(list, n, sizeof(*list), order);
	from = most && n > most ? n - most : 0;
	dmv_out_table(s->out, &table);
	for (size_t i = from; go && i < n; i++)
		go = say(s, list[i]);
	free(list);
	if (!go)
		return DMV_E_STOPPED;
	if (!n)
		dmv_out_line(s->out, "No events.");
	if (from)
		dmv_out_note(s->out, "%zu earlier events are not shown: events -n 0", from);
	return DMV_E_OK;
}

static const struct dmv_arg args[] = {
	{ "ADDR", DMV_ARG_ADAPTER, false,
	  "only about this adapter, object, buffer or bus address" },
	{ "-n", DMV_ARG_NUMBER, false, "how many, 0 for all; default 0n50" },
	{ 0 }
};

const struct dmv_cmd dmv_cmd_events = {
	.name = "events",
	.summary = "the last DMA operations",
	.help = "The rings of all CPUs in one sequence, newest last. ADDR keeps what concerns an\n"
		"adapter (address or name), an object, or any address inside a transfer.",
	.examples = "events  the last 50\n"
		    "events -n 0n200  the last 200\n"
		    "events 7f3a1c002010  those of one adapter or address",
	.args = args,
	.needs_facts = true,
	.topics = DMV_TOPICS_NAMES | DMV_TOPIC(DMV_K_EVENT),
	.run = run,
};
