/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Rows as text: aligned tables, and forms. The widths of a table are those of its first rows; what
 * comes later and is wider pushes its line.
 */
#include <stdlib.h>

#include "out_int.h"

/* ---- aligned tables ---- */

static void put_cell(struct dmv_out *o, struct dmv_buf *b, const struct dmv_col *c, const void *row)
{
	if (dmv_cell_absent(c, row))
		dmv_put(o, b, "-", 1);
	else
		dmv_put_value(o, b, c, row);
}

static bool right(enum dmv_show s)
{
	return s == DMV_S_SIZE || s == DMV_S_U32 || s == DMV_S_U64 || s == DMV_S_AGE ||
	       s == DMV_S_HEX || s == DMV_S_OFFSET || s == DMV_S_CODE;
}

/* Characters on the screen. */
static unsigned columns(const char *s, size_t n)
{
	unsigned w = 0;

	for (size_t i = 0; i < n; i++)
		w += ((unsigned char)s[i] & 0xC0) != 0x80;
	return w;
}

/* Makes a cell of what was put at `from`: blanks in front of or behind it, and what parts cells. */
static void pad_cell(struct dmv_out *o, unsigned i, size_t from)
{
	struct dmv_buf *b = &o->out;
	size_t n = b->n - from;
	unsigned w = o->shown[i]->show == DMV_S_STR || o->shown[i]->show == DMV_S_LABEL
			     ? columns(b->p + from, n) : (unsigned)n;
	unsigned gap = o->width[i] > w ? o->width[i] - w : 0;
	char *p = dmv_buf_room(o, b, gap + 2u);

	if (!p)
		return;
	if (i + 1 == o->ncol && !right(o->shown[i]->show))
		gap = 0;
	if (gap && right(o->shown[i]->show)) {
		memmove(b->p + from + gap, b->p + from, n);
		memset(b->p + from, ' ', gap);
	} else {
		memset(p, ' ', gap);
	}
	b->n += gap;
	if (i + 1 < o->ncol)
		memcpy(b->p + b->n, "  ", 2);
	else
		b->p[b->n] = '\n';
	b->n += i + 1 < o->ncol ? 2 : 1;
}

static void put_padded(struct dmv_out *o, unsigned i, const char *s, size_t n)
{
	size_t from = o->out.n;

	dmv_put(o, &o->out, s, n);
	pad_cell(o, i, from);
}

static void put_heads(struct dmv_out *o)
{
	if (o->blank)
		dmv_put(o, &o->out, "\n", 1);
	if (o->color)
		dmv_puts(o, &o->out, "\033[1m");
	for (unsigned i = 0; i < o->ncol; i++)
		put_padded(o, i, o->shown[i]->head, strlen(o->shown[i]->head));
	if (o->color && o->out.n) {
		o->out.n--;             /* a line ends as it began: pagers colour line by line */
		dmv_puts(o, &o->out, "\033[0m\n");
	}
}

/* Decides the widths by the pending rows and prints them. */
static void lay(struct dmv_out *o)
{
	size_t from = 0;

	if (!o->npend)
		return;
	for (unsigned i = 0; i < o->ncol; i++)
		o->width[i] = (unsigned)strlen(o->shown[i]->head);
	for (unsigned i = 0; i < o->npend * o->ncol; i++) {
		unsigned w = columns(o->pend.p + from, o->cell[i] - from);

		if (w > o->width[i % o->ncol])
			o->width[i % o->ncol] = w;
		from = o->cell[i];
	}
	put_heads(o);
	from = 0;
	for (unsigned i = 0; i < o->npend * o->ncol; i++) {
		put_padded(o, i % o->ncol, o->pend.p + from, o->cell[i] - from);
		from = o->cell[i];
	}
	o->npend = 0;
	o->pend.n = 0;
	o->laid = true;
	o->blank = true;
}

void dmv_text_end(struct dmv_out *o)
{
	lay(o);
	o->table = NULL;
	o->laid = false;
}

static void table_start(struct dmv_out *o, const struct dmv_table *t)
{
	dmv_text_end(o);
	o->table = t;
	o->ncol = 0;
	for (const struct dmv_col *c = t->col; c->key && o->ncol < DMV_OUT_COLS; c++)
		if (c->head && (c->show != DMV_S_REGION || o->regions))
			o->shown[o->ncol++] = c;
}

void dmv_text_row(struct dmv_out *o, const struct dmv_table *t, const void *row)
{
	if (o->table != t)
		table_start(o, t);
	if (!o->cell) {
		o->cell = malloc(sizeof(*o->cell) * DMV_OUT_PENDING * DMV_OUT_COLS);
		if (!o->cell) {
			o->no_memory = o->stopped = true;
			return;
		}
	}
	if (!o->laid) {
		for (unsigned i = 0; i < o->ncol; i++) {
			put_cell(o, &o->pend, o->shown[i], row);
			o->cell[o->npend * o->ncol + i] = (uint32_t)o->pend.n;
		}
		if (++o->npend == DMV_OUT_PENDING)
			lay(o);
		return;
	}
	for (unsigned i = 0; i < o->ncol; i++) {
		size_t from = o->out.n;

		put_cell(o, &o->out, o->shown[i], row);
		pad_cell(o, i, from);
	}
}

/* ---- forms ---- */

static void blanks(struct dmv_out *o, struct dmv_buf *b, size_t n)
{
	char *p = dmv_buf_room(o, b, n);

	if (!p)
		return;
	memset(p, ' ', n);
	b->n += n;
}

static const struct dmv_col *col_of(const struct dmv_table *t, const char *key, size_t n)
{
	for (const struct dmv_col *c = t->col; c->key; c++)
		if (!strncmp(c->key, key, n) && !c->key[n])
			return c;
	return NULL;
}

/* One {key}, {key:12}, {key|word}; returns what follows it. */
static const char *put_field(struct dmv_out *o, const struct dmv_table *t, const char *f,
			     const void *row)
{
	const char *end = strchr(f, '}');
	size_t key = strcspn(f, ":|}");
	const struct dmv_col *c = col_of(t, f, key);
	size_t before = o->out.n, width = 0;

	if (!end)
		return f + strlen(f);
	if (f[key] == ':')
		width = (size_t)strtoul(f + key + 1, NULL, 10);
	if (c && !dmv_cell_absent(c, row))
		dmv_put_value(o, &o->out, c, row);
	else if (f[key] == '|')
		dmv_put(o, &o->out, f + key + 1, (size_t)(end - f - key - 1));
	if (o->out.n - before < width)
		blanks(o, &o->out, width - (o->out.n - before));
	return end + 1;
}

static bool wanted(const struct dmv_table *t, const char *line, const void *row)
{
	size_t n = strcspn(line + 1, "|");
	const struct dmv_col *c = col_of(t, line + 1, n);
	bool there = c && !dmv_cell_absent(c, row) &&
		     (c->show != DMV_S_BOOL || dmv_cell_bool(c, row));

	return there == (*line == '?');
}

void dmv_form_row(struct dmv_out *o, const struct dmv_table *t, const void *row)
{
	dmv_text_end(o);
	for (const char *f = t->form; *f;) {
		if (*f == '?' || *f == '!') {
			if (!wanted(t, f, row)) {
				f = strchr(f, '\n') ? strchr(f, '\n') + 1 : f + strlen(f);
				continue;
			}
			f += strcspn(f, "|") + 1;
		}
		while (*f && *f != '\n') {
			size_t n = strcspn(f, "{\n");

			dmv_put(o, &o->out, f, n);
			f += n;
			if (*f == '{')
				f = put_field(o, t, f + 1, row);
		}
		if (*f == '\n') {
			dmv_put(o, &o->out, "\n", 1);
			f++;
		}
	}
	o->blank = true;
}
