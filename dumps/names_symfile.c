/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* A table of symbols, wherever it was read from. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "names_int.h"

#define WALK_BACK 256           /* symbols looked at before a covering one is given up */

void dmv_symfile_free(struct dmv_symfile *f)
{
	free(f->path);
	free(f->sym);
	free(f->strings);
	free(f->section);
	memset(f, 0, sizeof(*f));
}

static int by_address(const void *a, const void *b)
{
	const struct dmv_sym *x = a, *y = b;

	if (x->addr != y->addr)
		return x->addr < y->addr ? -1 : 1;
	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	return x->name < y->name ? -1 : x->name > y->name;
}

void dmv_symfile_sort(struct dmv_symfile *f)
{
	if (f->nsym)
		qsort(f->sym, f->nsym, sizeof(*f->sym), by_address);
}

/* Index of the first symbol above addr. */
static size_t above(const struct dmv_symfile *f, uint64_t addr)
{
	size_t lo = 0, hi = f->nsym;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (f->sym[mid].addr <= addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

const struct dmv_sym *dmv_symfile_find(const struct dmv_symfile *f, uint64_t addr, bool data)
{
	const struct dmv_sym *label = NULL;
	size_t i = above(f, addr), end = i > WALK_BACK ? i - WALK_BACK : 0;

	while (i-- > end) {
		const struct dmv_sym *s = &f->sym[i];

		if (!s->code && !data)
			continue;
		if (s->size && addr - s->addr < s->size)
			return s;
		if (s->size)
			return label;
		if (!label)
			label = s;
	}
	return label;
}

const struct dmv_section *dmv_symfile_section(const struct dmv_symfile *f, uint64_t addr)
{
	for (size_t i = 0; i < f->nsection; i++)
		if (addr - f->section[i].low <= f->section[i].bytes)
			return &f->section[i];
	return NULL;
}

bool dmv_symfile_symbol(const struct dmv_symfile *f, const char *name, uint64_t *ret)
{
	for (size_t i = 0; i < f->nsym; i++) {
		if (strcmp(f->strings + f->sym[i].name, name))
			continue;
		*ret = f->sym[i].addr;
		return true;
	}
	return false;
}

bool dmv_symfile_add(struct dmv_symfile *f, struct dmv_symroom *room, const char *name, size_t n,
		     struct dmv_sym **ret)
{
	if (n >= UINT32_MAX - room->used)
		return false;
	if (f->nsym == room->syms) {
		size_t cap = room->syms ? room->syms * 2 : 256;
		struct dmv_sym *p = realloc(f->sym, cap * sizeof(*p));

		if (!p)
			return false;
		f->sym = p;
		room->syms = cap;
	}
	if (room->used + n + 1 > room->bytes) {
		size_t bytes = (room->used + n + 1) * 2;
		char *p = realloc(f->strings, bytes);

		if (!p)
			return false;
		f->strings = p;
		room->bytes = bytes;
	}
	memcpy(f->strings + room->used, name, n);
	f->strings[room->used + n] = 0;
	*ret = &f->sym[f->nsym++];
	memset(*ret, 0, sizeof(**ret));
	(*ret)->name = (uint32_t)room->used;
	room->used += n + 1;
	return true;
}

void dmv_build_id_text(const struct dmv_build_id *id, char ret[2 * DMV_BUILD_ID_MAX + 1])
{
	for (size_t i = 0; i < id->n; i++)
		snprintf(ret + 2 * i, 3, "%02x", id->byte[i]);
	ret[2 * id->n] = 0;
}
