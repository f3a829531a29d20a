/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* memcpy and its kin for tear.c, byte by byte: built like the core, so that each store is seen. */
#include <stddef.h>

void *tear_memcpy(void *to, const void *from, size_t n);
void *tear_memset(void *to, int byte, size_t n);
void *tear_memmove(void *to, const void *from, size_t n);
int tear_memcmp(const void *a, const void *b, size_t n);

void *tear_memcpy(void *to, const void *from, size_t n)
{
	for (size_t i = 0; i < n; i++)
		((volatile char *)to)[i] = ((const char *)from)[i];
	return to;
}

void *tear_memset(void *to, int byte, size_t n)
{
	for (size_t i = 0; i < n; i++)
		((volatile char *)to)[i] = (char)byte;
	return to;
}

void *tear_memmove(void *to, const void *from, size_t n)
{
	if ((char *)to <= (const char *)from)
		return tear_memcpy(to, from, n);
	while (n--)
		((volatile char *)to)[n] = ((const char *)from)[n];
	return to;
}

int tear_memcmp(const void *a, const void *b, size_t n)
{
	const unsigned char *p = a, *q = b;

	for (size_t i = 0; i < n; i++)
		if (p[i] != q[i])
			return p[i] - q[i];
	return 0;
}
