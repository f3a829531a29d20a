/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* What a word at the prompt may become: commands, options, addresses of live adapters. */
#include <stdio.h>
#include <string.h>

#include "line.h"

static void offer(const char *prefix, const char *word, void (*fn)(void *, const char *), void *ctx)
{
	if (!strncmp(prefix, word, strlen(prefix)))
		fn(ctx, word);
}

static void complete_first(const char *prefix, void (*fn)(void *, const char *), void *ctx)
{
	const char *bare = *prefix == '!' || *prefix == '.' ? prefix + 1 : prefix;
	char word[64];

	for (size_t i = 0; dmv_cmds[i]; i++) {
		snprintf(word, sizeof(word), "%.*s%s", (int)(bare - prefix), prefix,
			 dmv_cmds[i]->name);
		offer(prefix, word, fn, ctx);
	}
}

void dmv_complete(struct dmv_ses *s, const char *line, size_t at, const char *prefix,
		  void (*fn)(void *, const char *), void *ctx)
{
	const struct dmv_cmd *c;
	struct dmv_err e;
	struct dmv_words w;
	unsigned args;
	char head[DMV_LINE], word[32];

	if (at >= sizeof(head))
		return;
	memcpy(head, line, at);
	head[at] = 0;
	if (dmv_line_split(head, &w, &e))
		return;
	if (!w.n) {
		complete_first(prefix, fn, ctx);
		return;
	}
	c = dmv_line_command(&w, &args);
	if (!c)
		return;
	if (w.n == 1 && c == &dmv_cmd_dma)
		complete_first(prefix, fn, ctx);
	if (c == &dmv_cmd_help)
		complete_first(prefix, fn, ctx);
	for (const struct dmv_arg *a = c->args; a && a->name; a++)
		if (*a->name == '-')
			offer(prefix, a->name, fn, ctx);
	if (!c->args || !c->needs_facts || !s->loaded)
		return;
	for (size_t i = 0; i < s->facts.nadapter; i++) {
		if (s->facts.adapter[i].life == DMV_GONE)
			continue;
		snprintf(word, sizeof(word), "%s%llx", strncmp(prefix, "0x", 2) ? "" : "0x",
			 (unsigned long long)s->facts.adapter[i].handle);
		offer(prefix, word, fn, ctx);
	}
}
