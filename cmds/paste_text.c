/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Any bytes as plain text. Windows exports event logs as UTF-16, browsers and mail programs escape
 * them for HTML, Chinese and Japanese texts have brackets and commas of their own.
 */
#include <stdlib.h>
#include <string.h>

#include "paste_int.h"

struct sink {
	char *p;
	size_t n;
};

static void put(struct sink *s, uint32_t c)
{
	char *p = s->p + s->n;

	if (c < 0x80) {
		*p = c ? (char)c : ' ';
		s->n++;
	} else if (c < 0x800) {
		p[0] = (char)(0xC0 | c >> 6);
		p[1] = (char)(0x80 | (c & 0x3F));
		s->n += 2;
	} else if (c < 0x10000) {
		p[0] = (char)(0xE0 | c >> 12);
		p[1] = (char)(0x80 | (c >> 6 & 0x3F));
		p[2] = (char)(0x80 | (c & 0x3F));
		s->n += 3;
	} else {
		p[0] = (char)(0xF0 | c >> 18);
		p[1] = (char)(0x80 | (c >> 12 & 0x3F));
		p[2] = (char)(0x80 | (c >> 6 & 0x3F));
		p[3] = (char)(0x80 | (c & 0x3F));
		s->n += 4;
	}
}

static uint32_t unit(const unsigned char *b, bool big)
{
	return big ? (uint32_t)b[0] << 8 | b[1] : (uint32_t)b[1] << 8 | b[0];
}

/* An odd byte at the end is half a character: it is left out. */
static void from_utf16(const unsigned char *b, size_t n, bool big, struct sink *s)
{
	for (size_t i = 0; i + 1 < n; i += 2) {
		uint32_t c = unit(b + i, big), low;

		if (c >= 0xD800 && c < 0xDC00 && i + 3 < n) {
			low = unit(b + i + 2, big);
			if (low >= 0xDC00 && low < 0xE000) {
				put(s, 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00));
				i += 2;
				continue;
			}
		}
		put(s, c >= 0xD800 && c < 0xE000 ? 0xFFFD : c);
	}
}

static void from_bytes(const unsigned char *b, size_t n, struct sink *s)
{
	memcpy(s->p, b, n);
	for (size_t i = 0; i < n; i++)
		if (!s->p[i])
			s->p[i] = ' ';
	s->n = n;
}

static void decode(const unsigned char *b, size_t n, struct sink *s)
{
	if (n >= 2 && b[0] == 0xFF && b[1] == 0xFE)
		from_utf16(b + 2, n - 2, false, s);
	else if (n >= 2 && b[0] == 0xFE && b[1] == 0xFF)
		from_utf16(b + 2, n - 2, true, s);
	else if (n >= 4 && b[0] && !b[1] && b[2] && !b[3])      /* no text has NULs */
		from_utf16(b, n, false, s);
	else if (n >= 4 && !b[0] && b[1] && !b[2] && b[3])
		from_utf16(b, n, true, s);
	else if (n >= 3 && !memcmp(b, "\xEF\xBB\xBF", 3))
		from_bytes(b + 3, n - 3, s);
	else
		from_bytes(b, n, s);
	s->p[s->n] = 0;
}

/* ---- entities: never longer than what they stand for ---- */

static const struct {
	const char *name;
	char c;
} entities[] = {
	{ "&lt;", '<' }, { "&gt;", '>' }, { "&quot;", '"' }, { "&apos;", '\'' }, { "&nbsp;", ' ' },
	{ "&grave;", '`' }, { "&lpar;", '(' }, { "&rpar;", ')' }, { "&amp;", '&' },
};

/* &#40; and &#x28; of ASCII; what is beyond is a blank, none of it matters here. */
static size_t numeric(const char *p, char *c)
{
	bool hex = p[2] == 'x' || p[2] == 'X';
	const char *digit = p + 2 + hex;
	char *end;
	long v;

	/* strtol would take a sign or blanks */
	if (!strchr(hex ? "0123456789abcdefABCDEF" : "0123456789", *digit) || !*digit)
		return 0;
	v = strtol(digit, &end, hex ? 16 : 10);
	if (*end != ';' || end - p > 10)
		return 0;
	*c = v > 0 && v < 0x80 ? (char)v : ' ';
	return (size_t)(end + 1 - p);
}

static size_t entity(const char *p, char *c)
{
	if (p[1] == '#')
		return numeric(p, c);
	for (size_t i = 0; i < sizeof(entities) / sizeof(entities[0]); i++) {
		if (strncmp(p, entities[i].name, strlen(entities[i].name)))
			continue;
		*c = entities[i].c;
		return strlen(entities[i].name);
	}
	return 0;
}

static void unescape(char *text)
{
	char *to = text;
	size_t n;
	char c;

	for (const char *p = text; *p;) {
		n = *p == '&' ? entity(p, &c) : 0;
		*to++ = n ? c : *p;
		p += n ? n : 1;
	}
	*to = 0;
}

/* ---- characters that stand for ones of ASCII: all have two or three bytes ---- */

static const struct {
	const char *from;
	char to;                /* 0: it has no width */
} folds[] = {
	{ "\xC2\xA0", ' ' },            /* no-break space */
	{ "\xE3\x80\x80", ' ' },        /* ideographic space */
	{ "\xE2\x80\xAF", ' ' },        /* narrow no-break space */
	{ "\xE2\x80\x8B", 0 }, { "\xE2\x80\x8C", 0 }, { "\xE2\x80\x8D", 0 },
	{ "\xE2\x80\x8E", 0 }, { "\xE2\x80\x8F", 0 },           /* marks of direction */
	{ "\xE2\x80\xAA", 0 }, { "\xE2\x80\xAB", 0 }, { "\xE2\x80\xAC", 0 },
	{ "\xE2\x81\xA0", 0 }, { "\xEF\xBB\xBF", 0 },
	{ "\xE2\x80\x98", '`' }, { "\xE2\x80\x99", '`' },       /* quotes that an editor turned */
	{ "\xE2\x80\xA8", '\n' }, { "\xE2\x80\xA9", '\n' },
	{ "\xEF\xBC\x88", '(' }, { "\xEF\xBC\x89", ')' },       /* full width */
	{ "\xEF\xBC\x8C", ',' }, { "\xE3\x80\x81", ',' }, { "\xEF\xBC\x9A", ':' },
	{ "\xEF\xBD\x9B", '{' }, { "\xEF\xBD\x9D", '}' },
};

static size_t fold(const char *p, char *c)
{
	for (size_t i = 0; i < sizeof(folds) / sizeof(folds[0]); i++) {
		if (strncmp(p, folds[i].from, strlen(folds[i].from)))
			continue;
		*c = folds[i].to;
		return strlen(folds[i].from);
	}
	return 0;
}

static void flatten(char *text)
{
	char *to = text;
	size_t n;
	char c;

	for (const char *p = text; *p;) {
		if (*p == '\r') {
			if (p[1] != '\n')
				*to++ = '\n';
			p++;
			continue;
		}
		n = (unsigned char)*p >= 0x80 ? fold(p, &c) : 0;
		if (!n)
			*to++ = *p++;
		else if (c)
			*to++ = c;
		p += n;
	}
	*to = 0;
}

char *dmv_plain_text(const char *bytes, size_t n)
{
	/* two bytes of UTF-16 are at most three of UTF-8 */
	struct sink s = { .p = malloc(n + n / 2 + 2) };

	if (!s.p)
		return NULL;
	decode((const unsigned char *)bytes, n, &s);
	unescape(s.p);
	unescape(s.p);          /* a log in a web page of a log is escaped twice */
	flatten(s.p);
	return s.p;
}
