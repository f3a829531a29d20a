/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * analyze: the verdict. Of each region the bugcheck, else the first violation, else the worst
 * finding; all that was found beside it; and what to type next.
 */
#include "cmd.h"

#include <stdio.h>
#include <string.h>

#include "dump_info.h"
#include "finding_bounce.h"
#include "finding.h"
#include "log.h"
#include "tally.h"
#include "verdict.h"
#include "words.h"

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

/* The worst finding that is no violation; NULL: there is none. */
static const struct dmv_finding *worst(const struct dmv_tally *t)
{
	for (const enum dmv_finding_id *id = dmv_findings_by_weight; *id; id++)
		if (*id != DMV_F_VIOLATION && t->first[*id].id)
			return &t->first[*id];
	return NULL;
}

static bool verdict(struct dmv_ses *s, uint32_t r, const struct dmv_tally *t, uint64_t *adapter)
{
	const struct dmv_facts *f = &s->facts;
	const struct dmv_region_fact *x = &f->region[r];
	const struct dmv_violation_fact *v = NULL;
	const struct dmv_finding *w;

	if (x->bug_code) {
		if (x->bug_violation >= f->nviolation)
			return dmv_verdict_bare(s, r);
		v = &f->violation[x->bug_violation];
		*adapter = dmv_adapter_handle(f, v->adapter);
		return dmv_verdict_violation(s, v, "bugcheck", &x->bug_evidence);
	}
	v = first_violation(f, r, false);
	w = worst(t);
	if (!v && !w)
		v = first_violation(f, r, true);
	if (v) {
		*adapter = dmv_adapter_handle(f, v->adapter);
		return dmv_verdict_violation(s, v, "violation", NULL);
	}
	if (w) {
		*adapter = dmv_adapter_handle(f, w->adapter);
		return dmv_verdict_finding(s, w);
	}
	dmv_out_line(s->out, "No bugcheck, no violation, no leak%s.",
		     f->verified ? "; guards intact, nothing stale" : "");
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

static bool say_next_kernel(struct dmv_ses *s, const struct dmv_finding *w)
{
	const char *by = dmv_finding_command(w->id);
	const uint64_t adapter = dmv_adapter_handle(&s->facts, w->adapter);
	char command[40];
	struct next n = { by, "all of them, with their stacks" };

	if (!strcmp(by, "bounce"))
		n.why = "the pools, and who holds their slots";
	else if (strcmp(by, "leaks"))
		n.why = "all of them, by call site";
	dmv_out_table(s->out, &next_table);
	dmv_out_line(s->out, "\nNext:");
	if (!dmv_out_row(s->out, &next_table, &n) || adapter == DMV_NO_ADDR)
		return adapter == DMV_NO_ADDR;
	snprintf(command, sizeof(command), "dma %llx 7", (unsigned long long)adapter);
	return dmv_out_row(s->out, &next_table, &(struct next){
		command, "the device, and all that is mapped for it" });
}

static bool region(struct dmv_ses *s, uint32_t r, const struct dmv_judge *j)
{
	const struct dmv_region_fact *x = &s->facts.region[r];
	struct dmv_tally t;
	uint64_t adapter = DMV_NO_ADDR;

	dmv_tally_make(&t, j, &s->facts, r);
	dmv_region_head(s, r);
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

/* What the kernel's own books prove. */
static bool kernel(struct dmv_ses *s, const struct dmv_judge *j)
{
	const struct dmv_finding *w;
	struct dmv_tally t;

	dmv_tally_make(&t, j, &s->facts, DMV_NO_INDEX);
	w = worst(&t);
	if (!w) {
		dmv_out_line(s->out, "%zu mappings on record: no leak, no overlap, none unchecked.",
			     s->facts.nmapping);
		return true;
	}
	s->found = true;
	if (!dmv_verdict_finding(s, w))
		return false;
	if (t.errors + t.warnings + t.transition > 1 || dmv_out_format(s->out) == DMV_JSON) {
		dmv_out_line(s->out, "\nAll that was found:");
		if (!dmv_tally_say(s, &t))
			return false;
	}
	return say_next_kernel(s, w);
}

/* What the kernel's log reports. false: stop, or no memory. */
static bool logged(struct dmv_ses *s)
{
	size_t n;

	if (!dmv_log_decode(s, &n))
		return false;
	s->found |= n > 0;
	return true;
}

/* Nobody keeps books: there is the log, or the header of the dump. */
static enum dmv_code without_books(struct dmv_ses *s)
{
	enum dmv_code code;

	if (s->facts.nlog) {
		s->err = (struct dmv_err){ .addr = DMV_NO_ADDR };
		if (!logged(s))
			return s->err.code == DMV_E_MEMORY ? s->err.code : DMV_E_STOPPED;
		if (!s->found)
			dmv_out_line(s->out, "The kernel's log reports no mistake of a driver and "
				     "no fault of a device.");
		return DMV_E_OK;
	}
	s->found = dmv_dump_about_dma(s);
	code = dmv_dump_instead(s);
	return code == DMV_E_STOPPED || dmv_dump_stack_say(s) ? code : DMV_E_STOPPED;
}

static enum dmv_code run(struct dmv_ses *s, const struct dmv_argv *av)
{
	struct dmv_err e;
	struct dmv_judge *j;
	bool go = true, bounce;

	(void)av;
	bounce = !dmv_need_facts(s) && dmv_bounce_wrong(&s->facts);
	if (!bounce && dmv_need_books(s))
		return without_books(s);
	/* the verdict stands on what can be read: bytes that cannot be compared are a note */
	if (s->facts.nregion && dmv_verify(s)) {
		e = s->err;
		if (e.code == DMV_E_STOPPED)
			return e.code;
		dmv_out_note(s->out, "guards and shadows were not compared: %s", e.msg);
		s->err = (struct dmv_err){ .addr = DMV_NO_ADDR };
	}
	j = dmv_judge_new(&s->facts);
	if (!j)
		return dmv_no_memory(s);
	for (uint32_t r = 0; go && r < s->facts.nregion; r++)
		go = region(s, r, j);
	if (go && (s->facts.debug.there || bounce))
		go = kernel(s, j);
	dmv_judge_free(j);
	if (go)
		go = logged(s);
	if (go && dmv_dump_bugcheck(s))
		go = dmv_dump_bugcheck_say(s);
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
		"violation on record, else the worst that leaks, check and stale find. Where the\n"
		"verifier was not at work: what the books of a Linux kernel (dma-debug) prove and\n"
		"what its log reports, or the bugcheck that the header of the dump has.",
	.examples = "analyze  the verdict\n"
		    "!analyze -v  the same",
	.args = args,
	.topics = DMV_TOPIC_ALL,
	.run = run,
};
