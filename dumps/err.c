/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Filling struct dmv_err: bounded, always terminated, and never touched by a caller who passed
 * NULL.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "err.h"

static enum dmv_code fill(struct dmv_err *e, enum dmv_code code, uint64_t addr, const char *fmt,
			  va_list ap)
{
	char msg[sizeof(e->msg)];

	if (!e)
		return code;
	/* Into a copy: an argument may be e->msg itself. */
	vsnprintf(msg, sizeof(msg), fmt, ap);
	memcpy(e->msg, msg, sizeof(msg));
	e->code = code;
	e->addr = addr;
	return code;
}

enum dmv_code dmv_fail(struct dmv_err *e, enum dmv_code code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fill(e, code, UINT64_MAX, fmt, ap);
	va_end(ap);
	return code;
}

enum dmv_code dmv_fail_at(struct dmv_err *e, enum dmv_code code, uint64_t addr, const char *fmt,
			  ...)
{
	va_list ap;

	va_start(ap, fmt);
	fill(e, code, addr, fmt, ap);
	va_end(ap);
	return code;
}

enum dmv_code dmv_prepend(struct dmv_err *e, const char *fmt, ...)
{
	char msg[sizeof(e->msg)];
	size_t used, left;
	va_list ap;
	int n;

	/* A caller without an error struct cannot get its code back from us: NOTFOUND would be a
	 * lie. */
	if (!e)
		return DMV_E_SYSTEM;
	va_start(ap, fmt);
	n = vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	used = n < 0 ? 0 : (size_t)n < sizeof(msg) ? (size_t)n : sizeof(msg) - 1;
	for (const char *p = ": "; used && *p && used < sizeof(msg) - 1; p++)
		msg[used++] = *p;
	left = strnlen(e->msg, sizeof(e->msg));
	if (left > sizeof(msg) - 1 - used)
		left = sizeof(msg) - 1 - used;
	memcpy(msg + used, e->msg, left);
	msg[used + left] = 0;
	memcpy(e->msg, msg, sizeof(e->msg));
	return e->code;
}
