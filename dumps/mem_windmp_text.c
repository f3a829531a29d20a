/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Names in Windows dumps: UTF-16 to UTF-8. */
#include "mem_windmp_int.h"

static size_t put_utf8(char *to, uint32_t c)
{
	if (c < 0x80) {
		to[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		to[0] = (char)(0xC0 | c >> 6);
		to[1] = (char)(0x80 | (c & 0x3F));
		return 2;
	}
	if (c < 0x10000) {
		to[0] = (char)(0xE0 | c >> 12);
		to[1] = (char)(0x80 | (c >> 6 & 0x3F));
		to[2] = (char)(0x80 | (c & 0x3F));
		return 3;
	}
	to[0] = (char)(0xF0 | c >> 18);
	to[1] = (char)(0x80 | (c >> 12 & 0x3F));
	to[2] = (char)(0x80 | (c >> 6 & 0x3F));
	to[3] = (char)(0x80 | (c & 0x3F));
	return 4;
}

void dmv_win_utf8(const uint8_t *from, size_t n, char *to)
{
	for (size_t i = 0; i < n; i++) {
		uint32_t c = (uint32_t)dmv_win_get(from + 2 * i, 2), low;

		if (!c)
			break;
		if (c >= 0xD800 && c < 0xE000) {
			low = i + 1 < n ? (uint32_t)dmv_win_get(from + 2 * i + 2, 2) : 0;
			if (c < 0xDC00 && low >= 0xDC00 && low < 0xE000) {
				c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
				i++;
			} else {
				c = 0xFFFD;
			}
		}
		to += put_utf8(to, c);
	}
	*to = 0;
}
