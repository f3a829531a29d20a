/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
#include "paste.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "cmd.h"

static const char between[] = " \t\r\n,;:(){}[]*";

struct word {
	const char *at;
	char text[40];
	bool number;
	uint64_t v;
};

/* The next word of the text; false: there is none before `end`. */
static bool next(const char **p, const char *end, struct word *w)
{
	size_t n;

	*p += strspn(*p, between);
	if (*p >= end || !**p)
		return false;
	n = strcspn(*p, between);
	w->at = *p;
	snprintf(w->text, sizeof(w->text), "%.*s", (int)(n < 39 ? n : 39), *p);
	w->number = n < sizeof(w->text) && dmv_number(w->text, &w->v);
	*p += n;
	return true;
}

static enum dmv_code missing(struct dmv_err *e, unsigned i)
{
	return i ? dmv_fail(e, DMV_E_USAGE, "parameter %u of the bugcheck is missing", i)
		 : dmv_fail(e, DMV_E_USAGE, "the code of the bugcheck is missing");
}

static enum dmv_code not_number(struct dmv_err *e, const struct word *w)
{
	char safe[64];

	return dmv_fail(e, DMV_E_USAGE, "\"%s\" is not a hexadecimal number",
			dmv_escape(w->text, safe, sizeof(safe)));
}

/* The last number in front of `end`: words of a sentence may look like numbers, too. */
static bool last_number(const char *text, const char *end, uint64_t *v)
{
	struct word w;
	bool any = false;

	while (next(&text, end, &w)) {
		if (w.number)
			*v = w.v;
		any = w.number;
	}
	return any;
}

/* Values behind labels: "Arg1: f, what it means", "BUGCHECK_P1: f". */
static enum dmv_code labelled(const char *text, const char *label, unsigned first, uint64_t v[5],
			      struct dmv_err *e)
{
	char key[24];
	struct word w;

	for (unsigned i = first; i < 5; i++) {
		const char *p;

		if (i)
			snprintf(key, sizeof(key), "%s%u:", label, i);
		else
			snprintf(key, sizeof(key), "BUGCHECK_CODE:");
		p = strcasestr(text, key);
		if (!p)
			return missing(e, i);
		p += strlen(key);
		if (!next(&p, text + strlen(text), &w))
			return missing(e, i);
		if (!w.number)
			return not_number(e, &w);
		v[i] = w.v;
	}
	return DMV_E_OK;
}

/* "DRIVER_VERIFIER_DMA_VIOLATION (e6)", and what its arguments mean below. */
static enum dmv_code arguments(const char *text, uint64_t v[5], struct dmv_err *e)
{
	const char *open = strchr(text, '('), *arg = strcasestr(text, "Arg1:");
	struct word w;

	if (!open || open > arg)
		return missing(e, 0);
	if (!next(&open, arg, &w) || !w.number)
		return missing(e, 0);
	v[0] = w.v;
	return labelled(text, "Arg", 1, v, e);
}

/* CODE (P1, P2, P3, P4) or CODE {P1, ...}, words in front and behind; also NAME (CODE). */
static enum dmv_code bracketed(const char *text, const char *open, uint64_t v[5], struct dmv_err *e)
{
	const char *close = strpbrk(open, ")}]"), *p = open + 1;
	const char *end = close ? close : text + strlen(text);
	bool code = last_number(text, open, &v[0]);
	unsigned n = 0;
	struct word w;

	while (next(&p, end, &w)) {
		if (n == 4)
			return dmv_fail(e, DMV_E_USAGE, "a bugcheck has four parameters");
		if (!w.number)
			return not_number(e, &w);
		v[++n] = w.v;
	}
	if (!code && n == 1 && close) {
		v[0] = v[1];
		v[1] = 0;
		return DMV_E_OK;
	}
	if (!code)
		return missing(e, 0);
	return n < 4 ? missing(e, n + 1) : DMV_E_OK;
}

/* Numbers and nothing else, but for words in front: with those it is a paste, and must be whole. */
static enum dmv_code plain(const char *text, uint64_t v[5], struct dmv_err *e)
{
	const char *end = text + strlen(text);
	bool words = false;
	char safe[64];
	unsigned n = 0;
	struct word w;

	for (const char *p = text; next(&p, end, &w);) {
		if (!w.number && (!n || (words && n == 1 && !strcasecmp(w.text, "Arguments")))) {
			words = true;
			continue;
		}
		if (!w.number)
			return not_number(e, &w);
		if (n == 5)
			return dmv_fail(e, DMV_E_USAGE, "a bugcheck has four parameters");
		v[n++] = w.v;
	}
	if (!n)
		return dmv_fail(e, DMV_E_USAGE, "no number in \"%s\"",
				dmv_escape(text, safe, sizeof(safe)));
	return words && n < 5 ? missing(e, n) : DMV_E_OK;
}

enum dmv_code dmv_paste_bugcheck(const char *text, uint64_t v[5], struct dmv_err *e)
{
	const char *open = strpbrk(text, "({[");
	enum dmv_code code;

	memset(v, 0, 5 * sizeof(*v));
	if (strcasestr(text, "BUGCHECK_CODE:"))
		code = labelled(text, "BUGCHECK_P", 0, v, e);
	else if (strcasestr(text, "Arg1:"))
		code = arguments(text, v, e);
	else if (open)
		code = bracketed(text, open, v, e);
	else
		code = plain(text, v, e);
	if (!code && v[0] > UINT32_MAX)
		return dmv_fail(e, DMV_E_USAGE, "a bugcheck code has 32 bits");
	return code;
}
