/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * How packets of the GDB remote serial protocol are spelt (gdb manual, "Overview" of appendix E):
 * $body#cs, runs as "c*n" where n - 29 says how many more of c, "}" before a byte whose bit 5 is
 * flipped, numbers and memory in hexadecimal.
 */
#include <stdio.h>
#include <string.h>

#include "rsp.h"

enum { RUN_BASE = 29, RUN_LEAST = 3, RUN_MOST = 126 - RUN_BASE };

uint8_t dmv_rsp_sum(const uint8_t *p, size_t n)
{
	uint8_t sum = 0;

	while (n--)
		sum = (uint8_t)(sum + *p++);
	return sum;
}

size_t dmv_rsp_frame(const char *body, size_t n, char *out)
{
	char tail[4];

	snprintf(tail, sizeof(tail), "#%02x", dmv_rsp_sum((const uint8_t *)body, n));
	out[0] = '$';
	memcpy(out + 1, body, n);
	memcpy(out + 1 + n, tail, 3);
	return n + 4;
}

bool dmv_rsp_expand(const uint8_t *p, size_t n, uint8_t *out, size_t max, size_t *ret)
{
	size_t k = 0;

	for (size_t i = 0; i < n;) {
		const uint8_t *star = memchr(p + i, '*', n - i);
		size_t plain = star ? (size_t)(star - p) - i : n - i;
		unsigned more;

		if (plain > max - k)
			return false;
		memcpy(out + k, p + i, plain);
		k += plain;
		i += plain;
		if (i == n)
			break;
		more = i + 1 < n && p[i + 1] > RUN_BASE ? p[i + 1] - RUN_BASE : 0;
		if (!k || more < RUN_LEAST || more > RUN_MOST || more > max - k)
			return false;
		memset(out + k, out[k - 1], more);
		k += more;
		i += 2;
	}
	*ret = k;
	return true;
}

bool dmv_rsp_unescape(uint8_t *p, size_t *n)
{
	size_t k = 0;

	for (size_t i = 0; i < *n; i++) {
		if (p[i] != '}') {
			p[k++] = p[i];
			continue;
		}
		if (++i == *n)
			return false;
		p[k++] = p[i] ^ 0x20;
	}
	*n = k;
	return true;
}

/* Value + 1; 0: no digit. Memory comes in them, so each costs one look and no question. */
static const uint8_t digits[256] = {
	['0'] = 1, ['1'] = 2, ['2'] = 3, ['3'] = 4, ['4'] = 5, ['5'] = 6, ['6'] = 7, ['7'] = 8,
	['8'] = 9, ['9'] = 10, ['a'] = 11, ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15,
	['f'] = 16, ['A'] = 11, ['B'] = 12, ['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16,
};

int dmv_rsp_digit(uint8_t c)
{
	return digits[c] - 1;
}

bool dmv_rsp_unhex(const uint8_t *p, size_t n, uint8_t *out)
{
	if (n & 1)
		return false;
	for (size_t i = 0; i < n; i += 2) {
		int hi = dmv_rsp_digit(p[i]), lo = dmv_rsp_digit(p[i + 1]);

		if (hi < 0 || lo < 0)
			return false;
		out[i / 2] = (uint8_t)(hi << 4 | lo);
	}
	return true;
}

void dmv_rsp_hex(const void *p, size_t n, char *out)
{
	const uint8_t *b = p;

	for (size_t i = 0; i < n; i++) {
		out[2 * i] = "0123456789abcdef"[b[i] >> 4];
		out[2 * i + 1] = "0123456789abcdef"[b[i] & 15];
	}
	out[2 * n] = 0;
}

bool dmv_rsp_number(const uint8_t *p, size_t n, uint64_t *ret, size_t *used)
{
	uint64_t v = 0;
	size_t i;

	for (i = 0; i < n && dmv_rsp_digit(p[i]) >= 0; i++) {
		if (v >> 60)
			return false;
		v = v << 4 | (unsigned)dmv_rsp_digit(p[i]);
	}
	if (!i)
		return false;
	*ret = v;
	if (used)
		*used = i;
	return true;
}
