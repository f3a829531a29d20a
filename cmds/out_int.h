/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Private to out*.c: the state of an answer, its buffers, and what each file gives the others.
 * out.c the interface, out_value.c numbers, strings and cells, out_text.c tables and forms,
 * out_json.c documents.
 */
#ifndef DMV_OUT_INT_H
#define DMV_OUT_INT_H

#include <string.h>

#include "out.h"

enum {
	DMV_OUT_CHUNK = 65536,          /* handed to the sink at once */
	DMV_OUT_PENDING = 1000,         /* rows whose widths decide */
	DMV_OUT_TABLES = 16,            /* in one document */
	DMV_OUT_COLS = 32,
};

struct dmv_buf {
	char *p;
	size_t n, room;
};

struct dmv_slot {                   /* a table of the JSON document */
	const char *key;
	struct dmv_buf rows;        /* of the first one: unused, its rows go straight out */
	bool any;
};

struct dmv_out {
	enum dmv_format format;
	dmv_sink *sink;
	void *ctx;
	const bool *stop;
	bool color, regions, begun, blank;
	bool stopped;           /* no more rows */
	bool gone;              /* the sink takes no more */
	bool no_memory;
	unsigned digits;
	const char *target, *command, *provider;
	struct dmv_buf out, notes, error;
	struct dmv_slot slot[DMV_OUT_TABLES];
	unsigned nslot;
	unsigned poll;

	/* the text table being laid out */
	const struct dmv_table *table;
	struct dmv_buf pend;
	uint32_t *cell;         /* ends of the pending cells in pend */
	unsigned ncol, npend;
	bool laid;              /* widths are decided */
	unsigned width[DMV_OUT_COLS];
	const struct dmv_col *shown[DMV_OUT_COLS];
};

/* ---- buffers ---- */

char *dmv_buf_grow(struct dmv_out *o, struct dmv_buf *b, size_t n);

static inline char *dmv_buf_room(struct dmv_out *o, struct dmv_buf *b, size_t n)
{
	return b->room - b->n < n ? dmv_buf_grow(o, b, n) : b->p + b->n;
}

static inline void dmv_put(struct dmv_out *o, struct dmv_buf *b, const char *s, size_t n)
{
	char *p = n ? dmv_buf_room(o, b, n) : NULL;

	if (!p)
		return;
	memcpy(p, s, n);
	b->n += n;
}

static inline void dmv_puts(struct dmv_out *o, struct dmv_buf *b, const char *s)
{
	dmv_put(o, b, s, strlen(s));
}

/* ---- values: out_value.c ---- */

void dmv_put_hex(struct dmv_out *o, struct dmv_buf *b, uint64_t v, unsigned least);
void dmv_put_dec(struct dmv_out *o, struct dmv_buf *b, uint64_t v);
/* A string that may come out of a dump: what could hurt a terminal or a parser is escaped. */
void dmv_put_string(struct dmv_out *o, struct dmv_buf *b, const char *s, bool json);
void dmv_put_bytes(struct dmv_out *o, struct dmv_buf *b, struct dmv_bytes v, const char *between);

/* The field of a column in a row. */
uint64_t dmv_cell_u64(const struct dmv_col *c, const void *row);
uint32_t dmv_cell_u32(const struct dmv_col *c, const void *row);
const char *dmv_cell_str(const struct dmv_col *c, const void *row);
bool dmv_cell_bool(const struct dmv_col *c, const void *row);
struct dmv_bytes dmv_cell_bytes(const struct dmv_col *c, const void *row);
bool dmv_cell_absent(const struct dmv_col *c, const void *row);
/* The value as text; nothing if it is absent. */
void dmv_put_value(struct dmv_out *o, struct dmv_buf *b, const struct dmv_col *c, const void *row);

/* ---- formats ---- */

void dmv_text_row(struct dmv_out *o, const struct dmv_table *t, const void *row);
void dmv_form_row(struct dmv_out *o, const struct dmv_table *t, const void *row);
/* Ends the table being laid out, if there is one. */
void dmv_text_end(struct dmv_out *o);

void dmv_json_table(struct dmv_out *o, const struct dmv_table *t);
void dmv_json_row(struct dmv_out *o, const struct dmv_table *t, const void *row);
void dmv_json_close(struct dmv_out *o);

#endif
