/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
#include "stacks.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "words.h"

struct frame {
	uint32_t site, index;
	uint64_t addr;
	const char *text, *source;
	char in[264];
	const char *label;
};

static const struct dmv_col cols[] = {
	DMV_COL(struct frame, site, "", DMV_S_U32, "number of the call site"),
	DMV_COL(struct frame, index, "", DMV_S_U32, "0 is the innermost"),
	DMV_COL(struct frame, addr, "", DMV_S_WORD, "return address"),
	DMV_COL(struct frame, text, "", DMV_S_STR, "module!function+offset"),
	DMV_COL(struct frame, source, "", DMV_S_STR, "file:line of the call"),
	DMV_COL(struct frame, label, NULL, DMV_S_LABEL, ""),
	{ 0 }
};

static const struct dmv_table table = { "call_sites", cols, "  {addr}  {text}{label}\n" };

bool dmv_stacks_init(struct dmv_stacks *k, const struct dmv_facts *f)
{
	k->f = f;
	k->uses = calloc(f->nstack + 1, sizeof(*k->uses));
	return k->uses;
}

void dmv_stacks_deinit(struct dmv_stacks *k)
{
	free(k->uses);
	k->uses = NULL;
}

void dmv_stacks_use(struct dmv_stacks *k, uint32_t stack)
{
	if (stack < k->f->nstack)
		k->uses[stack]++;
}

static bool one(struct dmv_ses *s, uint32_t i)
{
	const struct dmv_stack *x = &s->facts.stack[i];
	char text[224], source[256];

	for (uint32_t n = 0; n < x->depth; n++) {
		struct frame r = { .site = i, .index = n, .addr = x->frame[n] };

		r.label = r.in;
		if (n == x->first && x->text)
			r.text = x->text;
		else
			r.text = dmv_names_text(s->names, x->frame[n], text, sizeof(text));
		if (dmv_names_line(s->names, x->frame[n] - 1, source, sizeof(source))) {
			snprintf(r.in, sizeof(r.in), "  %s", source);
			r.source = source;
		}
		if (!dmv_out_row(s->out, &table, &r))
			return false;
	}
	return true;
}

bool dmv_stacks_say(struct dmv_ses *s, const struct dmv_stacks *k)
{
	dmv_out_table(s->out, &table);
	for (uint32_t i = 0; i < k->f->nstack; i++) {
		if (!k->uses[i])
			continue;
		dmv_out_line(s->out, "\nStack of %s, %" PRIu64 " of these:", k->f->stack[i].text,
			     k->uses[i]);
		if (!one(s, i))
			return false;
	}
	return true;
}
