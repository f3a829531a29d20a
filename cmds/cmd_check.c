/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* check: every guard, tag and fill pattern again, in the bytes of the dump. */
#include "cmd.h"

#include <stdio.h>

#include "check_mappings.h"
#include "finding.h"
#include "hexdump.h"
#include "rules.h"
#include "words.h"

struct guard {
	uint32_t region, bad;
	const char *what, *rule, *title, *cause, *fix, *object_kind, *owner, *caller, *device,
		*expected, *confidence, *suffix;
	uint64_t object, adapter, start, length, addr;
	int64_t offset;
	struct dmv_bytes bytes;
};

static const struct dmv_col cols[] = {
	DMV_COL(struct guard, region, "", DMV_S_REGION, "index of the region"),
	DMV_COL(struct guard, what, "", DMV_S_STR, "which guard"),
	DMV_COL(struct guard, rule, "", DMV_S_STR, "the rule it breaks"),
	DMV_COL(struct guard, title, "", DMV_S_STR, "what is wrong"),
	DMV_COL(struct guard, object_kind, "", DMV_S_STR, "whose guard"),
	DMV_COL(struct guard, object, "", DMV_S_ADDR, "handle of the object"),
	DMV_COL(struct guard, adapter, "", DMV_S_ADDR, "its adapter"),
	DMV_COL(struct guard, device, "", DMV_S_STR, "device or driver"),
	DMV_COL(struct guard, start, "", DMV_S_ADDR, "start of the buffer"),
	DMV_COL(struct guard, length, "", DMV_S_SIZE, "its length"),
	DMV_COL(struct guard, addr, "", DMV_S_ADDR, "first wrong byte"),
	DMV_COL(struct guard, offset, "", DMV_S_OFFSET,
		"of that byte from the start of the buffer"),
	DMV_COL(struct guard, bad, "", DMV_S_U32, "bytes that are wrong"),
	DMV_COL(struct guard, expected, "", DMV_S_STR, "what should stand there"),
	DMV_COL(struct guard, bytes, "", DMV_S_BYTES, "what stands there"),
	DMV_COL(struct guard, owner, "", DMV_S_STR, "function that made the object"),
	DMV_COL(struct guard, caller, "", DMV_S_STR, "the same with offset"),
	DMV_COL(struct guard, confidence, "", DMV_S_STR, "certain, in transition"),
	DMV_COL(struct guard, cause, "", DMV_S_STR, "cause"),
	DMV_COL(struct guard, fix, "", DMV_S_STR, "fix"),
	DMV_COL(struct guard, suffix, NULL, DMV_S_LABEL, ""),
	{ 0 }
};

static const struct dmv_table table = {
	"guards", cols,
	"{title}{suffix}\n"
	"   Where:    {what}, bytes that changed {bad}, first at {addr}, buffer start {offset}\n"
	"   Object:   {object_kind} {object|?}\n"
	"   Buffer:   {start|?}, length {length|?}\n"
	"   Adapter:  {adapter|?} {device}\n"
	"?owner|   Owner:    {caller}\n"
	"   Expected: {expected}, found:\n"
};

static bool say(void *ctx, const struct dmv_finding *x)
{
	struct dmv_ses *s = ctx;
	const struct dmv_facts *f = &s->facts;
	const struct dmv_guard_fact *g = &f->guard[x->row];
	bool transition = x->confidence == DMV_IN_TRANSITION;
	const struct dmv_rule_text *r = dmv_guard_rule(g->what);
	char expected[24];
	struct guard d = {
		.region = g->region,
		.bad = g->bad,
		.what = dmv_guard_word(g->what),
		.object_kind = dmv_kind_word(g->object_kind),
		.owner = dmv_site_owner(f, g->owner),
		.caller = dmv_site_text(f, g->owner),
		.device = dmv_adapter_name(f, g->adapter),
		.expected = expected,
		.confidence = dmv_confidence_word(x->confidence),
		.suffix = transition ? " (in transition)" : "",
		.rule = r ? r->name : NULL,
		.title = r ? r->title : "memory was overwritten",
		.cause = r ? r->cause : NULL,
		.fix = r ? r->fix : NULL,
		.object = dmv_object_addr(f, g->object_kind, g->object),
		.adapter = dmv_adapter_handle(f, g->adapter),
		.start = g->start,
		.length = g->length,
		.addr = g->addr,
		.offset = g->offset,
		.bytes = { g->bytes, g->n },
	};

	if (g->expected == UINT32_MAX)
		snprintf(expected, sizeof(expected), "\"%s\"", g->region < f->nregion &&
			 f->region[g->region].tag[0] ? f->region[g->region].tag : "the tag");
	else
		snprintf(expected, sizeof(expected), "%02x", g->expected);
	s->found |= !transition;
	dmv_about(s, d.adapter, d.object != DMV_NO_ADDR ? d.object : d.start);
	dmv_out_gap(s->out);
	return dmv_out_row(s->out, &table, &d) &&
	       (dmv_out_format(s->out) == DMV_JSON ||
		dmv_hexdump(s->out, NULL, g->addr, g->offset, g->bytes, g->n));
}

static enum dmv_code mappings(struct dmv_ses *s)
{
	enum dmv_code code;
	bool any = false;

	s->topics |= DMV_TOPIC(DMV_K_MAPPING);
	code = dmv_check_mappings(s, &any);
	s->found |= any;
	if (!code && !any)
		dmv_out_line(s->out, "%zu mappings: no overlap, none unchecked",
			     s->facts.nmapping);
	return code;
}

static enum dmv_code run(struct dmv_ses *s, const struct dmv_argv *av)
{
	enum dmv_code code;

	(void)av;
	if (s->facts.nregion) {
		dmv_out_table(s->out, &table);
		code = dmv_verify_findings(s, DMV_FIND_GUARDS, say, s);
		if (code)
			return code;
		dmv_out_line(s->out, "%s%zu of %llu guards overwritten",
			     s->facts.nguard ? "\n" : "", s->facts.nguard,
			     (unsigned long long)s->facts.guards_checked);
	}
	return s->facts.debug.there ? mappings(s) : DMV_E_OK;
}

const struct dmv_cmd dmv_cmd_check = {
	.name = "check",
	.summary = "verify every guard in the dump, every mapping on record",
	.help = "Compares the tags around common buffers, the guards around mapped buffers and\n"
		"the fill of free map registers with what the verifier laid there, byte by byte\n"
		"in the dump. Shows what was overwritten, whose it was, and the bytes. Of a\n"
		"Linux kernel with dma-debug: mappings that overlap in memory which devices\n"
		"write, and mappings that were never checked for an error, by call site.",
	.examples = "check  verify all",
	.next = "?analyze, who {o}, events {o}",
	.needs_facts = true,
	.needs_books = true,
	.topics = DMV_TOPICS_NAMES | DMV_TOPICS_JUDGE | DMV_TOPIC(DMV_K_FILE) |
		  DMV_TOPIC(DMV_K_REGISTER) | DMV_TOPIC(DMV_K_BUFFER),
	.run = run,
};
