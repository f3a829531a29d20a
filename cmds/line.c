/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Line -> words -> command. `!dma leaks`, `dma leaks` and `leaks` are the same, `.bugcheck` and
 * `!analyze -v` work as a WinDbg user types them. Commands parse nothing: their table does.
 */
#include "line.h"

#include <stdio.h>
#include <string.h>

/* The words so far are a command that takes the rest of the line as it is. */
static bool takes_rest(const struct dmv_words *w)
{
	unsigned args = 0;
	const struct dmv_cmd *c = w->n ? dmv_line_command(w, &args) : NULL;

	return c && args == w->n && c->args && c->args->type == DMV_ARG_REST;
}

enum dmv_code dmv_line_split(const char *line, struct dmv_words *w, struct dmv_err *e)
{
	char *to = w->text;
	size_t i = 0;

	w->n = 0;
	if (strlen(line) >= DMV_LINE)
		return dmv_fail(e, DMV_E_USAGE, "line is longer than %d characters", DMV_LINE - 1);
	while (line[i]) {
		bool quoted = false;

		i += strspn(line + i, " \t\r\n");
		if (!line[i] || line[i] == '#')
			break;
		w->at[w->n] = i;
		if (takes_rest(w)) {
			w->word[w->n++] = strcpy(to, line + i);
			break;
		}
		w->word[w->n++] = to;
		for (; line[i] && (quoted || !strchr(" \t\r\n", line[i])); i++) {
			if (line[i] == '"')
				quoted = !quoted;
			else
				*to++ = line[i];
		}
		if (quoted)
			return dmv_fail(e, DMV_E_USAGE, "a double quote is not closed");
		*to++ = 0;
	}
	return DMV_E_OK;
}

bool dmv_number(const char *word, uint64_t *ret)
{
	const char *p = word;
	unsigned base = 16, digits = 0;
	uint64_t v = 0;

	if (p[0] == '0' && (p[1] == 'x' || p[1] == 'X')) {
		p += 2;
	} else if (p[0] == '0' && (p[1] == 'n' || p[1] == 'N')) {
		p += 2;
		base = 10;
	}
	for (; *p; p++) {
		unsigned d;

		if (*p == '`' && digits)
			continue;
		if (*p >= '0' && *p <= '9')
			d = (unsigned)(*p - '0');
		else if ((*p | 0x20) >= 'a' && (*p | 0x20) <= 'f')
			d = (unsigned)((*p | 0x20) - 'a') + 10;
		else
			return false;
		if (d >= base || v > (UINT64_MAX - d) / base)
			return false;
		v = v * base + d;
		digits++;
	}
	if (!digits)
		return false;
	*ret = v;
	return true;
}

const struct dmv_cmd *dmv_cmd_find(const char *name, size_t n)
{
	for (size_t i = 0; dmv_cmds[i]; i++)
		if (!strncmp(dmv_cmds[i]->name, name, n) && !dmv_cmds[i]->name[n])
			return dmv_cmds[i];
	return NULL;
}

const char *dmv_synopsis(const struct dmv_cmd *c, char *buf, size_t size)
{
	size_t at = (size_t)snprintf(buf, size, "%s", c->name);

	for (const struct dmv_arg *a = c->args; a && a->name && at < size; a++) {
		const char *value = a->type == DMV_ARG_FLAG || *a->name != '-' ? "" : " N";

		at += (size_t)snprintf(buf + at, size - at, a->required ? " %s%s" : " [%s%s]",
				       a->name, value);
	}
	return buf;
}

static enum dmv_code usage(const struct dmv_cmd *c, struct dmv_err *e)
{
	char text[160];

	e->code = DMV_E_USAGE;
	snprintf(e->msg + strlen(e->msg), sizeof(e->msg) - strlen(e->msg), " (usage: %s)",
		 dmv_synopsis(c, text, sizeof(text)));
	return DMV_E_USAGE;
}

static enum dmv_code value(const struct dmv_cmd *c, const struct dmv_arg *a, const char *word,
			   struct dmv_value *v, struct dmv_err *e)
{
	char safe[64];

	v->set = true;
	v->word = word;
	if (a->type != DMV_ARG_NUMBER || dmv_number(word, &v->num))
		return DMV_E_OK;
	dmv_fail(e, DMV_E_USAGE, "\"%s\" is not a hexadecimal number",
		 dmv_escape(word, safe, sizeof(safe)));
	return usage(c, e);
}

static const struct dmv_arg *option(const struct dmv_cmd *c, const char *word)
{
	for (const struct dmv_arg *a = c->args; a && a->name; a++)
		if (*a->name == '-' && !strcmp(a->name, word))
			return a;
	return NULL;
}

static const struct dmv_arg *place(const struct dmv_cmd *c, unsigned n)
{
	for (const struct dmv_arg *a = c->args; a && a->name; a++)
		if (*a->name != '-' && !n--)
			return a;
	return NULL;
}

enum dmv_code dmv_line_parse(const struct dmv_cmd *c, const char *line, const struct dmv_words *w,
			     unsigned from, struct dmv_argv *av, struct dmv_err *e)
{
	unsigned places = 0;
	char safe[64];

	for (unsigned i = from; i < w->n; i++) {
		const struct dmv_arg *next = place(c, places);
		bool dash = w->word[i][0] == '-' && !(next && next->type == DMV_ARG_REST);
		const struct dmv_arg *a = dash ? option(c, w->word[i]) : place(c, places++);
		struct dmv_value *v = a ? &av->v[a - c->args] : NULL;

		if (!a) {
			dmv_fail(e, DMV_E_USAGE, "\"%s\" is not understood",
				 dmv_escape(w->word[i], safe, sizeof(safe)));
			return usage(c, e);
		}
		if (a->type == DMV_ARG_REST) {
			*v = (struct dmv_value){ .set = true, .word = line + w->at[i] };
			return DMV_E_OK;
		}
		if (a->type == DMV_ARG_FLAG) {
			v->set = true;
			continue;
		}
		if (*a->name == '-' && ++i == w->n) {
			dmv_fail(e, DMV_E_USAGE, "%s needs a value", a->name);
			return usage(c, e);
		}
		if (value(c, a, w->word[i], v, e))
			return e->code;
	}
	for (const struct dmv_arg *a = c->args; a && a->name; a++) {
		if (a->required && !av->v[a - c->args].set) {
			dmv_fail(e, DMV_E_USAGE, "%s is missing", a->name);
			return usage(c, e);
		}
	}
	return DMV_E_OK;
}

/* `?` is what people type who do not know what to type. */
static const struct dmv_cmd *named(const char *word)
{
	return strcmp(word, "?") ? dmv_cmd_find(word, strlen(word)) : &dmv_cmd_help;
}

const struct dmv_cmd *dmv_line_command(const struct dmv_words *w, unsigned *args)
{
	const char *first = w->word[0];
	const struct dmv_cmd *c;

	if (*first == '!' || *first == '.')
		first++;
	*args = 1;
	if (!strcmp(first, "dma") && w->n > 1) {
		c = named(w->word[1]);
		if (c) {
			*args = 2;
			return c;
		}
	}
	return named(first);
}
