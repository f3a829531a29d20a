/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * analyze: the verdict. Of each region the bugcheck, else the worst finding: what happened, to
 * which adapter and object, who did it (and who had done what it clashes with), the bytes, cause,
 * fix.
 */
#include "cmd.h"

#include <stdio.h>

#include "decode.h"
#include "finding.h"
#include "hexdump.h"
#include "rules.h"
#include "tally.h"
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

/* A finding that is no violation has its title and advice here. */
static const struct dmv_table finding_table = {
	"verdict", subject_cols,
	"{title} ({confidence})\n"
	"\n"
	"Cause: {cause}\n"
	"Fix:   {fix}\n"
	"\n"
	"?adapter|Adapter: {adapter}  owner {owner|unknown}, {adapter_state}\n"
	"?device|Device:  {device}\n"
	"?driver|Driver:  {driver}\n"
	"?object|Object:  {object_kind} {object}{of_size}, made by {object_owner|unknown}{ago}\n"
	"?elsewhere|Buffer:  {va}, {bytes|?} bytes\n"
};
static const struct dmv_table subject_table = {
	"verdict", subject_cols,
	"\n"
	"?adapter|Adapter: {adapter}  owner {owner|unknown}, {adapter_state}\n"
	"?device|Device:  {device}\n"
	"?driver|Driver:  {driver}\n"
	"?object|Object:  {object_kind} {object}{of_size}, made by {object_owner|unknown}{ago}\n"
	"?elsewhere|Buffer:  {va}, {bytes|?} bytes\n"
};

/* ---- stacks ---- */

struct frame {
	uint32_t region, index;
	const char *stack;
	uint64_t addr;
	const char *text;
};

static const struct dmv_col frame_cols[] = {
	DMV_COL(struct frame, region, "", DMV_S_REGION, "index of the region"),
	DMV_COL(struct frame, stack, "", DMV_S_STR,
		"violation: who did it; earlier: what it clashes with"),
	DMV_COL(struct frame, index, "", DMV_S_U32, "0 is the innermost"),
	DMV_COL(struct frame, addr, "", DMV_S_WORD, "return address"),
	DMV_COL(struct frame, text, "", DMV_S_STR, "module!function+offset"),
	{ 0 }
};

static const struct dmv_table frame_table = { "stacks", frame_cols, "  {addr}  {text}\n" };

static bool stack(struct dmv_ses *s, uint32_t region, const char *which, const char *head,
		  uint32_t site)
{
	const struct dmv_stack *k = dmv_site(&s->facts, site);
	char text[224];

	if (!k || !k->depth)
		return true;
	dmv_out_line(s->out, "\n%s", head);
	for (uint32_t i = 0; i < k->depth; i++) {
		struct frame r = {
			.region = region, .index = i, .stack = which, .addr = k->frame[i]
		};

		if (i == 0 && k->text)
			r.text = k->text;
		else if (s->names)
			r.text = dmv_names_text(s->names, k->frame[i], text, sizeof(text));
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

/* ---- evidence ---- */

static bool evidence(struct dmv_ses *s, const struct dmv_evidence *e)
{
	if (!e->n)
		return true;
	if (e->expected == UINT32_MAX)
		dmv_out_line(s->out, "\nEvidence: %u byte%s changed", e->bad,
			     e->bad == 1 ? "" : "s");
	else
		dmv_out_line(s->out, "\nEvidence: %u byte%s changed, %02x was laid there", e->bad,
			     e->bad == 1 ? "" : "s", e->expected);
	return dmv_hexdump(s->out, dmv_out_format(s->out) == DMV_JSON ? "evidence" : NULL, e->addr,
			   e->offset, e->bytes, e->n < sizeof(e->bytes) ? e->n : sizeof(e->bytes));
}

static bool guard_evidence(struct dmv_ses *s, const struct dmv_guard_fact *g)
{
	struct dmv_evidence e = { .addr = g->addr, .offset = g->offset, .bad = g->bad,
				  .expected = g->expected, .n = g->n };

	for (uint32_t i = 0; i < g->n && i < sizeof(e.bytes); i++)
		e.bytes[i] = g->bytes[i];
	return evidence(s, &e);
}

static bool stale_evidence(struct dmv_ses *s, const struct dmv_stale_fact *t)
{
	uint64_t at = t->va == DMV_NO_ADDR ? t->va : t->va + t->offset;

	dmv_out_line(s->out, "\nEvidence: %llu byte%s from offset 0x%llx on",
		     (unsigned long long)t->differ, t->differ == 1 ? " differs," : "s differ,",
		     (unsigned long long)t->offset);
	return dmv_hexdump(s->out, "driver's buffer", at, (int64_t)t->offset, t->original, t->n) &&
	       dmv_hexdump(s->out, "double buffer", at, (int64_t)t->offset, t->shadow, t->n);
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
		d->owner = dmv_site_owner(f, a->owner);
		d->device = a->name;
		d->driver = a->driver_name;
		d->adapter_state = a->released ? "released" : dmv_life_word(a->life);
	}
	if (kind == DMV_K_ADAPTER || index >= dmv_objects(f, kind))
		return;
	dmv_object_get(f, kind, index, &o);
	d->object_kind = dmv_kind_word(kind);
	d->object = o.addr;
	d->va = o.va;
	d->bytes = o.bytes;
	d->age = dmv_age(f, o.region, o.time);
	d->object_owner = dmv_site_text(f, o.owner);
	set_ago(f, d, o.region);
	d->elsewhere = o.va == o.addr ? DMV_NO_ADDR : o.va;
	if (o.va == o.addr && o.va != DMV_NO_ADDR) {
		snprintf(d->size, sizeof(d->size), " of 0x%llx bytes", (unsigned long long)o.bytes);
		d->of_size = d->size;
	}
}

static bool say_violation(struct dmv_ses *s, const struct dmv_violation_fact *v,
			  const char *finding, const struct dmv_evidence *e)
{
	struct subject d = { .region = v->region, .finding = finding, .confidence = "certain",
			     .cpu = v->cpu };

	about(&s->facts, &d, v->adapter, v->object_kind, v->object);
	return dmv_decode(s, v->region, v->code, v->p) && dmv_out_row(s->out, &subject_table, &d) &&
	       stacks(s, v) && evidence(s, e->n ? e : &v->evidence);
}

/* A bugcheck whose violation row did not make it. */
static bool say_bare(struct dmv_ses *s, uint32_t r)
{
	const struct dmv_region_fact *x = &s->facts.region[r];

	return dmv_decode(s, r, x->bug_code, x->bug_p) && evidence(s, &x->bug_evidence);
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

static bool say_finding(struct dmv_ses *s, const struct dmv_finding *x)
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
		return guard_evidence(s, &f->guard[x->row]);
	if (x->id == DMV_F_STALE || x->id == DMV_F_LATE_WRITE)
		return stale_evidence(s, &f->stale[x->row]);
	return true;
}

/* ---- which one ---- */

/* The first error on record, else the first warning; what came later may be its consequence. */
static const struct dmv_violation_fact *first_violation(const struct dmv_facts *f, uint32_t region,
							 bool warnings)
{
	for (size_t i = 0; i < f->nviolation; i++) {
		struct dmv_finding x = { .id = DMV_F_VIOLATION, .row = (uint32_t)i };

		if (f->violation[i].region == region && dmv_finding_warning(f, &x) == warnings)
			return &f->violation[i];
	}
	return NULL;
}

static const struct dmv_finding *worst(const struct dmv_tally *t)
{
	static const enum dmv_finding_id order[] = {
		DMV_F_GUARD, DMV_F_LEAK_RELEASED, DMV_F_LEAK_RELEASING, DMV_F_LEAK_UNLOADED,
		DMV_F_LEAK_ADAPTER, DMV_F_LEAK_ORPHAN, DMV_F_STALE, DMV_F_LATE_WRITE,
	};

	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		if (t->first[order[i]].id)
			return &t->first[order[i]];
	return NULL;
}

static bool verdict(struct dmv_ses *s, uint32_t r, const struct dmv_tally *t, uint64_t *adapter)
{
	static const struct dmv_evidence none;
	const struct dmv_facts *f = &s->facts;
	const struct dmv_region_fact *x = &f->region[r];
	const struct dmv_violation_fact *v = NULL;
	const struct dmv_finding *w;

	if (x->bug_code) {
		if (x->bug_violation >= f->nviolation)
			return say_bare(s, r);
		v = &f->violation[x->bug_violation];
		*adapter = dmv_adapter_handle(f, v->adapter);
		return say_violation(s, v, "bugcheck", &x->bug_evidence);
	}
	v = first_violation(f, r, false);
	w = worst(t);
	if (!v && !w)
		v = first_violation(f, r, true);
	if (v) {
		*adapter = dmv_adapter_handle(f, v->adapter);
		return say_violation(s, v, "violation", &none);
	}
	if (w) {
		*adapter = dmv_adapter_handle(f, w->adapter);
		return say_finding(s, w);
	}
	dmv_out_line(s->out, "No bugcheck, no violation, no leak; guards intact, nothing stale.");
	return true;
}

/* ---- what to type next ---- */

struct next {
	const char *command, *why;
};

static const struct dmv_col next_cols[] = {
	DMV_COL(struct next, command, "", DMV_S_STR, "command"),
	DMV_COL(struct next, why, "", DMV_S_STR, "what it shows"),
	{ 0 }
};

static const struct dmv_table next_table = { "next", next_cols, "  {command:28} {why}\n" };

static bool say_next(struct dmv_ses *s, const struct dmv_tally *t, uint64_t adapter)
{
	char command[40];
	struct next n = { command, "the adapter: counters, registers, buffers, lists" };

	dmv_out_table(s->out, &next_table);
	if (adapter != DMV_NO_ADDR) {
		dmv_out_line(s->out, "\nNext:");
		snprintf(command, sizeof(command), "dma %llx f", (unsigned long long)adapter);
		if (!dmv_out_row(s->out, &next_table, &n))
			return false;
		snprintf(command, sizeof(command), "events %llx", (unsigned long long)adapter);
		n.why = "what it did last";
		return dmv_out_row(s->out, &next_table, &n);
	}
	if (t->errors || t->warnings)
		return true;
	dmv_out_line(s->out, "\nNext:");
	return dmv_out_row(s->out, &next_table, &(struct next){ "summary", "what there is" });
}

static bool region(struct dmv_ses *s, uint32_t r, const struct dmv_judge *j)
{
	const struct dmv_region_fact *x = &s->facts.region[r];
	struct dmv_tally t;
	uint64_t adapter = DMV_NO_ADDR;

	dmv_tally_make(&t, j, &s->facts, r);
	if (s->facts.nregion > 1)
		dmv_out_line(s->out, "%sRegion %u, id %llx: %s\n", r ? "\n" : "", r,
			     (unsigned long long)x->id, x->writer ? x->writer : "");
	if (t.errors || t.warnings || x->bug_code)
		s->found = true;
	if (!verdict(s, r, &t, &adapter))
		return false;
	/* one finding is the verdict itself */
	if (t.errors + t.warnings + t.transition > 1 || dmv_out_format(s->out) == DMV_JSON) {
		dmv_out_line(s->out, "\nAll that was found:");
		if (!dmv_tally_say(s, &t))
			return false;
	}
	return say_next(s, &t, adapter);
}

static enum dmv_code run(struct dmv_ses *s, const struct dmv_argv *av)
{
	struct dmv_err e;
	struct dmv_judge *j;
	bool go = true;

	(void)av;
	/* the verdict stands on what can be read: bytes that cannot be compared are a note */
	if (dmv_verify(s)) {
		e = s->err;
		if (e.code == DMV_E_STOPPED)
			return e.code;
		dmv_out_note(s->out, "guards and shadows were not compared: %s", e.msg);
		s->err = (struct dmv_err){ .addr = DMV_NO_ADDR };
	}
	j = dmv_judge_new(&s->facts);
	if (!j)
		return dmv_fail(&s->err, DMV_E_MEMORY, "not enough memory for the answer");
	for (uint32_t r = 0; go && r < s->facts.nregion; r++)
		go = region(s, r, j);
	dmv_judge_free(j);
	return go ? DMV_E_OK : DMV_E_STOPPED;
}

static const struct dmv_arg args[] = {
	{ "-v", DMV_ARG_FLAG, false, "as WinDbg users type it; the answer is always the long one" },
	{ 0 }
};

const struct dmv_cmd dmv_cmd_analyze = {
	.name = "analyze",
	.summary = "the verdict: what happened, who did it, what to do",
	.help = "The bugcheck of the target in words; adapter and object it is about; the stack\n"
		"of the caller and, where two calls clash, of the earlier one; the bytes that\n"
		"prove it; cause and fix; and what to type next. Without a bugcheck the first\n"
		"violation on record, else the worst that leaks, check and stale find.",
	.examples = "analyze  the verdict\n"
		    "!analyze -v  the same",
	.args = args,
	.needs_facts = true,
	.topics = DMV_TOPIC_ALL,
	.run = run,
};
