/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * kallsyms' tables in a kernel's image that nobody points to (Linux before 6.0, or no VMCOREINFO),
 * in the order in which scripts/kallsyms.c writes them:
 *
 *	4.20 to 6.3: offsets, relative_base, num_syms, names, markers, token_table, token_index;
 *		6.2, 6.3 and later releases of 6.1 with seqs_of_names behind the markers
 *	6.4 on: num_syms, names, markers, token_table, token_index, offsets, relative_base
 *	7.0 on: the same without relative_base, aligned to 4 bytes instead of 8
 *
 * The tokens of the digits give the token table away; its index must follow it, number for number.
 * Markers, the offset of each 256th name, stand before it and grow; going back from there the
 * number of symbols is the one that leads to names which the markers fit.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "mem_int.h"
#include "names_kallsyms.h"
#include "vmcoreinfo.h"

enum {
	PIECE = 1 << 20,
	OVERLAP = 64,
	TOKENS = 256,
	MAX_TOKENS = 1 << 14,           /* bytes of the token table; some 900 are usual */
	EVERY = 256,
	MAX_TRIES = 1024,               /* places where digits are and no tokens */
	MAX_MARKERS = 1 << 14,
	BEFORE = 4 << 20,               /* of seqs_of_names and markers */
	MAX_LAST = EVERY * 128,         /* bytes of the names behind the last marker */
};

#define MAX_IMAGE (UINT64_C(256) << 20)
#define STEP (UINT64_C(2) << 20)

static const char digits[] = "0\0001\0002\0003\0004\0005\0006\0007\0008\0009";  /* and a NUL */

struct finding {
	struct dmv_mem *m;
	struct dmv_kallsyms_at at;
	uint32_t *marker;
	size_t nmarker;
	uint64_t markers;               /* address */
	uint8_t *piece;
	unsigned tried;
	unsigned align;                 /* of tables */
};

static uint64_t align_up(const struct finding *f, uint64_t v)
{
	return (v + f->align - 1) & ~(uint64_t)(f->align - 1);
}

static bool get(struct finding *f, uint64_t addr, unsigned n, uint64_t *ret)
{
	return !dmv_mem_number(f->m, DMV_VIRT, addr, n, ret, NULL);
}

/* ---- tokens ---- */

/* Start of the token that ends at p[end] (its NUL); 0: none. */
static size_t back(const uint8_t *p, size_t end)
{
	size_t i = end;

	while (i && p[i - 1])
		i--;
	return i < end ? i : 0;
}

/* The index, aligned as f says, must lead to the tokens from p[start] to p[pos). */
static bool check_index(struct finding *f, const uint8_t *p, size_t n, size_t start, size_t pos,
			uint64_t at)
{
	size_t index = (size_t)(align_up(f, at + pos) - at);

	for (size_t i = 0, off = start; i < TOKENS; i++) {
		if (index + 2 * i + 2 > n ||
		    dmv_get(p + index + 2 * i, 2, f->m->big_endian) != off - start)
			return false;
		off += strlen((const char *)p + off) + 1;
	}
	f->at.token_table = at + start;
	f->at.token_index = at + index;
	return true;
}

/* p: bytes around the table, digit: offset of "0" in them; at: address of p. */
static bool check_tokens(struct finding *f, const uint8_t *p, size_t n, size_t digit, uint64_t at)
{
	size_t start = digit, pos;

	for (int i = 0; i < '0'; i++) {
		if (start < 2 || p[start - 1])
			return false;
		start = back(p, start - 1);
		if (!start)
			return false;
	}
	pos = start;
	for (int i = 0; i < TOKENS; i++) {
		const uint8_t *end = pos < n ? memchr(p + pos, 0, n - pos) : NULL;

		if (!end)
			return false;
		pos = (size_t)(end - p) + 1;
	}
	for (f->align = 8; f->align >= 4; f->align /= 2)
		if (check_index(f, p, n, start, pos, at))
			return true;
	return false;
}

static bool try_digits(struct finding *f, uint64_t addr)
{
	uint64_t from = addr - MAX_TOKENS;
	size_t n = 2 * MAX_TOKENS, digit = MAX_TOKENS;
	uint8_t *p = malloc(n + 1);
	bool good = false;

	if (p && !dmv_mem_read(f->m, DMV_VIRT, from, p, n, NULL)) {
		p[n] = 0;
		good = check_tokens(f, p, n, digit, from);
	}
	free(p);
	return good;
}

static bool digits_in(struct finding *f, uint64_t addr, size_t n)
{
	const uint8_t *p = f->piece, *q;

	if (dmv_mem_read(f->m, DMV_VIRT, addr, f->piece, n, NULL))
		return false;
	while (f->tried < MAX_TRIES &&
	       (q = memmem(p, n - (size_t)(p - f->piece), digits, sizeof(digits)))) {
		f->tried++;
		if (try_digits(f, addr + (size_t)(q - f->piece)))
			return true;
		p = q + 1;
	}
	return false;
}

/* Pages of the image come in runs; between them may be nothing. */
static bool find_tokens(struct finding *f, uint64_t start)
{
	uint64_t at = start, phys, bytes;

	while (at - start < MAX_IMAGE && f->tried < MAX_TRIES) {
		size_t n;

		if (dmv_mem_translate(f->m, at, &phys, &bytes, NULL)) {
			at = (at | (STEP - 1)) + 1;
			continue;
		}
		n = bytes < PIECE ? (size_t)bytes : PIECE;
		/* Pieces reach into the next one, if that is there. */
		if (digits_in(f, at, n + OVERLAP) || digits_in(f, at, n))
			return true;
		at += n;
	}
	return false;
}

/* ---- markers and names ---- */

/* M markers at p: from 0 on they grow, by the bytes of 256 names each. */
static bool are_markers(const struct finding *f, const uint8_t *p, size_t n)
{
	uint64_t last = 0;

	for (size_t i = 0; i < n; i++) {
		uint64_t v = dmv_get(p + 4 * i, 4, f->m->big_endian);

		if (i ? v <= last || v - last > MAX_LAST : v)
			return false;
		last = v;
	}
	return n > 1;
}

/* Directly before the tokens: how many there are, their own growth says. */
static size_t count_markers(const struct finding *f, const uint8_t *end, size_t room)
{
	for (size_t n = 2; n <= MAX_MARKERS && 4 * n <= room; n++)
		if (!dmv_get(end - 4 * n, 4, f->m->big_endian))
			return are_markers(f, end - 4 * n, n) ? n : 0;
	return 0;
}

/* With seqs_of_names in between, three bytes a symbol: each distance means a number of symbols, and
 * that a number of markers. */
static size_t markers_beyond(const struct finding *f, const uint8_t *end, size_t room,
			     const uint8_t **ret)
{
	for (size_t gap = f->align; gap < room; gap += f->align) {
		size_t n = (gap / 3 + EVERY - 1) / EVERY, bytes = (size_t)align_up(f, 4 * n);

		if (bytes + gap > room || n > MAX_MARKERS)
			return 0;
		*ret = end - gap - bytes;
		if (are_markers(f, *ret, n))
			return n;
	}
	return 0;
}

static bool find_markers(struct finding *f, const uint8_t *p, size_t room)
{
	const uint8_t *end = p + room, *at = NULL;
	size_t n;

	/* An odd number of them is followed by padding. */
	n = count_markers(f, end, room);
	at = end - 4 * n;
	if (!n) {
		n = count_markers(f, end - 4, room - 4);
		at = end - 4 - 4 * n;
	}
	if (!n)
		n = markers_beyond(f, end, room, &at);
	for (size_t i = 0; i < n; i++)
		f->marker[i] = (uint32_t)dmv_get(at + 4 * i, 4, f->m->big_endian);
	f->nmarker = n;
	f->markers = f->at.token_table - (uint64_t)(end - at);
	return n;
}

/* As much as there is before the tokens. */
static bool find_before_tokens(struct finding *f)
{
	uint8_t *p = malloc(BEFORE);
	bool good = false;

	for (size_t n = BEFORE; p && n >= PIECE / 16 && !good; n /= 2)
		good = !dmv_mem_read(f->m, DMV_VIRT, f->at.token_table - n, p, n, NULL) &&
		       find_markers(f, p, n);
	free(p);
	return good;
}

/* Do 256 names from here end at the second marker, and as many at the third? */
static bool fits(const uint8_t *p, size_t n, const struct finding *f)
{
	size_t pos = 0;

	for (size_t i = 0; i < 4 * EVERY && i / EVERY + 1 < f->nmarker; i++) {
		size_t len, head = 1;

		if (i % EVERY == 0 && pos != f->marker[i / EVERY])
			return false;
		if (pos + 2 > n || !p[pos])
			return false;
		len = p[pos];
		if (len & 0x80) {
			len = (len & 0x7f) | (size_t)p[pos + 1] << 7;
			head = 2;
		}
		pos += head + len;
	}
	return true;
}

/* num_syms stands before the names, which end shortly before the markers. */
static bool find_names(struct finding *f)
{
	uint64_t last = f->marker[f->nmarker - 1], most = f->nmarker * EVERY, n;
	uint64_t from = (f->markers - last - MAX_LAST) & ~(uint64_t)(f->align - 1);
	size_t head = MAX_LAST + 4 * MAX_LAST;          /* candidates, and the names they need */
	uint8_t *p = malloc(head);
	bool good = false;

	if (!p || dmv_mem_read(f->m, DMV_VIRT, from, p, head, NULL)) {
		free(p);
		return false;
	}
	for (size_t i = 0; i < MAX_LAST && !good; i += f->align) {
		n = dmv_get(p + i, 4, f->m->big_endian);
		good = n <= most && n > most - EVERY &&
		       fits(p + i + f->align, head - i - f->align, f);
		f->at.num_syms = from + i;
		f->at.names = from + i + f->align;
	}
	free(p);
	return good;
}

/* May an image start there? What is known of the start may be _stext, which on arm64 is 64 KiB
 * behind _text. */
static bool is_start(uint64_t addr, uint64_t start)
{
	return addr + STEP - start < 2 * STEP;
}

/* Does the first of n offsets, from its own place, lead to where the kernel starts, and the last
 * further into it? */
static bool from_place(struct finding *f, uint64_t n, uint64_t start)
{
	uint64_t first, last, at = f->at.offsets + 4 * (n - 1);

	if (!n || !get(f, f->at.offsets, 4, &first) || !get(f, at, 4, &last))
		return false;
	first = f->at.offsets + (uint64_t)(int64_t)(int32_t)first;
	last = at + (uint64_t)(int64_t)(int32_t)last;
	return is_start(first, start) && last >= first && last - start < MAX_IMAGE;
}

static bool is_base(struct finding *f, uint64_t start)
{
	uint64_t base;

	return get(f, f->at.relative_base, 8, &base) && is_start(base, start);
}

/* Before num_syms, or behind the tokens: a base that is where the kernel starts; or none. */
static bool find_addresses(struct finding *f, uint64_t start)
{
	uint64_t n, behind = align_up(f, f->at.token_index + 2 * TOKENS);

	if (!get(f, f->at.num_syms, 4, &n))
		return false;
	f->at.offsets = behind;
	f->at.relative_base = align_up(f, behind + 4 * n);
	if (is_base(f, start))
		return true;
	f->at.relative_base = f->at.num_syms - f->align;
	f->at.offsets = f->at.relative_base - align_up(f, 4 * n);
	if (is_base(f, start))
		return true;
	f->at.offsets = behind;
	f->at.relative_base = 0;
	return from_place(f, n, start);
}

/* What is missing; NULL: nothing. */
static const char *find_around_tokens(struct finding *f, uint64_t start)
{
	if (!find_before_tokens(f))
		return "markers before the tokens";
	if (!find_names(f))
		return "names before the markers";
	if (!find_addresses(f, start))
		return "addresses beside the names";
	return NULL;
}

enum dmv_code dmv_kallsyms_search(struct dmv_mem *m, uint64_t start, struct dmv_kallsyms_at *ret,
				  struct dmv_err *e)
{
	struct finding f = { .m = m };
	const char *lacks = NULL;

	if (m->bits == 32)
		return dmv_fail(e, DMV_E_NOTFOUND, "they are searched for in 64-bit kernels only");
	f.marker = calloc(MAX_MARKERS, sizeof(*f.marker));
	f.piece = malloc(PIECE + OVERLAP);
	if (!f.marker || !f.piece)
		lacks = "bytes of memory to look";
	else if (!find_tokens(&f, start))
		lacks = "tokens";
	else
		lacks = find_around_tokens(&f, start);
	/* The tokens may end so that either alignment puts the index there. */
	if (lacks && f.at.token_index && f.align == 8) {
		f.align = 4;
		if (!find_around_tokens(&f, start))
			lacks = NULL;
	}
	free(f.marker);
	free(f.piece);
	if (lacks)
		return dmv_fail(e, DMV_E_NOTFOUND, "there are no %s", lacks);
	*ret = f.at;
	return DMV_E_OK;
}
