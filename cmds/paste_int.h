/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Private to paste*.c. paste_text.c makes plain text of any bytes, paste_word.c reads words and
 * numbers, paste_forms.c knows the forms, paste.c walks over the text and joins what is the same.
 */
#ifndef DMV_PASTE_INT_H
#define DMV_PASTE_INT_H

#include "paste.h"

/* ---- paste_text.c ---- */

/*
 * Plain text of n bytes: UTF-8 without NULs, lines end with '\n', HTML entities resolved, the
 * brackets, commas and blanks of other scripts as ASCII has them. On the heap; NULL: no memory.
 */
char *dmv_plain_text(const char *bytes, size_t n);

/* ---- paste_word.c ---- */

struct dmv_word {
	const char *at;
	size_t n;
	bool number;                    /* hexadecimal as dmv_number reads it */
	bool prefixed;                  /* begins with 0x */
	unsigned digits;                /* without prefix and back-quotes */
	uint64_t v;
};

bool dmv_word_char(char c);
/* The next word in front of `end` (NULL: the text's), and behind it in *p; false: none. */
bool dmv_word_next(const char **p, const char *end, struct dmv_word *w);
/* The same, but on this line only. */
bool dmv_word_here(const char **p, const char *end, struct dmv_word *w);
/* A decimal number of digits only. */
bool dmv_word_decimal(const struct dmv_word *w, uint64_t *ret);
/* The word in quotes for a message, made harmless and cut; returns buf. */
const char *dmv_word_quote(const struct dmv_word *w, char *buf, size_t size);

/* `key` in any case, at the begin of a word, in front of `end`; NULL: it is not there. */
const char *dmv_find_key(const char *p, const char *end, const char *key);
bool dmv_starts(const char *p, const char *key);
/* A line that is longer ends there: no text is walked over once for each of its words. */
enum { DMV_LONG_LINE = 1024 };
const char *dmv_line_end(const char *p);

/* ---- paste_forms.c ---- */

struct dmv_scan {
	const char *text, *end;         /* *end is 0 */
	const char *floor;              /* what is in front belongs to something found before */
	const char *at, *after;         /* what begins the form, and behind it */
};

struct dmv_form {
	const char *name, *title;
	const char *starts;             /* in any case, at the begin of a word */
	/* Fills *b if this is the form. Where to go on, NULL: it is not. */
	const char *(*parse)(const struct dmv_scan *s, struct dmv_seen *b);
};

extern const struct dmv_form dmv_forms[];
extern const size_t dmv_nforms;

/* Text that is numbers and nothing else, perhaps with brackets. NOTFOUND: it is not. */
enum dmv_code dmv_form_typed(const char *text, struct dmv_seen *b, struct dmv_err *e);

#endif
