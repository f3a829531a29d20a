/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Numbers, strings and cells. A million rows must take less than a second: no printf. */
#include <stdio.h>

#include "out_int.h"

/* ---- numbers ---- */

void dmv_put_hex(struct dmv_out *o, struct dmv_buf *b, uint64_t v, unsigned least)
{
	unsigned n = v ? (67 - (unsigned)__builtin_clzll(v)) / 4 : 1;
	char *p = dmv_buf_room(o, b, 16);

	if (!p)
		return;
	if (n < least)
		n = least;
	for (unsigned i = n; i--; v >>= 4)
		p[i] = "0123456789abcdef"[v & 15];
	b->n += n;
}

void dmv_put_dec(struct dmv_out *o, struct dmv_buf *b, uint64_t v)
{
	char t[20];
	unsigned n = 0;

	do {
		t[19 - n++] = (char)('0' + v % 10);
		v /= 10;
	} while (v);
	dmv_put(o, b, t + 20 - n, n);
}

const char *dmv_age_text(uint64_t ns, char *buf, size_t size)
{
	static const struct {
		uint64_t unit;
		const char *name;
	} units[] = { { 86400000000000, "d" }, { 3600000000000, "h" }, { 60000000000, "min" },
		      { 1000000000, "s" }, { 1000000, "ms" }, { 1000, "us" }, { 1, "ns" } };
	char t[32], *p = t + sizeof(t);
	size_t i = 0, n;
	uint64_t whole;

	while (units[i].unit > ns && units[i].unit > 1)
		i++;
	whole = ns / units[i].unit;
	n = strlen(units[i].name) + 1;
	p -= n;
	memcpy(p, units[i].name, n);
	if (units[i].unit > 1 && whole < 100) {
		*--p = (char)('0' + ns % units[i].unit / (units[i].unit / 10));
		*--p = '.';
	}
	do {
		*--p = (char)('0' + whole % 10);
		whole /= 10;
	} while (whole);
	n = (size_t)(t + sizeof(t) - p);
	if (n <= size)
		memcpy(buf, p, n);
	else if (size)
		*buf = 0;
	return buf;
}

static void put_age(struct dmv_out *o, struct dmv_buf *b, uint64_t ns)
{
	char t[32];

	dmv_puts(o, b, dmv_age_text(ns, t, sizeof(t)));
}

static void put_offset(struct dmv_out *o, struct dmv_buf *b, int64_t v)
{
	dmv_put(o, b, v < 0 ? "-0x" : "+0x", 3);
	dmv_put_hex(o, b, v < 0 ? 0 - (uint64_t)v : (uint64_t)v, 1);
}

/* ---- strings out of a dump: hostile ---- */

/* Length of the well-formed and harmless UTF-8 character at s, 0 if there is none. */
static size_t harmless(const unsigned char *s)
{
	uint32_t c;
	size_t n;

	if (s[0] < 0x80)
		return s[0] >= 0x20 && s[0] != 0x7F;
	n = s[0] >= 0xF0 ? 4 : s[0] >= 0xE0 ? 3 : 2;
	if (s[0] < 0xC2 || s[0] > 0xF4)
		return 0;
	c = s[0] & (0xFFu >> (n + 1));
	for (size_t i = 1; i < n; i++) {
		if ((s[i] & 0xC0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3F);
	}
	if ((n == 3 && c < 0x800) || (n == 4 && (c < 0x10000 || c > 0x10FFFF)) ||
	    (c >= 0xD800 && c < 0xE000))
		return 0;
	/* C1 controls, line separators, marks that turn the direction of what follows, BOM */
	if (c < 0xA0 || c == 0x061C || (c >= 0x200B && c <= 0x200F) ||
	    (c >= 0x2028 && c <= 0x202E) || (c >= 0x2060 && c <= 0x206F) || c == 0xFEFF)
		return 0;
	return n;
}

void dmv_put_string(struct dmv_out *o, struct dmv_buf *b, const char *s, bool json)
{
	const unsigned char *p = (const unsigned char *)s, *from = p;
	char t[8];

	while (*p) {
		size_t n;

		if (*p >= 0x20 && *p < 0x7F && *p != '"' && *p != '\\') {
			p++;
			continue;
		}
		n = harmless(p);
		if (n && !(json && (*p == '"' || *p == '\\'))) {
			p += n;
			continue;
		}
		dmv_put(o, b, (const char *)from, (size_t)(p - from));
		if (n)
			snprintf(t, sizeof(t), "\\%c", *p);
		else
			snprintf(t, sizeof(t), "%s\\x%02x", json ? "\\" : "", *p);
		dmv_puts(o, b, t);
		from = ++p;
	}
	dmv_put(o, b, (const char *)from, (size_t)(p - from));
}

const char *dmv_escape(const char *s, char *buf, size_t size)
{
	const unsigned char *p = (const unsigned char *)s;
	size_t at = 0;

	while (*p && at + 5 < size) {
		size_t n = harmless(p);

		if (n) {
			memcpy(buf + at, p, n);
			at += n;
			p += n;
		} else {
			at += (size_t)snprintf(buf + at, size - at, "\\x%02x", *p++);
		}
	}
	if (size)
		buf[at] = 0;
	return buf;
}

/* ---- cells ---- */

uint64_t dmv_cell_u64(const struct dmv_col *c, const void *row)
{
	uint64_t v;

	memcpy(&v, (const char *)row + c->off, sizeof(v));
	return v;
}

uint32_t dmv_cell_u32(const struct dmv_col *c, const void *row)
{
	uint32_t v;

	memcpy(&v, (const char *)row + c->off, sizeof(v));
	return v;
}

const char *dmv_cell_str(const struct dmv_col *c, const void *row)
{
	const char *v;

	memcpy(&v, (const char *)row + c->off, sizeof(v));
	return v;
}

bool dmv_cell_bool(const struct dmv_col *c, const void *row)
{
	bool v;

	memcpy(&v, (const char *)row + c->off, sizeof(v));
	return v;
}

struct dmv_bytes dmv_cell_bytes(const struct dmv_col *c, const void *row)
{
	struct dmv_bytes v;

	memcpy(&v, (const char *)row + c->off, sizeof(v));
	return v;
}

bool dmv_cell_absent(const struct dmv_col *c, const void *row)
{
	switch (c->show) {
	case DMV_S_STR:
	case DMV_S_LABEL: {
		const char *s = dmv_cell_str(c, row);

		return !s || !*s;
	}
	case DMV_S_BOOL:
	case DMV_S_WORD:
	case DMV_S_CODE:
	case DMV_S_X4:
		return false;
	case DMV_S_U32:
	case DMV_S_REGION:
		return dmv_cell_u32(c, row) == UINT32_MAX;
	case DMV_S_OFFSET:
		return dmv_cell_u64(c, row) == (uint64_t)INT64_MIN;
	case DMV_S_BYTES:
	case DMV_S_ASCII:
		return !dmv_cell_bytes(c, row).n;
	default:
		return dmv_cell_u64(c, row) == UINT64_MAX;
	}
}

void dmv_put_bytes(struct dmv_out *o, struct dmv_buf *b, struct dmv_bytes v, const char *between)
{
	for (uint32_t i = 0; i < v.n; i++) {
		if (i)
			dmv_puts(o, b, between);
		dmv_put_hex(o, b, v.p[i], 2);
	}
}

static void put_ascii(struct dmv_out *o, struct dmv_buf *b, struct dmv_bytes v)
{
	for (uint32_t i = 0; i < v.n; i++) {
		char c = (char)v.p[i];

		dmv_put(o, b, c >= 0x20 && c < 0x7F ? &c : ".", 1);
	}
}

void dmv_put_value(struct dmv_out *o, struct dmv_buf *b, const struct dmv_col *c, const void *row)
{
	switch (c->show) {
	case DMV_S_STR:
	case DMV_S_LABEL:
		dmv_put_string(o, b, dmv_cell_str(c, row), false);
		break;
	case DMV_S_BOOL:
		dmv_puts(o, b, dmv_cell_bool(c, row) ? "yes" : "no");
		break;
	case DMV_S_ADDR:
	case DMV_S_WORD:
	case DMV_S_MARK:
		dmv_put_hex(o, b, dmv_cell_u64(c, row), o->digits);
		break;
	case DMV_S_BARE:
	case DMV_S_HEX:
		dmv_put_hex(o, b, dmv_cell_u64(c, row), 1);
		break;
	case DMV_S_CODE:
		dmv_put_hex(o, b, dmv_cell_u32(c, row), 1);
		break;
	case DMV_S_X4:
		dmv_put_hex(o, b, dmv_cell_u32(c, row), 4);
		break;
	case DMV_S_X8:
		dmv_put_hex(o, b, dmv_cell_u64(c, row), 8);
		break;
	case DMV_S_SIZE:
		dmv_put(o, b, "0x", 2);
		dmv_put_hex(o, b, dmv_cell_u64(c, row), 1);
		break;
	case DMV_S_U32:
	case DMV_S_REGION:
		dmv_put_dec(o, b, dmv_cell_u32(c, row));
		break;
	case DMV_S_U64:
		dmv_put_dec(o, b, dmv_cell_u64(c, row));
		break;
	case DMV_S_OFFSET:
		put_offset(o, b, (int64_t)dmv_cell_u64(c, row));
		break;
	case DMV_S_AGE:
		put_age(o, b, dmv_cell_u64(c, row));
		break;
	case DMV_S_BYTES:
		dmv_put_bytes(o, b, dmv_cell_bytes(c, row), " ");
		break;
	case DMV_S_ASCII:
		put_ascii(o, b, dmv_cell_bytes(c, row));
		break;
	}
}
