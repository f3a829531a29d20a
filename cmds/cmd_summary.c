/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* summary: one screen on a target; what one opened without a command shows first. */
#include "cmd.h"

#include <stdlib.h>

#include "books.h"
#include "bounce.h"
#include "dump_info.h"
#include "finding.h"
#include "rules.h"
#include "tally.h"
#include "words.h"

struct head {
	uint32_t region, bug_code;
	const char *writer, *version, *release, *mode, *rule, *title, *bug_name, *ended;
	uint64_t pid, bug_p1, bug_p2, violations;
	bool bug;
};

static const struct dmv_col head_cols[] = {
	DMV_COL(struct head, region, "", DMV_S_REGION, "index of the region"),
	DMV_COL(struct head, writer, "", DMV_S_STR, "what embeds the verifier"),
	DMV_COL(struct head, version, "", DMV_S_STR, "its version"),
	DMV_COL(struct head, release, "", DMV_S_STR, "release of its host"),
	DMV_COL(struct head, pid, "", DMV_S_U64, "its process"),
	DMV_COL(struct head, mode, "", DMV_S_STR, "what a violation leads to"),
	DMV_COL(struct head, ended, NULL, DMV_S_LABEL, ""),
	DMV_COL(struct head, bug, "", DMV_S_BOOL, "the verifier stopped the target"),
	DMV_COL(struct head, bug_code, "", DMV_S_CODE, "bugcheck code, 0: none"),
	DMV_COL(struct head, bug_p1, "", DMV_S_WORD, "first parameter"),
	DMV_COL(struct head, bug_p2, "", DMV_S_WORD, "second parameter"),
	DMV_COL(struct head, rule, "", DMV_S_STR, "rule of the bugcheck"),
	DMV_COL(struct head, title, "", DMV_S_STR, "what is wrong"),
	DMV_COL(struct head, violations, "", DMV_S_U64, "raised so far"),
	{ 0 }
};

static const struct dmv_table head_table = {
	"summary", head_cols,
	"Writer:     {writer|unknown} {version}{ended}\n"
	"?release|Host:       {release}\n"
	"?pid|Process:    {pid}\n"
	"Mode:       {mode}\n"
	"?bug|Bugcheck:   {bug_code} ({bug_p1}, {bug_p2}, ...): {title|unknown}\n"
	"!bug|Bugcheck:   none\n"
};

struct line {
	uint32_t region;
	uint64_t adapter, lists, files, registers, bytes, vectors, buffers, buffer_bytes,
		channels, violations;
	const char *device, *owner, *state;
};

static const struct dmv_col line_cols[] = {
	DMV_COL(struct line, region, "REGION", DMV_S_REGION, "index of the region"),
	DMV_COL(struct line, adapter, "ADAPTER", DMV_S_ADDR, "adapter; absent: all together"),
	DMV_COL(struct line, device, "DEVICE", DMV_S_STR, "device or driver"),
	DMV_COL(struct line, state, "STATE", DMV_S_STR, "live, released, in transition"),
	DMV_COL(struct line, lists, "LISTS", DMV_S_U64, "live scatter/gather lists"),
	DMV_COL(struct line, files, "FILES", DMV_S_U64, "live map register files"),
	DMV_COL(struct line, registers, "MAPPED", DMV_S_U64, "map registers that map something"),
	DMV_COL(struct line, bytes, "BYTES", DMV_S_SIZE, "mapped"),
	DMV_COL(struct line, vectors, NULL, DMV_S_U64, "live vectors of common buffers"),
	DMV_COL(struct line, buffers, "BUFFERS", DMV_S_U64, "live common buffers"),
	DMV_COL(struct line, buffer_bytes, "BYTES", DMV_S_SIZE, "in them"),
	DMV_COL(struct line, channels, "CHANNELS", DMV_S_U64, "live or waiting adapter channels"),
	DMV_COL(struct line, violations, "VIOLATIONS", DMV_S_U64, "on record"),
	DMV_COL(struct line, owner, "OWNER", DMV_S_STR, "function that asked for it"),
	{ 0 }
};

static const struct dmv_table line_table = { "adapters", line_cols, NULL };

struct total {
	uint64_t adapters, released, lists, registers, bytes, vectors, buffers, buffer_bytes;
	uint64_t channels, errors, warnings, in_transition, has_vectors, has_region;
};

static const struct dmv_col total_cols[] = {
	DMV_COL(struct total, adapters, "", DMV_S_U64, "live adapters"),
	DMV_COL(struct total, released, "", DMV_S_U64, "released ones on record"),
	DMV_COL(struct total, lists, "", DMV_S_U64, "live scatter/gather lists"),
	DMV_COL(struct total, registers, "", DMV_S_U64, "map registers mapped"),
	DMV_COL(struct total, bytes, "", DMV_S_SIZE, "mapped"),
	DMV_COL(struct total, vectors, "", DMV_S_U64, "live vectors of common buffers"),
	DMV_COL(struct total, buffers, "", DMV_S_U64, "live common buffers"),
	DMV_COL(struct total, buffer_bytes, "", DMV_S_SIZE, "in them"),
	DMV_COL(struct total, channels, "", DMV_S_U64, "live or waiting adapter channels"),
	DMV_COL(struct total, errors, "", DMV_S_U64, "findings"),
	DMV_COL(struct total, warnings, "", DMV_S_U64, "findings that are warnings"),
	DMV_COL(struct total, in_transition, "", DMV_S_U64, "objects in transition, no findings"),
	DMV_COL(struct total, has_vectors, NULL, DMV_S_MARK, ""),
	DMV_COL(struct total, has_region, NULL, DMV_S_MARK, ""),
	{ 0 }
};

static const struct dmv_table total_table = {
	"total", total_cols,
	"\n"
	"Adapters:   {adapters} live, {released} released and on record\n"
	"?has_region|Mapped:     map registers {registers} ({bytes} bytes), scatter/gather lists {lists}\n"
	"?has_region|Allocated:  common buffers {buffers} ({buffer_bytes} bytes), adapter channels {channels}\n"
	"?has_vectors|Vectors:    {vectors} of common buffers\n"
	"Findings:   errors {errors}, warnings {warnings}, in transition {in_transition}\n"
};

static bool say_heads(struct dmv_ses *s)
{
	for (uint32_t i = 0; i < s->facts.nregion; i++) {
		const struct dmv_region_fact *x = &s->facts.region[i];
		const struct dmv_rule_text *r =
			x->bug_code ? dmv_rule_of(x->bug_code, x->bug_p) : NULL;
		struct head h = { .region = i,
				  .bug_code = x->bug_code,
				  .writer = x->writer,
				  .version = x->version,
				  .release = x->release,
				  .mode = dmv_mode_word(x->mode),
				  .rule = r ? r->name : NULL,
				  .title = r ? r->title : NULL,
				  .ended = dmv_end_word(x),
				  .pid = x->pid ? x->pid : UINT64_MAX,
				  .bug_p1 = x->bug_p[0],
				  .bug_p2 = x->bug_p[1],
				  .violations = x->violations,
				  .bug = x->bug_code != 0 };

		dmv_region_head(s, i);
		if (!dmv_out_row(s->out, &head_table, &h))
			return false;
	}
	return true;
}

static struct line *add_to(struct line *by, const struct dmv_facts *f, uint32_t adapter)
{
	return &by[adapter < f->nadapter ? adapter : f->nadapter];
}

/* Counts what is live into by[adapter]; by[nadapter] is for what belongs to none. */
static void count(const struct dmv_facts *f, struct line *by)
{
	for (size_t i = 0; i < f->nlist; i++)
		add_to(by, f, f->list[i].adapter)->lists += f->list[i].life != DMV_GONE;
	for (size_t i = 0; i < f->nfile; i++)
		add_to(by, f, f->file[i].adapter)->files += f->file[i].life != DMV_GONE;
	for (size_t i = 0; i < f->nreg; i++) {
		struct line *l = add_to(by, f, dmv_file_adapter(f, f->reg[i].file));

		if (f->reg[i].life == DMV_GONE)
			continue;
		l->registers++;
		l->bytes += f->reg[i].bytes;
	}
	for (size_t i = 0; i < f->nvector; i++)
		add_to(by, f, f->vector[i].adapter)->vectors += f->vector[i].life != DMV_GONE;
	for (size_t i = 0; i < f->nbuffer; i++) {
		struct line *l = add_to(by, f, f->buffer[i].adapter);

		if (f->buffer[i].life == DMV_GONE)
			continue;
		l->buffers++;
		l->buffer_bytes += f->buffer[i].bytes;
	}
	for (size_t i = 0; i < f->nchannel; i++)
		add_to(by, f, f->channel[i].adapter)->channels += f->channel[i].life != DMV_GONE;
	for (size_t i = 0; i < f->nviolation; i++)
		add_to(by, f, f->violation[i].adapter)->violations++;
}

static bool empty(const struct line *l)
{
	return !(l->lists | l->files | l->registers | l->vectors | l->buffers | l->channels |
		 l->violations);
}

/* A Linux device that no region knows has nothing in these columns: people see it among those that
 * have something mapped. */
static bool hides(const struct dmv_ses *s, uint32_t adapter)
{
	return dmv_device_of(&s->facts, adapter) && dmv_out_format(s->out) == DMV_TEXT;
}

static bool say_lines(struct dmv_ses *s, struct line *by, struct total *t)
{
	const struct dmv_facts *f = &s->facts;

	for (uint32_t i = 0; i <= f->nadapter; i++) {
		const struct dmv_adapter_fact *a = dmv_adapter_at(f, i);
		struct line *l = &by[i];
		bool gone = a && (a->life == DMV_GONE || a->released);

		t->lists += l->lists;
		t->registers += l->registers;
		t->bytes += l->bytes;
		t->vectors += l->vectors;
		t->buffers += l->buffers;
		t->buffer_bytes += l->buffer_bytes;
		t->channels += l->channels;
		if (a && !a->master)
			*(gone ? &t->released : &t->adapters) += 1;
		if ((!a || gone || a->master || hides(s, i)) && empty(l))
			continue;
		l->region = a ? a->region : DMV_NO_INDEX;
		l->adapter = dmv_adapter_handle(f, i);
		l->device = a ? dmv_adapter_name(f, i) : NULL;
		l->owner = dmv_adapter_owner(f, i);
		l->state = !a ? "adapter unknown" : gone ? "released"
			 : a->unverified ? "not verified" : dmv_life_word(a->life);
		if (!dmv_out_row(s->out, &line_table, l))
			return false;
	}
	return true;
}

static enum dmv_code say(struct dmv_ses *s, struct line *by, const struct dmv_judge *j)
{
	struct total t = { 0 };
	struct dmv_tally tally;
	enum dmv_code code;

	dmv_out_table(s->out, &head_table);
	dmv_out_table(s->out, &line_table);
	dmv_out_table(s->out, &total_table);
	dmv_tally_make(&tally, j, &s->facts, DMV_TALLY_ALL);
	t.errors = tally.errors;
	t.warnings = tally.warnings;
	t.in_transition = tally.transition;
	s->about.wrong = tally.errors || tally.warnings;
	count(&s->facts, by);
	if (!say_heads(s) || !dmv_dump_bugcheck_brief(s) || !say_lines(s, by, &t))
		return DMV_E_STOPPED;
	t.has_vectors = t.vectors ? t.vectors : UINT64_MAX;
	t.has_region = s->facts.nregion ? s->facts.nregion : UINT64_MAX;
	if (!dmv_out_row(s->out, &total_table, &t))
		return DMV_E_STOPPED;
	code = dmv_books_brief(s);
	if (code)
		return code;
	if (!dmv_bounce_brief(s) || !dmv_tally_say(s, &tally))
		return DMV_E_STOPPED;
	if (s->facts.nregion && !s->facts.verified && dmv_out_format(s->out) == DMV_TEXT)
		dmv_out_line(
			s->out,
			"\nGuards and double buffers were not compared: check, stale, analyze");
	return DMV_E_OK;
}

static void not_booked(struct dmv_ses *s)
{
	for (uint32_t r = 0; r < s->facts.nregion; r++) {
		const struct dmv_region_fact *x = &s->facts.region[r];

		for (uint32_t k = 0; k < DMV_K_COUNT; k++)
			if (x->not_booked[k])
				dmv_out_note(s->out,
					     "region %u: %u of kind %s found no row and are not "
					     "shown: its table is too small", r,
					     x->not_booked[k], dmv_kind_word(k));
		if (x->injected)
			dmv_out_note(s->out,
				     "region %u: %u allocation%s made to fail on purpose: "
				     "dma ADAPTER says whose, events when", r, x->injected,
				     x->injected == 1 ? " was" : "s were");
		if (x->shadow_short)
			dmv_out_note(s->out,
				     "region %u: %u map registers were not double-buffered: no "
				     "shadow page was left", r, x->shadow_short);
	}
}

/* The dump's own bugcheck; else at least what it is. */
static enum dmv_code without_region(struct dmv_ses *s)
{
	enum dmv_code code = dmv_dump_instead(s);

	if (code == DMV_E_STOPPED || !s->mem || dmv_dump_bugcheck(s))
		return code;
	if (!dmv_target_say(s))
		return DMV_E_STOPPED;
	for (size_t i = 0; i < s->mem->nnote; i++)
		dmv_out_note(s->out, "%s", s->mem->note[i]);
	return code;
}

static enum dmv_code run(struct dmv_ses *s, const struct dmv_argv *av)
{
	enum dmv_code code;
	struct dmv_judge *j;
	struct line *by;

	(void)av;
	if (dmv_need_facts(s))
		return without_region(s);
	if (s->mem && !s->facts.nregion && !dmv_target_say(s))
		return DMV_E_STOPPED;
	j = dmv_judge_new(&s->facts);
	by = calloc(s->facts.nadapter + 1, sizeof(*by));
	code = j && by ? say(s, by, j) : dmv_no_memory(s);
	not_booked(s);
	free(by);
	dmv_judge_free(j);
	return code;
}

const struct dmv_cmd dmv_cmd_summary = {
	.name = "summary",
	.summary = "one screen: adapters, totals, findings",
	.help = "Who wrote the region and whether it stopped the target; per adapter and in\n"
		"total what is live; findings by rule; what could not be read. Shown when a\n"
		"target is opened without a command. Compares no bytes: check and stale do.",
	.examples = "summary  the screen",
	.next = "?analyze, dma, leaks -a",
	.topics = DMV_TOPICS_OBJECTS | DMV_TOPICS_JUDGE | DMV_TOPIC_BOUNCE,
	.run = run,
};
