/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * What the header of a dump said of the machine, as lines of text in the note of a saved file:
 * bugcheck=CODE P1 P2 P3 P4, line=KEY<tab>VALUE, image=BASE BYTES NAME; numbers are hexadecimal.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "save_int.h"

/* ---- writing ---- */

/* Text out of a dump ends with the line, whatever is in it. */
static void put_text(FILE *f, const char *s)
{
	for (; *s; s++)
		putc(*s == '\n' || *s == '\t' ? ' ' : *s, f);
	putc('\n', f);
}

/* What people typed may be anybody's secret. */
static bool is_typed(const char *key)
{
	return !strcmp(key, "command") || !strcmp(key, "comment");
}

void dmv_save_info_put(FILE *f, const struct dmv_dump_info *i, bool redact)
{
	const uint64_t *p = i->bug_p;

	if (i->has_bugcheck)
		fprintf(f, "bugcheck=%" PRIx32 " %" PRIx64 " %" PRIx64 " %" PRIx64 " %" PRIx64 "\n",
			i->bug_code, p[0], p[1], p[2], p[3]);
	for (size_t k = 0; k < i->nline; k++) {
		if (redact && is_typed(i->line[k].key))
			continue;
		fprintf(f, "line=%s\t", i->line[k].key);
		put_text(f, i->line[k].value);
	}
	for (size_t k = 0; k < i->nimage; k++) {
		fprintf(f, "image=%" PRIx64 " %" PRIx64 " ", i->image[k].base, i->image[k].bytes);
		put_text(f, i->image[k].name);
	}
}

/* ---- reading ---- */

/* Hexadecimal numbers with one blank between them; behind the last, or NULL. */
static const char *numbers(const char *s, uint64_t *v, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		size_t digits = strspn(s, "0123456789abcdef");

		if (!digits || digits > 16 || (i && s[-1] != ' '))
			return NULL;
		v[i] = strtoull(s, NULL, 16);
		s += digits + (s[digits] == ' ');
	}
	return s;
}

static void take_bugcheck(struct dmv_saved_info *x, const char *s)
{
	uint64_t v[5];

	if (!numbers(s, v, 5) || v[0] > UINT32_MAX)
		return;
	x->info.has_bugcheck = true;
	x->info.bug_code = (uint32_t)v[0];
	memcpy(x->info.bug_p, v + 1, sizeof(x->info.bug_p));
}

static void take_image(struct dmv_saved_info *x, const char *s)
{
	const char *name;
	uint64_t v[2];
	char *copy;

	name = numbers(s, v, 2);
	if (!name || v[1] > UINT64_MAX - v[0])
		return;
	copy = strdup(name);
	if (!copy || !dmv_grow(&x->image, x->info.nimage, sizeof(*x->image))) {
		free(copy);
		return;
	}
	x->image[x->info.nimage++] = (struct dmv_dump_image){ copy, v[0], v[1] };
	x->info.image = x->image;
}

/* The key stays in the text, the value is copied. */
static void take_line(struct dmv_saved_info *x, char *s)
{
	char *tab = strchr(s, '\t');

	if (!tab)
		return;
	*tab = 0;
	dmv_dump_line_add(&x->info, s, "%s", tab + 1);
}

static void take(struct dmv_saved_info *x, char *line)
{
	char *value = strchr(line, '=');

	if (!value)
		return;
	*value++ = 0;
	if (!strcmp(line, "redacted"))
		x->redacted = *value == '1';
	else if (!strcmp(line, "from"))
		x->from = value;
	else if (!strcmp(line, "program"))
		x->program = value;
	else if (!strcmp(line, "bugcheck"))
		take_bugcheck(x, value);
	else if (!strcmp(line, "line"))
		take_line(x, value);
	else if (!strcmp(line, "image"))
		take_image(x, value);
}

void dmv_saved_info_take(struct dmv_saved_info *x, char *text)
{
	x->text = text;
	for (char *line = text, *end; line; line = end) {
		end = strchr(line, '\n');
		if (end)
			*end++ = 0;
		take(x, line);
	}
}

void dmv_saved_info_deinit(struct dmv_saved_info *x)
{
	dmv_dump_lines_free(&x->info);
	for (size_t i = 0; i < x->info.nimage; i++)
		free((char *)x->image[i].name);
	free(x->image);
	free(x->text);
}
