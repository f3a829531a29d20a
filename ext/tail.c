/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
#include "tail.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_number(const char *p, size_t n)
{
	char word[64];
	uint64_t v;

	if (n >= sizeof(word))
		return false;
	memcpy(word, p, n);
	word[n] = 0;
	return dmv_number(word, &v);
}

static bool all_numbers(const char *p)
{
	for (p += strspn(p, " \t\r\n"); *p; p += strspn(p, " \t\r\n")) {
		size_t n = strcspn(p, " \t\r\n");

		if (!is_number(p, n))
			return false;
		p += n;
	}
	return true;
}

/* Pasted text is full of | and >, and nobody who pastes means a program or a file by them. Behind
 * numbers, which are typed, somebody does. */
static bool in_paste(const char *line, size_t n)
{
	const struct dmv_cmd *c;
	char head[DMV_LINE];
	struct dmv_words w;
	struct dmv_err e;
	unsigned args;

	if (n >= sizeof(head))
		return false;
	memcpy(head, line, n);
	head[n] = 0;
	if (dmv_line_split(head, &w, &e) || !w.n)
		return false;
	c = dmv_line_command(&w, &args);
	return c && c->args && c->args->type == DMV_ARG_REST && args < w.n &&
	       !all_numbers(w.word[args]);
}

/* The first sign that is neither quoted nor in a comment, or the end. */
static size_t sign_at(const char *line)
{
	bool quoted = false;
	size_t i = 0;

	for (; line[i]; i++) {
		if (line[i] == '"')
			quoted = !quoted;
		else if (quoted)
			continue;
		else if (line[i] == '|' || line[i] == '>')
			return i;
		else if (line[i] == '#' && (!i || strchr(" \t\r\n", line[i - 1])))
			break;
	}
	return strlen(line);
}

void dmv_tail_find(const char *line, struct dmv_tail *ret)
{
	size_t at = sign_at(line), n = 1;

	*ret = (struct dmv_tail){ .head = strlen(line) };
	if (!line[at] || in_paste(line, at))
		return;
	ret->kind = line[at] == '|' ? DMV_TAIL_PIPE : DMV_TAIL_FILE;
	if (line[at] == '>' && line[at + 1] == '>') {
		ret->kind = DMV_TAIL_APPEND;
		n = 2;
	}
	ret->rest = line + at + n + strspn(line + at + n, " \t\r\n");
	while (at && strchr(" \t\r\n", line[at - 1]))
		at--;
	ret->head = at;
}

/* Into path; the length that was taken from p, or 0: it does not fit, or a quote is open. */
static size_t unquote(const char *p, char *path, size_t size)
{
	/* Tab lays quotes around the whole name */
	bool quoted = *p == '"';
	const char *home = !strncmp(p + quoted, "~/", 2) ? getenv("HOME") : NULL;
	int n = snprintf(path, size, "%s", home ? home : "");
	size_t to = (size_t)n, i = quoted + (home ? 1u : 0);

	if (n < 0 || to >= size)
		return 0;
	for (; p[i] && (quoted || !strchr(" \t\r\n", p[i])); i++) {
		if (p[i] == '"')
			quoted = !quoted;
		else if (to + 1 < size)
			path[to++] = p[i];
		else
			return 0;
	}
	path[to] = 0;
	return quoted ? 0 : i;
}

enum dmv_code dmv_tail_file(const char *rest, const char *sign, char *path, size_t size,
			    struct dmv_err *e)
{
	char safe[64];
	size_t n;

	if (!*rest || *rest == '#')
		return dmv_fail(e, DMV_E_USAGE, "%s needs the name of a file", sign);
	n = unquote(rest, path, size);
	if (!n)
		return dmv_fail(e, DMV_E_USAGE, "behind %s: a double quote is not closed, or the "
				"name is too long", sign);
	if (!*path)
		return dmv_fail(e, DMV_E_USAGE, "%s needs the name of a file", sign);
	rest += n + strspn(rest + n, " \t\r\n");
	if (*rest && *rest != '#')
		return dmv_fail(e, DMV_E_USAGE, "one file behind %s: \"%s\" is too much (a name "
				"with blanks goes in double quotes)", sign,
				dmv_escape(rest, safe, sizeof(safe)));
	return DMV_E_OK;
}
