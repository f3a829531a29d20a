/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Words of a text: letters, digits, the back-quote inside numbers, '?' for what was unreadable. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "cmd.h"
#include "paste_int.h"

enum { LONGEST = 40 };          /* no number is */

bool dmv_word_char(char c)
{
	return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '_' ||
	       c == '`' || c == '?';
}

static void number(struct dmv_word *w)
{
	char text[LONGEST];

	w->number = w->prefixed = false;
	w->digits = 0;
	if (w->n >= sizeof(text))
		return;
	memcpy(text, w->at, w->n);
	text[w->n] = 0;
	w->prefixed = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
	w->number = dmv_number(text, &w->v);
	for (size_t i = w->prefixed ? 2 : 0; i < w->n; i++)
		w->digits += text[i] != '`';
}

/* Without an end (NULL) that of the text counts. */
static bool word(const char **p, const char *end, bool here, struct dmv_word *w)
{
	while (*p != end && **p && !dmv_word_char(**p)) {
		if (here && **p == '\n')
			return false;
		++*p;
	}
	if (*p == end || !**p)
		return false;
	w->at = *p;
	while (*p != end && dmv_word_char(**p))
		++*p;
	w->n = (size_t)(*p - w->at);
	number(w);
	return true;
}

bool dmv_word_next(const char **p, const char *end, struct dmv_word *w)
{
	return word(p, end, false, w);
}

bool dmv_word_here(const char **p, const char *end, struct dmv_word *w)
{
	return word(p, end, true, w);
}

bool dmv_word_decimal(const struct dmv_word *w, uint64_t *ret)
{
	uint64_t v = 0;

	if (!w->n || w->n > 18)
		return false;
	for (size_t i = 0; i < w->n; i++) {
		if (w->at[i] < '0' || w->at[i] > '9')
			return false;
		v = v * 10 + (uint64_t)(w->at[i] - '0');
	}
	*ret = v;
	return true;
}

const char *dmv_word_quote(const struct dmv_word *w, char *buf, size_t size)
{
	snprintf(buf, size, "\"%.*s\"", (int)(w->n < LONGEST ? w->n : LONGEST), w->at);
	return buf;
}

bool dmv_starts(const char *p, const char *key)
{
	return !strncasecmp(p, key, strlen(key));
}

const char *dmv_find_key(const char *p, const char *end, const char *key)
{
	size_t n = strlen(key);
	bool inside = false;

	for (; p + n <= end; p++) {
		if (!inside && dmv_starts(p, key))
			return p;
		inside = dmv_word_char(*p);
	}
	return NULL;
}

const char *dmv_line_end(const char *p)
{
	size_t n = strnlen(p, DMV_LONG_LINE);
	const char *end = memchr(p, '\n', n);

	return end ? end : p + n;
}
