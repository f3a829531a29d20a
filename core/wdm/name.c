/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Names: the driver's UTF-16 becomes the region's UTF-8. */
#include "wdm_host.h"

/* Takes one character from s at *i; a half of a surrogate pair alone is '?'. */
static uint32_t take(const WCHAR *s, size_t n, size_t *i)
{
	uint32_t c = s[(*i)++];

	if ((c & 0xF800) != 0xD800)
		return c;
	if ((c & 0x0400) || *i == n || (s[*i] & 0xFC00) != 0xDC00)
		return '?';
	return 0x10000 + ((c & 0x3FF) << 10) + (s[(*i)++] & 0x3FFu);
}

/* At most four bytes; returns how many. */
static size_t encode(uint32_t c, char out[4])
{
	static const uint8_t first[5] = { 0, 0, 0xC0, 0xE0, 0xF0 };
	size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

	for (size_t i = n - 1; i > 0; i--, c >>= 6)
		out[i] = (char)(0x80 | (c & 0x3F));
	out[0] = (char)(first[n] | c);
	return n;
}

size_t wdm_name(PCUNICODE_STRING s, char *out, size_t n)
{
	size_t chars = s->Buffer ? s->Length / sizeof(*s->Buffer) : 0, from = 0, used = 0;

	for (size_t i = 0; i < chars; i++)
		if (s->Buffer[i] == '\\')
			from = i + 1;
	while (from < chars) {
		char c[4];
		size_t k = encode(take(s->Buffer, chars, &from), c);

		if (used + k >= n)
			break;
		__builtin_memcpy(out + used, c, k);
		used += k;
	}
	out[used] = 0;
	return used;
}
