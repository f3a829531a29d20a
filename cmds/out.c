/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * One walk over the columns per format. A table of a million rows must cost less than a second, so
 * numbers are formatted by hand and the widths are those of the first rows; what comes later and
 * is wider pushes its line.
 */
#include "out.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "version.h"

enum {
	CHUNK = 65536,          /* handed to the sink at once */
	PENDING = 1000,         /* rows whose widths decide */
	TABLES = 16,            /* in one document */
	COLS = 32,
};

struct buf {
	char *p;
	size_t n, room;
};

struct slot {                   /* a table of the JSON document */
	const char *key;
	struct buf rows;        /* of the first one: unused, its rows go straight out */
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
	struct buf out, notes, error;
	struct slot slot[TABLES];
	unsigned nslot;
	unsigned poll;

	/* the text table being laid out */
	const struct dmv_table *table;
	struct buf pend;
	uint32_t *cell;         /* ends of the pending cells in pend */
	unsigned ncol, npend;
	bool laid;              /* widths are decided */
	unsigned width[COLS];
	const struct dmv_col *shown[COLS];
};

/* ---- buffers ---- */

static char *grow(struct dmv_out *o, struct buf *b, size_t n)
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

static inline char *room(struct dmv_out *o, struct buf *b, size_t n)
{
	return b->room - b->n < n ? grow(o, b, n) : b->p + b->n;
}

static inline void put(struct dmv_out *o, struct buf *b, const char *s, size_t n)
{
	char *p = room(o, b, n);

	if (!p)
		return;
	memcpy(p, s, n);
	b->n += n;
}

static void puts_(struct dmv_out *o, struct buf *b, const char *s)
{
	put(o, b, s, strlen(s));
}

static void pad(struct dmv_out *o, struct buf *b, size_t n)
{
	char *p = room(o, b, n);

	if (!p)
		return;
	memset(p, ' ', n);
	b->n += n;
}

static void drain(struct dmv_out *o)
{
	if (o->out.n && !o->gone && !o->sink(o->ctx, o->out.p, o->out.n))
		o->gone = o->stopped = true;
	o->out.n = 0;
}

/* ---- numbers ---- */

static void put_hex(struct dmv_out *o, struct buf *b, uint64_t v, unsigned least)
{
	unsigned n = v ? (67 - (unsigned)__builtin_clzll(v)) / 4 : 1;
	char *p = room(o, b, 16);

	if (!p)
		return;
	if (n < least)
		n = least;
	for (unsigned i = n; i--; v >>= 4)
		p[i] = "0123456789abcdef"[v & 15];
	b->n += n;
}

static void put_dec(struct dmv_out *o, struct buf *b, uint64_t v)
{
	char t[20];
	unsigned n = 0;

	do {
		t[19 - n++] = (char)('0' + v % 10);
		v /= 10;
	} while (v);
	put(o, b, t + 20 - n, n);
}

const char *dmv_age_text(uint64_t ns, char *buf, size_t size)
{
	static const struct {
		uint64_t unit;
		const char *name;
	} units[] = { { 86400000000000, "d" }, { 3600000000000, "h" }, { 60000000000, "min" },
		      { 1000000000, "s" }, { 1000000, "ms" }, { 1000, "us" }, { 1, "ns" } };
	char t[32], *p = t + sizeof(t);
	size_t i = 0, n;
	uint64_t whole;

	while (units[i].unit > ns && units[i].unit > 1)
		i++;
	whole = ns / units[i].unit;
	n = strlen(units[i].name) + 1;
	p -= n;
	memcpy(p, units[i].name, n);
	if (units[i].unit > 1 && whole < 100) {
		*--p = (char)('0' + ns % units[i].unit / (units[i].unit / 10));
		*--p = '.';
	}
	do {
		*--p = (char)('0' + whole % 10);
		whole /= 10;
	} while (whole);
	n = (size_t)(t + sizeof(t) - p);
	if (n <= size)
		memcpy(buf, p, n);
	else if (size)
		*buf = 0;
	return buf;
}

static void put_age(struct dmv_out *o, struct buf *b, uint64_t ns)
{
	char t[32];

	puts_(o, b, dmv_age_text(ns, t, sizeof(t)));
}

static void put_offset(struct dmv_out *o, struct buf *b, int64_t v)
{
	put(o, b, v < 0 ? "-0x" : "+0x", 3);
	put_hex(o, b, v < 0 ? 0 - (uint64_t)v : (uint64_t)v, 1);
}

/* ---- strings out of a dump: hostile ---- */

/* Length of the well-formed and harmless UTF-8 character at s, 0 if there is none. */
static size_t harmless(const unsigned char *s)
{
	uint32_t c;
	size_t n;

	if (s[0] < 0x80)
		return s[0] >= 0x20 && s[0] != 0x7F;
	n = s[0] >= 0xF0 ? 4 : s[0] >= 0xE0 ? 3 : 2;
	if (s[0] < 0xC2 || s[0] > 0xF4)
		return 0;
	c = s[0] & (0xFFu >> (n + 1));
	for (size_t i = 1; i < n; i++) {
		if ((s[i] & 0xC0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3F);
	}
	if ((n == 3 && c < 0x800) || (n == 4 && (c < 0x10000 || c > 0x10FFFF)) ||
	    (c >= 0xD800 && c < 0xE000))
		return 0;
	/* C1 controls, line separators, marks that turn the direction of what follows, BOM */
	if (c < 0xA0 || c == 0x061C || (c >= 0x200B && c <= 0x200F) ||
	    (c >= 0x2028 && c <= 0x202E) || (c >= 0x2060 && c <= 0x206F) || c == 0xFEFF)
		return 0;
	return n;
}

static void put_string(struct dmv_out *o, struct buf *b, const char *s, bool json)
{
	const unsigned char *p = (const unsigned char *)s, *from = p;
	char t[8];

	while (*p) {
		size_t n;

		if (*p >= 0x20 && *p < 0x7F && *p != '"' && *p != '\\') {
			p++;
			continue;
		}
		n = harmless(p);
		if (n && !(json && (*p == '"' || *p == '\\'))) {
			p += n;
			continue;
		}
		put(o, b, (const char *)from, (size_t)(p - from));
		if (n)
			snprintf(t, sizeof(t), "\\%c", *p);
		else
			snprintf(t, sizeof(t), "%s\\x%02x", json ? "\\" : "", *p);
		puts_(o, b, t);
		from = ++p;
	}
	put(o, b, (const char *)from, (size_t)(p - from));
}

const char *dmv_escape(const char *s, char *buf, size_t size)
{
	const unsigned char *p = (const unsigned char *)s;
	size_t at = 0;

	while (*p && at + 5 < size) {
		size_t n = harmless(p);

		if (n) {
			memcpy(buf + at, p, n);
			at += n;
			p += n;
		} else {
			at += (size_t)snprintf(buf + at, size - at, "\\x%02x", *p++);
		}
	}
	if (size)
		buf[at] = 0;
	return buf;
}

/* ---- cells ---- */

static uint64_t u64_at(const void *row, size_t off)
{
	uint64_t v;

	memcpy(&v, (const char *)row + off, sizeof(v));
	return v;
}

static uint32_t u32_at(const void *row, size_t off)
{
	uint32_t v;

	memcpy(&v, (const char *)row + off, sizeof(v));
	return v;
}

static const char *str_at(const void *row, size_t off)
{
	const char *v;

	memcpy(&v, (const char *)row + off, sizeof(v));
	return v;
}

static struct dmv_bytes bytes_at(const void *row, size_t off)
{
	struct dmv_bytes v;

	memcpy(&v, (const char *)row + off, sizeof(v));
	return v;
}

static bool bool_at(const void *row, size_t off)
{
	bool v;

	memcpy(&v, (const char *)row + off, sizeof(v));
	return v;
}

static bool absent(const struct dmv_col *c, const void *row)
{
	switch (c->show) {
	case DMV_S_STR:
	case DMV_S_LABEL: {
		const char *s = str_at(row, c->off);

		return !s || !*s;
	}
	case DMV_S_BOOL:
	case DMV_S_WORD:
	case DMV_S_CODE:
	case DMV_S_X4:
		return false;
	case DMV_S_U32:
	case DMV_S_REGION:
		return u32_at(row, c->off) == UINT32_MAX;
	case DMV_S_OFFSET:
		return u64_at(row, c->off) == (uint64_t)INT64_MIN;
	case DMV_S_BYTES:
	case DMV_S_ASCII:
		return !bytes_at(row, c->off).n;
	default:
		return u64_at(row, c->off) == UINT64_MAX;
	}
}

static void put_bytes(struct dmv_out *o, struct buf *b, struct dmv_bytes v, const char *between)
{
	for (uint32_t i = 0; i < v.n; i++) {
		if (i)
			puts_(o, b, between);
		put_hex(o, b, v.p[i], 2);
	}
}

static void put_ascii(struct dmv_out *o, struct buf *b, struct dmv_bytes v)
{
	for (uint32_t i = 0; i < v.n; i++) {
		char c = (char)v.p[i];

		put(o, b, c >= 0x20 && c < 0x7F ? &c : ".", 1);
	}
}

/* The value as text; nothing if it is absent. */
static void put_value(struct dmv_out *o, struct buf *b, const struct dmv_col *c, const void *row)
{
	switch (c->show) {
	case DMV_S_STR:
	case DMV_S_LABEL:
		put_string(o, b, str_at(row, c->off), false);
		break;
	case DMV_S_BOOL:
		puts_(o, b, bool_at(row, c->off) ? "yes" : "no");
		break;
	case DMV_S_ADDR:
	case DMV_S_WORD:
	case DMV_S_MARK:
		put_hex(o, b, u64_at(row, c->off), o->digits);
		break;
	case DMV_S_BARE:
	case DMV_S_HEX:
		put_hex(o, b, u64_at(row, c->off), 1);
		break;
	case DMV_S_CODE:
		put_hex(o, b, u32_at(row, c->off), 1);
		break;
	case DMV_S_X4:
		put_hex(o, b, u32_at(row, c->off), 4);
		break;
	case DMV_S_X8:
		put_hex(o, b, u64_at(row, c->off), 8);
		break;
	case DMV_S_SIZE:
		put(o, b, "0x", 2);
		put_hex(o, b, u64_at(row, c->off), 1);
		break;
	case DMV_S_U32:
	case DMV_S_REGION:
		put_dec(o, b, u32_at(row, c->off));
		break;
	case DMV_S_U64:
		put_dec(o, b, u64_at(row, c->off));
		break;
	case DMV_S_OFFSET:
		put_offset(o, b, (int64_t)u64_at(row, c->off));
		break;
	case DMV_S_AGE:
		put_age(o, b, u64_at(row, c->off));
		break;
	case DMV_S_BYTES:
		put_bytes(o, b, bytes_at(row, c->off), " ");
		break;
	case DMV_S_ASCII:
		put_ascii(o, b, bytes_at(row, c->off));
		break;
	}
}

static void put_cell(struct dmv_out *o, struct buf *b, const struct dmv_col *c, const void *row)
{
	if (absent(c, row))
		put(o, b, "-", 1);
	else
		put_value(o, b, c, row);
}

static void put_json(struct dmv_out *o, struct buf *b, const struct dmv_col *c, const void *row)
{
	if (absent(c, row)) {
		puts_(o, b, "null");
		return;
	}
	switch (c->show) {
	case DMV_S_STR:
	case DMV_S_LABEL:
		put(o, b, "\"", 1);
		put_string(o, b, str_at(row, c->off), true);
		put(o, b, "\"", 1);
		break;
	case DMV_S_BOOL:
		puts_(o, b, bool_at(row, c->off) ? "true" : "false");
		break;
	case DMV_S_ADDR:
	case DMV_S_WORD:
	case DMV_S_BARE:
		put(o, b, "\"0x", 3);
		put_hex(o, b, u64_at(row, c->off), 1);
		put(o, b, "\"", 1);
		break;
	case DMV_S_CODE:
	case DMV_S_X4:
	case DMV_S_U32:
	case DMV_S_REGION:
		put_dec(o, b, u32_at(row, c->off));
		break;
	case DMV_S_OFFSET: {
		int64_t v = (int64_t)u64_at(row, c->off);

		if (v < 0)
			put(o, b, "-", 1);
		put_dec(o, b, v < 0 ? 0 - (uint64_t)v : (uint64_t)v);
		break;
	}
	case DMV_S_BYTES:
	case DMV_S_ASCII:
		put(o, b, "\"", 1);
		put_bytes(o, b, bytes_at(row, c->off), "");
		put(o, b, "\"", 1);
		break;
	default:
		put_dec(o, b, u64_at(row, c->off));
	}
}

/* ---- text: aligned tables ---- */

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
	struct buf *b = &o->out;
	size_t n = b->n - from;
	unsigned w = o->shown[i]->show == DMV_S_STR || o->shown[i]->show == DMV_S_LABEL
			     ? columns(b->p + from, n) : (unsigned)n;
	unsigned gap = o->width[i] > w ? o->width[i] - w : 0;
	char *p = room(o, b, gap + 2u);

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

	put(o, &o->out, s, n);
	pad_cell(o, i, from);
}

static void put_heads(struct dmv_out *o)
{
	if (o->blank)
		put(o, &o->out, "\n", 1);
	if (o->color)
		puts_(o, &o->out, "\033[1m");
	for (unsigned i = 0; i < o->ncol; i++)
		put_padded(o, i, o->shown[i]->head, strlen(o->shown[i]->head));
	if (o->color)
		puts_(o, &o->out, "\033[0m");
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

static void table_end(struct dmv_out *o)
{
	lay(o);
	o->table = NULL;
	o->laid = false;
}

static void table_start(struct dmv_out *o, const struct dmv_table *t)
{
	table_end(o);
	o->table = t;
	o->ncol = 0;
	for (const struct dmv_col *c = t->col; c->key && o->ncol < COLS; c++)
		if (c->head && (c->show != DMV_S_REGION || o->regions))
			o->shown[o->ncol++] = c;
}

static void text_row(struct dmv_out *o, const void *row)
{
	if (!o->cell) {
		o->cell = malloc(sizeof(*o->cell) * PENDING * COLS);
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
		if (++o->npend == PENDING)
			lay(o);
		return;
	}
	for (unsigned i = 0; i < o->ncol; i++) {
		size_t from = o->out.n;

		put_cell(o, &o->out, o->shown[i], row);
		pad_cell(o, i, from);
	}
}

/* ---- text: forms ---- */

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
	if (c && !absent(c, row))
		put_value(o, &o->out, c, row);
	else if (f[key] == '|')
		put(o, &o->out, f + key + 1, (size_t)(end - f - key - 1));
	if (o->out.n - before < width)
		pad(o, &o->out, width - (o->out.n - before));
	return end + 1;
}

static bool wanted(const struct dmv_table *t, const char *line, const void *row)
{
	size_t n = strcspn(line + 1, "|");
	const struct dmv_col *c = col_of(t, line + 1, n);
	bool there = c && !absent(c, row) && (c->show != DMV_S_BOOL || bool_at(row, c->off));

	return there == (*line == '?');
}

static void form_row(struct dmv_out *o, const struct dmv_table *t, const void *row)
{
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

			put(o, &o->out, f, n);
			f += n;
			if (*f == '{')
				f = put_field(o, t, f + 1, row);
		}
		if (*f == '\n') {
			put(o, &o->out, "\n", 1);
			f++;
		}
	}
	o->blank = true;
}

/* ---- JSON ---- */

static void json_pair(struct dmv_out *o, const char *key, const char *value)
{
	puts_(o, &o->out, key);
	if (!value) {
		puts_(o, &o->out, "null");
		return;
	}
	put(o, &o->out, "\"", 1);
	put_string(o, &o->out, value, true);
	put(o, &o->out, "\"", 1);
}

static void json_open(struct dmv_out *o)
{
	if (o->begun)
		return;
	o->begun = true;
	puts_(o, &o->out, "{\"schema\":");
	put_dec(o, &o->out, DMV_SCHEMA);
	json_pair(o, ",\"tool\":", "dma-inspect");
	json_pair(o, ",\"version\":", DMV_INSPECT_VERSION);
	json_pair(o, ",\"target\":", o->target);
	json_pair(o, ",\"provider\":", o->provider);
	json_pair(o, ",\"command\":", o->command);
	puts_(o, &o->out, ",\"tables\":{");
}

static struct slot *slot_of(struct dmv_out *o, const char *key)
{
	for (unsigned i = 0; i < o->nslot; i++)
		if (!strcmp(o->slot[i].key, key))
			return &o->slot[i];
	if (o->nslot == TABLES)
		return NULL;
	o->slot[o->nslot].key = key;
	if (!o->nslot) {
		json_open(o);
		json_pair(o, "", key);
		puts_(o, &o->out, ":[");
	}
	return &o->slot[o->nslot++];
}

/* The first table goes out as it comes; rows of others wait for their turn. */
static void json_row(struct dmv_out *o, const struct dmv_table *t, const void *row)
{
	struct slot *s = slot_of(o, t->key);
	struct buf *b = s == &o->slot[0] ? &o->out : &s->rows;
	bool first = true;

	if (!s)
		return;
	put(o, b, s->any ? ",{" : "{", s->any ? 2 : 1);
	s->any = true;
	for (const struct dmv_col *c = t->col; c->key; c++) {
		if (c->show == DMV_S_LABEL || c->show == DMV_S_ASCII || c->show == DMV_S_MARK)
			continue;
		put(o, b, first ? "\"" : ",\"", first ? 1 : 2);
		first = false;
		puts_(o, b, c->key);
		put(o, b, "\":", 2);
		put_json(o, b, c, row);
	}
	put(o, b, "}", 1);
}

static void json_close(struct dmv_out *o)
{
	json_open(o);
	if (o->nslot)
		put(o, &o->out, "]", 1);
	for (unsigned i = 1; i < o->nslot; i++) {
		json_pair(o, ",", o->slot[i].key);
		puts_(o, &o->out, ":[");
		put(o, &o->out, o->slot[i].rows.p ? o->slot[i].rows.p : "", o->slot[i].rows.n);
		put(o, &o->out, "]", 1);
	}
	puts_(o, &o->out, "},\"notes\":[");
	put(o, &o->out, o->notes.p ? o->notes.p : "", o->notes.n);
	put(o, &o->out, "]", 1);
	if (o->error.n) {
		puts_(o, &o->out, ",\"error\":\"");
		put(o, &o->out, o->error.p, o->error.n);
		put(o, &o->out, "\"", 1);
	}
	puts_(o, &o->out, "}\n");
}

/* ---- the rest of the interface ---- */

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
	for (unsigned i = 0; i < TABLES; i++)
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
		o->slot[i] = (struct slot){ 0 };
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
		slot_of(o, t->key);
}

bool dmv_out_row(struct dmv_out *o, const struct dmv_table *t, const void *row)
{
	if (o->stop && (++o->poll & 63) == 0 && *(const volatile bool *)o->stop)
		o->stopped = true;
	if (o->stopped)
		return false;
	if (o->format == DMV_JSON) {
		json_row(o, t, row);
	} else if (t->form) {
		table_end(o);
		form_row(o, t, row);
	} else {
		if (o->table != t)
			table_start(o, t);
		text_row(o, row);
	}
	if (o->out.n >= CHUNK)
		drain(o);
	return !o->stopped;
}

static void vput(struct dmv_out *o, struct buf *b, bool json, const char *fmt, va_list ap)
{
	char line[2048];

	vsnprintf(line, sizeof(line), fmt, ap);
	/* our own line breaks stay; everything else is escaped */
	for (char *p = line; *p;) {
		size_t n = strcspn(p, "\n");
		char c = p[n];

		p[n] = 0;
		put_string(o, b, p, json);
		if (!c)
			break;
		puts_(o, b, json ? " " : "\n");
		p += n + 1;
	}
}

void dmv_out_line(struct dmv_out *o, const char *fmt, ...)
{
	va_list ap;

	if (o->format == DMV_JSON || o->stopped)
		return;
	table_end(o);
	va_start(ap, fmt);
	vput(o, &o->out, false, fmt, ap);
	va_end(ap);
	put(o, &o->out, "\n", 1);
	o->blank = true;
}

void dmv_out_note(struct dmv_out *o, const char *fmt, ...)
{
	bool json = o->format == DMV_JSON;
	va_list ap;

	puts_(o, &o->notes, !json ? "note: " : o->notes.n ? ",\"" : "\"");
	va_start(ap, fmt);
	vput(o, &o->notes, json, fmt, ap);
	va_end(ap);
	puts_(o, &o->notes, json ? "\"" : "\n");
}

void dmv_out_error(struct dmv_out *o, const char *msg)
{
	o->error.n = 0;
	put_string(o, &o->error, msg, true);
}

enum dmv_code dmv_out_end(struct dmv_out *o)
{
	if (o->format == DMV_JSON) {
		json_close(o);
	} else {
		table_end(o);
		put(o, &o->out, o->notes.p ? o->notes.p : "", o->notes.n);
	}
	drain(o);
	if (o->no_memory)
		return DMV_E_MEMORY;
	return o->stopped ? DMV_E_STOPPED : DMV_E_OK;
}
