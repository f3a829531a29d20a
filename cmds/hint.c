/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * One line behind an answer on what to type next, where the host wants it: the table of commands
 * has the words, the answer the addresses in them.
 */
#include <stdio.h>
#include <string.h>

#include "books.h"

enum { MOST = 3 };

void dmv_about(struct dmv_ses *s, uint64_t adapter, uint64_t object)
{
	if (s->about.adapter == DMV_NO_ADDR)
		s->about.adapter = adapter;
	if (s->about.object == DMV_NO_ADDR)
		s->about.object = object;
}

/* A command that this target has nothing for: that of a kernel without a verifier, say. */
static bool is_idle(const struct dmv_ses *s, const char *command)
{
	const struct dmv_cmd *c = dmv_cmd_find(command, strcspn(command, " "));

	return !c || (c->needs_region && !s->facts.nregion) ||
	       (c->needs_books && !dmv_has_books(&s->facts));
}

/* The pattern of n characters with its addresses; false: one of them is not known, or it holds only
 * where something is wrong and nothing is. */
static bool fill(const struct dmv_ses *s, const char *p, size_t n, char *buf, size_t size)
{
	const char *end = p + n, *brace;
	uint64_t addr;

	if (*p == '?' && !s->found && !s->about.wrong)
		return false;
	p += *p == '?';
	brace = memchr(p, '{', (size_t)(end - p));
	if (!brace) {
		snprintf(buf, size, "%.*s", (int)(end - p), p);
		return true;
	}
	addr = brace[1] == 'a' ? s->about.adapter : s->about.object;
	snprintf(buf, size, "%.*s%llx%.*s", (int)(brace - p), p, (unsigned long long)addr,
		 (int)(end - brace - 3), brace + 3);
	return addr != DMV_NO_ADDR && addr;
}

/* What was just typed is no news. */
static bool is_typed(const char *line, const char *hint)
{
	size_t n = strlen(line), m = strlen(hint);

	while (n && strchr(" \t\r\n", line[n - 1]))
		n--;
	return n >= m && !strncmp(line + n - m, hint, m);
}

void dmv_hint_say(struct dmv_ses *s, const struct dmv_cmd *c, const char *line)
{
	char text[256] = "", one[64];
	unsigned said = 0;

	for (const char *p = c->next; p && *p && said < MOST;) {
		size_t n = strcspn(p, ",");

		if (fill(s, p, n, one, sizeof(one)) && !is_typed(line, one) && !is_idle(s, one))
			snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s`%s`",
				 said++ ? ", " : "", one);
		p += n + strspn(p + n, ", ");
	}
	if (said)
		dmv_out_hint(s->out, text);
}
