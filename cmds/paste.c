/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* A text from its first byte to the bugchecks it shows, each once. */
#include "paste.h"

#include <stdlib.h>
#include <string.h>

#include "paste_int.h"

void dmv_paste_free(struct dmv_paste *p)
{
	free(p->seen);
	free(p->linux_lines.line);
	*p = (struct dmv_paste){ 0 };
}

/* ---- the walk ---- */

/* A key that begins like a word does not begin inside of one. */
static bool begins(const struct dmv_scan *s, const char *p, const struct dmv_form *f)
{
	bool inside;

	if (*f->starts && (*f->starts | 0x20) != (*p | 0x20))
		return false;           /* most of a text ends here */
	inside = p > s->text && dmv_word_char(p[-1]);
	if (!*f->starts)
		return !inside && dmv_word_char(*p);
	return !(inside && dmv_word_char(*f->starts)) && dmv_starts(p, f->starts);
}

/* The bugcheck that begins at p; where to go on, NULL: none does. */
static const char *recognise(struct dmv_scan *s, const char *p, struct dmv_seen *b)
{
	for (size_t i = 0; i < dmv_nforms; i++) {
		const struct dmv_form *f = &dmv_forms[i];
		const char *next;

		if (!begins(s, p, f))
			continue;
		*b = (struct dmv_seen){ .form = f->name, .title = f->title, .stack = UINT64_MAX };
		s->at = p;
		s->after = p + strlen(f->starts);
		next = f->parse(s, b);
		if (next)
			return next > p ? next : p + 1;
	}
	return NULL;
}

static bool keep(struct dmv_paste *paste, const struct dmv_seen *b, size_t *room)
{
	struct dmv_seen *p;

	if (paste->nseen == DMV_PASTE_SEEN) {
		paste->left_off++;
		return true;
	}
	if (paste->nseen == *room) {
		p = realloc(paste->seen, (*room ? *room * 2 : 4) * sizeof(*p));
		if (!p)
			return false;
		paste->seen = p;
		*room = *room ? *room * 2 : 4;
	}
	paste->seen[paste->nseen++] = *b;
	return true;
}

static bool walk(const char *text, struct dmv_paste *paste)
{
	struct dmv_scan s = { .text = text, .end = text + strlen(text), .floor = text };
	size_t room = 0;
	uint32_t line = 1;

	for (const char *p = text, *next; *p; p = next) {
		struct dmv_seen b;

		next = recognise(&s, p, &b);
		b.line = line;
		if (next && !keep(paste, &b, &room))
			return false;
		if (next && !b.mention)
			s.floor = next;
		if (!next)
			next = p + 1;
		for (const char *q = p; q < next; q++)
			line += *q == '\n';
	}
	return true;
}

/* ---- what is the same ---- */

static unsigned words(const struct dmv_seen *b)
{
	return (unsigned)__builtin_popcount(b->known);
}

/*
 * All words that both have are the same, and the code is one of them. Without a code three
 * parameters do, if they are not all 0: a stack line tells what arguments without a name are of.
 */
static bool same(const struct dmv_seen *a, const struct dmv_seen *b)
{
	uint8_t both = a->known & b->known;
	uint64_t any = 0;

	for (unsigned i = 0; i < 5; i++) {
		if (!(both & 1u << i))
			continue;
		if (a->v[i] != b->v[i])
			return false;
		any |= i ? a->v[i] : 0;
	}
	return both & 1 || (__builtin_popcount(both) >= 3 && any);
}

/* The leader gets what only the other knows, if they have enough else in common. */
static void join(struct dmv_seen *leader, struct dmv_seen *b, size_t index)
{
	bool sure = __builtin_popcount(leader->known & b->known) >= 3;

	for (unsigned i = 0; sure && i < 5; i++)
		if (b->known & ~leader->known & 1u << i)
			leader->v[i] = b->v[i];
	leader->known |= sure ? b->known : 0;
	if (leader->stack == UINT64_MAX)
		leader->stack = b->stack;
	b->first = index;
}

/* Those with most words lead, so that a torn one joins a whole one wherever it stands. */
static void group(struct dmv_paste *paste)
{
	for (size_t i = 0; i < paste->nseen; i++)
		paste->seen[i].first = i;
	for (unsigned many = 5; many; many--) {
		for (size_t i = 0; i < paste->nseen; i++) {
			struct dmv_seen *a = &paste->seen[i];

			if (a->first != i || words(a) != many)
				continue;
			for (size_t j = 0; j < paste->nseen; j++) {
				struct dmv_seen *b = &paste->seen[j];

				if (j != i && b->first == j && words(b) <= many && same(a, b))
					join(a, b, i);
			}
		}
	}
}

/* Who leads now: the first that lacks nothing, else the first at all. */
static size_t foremost(const struct dmv_paste *paste, size_t leader)
{
	size_t first = leader;

	for (size_t i = 0; i < paste->nseen; i++) {
		if (paste->seen[i].first != leader)
			continue;
		if (!paste->seen[i].why[0])
			return i;
		first = i < first ? i : first;
	}
	return first;
}

static void lead(struct dmv_paste *paste)
{
	for (size_t i = 0; i < paste->nseen; i++) {
		struct dmv_seen *a, *b = &paste->seen[i];
		size_t to;

		if (b->first != i)
			continue;
		to = foremost(paste, i);
		if (to == i)
			continue;
		a = &paste->seen[to];
		memcpy(a->v, b->v, sizeof(a->v));
		a->known = b->known;
		a->stack = b->stack;
		for (size_t j = 0; j < paste->nseen; j++)
			if (paste->seen[j].first == i)
				paste->seen[j].first = to;
	}
}

/* ---- the whole ---- */

static enum dmv_code typed(const char *text, struct dmv_paste *ret, struct dmv_err *e)
{
	struct dmv_seen b = { .line = 1, .stack = UINT64_MAX };
	enum dmv_code code = dmv_form_typed(text, &b, e);
	size_t room = 0;

	if (code)
		return code;
	ret->typed = true;
	return keep(ret, &b, &room) ? DMV_E_OK : dmv_fail(e, DMV_E_MEMORY, "not enough memory");
}

/* Trims in place: a line feed at the end is no second line. */
static char *trim(char *text)
{
	size_t n;

	text += strspn(text, " \t\n");
	n = strlen(text);
	while (n && strchr(" \t\n", text[n - 1]))
		n--;
	text[n] = 0;
	return text;
}

/* Whose handler is on a stack says nothing if there are several. */
static size_t iommu_faults(const struct dmv_paste *p)
{
	size_t n = 0;

	for (size_t i = 0; i < p->nseen; i++) {
		const struct dmv_seen *b = &p->seen[i];

		n += b->first == i && (b->v[0] & 0xFF) == 0xE6 && b->v[1] == 0x26;
	}
	return n;
}

static enum dmv_code parse(char *plain, struct dmv_paste *ret, struct dmv_err *e)
{
	enum dmv_code code;

	if (!walk(plain, ret) || !dmv_linux_find(plain, &ret->linux_lines))
		return dmv_fail(e, DMV_E_MEMORY, "not enough memory for what the text shows");
	if (ret->nseen || ret->linux_lines.n) {
		group(ret);
		lead(ret);
		ret->intel = iommu_faults(ret) == 1 &&
			     dmv_find_key(plain, plain + strlen(plain), "IvtHandleInterrupt");
		return DMV_E_OK;
	}
	plain = trim(plain);
	if (!*plain)
		return dmv_fail(e, DMV_E_NOTFOUND, "no bugcheck in this text: it is empty");
	code = typed(plain, ret, e);
	if (code == DMV_E_NOTFOUND)
		return dmv_fail(e, code, "no bugcheck in this text: `help bugcheck` lists the "
					 "forms that are known");
	return code;
}

enum dmv_code dmv_paste_parse(const char *text, size_t n, struct dmv_paste *ret, struct dmv_err *e)
{
	struct dmv_paste paste = { 0 };
	enum dmv_code code;
	char *plain;

	if (n > DMV_PASTE_BYTES)
		return dmv_fail(e, DMV_E_USAGE,
				"the text is longer than %d bytes: cut out the lines around the "
				"bugcheck", DMV_PASTE_BYTES);
	plain = dmv_plain_text(text, n);
	if (!plain)
		return dmv_fail(e, DMV_E_MEMORY, "not enough memory for the text");
	code = parse(plain, &paste, e);
	free(plain);
	if (code)
		dmv_paste_free(&paste);
	else
		*ret = paste;
	return code;
}
