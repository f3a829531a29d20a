/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Regions from recipes a person can read, so that fixtures are text. Knows the layout by its field
 * names only, in either byte order and any stride, and can therefore write what no writer would.
 * See tests/regions/ for recipes, mkregion.c for the words.
 */
#ifndef MKREGION_H
#define MKREGION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mkfield {
	const char *type;               /* "header", "dir", "segment", "extent", "adapter", ... */
	const char *name;
	uint32_t offset, bytes;         /* of all elements */
	uint32_t width;                 /* of one: 1, 2, 4, 8 */
	char kind;                      /* 'n' number, 'r' reference, 'b' bytes, 'x' a struct */
};

struct mkregion {
	uint8_t *bytes;                 /* the image; the header is its first page */
	size_t n;
	uint64_t virt, phys;            /* of the first byte; UINT64_MAX unknown */
	bool big;
	uint32_t bits;
	/* where it put things, for tests that spoil them */
	struct { size_t at; char type[16]; } place[256];
	size_t nplace;
};

/* 0, or -1 with the line and what is wrong in err. */
int mkregion_make(const char *recipe, struct mkregion *ret, char *err, size_t nerr);
int mkregion_load(const char *path, struct mkregion *ret, char *err, size_t nerr);
void mkregion_free(struct mkregion *m);

/* All fields of the layout, dmv_abi_ taken off; *n of them. */
const struct mkfield *mkregion_fields(size_t *n);

uint64_t mkregion_get(const struct mkregion *m, size_t at, uint32_t width);
void mkregion_put(struct mkregion *m, size_t at, uint32_t width, uint64_t value);
/* Makes the header's checksum right again. */
void mkregion_seal(struct mkregion *m);

#endif
