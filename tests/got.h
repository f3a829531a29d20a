/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* For the tests of the reader: a region made from a recipe, and what the reader makes of it. */
#ifndef DMV_TEST_GOT_H
#define DMV_TEST_GOT_H

#include "bytes_mem.h"
#include "dmv_abi.h"
#include "facts.h"
#include "mkregion.h"
#include "t.h"

#define FULL "tests/regions/full.txt"
#define VECTOR "tests/regions/vector.txt"

/* Where the region stands in the target. */
enum { VIRT = 1, PHYS = 2, BOTH = 3 };

struct got {
	struct mkregion region;
	struct bytes_mem mem;
	struct dmv_facts facts;
	struct dmv_err e;
	enum dmv_code code;
};

/*
 * Makes the region; `before` and `after` are recipe lines around those of the file at `path`, which
 * may be NULL. NULL, or what is wrong with the recipe.
 */
const char *got_region(struct got *g, const char *before, const char *path, const char *after);

/* The same; a recipe that is wrong is a failure. */
static inline bool got_make(struct got *g, const char *before, const char *path, const char *after)
{
	const char *why = got_region(g, before, path, after);

	return !why || t_report(false, path ? path : "recipe", T_WHERE, "%s", why);
}

/* Reads the region from a target that has it in these spaces; or from g->mem as it stands. */
void got_decode(struct got *g, int spaces);
void got_decode_with(struct got *g, const struct dmv_facts_opts *o);

void got_drop(struct got *g);

/* The first note, or the error, with that word in it; NULL: there is none. */
const char *got_note(const struct got *g, const char *word);
/* Which answers lack what the note with that word says was lost. */
uint32_t got_topic(const struct got *g, const char *word);
/* All notes, or the error. Valid until the next call. */
const char *got_said(const struct got *g);

/* The place of the n-th struct of this type in the image. */
size_t got_place(const struct got *g, const char *type, size_t n);
/* Overwrites a field of the struct at `at`; checksums are made right. */
void got_set(struct got *g, size_t at, size_t field, uint32_t width, uint64_t v);

#endif
