/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * The whole test framework: each case prints one line, `ok NAME`, `not ok NAME: why` or
 * `skip NAME: why`, and T_DONE() says the exit code. One translation unit a test program.
 */
#ifndef DMV_T_H
#define DMV_T_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static int t_passed, t_failed, t_skipped;

__attribute__((format(printf, 4, 5), unused))
static bool t_report(bool ok, const char *name, const char *where, const char *fmt, ...)
{
	va_list ap;

	if (ok) {
		t_passed++;
		printf("ok %s\n", name);
		return true;
	}
	t_failed++;
	printf("not ok %s: ", name);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf(" (%s)\n", where);
	fflush(stdout);
	return false;
}

#define T_STR_(x) #x
#define T_STR(x) T_STR_(x)
#define T_WHERE __FILE__ ":" T_STR(__LINE__)

/* Each is an expression: true if the case passed. */
#define T_CHECK(cond, name) t_report((cond), name, T_WHERE, "%s", #cond)
/* The same with a message that shows the values: T_CHECKF(n == 3, "three rows", "n is %zu", n) */
#define T_CHECKF(cond, name, ...) t_report((cond), name, T_WHERE, __VA_ARGS__)
#define T_EQ(got, want, name) t_eq((unsigned long long)(got), (unsigned long long)(want), name, \
				   T_WHERE)
#define T_STREQ(got, want, name) t_streq((got), (want), name, T_WHERE)
#define T_SKIP(name, why) ((void)(t_skipped++, printf("skip %s: %s\n", name, why)))

__attribute__((unused))
static bool t_eq(unsigned long long got, unsigned long long want, const char *name,
		 const char *where)
{
	return t_report(got == want, name, where, "got 0x%llx, want 0x%llx", got, want);
}

__attribute__((unused))
static bool t_streq(const char *got, const char *want, const char *name, const char *where)
{
	if (!got)
		got = "(null)";
	return t_report(!strcmp(got, want), name, where, "got \"%s\", want \"%s\"", got, want);
}

/* Value for main to return. A program that ran no case at all has tested nothing: that fails. */
__attribute__((unused))
static int t_done(void)
{
	fflush(stdout);
	if (t_failed)
		return 1;
	if (!t_passed)
		return t_skipped ? 77 : 1;
	return 0;
}
#define T_DONE() t_done()

#endif
