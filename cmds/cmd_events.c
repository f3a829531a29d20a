/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* events: the rings of all CPUs as one sequence, newest last. */
#include "cmd.h"

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

static bool about(const struct dmv_facts *f, const struct dmv_event_fact *v, uint64_t addr)
{
	if (dmv_adapter_handle(f, v->adapter) == addr ||
	    dmv_object_addr(f, v->object_kind, v->object) == addr)
		return true;
	if (v->address && (v->address == addr || addr - v->address < v->size))
		return true;
	return v->bus && (v->bus == addr || addr - v->bus < v->size);
}

struct choice {
	bool all;               /* else only what concerns an adapter or, without one, an address */
	uint32_t adapter;
	uint64_t addr;
};

static bool chosen(const struct dmv_facts *f, const struct choice *c,
		   const struct dmv_event_fact *v)
{
	if (c->all)
		return true;
	return c->adapter != DMV_NO_INDEX ? v->adapter == c->adapter : about(f, v, c->addr);
}

static void about_event(struct dmv_ses *s, const struct dmv_event_fact *v)
{
	uint64_t object = dmv_object_addr(&s->facts, v->object_kind, v->object);

	dmv_about(s, dmv_adapter_handle(&s->facts, v->adapter),
		  object != DMV_NO_ADDR ? object : v->address);
}

static enum dmv_code run(struct dmv_ses *s, const struct dmv_argv *av)
{
	const struct dmv_facts *f = &s->facts;
	uint64_t most = av->v[1].set ? av->v[1].num : SHOWN;
	struct choice c = { .all = !av->v[0].set, .adapter = DMV_NO_INDEX };
	const struct dmv_event_fact *last = NULL;
	size_t n = 0, skip;

	if (!c.all && dmv_find_addr(s, &av->v[0], &c.addr, &c.adapter))
		return s->err.code;
	for (size_t i = 0; i < f->nevent; i++)
		n += chosen(f, &c, &f->event[i]);
	skip = most && n > most ? n - (size_t)most : 0;
	dmv_out_table(s->out, &table);
	if (!n)
		dmv_out_line(s->out, "No events.");
	if (skip)
		dmv_out_note(s->out, "earlier events not shown: %zu; `events -n 0` shows all",
			     skip);
	for (size_t i = 0; i < f->nevent; i++) {
		if (!chosen(f, &c, &f->event[i]))
			continue;
		if (skip) {
			skip--;
			continue;
		}
		if (!say(s, &f->event[i]))
			return DMV_E_STOPPED;
		last = &f->event[i];
	}
	if (last)
		about_event(s, last);
	return DMV_E_OK;
}

static const struct dmv_arg args[] = {
	{ "ADDR", DMV_ARG_ADDR, false,
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
	.next = "who {o}, dma {a} f",
	.needs_facts = true,
	.needs_region = true,
	.topics = DMV_TOPICS_NAMES | DMV_TOPIC(DMV_K_EVENT),
	.run = run,
};
