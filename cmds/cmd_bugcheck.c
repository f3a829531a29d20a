/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* bugcheck: what a bugcheck means: the target's own, typed numbers, or whatever a text shows. */
#include "cmd.h"

#include <stdio.h>
#include <string.h>

#include "decode.h"
#include "dump_info.h"
#include "log.h"
#include "meaning.h"
#include "paste.h"

/* Linux has no bugcheck, but it may have logged what would be one. */
static enum dmv_code of_log(struct dmv_ses *s)
{
	const struct dmv_err e = s->err;
	size_t n;

	if (!dmv_log_decode(s, &n))
		return s->err.code == DMV_E_MEMORY ? s->err.code : DMV_E_STOPPED;
	if (!n)
		return e.code;
	s->err = (struct dmv_err){ .addr = DMV_NO_ADDR };
	s->found = true;
	return DMV_E_OK;
}

static enum dmv_code own(struct dmv_ses *s)
{
	const struct dmv_facts *f = &s->facts;
	struct dmv_quad q = { .known = DMV_ALL_PARAMETERS, .line = UINT32_MAX,
			      .stack = DMV_NO_ADDR };

	if (dmv_need_region(s))
		return s->facts.nlog ? of_log(s) : dmv_dump_instead(s);
	for (uint32_t r = 0; r < f->nregion; r++) {
		if (!f->region[r].bug_code)
			continue;
		dmv_region_head(s, r);
		q.region = r;
		q.code = f->region[r].bug_code;
		memcpy(q.p, f->region[r].bug_p, sizeof(q.p));
		if (!dmv_decode_quad(s, &q))
			return DMV_E_STOPPED;
		q.index++;
	}
	if (dmv_dump_bugcheck(s))
		return dmv_dump_bugcheck_say(s) ? DMV_E_OK : DMV_E_STOPPED;
	if (!q.index)
		dmv_out_line(s->out, "No bugcheck: the verifier did not stop this target.");
	return DMV_E_OK;
}

/* ---- pasted ---- */

/* Somewhere all words stood that the form has; what is torn is not put together. */
static bool whole(const struct dmv_paste *p, size_t first)
{
	for (size_t i = 0; i < p->nseen; i++)
		if (p->seen[i].first == first && !p->seen[i].why[0])
			return true;
	return false;
}

enum { PLACES = 6 };

/* "event log 1001 (line 3), stack line of KeBugCheckEx (line 40)" */
static const char *places(const struct dmv_paste *p, size_t first, char *buf, size_t size)
{
	size_t at = 0, n = 0;

	for (size_t i = 0; i < p->nseen && at < size; i++) {
		const struct dmv_seen *b = &p->seen[i];

		if (b->first != first || b->mention || ++n > PLACES)
			continue;
		at += (size_t)snprintf(buf + at, size - at, "%s%s (line %u)", n > 1 ? ", " : "",
				       b->title, b->line);
	}
	if (n > PLACES && at < size)
		snprintf(buf + at, size - at, " and %zu more", n - PLACES);
	return buf;
}

struct place {
	uint32_t bugcheck, line;
	const char *form;
};

static const struct dmv_col place_cols[] = {
	DMV_COL(struct place, bugcheck, "", DMV_S_U32, "index of the bugcheck"),
	DMV_COL(struct place, form, "", DMV_S_STR, "form it has there"),
	DMV_COL(struct place, line, "", DMV_S_U32, "line of the paste"),
	{ 0 }
};

/* In text they are on one line, by places. */
static const struct dmv_table place_table = { "places", place_cols, "" };

static bool say_places(struct dmv_ses *s, const struct dmv_paste *p, size_t first, uint32_t index)
{
	for (size_t i = 0; i < p->nseen && !p->typed; i++) {
		const struct dmv_seen *b = &p->seen[i];
		struct place x = { index, b->line, b->form };

		if (b->first == first && !dmv_out_row(s->out, &place_table, &x))
			return false;
	}
	return true;
}

static struct dmv_quad quad(const struct dmv_paste *p, const struct dmv_seen *b, const char *seen)
{
	struct dmv_quad q = { .code = (uint32_t)b->v[0], .known = b->known >> 1, .form = b->form,
			      .line = b->line, .seen = p->typed ? NULL : seen, .intel = p->intel,
			      .no_bugcheck = !b->v[0] && !strcmp(b->form, "event-41"),
			      .stack = b->stack };

	memcpy(q.p, b->v + 1, sizeof(q.p));
	return q;
}

static size_t count(const struct dmv_paste *p)
{
	size_t n = 0;

	for (size_t i = 0; i < p->nseen; i++)
		n += p->seen[i].first == i && whole(p, i);
	return n;
}

static enum dmv_code decode_each(struct dmv_ses *s, const struct dmv_paste *p, size_t many)
{
	uint32_t index = 0;
	char seen[512];

	for (size_t i = 0; i < p->nseen; i++) {
		struct dmv_quad q;

		if (p->seen[i].first != i || !whole(p, i))
			continue;
		if (many > 1)
			dmv_out_line(s->out, "%sBugcheck %u of %zu", index ? "\n" : "", index + 1,
				     many);
		q = quad(p, &p->seen[i], places(p, i, seen, sizeof(seen)));
		q.index = index++;
		if (!dmv_decode_quad(s, &q) || !say_places(s, p, i, q.index))
			return DMV_E_STOPPED;
	}
	return DMV_E_OK;
}

static enum dmv_code linux_lines(struct dmv_ses *s, const struct dmv_linux_lines *l, size_t many)
{
	for (size_t i = 0; i < l->n; i++) {
		if (many + i)
			dmv_out_line(s->out, "%s", "");
		if (!dmv_decode_linux(s, &l->line[i], NULL))
			return DMV_E_STOPPED;
	}
	return DMV_E_OK;
}

/* What was torn: an error if nothing else is there, else said beside the answer. */
static enum dmv_code torn(struct dmv_ses *s, const struct dmv_paste *p, size_t many)
{
	enum dmv_code code = DMV_E_OK;

	for (size_t i = 0; i < p->nseen; i++) {
		const struct dmv_seen *b = &p->seen[i];

		if (b->first != i || whole(p, i))
			continue;
		if (!many)
			return dmv_fail(&s->err, DMV_E_USAGE, "%s, line %u: %s", b->title, b->line,
					b->why);
		dmv_out_note(s->out, "not decoded: %s, line %u: %s", b->title, b->line, b->why);
		if (!code && !b->mention)
			code = dmv_fail(&s->err, DMV_E_ABSENT, "%s, line %u: %s", b->title, b->line,
					b->why);
	}
	if (p->left_off + p->linux_lines.left_off)
		dmv_out_note(s->out, "%zu more behind the first %d are left off: paste less",
			     p->left_off + p->linux_lines.left_off,
			     p->left_off ? DMV_PASTE_SEEN : DMV_LINUX_SEEN);
	return code;
}

static enum dmv_code pasted(struct dmv_ses *s, const char *text, size_t n)
{
	struct dmv_paste p;
	enum dmv_code code;
	size_t many;

	if (dmv_paste_parse(text, n, &p, &s->err))
		return s->err.code;
	many = count(&p);
	code = decode_each(s, &p, many);
	if (!code)
		code = linux_lines(s, &p.linux_lines, many);
	if (!code)
		code = torn(s, &p, many + p.linux_lines.n);
	dmv_paste_free(&p);
	return code;
}

static enum dmv_code run(struct dmv_ses *s, const struct dmv_argv *av)
{
	enum dmv_code code;

	if (!av->v[0].set)
		return s->paste ? pasted(s, s->paste, s->npaste) : own(s);
	code = pasted(s, av->v[0].word, strlen(av->v[0].word));
	if (code == DMV_E_NOTFOUND)
		code = s->err.code = DMV_E_USAGE;
	return code;
}

static const struct dmv_arg args[] = {
	{ "CODE P1 P2 P3 P4", DMV_ARG_REST, false,
	  "typed, the last ones may be left out; or a text, as it was printed" },
	{ 0 }
};

const struct dmv_cmd dmv_cmd_bugcheck = {
	.name = "bugcheck",
	.summary = "what a bugcheck and its parameters mean",
	.help = "Decodes 0xE6 (DRIVER_VERIFIER_DMA_VIOLATION) and 0x1DC in full, and their\n"
		"neighbours: 0x158, 0x159, 0x1D9, 0x161, 0xCA with P1 = 2, 0xC4 with P1 0xB0 to\n"
		"0xB9. Every other code is \"not a DMA code\".\n"
		"A text may be pasted as it was printed, several bugchecks in it. Known are\n"
		"  event log 1001    The bugcheck was: 0x000000e6 (0x..., 0x..., 0x..., 0x...)\n"
		"  event log 41      BugcheckCode 230 (decimal), BugcheckParameter1 0x26, ...\n"
		"  !analyze          NAME (e6), Arg1: ...; BUGCHECK_CODE: e6, BUGCHECK_P1: ...;\n"
		"                    BugCheck E6, {26, ...}\n"
		"  kernel debugger   *** Fatal System Error: 0x000000e6, then (0x...,...)\n"
		"  blue screen       *** STOP: 0x000000E6 (0x...,0x...,0x...,0x...)\n"
		"  .bugcheck         Bugcheck code 000000E6, Arguments ...\n"
		"  stack             the line of nt!KeBugCheckEx (without the fourth parameter)\n"
		"  memory            dq nt!KiBugCheckData L5 and its lines\n"
		"  Windows' dialogs  BCCode: e6, BCP1: ...; Code: e6, Parameter 1: ...\n"
		"  Linux             DMAR: [DMA Write] Request device [00:02.0] fault addr ...,\n"
		"                    AMD-Vi: Event logged [...], DMA-API: device driver ...,\n"
		"                    swiotlb buffer is full ..., DMA addr ... overflow ...\n"
		"and the numbers alone. What is pasted must be whole: nothing is guessed, nor are\n"
		"rules that were never documented. Without numbers the target's own bugcheck,\n"
		"or what the log of its Linux kernel reports.",
	.examples = "bugcheck  the target's own\n"
		    "bugcheck e6 f 5 ffffd08bb1435060 ffffd08bb1435860  decode these",
	.args = args,
	.topics = DMV_TOPIC(DMV_K_VIOLATION),
	.run = run,
};
