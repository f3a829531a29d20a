/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Rows to characters: aligned text or JSON Lines, both from one column table, into the host's sink.
 * Commands say rows and notes; nothing above this file knows a format.
 */
#ifndef DMV_OUT_H
#define DMV_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"

#define DMV_SCHEMA 1            /* of the JSON documents; a renamed key raises it */

/* How a field is stored and shown. Absent values are "-" in a table and null in JSON. */
enum dmv_show {
	DMV_S_STR,              /* const char *; NULL and "" are absent; escaped */
	DMV_S_LABEL,            /* the same, but in text only: made from other columns */
	DMV_S_BOOL,             /* bool */
	DMV_S_ADDR,             /* uint64_t, all digits of the target; UINT64_MAX is absent */
	DMV_S_WORD,             /* uint64_t, like ADDR, but every value is a value */
	DMV_S_BARE,             /* uint64_t address without leading zeros; UINT64_MAX is absent */
	DMV_S_CODE,             /* uint32_t in hex without padding */
	DMV_S_X4,               /* uint32_t, at least 4 hex digits */
	DMV_S_X8,               /* uint64_t, at least 8 hex digits; UINT64_MAX is absent */
	DMV_S_HEX,              /* uint64_t, bare hex digits; UINT64_MAX is absent */
	DMV_S_SIZE,             /* uint64_t, 0x1000; UINT64_MAX is absent */
	DMV_S_U32,              /* uint32_t, decimal; UINT32_MAX is absent */
	DMV_S_U64,              /* uint64_t, decimal; UINT64_MAX is absent */
	DMV_S_OFFSET,           /* int64_t, +0x10 or -0x1; INT64_MIN is absent */
	DMV_S_AGE,              /* uint64_t nanoseconds; UINT64_MAX is absent */
	DMV_S_BYTES,            /* struct dmv_bytes as hex */
	DMV_S_ASCII,            /* struct dmv_bytes as characters; in text only */
	DMV_S_MARK,             /* uint64_t, in text only, for conditions; UINT64_MAX is absent */
	DMV_S_REGION,           /* uint32_t index; in text only where there are several */
};

struct dmv_bytes {
	const uint8_t *p;
	uint32_t n;
};

struct dmv_col {
	const char *key;        /* JSON, scripts */
	const char *head;       /* heading; NULL: not in the text table */
	enum dmv_show show;
	size_t off;
	const char *help;
};

#define DMV_COL(type, field, head, show, help) { #field, head, show, offsetof(type, field), help }
#define DMV_COL_AS(type, field, key, head, show, help) \
	{ key, head, show, offsetof(type, field), help }

/*
 * A table; `col` ends with a NULL key. With `form` each row is a block of text instead of a line:
 * {key} is the value, {key:12} padded, {key|word} with a word for absent; a line that starts with
 * "?key|" appears only if the value is there (bool: true), "!key|" only if it is not.
 */
struct dmv_table {
	const char *key;
	const struct dmv_col *col;
	const char *form;
};

enum dmv_format { DMV_TEXT, DMV_JSON };

/* Takes n characters; false: there is no use in more. */
typedef bool dmv_sink(void *ctx, const char *buf, size_t n);

struct dmv_out;

/* NULL: no memory. ctx is passed to the sink. */
struct dmv_out *dmv_out_new(enum dmv_format format, dmv_sink *sink, void *ctx);
void dmv_out_free(struct dmv_out *o);

void dmv_out_color(struct dmv_out *o, bool on);
/* Digits of an address (8 or 16), and whether several regions must be told apart. */
void dmv_out_width(struct dmv_out *o, unsigned digits, bool regions);
/* Polled while rows come; a row after it turned true is refused. NULL: never. */
void dmv_out_stop(struct dmv_out *o, const bool *stop);
enum dmv_format dmv_out_format(const struct dmv_out *o);

/* Starts the document of one command. The strings must live until dmv_out_end. */
void dmv_out_begin(struct dmv_out *o, const char *target, const char *command);
void dmv_out_provider(struct dmv_out *o, const char *provider);
/* Says that the answer has this table, though it may get no row. */
void dmv_out_table(struct dmv_out *o, const struct dmv_table *t);
/* false: stop, the user or the sink has had enough. */
bool dmv_out_row(struct dmv_out *o, const struct dmv_table *t, const void *row);
/* A line of text between rows; JSON has no use for it. */
void dmv_out_line(struct dmv_out *o, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* An empty line in text, if anything stands above it. */
void dmv_out_gap(struct dmv_out *o);
/* What the reader must know about the answer: last in text, "notes" in JSON. */
void dmv_out_note(struct dmv_out *o, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* What to type next, behind the notes; in text only. */
void dmv_out_hint(struct dmv_out *o, const char *text);
/* Why there is no (whole) answer: in JSON only, the host shows it to people. */
void dmv_out_error(struct dmv_out *o, const char *msg);
/* Ends the document and empties the buffer. STOPPED: not all of it was taken. */
enum dmv_code dmv_out_end(struct dmv_out *o);

/* Nanoseconds as people read them: "22.6us"; returns buf. */
const char *dmv_age_text(uint64_t ns, char *buf, size_t size);

/* Bytes of `s` made harmless for a terminal, cut to fit; returns buf. */
const char *dmv_escape(const char *s, char *buf, size_t size);

#endif
