/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* violations: what the verifier recorded. */
#include "cmd.h"

#include <stdio.h>

#include "rules.h"
#include "words.h"

struct violation {
	uint32_t region, sequence, code, cpu;
	const char *rule, *title, *severity, *action, *device, *object_kind, *site, *prior_site;
	const char *cause, *fix, *short_code;
	uint64_t p1, p2, p3, p4, adapter, object, age, prior_age, evidence_addr;
	int64_t evidence_offset;
	struct dmv_bytes evidence;
};

static const struct dmv_col cols[] = {
	DMV_COL(struct violation, region, "REGION", DMV_S_REGION, "index of the region"),
	DMV_COL(struct violation, sequence, "#", DMV_S_U32, "order in which they were raised"),
	DMV_COL(struct violation, age, "AGE", DMV_S_AGE, "nanoseconds"),
	DMV_COL(struct violation, short_code, "CODE", DMV_S_LABEL, ""),
	DMV_COL(struct violation, code, NULL, DMV_S_CODE, "bugcheck code"),
	DMV_COL(struct violation, p1, NULL, DMV_S_WORD, "first parameter: the rule"),
	DMV_COL(struct violation, p2, NULL, DMV_S_WORD, "second parameter"),
	DMV_COL(struct violation, p3, NULL, DMV_S_WORD, "third parameter"),
	DMV_COL(struct violation, p4, NULL, DMV_S_WORD, "fourth parameter"),
	DMV_COL(struct violation, rule, NULL, DMV_S_STR, "name of the rule"),
	DMV_COL(struct violation, severity, NULL, DMV_S_STR, "error or warning"),
	DMV_COL(struct violation, action, "ACTION", DMV_S_STR, "what was done: log, break, stop"),
	DMV_COL(struct violation, title, "VIOLATION", DMV_S_STR, "what is wrong"),
	DMV_COL(struct violation, adapter, "ADAPTER", DMV_S_ADDR, "the adapter"),
	DMV_COL(struct violation, device, NULL, DMV_S_STR, "device or driver"),
	DMV_COL(struct violation, object_kind, NULL, DMV_S_STR, "what it is about"),
	DMV_COL(struct violation, object, NULL, DMV_S_ADDR, "and its handle"),
	DMV_COL(struct violation, site, "BY", DMV_S_STR, "who did it"),
	DMV_COL(struct violation, prior_site, NULL, DMV_S_STR, "the other side of a clash"),
	DMV_COL(struct violation, prior_age, NULL, DMV_S_AGE, "and its age"),
	DMV_COL(struct violation, cpu, NULL, DMV_S_U32, "CPU"),
	DMV_COL(struct violation, evidence_addr, NULL, DMV_S_ADDR, "where the wrong bytes stood"),
	DMV_COL(struct violation, evidence_offset, NULL, DMV_S_OFFSET,
		"from the start of the buffer"),
	DMV_COL(struct violation, evidence, NULL, DMV_S_BYTES, "the wrong bytes"),
	DMV_COL(struct violation, cause, NULL, DMV_S_STR, "cause"),
	DMV_COL(struct violation, fix, NULL, DMV_S_STR, "fix"),
	{ 0 }
};

static const struct dmv_table table = { "violations", cols, NULL };

static bool say(struct dmv_ses *s, const struct dmv_violation_fact *v)
{
	const struct dmv_facts *f = &s->facts;
	const struct dmv_rule_text *r = dmv_rule_of(v->code, v->p);
	bool bytes = v->evidence.addr != DMV_NO_ADDR && v->evidence.n;
	char code[48];
	struct violation d = {
		.region = v->region,
		.sequence = v->sequence,
		.code = v->code,
		.cpu = v->cpu,
		.rule = r ? r->name : NULL,
		.title = r ? r->title : "unknown rule",
		.severity = r && r->warning ? "warning" : "error",
		.action = dmv_mode_word(v->action),
		.device = dmv_adapter_name(f, v->adapter),
		.object_kind = v->object_kind ? dmv_kind_word(v->object_kind) : NULL,
		.site = dmv_site_text(f, v->site),
		.prior_site = dmv_site_text(f, v->prior_site),
		.cause = r ? r->cause : NULL,
		.fix = r ? r->fix : NULL,
		.short_code = code,
		.p1 = v->p[0],
		.p2 = v->p[1],
		.p3 = v->p[2],
		.p4 = v->p[3],
		.adapter = dmv_adapter_handle(f, v->adapter),
		.object = dmv_object_addr(f, v->object_kind, v->object),
		.age = dmv_age(f, v->region, v->time),
		.prior_age = dmv_age(f, v->region, v->prior_time),
		.evidence_addr = bytes ? v->evidence.addr : DMV_NO_ADDR,
		.evidence_offset = bytes ? v->evidence.offset : INT64_MIN,
		.evidence = { v->evidence.bytes, bytes ? v->evidence.n : 0 },
	};

	if (r && r->p2 >= 0)
		snprintf(code, sizeof(code), "%x/%llx/%llx", v->code, (unsigned long long)v->p[0],
			 (unsigned long long)v->p[1]);
	else
		snprintf(code, sizeof(code), "%x/%llx", v->code, (unsigned long long)v->p[0]);
	return dmv_out_row(s->out, &table, &d);
}

/* A writer keeps as many as its table has rows. */
static void note_lost(struct dmv_ses *s)
{
	const struct dmv_facts *f = &s->facts;

	for (uint32_t r = 0; r < f->nregion; r++) {
		size_t n = 0;

		for (size_t i = 0; i < f->nviolation; i++)
			n += f->violation[i].region == r;
		if (f->region[r].violations > n)
			dmv_out_note(s->out,
				     "region %u: %u violations were raised, %zu of them are still "
				     "on record", r, f->region[r].violations, n);
	}
}

static enum dmv_code run(struct dmv_ses *s, const struct dmv_argv *av)
{
	const struct dmv_facts *f = &s->facts;
	uint32_t only = DMV_NO_INDEX;
	bool any = false;

	if (av->v[0].set && dmv_find_adapter(s, &av->v[0], &only))
		return s->err.code;
	dmv_out_table(s->out, &table);
	for (size_t i = 0; i < f->nviolation; i++) {
		if (only != DMV_NO_INDEX && f->violation[i].adapter != only)
			continue;
		any = true;
		dmv_about(s, dmv_adapter_handle(f, f->violation[i].adapter), DMV_NO_ADDR);
		if (!say(s, &f->violation[i]))
			return DMV_E_STOPPED;
	}
	s->found = any;
	if (!any)
		dmv_out_line(s->out, "No violation was recorded.");
	note_lost(s);
	return DMV_E_OK;
}

static const struct dmv_arg args[] = {
	{ "ADAPTER", DMV_ARG_ADAPTER, false, "only those of this adapter" },
	{ 0 }
};

const struct dmv_cmd dmv_cmd_violations = {
	.name = "violations",
	.summary = "violations that the verifier recorded",
	.help = "One line a violation, in the order they were raised: code, rule, adapter, and\n"
		"who did it. `analyze` explains the one that stopped the machine, `bugcheck`\n"
		"any code.",
	.examples = "violations  all of them\n"
		    "violations edu  those of one adapter",
	.args = args,
	.next = "?analyze, events {a}, dma {a} f",
	.needs_facts = true,
	.needs_region = true,
	.topics = DMV_TOPICS_NAMES | DMV_TOPIC(DMV_K_VIOLATION),
	.run = run,
};
