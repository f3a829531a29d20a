/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Guard pages looked through, shadow pages emptied, with the widest registers the machine has. */
#include <string.h>

#include "posix_int.h"

#define STEP 1024u              /* bytes looked at between two decisions */

/*
 * Bytes from p on, a multiple of STEP, that are all `fill`: a function for each width of register.
 * A macro, because the width is part of the type, and gcc splits a type that is too wide badly.
 */
#define STEPS(name, bytes, target)							\
	typedef uint64_t name##_word __attribute__((vector_size(bytes), aligned(1), may_alias)); \
	target static size_t name(const unsigned char *p, size_t n, uint64_t fill)	\
	{										\
		const name##_word want = fill - (name##_word){ 0 };			\
		size_t at = 0;								\
											\
		for (; at + STEP <= n; at += STEP) {					\
			const name##_word *w = (const name##_word *)(const void *)(p + at); \
			name##_word a = { 0 }, b = { 0 }, c = { 0 }, d = { 0 };		\
			uint64_t bad = 0;						\
											\
			for (size_t i = 0; i < STEP / (bytes); i += 4) {		\
				a |= w[i] ^ want;					\
				b |= w[i + 1] ^ want;					\
				c |= w[i + 2] ^ want;					\
				d |= w[i + 3] ^ want;					\
			}								\
			a |= b | c | d;							\
			for (size_t i = 0; i < (bytes) / 8; i++)			\
				bad |= a[i];						\
			if (bad)							\
				break;							\
		}									\
		return at;								\
	}

/* Copies and fills a multiple of the register's width, and returns how much that was. */
#define MOVES(name, bytes, target)							\
	typedef uint64_t name##_word __attribute__((vector_size(bytes), aligned(1), may_alias)); \
	target static size_t name(unsigned char *to, unsigned char *from, size_t n, uint64_t fill) \
	{										\
		const name##_word all = fill - (name##_word){ 0 };			\
		size_t at = 0;								\
											\
		for (; at + (bytes) <= n; at += (bytes)) {				\
			*(name##_word *)(void *)(to + at) = *(name##_word *)(void *)(from + at); \
			*(name##_word *)(void *)(from + at) = all;			\
		}									\
		return at;								\
	}

STEPS(steps16, 16, )
MOVES(moves16, 16, )
#if defined(__x86_64__)
STEPS(steps32, 32, __attribute__((target("avx2"))))
MOVES(moves32, 32, __attribute__((target("avx2"))))
STEPS(steps64, 64, __attribute__((target("avx512f"))))
#endif

static size_t steps(const unsigned char *p, size_t n, uint64_t fill)
{
#if defined(__x86_64__)
	if (__builtin_cpu_supports("avx512f"))
		return steps64(p, n, fill);
	if (__builtin_cpu_supports("avx2"))
		return steps32(p, n, fill);
#endif
	return steps16(p, n, fill);
}

static size_t moves(unsigned char *to, unsigned char *from, size_t n, uint64_t fill)
{
#if defined(__x86_64__)
	if (__builtin_cpu_supports("avx2"))     /* wider ones are no faster: stores set the pace */
		return moves32(to, from, n, fill);
#endif
	return moves16(to, from, n, fill);
}

static uint64_t eightfold(unsigned char byte)
{
	return UINT64_C(0x0101010101010101) * byte;
}

size_t dmv_posix_fill_check(const void *p, size_t n, unsigned char fill)
{
	const unsigned char *b = p;
	size_t at = steps(b, n, eightfold(fill));

	while (at < n && b[at] == fill)
		at++;
	return at;
}

void dmv_posix_copy_fill(void *to, void *from, size_t n, unsigned char fill)
{
	unsigned char *t = to, *f = from;
	const size_t at = moves(t, f, n, eightfold(fill));

	memcpy(t + at, f + at, n - at);
	memset(f + at, fill, n - at);
}
