/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * An answer from its first row to its last character: what commands say goes to the format in use,
 * and from there in large pieces to the sink.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "out_int.h"

char *dmv_buf_grow(struct dmv_out *o, struct dmv_buf *b, size_t n)
{
	size_t want = (b->n + n) * 2 < 256 ? 256 : (b->n + n) * 2;
	char *p = realloc(b->p, want);

	if (!p) {
		o->no_memory = o->stopped = true;
		return NULL;
	}
	b->p = p;
	b->room = want;
	return p + b->n;
}

static void drain(struct dmv_out *o)
{
	if (o->out.n && !o->gone && !o->sink(o->ctx, o->out.p, o->out.n))
		o->gone = o->stopped = true;
	o->out.n = 0;
}

struct dmv_out *dmv_out_new(enum dmv_format format, dmv_sink *sink, void *ctx)
{
	struct dmv_out *o = calloc(1, sizeof(*o));

	if (!o)
		return NULL;
	o->format = format;
	o->sink = sink;
	o->ctx = ctx;
	o->digits = 16;
	return o;
}

void dmv_out_free(struct dmv_out *o)
{
	if (!o)
		return;
	for (unsigned i = 0; i < DMV_OUT_TABLES; i++)
		free(o->slot[i].rows.p);
	free(o->out.p);
	free(o->notes.p);
	free(o->error.p);
	free(o->pend.p);
	free(o->cell);
	free(o);
}

void dmv_out_color(struct dmv_out *o, bool on)
{
	o->color = on;
}

void dmv_out_width(struct dmv_out *o, unsigned digits, bool regions)
{
	o->digits = digits < 1 || digits > 16 ? 16 : digits;
	o->regions = regions;
}

void dmv_out_stop(struct dmv_out *o, const bool *stop)
{
	o->stop = stop;
}

enum dmv_format dmv_out_format(const struct dmv_out *o)
{
	return o->format;
}

void dmv_out_begin(struct dmv_out *o, const char *target, const char *command)
{
	o->target = target;
	o->command = command;
	o->provider = NULL;
	o->begun = o->stopped = o->gone = o->no_memory = o->blank = o->laid = false;
	o->table = NULL;
	o->npend = 0;
	o->pend.n = 0;
	o->out.n = o->notes.n = o->error.n = 0;
	for (unsigned i = 0; i < o->nslot; i++) {
		free(o->slot[i].rows.p);
		o->slot[i] = (struct dmv_slot){ 0 };
	}
	o->nslot = 0;
}

void dmv_out_provider(struct dmv_out *o, const char *provider)
{
	o->provider = provider;
}

void dmv_out_table(struct dmv_out *o, const struct dmv_table *t)
{
	if (o->format == DMV_JSON)
		dmv_json_table(o, t);
}

bool dmv_out_row(struct dmv_out *o, const struct dmv_table *t, const void *row)
{
	if (o->stop && (++o->poll & 63) == 0 && *(const volatile bool *)o->stop)
		o->stopped = true;
	if (o->stopped)
		return false;
	if (o->format == DMV_JSON) {
		dmv_json_row(o, t, row);
	} else if (t->form) {
		dmv_form_row(o, t, row);
	} else {
		dmv_text_row(o, t, row);
	}
	if (o->out.n >= DMV_OUT_CHUNK)
		drain(o);
	return !o->stopped;
}

static void vput(struct dmv_out *o, struct dmv_buf *b, bool json, const char *fmt, va_list ap)
{
	char line[2048];

	vsnprintf(line, sizeof(line), fmt, ap);
	/* our own line breaks stay; everything else is escaped */
	for (char *p = line; *p;) {
		size_t n = strcspn(p, "\n");
		char c = p[n];

		p[n] = 0;
		dmv_put_string(o, b, p, json);
		if (!c)
			break;
		dmv_puts(o, b, json ? " " : "\n");
		p += n + 1;
	}
}

void dmv_out_line(struct dmv_out *o, const char *fmt, ...)
{
	va_list ap;

	if (o->format == DMV_JSON || o->stopped)
		return;
	dmv_text_end(o);
	va_start(ap, fmt);
	vput(o, &o->out, false, fmt, ap);
	va_end(ap);
	dmv_put(o, &o->out, "\n", 1);
	o->blank = true;
}

void dmv_out_gap(struct dmv_out *o)
{
	if (o->format == DMV_JSON || o->stopped)
		return;
	dmv_text_end(o);
	if (o->blank)
		dmv_put(o, &o->out, "\n", 1);
}

void dmv_out_note(struct dmv_out *o, const char *fmt, ...)
{
	bool json = o->format == DMV_JSON;
	va_list ap;

	dmv_puts(o, &o->notes, !json ? "note: " : o->notes.n ? ",\"" : "\"");
	va_start(ap, fmt);
	vput(o, &o->notes, json, fmt, ap);
	va_end(ap);
	dmv_puts(o, &o->notes, json ? "\"" : "\n");
}

void dmv_out_hint(struct dmv_out *o, const char *text)
{
	if (o->format == DMV_JSON || o->stopped)
		return;
	dmv_puts(o, &o->notes, o->color ? "\033[2mNext: " : "Next: ");
	dmv_put_string(o, &o->notes, text, false);
	dmv_puts(o, &o->notes, o->color ? "\033[0m\n" : "\n");
}

void dmv_out_error(struct dmv_out *o, const char *msg)
{
	o->error.n = 0;
	dmv_put_string(o, &o->error, msg, true);
}

enum dmv_code dmv_out_end(struct dmv_out *o)
{
	if (o->format == DMV_JSON) {
		dmv_json_close(o);
	} else {
		dmv_text_end(o);
		dmv_put(o, &o->out, o->notes.p ? o->notes.p : "", o->notes.n);
	}
	drain(o);
	if (o->no_memory)
		return DMV_E_MEMORY;
	return o->stopped ? DMV_E_STOPPED : DMV_E_OK;
}
