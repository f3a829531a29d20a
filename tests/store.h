/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* A sink of dmv_out that keeps what is said, for the tests of text and JSON. */
#ifndef DMV_TEST_STORE_H
#define DMV_TEST_STORE_H

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct store {
	char *p;                /* ends with a NUL; NULL: nothing was said. The test frees it. */
	size_t n, most;         /* most: it refuses more than so many bytes, 0: takes all */
	size_t calls;
};

static inline bool store_keep(void *ctx, const char *buf, size_t n)
{
	struct store *s = ctx;

	s->calls++;
	if (s->most && s->n + n > s->most)
		return false;
	s->p = realloc(s->p, s->n + n + 1);
	if (!s->p)
		return false;
	memcpy(s->p + s->n, buf, n);
	s->n += n;
	s->p[s->n] = 0;
	return true;
}

#endif
