/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Errors of everything above core: a code for programs, a message for people.
 * Each floor prepends what it was doing: "region at 0x8000000: table 1 lies outside the region".
 */
#ifndef DMV_ERR_H
#define DMV_ERR_H

#include <stdint.h>

/* Different things for the user are different codes. */
enum dmv_code {
	DMV_E_OK = 0,
	DMV_E_NOTFOUND,         /* not there, or: this file is not mine */
	DMV_E_ABSENT,           /* exists, but not in this dump (filtered, beyond the end) */
	DMV_E_CORRUPT,          /* damaged */
	DMV_E_VERSION,          /* made by something newer than us */
	DMV_E_USAGE,
	DMV_E_SYSTEM,           /* the operating system said no: message has errno's text */
	DMV_E_MEMORY,
	DMV_E_STOPPED,          /* the user interrupted, or the output went away */
};

struct dmv_err {
	enum dmv_code code;
	uint64_t addr;          /* first address it concerns; UINT64_MAX: none */
	char msg[640];          /* a path and two build-ids, with what to do, fit in */
};

/* Fills *e (NULL allowed) and returns code: `return dmv_fail(e, DMV_E_CORRUPT, "...", ...)`. */
enum dmv_code dmv_fail(struct dmv_err *e, enum dmv_code code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* The same with the address it concerns. */
enum dmv_code dmv_fail_at(struct dmv_err *e, enum dmv_code code, uint64_t addr, const char *fmt,
			  ...) __attribute__((format(printf, 4, 5)));
/* Puts "what: " in front of the message and returns e->code. */
enum dmv_code dmv_prepend(struct dmv_err *e, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#endif
