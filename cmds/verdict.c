/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
#include "verdict.h"

#include <stdio.h>

#include "bounce.h"
#include "decode.h"
#include "evidence.h"
#include "rules.h"
#include "words.h"

struct subject {
	uint32_t region;
	uint64_t adapter, object, va, bytes, age;
	const char *owner, *device, *driver, *object_kind, *object_owner, *finding, *title,
		*confidence;
	const char *cause, *fix, *adapter_state;
	char size[32], since[48];
	const char *of_size, *ago;
	uint64_t elsewhere;
	uint32_t cpu;
};

static const struct dmv_col subject_cols[] = {
	DMV_COL(struct subject, region, "", DMV_S_REGION, "index of the region"),
	DMV_COL(struct subject, finding, "", DMV_S_STR,
		"bugcheck, violation, or name of the finding"),
	DMV_COL(struct subject, title, "", DMV_S_STR, "what is wrong"),
	DMV_COL(struct subject, confidence, "", DMV_S_STR, "certain, likely"),
	DMV_COL(struct subject, adapter, "", DMV_S_ADDR, "adapter"),
	DMV_COL(struct subject, owner, "", DMV_S_STR, "function that asked for the adapter"),
	DMV_COL(struct subject, device, "", DMV_S_STR, "device"),
	DMV_COL(struct subject, driver, "", DMV_S_STR, "driver"),
	DMV_COL(struct subject, adapter_state, "", DMV_S_STR, "live, released"),
	DMV_COL(struct subject, object_kind, "", DMV_S_STR, "what it is about"),
	DMV_COL(struct subject, object, "", DMV_S_ADDR, "and its handle"),
	DMV_COL(struct subject, va, "", DMV_S_ADDR, "driver's memory"),
	DMV_COL(struct subject, bytes, "", DMV_S_SIZE, "its length"),
	DMV_COL(struct subject, age, "", DMV_S_AGE, "of the object, nanoseconds"),
	DMV_COL(struct subject, object_owner, "", DMV_S_STR, "function that made the object"),
	DMV_COL(struct subject, cpu, "", DMV_S_U32, "CPU"),
	DMV_COL(struct subject, cause, "", DMV_S_STR, "cause"),
	DMV_COL(struct subject, fix, "", DMV_S_STR, "fix"),
	DMV_COL(struct subject, of_size, NULL, DMV_S_LABEL, ""),
	DMV_COL(struct subject, ago, NULL, DMV_S_LABEL, ""),
	DMV_COL(struct subject, elsewhere, NULL, DMV_S_MARK, ""),
	{ 0 }
};

/* What both forms end with. */
#define ABOUT                                                                                      \
	"?adapter|Adapter: {adapter}  owner {owner|unknown}, {adapter_state}\n"                    \
	"?device|Device:  {device}\n"                                                              \
	"?driver|Driver:  {driver}\n"                                                              \
	"?object|Object:  {object_kind} {object}{of_size}, made by {object_owner|unknown}{ago}\n"  \
	"?elsewhere|Buffer:  {va}, {bytes|?} bytes\n"

/* A finding that is no violation has its title and advice here. */
static const struct dmv_table finding_table = {
	"verdict", subject_cols,
	"{title} ({confidence})\n"
	"\n"
	"Cause: {cause}\n"
	"Fix:   {fix}\n"
	"\n" ABOUT
};

static const struct dmv_table subject_table = { "verdict", subject_cols, "\n" ABOUT };

/* ---- stacks ---- */

struct frame {
	uint32_t region, index;
	const char *stack;
	uint64_t addr;
	const char *text, *source, *in;
};

static const struct dmv_col frame_cols[] = {
	DMV_COL(struct frame, region, "", DMV_S_REGION, "index of the region"),
	DMV_COL(struct frame, stack, "", DMV_S_STR,
		"violation: who did it; earlier: what it clashes with"),
	DMV_COL(struct frame, index, "", DMV_S_U32, "0 is the innermost"),
	DMV_COL(struct frame, addr, "", DMV_S_WORD, "return address"),
	DMV_COL(struct frame, text, "", DMV_S_STR, "module!function+offset"),
	DMV_COL(struct frame, source, "", DMV_S_STR, "file:line of the call"),
	DMV_COL(struct frame, in, NULL, DMV_S_LABEL, ""),
	{ 0 }
};

static const struct dmv_table frame_table = { "stacks", frame_cols, "  {addr}  {text}{in}\n" };

static bool stack(struct dmv_ses *s, uint32_t region, const char *which, const char *head,
		  uint32_t site)
{
	const struct dmv_stack *k = dmv_site(&s->facts, site);
	char text[224], source[256], in[264];

	if (!k || !k->depth)
		return true;
	dmv_out_line(s->out, "\n%s", head);
	for (uint32_t i = 0; i < k->depth; i++) {
		struct frame r = {
			.region = region, .index = i, .stack = which, .addr = k->frame[i],
			.in = ""
		};

		if (i == k->first && k->text)
			r.text = k->text;
		else if (s->names)
			r.text = dmv_names_text(s->names, k->frame[i], text, sizeof(text));
		if (dmv_names_line(s->names, k->frame[i] - 1, source, sizeof(source))) {
			snprintf(in, sizeof(in), "  %s", source);
			r.source = source;
			r.in = in;
		}
		if (!dmv_out_row(s->out, &frame_table, &r))
			return false;
	}
	return true;
}

static bool stacks(struct dmv_ses *s, const struct dmv_violation_fact *v)
{
	uint64_t gap = v->prior_time && v->time >= v->prior_time
			       ? dmv_ticks_ns(&s->facts, v->region, v->time - v->prior_time)
			       : UINT64_MAX;
	char head[64] = "Stack of the earlier call it is about:", age[32];

	if (gap != UINT64_MAX)
		snprintf(head, sizeof(head), "Stack of the earlier call it is about, %s before:",
			 dmv_age_text(gap, age, sizeof(age)));
	return stack(s, v->region, "violation", "Stack of the call that was caught:", v->site) &&
	       (v->prior_site == v->site || stack(s, v->region, "earlier", head, v->prior_site));
}

/* ---- the subject ---- */

/* Where nothing stopped the target, its last sign of life may be long before the dump. */
static void set_ago(const struct dmv_facts *f, struct subject *d, uint32_t region)
{
	bool stopped = region < f->nregion && f->region[region].bug_code;
	char age[32];

	if (d->age == UINT64_MAX || (!d->age && !stopped))
		return;
	snprintf(d->since, sizeof(d->since), ", %s%s ago", stopped ? "" : "at least ",
		 dmv_age_text(d->age, age, sizeof(age)));
	d->ago = d->since;
}

static void about(const struct dmv_facts *f, struct subject *d, uint32_t adapter, uint32_t kind,
		  uint32_t index)
{
	const struct dmv_adapter_fact *a = dmv_adapter_at(f, adapter);
	struct dmv_object o;

	d->adapter = d->object = d->va = d->elsewhere = DMV_NO_ADDR;
	d->bytes = d->age = UINT64_MAX;
	if (a) {
		d->adapter = a->handle;
		d->owner = dmv_adapter_owner(f, adapter);
		d->device = a->name;
		d->driver = a->driver_name;
		d->adapter_state = a->released ? "released" : dmv_life_word(a->life);
	}
	if (kind == DMV_K_ADAPTER || index >= dmv_objects(f, kind))
		return;
	dmv_object_get(f, kind, index, &o);
	d->object_kind = dmv_object_word(f, kind, index);
	d->object = o.addr;
	d->va = o.va;
	d->bytes = o.bytes;
	d->age = dmv_age(f, o.region, o.time);
	d->object_owner = dmv_site_text(f, o.owner);
	set_ago(f, d, o.region);
	d->elsewhere = o.va == o.addr ? DMV_NO_ADDR : o.va;
	if ((o.va == o.addr && o.va != DMV_NO_ADDR) || kind == DMV_K_MAPPING) {
		snprintf(d->size, sizeof(d->size), " of 0x%llx bytes", (unsigned long long)o.bytes);
		d->of_size = d->size;
	}
}

bool dmv_verdict_violation(struct dmv_ses *s, const struct dmv_violation_fact *v,
			   const char *finding, const struct dmv_evidence *e)
{
	struct subject d = { .region = v->region, .finding = finding, .confidence = "certain",
			     .cpu = v->cpu };

	about(&s->facts, &d, v->adapter, v->object_kind, v->object);
	return dmv_decode(s, v->region, v->code, v->p) && dmv_out_row(s->out, &subject_table, &d) &&
	       stacks(s, v) && dmv_evidence_say(s->out, e && e->n ? e : &v->evidence);
}

bool dmv_verdict_bare(struct dmv_ses *s, uint32_t r)
{
	const struct dmv_region_fact *x = &s->facts.region[r];

	return dmv_decode(s, r, x->bug_code, x->bug_p) &&
	       dmv_evidence_say(s->out, &x->bug_evidence);
}

/* An overwritten guard is what a violation of 0xE6/0x0F would have been, had anyone looked. */
static void about_guard(const struct dmv_facts *f, struct subject *d,
			const struct dmv_guard_fact *g)
{
	const struct dmv_rule_text *r = dmv_guard_rule(g->what);
	uint32_t list = g->object_kind == DMV_K_FILE && g->object < f->nfile
				? f->file[g->object].list
				: DMV_NO_INDEX;

	if (list < f->nlist)
		about(f, d, g->adapter, DMV_K_LIST, list);
	d->va = d->elsewhere = g->start;
	d->bytes = g->length;
	d->of_size = NULL;
	if (!r)
		return;
	d->title = r->title;
	d->cause = r->cause;
	d->fix = r->fix;
}

bool dmv_verdict_finding(struct dmv_ses *s, const struct dmv_finding *x)
{
	const struct dmv_facts *f = &s->facts;
	const struct dmv_finding_rule *r = &dmv_finding_rules[x->id];
	struct subject d = { .region = x->region, .finding = r->name, .title = r->title,
			     .confidence = dmv_confidence_word(x->confidence), .cause = r->cause,
			     .fix = r->fix, .cpu = UINT32_MAX };

	about(f, &d, x->adapter, x->kind, x->object);
	if (x->id == DMV_F_GUARD)
		about_guard(f, &d, &f->guard[x->row]);
	if (!dmv_out_row(s->out, &finding_table, &d))
		return false;
	if (!stack(s, x->region, "owner", "Stack of its owner:", x->owner))
		return false;
	if (x->id == DMV_F_GUARD)
		return dmv_evidence_guard(s->out, &f->guard[x->row]);
	if (x->id == DMV_F_BOUNCE_FULL || x->id == DMV_F_BOUNCE_WAS_FULL ||
	    x->id == DMV_F_BOUNCE_NEARLY)
		return dmv_bounce_held(s, x->row);
	if (x->id == DMV_F_STALE || x->id == DMV_F_LATE_WRITE)
		return dmv_evidence_stale(s->out, &f->stale[x->row]);
	return true;
}
