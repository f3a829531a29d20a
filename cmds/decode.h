/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* A bugcheck in words, for `bugcheck` and `analyze`. */
#ifndef DMV_DECODE_H
#define DMV_DECODE_H

#include "cmd.h"

/* A bugcheck as it was found, not necessarily with all its parameters. */
struct dmv_quad {
	uint32_t region, index;         /* index of the region, of the bugcheck in this answer */
	uint32_t code;
	uint64_t p[4];
	uint8_t known;                  /* bit i: p[i] is known */
	const char *form;               /* key of the form it was pasted in; NULL: it was not */
	uint32_t line;                  /* of the paste; UINT32_MAX: none */
	const char *seen;               /* all forms and lines, for people; NULL: none */
	bool no_bugcheck;               /* code 0 says that there was none */
	bool intel;                     /* the IOMMU is known to be Intel's */
	uint64_t stack;                 /* where P4 is if it is not known; DMV_NO_ADDR: unknown */
};

/* Says what the quadruple means. Where facts are there, parameters that are objects are named. */
bool dmv_decode(struct dmv_ses *s, uint32_t region, uint32_t code, const uint64_t p[4]);
/* The same with the routines that find it and what to do next. */
bool dmv_decode_quad(struct dmv_ses *s, const struct dmv_quad *q);

struct dmv_linux_line;

/* Says what a line of Linux means, and what to do next. `logged`: it is one of the target's log. */
bool dmv_decode_linux(struct dmv_ses *s, const struct dmv_linux_line *l,
		      const struct dmv_log_fact *logged);

#endif
