/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Bugchecks as people have them: text pasted from a screen, a debugger, a log, or typed numbers.
 * The forms a bugcheck comes in stand in one table (paste_forms.c); each says how it begins.
 */
#ifndef DMV_PASTE_H
#define DMV_PASTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"
#include "paste_linux.h"

enum {
	DMV_PASTE_BYTES = 1 << 20,      /* no text has more */
	DMV_PASTE_SEEN = 1000,          /* no text shows more bugchecks */
};

/* One place of the text that shows a bugcheck. */
struct dmv_seen {
	const char *form;               /* key: "event-1001" */
	const char *title;              /* for people: "event log 1001" */
	uint32_t line;                  /* of the text, from 1 */
	uint8_t known;                  /* bit i: v[i] is in the text */
	uint8_t absent;                 /* bit i: this form never carries v[i] */
	bool mention;                   /* a name: no more than the code can be in it */
	uint64_t v[5];                  /* code and four parameters */
	uint64_t stack;                 /* where the fourth parameter was pushed; DMV_NO_ADDR */
	char why[120];                  /* what is missing; empty: nothing that the form carries */
	size_t first;                   /* index of the leader of those of the same bugcheck */
};

struct dmv_paste {
	struct dmv_seen *seen;          /* in the order of the text */
	size_t nseen;
	size_t left_off;                /* behind the first DMV_PASTE_SEEN */
	struct dmv_linux_lines linux_lines;     /* of Linux, each once */
	bool intel;                     /* its one 0xE6/0x26 came from Intel's IOMMU handler */
	bool typed;                     /* numbers and nothing else, the last ones left out */
};

/*
 * Finds every bugcheck and every line of Linux about DMA in n bytes of text: UTF-8, an 8-bit code
 * page, or UTF-16, as it is or escaped for HTML. A bugcheck that the text shows several times is
 * one: the first place that lacks nothing leads, and has all words that any of them has. NOTFOUND:
 * there is none. USAGE: the text is too long, or it is typed numbers and one of them is wrong. The
 * caller frees *ret after success.
 */
enum dmv_code dmv_paste_parse(const char *text, size_t n, struct dmv_paste *ret, struct dmv_err *e);
void dmv_paste_free(struct dmv_paste *p);

#endif
