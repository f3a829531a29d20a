/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* The guest's memcpy, memmove, memset and memcmp against the C library's. */
#include <string.h>

#include "t.h"

#define memcpy guest_memcpy
#define memmove guest_memmove
#define memset guest_memset
#define memcmp guest_memcmp
#include "../core/port/guest/memory.c"
#undef memcpy
#undef memmove
#undef memset
#undef memcmp

#define ROOM 80

static void fill(unsigned char *p)
{
	for (unsigned i = 0; i < ROOM; i++)
		p[i] = (unsigned char)(i * 7 + 3);
}

static bool moves(void)
{
	unsigned char a[ROOM], b[ROOM];

	for (size_t from = 0; from < 20; from++)
		for (size_t to = 0; to < 20; to++)
			for (size_t n = 0; n < 40; n++) {
				fill(a);
				fill(b);
				if (guest_memmove(a + to, a + from, n) != a + to)
					return false;
				memmove(b + to, b + from, n);
				if (memcmp(a, b, ROOM))
					return false;
			}
	return true;
}

static bool copies_and_fills(void)
{
	unsigned char a[ROOM], b[ROOM], c[ROOM];

	fill(c);
	for (size_t n = 0; n <= 40; n++) {
		fill(a);
		fill(b);
		if (guest_memset(a + 3, 0x1F0, n) != a + 3 || guest_memcpy(a + 40, c, n) != a + 40)
			return false;
		memset(b + 3, 0x1F0, n);
		memcpy(b + 40, c, n);
		if (memcmp(a, b, ROOM))
			return false;
	}
	return true;
}

static bool compares(void)
{
	unsigned char a[ROOM], b[ROOM];

	fill(a);
	fill(b);
	b[30] = 0xFF;
	a[30] = 0x01;
	return guest_memcmp(a, b, 30) == 0 && guest_memcmp(a, b, 31) < 0 &&
	       guest_memcmp(b, a, ROOM) > 0 && guest_memcmp(a, b, 0) == 0;
}

int main(void)
{
	T_CHECK(moves(), "memmove, every overlap");
	T_CHECK(copies_and_fills(), "memcpy and memset");
	T_CHECK(compares(), "memcmp");
	return T_DONE();
}
