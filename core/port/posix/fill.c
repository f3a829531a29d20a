/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Looking through guard pages with the widest registers the machine has. */
#include <string.h>

#include "posix_int.h"

#define STEP 256u

/* Of 32 bytes: the compiler makes of it what the target has. */
typedef uint64_t word4 __attribute__((vector_size(32), aligned(1), may_alias));

/* The loader chooses the clone before a sanitizer's runtime is up. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif

#if defined(__x86_64__) && defined(__gnu_linux__) && !defined(SANITIZED)
#define WIDEST __attribute__((target_clones("avx2", "default")))
#else
#define WIDEST
#endif

/* Bytes from p on, a multiple of STEP, that are all fill. */
WIDEST static size_t steps(const unsigned char *p, size_t n, uint64_t fill)
{
	const word4 want = { fill, fill, fill, fill };
	size_t at = 0;

	for (; at + STEP <= n; at += STEP) {
		const word4 *w = (const word4 *)(const void *)(p + at);
		const word4 a = (w[0] ^ want) | (w[1] ^ want), b = (w[2] ^ want) | (w[3] ^ want);
		const word4 c = (w[4] ^ want) | (w[5] ^ want), d = (w[6] ^ want) | (w[7] ^ want);
		const word4 all = (a | b) | (c | d);

		if (all[0] | all[1] | all[2] | all[3])
			break;
	}
	return at;
}

size_t dmv_posix_fill_check(const void *p, size_t n, unsigned char fill)
{
	const unsigned char *b = p;
	size_t at = steps(b, n, UINT64_C(0x0101010101010101) * fill);

	while (at < n && b[at] == fill)
		at++;
	return at;
}
