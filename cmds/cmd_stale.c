/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* stale: transfers whose double buffer and driver's buffer differ. */
#include "cmd.h"

#include <stdio.h>

#include "bounce.h"
#include "evidence.h"
#include "finding.h"
#include "words.h"

struct stale {
	uint32_t region;
	const char *kind, *title, *owner, *caller, *device, *object_kind, *confidence, *reason;
	const char *cause, *fix, *old, *why;
	uint64_t object, adapter, va, length, offset, differ, double_buffer, age;
	struct dmv_bytes shadow, original;
	bool to_device;
};

static const struct dmv_col cols[] = {
	DMV_COL(struct stale, region, "", DMV_S_REGION, "index of the region"),
	DMV_COL(struct stale, kind, "", DMV_S_STR,
		"stale: unseen device data; late-write: unsent driver data"),
	DMV_COL(struct stale, title, "", DMV_S_STR, "what is wrong"),
	DMV_COL(struct stale, object_kind, "", DMV_S_STR, "what holds the mapping"),
	DMV_COL(struct stale, object, "", DMV_S_ADDR, "its handle"),
	DMV_COL(struct stale, adapter, "", DMV_S_ADDR, "its adapter"),
	DMV_COL(struct stale, device, "", DMV_S_STR, "device or driver"),
	DMV_COL(struct stale, va, "", DMV_S_ADDR, "driver's buffer"),
	DMV_COL(struct stale, length, "", DMV_S_SIZE, "its length"),
	DMV_COL(struct stale, offset, "", DMV_S_SIZE, "of the first difference in it"),
	DMV_COL(struct stale, differ, "", DMV_S_SIZE, "bytes that differ"),
	DMV_COL(struct stale, double_buffer, "", DMV_S_ADDR,
		"where that byte stands in the double buffer"),
	DMV_COL(struct stale, age, "", DMV_S_AGE, "nanoseconds since the map"),
	DMV_COL(struct stale, old, NULL, DMV_S_LABEL, ""),
	DMV_COL(struct stale, to_device, "", DMV_S_BOOL, "direction"),
	DMV_COL(struct stale, owner, "", DMV_S_STR, "function that mapped it"),
	DMV_COL(struct stale, caller, "", DMV_S_STR, "the same with offset"),
	DMV_COL(struct stale, confidence, "", DMV_S_STR, "likely, in transition"),
	DMV_COL(struct stale, reason, "", DMV_S_STR,
		"why it is in transition, if not by an operation"),
	DMV_COL(struct stale, why, NULL, DMV_S_LABEL, ""),
	DMV_COL(struct stale, shadow, "", DMV_S_BYTES,
		"what the device sees, from the first difference"),
	DMV_COL(struct stale, original, "", DMV_S_BYTES, "what the driver sees"),
	DMV_COL(struct stale, cause, "", DMV_S_STR, "why"),
	DMV_COL(struct stale, fix, "", DMV_S_STR, "what to do"),
	{ 0 }
};

static const struct dmv_table table = {
	"stale", cols,
	"{title} ({confidence}{why})\n"
	"   Buffer:   {va}, length {length}: bytes that differ {differ}, first at offset {offset}\n"
	"   Mapping:  {object_kind} {object|?}{old}\n"
	"   Adapter:  {adapter|?} {device}\n"
	"?owner|   Owner:    {caller}\n"
};

struct walk {
	struct dmv_ses *s;
	uint64_t stale, late, transition;
};

static bool say(void *ctx, const struct dmv_finding *x)
{
	struct walk *w = ctx;
	struct dmv_ses *s = w->s;
	const struct dmv_facts *f = &s->facts;
	const struct dmv_stale_fact *t = &f->stale[x->row];
	const struct dmv_finding_rule *r = &dmv_finding_rules[x->id];
	const char *reason = dmv_finding_reason(x);
	char age[32], old[64], why[64];
	struct stale d = {
		.region = t->region, .kind = r->name, .title = r->title,
		.owner = dmv_site_owner(f, t->owner), .caller = dmv_site_text(f, t->owner),
		.device = dmv_adapter_name(f, t->adapter), .object_kind = dmv_kind_word(x->kind),
		.confidence = dmv_confidence_word(x->confidence), .reason = reason,
		.cause = r->cause, .fix = r->fix,
		.object = dmv_object_addr(f, x->kind, x->object),
		.adapter = dmv_adapter_handle(f, t->adapter), .va = t->va, .length = t->bytes,
		.offset = t->offset, .differ = t->differ, .double_buffer = t->shadow_addr,
		.age = dmv_ticks_ns(f, t->region, t->age),
		.shadow = { t->shadow, t->n }, .original = { t->original, t->n },
		.to_device = t->to_device,
	};

	/* counted to the writer's last sign of life, which may be long before the dump */
	if (d.age && d.age != UINT64_MAX) {
		snprintf(old, sizeof(old), ", at least %s old",
			 dmv_age_text(d.age, age, sizeof(age)));
		d.old = old;
	}
	if (reason) {
		snprintf(why, sizeof(why), ": %s", reason);
		d.why = why;
	}
	if (x->confidence == DMV_IN_TRANSITION)
		w->transition++;
	else if (t->to_device)
		w->late++;
	else
		w->stale++;
	dmv_about(s, d.adapter, d.object);
	dmv_out_gap(s->out);
	/* in JSON the row has them */
	return dmv_out_row(s->out, &table, &d) &&
	       (dmv_out_format(s->out) == DMV_JSON || dmv_evidence_stale_bytes(s->out, t));
}

static void advise(struct dmv_ses *s, enum dmv_finding_id id)
{
	dmv_out_line(s->out, "\nWhy: %s\nDo:  %s", dmv_finding_rules[id].cause,
		     dmv_finding_rules[id].fix);
}

static enum dmv_code shadows(struct dmv_ses *s)
{
	struct walk w = { .s = s };
	enum dmv_code code;

	dmv_out_table(s->out, &table);
	code = dmv_verify_findings(s, DMV_FIND_STALE, say, &w);
	if (code)
		return code;
	s->found = w.stale || w.late;
	if (w.stale)
		advise(s, DMV_F_STALE);
	if (w.late)
		advise(s, DMV_F_LATE_WRITE);
	dmv_out_line(s->out, "%s%zu of %llu double buffers differ from the driver's buffer",
		     s->facts.nstale ? "\n" : "", s->facts.nstale,
		     (unsigned long long)s->facts.shadows_compared);
	if (w.transition)
		dmv_out_note(s->out,
			     "%llu in transition and no finding: the transfer was being made or "
			     "ended, or its flush was stopped",
			     (unsigned long long)w.transition);
	return DMV_E_OK;
}

static enum dmv_code run(struct dmv_ses *s, const struct dmv_argv *av)
{
	enum dmv_code code = DMV_E_OK;

	if (!s->facts.nslot && dmv_need_region(s))
		return s->err.code;
	s->needs_verify = true;
	s->topics |= DMV_TOPIC_VERIFY;
	if (s->facts.nregion)
		code = shadows(s);
	if (code || !s->facts.nslot)
		return code;
	s->topics |= DMV_TOPIC_BOUNCE | DMV_TOPIC(DMV_K_MAPPING);
	return dmv_bounce_stale(s, av->v[0].set);
}

static const struct dmv_arg args[] = {
	{ "-a", DMV_ARG_FLAG, false, "bounce buffers whose direction nobody knows, too" },
	{ 0 }
};

const struct dmv_cmd dmv_cmd_stale = {
	.name = "stale",
	.summary = "data that device or driver has not seen",
	.help = "While a transfer is double-buffered the device works on a copy. This compares\n"
		"copy and driver's buffer of every live transfer, in the dump itself:\n"
		"  from device, copy newer: the device has delivered, nobody flushed\n"
		"  to device, buffer newer: the driver wrote after the map, the device misses it\n"
		"Linux's bounce buffers are compared with what is bounced; their direction is\n"
		"known where dma-debug has the mapping. That they differ is no finding.",
	.examples = "stale  compare all",
	.args = args,
	.next = "who {o}, events {o}, dma {a} f",
	.needs_facts = true,
	.topics = DMV_TOPICS_NAMES | DMV_TOPICS_JUDGE | DMV_TOPIC(DMV_K_FILE) |
		  DMV_TOPIC(DMV_K_REGISTER) | DMV_TOPIC(DMV_K_LIST),
	.run = run,
};
